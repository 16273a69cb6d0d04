"""The sessions of a store: creation and end, gaps, and the memory of them all."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.cursor import MAX_N, join_position
from lashd.errors import StoreError
from lashd.limits import StoreLimits
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.retention import RingSet

ROOMY = StoreLimits()


def put(rings: RingSet, session_id: str, size: int = 1, now: float = 0.0) -> None:
    """One event of `size` bytes."""
    rings.next_position(session_id)
    ring = rings.created(session_id)
    ring.append(b"x" * size, size, 0, now, None)
    rings.total_bytes += size
    rings.keep_bounds(ring, size, now)


def test_a_forgotten_sessions_positions_are_never_used_again() -> None:
    """A new one of that name starts past every position that a cursor of the old one can have."""
    rings = RingSet(ROOMY, 3)
    for _ in range(4):
        put(rings, "s")
    assert rings.forget("s")
    assert not rings.forget("s")
    put(rings, "s")
    ring = rings.get("s")
    assert ring is not None
    assert ring.start > 4
    for n in range(5):
        gap = rings.gap(ring, join_position(3, n))
        assert gap is LiveReplayGapReason.UNAVAILABLE
    assert rings.gap(ring, join_position(3, ring.start)) is None


def test_the_floor_never_sinks() -> None:
    """Forgetting a shorter session later changes nothing."""
    rings = RingSet(ROOMY, 0)
    for _ in range(9):
        put(rings, "long")
    put(rings, "short")
    rings.forget("long")
    floor = rings.floor
    rings.forget("short")
    assert rings.floor == floor == 10


def test_the_gap_rule_in_order() -> None:
    """Other incarnation, before the start, ahead of the tail, dropped; else none."""
    rings = RingSet(ROOMY, 1)
    put(rings, "old")
    rings.forget("old")
    for _ in range(4):
        put(rings, "s")
    ring = rings.get("s")
    assert ring is not None
    assert (ring.start, ring.tail) == (2, 6)
    ring.drop(2)
    unavailable, trimmed = LiveReplayGapReason.UNAVAILABLE, LiveReplayGapReason.TRIMMED
    expected = [unavailable, unavailable, trimmed, trimmed, None, None, None, unavailable]
    assert [rings.gap(ring, join_position(1, n)) for n in range(8)] == expected
    assert {rings.gap(ring, join_position(2, n)) for n in range(8)} == {unavailable}
    assert rings.gap(None, join_position(1, rings.floor)) is None
    assert rings.gap(None, join_position(1, rings.floor + 1)) is unavailable
    assert rings.gap(None, join_position(1, rings.floor - 1)) is unavailable


def test_no_more_sessions_than_allowed() -> None:
    """The next one is refused; existing ones continue; an end makes room."""
    rings = RingSet(StoreLimits(max_sessions=2), 0)
    put(rings, "a")
    put(rings, "b")
    with pytest.raises(StoreError, match="2 sessions"):
        rings.next_position("c")
    put(rings, "a")
    rings.forget("a")
    put(rings, "c")


def test_positions_end_at_forty_bits() -> None:
    """Rather than run into the incarnation, the store refuses."""
    rings = RingSet(ROOMY, 0)
    rings.floor = MAX_N
    with pytest.raises(StoreError, match=str(MAX_N)):
        rings.next_position("s")


@pytest.mark.parametrize("incarnation", [-1, 2**24])
def test_an_incarnation_has_24_bits(incarnation: int) -> None:
    """More would set the sign bit of a 64-bit number."""
    with pytest.raises(ValueError, match="24-bit"):
        RingSet(ROOMY, incarnation)


def test_what_is_expected_lives_as_long_as_it_is_held() -> None:
    """Any number of readers of sessions that never come cost nothing once they are gone."""
    rings = RingSet(ROOMY, 0)
    held = [rings.expected(f"s{index}") for index in range(100)]
    assert rings.expected("s7") is held[7]
    assert len(rings._pending) == 100
    held.clear()
    gc.collect()
    assert len(rings._pending) == 0


def test_a_waiting_ring_starts_at_the_floor_of_its_creation() -> None:
    """Though the floor has risen since the wait began."""
    rings = RingSet(ROOMY, 0)
    waiting = rings.expected("s")
    put(rings, "other")
    rings.forget("other")
    put(rings, "s")
    assert rings.get("s") is waiting
    assert (waiting.start, waiting.tail) == (2, 3)
    assert rings.expected("s") is not waiting


def test_the_largest_ring_pays_for_all() -> None:
    """The small sessions keep their whole history."""
    rings = RingSet(StoreLimits(max_total_bytes=100), 0)
    for _ in range(3):
        put(rings, "small", 10)
    for _ in range(20):
        put(rings, "large", 10)
        assert rings.total_bytes <= 100
    small, large = rings.get("small"), rings.get("large")
    assert small is not None
    assert large is not None
    assert (small.count, large.count) == (3, 7)


def test_a_large_event_is_not_dropped_as_it_comes() -> None:
    """Its ring is the largest by it alone; the others make room."""
    rings = RingSet(StoreLimits(max_total_bytes=100), 0)
    for _ in range(8):
        put(rings, "many", 10)
    put(rings, "one", 90)
    many, one = rings.get("many"), rings.get("one")
    assert many is not None
    assert one is not None
    assert (many.count, one.count) == (1, 1)


def test_equal_rings_pay_in_turn() -> None:
    """No session loses its whole history while others keep theirs."""
    rings = RingSet(ROOMY, 0)
    for name in "abcd":
        for _ in range(10):
            put(rings, name, 10)
    assert rings.drop_largest(200) == 200
    counts = [ring.count for ring in map(rings.get, "abcd") if ring is not None]
    assert counts == [5, 5, 5, 5]


def test_dropping_more_than_there_is_empties_everything() -> None:
    """And returns how much that was."""
    rings = RingSet(ROOMY, 0)
    put(rings, "a", 3)
    put(rings, "b", 4)
    assert rings.drop_largest(1000) == 7
    assert rings.total_bytes == 0
    assert rings.drop_largest(1000) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 40), st.floats(0, 5), st.booleans()),
        max_size=80,
    )
)
@settings(max_examples=100, deadline=None)
def test_the_sum_is_right_and_within_bounds(steps: list[tuple[str, int, float, bool]]) -> None:
    """After any sequence of events and ends: what is counted is what is held, and fits."""
    limits = StoreLimits(
        max_events_per_session=8, max_age=10.0, max_bytes_per_session=100, max_total_bytes=150
    )
    rings = RingSet(limits, 0)
    now = 0.0
    for session_id, size, wait, forget in steps:
        now += wait
        if forget and size < 10:
            rings.forget(session_id)
        else:
            put(rings, session_id, size, now)
            newest = rings.get(session_id)
            assert newest is not None
            assert newest.count >= 1
        held = [ring for ring in map(rings.get, "abc") if ring is not None]
        assert rings.total_bytes == sum(ring.bytes for ring in held)
        assert rings.total_bytes == sum(
            len(e) for ring in held for e in ring._kept if isinstance(e, bytes)
        )
        assert rings.total_bytes <= limits.max_total_bytes
        assert all(ring.bytes <= 100 and ring.count <= 8 for ring in held)
    rings.sweep(now + 100.0)
    assert rings.total_bytes == 0
