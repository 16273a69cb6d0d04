"""The readers of a session that have everything: what comes next is cut once, for all of them.

A reader is live from the moment that it has taken all there is until the kernel does not take what
it is given, or until something else is to be sent to it. Live readers share one position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from lashd.errors import SubscriberLagged, SubscriptionClosed

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection


class Slice(NamedTuple):
    """Frames of consecutive events as one blob."""

    blob: bytes
    last: int
    """n of the last event."""
    cursor: str
    """Cursor of the last event."""


class Broadcast(NamedTuple):
    """The same bytes for several connections, to be written at once."""

    blob: bytes
    connections: list[HubConnection]


class Readable(Protocol):
    """A session, as far as it is read here."""

    tail: int

    def read(self, after: int, max_bytes: int, up_to: int | None) -> Slice | None:
        """See `LiveSession.read`."""
        ...


class LiveReader(Protocol):
    """A reader, as far as it is of interest here."""

    position: int
    cursor: str

    @property
    def connection(self) -> HubConnection:
        """Its connection."""
        ...


class LiveReaders:
    """The live readers of one session."""

    def __init__(self, session: Readable) -> None:
        self._session = session
        self._readers: dict[LiveReader, None] = {}
        self._position = 0
        self._cursor = ""

    def __len__(self) -> int:
        return len(self._readers)

    def join(self, reader: LiveReader) -> bool:
        """`reader` has everything; False where the others don't have it yet."""
        if not self._readers:
            self._position, self._cursor = reader.position, reader.cursor
        elif reader.position != self._position:
            return False
        self._readers[reader] = None
        return True

    def leave(self, reader: LiveReader) -> None:
        """`reader` has its own position from here on."""
        if reader in self._readers:
            del self._readers[reader]
            reader.position, reader.cursor = self._position, self._cursor

    def advance(self, max_bytes: int) -> Broadcast | None:
        """What has come since, for all of them; None where it is over `max_bytes`, or gone."""
        try:
            cut = self._session.read(self._position, max_bytes, None)
        except (SubscriberLagged, SubscriptionClosed):
            return None
        if cut is None:
            return Broadcast(b"", [])
        if cut.last < self._session.tail or len(cut.blob) > max_bytes:
            return None
        self._position, self._cursor = cut.last, cut.cursor
        return Broadcast(cut.blob, [reader.connection for reader in self._readers])

    def disband(self) -> list[HubConnection]:
        """Each has its own position from here on; their connections."""
        readers = list(self._readers)
        for reader in readers:
            self.leave(reader)
        return [reader.connection for reader in readers]
