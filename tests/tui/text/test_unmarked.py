"""Lines of Markdown as plain text."""

from __future__ import annotations

import time

import pytest

from lashtui.text.unmarked import MAX_LINE, without_marks


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("**Done.** All tests pass.", "Done. All tests pass."),
        ("Done, see `fix_it.py`", "Done, see fix_it.py"),
        ("*now* and _then_ and ~~never~~ and ***both***", "now and then and never and both"),
        ("## What is next", "What is next"),
        ("> as you said", "as you said"),
        ("**Don", "Don"),
        ("see `src/**/*.py` and `__init__`", "see src/**/*.py and __init__"),
    ],
)
def test_marks_of_emphasis_and_code_are_not_shown(line: str, plain: str) -> None:
    """Only the words are."""
    assert without_marks(line) == plain


@pytest.mark.parametrize(
    "line",
    ["2 * 3 * 4", "2**3**4", "snake_case_name", "*.py and *.js", "#12 is fixed", "a ~ b", ""],
)
def test_what_only_looks_like_a_mark_stays(line: str) -> None:
    """It may be what the agent is about."""
    assert without_marks(line) == line


@pytest.mark.parametrize("unit", ["*", "**a", "*a ", "_a", "`", "~~ ", "***a**b*", "__a_"])
def test_a_hostile_line_takes_no_time(unit: str) -> None:
    """Each pattern passes over the text once."""
    began = time.process_time()
    without_marks((unit * MAX_LINE)[:MAX_LINE])
    assert time.process_time() - began < 0.5
