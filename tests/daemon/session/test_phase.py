"""What a running session does while no call of it runs."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.events import (
    AssistantProseDelta,
    Committed,
    ReasoningDelta,
    SessionChanged,
    SessionChangeKind,
    ToolCallStarted,
    Usage,
    UserMessage,
    Waiting,
)
from lashd.session.phase import phase_of
from lashd.session.row import SessionRow, row_from_wire

from .test_quiet import after, under

TEXT = AssistantProseDelta("x")
PRINTED = AssistantProseDelta("x", "ansi")


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([], None),
        ([UserMessage("go")], "thinking"),
        ([TEXT], "writing"),
        ([TEXT, Usage({"output_tokens": 1})], "writing"),
        ([TEXT, ReasoningDelta("hm")], "thinking"),
        ([ReasoningDelta("hm"), TEXT], "writing"),
        ([TEXT, ToolCallStarted("bash", call_id="t")], "thinking"),
        ([UserMessage("go"), under("t", TEXT)], "thinking"),
        ([TEXT, Waiting("ok?")], None),
        ([TEXT, Committed()], None),
        ([PRINTED], "running"),
        ([SessionChanged(SessionChangeKind.OPENED, agent="a"), PRINTED], "writing"),
        ([SessionChanged(SessionChangeKind.OPENED, model="m"), PRINTED], "writing"),
    ],
)
def test_it_is_what_the_newest_entry_shows(events: list[Any], phase: str | None) -> None:
    """Its own prose: it writes. What a command prints: it runs. Else its model is awaited."""
    assert phase_of(after(*events).view) == phase


def test_a_row_may_say_another_word() -> None:
    """Of a later daemon; or none, of an earlier one."""
    assert row_from_wire({"session_id": "s", "phase": "dreaming"}).phase == "dreaming"
    assert row_from_wire({"session_id": "s"}) == SessionRow(session_id="s")
