"""One session as its readers saw it, put together: each event once, and snapshots between them.

Bounded: the newest `keep` events and `KEPT_SNAPSHOTS` snapshots. What is forgotten is no longer
compared, and never reported.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lashd.errors import InvalidEvent
from lashd.session.codec import event_from_wire
from lashd.session.fold import Fold
from lashd.session.view import ReadView, decode_view, encode_view
from lashd.testing.audit.marks import Mark, Record
from lashd.testing.audit.report import Position, Report, in_words, is_before

KEPT_SNAPSHOTS = 16
"""Of a session: each is compared with its neighbours, so older ones have been by then."""

_encode = msgspec.msgpack.Encoder().encode


class _Snapshot(NamedTuple):
    reader: str
    data: bytes


class Timeline:
    """What is known of one session."""

    def __init__(self, session_id: str, report: Report, *, keep: int, folds: bool) -> None:
        """`folds`: views are lashd's, and are compared with the fold of their events."""
        self.session_id = session_id
        self.publishers = 0
        """How many are known."""
        self._report = report
        self._keep = keep
        self._folds = folds
        self._events: OrderedDict[Position, tuple[str, Record]] = OrderedDict()
        """By position, with the reader that told of it first."""
        self._after: OrderedDict[Position, Position] = OrderedDict()
        """The position of the next event, by the position before it."""
        self._landed: OrderedDict[tuple[int | None, Mark], Position] = OrderedDict()
        """Where each marked event stands, by the daemon that has it there."""
        self._births: deque[tuple[int, int]] = deque(maxlen=keep)
        """Where the session was created again, after it had been removed."""
        self._snapshots: OrderedDict[Position, _Snapshot] = OrderedDict()
        self._compared: set[tuple[Position, Position]] = set()

    # -- events -----------------------------------------------------------------------------------

    def note_event(
        self, reader: str, before: Position | None, position: Position, record: Record
    ) -> None:
        """`reader` was at `before` and got `record`, which stands at `position`."""
        known = self._events.get(position)
        if known is None:
            self._events[position] = reader, record
            if len(self._events) > self._keep:
                self._events.popitem(last=False)
        elif known[1] != record and _encode(known[1]) != _encode(record):
            self._report.add(
                "disagreement",
                f"readers {known[0]} and {reader} of session {self.session_id} got different"
                f" events at {in_words(position)}",
            )
        if before is None:
            return
        following = self._after.setdefault(before, position)
        if following != position:
            self._report.add(
                "disagreement",
                f"after {in_words(before)} of session {self.session_id} some readers got the"
                f" event at {in_words(following)}, and {reader} the one at {in_words(position)}",
            )
        if len(self._after) > self._keep:
            self._after.popitem(last=False)

    def note_landed(self, mark: Mark, position: Position) -> None:
        """A publisher's event stands at `position`."""
        incarnation = None if isinstance(position, str) else position[0]
        known = self._landed.setdefault((incarnation, mark), position)
        if self.was_reborn(known, position):
            self._landed[incarnation, mark] = position if is_before(known, position) else known
        elif known != position:
            self._report.add(
                "duplicate",
                f"event {mark.number} of publisher {mark.publisher} is in session"
                f" {self.session_id} twice, at {in_words(known)} and {in_words(position)}",
            )
        if len(self._landed) > self._keep:
            self._landed.popitem(last=False)

    def note_birth(self, position: Position) -> None:
        """A publisher found the session unknown, and creates it behind `position`."""
        if not isinstance(position, str):
            self._births.append(position)

    def was_reborn(self, one: Position, other: Position) -> bool:
        """Whether the session was removed and created again between two positions.

        What had not been acknowledged before may come again, what had been is gone.
        """
        if isinstance(one, str) or isinstance(other, str):
            return False
        first, last = min(one, other), max(one, other)
        return any(first <= birth < last for birth in self._births)

    def landed(self, mark: Mark) -> Position | None:
        """Where an event stands, if it is known; with several daemons, in the newest of them."""
        found = [
            position for (_, other), position in reversed(self._landed.items()) if other == mark
        ]
        return found[0] if found else None

    def landed_within(self, mark: Mark, start: Position, end: Position) -> bool:
        """The event stands behind `start`, and not behind `end`."""
        incarnation = None if isinstance(end, str) else end[0]
        position = self._landed.get((incarnation, mark))
        if position is None:
            return False
        return (
            position == end
            or isinstance(position, str)
            or (is_before(start, position) and is_before(position, end))
        )

    def between(self, start: Position, end: Position) -> list[Record] | None:
        """The events behind `start` up to the one at `end`; None if not all are known."""
        events: list[Record] = []
        for position in self._walk(start, end):
            known = self._events.get(position) if position is not None else None
            if known is None:
                return None
            events.append(known[1])
        return events

    def _walk(self, start: Position, end: Position) -> Iterator[Position | None]:
        if not isinstance(start, str) and not isinstance(end, str):
            if start[0] != end[0] or not 0 <= end[1] - start[1] <= len(self._events):
                yield None
                return
            for n in range(start[1] + 1, end[1] + 1):
                yield start[0], n
            return
        here: Position | None = start
        for _ in range(len(self._after) + 1):
            if here == end:
                return
            here = None if here is None else self._after.get(here)
            yield here
            if here is None:
                return
        yield None

    # -- snapshots --------------------------------------------------------------------------------

    def note_snapshot(self, reader: str, position: Position, view: ReadView) -> None:
        """`reader` got `view`, which stands at `position`."""
        if not self._folds:
            return
        data = encode_view(view)
        known = self._snapshots.get(position)
        if known is not None:
            if not _same(known.data, data):
                self._report.add(
                    "snapshot",
                    f"readers {known.reader} and {reader} of session {self.session_id} got"
                    f" different snapshots at {in_words(position)}",
                )
            return
        self._snapshots[position] = _Snapshot(reader, data)
        if len(self._snapshots) > KEPT_SNAPSHOTS:
            self._compare()
            gone, _ = self._snapshots.popitem(last=False)
            self._compared = {pair for pair in self._compared if gone not in pair}
        else:
            self._compare_with(position)

    def finish(self) -> None:
        """Compare what became comparable since."""
        self._compare()

    def _compare(self) -> None:
        for position in list(self._snapshots):
            self._compare_with(position)

    def _compare_with(self, position: Position) -> None:
        """Compare a snapshot with those that the known events lead from, and to."""
        self._compare_with_birth(position)
        for other in list(self._snapshots):
            if other == position:
                continue
            pairs = [(position, other), (other, position)]
            if not isinstance(position, str) and not isinstance(other, str):
                pairs = [(min(position, other), max(position, other))]
            for start, end in pairs:
                if (start, end) in self._compared:
                    continue
                events = self.between(start, end)
                if events is not None:
                    self._compared.add((start, end))
                    self._compare_fold(decode_view(self._snapshots[start].data), events, end)

    def _compare_with_birth(self, position: Position) -> None:
        """A session whose first event is known can be folded from nothing."""
        if isinstance(position, str) or ((position[0], 0), position) in self._compared:
            return
        start = (position[0], 0)
        events = self.between(start, position)
        if not events or events[0].get("type") != "session_changed":
            return
        self._compared.add((start, position))
        shown = decode_view(self._snapshots[position].data)
        born = ReadView(
            self.session_id,
            incarnation=shown.incarnation,
            max_entries=shown.max_entries,
            max_bytes=shown.max_bytes,
        )
        self._compare_fold(born, events, position)

    def _compare_fold(self, view: ReadView, events: list[Record], end: Position) -> None:
        snapshot = self._snapshots[end]
        folding = Fold(view)
        try:
            for event in events:
                folding.apply(event_from_wire(event))
        except InvalidEvent as error:
            self._report.add("content", f"an event of session {self.session_id} is none: {error}")
            return
        if not _same(encode_view(folding.view), snapshot.data):
            self._report.add(
                "snapshot",
                f"the snapshot that reader {snapshot.reader} of session {self.session_id} got at"
                f" {in_words(end)} is not what the events before it make:"
                f" {_difference(folding.view, decode_view(snapshot.data))}",
            )


def _same(one: bytes, other: bytes) -> bool:
    # Maps are equal in any order, and encoded NaNs are, which decoded ones are not.
    return one == other or decode_view(one) == decode_view(other)


def _difference(folded: ReadView, shown: ReadView) -> str:
    names = [
        name for name in ReadView.__struct_fields__ if getattr(folded, name) != getattr(shown, name)
    ]
    if names == ["entries"]:
        pairs = zip(folded.entries, shown.entries, strict=False)
        first = next((index for index, (one, other) in enumerate(pairs) if one != other), None)
        if first is None:
            return f"{len(shown.entries)} entries instead of {len(folded.entries)}"
        return f"entry {first + 1} of {len(shown.entries)} differs"
    return f"{', '.join(names)} differ{'s' * (len(names) == 1)}"
