"""The life of a publisher: each row of the table, and what the session concludes from it."""

from __future__ import annotations

import math

from lashd.hub.connection import HubConnection
from lashd.hub.publishers import MAX_PUBLISHERS, Publishers
from tests.daemon.hub.hub_harness import HubHarness


def connection() -> HubConnection:
    """Any connection."""
    return HubHarness().hub.connect()


def connected(*publisher_ids: str) -> Publishers:
    """Publishers that have all opened the session."""
    publishers = Publishers()
    for publisher_id in publisher_ids:
        publishers.connect(publisher_id, connection())
    return publishers


def test_a_disconnected_publisher_is_present_until_its_grace_ends() -> None:
    """Then it has expired, and a session without another publisher is abandoned."""
    publishers = connected("p")
    publishers.disconnect("p", grace_ends=10.0)
    assert publishers.expire(9.9) == 10.0
    assert (publishers.present, publishers.abandoned) == (True, False)
    assert publishers.expire(10.0) == math.inf
    assert (publishers.present, publishers.abandoned) == (False, True)
    assert publishers.has_expired("p")


def test_a_publisher_that_returns_in_its_grace_never_expires() -> None:
    """It is connected again, with the numbers that it had."""
    publishers = connected("p")
    publishers.note_number("p", 7)
    publishers.disconnect("p", grace_ends=10.0)
    publishers.connect("p", connection())
    assert publishers.expire(20.0) == math.inf
    assert publishers.present
    assert publishers.last_number("p") == 7


def test_a_return_after_the_grace_is_a_return_all_the_same() -> None:
    """It has expired no longer, so the session is not abandoned any more."""
    publishers = connected("p")
    publishers.disconnect("p", grace_ends=10.0)
    publishers.expire(10.0)
    publishers.connect("p", connection())
    assert not publishers.has_expired("p")
    assert not publishers.abandoned


def test_nobody_waits_for_a_publisher_that_closed() -> None:
    """A goodbye abandons nothing."""
    publishers = connected("p")
    publishers.close("p")
    assert not publishers.present
    assert not publishers.abandoned


def test_a_session_is_not_abandoned_while_another_publisher_is_present() -> None:
    """The expired one counts again as soon as the other has left too, however it leaves."""
    publishers = connected("gone", "here")
    publishers.disconnect("gone", grace_ends=0.0)
    publishers.expire(1.0)
    assert not publishers.abandoned
    publishers.close("here")
    assert publishers.abandoned


def test_once_the_session_is_reopened_those_that_expired_are_excused() -> None:
    """Their absence can't end the session a second time."""
    publishers = connected("gone")
    publishers.disconnect("gone", grace_ends=0.0)
    publishers.expire(1.0)
    publishers.excuse_expired()
    assert not publishers.abandoned
    assert not publishers.has_expired("gone")


def test_a_publisher_is_the_only_one_until_another_has_come() -> None:
    """Also after that one has left: the session holds events that it does not know."""
    publishers = connected("p")
    assert publishers.is_only("p")
    publishers.connect("q", connection())
    publishers.close("q")
    assert not publishers.is_only("p")


def test_those_that_are_present_are_never_evicted() -> None:
    """Over the bound those that left go, the ones that said goodbye before those that expired."""
    publishers = connected("connected", "grace", "expired", "closed")
    publishers.disconnect("expired", grace_ends=1.0)
    publishers.disconnect("grace", grace_ends=9.0)
    publishers.close("closed")
    publishers.expire(5.0)
    for number in range(MAX_PUBLISHERS - 3):
        publishers.connect(f"p{number}", connection())
    assert "closed" not in publishers
    assert all(known in publishers for known in ("connected", "grace", "expired"))
    publishers.connect("one more", connection())
    assert "expired" not in publishers
    publishers.connect("and one more", connection())
    assert len(publishers) == MAX_PUBLISHERS + 1
