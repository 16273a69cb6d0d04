"""Hooks and states beside a transcript: what they add, and that nothing is told twice."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from lashd.events import AssistantProseDelta, Committed, Resumed, TurnActivity, Waiting
from lashtui.producers import Produced
from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from tests.tui.producers.goldens import Beside, cases, prose_of, view_of

(SCREEN,) = cases("claude_screen")
RECORDS = SCREEN.records()
BY_SOURCE = [[each for each in RECORDS if kind in each] for kind in ("line", "hook", "state")]
PROMPT = {
    "type": "user",
    "uuid": "u1",
    "timestamp": "2026-11-27T10:00:00.000Z",
    "message": {"role": "user", "content": "Go"},
}
CALL = {
    "type": "assistant",
    "uuid": "a1",
    "timestamp": "2026-11-27T10:00:02.000Z",
    "message": {
        "id": "msg_1",
        "role": "assistant",
        "stop_reason": "tool_use",
        "content": [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}],
    },
}
RESULT = {
    "type": "user",
    "uuid": "u2",
    "timestamp": "2026-11-27T10:00:09.000Z",
    "message": {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "a"}],
    },
}
ASKED = {
    "hook_event_name": "PermissionRequest",
    "tool_name": "Bash",
    "tool_input": {"command": "ls"},
}
T0 = 1_795_773_600_000
"""The prompt's time."""


def line(record: dict[str, Any]) -> bytes:
    """A line of the transcript."""
    return json.dumps(record).encode() + b"\n"


def said(produced: list[Produced]) -> list[object]:
    """The waiting and what ends it."""
    events = [each.payload.event for each in produced if isinstance(each.payload, TurnActivity)]
    return [
        each.what if isinstance(each, Waiting) else type(each)
        for each in events
        if isinstance(each, Waiting | Resumed)
    ]


def replay(records: list[dict[str, Any]]) -> list[Produced]:
    """All that is made of a recording."""
    producer = Beside(ClaudeTranscriptProducer())
    produced = producer.feed(b"".join(map(line, records)))
    return produced + producer.finish(None)


TRANSCRIPT = prose_of(view_of(replay(BY_SOURCE[0])))
"""What the agent said."""


def test_the_screens_lines_come_before_their_message() -> None:
    """A reader has each of them as it is shown."""
    produced = Beside(ClaudeTranscriptProducer()).feed(b"".join(map(line, RECORDS)))
    shown = [
        each.payload.event.text
        for each in produced
        if isinstance(each.payload, TurnActivity)
        and isinstance(each.payload.event, AssistantProseDelta)
    ]

    assert shown[:3] == [
        "# Findings\n\n",
        "I looked at **two** files and `main.py`.\n\n",
        "- first\n",
    ]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_told_twice_in_any_order(seed: int) -> None:
    """The three come by different ways, each in its own order."""
    chance, left = random.Random(seed), [list(each) for each in BY_SOURCE]
    records = []
    while any(left):
        records.append(chance.choice([each for each in left if each]).pop(0))
    view = view_of(replay(records))

    assert sorted(prose_of(view)) == sorted(TRANSCRIPT)
    assert view.waiting_for is None


@pytest.mark.parametrize("seed", range(40))
def test_words_are_in_their_order_where_a_way_is_late(seed: int) -> None:
    """By half a second, which is more than any of them is."""
    chance, delayed = random.Random(seed), []
    for records in BY_SOURCE:
        last = 0.0
        for record in records:
            last = max(last, record["t"] + chance.choice((0, chance.uniform(0, 0.5))))
            delayed.append((last, record))
    view = view_of(replay([record for _, record in sorted(delayed, key=lambda each: each[0])]))

    assert prose_of(view) == TRANSCRIPT
    assert view.waiting_for is None


@pytest.mark.parametrize("kind", range(3))
def test_the_transcript_alone_tells_all_words(kind: int) -> None:
    """Without hooks, or without states, only what is live is missing."""
    records = [each for each in RECORDS if each not in BY_SOURCE[kind] or kind == 0]

    assert prose_of(view_of(replay(records))) == prose_of(view_of(replay(RECORDS)))


def test_it_waits_while_its_state_says_so() -> None:
    """For the call that is open."""
    producer = ClaudeTranscriptProducer()
    produced = producer.feed(line(PROMPT) + line(CALL))
    produced += producer.heard("permission prompt", T0 + 2500)
    assert said(produced) == ["permission for Bash: ls"]
    assert producer.is_waiting
    assert said(producer.heard(None, T0 + 8000)) == [Resumed]


def test_a_state_from_before_the_question_ends_nothing() -> None:
    """It comes by another way, and may be late."""
    producer = ClaudeTranscriptProducer()
    producer.feed(line(PROMPT) + line(CALL))
    producer.heard("permission prompt", T0 + 2500)

    assert producer.heard(None, T0 + 1000) == []


def test_a_question_whose_call_comes_later_gets_its_name() -> None:
    """The transcript may be behind by a moment."""
    producer = ClaudeTranscriptProducer()
    produced = producer.feed(line(PROMPT))
    produced += producer.heard("permission prompt", T0 + 2500)
    produced += producer.feed(line(CALL))

    assert said(produced) == ["permission prompt", "permission for Bash: ls"]


def test_a_hook_names_the_question_before_its_call_does() -> None:
    """It is told of what is asked about."""
    producer = ClaudeTranscriptProducer()
    produced = producer.feed(line(PROMPT))
    produced += producer.heard(None, T0 + 100)
    produced += producer.hooked(ASKED, T0 + 2400)
    assert said(produced) == []
    produced += producer.heard("permission prompt", T0 + 2500)
    produced += producer.feed(line(CALL))

    assert said(produced) == ["permission for Bash: ls"]


def test_a_hook_alone_counts_where_no_state_is_told() -> None:
    """Older versions have no such files; then the call's result shows that it went on."""
    producer = ClaudeTranscriptProducer()
    produced = producer.feed(line(PROMPT) + line(CALL))
    produced += producer.hooked(ASKED, T0 + 2400)
    assert said(produced) == ["permission for Bash: ls"]

    assert said(producer.feed(line(RESULT))) == [Resumed]


def test_a_menu_that_a_person_opens_asks_nothing() -> None:
    """Between turns nobody waits for them to close it."""
    producer = ClaudeTranscriptProducer()

    assert producer.heard("dialog open", T0) == []
    producer.feed(line(PROMPT))
    assert said(producer.heard("dialog open", T0 + 500)) == ["dialog open"]


def test_a_question_between_turns_is_no_turn_that_stays_open() -> None:
    """What runs in the background may ask."""
    producer = ClaudeTranscriptProducer()
    producer.heard("permission prompt", T0)
    assert producer.flush() == []
    produced = producer.heard(None, T0 + 500) + producer.flush()

    assert said(produced) == [Resumed]
    assert isinstance(produced[-1].payload, Committed)
    assert not producer.in_turn


def test_a_message_that_is_shown_before_the_prompt_is_read_is_held_for_it() -> None:
    """The prompt stands first."""
    producer = ClaudeTranscriptProducer()
    piece = {"hook_event_name": "MessageDisplay", "message_id": "m", "index": 0, "delta": "Hi\n"}
    assert producer.hooked(piece, T0 + 300) == []
    produced = producer.feed(line(PROMPT))
    produced += producer.hooked({**piece, "index": 1, "delta": "there."}, T0 + 400)

    events = [each.payload.event for each in produced if isinstance(each.payload, TurnActivity)]
    assert [getattr(each, "text", "") for each in events] == ["Go", "Hi\n", "there."]


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"hook_event_name": 1},
        {"hook_event_name": "MessageDisplay", "index": "0", "delta": "x", "message_id": "m"},
        {"hook_event_name": "MessageDisplay", "index": 0, "delta": ["x"], "message_id": "m"},
        {"hook_event_name": "MessageDisplay", "index": 0, "delta": "x", "agent_id": "a"},
        {"hook_event_name": "PermissionRequest", "tool_input": 5},
        {"hook_event_name": "Notification", "notification_type": ["x"]},
    ],
)
def test_damaged_calls_say_nothing(call: dict[str, Any]) -> None:
    """Anything may stand in a file."""
    producer = ClaudeTranscriptProducer()
    producer.feed(line(PROMPT))
    producer.heard(None, T0)

    assert producer.hooked(call, T0) == []
