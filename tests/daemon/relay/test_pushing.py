"""What is pushed, kept and renewed; without an engine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lashd.relay.pushing import PUSH_BYTES, PUSH_EVENTS, Progress, Ring, batches


@given(st.lists(st.integers(1, PUSH_BYTES)))
def test_batches_are_all_events_in_order_within_bounds(sizes: list[int]) -> None:
    """One event may be over the bound, alone."""
    events = [(n, bytes(size)) for n, size in enumerate(sizes)]
    parts = list(batches(events))
    assert [event for part in parts for event in part] == events
    for part in parts:
        assert 1 <= len(part) <= PUSH_EVENTS
        assert len(part) == 1 or sum(len(body) for _, body in part) <= PUSH_BYTES


def at(n: int, view_at: int | None, ring: Ring) -> Progress:
    """An engine that has all up to n."""
    progress = Progress(ring)
    progress.found(f"{n}-0", n, view_at)
    return progress


def test_nothing_is_dropped_that_no_view_holds() -> None:
    """However far the home's own replay has gone on."""
    progress = at(100, 40, Ring(64, 1000))
    progress.row(100, 10)
    assert (progress.home_floor, progress.keep_from) == (91, 41)
    assert progress.needs_view
    progress.viewed(100)
    assert progress.keep_from == 91
    assert not progress.needs_view


def test_a_row_that_is_late_drops_no_more_than_the_ring_would() -> None:
    """What a row says may be a second old: the count bounds it meanwhile."""
    progress = at(1000, 1000, Ring(64, 1000))
    progress.row(10, 10)
    assert progress.keep_from == 1001 - 64


def test_a_view_is_due_after_half_a_ring_of_events_or_bytes() -> None:
    """So that what a mirror has to read is bounded."""
    progress = at(10, 10, Ring(64, 1000))
    progress.pushed("41-0", [(n, b"x") for n in range(11, 42)])
    assert not progress.needs_view
    progress.pushed("42-0", [(42, b"x")])
    assert progress.needs_view
    progress = at(10, 10, Ring(64, 1000))
    progress.pushed("11-0", [(11, bytes(500))])
    assert progress.needs_view


def test_without_a_stream_a_view_is_made_anew() -> None:
    """An engine may have lost the one and not the other."""
    progress = Progress(Ring(64, 1000))
    progress.found("", None, 7)
    assert progress.needs_view
