"""A live feed state, made of records."""

from __future__ import annotations

from lashd.testing.laws import ManualClock
from lashtui.feed.state import FeedState
from tests.tui.records import SESSION, RecordFactory


def attached(records: RecordFactory, clock: ManualClock | None = None) -> FeedState:
    """A live state of the session that `records` makes."""
    state = FeedState(SESSION, clock or ManualClock())
    state.receive([records.attached(), records.observation(), records.synced()])
    state.take_update()
    return state


def texts(state: FeedState) -> list[str | None]:
    """The text of each row."""
    assert state.view is not None
    return [entry.text for entry in state.view.entries]
