"""What an entry says as text."""

from __future__ import annotations

from lashd.view import Entry
from lashtui.reading.source import entry_diff, entry_name, entry_source


def test_each_kind_says_something() -> None:
    """What a reader would look for."""
    assert entry_source(Entry("user", "x", 1, text="hi")) == "hi"
    assert entry_source(Entry("code", "x", 1, name="py", text="1+1\n", output="2")) == "1+1\n2"
    assert entry_source(Entry("commit", "x", 1, output={"turn_index": 3})) == "turn 3"
    assert entry_source(Entry("retry", "x", 1, text="busy")) == "retry\nbusy"
    assert entry_source(Entry("frame", "x", 1, name="main")) == "frame main"
    assert "why" in entry_source(Entry("diagnostic", "x", 1, name="a_b", text="why"))


def test_only_calls_have_a_diff() -> None:
    """Also several edits in one call."""
    edits = [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": "d"}]
    assert entry_diff(Entry("tool", "x", 1, args={"edits": edits})) == "-a\n+b\n@@\n-c\n+d"
    assert entry_diff(Entry("prose", "x", 1, text="--- a\n+++ b")) == ""


def test_a_question_is_copied_alone() -> None:
    """Without the word for its kind, which stands in no terminal; a message calls it a question."""
    entry = Entry("diagnostic", "q", 1, name="waiting", text="may I run\nmake?\x1b[31m")
    assert entry_source(entry) == "may I run\nmake?"
    assert entry_name(entry) == "question"
    assert entry_name(Entry("tool", "t", 1, name="Bash")) == "Bash"
    assert entry_name(Entry("prose", "p", 1)) == "prose"
