"""A home's relay: follows the local daemon's list, and pushes each session that has something new.

One life of it is one connection to the engine and one life of the daemon. Whatever fails ends that
life; the next one begins with what the engine has then.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import msgspec

from lashd._version import __version__
from lashd.client.aio import Client
from lashd.connect import jitter
from lashd.errors import ConnectionFailed, LashdError
from lashd.protocol.reconnect import STABLE_AFTER, Backoff
from lashd.relay.engine import Engine, EngineFailed, engine_at
from lashd.relay.failures import sentence_of
from lashd.relay.keys import Keys
from lashd.relay.pushing import Ring
from lashd.relay.raw import BODY, decode_raw
from lashd.relay.seal import Sealer
from lashd.relay.sealed import SessionSealer, read_row, sealed_limits, sealed_row
from lashd.relay.session_push import SessionPush
from lashd.session.row import SessionRow

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

log = logging.getLogger(__name__)

BEAT_EVERY = 2.0
"""Seconds between the signs that the home is there."""
BEAT_COUNTS_MS = 10_000
"""For so long a sign counts: a few may be late."""
REFRESH_EVERY = 3600.0
"""Seconds after which what is complete is touched, so that the engine does not forget it."""
CONNECTIONS_SHARE = 4
"""Of a daemon's connections one in so many is for sessions that are read at a time, the others wait
for their turn: agents and people need the rest."""
ROWS_A_PUSH = 128
ROWS_LACK_BEATS = 2
"""Signs in a row with which the engine has another number of rows than there are sessions, until
all are put again: another relay of this home can be ahead for a moment."""
LOOK_AT_ONCE = 128
"""Sessions whose last ids are asked for in one step."""

_row = msgspec.msgpack.Decoder(SessionRow).decode


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """What a relay needs to know."""

    url: str
    home: str
    socket_path: str
    key: bytes = b""
    say: Callable[[str], None] = field(default=lambda sentence: None)
    """Told what a person should know: when it is at work, and why it is not."""


async def relay(options: RelayOptions) -> None:
    """Relay until cancelled."""
    token = secrets.token_hex(8)
    keys, backoff = Keys(options.home), Backoff(jitter.chance)
    told = ""
    while True:
        began = anyio.current_time()
        life = _Life(options, keys, token)
        try:
            async with engine_at(options.url, keys) as engine:
                await life.run(engine)
        except* LashdError as failures:
            why = sentence_of(failures)
            if life.is_at_work or why != told:
                options.say(f"not relaying: {why}; trying again")
            told = why
        if anyio.current_time() - began >= STABLE_AFTER:
            backoff.reset()
        await anyio.sleep(backoff.next_delay())


class _Life:
    """One connection to the engine, one life of the daemon."""

    def __init__(self, options: RelayOptions, keys: Keys, token: str) -> None:
        self.is_at_work = False
        self._options = options
        self._keys = keys
        self._token = token
        self._sealer = Sealer(keys.home, options.key)
        self._pushes: dict[str, SessionPush] = {}
        self._born: dict[str, int | None] = {}
        """Each session's `started_at`: a namesake has another."""
        self._due_rows: dict[str, bytes] = {}
        """The newest row of each session that is to be put; empty where it was removed."""
        self._rows_due = anyio.Event()
        self._rows_turn = anyio.Lock()
        """Changes of the list go out one after the other: no row comes after its removal."""
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._slots = anyio.Semaphore(1)
        self._incarnation = 0
        self._ring = Ring(1, 1)

    async def run(self, engine: Engine) -> None:
        """Push until something fails."""
        socket_path = self._options.socket_path
        async with Client(socket_path, decode=decode_raw) as client:
            await self._claim(engine, client)
            before = await self._stale(engine)
            async with anyio.create_task_group() as group:
                group.start_soon(self._beat, engine, group)
                group.start_soon(self._put_rows, engine)
                await self._follow(engine, client, group, before)
                group.cancel_scope.cancel()
        raise ConnectionFailed(f"the daemon at {socket_path} stopped")

    # -- the home ---------------------------------------------------------------------------------

    async def _claim(self, engine: Engine, client: Client) -> None:
        status = await client.status()
        self._incarnation = status["incarnation"]
        limits = msgspec.msgpack.encode(status["limits"])
        self._limits = sealed_limits(self._sealer, self._incarnation, limits)
        store = status["limits"]["store"]
        self._ring = Ring(store["max_events_per_session"], store["max_bytes_per_session"])
        connections: int = status["limits"]["max_connections"]
        self._slots = anyio.Semaphore(max(1, connections // CONNECTIONS_SHARE))
        _, before = await self._sign(engine)
        if before is not None and before != self._incarnation:
            # The daemon was started again: what the one before it had is only in the way.
            _, rows, _ = await engine.table()
            gone = [self._keys.session(before, session_id) for session_id, _ in rows]
            names = [name for each in gone for name in (each.events, each.view)]
            await engine.remove([self._keys.rows, self._keys.list, *names])

    async def _sign(self, engine: Engine) -> tuple[str, int | None]:
        taken, had, inc = await engine.claim(
            self._token, self._incarnation, __version__, self._limits, BEAT_COUNTS_MS
        )
        if not taken:
            raise EngineFailed(
                f"another daemon is relayed as `{self._keys.home}`: give each its own --home"
            )
        return had, inc

    async def _beat(self, engine: Engine, group: TaskGroup) -> None:
        refreshed, is_alone = anyio.current_time(), True
        lacking = 0
        while True:
            await anyio.sleep(BEAT_EVERY)
            had, _ = await self._sign(engine)
            if not had:
                raise EngineFailed("the engine was emptied")
            if had != self._token and is_alone:
                is_alone = False
                log.warning("! `%s` has another relay, too: one is enough", self._keys.home)
            refresh = anyio.current_time() - refreshed >= REFRESH_EVERY
            if refresh:
                refreshed = anyio.current_time()
            await self._look_at_complete(engine, refresh)
            for session_id, push in self._pushes.items():
                # The daemon had no room for another connection, perhaps, or the engine lost it.
                self._start(group, session_id, push)
            async with self._rows_turn:
                if not self._due_rows:  # keeps them from being forgotten, too
                    has_all = await engine.put_rows([], self._row_count)
                    lacking = 0 if has_all else lacking + 1
            if lacking >= ROWS_LACK_BEATS:
                raise EngineFailed("the engine has not the rows that it was given")

    async def _look_at_complete(self, engine: Engine, refresh: bool) -> None:
        """The engine may have lost what was pushed long ago."""
        idle = [(name, push) for name, push in self._pushes.items() if not push.is_at_work]
        for begin in range(0, len(idle), LOOK_AT_ONCE):
            some = idle[begin : begin + LOOK_AT_ONCE]
            found = await engine.lasts([push.keys for _, push in some], refresh=refresh)
            for (name, push), (last, view_at) in zip(some, found, strict=True):
                if push.is_at_work or self._pushes.get(name) is not push:
                    continue  # since it was asked: it goes on, or was removed
                await push.compare(last, view_at)

    # -- the list ---------------------------------------------------------------------------------

    async def _stale(self, engine: Engine) -> dict[str, int | None]:
        """When each session was born that the engine has rows of."""
        _, rows, _ = await engine.table()
        born: dict[str, int | None] = {}
        for session_id, sealed in rows:
            row = read_row(self._sealer, self._incarnation, session_id, sealed)
            born[session_id] = row.started_at if row is not None else -1
        return born

    async def _follow(
        self, engine: Engine, client: Client, group: TaskGroup, before: dict[str, int | None]
    ) -> None:
        async with client.follow(reconnect=False) as follow:
            async for records in follow:
                for record in records:
                    kind = record["type"]
                    if kind == "session":
                        row = _row(record[BODY])
                        stale = before.pop(row.session_id, row.started_at)
                        if stale != row.started_at:
                            await self._forget(engine, row.session_id)
                        await self._session(engine, client, group, row, record[BODY])
                    elif kind == "session_removed":
                        await self._forget(engine, record["session_id"])
                    elif kind == "synced" and not self.is_at_work:
                        for session_id in before:
                            await self._forget(engine, session_id)
                        self.is_at_work = True
                        self._options.say(f"relaying {len(self._pushes)} sessions")
                    elif kind == "end":
                        return

    async def _session(
        self, engine: Engine, client: Client, group: TaskGroup, row: SessionRow, body: bytes
    ) -> None:
        session_id = row.session_id
        if self._born.setdefault(session_id, row.started_at) != row.started_at:
            await self._forget(engine, session_id)
            self._born[session_id] = row.started_at
        push = self._pushes.get(session_id)
        if push is None:
            push = self._pushes[session_id] = SessionPush(
                engine,
                client,
                SessionSealer(self._sealer, self._incarnation, session_id),
                self._keys.session(self._incarnation, session_id),
                session_id=session_id,
                incarnation=self._incarnation,
                ring=self._ring,
            )
        push.row(row)
        sealed = sealed_row(self._sealer, self._incarnation, session_id, body)
        self._row_due(session_id, sealed)
        self._start(group, session_id, push)

    def _start(self, group: TaskGroup, session_id: str, push: SessionPush) -> None:
        if not push.is_at_work and not push.has_all:
            push.is_at_work = True
            group.start_soon(self._run, session_id, push)

    async def _run(self, session_id: str, push: SessionPush) -> None:
        with anyio.CancelScope() as scope:
            self._scopes[session_id] = scope
            try:
                has_more = True
                while has_more:
                    async with self._slots:
                        has_more = await push.run(self._others_wait)
            finally:
                push.is_at_work = False
                if self._scopes.get(session_id) is scope:
                    del self._scopes[session_id]

    def _others_wait(self) -> bool:
        return self._slots.statistics().tasks_waiting > 0

    @property
    def _row_count(self) -> int | None:
        """How many rows the engine is to have; None while not all sessions are known."""
        return len(self._pushes) if self.is_at_work else None

    async def _forget(self, engine: Engine, session_id: str) -> None:
        push = self._pushes.pop(session_id, None)
        self._born.pop(session_id, None)
        scope = self._scopes.pop(session_id, None)
        if scope is not None:
            scope.cancel()
        keys = push.keys if push else self._keys.session(self._incarnation, session_id)
        await engine.remove([keys.events, keys.view])
        # At once: a namesake's row would else take the place of the removal.
        self._due_rows.pop(session_id, None)
        async with self._rows_turn:
            await engine.put_rows([(session_id, b"")], self._row_count)

    def _row_due(self, session_id: str, sealed: bytes) -> None:
        self._due_rows[session_id] = sealed
        self._rows_due.set()

    async def _put_rows(self, engine: Engine) -> None:
        while True:
            await self._rows_due.wait()
            self._rows_due = anyio.Event()
            while self._due_rows:
                async with self._rows_turn:
                    some = list(self._due_rows.items())[:ROWS_A_PUSH]
                    for session_id, _ in some:
                        del self._due_rows[session_id]
                    await engine.put_rows(some, self._row_count)
