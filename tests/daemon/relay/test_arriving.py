"""What a mirror makes of what is in the engine, without one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.protocol.framing import HEADER
from lashd.relay.arriving import Foreign, Reading
from lashd.relay.engine import Entry, Whole
from lashd.relay.keys import entry_id
from lashd.relay.seal import Sealer
from lashd.relay.sealed import SessionSealer
from lashd.session.codec import encode_event
from lashd.session.store import InMemoryLiveReplayStore
from lashd.testing.laws import activity

INCARNATION = 7
SESSION = "s"
SEALER = SessionSealer(Sealer("box", b"k" * 16), INCARNATION, SESSION)
READING = Reading(SEALER, SESSION, INCARNATION)


def bodies(count: int, session_id: str = SESSION) -> list[bytes]:
    """The first events of a session, as messages."""
    store = InMemoryLiveReplayStore(incarnation=INCARNATION)
    events = [store.append(session_id, 0, activity(str(index))) for index in range(count)]
    return [encode_event(event) for event in events]


BODIES = bodies(40)


def entry(n: int) -> Entry:
    """Event n, as a relay writes it."""
    body = BODIES[n - 1]
    return entry_id(n).encode(), {b"f": body, b"s": SEALER.event(n, body)}


def jump(n: int) -> Entry:
    """All up to n is only in the view."""
    return entry_id(n).encode(), {b"s": SEALER.jump(n)}


def whole(at: int, entries: Iterable[Entry], begins: int = 0) -> Whole:
    """With a view that stands at n `at`."""
    view = b"view"
    seal = SEALER.view(at, begins, view)
    return Whole(str(at).encode(), str(begins).encode(), view, seal, list(entries))


def test_what_follows_is_taken_as_it_is() -> None:
    """With the frame that goes to readers: the very bytes that the home sent."""
    run = READING.after(2, [entry(n) for n in (1, 2, 3, 4)])
    assert [event.n for event, _ in run.events] == [3, 4]
    assert [frame[HEADER.size :] for _, frame in run.events] == BODIES[2:4]
    assert not run.has_hole


def test_a_hole_ends_what_is_taken() -> None:
    """What comes after it waits for a view."""
    run = READING.after(1, [entry(2), entry(4), entry(5)])
    assert ([event.n for event, _ in run.events], run.has_hole) == ([2], True)
    assert READING.after(1, [entry(2), jump(3), entry(4)]).has_hole


@pytest.mark.parametrize(
    "foreign",
    [
        (b"3-1", {b"f": BODIES[2], b"s": SEALER.event(3, BODIES[2])}),
        (b"3-0", {b"f": BODIES[2], b"s": b"0" * 16}),
        (b"3-0", {b"f": BODIES[2]}),
        (b"3-0", {b"f": BODIES[3], b"s": SEALER.event(3, BODIES[3])}),
        (b"3-0", {b"f": b"\xc1", b"s": SEALER.event(3, b"\xc1")}),
        (b"3-0", {b"f": bodies(3, "other")[2], b"s": SEALER.event(3, bodies(3, "other")[2])}),
        (b"3-0", {b"s": b"0" * 16}),
        (b"3-0", {}),
    ],
)
def test_what_the_home_did_not_write_is_not_taken(foreign: Entry) -> None:
    """Whatever is wrong with it; what came before it is."""
    with pytest.raises(Foreign) as caught:
        READING.after(1, [entry(2), foreign, entry(4)])
    assert [event.n for event, _ in caught.value.run.events] == [2]


def test_a_view_goes_with_what_follows_it() -> None:
    """The last run of events counts, if nothing is missing between the view and it."""
    found = READING.whole(whole(5, [entry(1), entry(4), entry(5), entry(6)]))
    assert found is not None
    assert [event.n for event, _ in found.events] == [4, 5, 6]
    found = READING.whole(whole(4, [entry(3), jump(4), entry(5)]))
    assert found is not None
    assert [event.n for event, _ in found.events] == [5]


@pytest.mark.parametrize(
    "found",
    [
        whole(2, [entry(4)]),
        whole(5, [entry(3), entry(4)]),
        whole(2, [entry(2), jump(4)]),
        Whole(None, None, None, None, [entry(1)]),
    ],
)
def test_without_a_view_that_fits_there_is_nothing_to_show_yet(found: Whole) -> None:
    """It is waited for."""
    assert READING.whole(found) is None


def test_a_view_of_somebody_else_is_none() -> None:
    """And one that was moved to another position."""
    good = whole(3, [])
    with pytest.raises(Foreign):
        READING.whole(Whole(b"4", good.begins, good.view, good.seal, []))


@given(
    kept=st.sets(st.integers(1, 40)),
    at=st.integers(0, 40),
    tail=st.integers(0, 40),
)
def test_nothing_is_skipped_without_saying_so(kept: set[int], at: int, tail: int) -> None:
    """Whatever the engine has kept: what is taken follows the reader's place without a hole, or
    the view stands for all that is missing."""
    entries = [entry(n) for n in sorted(kept)]
    run = READING.after(tail, entries)
    taken = [event.n for event, _ in run.events]
    assert taken == list(range(tail + 1, tail + 1 + len(taken)))
    assert run.has_hole == (len(taken) < len([n for n in kept if n > tail]))
    found = READING.whole(whole(at, entries))
    if found is not None:
        shown = [event.n for event, _ in found.events]
        assert shown == list(range(shown[0], shown[0] + len(shown))) if shown else True
        assert not shown or shown[0] <= at + 1
        assert max(kept, default=at) <= max([at, *shown])
