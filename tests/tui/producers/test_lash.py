"""lash's records: passed through as they are, in whatever they are wrapped."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.events import Error, SessionOutcome
from lashd.events import TurnActivity as Activity
from lashtui.producers.lash import LashProducer
from tests.tui.producers.claude.claude_records import rows, seen, told
from tests.tui.producers.goldens import view_of, wire_of


def activity(kind: str, **fields: Any) -> dict[str, Any]:
    """A turn activity in its event."""
    inner = {"protocol_version": 5, "sequence": 1, "id": "a", "type": kind, **fields}
    return event("turn_activity", activity=inner)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """A session event."""
    envelope = {"protocol_version": 5, "session_id": "s", "revision": 3, "cursor": "opaque"}
    return {**envelope, "type": kind, **fields}


PROSE = activity("assistant_prose_delta", text="Hi", correlation_id="m")


@pytest.mark.parametrize(
    "record",
    [
        PROSE,
        PROSE["activity"],
        {"type": "observation", "event": PROSE},
        {"type": "observation", "event": {"protocol": "lash", "payload": PROSE}},
        {"cursor": "c", "event": PROSE},
    ],
    ids=["event", "activity", "observation", "envelope", "cursor"],
)
def test_every_wrapping_is_taken_off(record: dict[str, Any]) -> None:
    """Bare activities, events, and the envelopes that services put around them."""
    producer = LashProducer()
    assert rows(seen(producer, record, outcome=None), "prose") == ["Hi"]
    assert producer.take_warnings() == []


def test_events_keep_their_ids_and_revision() -> None:
    """Nothing of them is changed."""
    produced = told(LashProducer(), PROSE, outcome=None)
    assert produced[0].revision == 3
    wire = wire_of(produced)[0]["activity"]
    assert (wire["id"], wire["correlation_id"]) == ("a", "m")


def test_what_services_stream_beside_events() -> None:
    """Prompts are a person's; the answer's last copy says nothing new; a gap is a hole."""
    producer = LashProducer()
    view = seen(
        producer,
        {"type": "message", "message": {"role": "user", "text": "Do it"}},
        {"type": "replay_cursor", "cursor": "c"},
        {"type": "observation", "event": PROSE},
        {"type": "replay_gap", "observation": {}, "gap": {"reason": "trimmed"}},
        {"type": "observation", "event": event("committed")},
        {"type": "message", "message": {"role": "assistant", "content": "Other"}},
        {"type": "done"},
    )
    assert producer.take_warnings() == []
    assert rows(view, "user", "prose") == ["Do it", "Hi", "Other"]
    assert view.complete is False


def test_an_answer_after_its_deltas_is_not_repeated() -> None:
    """The message stands for what was streamed."""
    view = seen(
        LashProducer(), PROSE, {"type": "message", "message": {"role": "assistant", "text": "Hi"}}
    )
    assert rows(view, "prose") == ["Hi"]


def test_a_stream_that_ends_within_a_turn_is_cut_off() -> None:
    """Open calls end as cancelled; a committed turn needs nothing."""
    started = activity("tool_call_started", name="Bash", call_id="t", correlation_id="t")
    view = seen(LashProducer(), PROSE, started, outcome=SessionOutcome.CUT_OFF)
    assert [row.state for row in view.entries if row.kind == "tool"] == ["cancelled"]
    assert len(rows(view, "error")) == 1
    ended = activity("tool_call_completed", name="Bash", call_id="t", output={"outcome": {}})
    produced = told(LashProducer(), PROSE, started, ended, event("committed"))
    assert len(produced) == 4
    assert view_of(produced, ended=False).outcome is SessionOutcome.SUCCESS


def test_calls_that_are_left_open_make_no_success_of_a_failure() -> None:
    """Their ends are no words of the agent, within the turn that failed and after it."""
    started = activity("tool_call_started", name="Bash", call_id="t", correlation_id="t")
    error = activity("error", message="no")
    for records in ([started, error], [started, error, event("committed")]):
        view = seen(LashProducer(), *records, outcome=SessionOutcome.FAILURE)
        assert [row.state for row in view.entries if row.kind == "tool"] == ["cancelled"]
        assert rows(view, "error") == ["no", "no"]
        assert told(LashProducer(), *records)[-1].payload == Activity("", None, Error("no"))


def test_a_call_that_outlives_its_turn_fails_none() -> None:
    """The turn was committed: nothing was cut off but the call."""
    started = activity("tool_call_started", name="Bash", call_id="t", correlation_id="t")
    view = seen(LashProducer(), started, event("committed"))
    assert rows(view, "error") == []


def test_another_version_is_told_once_and_read_all_the_same() -> None:
    """Its records may be like ours."""
    producer = LashProducer()
    newer = {**PROSE, "protocol_version": 6}
    assert rows(seen(producer, newer, newer, outcome=None), "prose") == ["HiHi"]
    assert producer.take_warnings() == ["these are records of lash's protocol 6, not 5"]


def test_a_record_that_is_no_event_is_skipped() -> None:
    """It costs a warning."""
    producer = LashProducer()
    assert told(producer, {"x": 1}, activity("usage", usage=5), outcome=None) == []
    assert len(producer.take_warnings()) == 2


def test_an_unknown_activity_is_carried_on() -> None:
    """Upstream has more of them with each version."""
    view = seen(LashProducer(), activity("dreamt", of="sheep"), outcome=None)
    assert [(row.kind, row.name) for row in view.entries] == [("diagnostic", "dreamt")]
