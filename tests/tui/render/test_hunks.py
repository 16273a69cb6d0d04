"""Changes below each other and side by side, with the colours of their language."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Entry
from lashtui.render.entry import COLUMNS_FROM, SHOWN_LINES, entry_lines
from lashtui.render.hunks import BETWEEN, Room, hunk_in_columns, hunk_lines
from lashtui.render.styles import Line, line_text
from lashtui.render.wrap import width_of
from lashtui.text.linediff import Work
from lashtui.text.patch import compared, read_unified

DIFF = (
    "--- a/x.py\n+++ b/x.py\n@@ -9,6 +9,7 @@ class A:\n"
    " def a(x: int) -> str:\n-    b = old(1)\n-    gone = 2\n"
    "+    import z\n+    b = new(1)\n+    more = 'the words of a line"
    " that is too long for the half'\n"
    "     return 'e'\n \n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
)


def drawn(
    args: Any, output: Any = None, state: Any = "success", *, width: int = 132, columns: bool = True
) -> list[Line]:
    """The lines of an edit, below its head and its title."""
    entry = Entry("tool", "e", 1, name="Edit", args=args, output=output, state=state)
    return entry_lines(entry, width, folded=False, now_ms=0, columns=columns)[2:]


def shown(*call: Any, **options: Any) -> list[str]:
    """Their texts."""
    return [line_text(line).rstrip() for line in drawn(*call, **options)]


PATH = {"file_path": "x.py", "old_string": "b", "new_string": "c"}
OUTPUT = {"outcome": {"status": "success", "payload": {"output": "done", "diff": DIFF}}}


def test_what_was_stands_beside_what_is() -> None:
    """With the numbers of either side; a changed line beside what it has become."""
    (edit,) = read_unified(DIFF, "x.py")
    room = Room(70, 400, 2, "py", quiet=False)
    parts = hunk_in_columns(edit.hunks[0], room, Work())
    assert [line_text(line).rstrip() for part in parts for line in part.lines] == [
        " 9   def a(x: int) -> str:        │  9   def a(x: int) -> str:",
        "                                  │ 10  +    import z",
        "10  -    b = old(1)               │ 11  +    b = new(1)",
        "11  -    gone = 2                 │ 12  +    more = 'the words of a",
        "                                  │      line that is too long for",
        "                                  │      the half'",
        "12       return 'e'               │ 13       return 'e'",
        "13                                │ 14",
        "14  -x                            │ 15  +y",
        "    \\ No newline at end of file   │     \\ No newline at end of file",
    ]


def test_columns_need_room_and_something_on_both_sides() -> None:
    """Else the lines stand below each other, as in a narrow terminal."""
    assert shown(PATH, OUTPUT, width=COLUMNS_FROM - 1) == shown(
        PATH, OUTPUT, width=COLUMNS_FROM - 1, columns=False
    )
    for old, new in (("a\nb", "a\nb\nc"), ("a\nb\nc", "a\nb")):
        args = {"path": "x", "old_str": old, "new_str": new}
        assert shown(args) == shown(args, columns=False)


def test_unchanged_lines_have_the_colours_of_their_language() -> None:
    """What came and what went keep theirs; an attempt that failed has none."""
    code = {"keyword", "string", "number", "name"}
    for columns in (True, False):
        by_sign: dict[str, set[str]] = {}
        for line in drawn(PATH, OUTPUT, columns=columns):
            texts = [(text.strip(), look.tone) for text, look in line if text.strip(" │")]
            if (text := line_text(line)).find("return") > 0 or "def a" in text:
                by_sign.setdefault(" ", set()).update(tone for _, tone in texts)
            elif "gone" in text:
                by_sign.setdefault("-", set()).update(tone for _, tone in texts)
        assert {"keyword", "string", "name"} <= by_sign[" "]
        assert "deleted" in by_sign["-"]
        assert not code & by_sign["-"]
        failed = drawn(PATH, OUTPUT, "failure", columns=columns)
        assert not code & {look.tone for line in failed for _, look in line}


def test_an_unchanged_line_is_coloured_by_what_is_new_above_it() -> None:
    """As the file is now: it is within the text that an added line begins."""
    args = {"path": "x.py", "old_str": "a = 1\nreturn", "new_str": 'a = """\nreturn'}
    tones = {
        text: look.tone
        for line in drawn(args, columns=False)
        for text, look in line
        if text.strip()
    }
    assert tones["return"] == "string"


def test_what_is_too_much_is_counted() -> None:
    """Rows of both sides that are left out."""
    old, new = ("\n".join(f"{word} {n}" for n in range(1000)) for word in ("was", "is"))
    text = shown({"path": "x", "old_str": old, "new_str": new})
    assert text[SHOWN_LINES - 1].split() == ["-was", "399", "│", "+is", "399"]
    assert text[SHOWN_LINES:] == ["      … 1,200 more lines · open to see all"]


TEXTS = st.lists(st.sampled_from(["a b", "a c", "x", "日本語 " * 9, "", "word " * 20]), max_size=12)


@given(TEXTS, TEXTS, st.integers(20, 60))
def test_both_columns_say_what_one_says(old: list[str], new: list[str], width: int) -> None:
    """Every row is shown once on its side, within the width, in the order of the file."""
    edit = compared("x", "\n".join(old), "\n".join(new), Work())
    room = Room(width, 400, 0, "", quiet=False)
    for hunk in edit.hunks:
        parts = list(hunk_in_columns(hunk, room, Work()))
        assert sum(part.rows for part in parts) == len(hunk.rows)
        lines = [line for part in parts for line in part.lines]
        assert all(width_of(line) <= width for line in lines)
        for sign, at in (("-", 0), ("+", 1)):
            sides = [_sides(line)[at] for line in lines]
            below = [
                line_text(line)
                for part, row in zip(hunk_lines(hunk, room, Work()), hunk.rows, strict=True)
                if row.sign in (" ", sign)
                for line in part.lines
            ]
            assert "".join("".join(sides).split()) == "".join("".join(below).split())


def _sides(line: Line) -> tuple[str, str]:
    at = line.index(BETWEEN)
    return line_text(line[:at]), line_text(line[at + 1 :])
