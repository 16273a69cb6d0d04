"""The store's surface: cursors and events in and out, bounds, listeners, threads."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lashd.cursor import (
    MAX_INCARNATION,
    SessionCursor,
    SessionRevision,
    join_position,
    split_position,
)
from lashd.errors import MalformedCursor, StoreError, SubscriberLagged, SubscriptionClosed
from lashd.session.codec import PLAIN_CODEC, EventCodec
from lashd.session.events import (
    AgentFrameSwitched,
    AssistantProseDelta,
    Committed,
    Payload,
    QueueChanged,
    SessionChanged,
    SessionChangeKind,
    SessionObservationEvent,
    SessionOutcome,
    SessionQueueEventKind,
    ToolValue,
    TurnActivity,
    UnknownTurnEvent,
)
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.results import Gap, Replayed, Subscribed
from lashd.session.store import InMemoryLiveReplayStore, InMemoryLiveReplayStoreConfig
from lashd.testing.laws import ManualClock, activity, replayed, text_of

UNAVAILABLE, TRIMMED = LiveReplayGapReason.UNAVAILABLE, LiveReplayGapReason.TRIMMED
CONFIG = InMemoryLiveReplayStoreConfig()


def filled(
    count: int, config: InMemoryLiveReplayStoreConfig = CONFIG, clock: ManualClock | None = None
) -> InMemoryLiveReplayStore:
    """A store with one session `s` of `count` events."""
    store = InMemoryLiveReplayStore(config, clock=clock or ManualClock())
    for index in range(count):
        store.append("s", 0, activity(str(index)))
    return store


def size_of(store: InMemoryLiveReplayStore, session_id: str) -> int:
    """Bytes that the session's retained events have."""
    bounds = store.bounds(session_id)
    assert bounds is not None
    return bounds.bytes


# -- append ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        activity("a"),
        TurnActivity("i", None, UnknownTurnEvent("new_thing", {"x": [1, {"y": None}]}), "call"),
        Committed(),
        Committed(outcome=SessionOutcome.FAILURE),
        AgentFrameSwitched("f"),
        QueueChanged(SessionQueueEventKind.DELIVERED, ["b"], {"b": {"text": "t"}}),
        SessionChanged(SessionChangeKind.OPENED, title="t"),
    ],
)
def test_what_is_appended_is_replayed(payload: Payload) -> None:
    """Every kind of event comes back from its encoded form as it was."""
    store = InMemoryLiveReplayStore(incarnation=9)
    start = store.current_cursor("s", 0)
    event = store.append("s", SessionRevision(3), payload, at=1_700_000_000_123)
    assert event.payload == payload
    assert replayed(store.replay_after_cursor(start)) == [event]


def test_a_commits_read_view_is_neither_kept_nor_returned() -> None:
    """Views may be large; they are folded by the host and read from there."""
    store = InMemoryLiveReplayStore()
    commit = Committed({"entries": ["x" * 10_000]}, SessionOutcome.SUCCESS)
    event = store.append("s", 1, commit)
    assert event.payload == Committed(outcome=SessionOutcome.SUCCESS)
    assert size_of(store, "s") < 200


def test_an_event_is_encoded_once() -> None:
    """However many read it; and the bytes kept are the codec's own."""
    encoded: list[SessionObservationEvent] = []

    def encode(event: SessionObservationEvent) -> bytes:
        encoded.append(event)
        return b"prefix" + PLAIN_CODEC.encode(event)

    codec = EventCodec(encode, lambda frame: PLAIN_CODEC.decode(frame[6:]))
    store = InMemoryLiveReplayStore(codec=codec)
    start = store.current_cursor("s", 0)
    event = store.append("s", 0, activity("a"))
    for _ in range(3):
        assert replayed(store.replay_after_cursor(start)) == [event]
    assert store.read_frames("s", 0, 100).frames == [b"prefix" + PLAIN_CODEC.encode(event)]
    assert encoded == [event]


def test_text_is_kept_as_it_came() -> None:
    """Nothing in it can be changed, so the store, its writer and its readers share it."""
    store = InMemoryLiveReplayStore()
    start = store.current_cursor("s", 0)
    event = store.append("s", 0, activity("a"))
    for _ in range(2):
        assert replayed(store.replay_after_cursor(start))[0] is event


def test_values_are_kept_as_they_were() -> None:
    """Whoever wrote or read an event may change the values in it: nobody else sees that."""
    store = InMemoryLiveReplayStore()
    start = store.current_cursor("s", 0)
    value: dict[str, object] = {"a": [1]}
    store.append("s", 0, activity("before"))
    store.append("s", 0, TurnActivity("i", "c", ToolValue("t", value)))
    store.append("s", 0, activity("after"))
    value["b"] = 2
    for _ in range(2):
        before, event, after = replayed(store.replay_after_cursor(start))
        assert (text_of(before), text_of(after)) == ("before", "after")
        assert isinstance(event.payload, TurnActivity)
        assert isinstance(event.payload.event, ToolValue)
        assert event.payload.event.value == {"a": [1]}
        event.payload.event.value["a"].append(2)


@pytest.mark.parametrize("at", [-1, 2**53 + 1, 2**70])
def test_a_time_that_is_none_is_left_out(at: int) -> None:
    """Whatever a publisher's clock says does no harm."""
    assert InMemoryLiveReplayStore().append("s", 0, activity("a"), at=at).at is None


@pytest.mark.parametrize("session_id", ["", "x" * 257, "a\nb", "\ud800"])
def test_a_name_that_is_none_is_refused(session_id: str) -> None:
    """Before anything is created."""
    store = InMemoryLiveReplayStore()
    for operation in (
        lambda: store.append(session_id, 0, activity("a")),
        lambda: store.create_restored(session_id),
        lambda: store.current_cursor(session_id, 0),
    ):
        with pytest.raises(ValueError, match="session id"):
            operation()
    assert store.bounds(session_id) is None


def test_an_event_that_is_too_large_is_refused_with_both_sizes() -> None:
    """Nothing has changed: no session created, no position used."""
    store = InMemoryLiveReplayStore(replace(CONFIG, max_event_bytes=500))
    with pytest.raises(StoreError, match=r"the event has \d{4} bytes; 500 are allowed"):
        store.append("s", 0, activity("x" * 1000))
    assert store.bounds("s") is None
    assert store.append("s", 0, activity("a")).live_position == 1
    with pytest.raises(StoreError):
        store.append("s", 0, activity("x" * 1000))
    assert store.append("s", 0, activity("b")).live_position == 2


def test_an_event_that_no_bound_could_hold_is_refused() -> None:
    """Rather than accepted and lost at once."""
    for config in (
        replace(CONFIG, max_bytes_per_session=500),
        replace(CONFIG, max_total_bytes=500),
    ):
        with pytest.raises(StoreError, match="500 are allowed"):
            InMemoryLiveReplayStore(config).append("s", 0, activity("x" * 1000))


@pytest.mark.parametrize("value", [object(), {1, object()}, "\ud800", 2**80])
def test_an_event_that_can_not_be_encoded_is_refused(value: object) -> None:
    """With the store's own error, and nothing has changed."""
    store = InMemoryLiveReplayStore()
    with pytest.raises(StoreError, match="encoded"):
        store.append("s", 0, TurnActivity("i", "c", UnknownTurnEvent("t", {"v": value})))
    assert store.bounds("s") is None


def test_one_session_too_many_is_refused() -> None:
    """By an event or by a view; existing sessions continue."""
    store = InMemoryLiveReplayStore(replace(CONFIG, max_sessions=1))
    store.append("a", 0, activity("a"))
    with pytest.raises(StoreError, match="1 sessions"):
        store.append("b", 0, activity("b"))
    with pytest.raises(StoreError, match="1 sessions"):
        store.create_restored("b")
    store.append("a", 0, activity("a"))
    store.forget("a")
    store.append("b", 0, activity("b"))


def test_revisions_may_be_given_as_numbers() -> None:
    """They come out typed, whichever went in."""
    store = InMemoryLiveReplayStore()
    for revision in (0, 5, SessionRevision(5), 6):
        number = revision if isinstance(revision, int) else revision.n
        assert store.append("s", revision, activity("a")).revision == SessionRevision(number)
    with pytest.raises(ValueError, match="u64"):
        store.append("s", -1, activity("a"))


# -- cursors -----------------------------------------------------------------------------------


def test_another_incarnation_is_unavailable_also_at_zero() -> None:
    """An old cursor at the start of an unknown session is not mistaken for a fresh one."""
    old = InMemoryLiveReplayStore(incarnation=1).current_cursor("s", 0)
    store = InMemoryLiveReplayStore(incarnation=MAX_INCARNATION)
    assert store.replay_after_cursor(old) == Gap(UNAVAILABLE)
    assert store.subscribe_after_cursor(old) == Gap(UNAVAILABLE)
    event = store.append("s", 0, activity("a"))
    assert split_position(event.live_position) == (MAX_INCARNATION, 1)


def test_no_cursor_of_a_forgotten_session_passes_for_its_namesakes() -> None:
    """Not of its events, its start or its tail; also before a session of that name is created."""
    store = InMemoryLiveReplayStore()
    start = store.current_cursor("s", 0)
    old = [start, *(store.append("s", 0, activity(str(i))).cursor for i in range(4))]
    store.forget("s")
    for cursor in old:
        assert store.replay_after_cursor(cursor) == Gap(UNAVAILABLE)
        assert store.subscribe_after_cursor(cursor) == Gap(UNAVAILABLE)
    fresh = store.current_cursor("s", 0)
    event = store.append("s", 0, activity("new"))
    for cursor in old:
        assert store.replay_after_cursor(cursor) == Gap(UNAVAILABLE)
        assert store.gap_reason("s", cursor.parse().live_position) is UNAVAILABLE
    assert replayed(store.replay_after_cursor(fresh)) == [event]


def test_the_revision_in_a_cursor_is_no_part_of_the_rule() -> None:
    """As in lash: the position alone decides."""
    store = filled(3)
    cursor = SessionCursor.new("s", 99, 1)
    assert [text_of(event) for event in replayed(store.replay_after_cursor(cursor))] == ["1", "2"]


def test_the_current_cursor_stands_before_the_first_newer_event() -> None:
    """Also where revisions come out of order, and where that event is gone."""
    store = InMemoryLiveReplayStore.with_bounds(3, 120.0, clock=ManualClock())
    for revision in (1, 3, 2, 5, 5, 4):
        store.append("s", revision, activity(str(revision)))
    positions = [store.current_cursor("s", revision).parse().n for revision in range(7)]
    assert positions == [0, 1, 1, 3, 3, 6, 6]
    assert store.replay_after_cursor(store.current_cursor("s", 2)) == Gap(TRIMMED)
    texts = [text_of(e) for e in replayed(store.replay_after_cursor(store.current_cursor("s", 4)))]
    assert texts == ["5", "5", "4"]
    assert store.tail_cursor("s", 0) == SessionCursor.new("s", 0, 6)
    assert store.tail("s") == 6


def test_a_malformed_cursor_is_an_error() -> None:
    """For every operation that takes one."""
    store = InMemoryLiveReplayStore()
    with pytest.raises(MalformedCursor):
        store.replay_after_cursor(SessionCursor("lashsc1:1"))
    with pytest.raises(MalformedCursor):
        store.subscribe_after_cursor(SessionCursor("lashsc1:1"))


def test_reading_creates_nothing() -> None:
    """Names that were only asked about leave no trace, whatever was asked."""
    store = InMemoryLiveReplayStore()
    for index in range(50):
        name = f"s{index}"
        cursor = store.current_cursor(name, 0)
        assert store.replay_after_cursor(cursor) == Replayed([])
        assert isinstance(store.subscribe_after_cursor(cursor), Subscribed)
        assert store.gap_reason(name, 0) is None
        assert store.bounds(name) is None
        store.trim_session(name)
        store.drop_history(name)
        assert not store.forget(name)
        store.on_change(name, lambda: None)()
    assert not store._rings._rings
    assert len(store._rings._pending) == 0
    assert len(store._listeners) == 0


# -- bounds ------------------------------------------------------------------------------------


def test_old_events_are_swept_without_any_reader() -> None:
    """An append to one session frees the old events of all, at the latest a quarter too late."""
    clock = ManualClock()
    store = filled(3, clock=clock)
    clock.advance(CONFIG.max_age * 1.25)
    store.append("other", 0, activity("a"))
    assert store.total_bytes == size_of(store, "other")


def test_a_sweep_frees_what_is_too_old() -> None:
    """Without any append: the daemon has a timer for it."""
    clock = ManualClock()
    store = filled(3, clock=clock)
    clock.advance(CONFIG.max_age)
    store.sweep()
    assert store.total_bytes == size_of(store, "s") > 0
    clock.advance(0.001)
    store.sweep()
    assert store.total_bytes == 0
    assert store.replay_after_cursor(store.tail_cursor("s", 0)) == Replayed([])


def test_bounds_tell_where_a_history_begins_and_ends() -> None:
    """Positions, count, bytes, age, and the times that publishers gave."""
    clock = ManualClock()
    store = InMemoryLiveReplayStore.with_bounds(2, 100.0, clock=clock)
    for index, at in enumerate([100, 200, None]):
        store.append("s", 0, activity(str(index)), at=at)
        clock.advance(1.0)
    bounds = store.bounds("s")
    assert bounds is not None
    assert (bounds.start, bounds.first, bounds.tail, bounds.events) == (0, 2, 3, 2)
    assert (bounds.oldest_age, bounds.last_at) == (2.0, None)
    assert bounds.bytes == store.total_bytes
    clock.advance(1000.0)
    empty = store.bounds("s")
    assert empty is not None
    assert (empty.first, empty.tail, empty.events, empty.bytes) == (4, 3, 0, 0)
    assert empty.oldest_age is None


def test_bytes_are_bounded_for_a_session_and_for_all() -> None:
    """Whatever comes in."""
    config = replace(CONFIG, max_bytes_per_session=2000, max_total_bytes=5000)
    store = InMemoryLiveReplayStore(config, clock=ManualClock())
    for index in range(200):
        store.append(f"s{index % 5}", 0, activity("x" * (index * 7 % 400)))
        assert size_of(store, f"s{index % 5}") <= 2000
        assert store.total_bytes == sum(size_of(store, f"s{i}") for i in range(min(index + 1, 5)))
        assert store.total_bytes <= 5000


def test_dropping_the_oldest_frees_at_least_what_is_asked() -> None:
    """For the host, whose views share the memory."""
    store = filled(10)
    before = store.total_bytes
    freed = store.drop_oldest(300)
    assert freed >= 300
    assert store.total_bytes == before - freed
    assert store.replay_after_cursor(SessionCursor.new("s", 0, 0)) == Gap(TRIMMED)


def test_a_dropped_history_keeps_its_positions() -> None:
    """A reader at the tail continues; any other has a gap."""
    store = filled(3)
    store.drop_history("s")
    assert store.total_bytes == 0
    assert store.gap_reason("s", 2) is TRIMMED
    assert store.gap_reason("s", 3) is None
    assert store.append("s", 0, activity("a")).live_position == 4


# -- frames ------------------------------------------------------------------------------------


def test_frames_come_in_slices_of_the_size_asked_for() -> None:
    """Never more bytes than asked, but always one frame, and none is skipped."""
    store = filled(20)
    start = SessionCursor.new("s", 0, 0)
    whole = [PLAIN_CODEC.encode(event) for event in replayed(store.replay_after_cursor(start))]
    assert len(whole) == 20
    for size in (1, 300, 1000, 10**6):
        frames: list[bytes] = []
        after = 0
        while True:
            taken = store.read_frames("s", after, size)
            assert taken.last == after + len(taken.frames)
            if not taken.frames:
                break
            assert len(taken.frames) == 1 or sum(map(len, taken.frames)) <= size
            frames += taken.frames
            after = taken.last
        assert frames == whole


def test_a_slice_may_be_full_to_the_byte() -> None:
    """Two frames fit into exactly their size, not into one byte less."""
    store = filled(5)
    size = sum(len(frame) for frame in store.read_frames("s", 0, 10**6, up_to=2).frames)
    assert store.read_frames("s", 0, size).last == 2
    assert store.read_frames("s", 0, size - 1).last == 1


def test_frames_end_where_asked() -> None:
    """`up_to` is included; nothing is there beyond the tail."""
    store = filled(6)
    assert store.read_frames("s", 2, 10**6, up_to=4).last == 4
    assert len(store.read_frames("s", 2, 10**6, up_to=4).frames) == 2
    assert store.read_frames("s", 5, 10**6, up_to=99).last == 6
    assert store.read_frames("s", 4, 10**6, up_to=3).frames == []
    assert store.read_frames("s", 6, 10**6).frames == []


def test_frames_that_are_gone_are_counted() -> None:
    """The reader continues after exactly that many."""
    store = filled(10, replace(CONFIG, max_events_per_session=4))
    with pytest.raises(SubscriberLagged) as caught:
        store.read_frames("s", 1, 10**6)
    assert caught.value.count == 5
    assert len(store.read_frames("s", 1 + caught.value.count, 10**6).frames) == 4


def test_frames_of_a_session_that_is_gone() -> None:
    """A namesake's events are never taken for the forgotten session's."""
    store = filled(3)
    store.forget("s")
    with pytest.raises(SubscriptionClosed):
        store.read_frames("s", 2, 10**6)
    store.append("s", 0, activity("new"))
    for after in range(4):
        with pytest.raises(SubscriptionClosed):
            store.read_frames("s", after, 10**6)


# -- begin -------------------------------------------------------------------------------------


def test_a_session_begun_from_a_view_stands_past_its_start() -> None:
    """A reader that waited at its start has missed what the view holds."""
    store = InMemoryLiveReplayStore(incarnation=2)
    waiting = store.current_cursor("s", 0)
    cursor = store.create_restored("s", 7)
    assert cursor == SessionCursor.new("s", 7, join_position(2, 1))
    assert store.replay_after_cursor(waiting) == Gap(TRIMMED)
    assert store.replay_after_cursor(cursor) == Replayed([])
    assert store.replay_after_cursor(store.current_cursor("s", 6)) == Gap(TRIMMED)
    assert store.current_cursor("s", 7) == cursor
    event = store.append("s", 7, activity("a"))
    assert replayed(store.replay_after_cursor(cursor)) == [event]


def test_a_session_that_exists_can_not_begin() -> None:
    """A restore creates a session or does nothing."""
    store = filled(1)
    with pytest.raises(StoreError, match="exists"):
        store.create_restored("s")


# -- listeners ----------------------------------------------------------------------------------


def test_watchers_hear_of_every_change_of_their_session() -> None:
    """Creation, events, dropped history and end, even before it exists; not of other sessions."""
    store = InMemoryLiveReplayStore()
    calls: list[int] = []
    unwatch = store.on_change("s", lambda: calls.append(store.tail("s")))
    store.append("other", 0, activity("a"))
    assert calls == []
    store.create_restored("s")
    store.append("s", 0, activity("a"))
    store.drop_history("s")
    store.forget("s")
    assert calls == [1, 2, 2, 3]
    store.append("s", 0, activity("a"))
    unwatch()
    unwatch()
    store.append("s", 0, activity("b"))
    assert len(calls) == 5


def test_watchers_are_called_without_the_lock() -> None:
    """Another thread can use the store meanwhile."""
    store = InMemoryLiveReplayStore()
    tails: list[int] = []

    def callback() -> None:
        thread = threading.Thread(target=lambda: tails.append(store.tail("s")))
        thread.start()
        thread.join(10.0)

    store.on_change("s", callback)
    store.append("s", 0, activity("a"))
    store.forget("s")
    assert tails == [1, 2]


def test_the_lock_spans_several_operations() -> None:
    """While it is held, the store stands still."""
    store = InMemoryLiveReplayStore()
    gate = threading.Event()

    def append() -> None:
        gate.set()
        store.append("s", 0, activity("other thread"))

    thread = threading.Thread(target=append)
    with store.lock:
        thread.start()
        assert gate.wait(10.0)
        first = store.append("s", 0, activity("mine"))
        assert store.tail_cursor("s", 0) == first.cursor
    thread.join(10.0)
    assert store.tail("s") == 2


# -- threads -----------------------------------------------------------------------------------


def test_threads_share_a_store() -> None:
    """Each session's events come once and in order, whatever other threads do."""
    store = InMemoryLiveReplayStore(
        replace(CONFIG, max_events_per_session=10_000), clock=ManualClock()
    )
    failures: list[BaseException] = []
    count = 300

    def work(name: str) -> None:
        try:
            start = store.tail_cursor("shared", 0)
            for index in range(count):
                store.append("shared", 0, activity(f"{name}{index}"))
                store.append(name, 0, activity(str(index)))
                if index % 50 == 0:
                    store.forget("gone")
                    store.append("gone", 0, activity("x"))
                    store.sweep()
                    assert isinstance(store.replay_after_cursor(start), Replayed)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50.0)
    assert failures == []
    shared = replayed(store.replay_after_cursor(SessionCursor.new("shared", 0, 0)))
    texts = [text_of(event) for event in shared]
    assert sorted(texts) == sorted(f"{name}{index}" for name in "abcd" for index in range(count))
    for name in "abcd":
        mine = [text for text in texts if text.startswith(name)]
        assert mine == [f"{name}{index}" for index in range(count)]
    assert store.total_bytes == sum(size_of(store, name) for name in ("shared", "gone", *"abcd"))


def test_the_bounds_are_the_documented_defaults() -> None:
    """2048 events, 120 s, 8 MiB a session; 1 MiB an event; 512 MiB and 1024 sessions in all."""
    assert InMemoryLiveReplayStore().config == InMemoryLiveReplayStoreConfig(
        max_events_per_session=2048,
        max_age=120.0,
        max_bytes_per_session=8 << 20,
        max_event_bytes=1 << 20,
        max_total_bytes=512 << 20,
        max_sessions=1024,
    )


def test_prose_is_kept_as_it_was_written() -> None:
    """Any text that UTF-8 carries."""
    text = "a\x00\x1b[31m\r\n é 😀"
    store = InMemoryLiveReplayStore()
    start = store.current_cursor("ü:1", 0)
    store.append("ü:1", 0, TurnActivity("i", "c", AssistantProseDelta(text=text)))
    assert [text_of(event) for event in replayed(store.replay_after_cursor(start))] == [text]
