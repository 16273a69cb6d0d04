"""What a mirror makes of what the engine has of a session: the gap rule, and what is foreign. Pure.

Positions are arithmetic: the entry after n is n + 1. Anything else is a hole, and the view takes
its place. An engine never says that it has dropped something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lashd.errors import InvalidEvent, LashdError
from lashd.protocol.framing import frame
from lashd.relay.keys import n_of
from lashd.session.codec import decode_event
from lashd.session.events import SessionObservationEvent

if TYPE_CHECKING:
    from lashd.relay.engine import Entry, Whole
    from lashd.relay.sealed import SessionSealer

Numbered: TypeAlias = tuple[SessionObservationEvent, bytes]
"""An event and its frame."""


@dataclass(slots=True)
class Run:
    """Entries that follow each other."""

    events: list[Numbered] = field(default_factory=list)
    has_hole: bool = False
    """What comes next is not the next event: the view is needed."""


class Foreign(Exception):
    """Something that the home did not write. The message says what."""

    def __init__(self, what: str, run: Run | None = None) -> None:
        super().__init__(what)
        self.run = run or Run()
        """What came before it."""


@dataclass(frozen=True, slots=True)
class WholeSession:
    """A session that can be shown: its view, and the events up to it and after it."""

    begins: int
    view: bytes
    at: int
    events: list[Numbered]


class Reading:
    """Reads one session's entries as its home's, or not at all."""

    def __init__(self, sealer: SessionSealer, session_id: str, incarnation: int) -> None:
        self._sealer = sealer
        self._session_id = session_id
        self._incarnation = incarnation

    def after(self, tail: int, entries: Iterable[Entry]) -> Run:
        """What of `entries` follows n `tail`, up to the first hole.

        Raises:
            Foreign: the next of them is not the home's.
        """
        run = Run()
        for entry in entries:
            try:
                n, event = self._read(entry)
            except Foreign as error:
                raise Foreign(str(error), run) from None
            if n <= tail:
                continue
            if n != tail + 1 or event is None:
                run.has_hole = True
                return run
            run.events.append(event)
            tail = n
        return run

    def whole(self, found: Whole) -> WholeSession | None:
        """The session as it was found; None while it has no view that goes with its entries.

        Raises:
            Foreign: something in it is not the home's.
        """
        if None in (found.at, found.begins, found.view, found.seal):
            return None
        view = found.view or b""
        try:
            at, begins = int(found.at or b""), int(found.begins or b"")
        except ValueError:
            raise Foreign("a view that stands nowhere") from None
        if not self._sealer.is_view(at, begins, view, found.seal):
            raise Foreign(f"a view at {at}")
        events: list[Numbered] = []
        last: int | None = None
        for entry in found.entries:
            try:
                n, event = self._read(entry)
            except Foreign:
                if last is not None and last >= at:
                    break  # what is before it stands; `after` comes upon it
                raise
            if event is None or (last is not None and n != last + 1):
                events = []
            if event is not None:
                events.append(event)
            last = n
        if last is not None and last < at:
            return None  # what leads up to the view is still to come, and would be lost
        if events and events[0][0].n > at + 1:
            return None
        if last is not None and not events and last > at:
            return None
        return WholeSession(begins, view, at, events)

    def _read(self, entry: Entry) -> tuple[int, Numbered | None]:
        where, fields = entry
        n = n_of(where)
        if n is None:
            raise Foreign(f"an entry {where.decode('ascii', 'replace')}")
        body, seal = fields.get(b"f"), fields.get(b"s")
        if body is None:
            if not self._sealer.is_jump(n, seal):
                raise Foreign(f"an entry {n} without an event")
            return n, None
        if not self._sealer.is_event(n, body, seal):
            raise Foreign(f"an event {n}")
        try:
            event = decode_event(body)
            place = event.cursor.parse()
        except (InvalidEvent, LashdError, msgspec.DecodeError, ValueError) as error:
            raise Foreign(f"an event {n}: {error}") from None
        if (place.session_id, place.incarnation, place.n) != (
            self._session_id,
            self._incarnation,
            n,
        ):
            raise Foreign(f"an event {n} of somewhere else")
        return n, (event, frame(body))
