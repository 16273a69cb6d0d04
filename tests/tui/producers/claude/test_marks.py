"""What the program adds is left out; what somebody quotes of it is not."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.claude.marks import Said, said_in, typed, without_added

REMINDER = "<system-reminder>\nBe nice.\n</system-reminder>"
OPENED = "<ide_opened_file>The user opened a.py in the IDE.</ide_opened_file>"


def prompt(content: Any, **fields: Any) -> dict[str, Any]:
    """A user record."""
    return {"type": "user", "message": {"role": "user", "content": content}, **fields}


@pytest.mark.parametrize(
    "said",
    [
        "Why is <system-reminder> not closed?",
        "<system-reminder> is never closed",
        f"Where does {REMINDER} come from?",
        "<system-reminder>x</system-reminder> means what?",
        "What is <system-reminder>x</system-reminder>",
        "</system-reminder>",
        "<system-reminder> a <system-reminder> b </system-reminder> c",
        "<command-name>x</command-name> is what?",
        "<command-name>",
        "<ide_selection> and <ide_opened_file> are tags",
        "<task-notification> never came",
        "[Request interrupted by user] is what it says",
        "<bash-input>ls",
        '<channel source="x">is a tag',
        "<div>\n<p>text</p>\n</div>",
    ],
)
def test_quoting_a_mark_cuts_nothing(said: str) -> None:
    """A tag that is not closed, or stands within what was typed, is a person's words."""
    assert said_in(prompt(said)) == [Said(said, "")]
    assert said_in(prompt([{"type": "text", "text": said}])) == [Said(said, "")]


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": OPENED}, {"type": "text", "text": "Go"}],
        [{"type": "text", "text": "Go"}, {"type": "text", "text": REMINDER}],
        f"{OPENED}\nGo",
        f"{OPENED}Go",
        f"{REMINDER}\n\n{OPENED}\n<ide_selection>x\n<y></ide_selection>\nGo\n{REMINDER}\n",
        f"Go{REMINDER}",
        f"Go\n\n  {REMINDER}  ",
        "<user-prompt-submit-hook>ok</user-prompt-submit-hook>\nGo",
        "<new-diagnostics>a.py: 1 error</new-diagnostics>\nGo",
    ],
)
def test_what_the_program_adds_is_left_out(content: Any) -> None:
    """Editors, hooks and reminders: before and behind what was typed, or beside it."""
    assert typed(content) == "Go"


@pytest.mark.parametrize("content", [REMINDER, [{"type": "text", "text": OPENED}], "", []])
def test_what_the_program_wrote_alone_says_nothing(content: Any) -> None:
    """No person's row is made of it."""
    assert said_in(prompt(content)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<command-name>/review</command-name>\n<command-args>12</command-args>", "/review 12"),
        ("<command-message>m</command-message><command-name>/x</command-name>", "/x"),
        ("<bash-input>ls -la</bash-input>", "! ls -la"),
        ("<user-memory-input>use tabs</user-memory-input>", "# use tabs"),
    ],
)
def test_commands_are_as_they_were_entered(content: str, said: str) -> None:
    """Slash commands, shell commands and notes."""
    assert typed(content) == said


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        ({}, ""),
        ({"origin": {"kind": "human"}}, ""),
        ({"origin": {"kind": "channel", "server": "telegram"}}, "telegram (channel)"),
        ({"origin": {"kind": "channel", "server": "t"}, "isMeta": True}, "t (channel)"),
        ({"origin": {"kind": "bridge"}}, "bridge"),
        ({"origin": {"kind": "coordinator"}}, "coordinator"),
        ({"origin": {"kind": "peer", "from": "s2", "name": "Docs"}}, "Docs (peer)"),
        (
            {"origin": {"kind": "task-notification", "subkind": "scheduled-trigger"}},
            "scheduled-trigger",
        ),
        ({"origin": {"kind": "a-new-one"}}, "a-new-one"),
    ],
)
def test_what_came_from_elsewhere_says_from_where(fields: dict[str, Any], sender: str) -> None:
    """A phone, a chat, another session: somebody said it, if not at the keyboard."""
    assert said_in(prompt("Stop", **fields)) == [Said("Stop", sender)]


@pytest.mark.parametrize(
    "fields",
    [
        {"isMeta": True},
        {"isSynthetic": True},
        {"isCompactSummary": True},
        {"origin": {"kind": "task-notification"}},
        {"origin": {"kind": "auto-continuation"}},
    ],
)
def test_the_programs_own_records_are_nobodys(fields: dict[str, Any]) -> None:
    """Whatever they say."""
    assert said_in(prompt("Continue", **fields)) == []


def test_messages_in_an_envelope_are_told_without_it() -> None:
    """Several may come at once, each with its sender."""
    text = (
        '<teammate-message teammate_id="ann" color="red">\nDone.\n</teammate-message>\n'
        '<teammate-message teammate_id="bob">\nMe too.\n</teammate-message>'
    )
    assert said_in(prompt(text)) == [Said("Done.", "ann"), Said("Me too.", "bob")]
    channel = '<channel source="telegram" user="ann">Stop</channel>'
    assert said_in(prompt(channel)) == [Said("Stop", "ann")]


@pytest.mark.parametrize(
    ("text", "rich", "left"),
    [
        (f"file\n\n{REMINDER}", None, "file"),
        (f"file\n{REMINDER}\n{REMINDER}\n", None, "file"),
        (REMINDER, None, ""),
        ('12: "<system-reminder>";\n13: "x"', None, '12: "<system-reminder>";\n13: "x"'),
        (f"one\n{REMINDER}\ntwo", None, f"one\n{REMINDER}\ntwo"),
        (f"one\n{REMINDER}", {"stdout": f"one\n{REMINDER}"}, f"one\n{REMINDER}"),
        (f"one\n{REMINDER}", {"file": {"content": f"one\n{REMINDER}"}}, f"one\n{REMINDER}"),
        (f"one\n{REMINDER}", {"stdout": "one"}, "one"),
        ("a </system-reminder>", None, "a </system-reminder>"),
        (f"one {REMINDER}", None, f"one {REMINDER}"),
    ],
)
def test_a_result_loses_only_what_was_put_behind_it(text: str, rich: Any, left: str) -> None:
    """What the tool itself gave is whole, whatever it quotes."""
    assert without_added(text, rich) == left


def test_marks_without_end_cost_no_time() -> None:
    """A hostile text of many tags is read in a moment."""
    for text in ("<system-reminder>" * 50_000, REMINDER * 5_000, "<command-name>" * 50_000):
        assert isinstance(typed(text), str)
        assert isinstance(without_added(text), str)
