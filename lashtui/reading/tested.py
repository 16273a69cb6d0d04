"""The results of a run of tests, where a command's output tells them without doubt. Pure."""

from __future__ import annotations

import re
from typing import Final

import msgspec

MAX_CHARS: Final = 64 * 1024
"""Characters of the end of an output that are looked through: results stand there."""
_RUNNERS: Final = re.compile(
    r"\b(?:pytest|py\.test|tox|nox|jest|vitest|nextest|tests?|check|ci)\b", re.IGNORECASE
)
"""What a command that runs tests has in it: others may only print an old result."""
_PYTEST: Final = re.compile(
    r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in \d+(?:\.\d+)?s(?: \([\d:]+\))?(?: =+)?$", re.MULTILINE
)
_JEST: Final = re.compile(
    r"^Tests:[ \t]+((?:\d+ [a-z]+, )*)\d+ total$"
    r"|^[ \t]*Tests[ \t]+(\d+ [a-z]+(?: \| \d+ [a-z]+)*) \(\d+\)$",
    re.MULTILINE,
)
_CARGO: Final = re.compile(
    r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed;", re.MULTILINE
)
_GO: Final = re.compile(r"^(?:(ok)  \t|(FAIL)\t)\S+\t(?:\d+\.\d+s|\(cached\))", re.MULTILINE)
_COUNT: Final = re.compile(r"(\d{1,9}) ([a-z]+)")


class TestResult(msgspec.Struct, frozen=True):
    """What one command told of its tests."""

    __test__ = False

    passed: int
    failed: int
    of: str = ""
    """What is counted, where it is not tests."""

    @property
    def words(self) -> str:
        """`9 passed, 2 failed`."""
        parts = [f"{self.failed:,} failed"] if self.failed else []
        if self.passed or not parts:
            parts.insert(0, f"{self.passed:,} passed")
        return ", ".join(parts) + (f" ({self.of})" if self.of else "")


def result_of(command: str, output: str) -> TestResult | None:
    """The result that `command` printed last, or of cargo's and go's parts together; None if it
    told none. `output` must be safe text."""
    if _RUNNERS.search(command[:4000]) is None:
        return None
    text = output[-MAX_CHARS:]
    cargo = _CARGO.findall(text)
    if cargo:
        return TestResult(sum(int(p[:9]) for p, _ in cargo), sum(int(f[:9]) for _, f in cargo))
    for pattern in (_PYTEST, _JEST):
        parts = [next(filter(None, found.groups()), "") for found in pattern.finditer(text)]
        known = [counts for counts in map(_counts, parts) if counts is not None]
        if known:
            return known[-1]
    packages = _GO.findall(text)
    if packages:
        passed = sum(1 for ok, _ in packages if ok)
        return TestResult(passed, len(packages) - passed, "packages")
    return None


def _counts(text: str) -> TestResult | None:
    counts: dict[str, int] = {}
    for number, word in _COUNT.findall(text):
        counts[word] = counts.get(word, 0) + int(number)
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    if not failed and "passed" not in counts:
        return None
    return TestResult(counts.get("passed", 0), failed)
