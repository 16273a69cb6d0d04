"""Whose words a line of text is: labelled at each change of speaker, indented by depth."""

from __future__ import annotations

import pytest

from lashtui.stream.speakers import MAX_CALLS, MAX_DEPTH, Speakers


def test_the_agent_itself_needs_no_label() -> None:
    """Its words stand at the margin, also after a subagent's."""
    speakers = Speakers()
    speakers.note("c", "Agent", {"description": "Look"}, None)
    assert [speakers.turn_to(each) for each in (None, "c", "c", None)] == [
        "",
        "  -- Look:\n",
        "",
        "",
    ]
    assert speakers.indent == ""


@pytest.mark.parametrize(
    ("name", "args", "label"),
    [
        ("Agent", {"description": "Look at it", "prompt": "p"}, "Look at it"),
        ("Agent", {"description": "  "}, "Agent"),
        ("spawn_agent", ["x"], "spawn_agent"),
        ("", None, "subagent"),
        (None, {"description": "a\nb\x1b[31mc"}, "a bc"),
        ("x" * 500, None, "x" * 59 + "…"),
    ],
)
def test_a_subagent_is_called_by_its_task(name: object, args: object, label: str) -> None:
    """Its call's description, else the call's name; always one safe, short line."""
    speakers = Speakers()
    speakers.note("c", name, args, None)
    assert speakers.turn_to("c") == f"  -- {label}:\n"


def test_a_subagent_of_a_subagent_stands_deeper() -> None:
    """Up to a depth that leaves some width."""
    speakers = Speakers()
    for depth in range(10):
        speakers.note(f"c{depth}", f"n{depth}", None, f"c{depth - 1}" if depth else None)
    assert speakers.turn_to("c1") == "    -- n1:\n"
    speakers.turn_to("c9")
    assert speakers.indent == "  " * MAX_DEPTH


def test_calls_that_call_each_other_end() -> None:
    """Also where an input says that two calls are each other's parent."""
    speakers = Speakers()
    speakers.note("a", "a", None, "b")
    speakers.note("b", "b", None, "a")
    assert speakers.turn_to("a").endswith("-- a:\n")


def test_a_call_that_was_forgotten_or_never_seen_is_still_somebody() -> None:
    """Only the newest calls are remembered."""
    speakers = Speakers()
    for number in range(MAX_CALLS + 1):
        speakers.note(str(number), f"n{number}", None, None)
    assert speakers.turn_to("0") == "  -- subagent:\n"
    assert speakers.turn_to(str(MAX_CALLS)) == f"  -- n{MAX_CALLS}:\n"


def test_a_repeated_start_without_arguments_keeps_the_name() -> None:
    """Starts of a call may come again, with less."""
    speakers = Speakers()
    speakers.note("c", "Agent", {"description": "Look"}, None)
    speakers.note("c", "", None, None)
    assert speakers.turn_to("c") == "  -- Look:\n"
