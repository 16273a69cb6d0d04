"""The stream of one follower of the list: what it has read is a number, and nothing is queued.

Order: `following`; the removals and the rows that it has missed, each row once; `synced`; then
rows and removals as they come. Until `synced` the position stays where the follower began, so one
that is lost before begins there again. A slow one skips rows that were changed again meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from lashd.hub import records
from lashd.hub.listing.position import list_position
from lashd.protocol.framing import HEADER

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.hub.listing.rows import ListRow, ListRows

ROWS_A_CHUNK = 64
"""Rows made in a row: of a session that nobody watched, 512 events may have to be folded for it,
which takes 0.5 ms."""

_encode = msgspec.msgpack.Encoder().encode
_SESSION = b"\x83" + _encode("type") + _encode("session") + _encode("position")
_ROW = _encode("session")


class FollowerRole:
    """A connection that follows the list; its `HubConnection.source`."""

    def __init__(
        self,
        connection: HubConnection,
        rows: ListRows,
        body: Callable[[ListRow], bytes],
        *,
        incarnation: int,
        after: int | None,
    ) -> None:
        """Queues `following`.

        Args:
            connection: whose source it is.
            rows: what there is.
            body: gives a row as one msgpack map.
            incarnation: this daemon's.
            after: the number up to which it has read; None for nothing.
        """
        self.connection = connection
        self.ending: str | None = None
        """Reason of the `end` that comes once it has everything."""
        self._rows = rows
        self._body = body
        self._incarnation = incarnation
        self._n = after or 0
        self._sync_at = rows.n
        self._told_removed = rows.n if after is None else after
        self._born, self._last_born = 0, rows.born
        """It has the rows born up to the first; `synced` comes when it has those up to the
        second."""
        self._is_synced = self._is_pausing = False
        connection.send_frame(
            records.record(
                "following",
                position=self._position(self._n),
                served="snapshot" if after is None else "replay",
            )
        )

    def next_chunk(self, max_bytes: int) -> bytes | None:
        """The next records, or None if there are none, or it is the others' turn."""
        if self._is_pausing:
            self._is_pausing = False
            self.connection.look_again()
            return None
        if not self._is_synced:
            chunk = self._missed_removals(max_bytes) or self._missed_rows(max_bytes)
            if chunk:
                return chunk
            self._is_synced, self._n = True, self._sync_at
            return records.record("synced", position=self._position(self._n))
        chunk = self._news(max_bytes)
        if not chunk and self.ending is not None:
            self.finish(self.ending)
        return chunk

    def hold(self) -> None:
        """Nothing is broadcast to followers."""

    def finish(self, reason: str) -> None:
        """Say that no more comes, and close."""
        self.connection.source = None
        position = self._position(self._n)
        self.connection.send_frame(records.record("end", position=position, reason=reason))
        self.connection.close()

    # -- inside -----------------------------------------------------------------------------------

    def _missed_removals(self, max_bytes: int) -> bytes:
        frames: list[bytes] = []
        left = max_bytes
        for n, session_id in self._rows.removed_after(self._told_removed):
            if n > self._sync_at or left <= 0:
                break
            frames.append(self._removed(session_id, self._n))
            left -= len(frames[-1])
            self._told_removed = n
        return b"".join(frames)

    def _missed_rows(self, max_bytes: int) -> bytes | None:
        frames: list[bytes] = []
        left = max_bytes
        for row in self._rows.older_than(self._born, self._last_born, self._n):
            if left <= 0 or self._is_full(frames):
                break
            frames.append(self._row(row, self._n))
            left -= len(frames[-1])
            self._born = row.born
        return b"".join(frames) or None

    def _news(self, max_bytes: int) -> bytes | None:
        frames: list[bytes] = []
        left = max_bytes
        news: list[tuple[int, ListRow | str]] = [(row.n, row) for row in self._rows.after(self._n)]
        if removed := self._rows.removed_after(self._n):
            news = sorted([*news, *removed], key=lambda item: item[0])
        for n, item in news:
            if left <= 0 or self._is_full(frames):
                break
            frames.append(self._removed(item, n) if isinstance(item, str) else self._row(item, n))
            left -= len(frames[-1])
            self._n = n
        return b"".join(frames) or None

    def _is_full(self, frames: list[bytes]) -> bool:
        """So many rows were made that it is the others' turn."""
        self._is_pausing = len(frames) >= ROWS_A_CHUNK
        return self._is_pausing

    def _row(self, row: ListRow, n: int) -> bytes:
        body = self._body(row)
        head = _SESSION + _encode(self._position(n)) + _ROW
        return HEADER.pack(len(head) + len(body)) + head + body

    def _removed(self, session_id: str, n: int) -> bytes:
        return records.record("session_removed", session_id=session_id, position=self._position(n))

    def _position(self, n: int) -> str:
        return list_position(self._incarnation, n)
