"""What one reader received, checked record by record.

Every event in order and once; or a gap with its reason, and the snapshot that it promises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from lashd.errors import InvalidEvent
from lashd.session.events import PAYLOADS, JsonValue
from lashd.session.view import ReadView, view_from_wire
from lashd.testing.audit.marks import Record, mark_of, marks_of_view
from lashd.testing.audit.publisher import PublisherAudit
from lashd.testing.audit.report import Kind, Position, Report, in_words, is_before, some, stands_at
from lashd.testing.audit.timeline import Timeline

REASONS = ("trimmed", "unavailable")
KEPT_SEEN = 16
"""Snapshots of a reader that wait for the acknowledgements of what they hold."""
KEPT_HOLES = 1000
"""Missing numbers that may yet turn out to have been refused."""

EVENTS = frozenset(PAYLOADS)
"""The types of the records that are events; records of an unknown type are to be ignored."""


class _Seen(NamedTuple):
    """What a snapshot showed of each publisher."""

    position: Position
    numbers: dict[str, set[int]]


class _Hole(NamedTuple):
    publisher: str
    before: int
    after: int


class ReaderAudit:
    """One reader of one session, over all its connections."""

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        report: Report,
        publisher: Callable[[str], PublisherAudit | None],
        *,
        views: bool,
    ) -> None:
        """`views`: snapshots are lashd's, and are read."""
        self.name = name
        self.timeline = timeline
        self.position: Position | None = None
        """The last position that is the reader's own."""
        self.events = 0
        self.gaps = 0
        self._report = report
        self._publisher = publisher
        self._views = views
        self._requested: Position | None = None
        self._due: str | None = None
        """The record that has to come next: `gap` or `observation`."""
        self._due_at: Position | None = None
        self._is_attached = self._synced = self._ended = False
        self._continues = True
        """The next snapshot can't be of an earlier position than the reader's."""
        self._revision = 0
        self._numbers: dict[str, int] = {}
        """The last number of each publisher, since the last gap."""
        self._seen: deque[_Seen] = deque()
        self._holes: deque[_Hole] = deque(maxlen=KEPT_HOLES)

    # -- what a driver says -----------------------------------------------------------------------

    def attaching(self, cursor: str | None = None) -> None:
        """The reader attaches, after `cursor` if it asks for one."""
        self.lost()
        self._requested = stands_at(cursor)

    def lost(self) -> None:
        """The connection is gone; what was not complete doesn't count."""
        self._due = self._due_at = self._requested = None
        self._is_attached = self._synced = self._ended = False

    def received(self, record: Record) -> None:
        """The next record that the reader got."""
        kind = record.get("type")
        if self._ended and kind != "attached":
            self._say("protocol", f"got `{kind}` after `end`")
        if kind in EVENTS:
            self._event(record)
        elif kind == "attached":
            self._attached(record)
        elif kind == "gap":
            self._gap(record)
        elif kind == "observation":
            self._observation(record)
        elif kind == "synced":
            self._sync(record)
        elif kind == "end":
            self._end(record)
        elif kind in ("disconnected", "reconnected"):
            self.lost()

    # -- records ----------------------------------------------------------------------------------

    def _attached(self, record: Record) -> None:
        requested, position = self._requested, stands_at(record.get("cursor"))
        served = record.get("served")
        self.lost()
        self._is_attached = True
        if served not in ("snapshot", "replay", "gap"):
            self._say("protocol", f"was attached with `served` {served!r}")
            return
        if requested is not None:
            if position != requested:
                self._say(
                    "order",
                    f"asked to start at {in_words(requested)} and was attached at"
                    f" {in_words(position)}",
                )
            if served == "snapshot":
                self._say("gap", "asked for the events after a cursor and got a snapshot")
        if served == "replay":
            if position != self.position:
                self._jump(position)
        else:
            self._due = "gap" if served == "gap" else "observation"
            if served == "gap":
                # Continuing or not: the gap is judged by where the reader asked to start.
                self.position = position
            else:
                self._jump(None)

    def _event(self, record: Record) -> None:
        self.events += 1
        position = stands_at(record.get("cursor"))
        if position is None:
            self._say("protocol", "got an event without a cursor")
            return
        if record.get("session_id") != self.timeline.session_id:
            self._say("content", f"got an event of session {record.get('session_id')}")
        if self._due is not None:
            self._say("gap", f"got an event at {in_words(position)} where `{self._due}` was due")
            self._due = None
        follows = self._check_step(position)
        self.timeline.note_event(self.name, self.position if follows else None, position, record)
        self.position = position
        self._check_revision(record.get("revision"))
        mark = mark_of(record)
        if mark is None:
            return
        self.timeline.note_landed(mark, position)
        publisher = self._publisher(mark.publisher)
        if publisher is not None:
            publisher.check_event(self.name, mark.number, record)
        last = self._numbers.get(mark.publisher)
        if last is not None and mark.number <= last:
            self._say(
                "order" if mark.number < last else "duplicate",
                f"got event {mark.number} of publisher {mark.publisher} after event {last}",
            )
        elif last is not None and mark.number > last + 1 and publisher is not None:
            self._holes.append(_Hole(mark.publisher, last, mark.number))
        self._numbers[mark.publisher] = max(mark.number, last or 0)

    def _gap(self, record: Record) -> None:
        self.gaps += 1
        requested, position = (
            stands_at(record.get("requested_cursor")),
            stands_at(record.get("cursor")),
        )
        if self._due == "observation":
            self._say("gap", "got a second gap where the snapshot of the first was due")
        if record.get("reason") not in REASONS:
            self._say("gap", f"got a gap for the reason {record.get('reason')!r}")
        if self.position is not None and requested != self.position:
            self._say(
                "gap",
                f"was at {in_words(self.position)} and got a gap that begins at"
                f" {in_words(requested)}",
            )
        self._check_counts(record, requested, position)
        # A cursor that is not this session's may name any position.
        self._continues = record.get("reason") == "trimmed"
        self._due, self._due_at = "observation", position

    def _observation(self, record: Record) -> None:
        position = stands_at(record.get("cursor"))
        if position is None:
            self._say("snapshot", "got a snapshot without a cursor")
            return
        if self._due == "gap":
            self._say("gap", "was attached with a gap and got a snapshot without its reason")
        elif self._due is None and self.position is not None:
            self._say("gap", f"got a snapshot at {in_words(position)} that no gap explains")
        if self._due_at is not None and position != self._due_at:
            self._say(
                "snapshot",
                f"got a snapshot at {in_words(position)} after a gap that ends at"
                f" {in_words(self._due_at)}",
            )
        if self._continues and self.position is not None and is_before(position, self.position):
            self._say("order", f"went back from {in_words(self.position)} to {in_words(position)}")
        self._due = self._due_at = None
        self._continues = True
        self._jump(position)
        if self._views:
            self._look(position, record.get("read_view"))

    def _sync(self, record: Record) -> None:
        position = stands_at(record.get("cursor"))
        if self._due is not None:
            self._say("gap", f"got `synced` where `{self._due}` was due")
        if self._synced:
            self._say("protocol", "got `synced` twice")
        if self.position is not None and position != self.position:
            self._say(
                "order", f"was at {in_words(self.position)} and got `synced` {in_words(position)}"
            )
        self._synced, self.position = True, position

    def _end(self, record: Record) -> None:
        # Whoever stops a reader may do so between a gap and its snapshot: then it ends where it
        # stood before the gap, and gets it again when it goes on.
        position = stands_at(record.get("cursor"))
        waits_still = not self._is_attached and position in (None, self._requested)
        if self.position is not None and position != self.position and not waits_still:
            self._say(
                "order", f"was at {in_words(self.position)} and got `end` at {in_words(position)}"
            )
        self._ended = True

    # -- checks -----------------------------------------------------------------------------------

    def _check_step(self, position: Position) -> bool:
        """The event at `position` is the next one; whether it counts as following."""
        before = self.position
        if before is None:
            return False
        if before == position:
            self._say("duplicate", f"got the event at {in_words(position)} twice")
            return False
        if isinstance(before, str) or isinstance(position, str):
            return True
        if before[0] != position[0]:
            self._say(
                "hole",
                f"got the event at {in_words(position)} after {in_words(before)}, and no gap",
            )
            return False
        if position[1] < before[1]:
            self._say("order", f"got the event at {in_words(position)} after {in_words(before)}")
            return False
        missing = position[1] - before[1] - 1
        if missing:
            self._say(
                "hole",
                f"got no gap for {missing} missing event{'s' * (missing > 1)} between"
                f" {in_words(before)} and {in_words(position)}",
            )
        return not missing

    def _check_revision(self, revision: object) -> None:
        if not isinstance(revision, int):
            self._say("content", "got an event without a revision")
            return
        if revision < self._revision:
            self._say("order", f"got revision {revision} after revision {self._revision}")
        self._revision = revision

    def _check_counts(
        self, record: Record, requested: Position | None, position: Position | None
    ) -> None:
        if stands_at(record.get("latest_cursor")) != position:
            self._say("gap", "got a gap whose `cursor` is not its `latest_cursor`")
        if record.get("reason") != "trimmed":
            return
        lost, skipped = record.get("lost"), record.get("skipped")
        if not isinstance(lost, int) or not isinstance(skipped, int) or not 0 <= lost <= skipped:
            self._say("gap", f"got a gap with {lost} events lost of {skipped} skipped")
            return
        if isinstance(requested, str) or isinstance(position, str):
            return
        if requested is not None and position is not None:
            true = position[1] - requested[1]
            if skipped != true:
                self._say("gap", f"got a gap of {true} events that says {skipped}")

    def _look(self, position: Position, wire: JsonValue | ReadView) -> None:
        try:
            view = view_from_wire(wire)
        except InvalidEvent as error:
            self._say("snapshot", f"got a snapshot that can't be read: {error}")
            return
        if view.session_id != self.timeline.session_id:
            self._say("snapshot", f"got a snapshot of session {view.session_id}")
        self._revision = view.revision
        self.timeline.note_snapshot(self.name, position, view)
        self._look_for_marks(position, view)

    def _look_for_marks(self, position: Position, view: ReadView) -> None:
        numbers: dict[str, set[int]] = {}
        for mark in marks_of_view(view):
            seen = numbers.setdefault(mark.publisher, set())
            if mark.number in seen:
                self._say(
                    "duplicate",
                    f"got a snapshot at {in_words(position)} with event {mark.number} of"
                    f" publisher {mark.publisher} twice",
                )
            seen.add(mark.number)
            publisher = self._publisher(mark.publisher)
            if publisher is not None and mark.number > publisher.highest:
                publisher.check_event(self.name, mark.number, {})
        if view.dropped_entries or any(entry.cut_chars for entry in view.entries):
            return  # The view says itself that it can't hold everything.
        if len(self._seen) >= KEPT_SEEN:
            self._check_whole(self._seen.popleft())
        self._seen.append(_Seen(position, numbers))

    # -- at the end -------------------------------------------------------------------------------

    def finish(self, publishers: list[PublisherAudit]) -> None:
        """Check what only the end can tell."""
        while self._seen:
            self._check_whole(self._seen.popleft(), publishers)
        while self._holes:
            hole = self._holes.popleft()
            publisher = self._publisher(hole.publisher)
            missing = [
                number
                for number in range(hole.before + 1, hole.after)
                if publisher is not None and publisher.is_missing(number)
            ]
            if missing:
                self._say(
                    "hole",
                    f"got event {hole.after} of publisher {hole.publisher} after event"
                    f" {hole.before}, without {some(missing)}",
                )

    def _check_whole(self, seen: _Seen, publishers: list[PublisherAudit] | None = None) -> None:
        names = seen.numbers if publishers is None else [one.name for one in publishers]
        for name in names:
            publisher = self._publisher(name)
            if publisher is None or publisher.timeline is not self.timeline:
                continue
            missing = publisher.missing_in(seen.position, seen.numbers.get(name, set()))
            if missing:
                self._say(
                    "snapshot",
                    f"got a snapshot at {in_words(seen.position)} without {some(missing)} of"
                    f" publisher {name}, acknowledged before it",
                )

    # -- inside -----------------------------------------------------------------------------------

    def _jump(self, position: Position | None) -> None:
        self.position = position
        self._numbers.clear()
        self._revision = 0

    def _say(self, kind: Kind, what: str) -> None:
        self._report.add(kind, f"reader {self.name} of session {self.timeline.session_id} {what}")
