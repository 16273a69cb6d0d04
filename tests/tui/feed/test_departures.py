"""Traces of what left the queue."""

from __future__ import annotations

from lashd.events import QueueChanged, SessionQueueEventKind
from lashd.session.facts import change_queue
from lashd.view import QueueItem, ReadView
from lashtui.feed.departures import KEPT_FOR, MAX_DEPARTURES, QueueDepartures

ENQUEUED, DELIVERED = SessionQueueEventKind.ENQUEUED, SessionQueueEventKind.DELIVERED


def test_only_what_was_queued_and_left_is_traced() -> None:
    """By its text, for its time; what came leaves no trace."""
    view = ReadView("s", queue=[QueueItem("a", text="first")])
    traces = QueueDepartures()
    traces.note(QueueChanged(ENQUEUED, ["a"]), view, 10.0)
    traces.note(QueueChanged(DELIVERED, ["a", "never"]), view, 10.0)

    assert [(trace.text, trace.how) for trace in traces.at(10.0)] == [("first", "delivered")]
    assert traces.at(10.0 + KEPT_FOR) == []


def test_a_long_id_is_traced_too() -> None:
    """The view keeps the beginning of an id, the event has all of it."""
    view = ReadView("s")
    change_queue(view, QueueChanged(ENQUEUED, ["q" * 1000], {"q" * 1000: {"text": "first"}}), None)
    traces = QueueDepartures()
    traces.note(QueueChanged(DELIVERED, ["q" * 1000]), view, 10.0)

    assert [trace.text for trace in traces.at(10.0)] == ["first"]


def test_traces_are_bounded() -> None:
    """A queue of hundreds that empties at once."""
    names = [f"q{n}" for n in range(300)]
    view = ReadView("s", queue=[QueueItem(name) for name in names])
    traces = QueueDepartures()
    for name in names:
        traces.note(QueueChanged(DELIVERED, [name]), view, 0.0)
    traces.note(QueueChanged(DELIVERED, names), view, 0.0)

    assert [trace.text for trace in traces.at(0.0)] == names[-MAX_DEPARTURES:]
