"""The store against a plain list that forgets nothing: any history, any cursor, any order.

The model keeps every event for good, with the position at which retention begins; the rules of
the contract are written out over that. What the store answers must be what the model says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lashd.cursor import SessionCursor, join_position
from lashd.errors import StoreError, SubscriberLagged, SubscriptionClosed
from lashd.session.codec import PLAIN_CODEC, EventCodec, decode_event, encode_event
from lashd.session.events import (
    AssistantProseDelta,
    SessionObservationEvent,
    ToolValue,
    TurnActivity,
)
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.results import Gap, Replayed, Subscribed
from lashd.session.store import InMemoryLiveReplayStore, InMemoryLiveReplayStoreConfig
from lashd.session.subscription import LiveReplaySubscription
from lashd.testing.laws import ManualClock, activity, replayed

INCARNATION = 5
CONFIG = InMemoryLiveReplayStoreConfig(
    max_events_per_session=6,
    max_age=10.0,
    max_bytes_per_session=1500,
    max_event_bytes=700,
    max_total_bytes=2600,
    max_sessions=3,
)
NAMES = ["a", "b", "c", "a:b"]
SESSIONS = st.sampled_from(NAMES)
UNAVAILABLE, TRIMMED = LiveReplayGapReason.UNAVAILABLE, LiveReplayGapReason.TRIMMED


@dataclass
class Kept:
    """An event of the model."""

    event: SessionObservationEvent | None
    """None: a position that stands for a restored view."""
    revision: int
    came: float
    size: int


@dataclass
class Session:
    """A session of the model: event n is `history[n - start - 1]`."""

    start: int
    history: list[Kept] = field(default_factory=list)
    first: int = 0

    def __post_init__(self) -> None:
        self.first = self.start + 1

    @property
    def tail(self) -> int:
        """The newest event."""
        return self.start + len(self.history)

    def retained(self) -> list[Kept]:
        """What can be replayed."""
        return self.history[self.first - self.start - 1 :]

    def size(self) -> int:
        """Bytes of that."""
        return sum(kept.size for kept in self.retained())

    def after(self, n: int) -> list[SessionObservationEvent]:
        """The events after n, all of them retained."""
        kept = self.history[n - self.start :]
        return [each.event for each in kept if each.event is not None]


@dataclass
class Reader:
    """A subscription and its position in the model; `session` is None while it waits for one."""

    subscription: LiveReplaySubscription
    name: str
    session: Session | None
    after: int = 0


class StoreMachine(RuleBasedStateMachine):
    """What can be done to a store that keeps text as it is."""

    codec = PLAIN_CODEC

    @initialize()
    def start(self) -> None:
        """An empty store."""
        self.clock = ManualClock()
        self.store = InMemoryLiveReplayStore(
            CONFIG, clock=self.clock, incarnation=INCARNATION, codec=self.codec
        )
        self.sessions: dict[str, Session] = {}
        self.floor = 0
        self.readers: list[Reader] = []
        self.changes = dict.fromkeys(NAMES, 0)
        self.calls = dict.fromkeys(NAMES, 0)
        for name in NAMES:
            self.store.on_change(name, lambda name=name: self._note_call(name))  # type: ignore[misc]

    def _note_call(self, name: str) -> None:
        self.calls[name] += 1

    # -- the model's own rules -----------------------------------------------------------------

    def _trim(self, session: Session) -> None:
        kept = session.retained()
        while kept and self.clock.now - kept[0].came > CONFIG.max_age:
            session.first += 1
            kept = session.retained()

    def _create(self, name: str) -> Session:
        session = self.sessions[name] = Session(self.floor)
        for reader in self.readers:
            if reader.name == name and reader.session is None:
                reader.session, reader.after = session, session.start
        return session

    def _gap(self, name: str, incarnation: int, n: int) -> LiveReplayGapReason | None:
        session = self.sessions.get(name)
        if incarnation != INCARNATION:
            return UNAVAILABLE
        if session is None:
            return None if n == self.floor else UNAVAILABLE
        self._trim(session)
        if n < session.start or n > session.tail:
            return UNAVAILABLE
        return TRIMMED if n < session.first - 1 else None

    # -- writing -------------------------------------------------------------------------------

    @rule(
        name=SESSIONS,
        revision=st.integers(0, 5),
        size=st.sampled_from([0, 0, 0, 150, 450, 700]),
        is_text=st.booleans(),
    )
    def append(self, name: str, revision: int, size: int, *, is_text: bool) -> None:
        """An event lands at the next position, or nothing changes."""
        session = self.sessions.get(name)
        text = "x" * size
        event_kind = AssistantProseDelta(text) if is_text else ToolValue("t", {"value": text})
        payload = TurnActivity("i", "c", event_kind)
        if size == 700 or (session is None and len(self.sessions) == CONFIG.max_sessions):
            with pytest.raises(StoreError):
                self.store.append(name, revision, payload)
            return
        event = self.store.append(name, revision, payload)
        if session is None:
            session = self._create(name)
        encoded = len(encode_event(event))
        session.history.append(Kept(event, revision, self.clock.now, encoded))
        self.changes[name] += 1
        assert event.live_position == join_position(INCARNATION, session.tail)
        assert (event.payload, event.revision.n) == (payload, revision)
        self._trim(session)
        while session.tail + 1 - session.first > CONFIG.max_events_per_session:
            session.first += 1
        while session.size() > CONFIG.max_bytes_per_session:
            session.first += 1
        self._fit_total(session)

    def _fit_total(self, newest: Session) -> None:
        def weight(session: Session) -> int:
            # The event that has just come is not in question.
            return session.size() - (session.history[-1].size if session is newest else 0)

        sessions = list(self.sessions.values())
        over = sum(session.size() for session in sessions) - CONFIG.max_total_bytes
        needed = over + CONFIG.max_total_bytes // 1024 if over > 0 else 0
        while needed > 0:
            largest = max(sessions, key=weight)  # the oldest session of equal ones
            needed -= largest.retained()[0].size
            largest.first += 1

    @rule(name=SESSIONS)
    def begin(self, name: str) -> None:
        """A session created from a view uses one position that can't be replayed."""
        if name in self.sessions or len(self.sessions) == CONFIG.max_sessions:
            with pytest.raises(StoreError):
                self.store.create_restored(name)
            return
        cursor = self.store.create_restored(name, 2)
        session = self._create(name)
        session.history.append(Kept(None, 2, self.clock.now, 0))
        session.first = session.tail + 1
        self.changes[name] += 1
        assert cursor == SessionCursor.new(name, 2, join_position(INCARNATION, session.tail))

    @rule(name=SESSIONS)
    def forget(self, name: str) -> None:
        """A session ends, and its positions with it."""
        session = self.sessions.pop(name, None)
        assert self.store.forget(name) == (session is not None)
        if session is not None:
            self.floor = max(self.floor, session.tail + 1)
            self.changes[name] += 1

    @rule(name=SESSIONS)
    def drop_history(self, name: str) -> None:
        """Everything goes but the positions."""
        self.store.drop_history(name)
        session = self.sessions.get(name)
        if session is not None:
            session.first = session.tail + 1
            self.changes[name] += 1

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0, 10.5]))
    def pass_time(self, seconds: float) -> None:
        """Events grow old."""
        self.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        """After a sweep what is counted is what can be replayed."""
        self.store.sweep()
        for session in self.sessions.values():
            self._trim(session)
        assert self.store.total_bytes == sum(each.size() for each in self.sessions.values())

    # -- reading -------------------------------------------------------------------------------

    @rule(name=SESSIONS, incarnation=st.sampled_from([INCARNATION] * 3 + [0, 6]), data=st.data())
    def replay(self, name: str, incarnation: int, data: st.DataObject) -> None:
        """From every kind of cursor: exactly what came after it, or the gap that the rule says."""
        top = max([self.floor, *(session.tail for session in self.sessions.values())]) + 2
        n = data.draw(st.integers(0, top))
        position = join_position(incarnation, n)
        cursor = SessionCursor.new(name, data.draw(st.integers(0, 9)), position)
        reason = self._gap(name, incarnation, n)
        session = self.sessions.get(name)
        assert self.store.gap_reason(name, position) is reason
        result = self.store.replay_after_cursor(cursor)
        subscription = self.store.subscribe_after_cursor(cursor)
        if reason is not None:
            assert result == subscription == Gap(reason)
            return
        assert result == Replayed(session.after(n) if session else [])
        assert isinstance(subscription, Subscribed)
        self.readers.append(Reader(subscription.subscription, name, session, n))

    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        """The next event of a subscription, its exact lag, or its end."""
        if not self.readers:
            return
        reader = data.draw(st.sampled_from(self.readers))
        session = reader.session
        ready = reader.subscription.ready()
        if session is None:
            assert not ready
            assert reader.subscription.take() is None
        elif self.sessions.get(reader.name) is not session:
            assert ready
            with pytest.raises(SubscriptionClosed):
                reader.subscription.take()
            self.readers.remove(reader)
        else:
            assert ready == (reader.after < session.tail)
            self._trim(session)
            if reader.after < session.first - 1:
                with pytest.raises(SubscriberLagged) as caught:
                    reader.subscription.take()
                assert caught.value.count == session.first - 1 - reader.after
                reader.after = session.first - 1
            elif ready:
                assert reader.subscription.take() == session.after(reader.after)[0]
                reader.after += 1
            else:
                assert reader.subscription.take() is None

    @rule(name=SESSIONS, size=st.integers(1, 1000), data=st.data())
    def read_frames(self, name: str, size: int, data: st.DataObject) -> None:
        """Encoded, the same events come in slices of a bounded size."""
        session = self.sessions.get(name)
        if session is None:
            with pytest.raises(SubscriptionClosed):
                self.store.read_frames(name, self.floor, size)
            return
        self._trim(session)
        after = data.draw(st.integers(session.first - 1, session.tail))
        taken = self.store.read_frames(name, after, size)
        assert taken.last == after + len(taken.frames)
        expected = [encode_event(event) for event in session.after(after)]
        assert taken.frames == expected[: len(taken.frames)]
        following = expected[len(taken.frames) : len(taken.frames) + 1]
        assert len(taken.frames) <= 1 or sum(map(len, taken.frames)) <= size
        assert not following or sum(map(len, taken.frames + following)) > size

    @rule(name=SESSIONS, revision=st.integers(0, 6))
    def current_cursor(self, name: str, revision: int) -> None:
        """The position before the first event newer than the revision, retained or not."""
        session = self.sessions.get(name)
        n = self.floor
        if session is not None:
            newer = [i for i, kept in enumerate(session.history) if kept.revision > revision]
            n = session.start + newer[0] if newer else session.tail
        cursor = SessionCursor.new(name, revision, join_position(INCARNATION, n))
        assert self.store.current_cursor(name, revision) == cursor
        if session is not None:
            n = session.tail
            assert self.store.tail(name) == n
        assert self.store.tail_cursor(name, revision).parse().n == n

    # -- always --------------------------------------------------------------------------------

    @invariant()
    def bounds_hold(self) -> None:
        """Whatever has been done: memory is within its bounds, and counted right."""
        if not hasattr(self, "store"):
            return
        assert 0 <= self.store.total_bytes <= CONFIG.max_total_bytes
        for name in NAMES:
            bounds, session = self.store.bounds(name), self.sessions.get(name)
            if session is None:
                assert bounds is None
                continue
            self._trim(session)
            assert bounds is not None
            assert (bounds.start, bounds.tail) == (session.start, session.tail)
            assert (bounds.first, bounds.events) == (session.first, len(session.retained()))
            assert bounds.bytes == session.size() <= CONFIG.max_bytes_per_session
            assert bounds.events <= CONFIG.max_events_per_session
            assert bounds.oldest_age is None or bounds.oldest_age <= CONFIG.max_age

    @invariant()
    def listeners_are_called(self) -> None:
        """Of each change once, and of nothing else."""
        if hasattr(self, "store"):
            assert self.calls == self.changes


class FrameStoreMachine(StoreMachine):
    """The same of a store that keeps every event encoded, as the daemon's."""

    codec = EventCodec(encode_event, decode_event)


SETTINGS = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = SETTINGS
TestFrameStoreMachine = FrameStoreMachine.TestCase
TestFrameStoreMachine.settings = SETTINGS


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1.0, 6.0])), max_size=20),
    st.integers(1, 8),
)
@settings(max_examples=60, deadline=None)
def test_every_cut_of_every_history(history: list[tuple[int, float]], capacity: int) -> None:
    """At each moment of a history, from each position in it: the rest, exactly, or a gap.

    Wherever a reader leaves and comes back, what it had and what it gets are the whole.
    """
    clock = ManualClock()
    config = replace(CONFIG, max_events_per_session=capacity, max_bytes_per_session=2600)
    store = InMemoryLiveReplayStore(config, clock=clock)
    came: list[tuple[float, SessionObservationEvent]] = []
    for number, (revision, wait) in enumerate(history):
        clock.advance(wait)
        came.append((clock.now, store.append("s", revision, activity(str(number)))))
        events = [event for _, event in came]
        kept = [now for now, _ in came[-capacity:] if clock.now - now <= CONFIG.max_age]
        for n in range(len(events) + 1):
            cursor = SessionCursor.new("s", 0, n)
            result = store.replay_after_cursor(cursor)
            if n < len(events) - len(kept):
                assert result == Gap(TRIMMED)
            else:
                assert events[:n] + replayed(result) == events
        ahead = SessionCursor.new("s", 0, len(events) + 1)
        assert store.replay_after_cursor(ahead) == Gap(UNAVAILABLE)


@given(st.integers(1, 100), st.lists(st.integers(0, 120), max_size=6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_reader_finds_more_than_the_bound(
    capacity: int, bursts: list[int], is_text: bool
) -> None:
    """However many events a ring holds until it is looked at: exactly the newest are there."""
    codec = PLAIN_CODEC if is_text else EventCodec(encode_event, decode_event)
    config = InMemoryLiveReplayStoreConfig(max_events_per_session=capacity)
    store = InMemoryLiveReplayStore(config, clock=ManualClock(), codec=codec)
    events: list[SessionObservationEvent] = []
    for burst in bursts:
        events += [store.append("s", 0, activity(str(n))) for n in range(burst)]
        kept = events[-capacity:]
        edge = len(events) - len(kept)
        if edge:
            assert store.replay_after_cursor(SessionCursor.new("s", 0, edge - 1)) == Gap(TRIMMED)
        assert replayed(store.replay_after_cursor(SessionCursor.new("s", 0, edge))) == kept
        assert store.total_bytes == sum(len(encode_event(event)) for event in kept)


@given(st.integers(33, 100), st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_little_more_than_the_bound_is_held(capacity: int, count: int) -> None:
    """Though nobody reads: a thirty-second of the bound, counted as what is retained is."""
    config = InMemoryLiveReplayStoreConfig(max_events_per_session=capacity)
    store = InMemoryLiveReplayStore(config, clock=ManualClock())
    sizes = [len(encode_event(store.append("s", 0, activity("x")))) for _ in range(count)]
    most = capacity + capacity // 32
    assert sum(sizes[-capacity:]) <= store.total_bytes <= sum(sizes[-most:])
