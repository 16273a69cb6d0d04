"""Things with their seals: rows, events, jumps and views; as they are put, and read again."""

from __future__ import annotations

import msgspec

from lashd.relay.seal import SEAL_BYTES, Sealer
from lashd.session.row import SessionRow


class SessionSealer:
    """The seals of one session in one incarnation of its home."""

    def __init__(self, sealer: Sealer, incarnation: int, session_id: str) -> None:
        self._sealer = sealer
        self._place = (incarnation, session_id)

    def event(self, n: int, body: bytes) -> bytes:
        """Of event n."""
        return self._sealer.seal(body, "event", *self._place, n)

    def is_event(self, n: int, body: bytes, seal: bytes | None) -> bool:
        """Whether the home has written this event n."""
        return self._sealer.holds(seal, body, "event", *self._place, n)

    def jump(self, n: int) -> bytes:
        """Of the place up to which all is only in the view."""
        return self._sealer.seal(b"", "jump", *self._place, n)

    def is_jump(self, n: int, seal: bytes | None) -> bool:
        """Whether the home has said so."""
        return self._sealer.holds(seal, b"", "jump", *self._place, n)

    def view(self, at: int, begins: int, view: bytes) -> bytes:
        """Of a view that stands at n `at`."""
        return self._sealer.seal(view, "view", *self._place, at, begins)

    def is_view(self, at: int, begins: int, view: bytes, seal: bytes | None) -> bool:
        """Whether it is the home's."""
        return self._sealer.holds(seal, view, "view", *self._place, at, begins)


def sealed_limits(sealer: Sealer, incarnation: int, limits: bytes) -> bytes:
    """A home's limits behind their seal, which is good for its incarnation, too."""
    return sealer.seal(limits, "limits", incarnation) + limits


def read_limits(sealer: Sealer, incarnation: int, sealed: bytes) -> bytes | None:
    """The limits; None if the home did not write them, in this incarnation."""
    seal, limits = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    return limits if sealer.holds(seal, limits, "limits", incarnation) else None


_row = msgspec.msgpack.Decoder(SessionRow).decode


def sealed_row(sealer: Sealer, incarnation: int, session_id: str, row: bytes) -> bytes:
    """A row behind its seal."""
    return sealer.seal(row, "row", incarnation, session_id) + row


def read_row(sealer: Sealer, incarnation: int, session_id: str, sealed: bytes) -> SessionRow | None:
    """The row; None if the home did not write it."""
    seal, row = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    if not sealer.holds(seal, row, "row", incarnation, session_id):
        return None
    try:
        read = _row(row)
    except msgspec.DecodeError:
        return None
    return read if read.session_id == session_id else None
