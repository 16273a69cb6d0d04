"""What a reader does about a lost connection: when to reconnect, from where, and what to report.

Pure: `now` (seconds of any monotonic clock) and the random source are passed in. The attachments
(blocking and async) pass records in and do the I/O. Rules:

- The cursor to resume from is that of the last event or snapshot handed over. A gap or `attached`
  alone does not move it, since the snapshot that follows may still be lost.
- Forward only: an event or snapshot is never handed over twice.
- `attached` and `synced` are handed over once in a reader's life; a later `attached` becomes
  `reconnected`.
"""

from __future__ import annotations

from lashd.cursor import position_of
from lashd.protocol.client import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from lashd.errors import RequestRefused
    from lashd.protocol.records import Record

    ReaderState = Literal["connecting", "catching up", "live", "lost", "ended"]

PING_AFTER = 5.0
"""Seconds of silence before the daemon is pinged."""
DOUBT_AFTER = 1.0
"""Seconds without a pong before it is reported as silent: a stale view must not look live."""
GIVE_UP_AFTER = 10.0
"""Seconds without a pong before the connection counts as lost: a busy daemon blocks its loop for
10 ms, not for 10 s."""
BACKOFF_BASE = 0.2
"""Upper bound of the first delay: a daemon that is restarted at once is back in about that time."""
BACKOFF_CAP = 5.0
"""Upper bound of all delays: nobody waits longer for a daemon that is back."""
FAR_BACKOFF_CAP = 30.0
"""The same for another machine: each attempt starts an ssh here, and a login there if it gets so
far; a person can have one made at once."""
FAR_GRACE = 10.0
"""Seconds more for the first word of another machine: ssh connects, and a login may take long."""
STABLE_AFTER = 1.0
"""Seconds. After a connection that lasted this long, a loss starts over with short delays."""

_LATER = frozenset(("limit", "no_home"))
"""Refusals that pass: a daemon that has as many connections as it takes, a mirror that was started
again and does not know its home yet. Who has never been there is told at once."""
_UNSEEN = frozenset(("pong", "hello"))
"""Answers for the connection, not for the reader."""


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
    """Tells a daemon that hangs from one that has nothing to send.

    Args:
        grace: how many seconds later than others it may say its first word: it is on a machine
            that takes time to log in.
    """

    def __init__(self, now: float, grace: float = 0.0) -> None:
        self._heard = now + grace
        self._pinged: float | None = None
        self._doubted = False

    def heard(self, now: float) -> None:
        """Bytes were received."""
        self._heard = now
        self._pinged = None
        self._doubted = False

    def check(self, now: float) -> Literal["ok", "ping", "doubt", "lost"]:
        """What to do now: nothing, send a ping (it counts as sent), report the daemon as silent
        (once), or give the connection up.

        The caller must read the socket before it asks: after a suspend of this program, the
        daemon's bytes are waiting there.
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
        """When to call `check` again."""
        if self._pinged is not None:
            return self._pinged + (GIVE_UP_AFTER if self._doubted else DOUBT_AFTER)
        return self._heard + PING_AFTER

    @property
    def silent_since(self) -> float | None:
        """When the daemon was last heard, while it is overdue with an answer; else None."""
        return self._heard if self._doubted else None


class Resumable:
    """The progress of one stream across connections.

    The caller connects, shakes hands, sends `request_message()` and calls `connected(now)`. It
    passes records to `receive` and hands over the result. On a loss, and when `put_off` says so, it
    calls `lost(reason, now)` and waits until `retry_at`.
    """

    feature: str | None = None
    """What the daemon's hello must name for this stream to be asked for."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._connected_at: float | None = None
        self.ended: Record | None = None
        """The `end` record, once received."""
        self.refused: RequestRefused | None = None
        """What the daemon answered instead of a stream."""
        self.put_off: str | None = None
        """Why this connection is of no use, though a later one may be."""
        self._was_lost = False
        self.state: ReaderState = "connecting"
        self.retry_at: float | None = None
        """When to try again, while the connection is lost."""

    def request_message(self) -> Record:
        """What to send after the handshake."""
        raise NotImplementedError

    def receive(self, records: list[Record]) -> list[Record]:
        """The records to hand over, in order. An `error` sets `refused` and ends the stream, or
        sets `put_off`."""
        raise NotImplementedError

    def _on_error(self, record: Record) -> None:
        if record.get("again") is True or (self._was_lost and record.get("code") in _LATER):
            self.put_off = refusal(record).message
            return
        self.refused = refusal(record)
        self.state = "ended"

    def _place(self) -> Record:
        """Where the stream is to be resumed, as a field of a record."""
        raise NotImplementedError

    def connected(self, now: float) -> None:
        """The request was sent."""
        self.state = "connecting"
        self.retry_at = None
        self.put_off = None
        self._connected_at = now

    def lost(self, reason: str, now: float) -> Record:
        """The connection was lost, or an attempt failed; returns the `disconnected` record.

        `retry_in`: seconds until `retry_at`.
        """
        if self._connected_at is not None and now - self._connected_at >= STABLE_AFTER:
            self._backoff.reset()
        self._connected_at = None
        self._was_lost = True
        delay = self._backoff.next_delay()
        self.state = "lost"
        self.retry_at = now + delay
        return {
            "type": "disconnected",
            **self._place(),
            "reason": reason,
            "retry_in": round(delay, 3),
        }

    def retry_now(self, now: float) -> None:
        """The user asks to try at once."""
        if self.state == "lost":
            self.retry_at = now
            self._backoff.reset()


class ResumableReader(Resumable):
    """One reader's progress in a session."""

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
        super().__init__(backoff)
        self._start = start
        self._attached = False
        self._synced = False
        self._resumable = False
        self._skip_snapshot = False
        self._delivered: tuple[int, int] | None = None
        self.session_id = session_id
        """Known once attached, if not before."""
        self.cursor = cursor
        """Where to resume: everything up to here was handed over."""

    def request_message(self) -> Record:
        """What to send after the handshake.

        A reader that was attached before waits for its session: the publisher restores the session
        to a restarted daemon, but may come back later than the reader.
        """
        if not self._attached:
            return self._first
        message = {"type": "attach", "session_id": self.session_id, "wait": True}
        if self._resumable:
            return {**message, "start": "cursor", "cursor": self.cursor}
        return {**self._first, **message}

    def lost(self, reason: str, now: float) -> Record:
        """As of any stream; a snapshot that was to be skipped won't come."""
        self._skip_snapshot = False
        return super().lost(reason, now)

    def _place(self) -> Record:
        return {"cursor": self.cursor}

    def receive(self, records: list[Record]) -> list[Record]:
        """The records to hand over, in order; an `error` is the last of them."""
        out: list[Record] = []
        for record in records:
            kind = record["type"]
            if kind == "error":
                self._on_error(record)
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
        # With a cursor from the caller we resume from it even before anything was handed over; with
        # `start` and `snapshot` the same request is repeated.
        self._resumable = self.cursor is not None
        out.append(record)

    def _on_gap(self, record: Record, out: list[Record]) -> None:
        position = position_of(record.get("cursor"))
        if self._before(position) and record.get("reason") != "unavailable":
            self._skip_snapshot = True
            return
        # Unavailable: the daemon numbers anew, so earlier positions prove nothing.
        if record.get("reason") == "unavailable":
            self._delivered = None
        self._skip_snapshot = False
        out.append(record)

    def _on_observation(self, record: Record, out: list[Record]) -> None:
        if self._skip_snapshot:
            self._skip_snapshot = False
            return
        if self._before(position_of(record.get("cursor"))):
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
        """True if `position` is older than what was handed over, in the same incarnation."""
        done = self._delivered
        if done is None or position is None:
            return False
        return position[0] == done[0] and position[1] < done[1]

    def _forward(self, record: Record, *, snapshot: bool = False) -> bool:
        """Move the cursor to the record's; False if the record was handed over already."""
        cursor = record.get("cursor")
        position = position_of(cursor)
        if position is None:
            return True
        if not snapshot and (position == self._delivered or self._before(position)):
            return False
        self._delivered = position
        self.cursor = cursor
        self._resumable = True
        return True
