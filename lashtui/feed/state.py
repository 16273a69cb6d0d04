"""What the app knows of a session and of its connection to it, from the daemon's records alone.

Pure: records and the time go in, a view, its changes and true sentences come out. It decides what
a gap means for the reader, where the dividers of the transcript stand, and what the connection
may be called. `lashtui.feed.worker` drives it; widgets read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import ceil
from typing import Any, Literal

import msgspec

from lashd.cursor import ParsedSessionCursor, SessionCursor
from lashd.errors import InvalidEvent, SessionCursorError
from lashd.events import QueueChanged, event_from_wire
from lashd.view import Entry, Fold, ReadView, ViewChanges, view_from_wire
from lashtui.feed.departures import QueueTraces, Trace
from lashtui.feed.rate import EventRate
from lashtui.text.format import duration, time_span
from lashtui.text.sanitize import safe_line

Record = dict[str, Any]

MAX_MARKS = 100
"""Dividers kept: a reader for whom more gaps matter has a problem that no divider tells."""


class Link(StrEnum):
    """What the connection is, in the words that a person reads."""

    CONNECTING = "connecting"
    WAITING = "waiting to appear"
    CATCHING_UP = "catching up"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    DISCONNECTED = "disconnected"


class Mark(msgspec.Struct, frozen=True):
    """A divider of the transcript: it stands behind every entry up to `position`."""

    kind: Literal["gap", "new"]
    text: str
    position: int
    anchor: str | None = None
    """Id of the entry before it: finds the place again in a view with other positions."""


class GapFacts(msgspec.Struct, frozen=True):
    """What a gap cost the reader. Times are Unix milliseconds."""

    reason: Literal["trimmed", "unavailable"]
    lost: int | None
    complete: bool
    """Whether the snapshot holds the session from its start."""
    restarted: bool = False
    """Whether another daemon answers than before."""
    from_at: int | None = None
    to_at: int | None = None
    """When the missing events were, as far as the daemon knows."""

    @property
    def sentence(self) -> str:
        """The banner's text."""
        span = time_span(self.from_at, self.to_at)
        return f"{self._what} · {span}" if span else self._what

    @property
    def _what(self) -> str:
        if self.reason == "unavailable":
            text = f"history unavailable: {self._cause}"
            return text if self.complete else f"{text}; transcript incomplete"
        events = "events" if self.lost is None else plural(self.lost, "event")
        whole = "complete" if self.complete else "incomplete"
        return f"history trimmed: {events} can't be replayed; transcript {whole}"

    def after(self, earlier: GapFacts | None) -> GapFacts:
        """This gap and one before it that the reader has not dismissed, as one."""
        if (
            earlier is None
            or earlier.reason != self.reason
            or earlier.lost is None
            or self.lost is None
        ):
            return self
        both, began = earlier.lost + self.lost, earlier.from_at or self.from_at
        return msgspec.structs.replace(self, lost=both, from_at=began)

    @property
    def divider(self) -> str:
        """The divider's text."""
        if self.reason == "unavailable":
            return f"gap: {self._cause}"
        text = f"gap: {plural(self.lost, 'event')} trimmed" if self.lost else "gap: history trimmed"
        span = time_span(self.from_at, self.to_at)
        return f"{text} · {span}" if span else text

    @property
    def _cause(self) -> str:
        return "the daemon was restarted" if self.restarted else "the session was started anew"


class NewSince(msgspec.Struct, frozen=True):
    """What came since the reader left."""

    entries: int
    """Entries that began since, commits not counted: as many as are told to who holds the view."""
    position: int
    """n of the saved cursor."""

    @property
    def sentence(self) -> str:
        """The divider's text."""
        if not self.entries:  # what went on stands above it
            return "new since you left"
        return f"new since you left · {plural(self.entries, 'entry', 'entries')}"


class Update(msgspec.Struct):
    """What the widgets must show next. `view` replaces everything; else `changes` add to it."""

    view: ReadView | None = None
    changes: ViewChanges | None = None
    marks: Sequence[Mark] = ()


class FeedState(msgspec.Struct):
    """One session as this reader knows it."""

    session_id: str
    clock: Callable[[], float] = time.monotonic
    link: Link = Link.CONNECTING
    reason: str = ""
    """Why it is not live, as a sentence without a full stop."""
    gap: GapFacts | None = None
    """The last gap that the reader has not dismissed."""
    new_since: NewSince | None = None
    marks: list[Mark] = msgspec.field(default_factory=list)
    cursor: str | None = None
    """Everything up to here is in the view."""
    read_to: str | None = None
    """Everything up to here was before the reader's eyes; None before anything was."""
    ended: str | None = None
    """`reason` of the stream's end record."""
    retry_at: float | None = None
    silent_since: float | None = None
    """Since when, by `clock`, the daemon has not answered though it was asked; None: it does."""
    skipped_records: int = 0
    """Records of no known form: a newer daemon's, ignored."""
    newest_error: Entry | None = None
    """The last one that came while live: for a notice, whatever came behind it since."""
    notice: str | None = None
    """What else the reader should know now, such as why their place can't be kept."""
    _rate: EventRate = msgspec.field(default_factory=EventRate)
    _traces: QueueTraces = msgspec.field(default_factory=QueueTraces)
    _fold: Fold | None = None
    _replaced: bool = False
    _pending_gap: Record | None = None
    _saved: ParsedSessionCursor | None = None
    _verdict: Record | None = None

    @property
    def view(self) -> ReadView | None:
        """The session's state; None until the first snapshot."""
        return None if self._fold is None else self._fold.view

    def resume_from(self, cursor: str, report: Mapping[str, Any] | None) -> None:
        """Where the reader left, and what the daemon says that cursor can still do."""
        try:
            parsed = SessionCursor.from_str(cursor).parse_for_session(self.session_id)
        except SessionCursorError:  # a damaged state file costs the divider, no more
            return
        self._saved, self._verdict = parsed, dict(report) if report else None

    def receive(self, records: Sequence[Record]) -> None:
        """Take in what the daemon, or the client for it, has said. Order matters."""
        was_live = self.link is Link.LIVE
        for record in records:
            self._receive(record)
        if was_live and self.link is Link.LIVE:
            self._rate.add(len(records), self.clock())

    def _receive(self, record: Record) -> None:
        match record.get("type"):
            case "attached":
                self._connected(Link.CATCHING_UP)
            case "reconnected":
                # What was missed comes first; `caught_up` says when it is all there.
                self._connected(Link.CATCHING_UP)
            case "synced":
                self._connected(Link.LIVE)
            case "gap":
                self._pending_gap = record
            case "observation":
                self._observe(record)
            case "disconnected":
                self.lost(str(record.get("reason") or "connection lost"), record.get("retry_in"))
            case "end":
                self._end(str(record.get("reason")))
            case "progress":
                pass
            case _:
                self._event(record)

    # -- what the records mean ----------------------------------------------------------------

    def _connected(self, link: Link) -> None:
        self.link, self.reason, self.retry_at, self.ended = link, "", None, None

    def caught_up(self) -> bool:
        """The client says that all that was missed has been given; True if that is news."""
        news = self.link is Link.CATCHING_UP and self.view is not None
        if news:
            self._connected(Link.LIVE)
        return news

    def awaiting(self) -> None:
        """There is a connection again, but no session yet: its publisher may give it back."""
        self.link, self.retry_at = Link.WAITING, None

    @property
    def is_gone(self) -> bool:
        """Whether the daemon has no such session any more, as far as it has said."""
        return self.view is not None and (self.ended == "forgotten" or self.link is Link.WAITING)

    def lost(self, reason: str, retry_in: float | None = None) -> None:
        """The connection is gone; the next try comes in `retry_in` seconds (None: none comes)."""
        self.retry_at = None if retry_in is None else self.clock() + retry_in
        if self.ended is None or self.link is not Link.DISCONNECTED:
            self.link = Link.DISCONNECTED if retry_in is None else Link.RECONNECTING
            self.reason = safe_line(reason)

    def _end(self, reason: str) -> None:
        self.link, self.ended, self.retry_at = Link.DISCONNECTED, reason, None
        self.reason = {
            "stopped": "the daemon was stopped",
            "forgotten": "the session was removed from the daemon",
        }.get(reason, safe_line(reason))

    def _event(self, record: Record) -> None:
        try:
            event = event_from_wire(record)
        except InvalidEvent:
            self.skipped_records += 1
            return
        if self._fold is not None:
            if self.link is Link.LIVE and isinstance(event.payload, QueueChanged):
                self._traces.note(event.payload, self._fold.view, self.clock())
            self._fold.apply(event)
            self.cursor = event.cursor.as_str()
            newest = self._fold.view.entries[-1:]
            if self.link is Link.LIVE and newest and newest[0].kind == "error":
                self.newest_error = newest[0]

    def _observe(self, record: Record) -> None:
        view = view_from_wire(record.get("read_view"))
        gap, self._pending_gap = self._pending_gap, None
        cursor = SessionCursor.from_str(str(record.get("cursor")))
        old, tail = self.view, cursor.parse()
        if old is None:
            if self._saved is not None:
                self._reattached(self._saved, view, tail)
        else:
            self.marks = [moved for mark in self.marks if (moved := _carry(mark, old, view))]
            if gap is not None:
                self._missed(gap, old, view)
        self._fold, self._replaced = Fold(view, track=True), True
        self.cursor = cursor.as_str()

    def _missed(self, gap: Record, old: ReadView, view: ReadView) -> None:
        """A gap in a running app: banner, and a divider behind what was there before it."""
        if gap.get("lost") == gap.get("skipped") == 1 and view.turn_index == old.turn_index + 1:
            # The one event is a commit that brought its own view, which is this one.
            return
        reason: Literal["trimmed", "unavailable"] = (
            "trimmed" if gap.get("reason") == "trimmed" else "unavailable"
        )
        facts = GapFacts(
            reason,
            gap.get("lost"),
            view.complete,
            old.incarnation != view.incarnation,
            _milliseconds(gap.get("from_at")),
            _milliseconds(gap.get("to_at")),
        )
        self.gap = facts.after(self.gap)
        last = old.entries[-1] if old.entries else None
        here = Mark("gap", facts.divider, last.position if last else 0, last.id if last else None)
        # Where nothing of before is there any more, all that is there came after the gap.
        placed = _carry(here, old, view) or Mark("gap", facts.divider, 0)
        self.marks = [*self.marks[1 - MAX_MARKS :], placed]

    def _reattached(
        self, saved: ParsedSessionCursor, view: ReadView, tail: ParsedSessionCursor
    ) -> None:
        """The first snapshot of a reader who was here before: what came since, and is it whole."""
        verdict = self._verdict or {}
        restarted = saved.incarnation != tail.incarnation
        unavailable = restarted or saved.n > tail.n or verdict.get("reason") == "unavailable"
        if unavailable:
            self.gap = GapFacts("unavailable", None, view.complete, restarted)
        elif verdict.get("reason") == "trimmed":
            self.gap = GapFacts(
                "trimmed",
                verdict.get("lost"),
                view.complete,
                from_at=_milliseconds(verdict.get("from_at")),
                to_at=_milliseconds(verdict.get("to_at")),
            )
        # Positions that are not the saved cursor's tell nothing of what was read.
        known_to = -1 if unavailable else saved.n
        whole = _put_in_whole(view.entries, known_to)
        before = whole or _entry_before(view.entries, known_to)
        anchor = before.id if before else None
        if self.gap is not None:
            at = before.position if before else max(0, known_to)
            self.marks.append(Mark("gap", self.gap.divider, at, anchor))
        if tail.n > saved.n and not unavailable and whole is None:
            self._mark_new(view, saved.n)

    def _mark_new(self, view: ReadView, read: int) -> None:
        """What began after n `read` is new to the reader."""
        new = (entry for entry in view.entries if entry.position > read)
        self.new_since = NewSince(sum(entry.kind != "commit" for entry in new), read)
        before = _entry_before(view.entries, read)
        anchor = before.id if before else None
        self.marks.append(Mark("new", self.new_since.sentence, read, anchor))

    def came_back(self) -> None:
        """The reader looked elsewhere, and looks again: what came since is marked."""
        if self.view is None or self.read_to is None or self.cursor is None:
            return
        read, tail = (SessionCursor(text).parse() for text in (self.read_to, self.cursor))
        if read.incarnation == tail.incarnation:
            self.marks = [mark for mark in self.marks if mark.kind != "new"]
            self._mark_new(self.view, read.n)
            self._replaced = True

    # -- what is shown ------------------------------------------------------------------------

    def take_update(self) -> Update | None:
        """What changed since the last call; None if the transcript need not change."""
        if self._fold is None:
            return None
        changes = self._fold.take_changes()
        if self._replaced or changes.reset:
            self._replaced = False
            return Update(view=self._fold.view, marks=tuple(self.marks))
        if changes.changed or changes.removed or changes.dropped:
            return Update(changes=changes)
        return None

    @property
    def traces(self) -> list[Trace]:
        """What has just left the queue."""
        return self._traces.at(self.clock())

    @property
    def rate(self) -> float:
        """Events a second, lately and live."""
        return self._rate.per_second(self.clock())

    def mark_read(self) -> None:
        """The reader is at the live end, and sees it: nothing up to here is news any more."""
        self.read_to = self.cursor

    def dismiss_gap(self) -> None:
        """The reader has read the banner."""
        self.gap = None

    def link_text(self) -> str:
        """The connection's state as a person reads it; changes with the clock while it waits."""
        if self.silent_since is not None:
            return f"no answer for {duration(self.clock() - self.silent_since)}"
        wait = None if self.retry_at is None else max(0, ceil(self.retry_at - self.clock()))
        match self.link:
            case Link.WAITING if self.view is not None:
                gone = (
                    "removed from the daemon" if self.ended == "forgotten" else "not in the daemon"
                )
                return f"{gone}; waiting for it to come back"
            case Link.WAITING:
                return f"waiting for {safe_line(self.session_id)} to appear"
            case Link.RECONNECTING:
                return f"reconnecting in {wait} s" if wait else "reconnecting"
            case Link.DISCONNECTED:
                again = "" if wait is None else f" · next try in {wait} s"
                return f"disconnected: {self.reason}{again}"
        return self.link.value

    @property
    def ticks(self) -> bool:
        """Whether what is shown changes with the clock alone."""
        view = self.view
        busy = view is not None and (
            view.state in ("running", "waiting")
            or any(process.state == "running" for process in view.processes)
        )
        counting = self.retry_at is not None or self.silent_since is not None
        return counting or busy or bool(self.traces)


def _milliseconds(value: object) -> int | None:
    return value if isinstance(value, int) else None


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 event`, `1,310 events`; `nouns` where it is not made with an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or noun + 's'}"


def _entry_before(entries: Sequence[Entry], position: int) -> Entry | None:
    """The last entry that began at `position` or before."""
    return next((entry for entry in reversed(entries) if entry.position <= position), None)


def _put_in_whole(entries: Sequence[Entry], position: int) -> Entry | None:
    """The last of the entries that a publisher gave back at once, after `position`.

    They share one position, so that what was known of them can't be told from what was not.
    """
    later = [entry for entry in entries if entry.position > position]
    if len(later) < 2 or later[0].position != later[1].position:
        return None
    return _entry_before(later, later[0].position)


def _carry(mark: Mark, old: ReadView, new: ReadView) -> Mark | None:
    """`mark` at its place in another view; None if that place is not in it any more.

    Within one incarnation positions hold; a restored view has others, but keeps the entries' ids.
    """
    if old.incarnation == new.incarnation:
        return mark
    if mark.anchor is None:
        return msgspec.structs.replace(mark, position=0)
    for entry in reversed(new.entries):
        if entry.id == mark.anchor:
            return msgspec.structs.replace(mark, position=entry.position)
    return None
