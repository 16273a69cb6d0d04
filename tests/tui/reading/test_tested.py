"""Results of tests in the output of commands: only what is told without doubt."""

from __future__ import annotations

import pytest

from lashtui.reading.tested import MAX_CHARS, TestResult, result_of

GO = "ok  \texample.com/a\t0.012s\nFAIL\texample.com/b\t0.3s\nok  \texample.com/c\t(cached)\nFAIL\n"
CARGO = (
    "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\n"
    "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n"
)


@pytest.mark.parametrize(
    ("command", "output", "result"),
    [
        ("pytest -q", "....\n4 passed in 0.02s", TestResult(4, 0)),
        ("python -m pytest", "== 1 failed, 3 passed, 1 warning in 12.30s ==", TestResult(3, 1)),
        ("make check", "== 9 passed, 2 errors in 70.00s (0:01:10) ==", TestResult(9, 2)),
        ("npm test", "Tests:       1 failed, 2 passed, 3 total\n", TestResult(2, 1)),
        ("npx vitest run", "      Tests  1 failed | 2 passed (3)\n", TestResult(2, 1)),
        ("cargo test", CARGO, TestResult(7, 1)),
        ("go test ./...", GO, TestResult(2, 1, "packages")),
        ("pytest", "1 passed in 0.1s\n2 passed in 0.2s\n", TestResult(2, 0)),
        ("pytest", "no tests ran in 0.01s", None),
        ("pytest", "5 deselected in 0.01s", None),
        ("pytest", "he said 4 passed in 0.02s or so", None),
        ("cat log", "4 passed in 0.02s", None),
        ("pytest", "", None),
        ("pytest", "4 passed in 0.02s\n" + "x" * MAX_CHARS, None),
    ],
)
def test_a_result(command: str, output: str, result: TestResult | None) -> None:
    """Of a command that runs tests, in the words of its tool."""
    assert result_of(command, output) == result


def test_words() -> None:
    """As they are shown."""
    assert TestResult(9, 2).words == "9 passed, 2 failed"
    assert TestResult(0, 0).words == "0 passed"
    assert TestResult(0, 3, "packages").words == "3 failed (packages)"


@pytest.mark.parametrize("piece", ["1 a, ", "Tests: 1 a, ", "= ", "test result: ", "1 a | "])
def test_hostile_output_takes_linear_time(piece: str) -> None:
    """No beginning of a result is tried again and again."""
    assert result_of("pytest", piece * 20_000) is None
