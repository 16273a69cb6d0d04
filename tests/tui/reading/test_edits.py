"""Which files a call changed: every agent's way of saying it, as the recordings have it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Entry
from lashtui.reading.edits import Change, changes_of
from lashtui.text.linediff import Work

DIFF = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d\n"
PATCH = (
    "*** Begin Patch\n*** Add File: new.txt\n+one\n+two\n"
    "*** Update File: old.txt\n@@\n keep\n-gone\n+come\n*** Delete File: dead.txt\n*** End Patch"
)


def call(name: str, args: Any, output: Any = None, state: Any = "success") -> Entry:
    """A call that has ended."""
    return Entry("tool", "e", 1, name=name, args=args, output=output, state=state)


@pytest.mark.parametrize(
    ("name", "args", "changes"),
    [
        ("Edit", {"file_path": "x", "old_string": "a", "new_string": "b"}, [Change("x", 1, 1)]),
        ("edit", {"filePath": "x", "oldString": "a\nb", "newString": "a"}, [Change("x", 0, 1)]),
        ("edit", {"path": "x", "old_str": "a", "new_str": "a\nb"}, [Change("x", 1, 0)]),
        (
            "Edit",
            {"file_path": "x", "old_string": "a", "new_string": "b", "replace_all": True},
            [Change("x", 1, 1, exact=False)],
        ),
        ("Write", {"file_path": "x", "content": "a\nb\n"}, [Change("x", 2, written=True)]),
        (
            "Write",
            {"file_path": "x", "content": "a\n", "path": "x", "old_text": "", "new_text": "a\n"},
            [Change("x", 1)],
        ),
        ("create", {"path": "x", "file_text": "a\n\nb"}, [Change("x", 3, written=True)]),
        (
            "file_system.write_file",
            {"filePath": "x", "content": "a"},
            [Change("x", 1, 0, written=True)],
        ),
        (
            "pi.edit",
            {
                "path": "x",
                "edits": [{"oldText": "a", "newText": "b"}, {"oldText": "c", "newText": ""}],
            },
            [Change("x", 1, 1), Change("x", 0, 1)],
        ),
        (
            "search_replace",
            {"filePath": "x", "changes": [{"oldString": "a", "newString": "b"}]},
            [Change("x", 1, 1)],
        ),
        (
            "apply_patch",
            {
                "path": "x, y, z",
                "changes": [
                    {"path": "x", "kind": "add", "diff": "one\ntwo\n"},
                    {"path": "y", "kind": "update", "unified_diff": DIFF},
                    {"path": "z", "kind": "delete", "content": "a\n"},
                ],
            },
            [Change("x", 2), Change("y", 2, 1), Change("z", 0, 1)],
        ),
        (
            "apply_patch",
            {"patch": PATCH},
            [Change("new.txt", 2), Change("old.txt", 1, 1), Change("dead.txt")],
        ),
        ("apply_patch", PATCH, [Change("new.txt", 2), Change("old.txt", 1, 1), Change("dead.txt")]),
        (
            "str_replace_based_edit_tool",
            {"command": "insert", "path": "x", "insert_line": 3, "insert_text": "a\nb\n"},
            [Change("x", 2)],
        ),
        (
            "str_replace_based_edit_tool",
            {"command": "str_replace", "path": "x", "old_str": "a", "new_str": "b"},
            [Change("x", 1, 1)],
        ),
        ("str_replace_based_edit_tool", {"command": "view", "path": "x"}, []),
        ("edit_file", {"path": "x", "diff": DIFF}, [Change("x", 2, 1)]),
        ("review", {"path": "x", "diff": DIFF}, []),
        ("Read", {"file_path": "x", "content": "not written"}, []),
        ("Bash", {"command": "sed -i s/a/b/ x"}, []),
        ("TodoWrite", {"todos": [{"content": "x"}]}, []),
        ("Edit", {"file_path": 3, "old_string": [], "new_string": None}, []),
        (
            "apply_patch",
            {"changes": [3, {"kind": "add"}, {"path": "x"}]},
            [Change("x", exact=False)],
        ),
    ],
)
def test_a_change_is_recognised(name: str, args: Any, changes: list[Change]) -> None:
    """By what it says; tools that change nothing change nothing."""
    assert changes_of(call(name, args)) == changes


@pytest.mark.parametrize("state", ["running", "failure", "cancelled"])
def test_only_what_has_happened_counts(state: str) -> None:
    """A failed edit changed nothing."""
    assert not changes_of(call("Write", {"path": "x", "content": "a"}, state=state))


def test_a_diff_in_the_output_names_its_file() -> None:
    """Where the arguments say nothing; lines that look like headers are lines of the file."""
    diff = "--- a/f.sql\n+++ b/f.sql\n@@ -1,2 +1,2 @@\n--- an old comment\n+++ a new one\n keep\n"
    entry = call("patch", {}, {"outcome": {"status": "success", "payload": {"diff": diff}}})
    assert changes_of(entry) == [Change("f.sql", 1, 1)]
    assert changes_of(call("edit_file", {"path": "f.sql"}, diff)) == [Change("f.sql", 1, 1)]
    assert not changes_of(call("Read", {"path": "f.diff"}, diff))
    assert not changes_of(call("Bash", {"command": "git diff"}, diff))
    two = diff + "--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+x\n"
    assert changes_of(call("patch", {}, {"diff": two})) == [Change("f.sql", 1, 1), Change("g", 1)]


def test_a_diff_of_two_places_is_counted_line_by_line() -> None:
    """What did not change between them is not in it."""
    old = "\n".join(f"line {n}" for n in range(20))
    new = old.replace("line 2\n", "other 2\n").replace("line 16\n", "other 16\n")
    entry = call("Edit", {"path": "x", "old_string": old, "new_string": new})
    assert changes_of(entry) == [Change("x", 2, 2)]


def test_what_is_too_large_to_compare_is_about() -> None:
    """It takes no longer, and says so; also where many calls together are too much."""
    old, new = ("\n".join(str(n * step % 7) for n in range(5000)) for step in (3, 4))
    entry = call("Edit", {"path": "x", "old_string": old, "new_string": new})
    (change,) = changes_of(entry)
    assert not change.exact
    work = Work(0)
    (change,) = changes_of(
        call("Edit", {"path": "x", "old_str": "a\nb\na", "new_str": "b\na\nb"}), work
    )
    assert not change.exact


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


@given(LINES, LINES)
def test_the_difference_is_that_of_the_lengths(old: list[str], new: list[str]) -> None:
    """Whatever is called added and deleted, the file ends up as long as it is."""
    before, after = "\n".join(old), "\n".join(new)
    (change,) = changes_of(call("Edit", {"path": "x", "old_str": before, "new_str": after}))

    newlines = [text.count("\n") + 1 if text else 0 for text in (before, after)]
    if not before or not after or before.endswith("\n") == after.endswith("\n"):
        newlines = [
            len(text.removesuffix("\n").split("\n")) if text else 0 for text in (before, after)
        ]
    assert change.added - change.deleted == newlines[1] - newlines[0]
    assert min(change.added, change.deleted) >= 0
    if before == after:
        assert change == Change("x")
