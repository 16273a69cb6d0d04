"""Sessions that another daemon numbers, in a hub: whatever is missing, views are the home's."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lashd.hub.dirty import DirtySet
from lashd.hub.mirrored import MirroredSessions
from lashd.hub.sessions import Sessions
from lashd.hub.views import view_of
from lashd.limits import DaemonLimits, StoreLimits
from lashd.protocol.framing import frame
from lashd.session.codec import decode_event, encode_event
from lashd.session.events import SessionObservationEvent
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.host import SessionHost
from lashd.session.row import Mirrored, SessionRow
from lashd.session.store import InMemoryLiveReplayStore
from lashd.session.view import ReadView, encode_view
from lashd.testing.laws import activity

INCARNATION = 9
EVENTS = 30
Numbered = tuple[SessionObservationEvent, bytes]


def home() -> tuple[list[Numbered], list[bytes]]:
    """A session's events, and its view after each of them; the first is that of no event."""
    store = InMemoryLiveReplayStore(incarnation=INCARNATION)
    host = SessionHost(store, "s", now_ms=lambda: 1000)
    events, views = [], [encode_view(host.view)]
    for index in range(EVENTS):
        event = host.commit() if index % 7 == 6 else host.record(activity(str(index // 2)))
        body = encode_event(event)
        events.append((decode_event(body), frame(body)))
        views.append(encode_view(host.view))
    return events, views


HOME_EVENTS, HOME_VIEWS = home()


def view_at(n: int) -> ReadView:
    """The home's view after event n, as a mirror reads it."""
    return view_of(msgspec.Raw(HOME_VIEWS[n]))


def mirror() -> tuple[MirroredSessions, Sessions]:
    """An empty one."""
    sessions = Sessions(
        limits=DaemonLimits(store=StoreLimits(max_events_per_session=20)),
        clock=lambda: 0.0,
        now_ms=lambda: 1000,
        incarnation=INCARNATION,
        dirty=DirtySet(),
    )
    return MirroredSessions(sessions), sessions


def steps(drawn: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """(first, at, last): events first to last, and a view at `at` that goes with them."""
    found: list[tuple[int, int, int]] = []
    tail = 0
    for a, b, c in drawn:
        if tail < EVENTS:
            last = tail + 1 + a % (EVENTS - tail)
            first = 1 + b % (last + 1)
            found.append((first, first - 1 + c % (last - first + 2), last))
            tail = last
    return found


NUMBERS = st.integers(0, EVENTS)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=6))
def test_a_mirror_is_what_its_home_was_at_its_place(
    drawn: list[tuple[int, int, int]],
) -> None:
    """Born, appended to, or gone on with after a hole: view and cursor are the home's at the
    tail, and each place before it is resumable exactly if nothing after it is missing."""
    mirrored, sessions = mirror()
    kept: set[int] = set()
    for first, at, last in steps(drawn):
        events = HOME_EVENTS[first - 1 : last]
        session = mirrored.get("s")
        tail = session.tail if session is not None else 0
        if session is None:
            session = mirrored.create("s", 0, view_at(at), at, events)
        elif first == tail + 1:
            mirrored.append(session, events)
        else:
            mirrored.replace(session, view_at(at), at, events)
        if first > tail + 1:
            kept.clear()
        kept |= set(range(max(first, tail + 1), last + 1))
        view, cursor = session.snapshot()
        assert view == HOME_VIEWS[last]
        assert cursor == HOME_EVENTS[last - 1][0].cursor
        held = {n for n in kept if n > last - 20}
        for n in range(last + 1):
            reason = sessions.store.gap_reason("s", (INCARNATION << 40) | n)
            whole = set(range(n + 1, last + 1)) <= held
            assert reason is (None if whole else LiveReplayGapReason.TRIMMED)
        blob = b"".join(HOME_EVENTS[n - 1][1] for n in sorted(held))
        found = session.read(min(held, default=last + 1) - 1, 1 << 20, None)
        assert (found.blob if found else b"") == blob


def test_a_row_says_what_its_home_said_and_what_the_mirror_knows() -> None:
    """Beside what is told from its events."""
    mirrored, _ = mirror()
    session = mirrored.create("s", 0, view_at(3), 3, [])
    told = Mirrored("box", last_seen_at=7)
    mirrored.describe(session, SessionRow(session_id="s", publishers=2, started_at=5), told)
    assert (session.mirror, session.publishers_elsewhere, session.created_at) == (told, 2, 5)
    mirrored.remove(session)
    assert mirrored.get("s") is None
