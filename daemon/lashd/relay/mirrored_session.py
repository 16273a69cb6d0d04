"""One session of a mirror: what it has of it, and what it waits for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec import Raw

from lashd.errors import RequestRefused
from lashd.hub.views import view_of
from lashd.relay.arriving import Foreign, Reading, WholeSession
from lashd.session.row import Mirrored

if TYPE_CHECKING:
    from lashd.hub.mirrored import MirroredSessions
    from lashd.hub.session import LiveSession
    from lashd.relay.engine import Entry, Whole
    from lashd.relay.keys import SessionKeys
    from lashd.session.row import SessionRow

log = logging.getLogger(__name__)


class MirroredSession:
    """What the engine says of one session goes in; what is sound of it goes to the hub."""

    def __init__(
        self, hub: MirroredSessions, reading: Reading, keys: SessionKeys, row: SessionRow
    ) -> None:
        self.keys = keys
        self.needs_whole = True
        """It can't go on before it has been read as a whole."""
        self.is_refused = False
        """What there was as it was read the last time can't be shown."""
        self.next_try = 0.0
        """When it may be read as a whole again."""
        self._hub = hub
        self._reading = reading
        self._row = row
        self._foreign_at: int | None = None

    @property
    def session_id(self) -> str:
        """Its name."""
        return self._row.session_id

    @property
    def session(self) -> LiveSession | None:
        """As the hub has it; None while it can't be shown."""
        return self._hub.get(self._row.session_id)

    @property
    def tail(self) -> int:
        """n up to which it is here."""
        session = self.session
        return 0 if session is None else session.tail

    @property
    def has_ended(self) -> bool:
        """Nothing more is expected of it, as its home said."""
        return self._row.state == "ended"

    def describe(self, row: SessionRow, mirror: Mirrored) -> bool:
        """Its row; False if that is a namesake's."""
        if row.started_at != self._row.started_at:
            return False
        self._row = row
        session = self.session
        if session is not None:
            self._hub.describe(session, row, self._marked(mirror))
        return True

    def mark(self, mirror: Mirrored) -> None:
        """What the mirror says of all its sessions."""
        session = self.session
        if session is not None and session.mirror != self._marked(mirror):
            self._hub.mark(session, self._marked(mirror))

    def arrived(self, entries: list[Entry], mirror: Mirrored, now_ms: int) -> None:
        """What its stream has after its tail."""
        session = self.session
        if session is None:
            self.needs_whole = True
            return
        try:
            run = self._reading.after(session.tail, entries)
        except Foreign as error:
            run = error.run
            self._refuse(error, mirror, now_ms)
        if run.events:
            self._hub.append(session, run.events)
        self.needs_whole = self.needs_whole or run.has_hole

    def read_whole(self, found: Whole, mirror: Mirrored, now_ms: int) -> None:
        """It was read as a whole."""
        was_refused, self.is_refused = self.is_refused, False
        try:
            whole = self._reading.whole(found)
            if whole is not None:  # else a view is still to come
                self._take(whole, mirror)
        except Foreign as error:
            self._refuse(error, mirror, now_ms)
        except RequestRefused as error:
            self.is_refused = True
            if not was_refused:
                log.warning("! %r can't be mirrored: %s", self._row.session_id, error.message)

    def remove(self) -> None:
        """Its home has removed it."""
        session = self.session
        if session is not None:
            self._hub.remove(session)

    # -- inside -----------------------------------------------------------------------------------

    def _take(self, whole: WholeSession, mirror: Mirrored) -> None:
        session = self.session
        if session is None:
            self._create(whole, mirror)
            return
        last = max([whole.at, *(event.n for event, _ in whole.events[-1:])])
        first = whole.events[0][0].n if whole.events else whole.at + 1
        if last < session.tail:
            return  # the engine has lost what was here already, and will be given it again
        if first > session.tail + 1:
            self._hub.replace(session, view_of(Raw(whole.view)), whole.at, whole.events)
        else:
            fresh = [each for each in whole.events if each[0].n > session.tail]
            if fresh:
                self._hub.append(session, fresh)
            elif last > session.tail:
                self._hub.replace(session, view_of(Raw(whole.view)), whole.at, [])
        self.needs_whole = False

    def _create(self, whole: WholeSession, mirror: Mirrored) -> None:
        view = view_of(Raw(whole.view))
        session = self._hub.create(self._row.session_id, whole.begins, view, whole.at, whole.events)
        self._hub.describe(session, self._row, self._marked(mirror))
        self.needs_whole = False

    def _refuse(self, error: Foreign, mirror: Mirrored, now_ms: int) -> None:
        if self._foreign_at is None:
            log.error(
                "! %r: the engine has %s, which its home did not write; it is not shown",
                self._row.session_id,
                error,
            )
            self._foreign_at = now_ms
        self.needs_whole = self.is_refused = True
        self.mark(mirror)

    def _marked(self, mirror: Mirrored) -> Mirrored:
        """With what a mirror said whose sessions these are: its home may be gone, not itself."""
        said = self._row.mirror or mirror
        last_seen_at = mirror.last_seen_at or said.last_seen_at
        return Mirrored(mirror.home, last_seen_at, self._foreign_at or said.foreign_at)
