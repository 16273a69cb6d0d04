"""What the app knows of a session, from the daemon's records alone. Pure.

Records and the time go in; a view and its changes come out. `connection` says what the connection
is, `missed` what the reader missed; this module folds events and keeps the reader's place.
`lashtui.feed.worker` drives it; widgets read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from lashd.clock import now_ms as wall_clock_ms
from lashd.cursor import SessionCursor
from lashd.errors import InvalidEvent, SessionCursorError
from lashd.events import QueueChanged, TurnActivity, event_from_wire
from lashd.view import Entry, Fold, ReadView, ViewChanges, view_from_wire
from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.departures import Departure, QueueDepartures
from lashtui.feed.divider import Divider
from lashtui.feed.gaps import GapFacts, MissedHistory
from lashtui.feed.rate import EventRate
from lashtui.feed.runs import TEXTS, write_run
from lashtui.feed.since import place_in
from lashtui.saved.place import Place

if TYPE_CHECKING:
    from lashd.events import SessionObservationEvent
    from lashd.protocol.records import Record


class FeedUpdate(msgspec.Struct):
    """What the widgets must show next. `view` replaces everything; else `changes` add to it."""

    view: ReadView | None = None
    changes: ViewChanges | None = None
    dividers: Sequence[Divider] = ()


class LookedAway(msgspec.Struct, frozen=True):
    """Where a reader was when they looked elsewhere."""

    read_to: str
    place: Place


class FeedState:
    """One session as this reader knows it.

    Args:
        clock: seconds, for countdowns and rates.
        now_ms: Unix milliseconds, for when the reader left.

    Attributes:
        connection: the connection in words.
        missed: gaps, dividers, what is new since the reader left.
        cursor: everything up to here is in the view.
        read_to: everything up to here has been on the reader's screen; None before anything was.
        skipped_records: how many records had no known form: a newer daemon's, ignored.
        newest_error: the last error that arrived while live: for a notice, whatever came after it.
        news: grows with everything but more text of an entry that is there: what is said about the
            session beside its transcript may be different then.
        notice: what else the reader should know now, such as why their place can't be saved.
    """

    def __init__(
        self,
        session_id: str,
        clock: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self.session_id = session_id
        self.connection = ConnectionStatus(session_id, clock)
        self.missed = MissedHistory()
        self.cursor: str | None = None
        self.read_to: str | None = None
        self._left_at: str | None = None
        self.skipped_records = 0
        self.news = 0
        self.newest_error: Entry | None = None
        self.notice: str | None = None
        self._clock = clock
        self._now_ms = now_ms
        self._place: Place | None = None
        """What was there at `read_to`."""
        self._rate = EventRate()
        self._departures = QueueDepartures()
        self._fold: Fold | None = None
        self._replaced = False

    # -- records ----------------------------------------------------------------------------------

    def resume_from(
        self, cursor: str, report: Mapping[str, Any] | None, place: Place | None = None
    ) -> None:
        """Where the reader left, and the daemon's report on what that cursor can still do."""
        try:
            parsed = SessionCursor.from_str(cursor).parse_for_session(self.session_id)
        except SessionCursorError:  # a damaged state file costs the divider, no more
            return
        self._left_at = cursor
        self.missed.resume_from(parsed, dict(report or {}), place)

    def receive(self, records: Sequence[Record]) -> None:
        """Take in what the daemon, or the client on its behalf, has sent. Order matters."""
        was_live = self.connection.is_live
        index = 0
        while index < len(records):
            event = self._receive(records[index])
            run = None
            if event is not None and self._fold is not None:
                run = write_run(self._fold, records, index, event)
            if run is None:
                index += 1
            else:
                index, self.cursor = run
        if was_live and self.connection.is_live:
            self._rate.add(len(records), self._clock())

    def _receive(self, record: Record) -> SessionObservationEvent | None:
        """Take in one record; the event that it is and that was folded, if it is one."""
        match record.get("type"):
            case "attached" | "reconnected":
                self.connection.opened()
            case "synced":
                self.connection.synced()
            case "gap":
                self.missed.announce(record)
            case "observation":
                self._observe(record)
            case "disconnected":
                reason = str(record.get("reason") or "connection lost")
                self.connection.lost(reason, record.get("retry_in"))
            case "end":
                self.connection.end(str(record.get("reason")))
            case "progress":
                pass
            case _:
                return self._event(record)
        self.news += 1
        return None

    def _event(self, record: Record) -> SessionObservationEvent | None:
        try:
            event = event_from_wire(record)
        except InvalidEvent:
            self.skipped_records += 1
            self.news += 1
            return None
        if self._fold is None:
            return None
        is_live = self.connection.is_live
        if is_live and isinstance(event.payload, QueueChanged):
            self._departures.note(event.payload, self._fold.view, self._clock())
        view = self._fold.view
        before = (view.state, len(view.entries), view.turn_index)
        self._fold.apply(event)
        is_text = isinstance(event.payload, TurnActivity) and type(event.payload.event) in TEXTS
        if not is_text or before != (view.state, len(view.entries), view.turn_index):
            self.news += 1
        self.cursor = event.cursor.as_str()
        newest = self._fold.view.entries[-1:]
        if is_live and newest and newest[0].kind == "error":
            self.newest_error = newest[0]
        return event

    def _observe(self, record: Record) -> None:
        view = view_from_wire(record.get("read_view"))
        cursor = SessionCursor.from_str(str(record.get("cursor")))
        self.missed.snapshot(self.view, view, cursor.parse())
        self._fold, self._replaced = Fold(view, track=True), True
        self.cursor = cursor.as_str()
        self.connection.found()

    # -- the reader -------------------------------------------------------------------------------

    def mark_read(self) -> None:
        """The reader is at the live end and sees it: everything up to here has been read."""
        if self.read_to == self.cursor or self.view is None:
            return
        self.read_to = self.cursor
        self._place = place_in(self.view, self._now_ms())

    def looked_away(self) -> None:
        """The reader, who was at the live end, looks elsewhere from now on."""
        if self._place is not None and self.read_to == self.cursor:
            self._place = msgspec.structs.replace(self._place, at=self._now_ms())

    @property
    def comes_back_to(self) -> str | None:
        """The cursor at which the reader comes back: until they have been at the live end again,
        it is the one at which they left last time."""
        return self.read_to or self._left_at

    @property
    def place(self) -> Place | None:
        """What was there at `read_to`."""
        return self._place

    def left_now(self) -> LookedAway | None:
        """Where the reader is, who looks elsewhere from now on; None if they are nowhere."""
        self.looked_away()
        return self._last_look

    def away_for(self, left: LookedAway | None = None) -> float:
        """Seconds since the reader `left`, or else since they last looked; 0 where nothing has come
        since."""
        left = left or self._last_look
        if left is None or left.read_to == self.cursor:
            return 0.0
        return self.seconds_since(left.place.at) or 0.0

    def seconds_since(self, at: int | None) -> float | None:
        """Seconds since a time in Unix milliseconds."""
        return None if at is None else max(0.0, (self._now_ms() - at) / 1000)

    def came_back(self, left: LookedAway | None = None) -> None:
        """The reader `left`, or else looked elsewhere, and looks again: mark what arrived since."""
        left = left or self._last_look
        if self.view is None or left is None or self.cursor is None:
            return
        read, tail = (SessionCursor(text).parse() for text in (left.read_to, self.cursor))
        if read.incarnation == tail.incarnation:
            self.missed.came_back(self.view, read, left.place)
            self._replaced = True

    @property
    def _last_look(self) -> LookedAway | None:
        if self.read_to is None or self._place is None:
            return None
        return LookedAway(self.read_to, self._place)

    def show_notice(self, text: str | None) -> None:
        """What else the reader should know now; None: nothing any more."""
        self.notice = text

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def view(self) -> ReadView | None:
        """The session's state; None until the first snapshot."""
        return None if self._fold is None else self._fold.view

    def give_all(self) -> None:
        """The next update is the whole view: it goes to another widget than the last ones."""
        self._replaced = True

    def take_update(self) -> FeedUpdate | None:
        """What changed since the last call; None if the transcript need not change."""
        if self._fold is None:
            return None
        changes = self._fold.take_changes()
        if self._replaced or changes.reset:
            self._replaced = False
            return FeedUpdate(view=self._fold.view, dividers=tuple(self.missed.dividers))
        if changes.changed or changes.removed or changes.dropped:
            return FeedUpdate(changes=changes)
        return None

    @property
    def beside(self) -> tuple[object, ...]:
        """As long as this is the same, what is said beside the transcript changes with the clock
        alone."""
        connection, missed = self.connection, self.missed
        said = (connection.state, connection.silent_since, connection.retry_at, connection.ended)
        return (self.news, *said, missed.has_new, self.notice)

    @property
    def departures(self) -> list[Departure]:
        """What has just left the queue."""
        return self._departures.at(self._clock())

    @property
    def gap(self) -> GapFacts | None:
        """The gap to be shown now."""
        return self.missed.gap_at(self._clock())

    @property
    def rate(self) -> float:
        """Events a second, lately and live."""
        return self._rate.per_second(self._clock())

    @property
    def ticks(self) -> bool:
        """Whether what is shown changes with the clock alone."""
        view = self.view
        busy = view is not None and (
            view.state in ("running", "waiting")
            or any(process.state == "running" for process in view.processes)
        )
        return self.connection.ticks or self.missed.ticks or busy or bool(self.departures)
