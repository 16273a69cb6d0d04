"""The transcript as a Markdown file."""

from __future__ import annotations

from lashd.view import Entry, ReadView
from lashtui.reading.export import file_name, markdown

VIEW = ReadView(
    "build/1",
    title="Fix *it*",
    entries=[
        Entry("user", "u", 1, text="do it"),
        Entry("prose", "p", 2, text="Look:\n```py\nopen"),
        Entry("reasoning", "r", 3, text="hm\nwell"),
        Entry(
            "tool",
            "t",
            4,
            name="Bash",
            args={"command": "ls"},
            output="```\x1b[2J",
            state="failure",
        ),
        Entry(
            "tool",
            "d",
            5,
            name="Edit",
            args={"old_string": "a", "new_string": "b"},
            state="success",
        ),
        Entry("error", "e", 6, text="boom"),
        Entry("commit", "c", 7, output={"turn_index": 1}),
    ],
)


def test_the_whole_transcript_safe_to_print() -> None:
    """Each kind in its form; a fence that holds a fence is longer; an open one is closed."""
    text = markdown(VIEW)
    assert "# Fix \\*it\\*" in text
    assert "## User" in text
    assert "```py\nopen\n```" in text
    assert "> hm\n> well" in text
    assert "### Bash `ls` (failure)" in text
    assert "````\n```\n````" in text
    assert "```diff\n-a\n+b\n```" in text
    assert "**Error**\n\n```\nboom\n```" in text
    assert "*turn 1*" in text
    assert "\x1b" not in text


def test_the_output_of_an_edit_is_not_lost() -> None:
    """Unless it is the change itself."""
    edit = {"old_string": "a", "new_string": "b"}
    diff = "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b"
    view = ReadView(
        "build",
        entries=[
            Entry("tool", "a", 1, name="Edit", args=edit, output="2 left", state="success"),
            Entry("tool", "b", 2, name="Diff", output=diff, state="success"),
        ],
    )
    text = markdown(view)
    assert "```diff\n-a\n+b\n```\n\n```\n2 left\n```" in text
    assert text.count("+++ x") == 1


def test_quotes_a_subagents_work_under_its_call() -> None:
    """To the depth that is indented, also where its call is gone."""
    view = ReadView(
        "build",
        entries=[
            Entry("tool", "a", 1, name="Task", state="success"),
            Entry("prose", "b", 2, text="in it\n```\nx\n```", parent="a"),
            Entry("tool", "c", 3, name="Task", state="success", parent="a"),
            Entry("reasoning", "d", 4, text="deeper", parent="c"),
            Entry("prose", "e", 5, text="out", parent="gone"),
        ],
    )
    text = markdown(view)
    assert "### Task (success)\n\n> in it\n> ```\n> x\n> ```\n>\n> ### Task (success)" in text
    assert "\n> > > deeper\n" in text
    assert text.endswith("\n> *subagent*\n>\n> out\n>\n")


def test_names_the_subagent_whose_work_follows_anothers() -> None:
    """Two at once take turns."""
    view = ReadView(
        "build",
        entries=[
            Entry("tool", "a", 1, name="Agent", args={"description": "Look *up*"}, state="success"),
            Entry("prose", "b", 2, text="one", parent="a"),
            Entry("prose", "c", 3, text="own"),
            Entry("prose", "d", 4, text="two", parent="a"),
        ],
    )
    text = markdown(view)
    assert "\n> one\n>\nown\n\n> *Look \\*up\\**\n>\n> two\n" in text


def test_says_what_the_rows_say() -> None:
    """A retry in its row's words, a frame by its name; plan, model, tokens, cursor at the head."""
    view = ReadView(
        "build",
        plan=[
            {"content": "read *it*", "status": "completed"},
            {"content": "mend", "status": "in_progress"},
            "test",
        ],
        model="opus[1m]",
        usage={
            "total": {"input_tokens": 12_300, "output_tokens": 40},
            "context": {"used": 45_000, "size": 200_000},
        },
        entries=[
            Entry(
                "retry",
                "r",
                1,
                text="overloaded\x1b[2J",
                output={"attempt": 1, "max_attempts": 3, "wait_seconds": 2.0},
            ),
            Entry("frame", "f", 2, name="review"),
        ],
    )
    text = markdown(view, "lashsc1:1:2:build")
    assert "- tokens: `in 12.3k out 40`\n- context: `45k/200k (22 %)`\n- cursor: " in text
    assert "- model: `opus[1m]`\n" in text
    assert "## Plan\n\n- [x] read \\*it\\*\n- [ ] mend (now)\n- [ ] test\n" in text
    assert "*retry 1 of 3 after 2s* overloaded" in text
    assert "*frame* review" in text
    assert "\x1b" not in text


def test_a_name_never_leaves_the_directory() -> None:
    """Whatever the session is called, the name has no slash and a bounded length."""
    assert "/" not in file_name("../../etc/passwd", 0.0)
    assert file_name("..", 0.0).startswith("session-")
    assert len(file_name("x" * 500, 0.0)) < 120


def test_a_question_is_exported_in_full() -> None:
    """With how long its answer took; its text verbatim."""
    question = Entry("diagnostic", "q", 1, name="waiting", text="may I?\n# rm")
    view = ReadView("s", entries=[question])
    assert "**Question** (not answered yet)\n\n```\nmay I?\n# rm\n```" in markdown(view)
    question.started_at, question.ended_at = 1_000, 241_000
    assert "**Question** (answered after 4 min)" in markdown(view)
    question.ended_at, question.settled = None, True
    assert "**Question** (not answered)" in markdown(view)
