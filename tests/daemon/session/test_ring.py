"""The ring: positions, what is dropped and when, bytes, and where revisions rose."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.limits import StoreLimits
from lashd.session.ring import COMPACT_AT, MAX_MARKS, Kept, RevisionMarks, Ring


def full_ring(count: int, start: int = 0) -> Ring:
    """Events 1, 2, 3, ... from `start` on, one a second, each of one byte more than the last."""
    ring = Ring()
    ring.create(start)
    for index in range(1, count + 1):
        ring.append(b"x" * index, index, 0, float(index), index)
    return ring


def frames(kept: list[Kept]) -> list[bytes]:
    """What is kept, all of it frames."""
    return [each for each in kept if isinstance(each, bytes)]


def test_a_new_ring_is_empty_at_its_start() -> None:
    """The first event of a session that starts at 5 is 6."""
    ring = full_ring(0, start=5)
    assert (ring.start, ring.first, ring.tail, ring.count, ring.bytes) == (5, 6, 5, 0, 0)
    assert ring.oldest_age(1.0) is None
    ring.append(b"a", 1, 0, 1.0, None)
    assert (ring.first, ring.tail, ring.kept(6), ring.last_at) == (6, 6, b"a", None)


def test_events_are_found_by_arithmetic() -> None:
    """From any position to any other, also after some were dropped."""
    ring = full_ring(10, start=100)
    ring.drop(3)
    for after in range(103, 111):
        for up_to in range(after, 111):
            lengths = [len(frame) for frame in frames(ring.kept_after(after, up_to))]
            assert lengths == list(range(after - 99, up_to - 99))


def test_dropped_events_are_released_at_once() -> None:
    """A ring holds no memory of what it dropped while it waits to be compacted."""
    ring = full_ring(COMPACT_AT)
    ring.drop(COMPACT_AT - 1)
    assert sum(map(len, frames(ring._kept))) == ring.bytes == COMPACT_AT
    assert len(ring._kept) == COMPACT_AT


def test_slots_are_cut_now_and_then() -> None:
    """However many events went through, the lists hold few more than are retained."""
    ring = full_ring(0)
    for _ in range(5 * COMPACT_AT):
        ring.append(b"x", 1, 0, 0.0, None)
        if ring.count > 10:
            ring.drop(1)
        assert len(ring._kept) <= 10 + COMPACT_AT
        assert len(ring._kept) == len(ring._appended_at) == len(ring._ends)
    assert ring.count == 10


def test_an_emptied_ring_continues_at_its_tail() -> None:
    """Positions stay when everything is dropped."""
    ring = full_ring(3)
    assert ring.drop(3) == 6
    assert (ring.first, ring.tail, ring.count, ring.bytes) == (4, 3, 0, 0)
    assert ring.drop(0) == 0
    ring.append(b"new", 3, 0, 9.0, 7)
    assert (ring.first, ring.tail, ring.kept(4), ring.last_at) == (4, 4, b"new", 7)


def test_age_drops_what_is_strictly_older() -> None:
    """An event exactly as old as the bound stays."""
    ring = full_ring(5)
    assert ring.drop_older(13.0, 10.0) == 1 + 2
    assert (ring.first, ring.oldest_age(13.0)) == (3, 10.0)
    assert [ring.age_after(n, 13.0) for n in (0, 2, ring.tail)] == [10.0, 10.0, None]
    assert ring.drop_older(13.0, 10.0) == 0
    assert ring.drop_older(1000.0, 10.0) == 3 + 4 + 5
    assert ring.drop_older(1000.0, 10.0) == 0


def test_bytes_drop_no_more_than_needed() -> None:
    """Oldest first, and the event that frees enough is the last to go."""
    ring = full_ring(5)
    assert ring.drop_bytes(3) == 3
    assert ring.first == 3
    assert ring.drop_bytes(1) == 3
    assert ring.drop_bytes(10_000) == 9
    assert ring.count == 0


def test_trim_keeps_all_three_bounds() -> None:
    """Count, age and bytes, each on its own."""
    limits = StoreLimits(max_events_per_session=3, max_age=10.0, max_bytes_per_session=10)
    ring = full_ring(5)
    freed = ring.trim(5.0, limits)
    assert (ring.first, ring.bytes) == (4, 9)
    assert freed == 1 + 2 + 3
    assert ring.trim(14.5, limits) == 4
    assert ring.first == 5


def test_a_skipped_position_can_not_be_replayed() -> None:
    """It counts as an event that is gone."""
    ring = full_ring(2)
    ring.skip(7)
    assert (ring.first, ring.tail, ring.count, ring.bytes) == (4, 3, 0, 0)
    assert ring.marks.first_newer(6) == 3


def test_closing_frees_everything() -> None:
    """A forgotten session costs nothing, even while its ring is still held."""
    ring = full_ring(4)
    assert ring.close() == 10
    assert ring.closed
    assert ring.bytes == ring.count == 0


def test_what_a_reader_has_lost() -> None:
    """Exactly what was dropped after its position; nothing for one that has taken all of that."""
    ring = full_ring(5, start=10)
    ring.drop(3)

    assert [ring.lost_after(position) for position in range(10, 16)] == [3, 2, 1, 0, 0, 0]


def first_newer(history: list[int], revision: int) -> int | None:
    """What the marks stand for."""
    return next((n for n, other in enumerate(history, 1) if other > revision), None)


@given(st.lists(st.integers(0, 12), max_size=60))
@settings(max_examples=100, deadline=None)
def test_marks_find_the_first_newer_event(history: list[int]) -> None:
    """In any order of revisions, for every revision."""
    ring = Ring()
    ring.create(0)
    for revision in history:
        ring.append(b"x", 1, revision, 0.0, None)
    for revision in range(14):
        assert ring.marks.first_newer(revision) == first_newer(history, revision)


def test_too_many_marks_answer_earlier_never_later() -> None:
    """A session of many commits keeps few marks; the newest are exact, the others cautious."""
    marks = RevisionMarks()
    count = 4 * MAX_MARKS
    for n in range(1, count + 1):
        marks.note(n, n)  # event n has revision n: the first newer than r is r + 1
        assert len(marks._positions) == len(marks._revisions) <= MAX_MARKS
    for revision in range(count):
        found = marks.first_newer(revision)
        assert found is not None
        assert 1 <= found <= revision + 1
        if revision >= count - MAX_MARKS // 2:
            assert found == revision + 1
    assert marks.first_newer(0) == 1
    assert marks.first_newer(count) is None
