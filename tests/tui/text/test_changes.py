"""What a call changes: every agent's way of saying it."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.view import Entry
from lashtui.text.changes import MAX_CHANGES, MAX_KEPT, edits_of, read_path

DIFF = "--- a/x\n+++ b/x\n@@ -7,2 +7,3 @@\n a\n-b\n+c\n+d\n"


def call(name: str, args: Any, output: Any = None, state: Any = "success") -> Entry:
    """A call."""
    return Entry("tool", "e", 1, name=name, args=args, output=output, state=state)


@pytest.mark.parametrize(
    "output",
    [
        {"outcome": {"status": "success", "payload": {"output": "ok", "diff": DIFF}}},
        {"outcome": {"status": "success", "diff": DIFF}},
        {"patch": DIFF},
        DIFF,
    ],
)
def test_a_diff_in_the_result_goes_before_the_arguments(output: Any) -> None:
    """The tool knows what it changed, and where."""
    args = {"file_path": "x", "old_string": "b", "new_string": "c", "replace_all": True}
    (edit,) = edits_of(call("Edit", args, output))
    assert (edit.added, edit.deleted, edit.rough, edit.numbered) == (2, 1, "", True)
    assert (edit.hunks[0].old, edit.hunks[0].new) == (7, 7)


def test_a_tool_that_only_shows_a_diff_changes_nothing() -> None:
    """A command, or a file that was read."""
    assert not edits_of(call("Bash", {"command": "git diff"}, DIFF))
    assert not edits_of(call("Read", {"file_path": "x.diff"}, DIFF))
    assert not edits_of(Entry("prose", "e", 1, text=DIFF))


@pytest.mark.parametrize("state", ["running", "success", "failure", "cancelled"])
def test_an_attempt_is_read_like_a_change(state: str) -> None:
    """What came of it is another question."""
    args = {"file_path": "x", "old_string": "a", "new_string": "b"}
    (edit,) = edits_of(call("Edit", args, "String to replace not found", state))
    assert (edit.added, edit.deleted) == (1, 1)


def test_an_insertion_has_a_place() -> None:
    """Behind the line that the tool was given."""
    args = {"command": "insert", "path": "x", "insert_line": 3, "insert_text": "a\nb\n"}
    (edit,) = edits_of(call("str_replace_based_edit_tool", args))
    assert (edit.added, edit.numbered, edit.hunks[0].new) == (2, True, 4)
    (edit,) = edits_of(call("str_replace_based_edit_tool", {**args, "insert_line": None}))
    assert not edit.numbered


@pytest.mark.parametrize(
    ("mode", "kind", "rough", "added"),
    [("insert", "update", "", 2), ("delete", "update", "untold", 0), (None, "write", "untold", 2)],
)
def test_a_cell_of_a_notebook(mode: str | None, kind: str, rough: str, added: int) -> None:
    """What was in it before isn't told."""
    args = {"notebook_path": "n.ipynb", "cell_id": "1", "new_source": "a\nb", "edit_mode": mode}
    (edit,) = edits_of(call("NotebookEdit", args))
    assert (edit.kind, edit.rough, edit.added) == (kind, rough, added)


def test_what_was_cut_is_not_exact() -> None:
    """The middle of long arguments doesn't reach a view."""
    text = "a\n… 12,345 characters cut …\nb"
    (edit,) = edits_of(call("Write", {"file_path": "x", "content": text}))
    assert edit.rough == "cut"
    (edit,) = edits_of(call("Edit", {"file_path": "x", "old_string": "a", "new_string": text}))
    assert edit.rough == "cut"


def test_a_call_may_have_many_changes() -> None:
    """Those beyond what is looked at are not counted, which is said."""
    edits = [{"old_string": "a", "new_string": "b"}] * (MAX_CHANGES + 5)
    found = edits_of(call("MultiEdit", {"file_path": "x", "edits": edits}))
    assert len(found) == MAX_CHANGES + 1
    assert found[-1].rough == "untold"


def test_what_reads_a_file() -> None:
    """By the tool's name, or its command."""
    assert read_path(call("Read", {"file_path": "x.py"})) == "x.py"
    assert read_path(call("fs.read_file", {"path": "x.py"})) == "x.py"
    assert read_path(call("str_replace_editor", {"command": "view", "path": "x.py"})) == "x.py"
    assert read_path(call("Write", {"file_path": "x.py"})) == ""
    assert read_path(call("Read", "x.py")) == ""


def test_a_call_is_compared_once() -> None:
    """Drawn again, it is the same; with other arguments, or another output, it is not."""
    entry = call("Edit", {"file_path": "x", "old_string": "a", "new_string": "b"})
    found = edits_of(entry)
    assert edits_of(entry) is found
    entry.args = {"file_path": "x", "old_string": "a", "new_string": "b\nc"}
    assert edits_of(entry)[0].added == 2
    entry.output = DIFF
    assert edits_of(entry)[0].hunks[0].old == 7


def test_few_calls_are_kept() -> None:
    """The oldest goes; what it said is said again."""
    first = call("Edit", {"file_path": "x", "old_string": "a", "new_string": "b"})
    found = edits_of(first)
    for number in range(MAX_KEPT):
        edits_of(call("Edit", {"file_path": str(number), "old_string": "a", "new_string": "b"}))
    assert edits_of(first) == found
    assert edits_of(first) is not found
