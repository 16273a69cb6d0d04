"""One session: its read view, its revision and its place in a replay store, as one thing.

Ingest is one step under the store's lock: ids given, revision decided, event appended, view
folded. So a snapshot and the cursor that comes with it stand at the same position, always. Turn
events that a publisher has numbered come in runs; they are folded when the view is next looked at,
or when some hundred of them wait.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence

from lashd.cursor import (
    MAX_U64,
    SessionCursor,
    SessionRevision,
    cursor_text,
    join_position,
    revision_after,
)
from lashd.errors import InvalidEvent
from lashd.limits import ViewLimits
from lashd.session.arrivals import TEXTS, TurnArrival, has_values
from lashd.session.event_time import event_time, not_after
from lashd.session.events import (
    AgentFrameSwitched,
    AnyTurnEvent,
    Committed,
    JsonValue,
    Payload,
    ProcessChanged,
    QueueChanged,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionObservationEvent,
    SessionOutcome,
    SessionProcessEventKind,
    SessionQueueEventKind,
    TurnActivity,
)
from lashd.session.fold import Fold
from lashd.session.gaps import LiveReplayGap, LiveReplayGapReason
from lashd.session.landmarks import Landmarks
from lashd.session.results import (
    Gap,
    ObservationGap,
    ObservationReplayed,
    ObservationSubscribed,
    SessionObservation,
)
from lashd.session.store import InMemoryLiveReplayStore
from lashd.session.view import ReadView, encode_view
from lashd.wire_limits import KIB

log = logging.getLogger(__name__)

MAX_WAITING = 512
"""Turn events that wait to be folded: some 100 us of work when a reader wants the view, while text
of one entry costs the fold of one event."""
MAX_WAITING_BYTES = 256 * KIB
"""The same, as they are encoded; as objects they take a few times that."""

MAX_WAITING_VALUES = 16 * KIB
"""Bytes of a run of which values may wait."""

VIEW_REPLACED = "view_replaced"
"""Kind of the diagnostic that stands for a view sent as a whole. It can't be replayed."""


class SessionHost:
    """Read view + revision + store of one session. Thread-safe by the store's lock."""

    def __init__(
        self,
        store: InMemoryLiveReplayStore,
        session_id: str,
        *,
        now_ms: Callable[[], int],
        revision: int = 0,
        limits: ViewLimits | None = None,
        packed: bool = False,
    ) -> None:
        """A host of a session that is not in the store yet.

        Args:
            store: where its events are retained.
            session_id: its name.
            now_ms: Unix milliseconds for events whose publisher gives no time.
            revision: where its revision starts.
            limits: bounds of its view.
            packed: keep the view as `Fold` does with `packed`: for many sessions.
        """
        bounds = limits or ViewLimits()
        self.session_id = session_id
        self._store = store
        self._now_ms = now_ms
        self._folded = Fold(
            ReadView(
                session_id,
                incarnation=store.incarnation,
                revision=SessionRevision(revision).n,
                max_entries=bounds.max_entries,
                max_bytes=bounds.max_bytes,
            ),
            packed=packed,
        )
        self._packed = packed
        self._encoded: tuple[bytes, SessionCursor] | None = None
        self.tail = store.tail(session_id)
        """n of the newest event. Only this host appends to its session."""
        self._waiting: list[TurnArrival] = []
        """Turn events that are in the store and not folded yet."""
        self._waiting_n = 0
        """n of the first of them."""
        self._waiting_bytes = 0

    @classmethod
    def restored(
        cls,
        store: InMemoryLiveReplayStore,
        session_id: str,
        view: ReadView,
        *,
        now_ms: Callable[[], int],
        limits: ViewLimits | None = None,
        packed: bool = False,
    ) -> SessionHost:
        """A session created from the whole view that its publisher holds.

        With `packed` it takes over `view` itself, else a copy.

        Raises:
            StoreError: the store takes no further session.
        """
        host = cls(store, session_id, now_ms=now_ms, limits=limits, packed=packed)
        with store.lock:
            cursor = store.create_restored(session_id, max(0, view.revision))
            host.tail = cursor.parse().n
            host._take_over(view, host.tail)
        return host

    @classmethod
    def mirrored(
        cls,
        store: InMemoryLiveReplayStore,
        session_id: str,
        *,
        begins: int,
        now_ms: Callable[[], int],
    ) -> SessionHost:
        """A session that another daemon numbers; its first event comes after n `begins`.

        To be given its view by `take_view` before anything reads it.

        Raises:
            StoreError: the store takes no further session.
        """
        host = cls(store, session_id, now_ms=now_ms, packed=True)
        with store.lock:
            store.create_at(session_id, begins)
            host.tail = begins
        return host

    # -- reading ---------------------------------------------------------------------------------

    @property
    def view(self) -> ReadView:
        """The live view: read it under the store's lock and don't change it."""
        return self._fold.view

    def only_writes(self, after: int) -> bool:
        """Nothing has come after event `after` but text that goes on in a turn: that changes no
        state, and folding it for each look at the session would cost more than the look."""
        if not self._waiting:
            return after == self.tail
        begin = after + 1 - self._waiting_n
        if begin < 0 or self._folded.view.state not in ("running", "waiting"):
            return False
        for turn in self._waiting[begin:]:  # noqa: SIM110, as a generator takes thrice the time
            if type(turn.activity) not in TEXTS:
                return False
        return True

    @property
    def landmarks(self) -> Landmarks:
        """What a row asks of the live view's entries."""
        return self._fold.landmarks

    @property
    def view_bytes(self) -> int:
        """What the view takes, in bytes, and the events that wait to be folded."""
        return self._folded.memory + self._waiting_bytes

    @property
    def ended(self) -> bool:
        """The session is over, for now."""
        return not self._waiting and self._folded.view.state == "ended"

    @property
    def revision(self) -> int:
        """The present revision."""
        return self._folded.view.revision

    @property
    def cursor(self) -> SessionCursor:
        """The cursor at the tail."""
        return self._store.tail_cursor(self.session_id, self.revision)

    @property
    def cursor_text(self) -> str:
        """The cursor at the tail, as text."""
        position = join_position(self._store.incarnation, self.tail)
        return cursor_text(self.session_id, self.revision, position)

    @property
    def _fold(self) -> Fold:
        """The fold, with all events folded."""
        if self._waiting:
            self._fold_waiting()
        return self._folded

    def _fold_waiting(self) -> None:
        turns, n = self._waiting, self._waiting_n
        self._waiting, self._waiting_bytes = [], 0
        try:
            self._folded.apply_turns(turns, n)
        except Exception:
            self._cant_fold(n)

    def _cant_fold(self, n: int) -> None:
        """An error of ours. The events have landed; the view says that it is not whole."""
        log.exception("! event %d or one after it of %r can't be folded", n, self.session_id)
        self._folded.view.complete = False

    def current_session_observation(self) -> SessionObservation:
        """A copy of the view, and the cursor of exactly that view."""
        with self._store.lock:
            return SessionObservation(self.view.copy(), self.cursor)

    def encoded_observation(self) -> tuple[bytes, SessionCursor]:
        """The view as one msgpack map, and its cursor; made once for each position."""
        with self._store.lock:
            cursor = self.cursor
            if self._encoded is None or self._encoded[1] != cursor:
                self._encoded = (encode_view(self.view), cursor)
            return self._encoded

    def forget_encoded(self) -> None:
        """Free what `encoded_observation` keeps."""
        self._encoded = None

    def resume_session_observation(
        self, cursor: SessionCursor
    ) -> ObservationReplayed | ObservationGap:
        """The events after `cursor`, or the gap with a whole snapshot.

        Raises:
            SessionCursorError: malformed, or of another session.
        """
        cursor.parse_for_session(self.session_id)
        with self._store.lock:
            result = self._store.replay_after_cursor(cursor)
            if isinstance(result, Gap):
                return self._gap(cursor, result.reason)
            return ObservationReplayed(result.events)

    def subscribe_session_observation(
        self, cursor: SessionCursor
    ) -> ObservationSubscribed | ObservationGap:
        """The events after `cursor` and all that follow, or the gap with a whole snapshot.

        Raises:
            SessionCursorError: malformed, or of another session.
        """
        cursor.parse_for_session(self.session_id)
        with self._store.lock:
            result = self._store.subscribe_after_cursor(cursor)
            if isinstance(result, Gap):
                return self._gap(cursor, result.reason)
            return ObservationSubscribed(result.subscription)

    def gap(self, requested: SessionCursor, reason: LiveReplayGapReason) -> LiveReplayGap:
        """The gap of a reader at `requested`."""
        with self._store.lock:
            latest = self.cursor
            bounds = self._store.bounds(self.session_id)
            lost = skipped = from_at = to_at = None
            if reason is LiveReplayGapReason.TRIMMED and bounds is not None:
                n = requested.parse().n
                lost, skipped, to_at = bounds.first - 1 - n, bounds.tail - n, bounds.last_at
                from_at = self._began_by(n + 1)
            return LiveReplayGap(
                session_id=self.session_id,
                requested_cursor=requested,
                latest_cursor=latest,
                latest_revision=SessionRevision(self.revision),
                reason=reason,
                lost=lost,
                skipped=skipped,
                from_at=from_at,
                to_at=to_at,
            )

    def _began_by(self, n: int) -> int | None:
        """When the newest entry of event `n` or before began: the ring's own times are gone."""
        entries = self.view.entries
        stop = bisect_right(entries, n, key=lambda entry: entry.position)
        begun = (
            entry.started_at for entry in reversed(entries[:stop]) if entry.started_at is not None
        )
        return next(begun, None)

    def _gap(self, requested: SessionCursor, reason: LiveReplayGapReason) -> ObservationGap:
        return ObservationGap(self.current_session_observation(), self.gap(requested, reason))

    # -- ingest ----------------------------------------------------------------------------------

    def record(
        self, payload: Payload, *, at: int | None = None, revision: int | None = None
    ) -> SessionObservationEvent:
        """Take one event in: all of it, or nothing.

        `revision` is as `revision_after` has it. A commit's outcome is what the view's turn says,
        so that a reader who comes in later need not know the turn. `at` is when it happened, Unix
        milliseconds: now by default, and where it lies in the future.

        Raises:
            StoreError: the store's bounds refuse it.
            InvalidEvent: the revision is no u64.
        """
        with self._store.lock:
            fresh = f"e{self._store.tail(self.session_id) + 1}"
            payload = self._fold.resolve(payload, fresh)
            number = revision_after(self.revision, revision, commits=isinstance(payload, Committed))
            if isinstance(payload, Committed):
                payload = Committed(payload.read_view, self.view.turn.outcome)
            if not 0 <= number <= MAX_U64:
                raise InvalidEvent(f"revision {number} is not a u64")
            event = self._store.append(
                self.session_id,
                SessionRevision(number),
                payload,
                at=event_time(at, self._now_ms()),
            )
            self.tail = event.n
            try:
                self._fold.apply(event)
            except Exception:
                self._cant_fold(event.n)
            given = payload.read_view if isinstance(payload, Committed) else None
            if given is not None and self._fold.settle_with(given, event.n):
                self._store.drop_history(self.session_id)
            return event

    def record_turns(self, turns: list[TurnArrival]) -> None:
        """Take in turn events that follow each other: all of them, or none.

        They have been checked, have all their ids and no revision of their own; their times are
        put right in place.

        Raises:
            StoreError: the store's bounds refuse one.
        """
        now = self._now_ms()
        ats = []
        for turn in turns:
            at = turn.at
            if at is None or not 0 <= at <= now:
                at = turn.at = event_time(at, now)
            ats.append(at)
        with self._store.lock:
            n, size = self._store.append_turns(self.session_id, self.revision, turns, ats)
            self.tail = n + len(turns) - 1
            if self._waiting:
                self._waiting += turns
            else:
                self._waiting, self._waiting_n = turns, n
            self._waiting_bytes += size
            if (
                len(self._waiting) >= MAX_WAITING
                or self._waiting_bytes >= MAX_WAITING_BYTES
                # Values take far more as objects than encoded, so large ones don't wait.
                or (size > MAX_WAITING_VALUES and any(map(has_values, turns)))
            ):
                self._fold_waiting()

    def take_numbered(self, events: Sequence[tuple[SessionObservationEvent, bytes]]) -> None:
        """Events that another daemon has numbered, each with its frame, from the tail + 1 on.

        Raises:
            StoreError: one does not follow the one before it; those before it have landed.
        """
        with self._store.lock:
            self._store.append_numbered(events)
            for event, _ in events:
                self.tail = event.n
                self._fold_numbered(event)

    def _fold_numbered(self, event: SessionObservationEvent) -> None:
        try:
            self._fold.apply(event)
        except Exception:
            self._cant_fold(event.n)

    def take_view(
        self,
        view: ReadView,
        at: int,
        events: Sequence[tuple[SessionObservationEvent, bytes]],
    ) -> None:
        """Go on with another daemon's packed `view`, which stands at n `at`, and the events that
        follow each other up to it, or past it.

        What lies before the first of them, and was not there before, is skipped.
        """
        with self._store.lock:
            before = events[0][0].n - 1 if events else at
            self._store.skip_to(self.session_id, before, view.revision)
            self.tail = self._store.tail(self.session_id)
            self._folded = Fold(view, packed=True)
            self._waiting, self._waiting_bytes = [], 0
            self._encoded = None
            self._store.append_numbered([each for each in events if each[0].n > self.tail])
            self._store.skip_to(self.session_id, at, view.revision)
            self.tail = self._store.tail(self.session_id)
            for event, _ in events:
                if event.n > at:
                    self._fold_numbered(event)

    def record_turn_activity(
        self, activity: TurnActivity | AnyTurnEvent, *, at: int | None = None
    ) -> SessionObservationEvent:
        """One turn event; ids that a bare one lacks are given here."""
        if not isinstance(activity, TurnActivity):
            activity = TurnActivity("", None, activity)
        return self.record(activity, at=at)

    def record_queue_changed(
        self,
        kind: SessionQueueEventKind,
        batch_ids: list[str],
        batches: dict[str, dict[str, JsonValue]] | None = None,
    ) -> SessionObservationEvent:
        """Queued work came, went or was delivered."""
        return self.record(QueueChanged(kind, batch_ids, batches or {}))

    def record_process_changed(
        self,
        kind: SessionProcessEventKind,
        process_ids: list[str],
        processes: dict[str, dict[str, JsonValue]] | None = None,
    ) -> SessionObservationEvent:
        """Background processes came or went."""
        return self.record(ProcessChanged(kind, process_ids, processes or {}))

    def record_frame_switched(self, frame_id: str) -> SessionObservationEvent:
        """The agent works in another frame now."""
        return self.record(AgentFrameSwitched(frame_id))

    def commit(
        self, read_view: ReadView | None = None, revision: int | None = None
    ) -> SessionObservationEvent:
        """Settle the turn; `read_view` replaces what was settled (readers get it by a gap)."""
        wire = read_view.to_wire() if read_view is not None else None
        return self.record(Committed(wire), revision=revision)

    def open(
        self, *, title: str | None = None, agent: str | None = None, directory: str | None = None
    ) -> SessionObservationEvent:
        """The session is opened, or opened again."""
        kind = SessionChangeKind.OPENED
        return self.record(SessionChanged(kind, title=title, agent=agent, directory=directory))

    def end(
        self, outcome: SessionOutcome = SessionOutcome.SUCCESS, exit_code: int | None = None
    ) -> SessionObservationEvent:
        """The session is ended."""
        return self.record(SessionChanged(SessionChangeKind.ENDED, outcome, exit_code))

    def replace_view(self, view: ReadView) -> None:
        """The publisher had to drop events and sends its whole view.

        One event that can't be replayed stands for what was dropped. So no earlier cursor counts
        as continuous, and every reader gets one gap and this view.
        """
        with self._store.lock:
            event = self._store.append(
                self.session_id,
                SessionRevision(max(self.revision, view.revision)),
                TurnActivity.independent(RuntimeDiagnostic(VIEW_REPLACED)),
                at=self._now_ms(),
            )
            self.tail = event.n
            self._take_over(view, event.n)
            self._store.drop_history(self.session_id)

    def _take_over(self, given: ReadView, n: int) -> None:
        own = self.view
        view, now = given if self._packed else given.copy(), self._now_ms()
        for entry in view.entries:
            entry.position = n
            entry.started_at = not_after(now, entry.started_at)
            entry.ended_at = not_after(now, entry.ended_at)
        view.started_at = not_after(now, view.started_at)
        view.updated_at = not_after(now, view.updated_at)
        view.session_id, view.incarnation = own.session_id, own.incarnation
        view.revision = SessionRevision(max(own.revision, view.revision)).n
        view.max_entries, view.max_bytes = own.max_entries, own.max_bytes
        self._folded = Fold(view, packed=self._packed)
        self._folded.enforce_bounds()
        self._waiting, self._waiting_bytes = [], 0
        self._encoded = None
