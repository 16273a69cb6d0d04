"""The port of lash's store answers as ours does: else the two could not be compared."""

from __future__ import annotations

import pytest

from benchmarks.daemon.port import CAPACITY, Activity, Delta, PortedStore, Subscription
from lashd.cursor import SessionCursor
from lashd.events import AssistantProseDelta, TurnActivity
from lashd.store import Gap, InMemoryLiveReplayStore, Replayed


@pytest.mark.parametrize("behind", [-1, 0, 1, 100, CAPACITY, CAPACITY + 1])
def test_it_replays_and_refuses_as_our_store_does(behind: int) -> None:
    """At the tail, within, at the edge of what is retained, beyond it, and ahead."""
    ours, port = InMemoryLiveReplayStore(), PortedStore()
    for number in range(CAPACITY + 50):
        ours.append("s", 0, TurnActivity(f"{number}", "m", AssistantProseDelta("x")))
        port.append("s", 0, Activity(f"{number}", "m", Delta("x")))
    cursor = port.cursor("s", behind)

    result = ours.replay_after_cursor(SessionCursor(cursor))
    ported = port.replay_after_cursor(cursor)

    if isinstance(result, Gap):
        assert ported == result.reason
        assert port.subscribe_after_cursor(cursor) == result.reason
        return
    assert isinstance(result, Replayed)
    assert isinstance(ported, list)
    assert [str(event.cursor) for event in result.events] == [event.cursor for event in ported]
    subscription = port.subscribe_after_cursor(cursor)
    assert isinstance(subscription, Subscription)
    assert list(subscription.replay) == ported
