"""A session as one thing: its snapshot, its cursor and its history never disagree."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings

from lashd.cursor import MAX_U64, SessionCursor, SessionRevision, join_position
from lashd.errors import InvalidEvent, MalformedCursor, StoreError, WrongSession
from lashd.session.arrivals import TurnArrival
from lashd.session.events import (
    AssistantProseDelta,
    Committed,
    Error,
    Payload,
    SessionOutcome,
    SessionProcessEventKind,
    SessionQueueEventKind,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
)
from lashd.session.fold import Fold, fold
from lashd.session.gaps import LiveReplayGapReason
from lashd.session.host import MAX_WAITING, MAX_WAITING_BYTES, SessionHost
from lashd.session.results import (
    ObservationGap,
    ObservationReplayed,
    ObservationSubscribed,
    SessionObservation,
)
from lashd.session.store import InMemoryLiveReplayStore, InMemoryLiveReplayStoreConfig
from lashd.session.view import ReadView, decode_view

from .histories import histories


@dataclass
class HostAndStore:
    """A host on a store with a clock in hand."""

    store: InMemoryLiveReplayStore
    host: SessionHost
    now: list[float] = field(default_factory=lambda: [0.0])


def make_host(**config: int) -> HostAndStore:
    """A host on a store with these bounds."""
    now = [0.0]
    store = InMemoryLiveReplayStore(
        InMemoryLiveReplayStoreConfig(**config), clock=lambda: now[0], incarnation=7
    )
    return HostAndStore(store, SessionHost(store, "s", now_ms=lambda: 1_000), now)


@settings(max_examples=60, deadline=None)
@given(histories)
def test_every_cut_of_every_history(history: list[Payload]) -> None:
    """The view at any cursor, and the events after it, give the view of now."""
    host = make_host().host
    observations = [host.current_session_observation()]
    for payload in history:
        host.record(payload)
        observations.append(host.current_session_observation())

    for count, observation in enumerate(observations):
        resumed = host.resume_session_observation(observation.cursor)
        assert isinstance(resumed, ObservationReplayed)
        assert len(resumed.events) == len(history) - count
        assert fold(observation.read_view, *resumed.events) == host.view


@settings(max_examples=40, deadline=None)
@given(histories)
def test_a_trimmed_reader_gets_a_whole_view(history: list[Payload]) -> None:
    """Whatever the ring has dropped, the gap's snapshot is the view of now, at the tail."""
    host = make_host(max_events_per_session=3).host
    start = host.cursor
    for payload in history:
        host.record(payload)

    resumed = host.resume_session_observation(start)
    if len(history) <= 3:
        assert isinstance(resumed, ObservationReplayed)
    else:
        assert isinstance(resumed, ObservationGap)
        assert resumed.gap.reason is LiveReplayGapReason.TRIMMED
        assert resumed.gap.lost == len(history) - 3
        assert resumed.gap.skipped == len(history)
        assert resumed.observation.read_view == host.view
        assert resumed.observation.cursor == resumed.gap.latest_cursor == host.cursor


@pytest.mark.parametrize(("left_at", "from_at"), [(1, 20), (2, 30), (3, 30), (4, 30), (5, 60)])
def test_a_gap_says_when_the_missed_events_came(left_at: int, from_at: int) -> None:
    """No lost event is older than the gap says. The entries know, as the ring has no times left."""
    host = make_host(max_events_per_session=1).host
    for n, entry in enumerate("abcccddd", start=1):
        host.record(TurnActivity("", entry, AssistantProseDelta("x")), at=10 * n)
    cursor = SessionCursor.new("s", 0, join_position(7, left_at))
    gap = host.gap(cursor, LiveReplayGapReason.TRIMMED)

    assert (gap.from_at, gap.to_at) == (from_at, 80)
    assert gap.from_at is not None
    assert gap.from_at <= 10 * (left_at + 1)


def test_ids_left_out_are_given_at_ingest() -> None:
    """Events leave the host with ids, so that every reader folds them alike."""
    host = make_host().host
    first = host.record_turn_activity(AssistantProseDelta("a"))
    second = host.record_turn_activity(AssistantProseDelta("b"))

    assert isinstance(first.payload, TurnActivity)
    assert isinstance(second.payload, TurnActivity)
    assert first.payload.id
    assert first.payload.id != second.payload.id
    assert first.payload.correlation_id == second.payload.correlation_id


def test_the_revision_never_decreases() -> None:
    """It starts where the publisher says; a commit carries max(given, present + 1)."""
    host = SessionHost(InMemoryLiveReplayStore(), "s", now_ms=lambda: 0, revision=5)
    turn = TurnActivity.independent(UserMessage("x"))

    revisions = [
        host.record(turn).revision.n,
        host.record(turn, revision=3).revision.n,
        host.record(Committed()).revision.n,
        host.record(Committed(), revision=4).revision.n,
        host.record(Committed(), revision=40).revision.n,
        host.record(turn).revision.n,
    ]

    assert revisions == [5, 5, 6, 7, 40, 40]
    assert host.view.turn_index == 3


def test_a_commit_says_how_its_turn_ended() -> None:
    """By the view's rule, whatever the publisher said, in what is recorded and in what is kept."""
    host = make_host().host
    start = host.cursor
    host.record_turn_activity(Error("no"))
    recorded = [
        host.record(Committed(outcome=SessionOutcome.SUCCESS)),
        host.record(Committed(outcome=SessionOutcome.FAILURE)),
    ]

    resumed = host.resume_session_observation(start)
    assert isinstance(resumed, ObservationReplayed)
    assert resumed.events[1:] == recorded
    assert [event.payload for event in recorded] == [
        Committed(outcome=SessionOutcome.FAILURE),
        Committed(outcome=SessionOutcome.SUCCESS),
    ]


def test_a_commit_past_the_last_revision_is_refused() -> None:
    """An event that can't be recorded leaves no trace in history or view."""
    host = make_host().host
    with pytest.raises(InvalidEvent):
        host.record(Committed(), revision=MAX_U64 + 1)

    assert host.view == ReadView("s", incarnation=7)
    assert host.cursor.parse().n == 0


def test_a_session_goes_on_at_the_last_revision() -> None:
    """Commits leave it where it is, and still end their turns."""
    host = make_host().host
    host.record(Committed(), revision=MAX_U64)
    host.record_turn_activity(UserMessage("more"))
    last = host.record(Committed())

    assert last.revision.n == MAX_U64
    assert (host.view.turn_index, host.view.state) == (2, "idle")


def test_an_event_that_the_store_refuses_is_not_folded() -> None:
    """View and history stay together when an event is too large."""
    host = make_host(max_event_bytes=500).host
    host.record_turn_activity(UserMessage("kept"))
    with pytest.raises(StoreError):
        host.record_turn_activity(UserMessage("x" * 1000))

    assert [entry.text for entry in host.view.entries] == ["kept"]
    assert host.cursor.parse().n == 1


def test_a_commits_read_view_replaces_what_was_settled() -> None:
    """It can't be replayed: a reader before it gets one gap, and continues without one after it."""
    host = make_host().host
    host.record_turn_activity(UserMessage("provisional"))
    before = host.cursor
    source = SessionHost(InMemoryLiveReplayStore(), "s", now_ms=lambda: 0)
    source.record_turn_activity(UserMessage("authoritative"))
    host.commit(source.view)

    assert [(entry.text, entry.settled) for entry in host.view.entries] == [("authoritative", True)]
    resumed = host.resume_session_observation(before)
    assert isinstance(resumed, ObservationGap)
    assert (resumed.gap.reason, resumed.gap.lost) == ("trimmed", 1)

    at_commit = host.current_session_observation()
    host.record_turn_activity(UserMessage("next"))
    resumed = host.resume_session_observation(at_commit.cursor)
    assert isinstance(resumed, ObservationReplayed)
    assert fold(at_commit.read_view, *resumed.events) == host.view


def test_a_read_view_of_another_dialect_still_commits() -> None:
    """What can't be read as a view is left aside; the turn is settled."""
    host = make_host().host
    host.record_turn_activity(UserMessage("hi"))
    host.record(Committed({"messages": ["?"]}))

    assert host.view.turn_index == 1
    assert [entry.kind for entry in host.view.entries] == ["user", "commit"]


def test_a_replaced_view_gives_every_reader_a_gap() -> None:
    """Also the reader at the tail: its view is not the new one, so it must not seem continuous."""
    host = make_host().host
    host.record_turn_activity(UserMessage("a"))
    tail = host.cursor
    whole = host.view.copy()
    whole.entries[0].text = "whole"
    host.replace_view(whole)

    resumed = host.resume_session_observation(tail)
    assert isinstance(resumed, ObservationGap)
    assert [entry.text for entry in resumed.observation.read_view.entries] == ["whole"]
    assert isinstance(
        host.resume_session_observation(resumed.observation.cursor), ObservationReplayed
    )


def test_a_restored_session_starts_with_the_whole_view() -> None:
    """The view gets positions of this store, and events follow it."""
    first = make_host().host
    first.open(title="t")
    first.record_turn_activity(AssistantProseDelta("half an an"))
    second = InMemoryLiveReplayStore(incarnation=9)
    host = SessionHost.restored(second, "s", first.view, now_ms=lambda: 0)
    restored = host.current_session_observation()
    host.record_turn_activity(AssistantProseDelta("swer"))

    assert [entry.text for entry in host.view.entries] == ["half an answer"]
    assert (host.view.title, host.view.incarnation, host.view.state) == ("t", 9, "running")
    assert host.view.entries[0].position == restored.cursor.parse().n
    resumed = host.resume_session_observation(restored.cursor)
    assert isinstance(resumed, ObservationReplayed)
    assert fold(restored.read_view, *resumed.events) == host.view
    old = host.resume_session_observation(first.cursor)
    assert isinstance(old, ObservationGap)
    assert old.gap.reason is LiveReplayGapReason.UNAVAILABLE
    assert old.gap.lost is None


async def test_a_subscription_begins_where_the_cursor_ends() -> None:
    """Replay first, then live, through the host as through the store."""
    host = make_host().host
    start = host.cursor
    host.record_turn_activity(UserMessage("1"))
    subscribed = host.subscribe_session_observation(start)
    assert isinstance(subscribed, ObservationSubscribed)
    host.record_turn_activity(UserMessage("2"))

    events = [await subscribed.subscription.next_event() for _ in range(2)]
    assert [event.cursor.parse().n for event in events] == [1, 2]


def test_cursors_of_others_are_errors_not_gaps() -> None:
    """A malformed cursor, or one of another session, is the caller's mistake."""
    host = make_host().host
    host.open()
    with pytest.raises(MalformedCursor):
        host.resume_session_observation(SessionCursor("bad"))
    with pytest.raises(WrongSession):
        host.subscribe_session_observation(SessionCursor.new("t", 0, 0))


def test_an_encoded_observation_is_made_once_for_each_position() -> None:
    """Readers at the same position share the same bytes."""
    host = make_host().host
    host.open()
    first, cursor = host.encoded_observation()
    assert host.encoded_observation()[0] is first
    assert decode_view(first) == host.view

    host.record_turn_activity(UserMessage("x"))
    second, later = host.encoded_observation()
    assert second is not first
    assert later != cursor


def test_the_named_ways_to_record() -> None:
    """Each kind of payload has its method; times come from the clock that was handed in."""
    host = make_host().host
    host.open(title="t", agent="a", directory="/d")
    host.record_queue_changed(SessionQueueEventKind.ENQUEUED, ["q"], {"q": {"text": "do"}})
    host.record_process_changed(SessionProcessEventKind.STARTED, ["p"])
    host.record_frame_switched("f2")
    host.record_turn_activity(ToolCallStarted("bash"), at=5)
    event = host.end(SessionOutcome.FAILURE, 3)

    view = host.view
    assert (view.title, view.agent, view.directory, view.frame_id) == ("t", "a", "/d", "f2")
    assert view.queue[0].text == "do"
    assert view.processes[0].process_id == "p"
    assert view.entries[1].started_at == 5
    assert (view.state, view.outcome, view.exit_code) == ("ended", "failure", 3)
    assert event.at == 1_000
    assert event.revision == SessionRevision(0)


def test_snapshots_taken_while_others_write_are_whole() -> None:
    """From any thread, a snapshot and its cursor stand at one position."""
    host = make_host(max_events_per_session=100_000, max_bytes_per_session=1 << 30).host
    start = host.current_session_observation()
    stop = threading.Event()
    snapshots: list[SessionObservation] = []

    def write() -> None:
        for _ in range(400):
            host.record_turn_activity(AssistantProseDelta("x"))
        stop.set()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while not stop.is_set() and len(snapshots) < 50:
        snapshots.append(host.current_session_observation())
    for writer in writers:
        writer.join()

    resumed = host.resume_session_observation(start.cursor)
    assert isinstance(resumed, ObservationReplayed)
    for snapshot in snapshots:
        n = snapshot.cursor.parse().n
        assert fold(start.read_view, *resumed.events[:n]) == snapshot.read_view


# -- runs of turn events --------------------------------------------------------------------------


def turn(text: str, key: str = "k", at: int | None = None) -> TurnArrival:
    """A delta as it arrives."""
    wire = {"id": text, "correlation_id": key, "type": "assistant_prose_delta", "text": text}
    event = {"type": "turn_activity", "activity": wire, "at": at}
    return msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=TurnArrival)


def test_a_run_is_in_the_history_at_once_and_in_each_view_that_is_looked_at() -> None:
    """At every cut: the view before, and the events after it, make the view now."""
    session = make_host()
    host, before = session.host, []
    host.record(TurnActivity("u", "u", UserMessage("hello")))
    for index in range(5):
        observation = host.current_session_observation()
        before.append(observation)
        host.record_turns([turn(f"{index}a"), turn(f"{index}b"), turn(f"{index}c", "other")])
    host.record(Committed())
    now = host.current_session_observation()
    for observation in before:
        resumed = host.resume_session_observation(observation.cursor)
        assert isinstance(resumed, ObservationReplayed)
        assert fold(observation.read_view, *resumed.events) == now.read_view


def test_a_run_puts_times_right_that_can_not_be() -> None:
    """Those in the future, before 1970, or missing become now."""
    session = make_host()
    session.host.record_turns([turn("a", at=999), turn("b", at=1_001), turn("c", at=-1), turn("d")])
    start = SessionCursor.new("s", 0, join_position(7, 0))
    resumed = session.host.resume_session_observation(start)
    assert isinstance(resumed, ObservationReplayed)
    assert [event.at for event in resumed.events] == [999, 1_000, 1_000, 1_000]


def test_events_wait_to_be_folded_in_bounded_numbers() -> None:
    """What waits counts in the bytes of the view, and is folded when it is much."""
    session = make_host()
    host = session.host
    for number in range(3 * MAX_WAITING):
        host.record_turns([turn("x" * 10)])
        assert host.view_bytes < 10 * number + MAX_WAITING * 400 + 1000
    big = make_host().host
    for _ in range(40):
        big.record_turns([turn("y" * 50_000)])
        assert big.view_bytes < 41 * 50_000 + MAX_WAITING_BYTES
    assert len(big.view.entries[0].text or "") == 40 * 50_000


def test_a_run_that_the_store_refuses_leaves_nothing() -> None:
    """All of it or nothing."""
    session = make_host(max_event_bytes=1000)
    session.host.record_turns([turn("a")])
    with pytest.raises(StoreError, match="1000 are allowed"):
        session.host.record_turns([turn("b"), turn("c" * 2000), turn("d")])
    assert session.host.tail == 1
    assert [entry.text for entry in session.host.view.entries] == ["a"]


def test_an_error_of_the_fold_costs_the_view_no_more_than_its_wholeness(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The events have landed: readers get them, and a view that says that it is not whole."""
    session = make_host()
    session.host.record_turns([turn("a")])

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Fold, "apply_turns", fail)
        assert session.host.view.complete is False
        patched.setattr(Fold, "apply", fail)
        session.host.record(Committed())
    assert session.host.tail == 2
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    session.host.record_turns([turn("b")])
    assert session.host.view.entries[-1].text == "b"
