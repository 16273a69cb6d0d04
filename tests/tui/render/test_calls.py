"""What a call changes, writes and reads, as lines."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Entry
from lashtui.render.entry import SHOWN_LINES, entry_lines
from lashtui.render.styles import BOLD, UNDERLINE, Line, line_text
from lashtui.render.wrap import gutter_of, width_of

DIFF = (
    "--- a/x\n+++ b/x\n@@ -9,3 +9,4 @@ def f():\n a\n-b = 1\n+b = 2\n+d\n e\n"
    "@@ -100 +101 @@\n-x\n+y\n"
)


def drawn(
    name: str,
    args: Any,
    output: Any = None,
    state: Any = "success",
    *,
    width: int = 60,
    whole: bool = False,
    settled: bool = False,
) -> list[Line]:
    """The lines of an unfolded call, below its head."""
    entry = Entry("tool", "e", 1, name=name, args=args, output=output, state=state, settled=settled)
    return entry_lines(entry, width, folded=False, now_ms=0, whole=whole)[1:]


def shown(*call: Any, **options: Any) -> list[str]:
    """Their texts."""
    return [line_text(line).rstrip() for line in drawn(*call, **options)]


def tones(found: list[Line]) -> set[str]:
    """The styles that a text has."""
    return {style.tone for line in found for text, style in line if text.strip()}


def test_an_edit_in_two_places_has_two_hunks() -> None:
    """What did not change between them is counted, not shown; no number is made up."""
    old = "\n".join(f"line {n}" for n in range(20))
    new = old.replace("line 2\n", "other 2\n").replace("line 16\n", "other 16\n")
    text = shown("Edit", {"file_path": "x", "old_string": old, "new_string": new})
    assert text[0] == "    change  +2 -2"
    assert [row for row in text if row.strip()[0] in "+-⋯"] == [
        "      -line 2",
        "      +other 2",
        "      ⋯ 7 unchanged lines",
        "      -line 16",
        "      +other 16",
    ]


def test_what_the_tool_says_goes_before_what_it_was_asked() -> None:
    """With the numbers of the file's lines: new ones, for a deleted line the old one."""
    output = {"outcome": {"status": "success", "payload": {"output": "done", "diff": DIFF}}}
    args = {"file_path": "x", "old_string": "b", "new_string": "c"}
    assert shown("Edit", args, output) == [
        "    change  +3 -2",
        "      ⋯  def f():",
        "        9   a",
        "       10  -b = 1",
        "       10  +b = 2",
        "       11  +d",
        "       12   e",
        "      ⋯ 88 unchanged lines",
        "      100  -x",
        "      101  +y",
    ]


@pytest.mark.parametrize(
    ("state", "settled", "words"),
    [
        ("failure", False, "    not applied  +1 -1"),
        ("cancelled", False, "    not applied  +1 -1"),
        ("running", False, "    pending  +1 -1"),
        ("running", True, "    attempted, result unknown  +1 -1"),
    ],
)
def test_only_what_has_happened_is_a_change(state: str, settled: bool, words: str) -> None:
    """An attempt says that it was one."""
    args = {"file_path": "x", "old_string": "a", "new_string": "b"}
    found = drawn("Edit", args, "not found", state, settled=settled)
    assert line_text(found[0]) == words
    assert not {"added", "deleted"} & tones(found[:1])
    if state in ("failure", "cancelled"):
        assert not {"added", "deleted"} & tones(found)


def test_changed_words_are_marked() -> None:
    """Those alone; of lines that have nothing in common none."""
    args = {"path": "x", "old_str": "f(a, b)\nx", "new_str": "f(a, c)\ncompletely other"}
    found = drawn("Edit", args)
    marked = [text for line in found for text, style in line if style.attrs == BOLD | UNDERLINE]
    assert marked == ["b", "c"]


def test_lines_of_different_number_find_their_partner() -> None:
    """One line that became two, of which one is like it."""
    args = {"path": "x", "old_str": "value = old(1)", "new_str": "import z\nvalue = new(1)"}
    marked = [text for line in drawn("Edit", args) for text, look in line if look.attrs & UNDERLINE]
    assert marked == ["old", "new"]


def test_what_is_too_much_says_so() -> None:
    """A change is shown larger than it was rather than the app standing still."""
    old, new = ("\n".join(str(n * step % 7) for n in range(5000)) for step in (3, 4))
    text = shown("Edit", {"path": "x", "old_str": old, "new_str": new})
    assert text[0].startswith("    change  about +")
    assert text[0].endswith(" · too large to compare")
    assert text[-1].endswith("more lines · open to see all")
    assert len(text) <= SHOWN_LINES + 2


def test_what_is_left_out_of_equal_edits_is_counted_once() -> None:
    """The same change three times: what was drawn of the second one is not left out."""
    lines = "\n".join(map(str, range(300)))
    edits = [{"old_string": "z", "new_string": lines}] * 3
    text = shown("MultiEdit", {"file_path": "x", "edits": edits})
    assert text[-1] == f"      … {3 * 301 - SHOWN_LINES} more lines · open to see all"


def test_a_patch_that_alternates_between_two_files_is_drawn_at_once() -> None:
    """Three thousand headings, each with the counts of its whole file."""
    patch = "".join(f"*** Update File: {'ab'[n % 2]}\n+x\n" for n in range(3000))
    began = time.process_time()
    text = shown("apply_patch", f"*** Begin Patch\n{patch}*** End Patch", whole=True)
    assert time.process_time() - began < 1
    assert text[1].split() == ["a", "+1,500", "-0"]


def test_all_occurrences_are_not_counted() -> None:
    """Only the tool knows them."""
    args = {"path": "x", "old_str": "a", "new_str": "b", "replace_all": True}
    assert shown("Edit", args)[0] == "    change  +1 -1 · at every occurrence"


def test_several_files_have_headings() -> None:
    """With what became of each."""
    patch = (
        "*** Begin Patch\n*** Add File: new.txt\n+one\n*** Update File: old.txt\n*** Move to: q\n"
        "@@ def x\n-gone\n+come\n*** Delete File: dead.txt\n*** End Patch"
    )
    assert shown("apply_patch", {"patch": patch}) == [
        "    change  +2 -1",
        "    new.txt  new file  +1 -0",
        "      1  +one",
        "    old.txt  moved to q  +1 -1",
        "      ⋯  def x",
        "      -gone",
        "      +come",
        "    dead.txt  deleted  lines unknown",
    ]
    assert "    dead.txt  deletion  lines unknown" in shown(
        "apply_patch", {"patch": patch}, None, "failure"
    )


def test_a_written_file_has_its_languages_colours_and_numbers() -> None:
    """Long ones say how to see the rest."""
    args = {"file_path": "a.py", "content": "def f():\n    return 1\n"}
    found = drawn("Write", args)
    assert [line_text(line) for line in found] == [
        "    written  2 lines",
        "      1  def f():",
        "      2      return 1",
    ]
    assert {"keyword", "gutter", "number"} <= tones(found)
    long = shown("Write", {"file_path": "a.txt", "content": "x\n" * 5000})
    assert long[0] == "    written  5,000 lines"
    assert long[-1] == f"      … {5000 - SHOWN_LINES:,} more lines · open to see all"
    assert shown("Write", args, "denied", "failure")[0] == "    not applied  2 lines"
    whole = shown("Write", args, whole=True)
    assert whole.count("      1  def f():") == 1
    assert "      file_path: a.py" in whole
    assert not any(row.startswith("      content") for row in whole)


@pytest.mark.parametrize(
    ("output", "rows"),
    [
        ("     9→def f():\n    10→    return 1", ["       9  def f():", "      10      return 1"]),
        ("9\tdef f():\n10\t    return 1", ["       9  def f():", "      10      return 1"]),
        (
            "<content>\n9: def f():\n10:     return 1\n</content>",
            [
                "          <content>",
                "       9  def f():",
                "      10      return 1",
                "          </content>",
            ],
        ),
        ("def f():\n    return 1", ["      def f():", "          return 1"]),
    ],
)
def test_a_file_that_was_read_has_the_numbers_that_the_tool_gave(
    output: str, rows: list[str]
) -> None:
    """And colours by its name; without numbers there are none."""
    found = drawn("Read", {"file_path": "a.py"}, output)
    assert [line_text(line).rstrip() for line in found][3:] == rows
    assert "keyword" in tones(found)


def test_a_list_that_looks_numbered_keeps_its_numbers() -> None:
    """They are its text where no tool has put them there."""
    assert shown("Read", {"path": "x.yaml"}, "1: a\n2: b")[-1].strip() == "2: b"


def test_what_a_command_printed_is_its_output() -> None:
    """A diff as well, in colours: the command has changed nothing."""
    found = drawn("Bash", {"command": "git diff"}, DIFF)
    assert "    output" in [line_text(line) for line in found]
    assert not any("change" in line_text(line) for line in found)
    assert {"added", "deleted"} <= tones(found)


TEXTS = st.text() | st.text(st.sampled_from("ab\n\t漢é́ \x1b[31m\u202e+-"), max_size=80)


@given(TEXTS, TEXTS, st.integers(8, 40), st.sampled_from(["success", "failure", "running"]))
def test_every_line_fits_and_is_safe(old: str, new: str, width: int, state: str) -> None:
    """Whatever an agent's texts are, and however narrow the screen is."""
    calls: list[tuple[str, Any, Any]] = [
        ("Edit", {"path": new, "old_str": old, "new_str": new}, None),
        ("Edit", {"path": "x"}, {"diff": f"--- a\n+++ b\n@@ -1,3 +1,3 @@{old}\n-{old}\n+{new}\n"}),
        ("Write", {"path": "x.py", "content": old}, new),
        ("Read", {"path": "x.py"}, f"1\t{old}\n2\t{new}"),
        ("apply_patch", f"*** Begin Patch\n*** Update File: {new}\n-{old}\n+{new}", None),
    ]
    for name, args, output in calls:
        for line in drawn(name, args, output, state, width=width):
            assert width_of(line) <= max(width, 15)
            text = line_text(line)
            assert "\n" not in text
            assert "\t" not in text
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert 0 <= gutter_of(line) <= len(text)


@pytest.mark.parametrize(
    ("name", "args", "state", "words"),
    [
        (
            "Edit",
            {"file_path": "x", "old_string": "a", "new_string": "b\nc"},
            "success",
            "+2 -1  7ms",
        ),
        ("Write", {"file_path": "x", "content": "a\nb"}, "success", "2 lines  7ms"),
        (
            "Edit",
            {"file_path": "x", "old_string": "a", "new_string": "b"},
            "failure",
            "failed  7ms",
        ),
        ("Edit", {"file_path": "x", "old_string": "a", "new_string": "b"}, "running", "running"),
        (
            "Edit",
            {"file_path": "x", "old_string": "a", "new_string": "b", "replace_all": True},
            "success",
            "7ms",
        ),
        ("Bash", {"command": "true"}, "success", "7ms"),
    ],
)
def test_a_folded_call_says_how_much_it_has_changed(
    name: str, args: dict[str, Any], state: Any, words: str
) -> None:
    """Only what has happened, and only numbers that are right; in 16 cells as in 60."""
    entry = Entry("tool", "e", 1, name=name, args=args, state=state, duration_ms=7)
    for width in (16, 24, 60):
        head = entry_lines(entry, width, folded=True, now_ms=0)[0]
        assert line_text(head).endswith(f"  {words}")
        assert width_of(head) == width
