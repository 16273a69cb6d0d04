"""Kimi's printed messages."""

from __future__ import annotations

import json
from typing import Any

from lashd.events import RetryStatus, SessionOutcome, TurnActivity
from lashtui.producers.kimi.stream import KimiStreamProducer
from tests.tui.producers.goldens import cases, produce, view_of


def lines(*records: dict[str, Any]) -> bytes:
    """As Kimi prints them."""
    return "".join(json.dumps(each) + "\n" for each in records).encode()


def test_a_turn_ends_with_a_message_that_calls_nothing() -> None:
    """At once; what wakes the agent later begins another."""
    producer = KimiStreamProducer()
    function = {"name": "Bash", "arguments": '{"command":"ls"}'}
    call = {"role": "assistant", "tool_calls": [{"id": "c", "function": function}]}
    producer.feed(lines(call, {"role": "tool", "tool_call_id": "c", "content": "a"}))
    assert producer.in_turn
    producer.feed(lines({"role": "assistant", "content": "Done."}))
    assert not producer.in_turn


def test_what_tools_print_between_the_messages_is_counted() -> None:
    """It is no event, and nobody is warned of each line."""
    producer = KimiStreamProducer()
    data = b"stray\n" + lines({"role": "assistant", "content": "A"})
    produced = produce(producer, [data], SessionOutcome.SUCCESS)
    assert producer.take_warnings() == []
    names = [row.name for row in view_of(produced, ended=False).entries]
    assert names.count("plain_text_left_out") == 1


def test_the_plan_is_read_from_its_call() -> None:
    """The stream has no other sign of it."""
    (tour,) = [case for case in cases("kimi") if case.name == "tour"]
    view = view_of(produce(tour.make(), [tour.data], tour.outcome), ended=False)
    assert '"in_progress"' in json.dumps(view.plan)


def test_a_retry_with_numbers_that_are_none_is_a_retry() -> None:
    """No daemon would take them."""
    retry = {"role": "meta", "type": "turn.step.retrying", "failed_attempt": 10**30}
    data = lines({**retry, "max_attempts": 10**400, "delay_ms": 10**400})
    told = [each.payload for each in KimiStreamProducer().feed(data)]
    events = [each.event for each in told if isinstance(each, TurnActivity)]
    assert events == [RetryStatus(0.0, 0, None, "")]
