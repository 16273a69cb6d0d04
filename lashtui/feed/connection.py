"""The connection to a session: what state it is in, and the words for it. Pure.

The worker and the records report what happens; widgets read `state` and `text()`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from math import ceil

from lashd.errors import HOW_TO_START
from lashtui.text.duration import duration_long
from lashtui.text.sanitize import safe_line


class ConnectionState(StrEnum):
    """What the connection is, in the words that a person reads."""

    CONNECTING = "connecting"
    WAITING = "waiting to appear"
    CATCHING_UP = "catching up"
    LIVE = "connected"
    RECONNECTING = "reconnecting"
    DISCONNECTED = "disconnected"


class ConnectionStatus:
    """The connection to one session, by a clock in seconds.

    Attributes:
        retry_at: when the next attempt comes, by the clock; None if none is scheduled.
        silent_since: since when, by the clock, a request has gone unanswered; None if none has.
        ended: `reason` of the stream's end record; None while the stream runs.
        is_known: the session has been shown before, so one that is missing now has gone.
        restart: the command that starts this daemon again, if it is no ordinary one.
    """

    def __init__(self, session_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = ConnectionState.CONNECTING
        self.retry_at: float | None = None
        self.silent_since: float | None = None
        self.ended: str | None = None
        self.is_known = False
        self.restart = ""
        self._session_id = session_id
        self._clock = clock
        self._reason = ""
        self._lost_at: float | None = None

    # -- what happens -----------------------------------------------------------------------------

    def opened(self) -> None:
        """The daemon serves the session: what was missed comes first, up to `synced` or
        `caught_up`."""
        self._connected(ConnectionState.CATCHING_UP)

    def caught_up(self) -> None:
        """The client has handed over everything that was missed. Changes nothing if live."""
        if self.state is ConnectionState.CATCHING_UP and self.is_known:
            self.synced()

    def synced(self) -> None:
        """The daemon says that everything up to the tail has been sent."""
        self._connected(ConnectionState.LIVE)

    def found(self) -> None:
        """A snapshot of the session has arrived."""
        self.is_known = True

    def awaiting(self) -> None:
        """Connected, but the daemon has no such session: its publisher may restore it."""
        self.state, self.retry_at = ConnectionState.WAITING, None

    def lost(self, reason: str | None = None, retry_in: float | None = None) -> None:
        """The connection is gone. `retry_in`: seconds until the next attempt; None: there is none.

        Args:
            reason: a sentence without a full stop; None keeps the one given before.
        """
        if self._lost_at is None and self.state in (
            ConnectionState.CATCHING_UP,
            ConnectionState.LIVE,
        ):
            self._lost_at = self._clock() if self.silent_since is None else self.silent_since
        self.retry_at = None if retry_in is None else self._clock() + retry_in
        # A stream that was ended on purpose stays ended, whatever an attempt to reconnect brings.
        if self.ended is None or self.state is not ConnectionState.DISCONNECTED:
            self.state = (
                ConnectionState.DISCONNECTED if retry_in is None else ConnectionState.RECONNECTING
            )
            if reason is not None:
                self._reason = safe_line(self.advised(reason))

    def end(self, reason: str) -> None:
        """The daemon ended the stream."""
        if self._lost_at is None:
            self._lost_at = self._clock()
        self.state, self.ended, self.retry_at = ConnectionState.DISCONNECTED, reason, None
        self._reason = {
            "stopped": "the daemon was stopped",
            "forgotten": "the session was removed from the daemon",
        }.get(reason, safe_line(reason))

    def answered(self, silent_since: float | None = None) -> None:
        """Whether the daemon answers: since when it has not, by the clock, or None."""
        self.silent_since = silent_since

    def _connected(self, state: ConnectionState) -> None:
        self.state, self._reason, self.retry_at, self.ended = state, "", None, None
        self._lost_at = None

    def advised(self, message: str) -> str:
        """What lashd says of the daemon, with what starts this one again."""
        if not self.restart:
            return message
        return message.replace(HOW_TO_START, f"start it again with `{self.restart}`")

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Whether what arrives now has just happened."""
        return self.state is ConnectionState.LIVE

    @property
    def is_seen(self) -> bool:
        """Whether it is live, and answers."""
        return self.is_live and self.silent_since is None

    @property
    def reason(self) -> str:
        """Why it was lost, neutralised; empty if that isn't known, or it is there."""
        return self._reason

    @property
    def is_gone(self) -> bool:
        """Whether the session was there and, as far as the daemon has said, is not any more."""
        return self.is_known and (
            self.ended == "forgotten" or self.state is ConnectionState.WAITING
        )

    @property
    def is_troubled(self) -> bool:
        """Whether nothing comes in at present that was coming in before."""
        return self.silent_since is not None or self.state in (
            ConnectionState.RECONNECTING,
            ConnectionState.DISCONNECTED,
        )

    @property
    def stale_for(self) -> float | None:
        """Seconds since the daemon was last heard of; None while it answers, or never has."""
        since = self._lost_at if self.silent_since is None else self.silent_since
        return None if since is None else max(0.0, self._clock() - since)

    def as_of(self, now_ms: int) -> int:
        """When what is shown was so, in Unix milliseconds: now, or when it was heard of last."""
        return now_ms - round((self.stale_for or 0) * 1000)

    @property
    def retry_in(self) -> int | None:
        """Whole seconds until the next attempt; None if none is scheduled."""
        return None if self.retry_at is None else max(0, ceil(self.retry_at - self._clock()))

    @property
    def ticks(self) -> bool:
        """Whether `text` changes with the clock alone."""
        return self.retry_at is not None or self.silent_since is not None

    def text(self, *, brief: bool = False) -> str:
        """The connection as a person reads it; `brief`: without when the next attempt comes."""
        if self.silent_since is not None:
            return f"daemon not responding for {duration_long(self._clock() - self.silent_since)}"
        wait = None if brief else self.retry_in
        match self.state:
            case ConnectionState.WAITING if self.is_known:
                removed = self.ended == "forgotten"
                gone = "session was removed" if removed else "session no longer on the daemon"
                return f"{gone}; will reconnect if it returns"
            case ConnectionState.WAITING:
                return f"waiting for {safe_line(self._session_id)} to appear"
            case ConnectionState.RECONNECTING:
                return f"reconnecting in {wait} s" if wait else "reconnecting"
            case ConnectionState.DISCONNECTED:
                again = "" if wait is None else f" · next try in {wait} s"
                return f"disconnected: {self._reason}{again}"
        return self.state.value
