"""What a reader does about a lost connection: when to come back, from where, and what to tell.

Pure: `now` (seconds of any monotonic clock) and the random source come in. The shells (blocking
and async) feed records in and do as they are told. Rules:

- The cursor to resume from is that of the last event or snapshot handed over. A gap or `attached`
  alone does not move it: their snapshot may still be lost.
- Forward only: an event or snapshot that was handed over already is not handed over again.
- `attached` and `synced` surface once in a reader's life; a later `attached` is `reconnected`.
"""

from __future__ import annotations

from lashd.protocol.client import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from lashd.errors import RequestRefused
    from lashd.protocol.records import Record

    ReaderState = Literal["connecting", "catching up", "live", "lost", "ended"]

PING_AFTER = 5.0
"""Seconds of silence before we ask whether the daemon still lives."""
DOUBT_AFTER = 1.0
"""Seconds more before we say that it is silent: nobody must take old words for the live ones."""
GIVE_UP_AFTER = 10.0
"""Seconds after the question before we take it for lost: a busy daemon holds its loop for 10 ms,
not for 10 s."""
BACKOFF_BASE = 0.2
"""Upper end of the first delay: a daemon that is restarted at once is back in about that time."""
BACKOFF_CAP = 5.0
"""Upper end of all delays: nobody waits longer for a daemon that is there again."""
STABLE_AFTER = 1.0
"""A connection that lived so long was a good one: the next loss starts over with short delays."""

_UNSEEN = frozenset(("pong", "hello"))
"""Answers to ourselves, not to our caller."""

POSITION_BITS = 40
_POSITION_MASK = 2**POSITION_BITS - 1


class Backoff:
    """Delays with full jitter: uniform between 0 and a bound that doubles up to a cap.

    Args:
        random: gives numbers in [0, 1).
    """

    def __init__(
        self,
        random: Callable[[], float],
        *,
        base: float = BACKOFF_BASE,
        cap: float = BACKOFF_CAP,
    ) -> None:
        self._random = random
        self._base = base
        self._cap = cap
        self.attempts = 0

    def next_delay(self) -> float:
        """Seconds to wait before the next attempt."""
        bound = min(self._cap, self._base * 2.0 ** min(self.attempts, 32))
        self.attempts += 1
        return self._random() * bound

    def reset(self) -> None:
        """The last connection was good."""
        self.attempts = 0


class Watchdog:
    """Tells a silent daemon from a quiet one."""

    def __init__(self, now: float) -> None:
        self._heard = now
        self._pinged: float | None = None
        self._doubted = False

    def heard(self, now: float) -> None:
        """Bytes came."""
        self._heard = now
        self._pinged = None
        self._doubted = False

    def check(self, now: float) -> Literal["ok", "ping", "doubt", "lost"]:
        """What to do now: nothing, send a ping (counted as sent), say that the daemon is silent
        (once), or give the connection up.

        The caller reads what the socket holds before it asks: a program that slept itself finds
        the daemon's bytes there.
        """
        if self._pinged is not None:
            if now >= self._pinged + GIVE_UP_AFTER:
                return "lost"
            if self._doubted or now < self._pinged + DOUBT_AFTER:
                return "ok"
            self._doubted = True
            return "doubt"
        if now < self._heard + PING_AFTER:
            return "ok"
        self._pinged = now
        return "ping"

    @property
    def deadline(self) -> float:
        """When to ask again."""
        if self._pinged is not None:
            return self._pinged + (GIVE_UP_AFTER if self._doubted else DOUBT_AFTER)
        return self._heard + PING_AFTER

    @property
    def silent_since(self) -> float | None:
        """When the last was heard of a daemon that has not answered in time; None: all is well."""
        return self._heard if self._doubted else None


class ResumableReader:
    """One reader's attachment across connections.

    The caller: connect, handshake, send `attach_message()`, call `connected(now)`; hand records to
    `receive` and give its result on; on loss `lost(reason, now)`, then wait until `retry_at`.
    """

    def __init__(
        self,
        session_id: str | None,
        *,
        cursor: str | None = None,
        start: str = "snapshot",
        last: int | None = None,
        wait: bool = False,
        backoff: Backoff,
    ) -> None:
        self._first: Record = {"type": "attach", "start": "cursor" if cursor else start}
        if session_id is not None:
            self._first["session_id"] = session_id
        if cursor is not None:
            self._first["cursor"] = cursor
        if last is not None:
            self._first["last"] = last
        if wait:
            self._first["wait"] = True
        self._backoff = backoff
        self._start = start
        self._attached = False
        self._synced = False
        self._resumable = False
        self._skip_snapshot = False
        self._delivered: tuple[int, int] | None = None
        self._connected_at: float | None = None
        self.session_id = session_id
        """Known at the latest when attached."""
        self.cursor = cursor
        """Where to resume: everything up to it was handed over."""
        self.ended: Record | None = None
        """The `end` record, once it came."""
        self.refused: RequestRefused | None = None
        """What the daemon answered instead of a stream."""
        self.state: ReaderState = "connecting"
        self.retry_at: float | None = None
        """When to try again, while lost."""

    def attach_message(self) -> Record:
        """What to send after the handshake.

        A reader that was attached before waits for its session: a daemon that was restarted gets
        it back from the session's publisher, perhaps later than it gets us.
        """
        if not self._attached:
            return self._first
        message = {"type": "attach", "session_id": self.session_id, "wait": True}
        if self._resumable:
            return {**message, "start": "cursor", "cursor": self.cursor}
        return {**self._first, **message}

    def connected(self, now: float) -> None:
        """The attach message was sent."""
        self.state = "connecting"
        self.retry_at = None
        self._connected_at = now

    def lost(self, reason: str, now: float) -> Record:
        """The connection was lost, or none was got: the record that says so.

        `retry_in`: seconds until `retry_at`.
        """
        if self._connected_at is not None and now - self._connected_at >= STABLE_AFTER:
            self._backoff.reset()
        self._connected_at = None
        self._skip_snapshot = False
        delay = self._backoff.next_delay()
        self.state = "lost"
        self.retry_at = now + delay
        return {
            "type": "disconnected",
            "cursor": self.cursor,
            "reason": reason,
            "retry_in": round(delay, 3),
        }

    def retry_now(self, now: float) -> None:
        """Somebody asks to try at once."""
        if self.state == "lost":
            self.retry_at = now
            self._backoff.reset()

    def receive(self, records: list[Record]) -> list[Record]:
        """The records to hand over, in order. An `error` sets `refused` and ends the reader."""
        out: list[Record] = []
        for record in records:
            kind = record["type"]
            if kind == "error":
                self.refused = refusal(record)
                self.state = "ended"
                break
            if kind == "attached":
                self._on_attached(record, out)
            elif kind == "gap":
                self._on_gap(record, out)
            elif kind == "observation":
                self._on_observation(record, out)
            elif kind == "synced":
                self._on_synced(record, out)
            elif kind == "end":
                self.ended = record
                self.state = "ended"
                out.append(record)
            elif kind not in _UNSEEN and self._forward(record):
                out.append(record)
            if self.ended is not None:
                break
        return out

    # -- control records --------------------------------------------------------------------------

    def _on_attached(self, record: Record, out: list[Record]) -> None:
        self.session_id = record.get("session_id", self.session_id)
        self.state = "catching up"
        if self._attached:
            served = record.get("served")
            out.append({"type": "reconnected", "cursor": record.get("cursor"), "served": served})
            return
        self._attached = True
        if self._start == "now" and not self._resumable:
            self.cursor = record.get("cursor")
        # A cursor of the caller's is resumed from even before anything was handed over; with
        # `start` and `snapshot` the same request is repeated.
        self._resumable = self.cursor is not None
        out.append(record)

    def _on_gap(self, record: Record, out: list[Record]) -> None:
        position = _position(record.get("cursor"))
        if self._before(position) and record.get("reason") != "unavailable":
            self._skip_snapshot = True
            return
        # Unavailable: the numbering that we knew is not the daemon's, so it proves nothing.
        if record.get("reason") == "unavailable":
            self._delivered = None
        self._skip_snapshot = False
        out.append(record)

    def _on_observation(self, record: Record, out: list[Record]) -> None:
        if self._skip_snapshot:
            self._skip_snapshot = False
            return
        if self._before(_position(record.get("cursor"))):
            return
        self._forward(record, snapshot=True)
        out.append(record)

    def _on_synced(self, record: Record, out: list[Record]) -> None:
        self.state = "live"
        cursor = record.get("cursor")
        if cursor is not None and not self._resumable:
            self.cursor = cursor
            self._resumable = True
        if not self._synced:
            self._synced = True
            out.append(record)

    # -- positions --------------------------------------------------------------------------------

    def _before(self, position: tuple[int, int] | None) -> bool:
        """True if `position` is older than what was handed over, in the same numbering."""
        done = self._delivered
        if done is None or position is None:
            return False
        return position[0] == done[0] and position[1] < done[1]

    def _forward(self, record: Record, *, snapshot: bool = False) -> bool:
        """Move the cursor to that of the record; False if it was handed over already."""
        cursor = record.get("cursor")
        position = _position(cursor)
        if position is None:
            return True
        if not snapshot and (position == self._delivered or self._before(position)):
            return False
        self._delivered = position
        self.cursor = cursor
        self._resumable = True
        return True


def _position(cursor: object) -> tuple[int, int] | None:
    """(incarnation, n) of a cursor's text; None where there is none."""
    if not isinstance(cursor, str):
        return None
    parts = cursor.split(":", 3)
    if len(parts) < 4 or not parts[2].isdecimal():
        return None
    position = int(parts[2])
    return position >> POSITION_BITS, position & _POSITION_MASK
