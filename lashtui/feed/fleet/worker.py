"""Follows the list of one daemon for the app: feeds what arrives into the fleet, calls back.

It decides when to follow again, and starts a daemon if it may. It knows no widget. anyio and the
async client are imported by the worker: the first picture needs neither.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from lashd.errors import (
    ConnectionFailed,
    LashdError,
    LifecycleError,
    RequestRefused,
    VersionMismatch,
)
from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.rows import Fleet, Record, RowChange
from lashtui.feed.retry import Retry
from lashtui.saved.session_key import SessionKey
from lashtui.text.format import plural

NEWS_FOR = 5.0
"""Seconds after a restart in which it is news: publishers come back within one or two."""

Listener: TypeAlias = Callable[[list[RowChange]], None]


class RowStream(Protocol):
    """The list's records in batches, across lost connections; an empty batch says that
    `silent_since` has changed."""

    @property
    def silent_since(self) -> float | None: ...
    def retry_now(self) -> None: ...
    def __aiter__(self) -> AsyncIterator[list[dict[str, object]]]: ...


Follow: TypeAlias = Callable[[str, str | None], AbstractAsyncContextManager[RowStream]]
"""Opens the stream at a socket's path, from a position or from the beginning."""


class FleetFeed:
    """The sessions of one daemon, followed. `run` is the worker; it never ends by itself.

    Attributes:
        fleet: the rows.
        connection: to the daemon, in the words of a session's connection.
        is_too_old: the daemon has no such list, or speaks another version; `problem` says which.
        problem: why the list can't be had, in a sentence without a full stop; empty while it can.
        is_starting: whether it is starting a daemon.
        listeners: called in the loop with what changed; with nothing if only the connection did.

    Args:
        host: the name under which the rows stand in the fleet.
        start: starts a daemon at a socket's path, called once if none is running at first: one
            that stops later is left stopped. May raise LifecycleError. None: start none.
        restart: the command that starts this daemon again, if it is no ordinary one.
        follow: opens the stream; by default with the async client.
        fleet: to share one with the feeds of other hosts.
    """

    def __init__(
        self,
        socket_path: str | Path,
        *,
        host: str = "",
        start: Callable[[str], object] | None = None,
        restart: str = "",
        follow: Follow | None = None,
        fleet: Fleet | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fleet = Fleet() if fleet is None else fleet
        self.connection = ConnectionStatus(host, clock)
        self.connection.restart = restart
        self.problem = ""
        self.is_too_old = False
        self.is_starting = False
        self.listeners: list[Listener] = []
        self.host = host
        self._clock = clock
        self._known_before: frozenset[SessionKey] = frozenset()
        self._restarted_at: float | None = None
        self._socket_path = str(socket_path)
        self._start = start
        self._follow = follow
        self._position: str | None = None
        """Up to where the fleet knows all."""
        self._stream: RowStream | None = None
        self._retry = Retry(self._socket_path)

    @property
    def is_followed(self) -> bool:
        """Whether whatever happens to a session now is heard of here."""
        return self.connection.is_live and self.fleet.is_synced(self.host)

    @property
    def hosts(self) -> Sequence[str]:
        """Other hosts in the same fleet: none."""
        return ()

    @property
    def unseen(self) -> frozenset[str]:
        """Other hosts of which nothing is heard at present: none."""
        return frozenset()

    def follows(self, host: str) -> bool:
        """Whether whatever happens to a session of `host` is heard of here."""
        return host == self.host and self.is_followed

    def connection_of(self, host: str) -> ConnectionStatus:
        """The connection that sessions of `host` are heard of by."""
        return self.connection

    def problem_of(self, host: str) -> str:
        """Why its list can't be had; empty while it can."""
        return self.problem or self.connection.reason

    @property
    def news(self) -> str:
        """That another daemon has taken the place of the one before, and how many sessions it
        doesn't have so far; empty if that is long ago."""
        at = self._restarted_at
        if at is None or self._clock() > at + NEWS_FOR or not self.is_followed:
            return ""
        missing = len(self._known_before - self.fleet.rows.keys())
        have = "has" if missing == 1 else "have"
        more = f"; {plural(missing, 'session')} {have} not come back" if missing else ""
        return f"the daemon was restarted{more}"

    async def run(self) -> None:
        """Follow until cancelled. A lost connection is shown, and what was missed is caught up."""
        connection, retry = self.connection, self._retry
        while True:
            try:
                await self._follow_once()
                retry.succeeded()
            except LashdError as error:
                self.is_too_old = isinstance(error, VersionMismatch)
                self.problem = await self._started_or_why_not(error)
                if not self.problem:
                    continue
                connection.lost(self.problem, retry.seconds)
            if connection.retry_at is None:
                connection.lost(retry_in=retry.seconds)
            self.fleet.lost(self.host)
            self._tell([])
            await retry.pause()

    def retry_now(self) -> None:
        """Try to connect at once instead of when the countdown ends."""
        if not self._retry.end_pause() and self._stream is not None:
            self._stream.retry_now()

    async def _follow_once(self) -> None:
        """One stream, from its beginning to its end record."""
        follow = self._follow or follow_daemon
        async with follow(self._socket_path, self._position) as stream:
            self._start = None  # one was running: somebody who stops it wants it stopped
            self._stream = stream
            try:
                async for records in stream:
                    changes = self._receive(records)
                    self.connection.answered(stream.silent_since)
                    self._tell(changes)
            finally:
                self._stream = None
                self.connection.answered()

    def _receive(self, records: Sequence[Record]) -> list[RowChange]:
        """Take in one batch; what has changed."""
        changes: list[RowChange] = []
        for record in records:
            match record.get("type"):
                case "following" | "reconnected":
                    self._note_restart(record.get("position"))
                    self.connection.opened()
                case "disconnected":
                    reason = str(record.get("reason") or "connection lost")
                    self.connection.lost(reason, record.get("retry_in"))
                    self.fleet.lost(self.host)
                case "end":
                    self.connection.end(str(record.get("reason")))
                    self.fleet.lost(self.host)
                case "synced":
                    self.problem, self.is_too_old = "", False
                    self.connection.synced()
            changes += self.fleet.receive(self.host, [record])
            position = record.get("position")
            # In the middle of a snapshot one knows but a part of what there is.
            if isinstance(position, str) and self.fleet.is_synced(self.host):
                self._position = position
        return changes

    def _note_restart(self, position: object) -> None:
        """Whether the list at `position` is of another daemon than what was known before it."""
        before = self._position
        if before is None or not isinstance(position, str) or _life(position) == _life(before):
            return
        self._restarted_at = self._clock()
        self._known_before = frozenset(key for key in self.fleet.rows if key.host == self.host)

    def _tell(self, changes: list[RowChange]) -> None:
        for listener in tuple(self.listeners):
            listener(changes)

    async def _started_or_why_not(self, error: LashdError) -> str:
        """Start a daemon, the first time that none is running; else why there is no list."""
        start, self._start = self._start, None
        if start is None or type(error) is not ConnectionFailed:
            why = error.message if isinstance(error, RequestRefused) else str(error)
            return self.connection.advised(why)
        from anyio import to_thread

        self.is_starting = True
        self._tell([])
        try:
            await to_thread.run_sync(start, self._socket_path, abandon_on_cancel=True)
        except LifecycleError as failed:
            return str(failed)
        finally:
            self.is_starting = False
        return ""


def _life(position: str) -> str:
    """The part of a position that is the same for one daemon's life: before its number."""
    return position.rpartition(":")[0]


@asynccontextmanager
async def follow_daemon(socket_path: str, position: str | None) -> AsyncIterator[RowStream]:
    """The list of the daemon at `socket_path`, from `position`.

    Raises:
        VersionMismatch: it has no such stream, or speaks another version.
    """
    from lashd.client.aio import Client

    async with Client(socket_path) as client, client.follow(position) as stream:
        yield stream
