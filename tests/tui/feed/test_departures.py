"""What has just left the queue."""

from __future__ import annotations

from lashd.events import QueueChanged, SessionQueueEventKind
from lashd.session.facts import change_queue
from lashd.view import QueueItem, ReadView
from lashtui.feed.departures import KEPT_FOR, MAX_DEPARTURES, QueueDepartures

ENQUEUED, DELIVERED = SessionQueueEventKind.ENQUEUED, SessionQueueEventKind.DELIVERED


def test_only_what_was_queued_and_left_is_shown() -> None:
    """By its text, for its time; what was added leaves none."""
    view = ReadView("s", queue=[QueueItem("a", text="first")])
    departures = QueueDepartures()
    departures.note(QueueChanged(ENQUEUED, ["a"]), view, 10.0)
    departures.note(QueueChanged(DELIVERED, ["a", "never"]), view, 10.0)

    assert [(left.text, left.how) for left in departures.at(10.0)] == [("first", "delivered")]
    assert departures.at(10.0 + KEPT_FOR) == []


def test_a_long_id_is_found_too() -> None:
    """The view keeps the beginning of an id, the event has all of it."""
    view = ReadView("s")
    change_queue(view, QueueChanged(ENQUEUED, ["q" * 1000], {"q" * 1000: {"text": "first"}}), None)
    departures = QueueDepartures()
    departures.note(QueueChanged(DELIVERED, ["q" * 1000]), view, 10.0)

    assert [left.text for left in departures.at(10.0)] == ["first"]


def test_departures_are_bounded() -> None:
    """A queue of hundreds that empties at once."""
    names = [f"q{n}" for n in range(300)]
    view = ReadView("s", queue=[QueueItem(name) for name in names])
    departures = QueueDepartures()
    for name in names:
        departures.note(QueueChanged(DELIVERED, [name]), view, 0.0)
    departures.note(QueueChanged(DELIVERED, names), view, 0.0)

    assert [left.text for left in departures.at(0.0)] == names[-MAX_DEPARTURES:]
