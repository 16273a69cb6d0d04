"""Diffs with colours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lashtui.render.code import code_lines
from lashtui.render.diff import DIFFS, diff_lines
from lashtui.render.styles import ADDED, CODE, COMMENT, DELETED, line_text

DIFF = """diff --git a/x b/x
index 1..2 100644
--- a/x
+++ b/x
@@ -1,2 +1,2 @@ def f():
-old
+new
 same

\\ No newline at end of file"""


def test_the_first_character_decides() -> None:
    """Added lines, deleted lines, and their place."""
    styles = [line[0][1] if line else None for line in diff_lines(DIFF, 80)]
    assert styles == [
        *(COMMENT, COMMENT, DELETED, ADDED, COMMENT),
        *(DELETED, ADDED, CODE, None, CODE),
    ]


def test_one_long_line_takes_no_colours_from_the_others() -> None:
    """Minified code is in many diffs; its own line has colours too, on each row."""
    lines = diff_lines("-old\n+" + "x;" * 30_000 + "\n same", 80)
    assert [line[0][1] for line in lines] == [DELETED, *[ADDED] * (len(lines) - 2), CODE]


def test_a_block_of_that_language_is_one() -> None:
    """By any of its names, whatever their case."""
    for name in ("diff", "Patch", "udiff"):
        assert name.lower() in DIFFS
        assert code_lines(DIFF, name, 40) == diff_lines(DIFF, 40)


TEXTS = st.text(st.sampled_from("+-@ =!\\diIndex\tä漢́\n"), max_size=200) | st.text()


@given(TEXTS)
def test_no_text_is_lost(text: str) -> None:
    """Every text can be shown as a diff: all of it, line by line."""
    shown = [line_text(line) for line in diff_lines(text, 10_000)]
    plain = [line_text(line) for line in code_lines(text, "", 10_000)]
    assert shown == plain


@given(TEXTS)
def test_each_line_has_one_style(text: str) -> None:
    """The parts of a broken line too."""
    for row in text.split("\n"):
        assert len({style for line in diff_lines(row, 8) for _, style in line}) <= 1
