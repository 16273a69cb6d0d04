"""What waits between the agent and its publisher's thread."""

from __future__ import annotations

from lashd.publish.inbox import MANY_BYTES, MANY_EVENTS, MAX_BYTES, MAX_EVENTS, Inbox
from lashd.session.outgoing import Outgoing


def event(size: int = 1) -> Outgoing:
    """An event of so many bytes."""
    return Outgoing(bytes(size), 0)


def test_it_gives_everything_in_order_once() -> None:
    """And counts it until then."""
    inbox = Inbox()
    given = [event(1), event(2)]
    for one in given:
        inbox.add(one)

    assert (len(inbox), inbox.size) == (2, 3)
    assert inbox.take() == given
    assert inbox.take() == []
    assert (len(inbox), inbox.size) == (0, 0)


def test_it_says_when_it_holds_much_and_too_much() -> None:
    """By count as by bytes."""
    by_count, by_size = Inbox(), Inbox()
    for _ in range(MANY_EVENTS):
        by_count.add(event())
    by_size.add(event(MANY_BYTES))
    assert by_count.holds_much
    assert by_size.holds_much
    assert not by_count.holds_too_much
    assert not by_size.holds_too_much

    for _ in range(MAX_EVENTS - MANY_EVENTS):
        by_count.add(event())
    by_size.add(event(MAX_BYTES))
    assert by_count.holds_too_much
    assert by_size.holds_too_much
