"""The engine: Redis or Valkey through coredis, which nothing else imports. What went wrong is a
sentence; whoever uses it starts again from what the engine has then."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio
from coredis import Redis
from coredis.exceptions import AuthenticationError, RedisError
from coredis.exceptions import ConnectionError as ConnectionLost
from coredis.retry import ConstantRetryPolicy

from lashd.errors import LashdError
from lashd.relay import scripts
from lashd.relay.keys import Keys, SessionKeys
from lashd.relay.url import shown_url, tls_of
from lashd.wire_limits import MIB

ANSWER_WITHIN = 10
"""Seconds for an answer, or, for a mirror, without a byte of one: an engine that is stopped holds
the connection, and says nothing. What a mirror reads may be 16 MiB, and a road slow."""
CONNECT_WITHIN = 5.0
READ_FOR_MS = 1000
"""A read waits so long for something new; then its caller looks around."""
READ_ENTRIES = 512
"""Of each stream in one read."""
READ_BYTES = 4 * MIB
"""In one read no further stream is begun after so many: bounds what is held at once, to this and
what one stream brings, which has no more than its home's replay (8 MiB)."""
_AGAIN = ConstantRetryPolicy((ConnectionLost,), 2, delay=0.01)
"""A connection that was lost is made anew, at once: all commands can be given twice. Not for one on
which nothing comes, as that would take three times as long to be said."""
LIFETIME_MS = 48 * 3600 * 1000
"""Milliseconds after which the engine forgets what no relay has touched: the sessions of a machine
that is gone for good are not kept for ever."""
LIST_CHANGES = 1000
"""Changes of the list that are kept; a mirror that was away for longer takes all rows."""

Fields: TypeAlias = dict[bytes, bytes]
Entry: TypeAlias = tuple[bytes, Fields]


class EngineFailed(LashdError):
    """It can't be reached, does not answer, or refuses."""


class EngineFull(EngineFailed):
    """It has no memory left for what is to be written."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of an append."""

    landed: bool
    last: str
    """The last id that the stream has now; empty for no stream."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A session as the engine has it, at one moment."""

    at: bytes | None
    begins: bytes | None
    view: bytes | None
    seal: bytes | None
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class HomeSaid:
    """What the engine says of a home; all None but the time where it knows none."""

    now_ms: int
    """The engine's clock, by which `beat_ms` is, too."""
    list_last: str
    incarnation: int | None
    version: str
    limits: bytes | None
    beat_ms: int | None


class Engine:
    """The commands of a relay and a mirror. To be had from `engine_at`."""

    def __init__(
        self, client: Redis[bytes], keys: Keys, name: str, answer_within: float | None
    ) -> None:
        self.keys = keys
        self._client = client
        self._name = name
        self._answer_within = answer_within
        register = client.register_script
        self._push = register(scripts.PUSH)
        self._jump = register(scripts.JUMP)
        self._view = register(scripts.VIEW)
        self._lasts = register(scripts.LASTS)
        self._claim = register(scripts.CLAIM)
        self._rows = register(scripts.ROWS)
        self._table = register(scripts.TABLE)
        self._home = register(scripts.HOME)
        self._after = register(scripts.AFTER)
        self._whole = register(scripts.WHOLE)

    # -- for the relay ----------------------------------------------------------------------------

    async def claim(
        self, token: str, incarnation: int, version: str, limits: bytes, beat_counts_ms: int
    ) -> tuple[bool, str, int | None]:
        """Say that the home is there: whether that is taken, and whose token and incarnation it
        was before."""
        args = [token, incarnation, version, limits, beat_counts_ms, LIFETIME_MS]
        taken, had, inc = await self._run(self._claim, [self.keys.meta], args)
        return bool(taken), had.decode(errors="replace"), _number(inc)

    async def push(
        self,
        keys: SessionKeys,
        expected: str,
        keep_from: int,
        first: int,
        events: Sequence[tuple[bytes, bytes]],
    ) -> Pushed:
        """Append events and their seals, the first of them n `first`, if the last id is `expected`,
        and drop those before `keep_from`."""
        args: list[Any] = [expected, f"{keep_from}-0", LIFETIME_MS, first]
        for event in events:
            args += event
        landed, last = await self._run(self._push, [keys.events], args)
        return Pushed(bool(landed), last.decode())

    async def jump(
        self,
        keys: SessionKeys,
        expected: str,
        to: int,
        *,
        at: int,
        begins: int,
        view: bytes,
        seals: tuple[bytes, bytes],
    ) -> Pushed:
        """As `push`, of a view that stands at n `at` for all up to n `to` that can't be had any
        more. `seals` are the view's, and that of the place."""
        args = [expected, at, begins, view, seals[0], LIFETIME_MS, to, seals[1]]
        landed, last = await self._run(self._jump, [keys.events, keys.view], args)
        return Pushed(bool(landed), last.decode())

    async def put_view(
        self, keys: SessionKeys, at: int, begins: int, view: bytes, seal: bytes
    ) -> int:
        """Put the view that stands at n `at`, unless a newer one is there: where it stands now."""
        args = [at, begins, view, seal, LIFETIME_MS]
        return int(await self._run(self._view, [keys.view], args))

    async def lasts(
        self, sessions: Sequence[SessionKeys], *, refresh: bool = False
    ) -> list[tuple[str, int | None]]:
        """The last id of each session's stream (empty for none), and where its view stands."""
        keys = [key for each in sessions for key in (each.events, each.view)]
        found = await self._run(self._lasts, keys, [LIFETIME_MS if refresh else 0])
        ids, views = found[::2], found[1::2]
        return [(last.decode(), _number(at)) for last, at in zip(ids, views, strict=True)]

    async def between(self, keys: SessionKeys, first: int, last: int) -> list[Entry]:
        """The entries that a stream has from n `first` to n `last`."""
        with self._answering():
            found = await self._client.xrange(keys.events, start=f"{first}-0", end=f"{last}-0")
            return _entries(found)

    async def put_rows(self, rows: Iterable[tuple[str, bytes]], count: int | None) -> bool:
        """Rows that have changed by session id; empty where it was removed. Whether there are
        `count` of them then, if that is known."""
        args: list[Any] = [LIST_CHANGES, LIFETIME_MS, -1 if count is None else count]
        for row in rows:
            args += row
        return bool(await self._run(self._rows, [self.keys.list, self.keys.rows], args))

    async def remove(self, keys: Iterable[str]) -> None:
        """Remove what has these keys."""
        with self._answering():
            await self._client.unlink(list(keys))

    # -- for a mirror -----------------------------------------------------------------------------

    async def home(self) -> HomeSaid:
        """What there is of the home."""
        now, last, said = await self._run(self._home, [self.keys.meta, self.keys.list], [])
        inc, version, limits, beat = said
        with self._explained():
            return HomeSaid(
                int(now),
                last.decode(),
                int(inc) if inc is not None else None,
                (version or b"").decode(),
                limits,
                int(beat) if beat is not None else None,
            )

    async def table(self) -> tuple[str, list[tuple[str, bytes]], bool]:
        """The last id of the list, the rows by session id, and whether they are all of them."""
        last, flat = await self._run(self._table, [self.keys.list, self.keys.rows], [])
        ids = [each.decode(errors="replace") for each in flat[::2]]
        rows = dict(zip(ids, flat[1::2], strict=True))
        is_whole = rows.pop("", None) is not None
        return last.decode(), list(rows.items()), is_whole

    async def whole(self, keys: SessionKeys) -> Whole:
        """A session's view, and all that its stream has."""
        head, entries = await self._run(self._whole, [keys.events, keys.view], [])
        at, begins, view, seal = head
        return Whole(at, begins, view, seal, _read(entries))

    async def read(self, after: dict[str, str], wait_ms: int) -> dict[str, list[Entry]]:
        """What streams have after an id each, as far as it goes, the first of them first; waits a
        while if there is nothing."""
        keys = list(after)
        args = [READ_ENTRIES, READ_BYTES, *after.values()]
        some = await self._run(self._after, keys, args)
        if some:
            return {keys[at - 1]: _read(entries) for at, entries in some}
        # There is nothing, so this brings what comes from now on, and ends with the first of it.
        with self._answering():
            found = await self._client.xread(after, count=READ_ENTRIES, block=wait_ms)
            return {_text(key): _entries(entries) for key, entries in (found or {}).items()}

    # -- inside -----------------------------------------------------------------------------------

    async def _run(self, script: Any, keys: list[str], args: Sequence[Any]) -> Any:
        with self._answering():
            return await script(keys, args)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        with self._explained(), anyio.fail_after(self._answer_within):
            yield

    def _explained(self) -> _Explained:
        return _Explained(self._name)


class _Explained:
    """Turns what coredis raises into a sentence."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TimeoutError):
            raise EngineFailed(f"{self._name} does not answer") from None
        if isinstance(error, AuthenticationError):
            raise EngineFailed(
                f"{self._name} refuses the login in the URL; USER:PASSWORD@ stands before the host"
            ) from None
        if isinstance(error, RedisError | OSError | anyio.ClosedResourceError):
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            if "OOM" in why or "maxmemory" in why:
                raise EngineFull(f"{self._name} has no memory left: {why}") from None
            raise EngineFailed(f"{self._name}: {why}") from None
        if isinstance(error, ValueError):
            raise EngineFailed(f"{self._name} has what no relay wrote: {error}") from None


@asynccontextmanager
async def engine_at(url: str, keys: Keys, *, reads: bool = False) -> AsyncGenerator[Engine]:
    """An engine for as long as it answers.

    Args:
        reads: answers may take as long as they keep coming. Only for who asks all the time: a
            connection on which nothing comes is given up, whether something is asked or not.

    Raises:
        EngineFailed: it can't be reached, or `url` is none.
    """
    name = shown_url(url)
    # What fails is said by us, in a sentence; it would add a traceback for each attempt.
    logging.getLogger("coredis").setLevel(logging.CRITICAL)
    try:
        url, context = tls_of(url)
        tls: dict[str, Any] = {} if context is None else {"ssl_context": context}
        client: Redis[bytes] = Redis.from_url(
            url,
            decode_responses=False,
            decode_components=True,
            connect_timeout=CONNECT_WITHIN,
            stream_timeout=None,
            retry_policy=_AGAIN,
            max_idle_time=ANSWER_WITHIN if reads else None,
            **tls,
        )
    except (ValueError, TypeError, OSError, RedisError) as error:
        raise EngineFailed(f"{name}: {error}") from None
    with _Explained(name):
        async with client:
            yield Engine(client, keys, name, None if reads else ANSWER_WITHIN)


def _entries(found: Iterable[Any]) -> list[Entry]:
    return [(_bytes(entry.identifier), dict(entry.field_values)) for entry in found]


def _read(entries: Iterable[tuple[bytes, list[bytes]]]) -> list[Entry]:
    """As a script gives them."""
    return [(id_, dict(zip(flat[::2], flat[1::2], strict=True))) for id_, flat in entries]


def _number(value: bytes) -> int | None:
    """A count of ours; None for what somebody else has written."""
    return int(value) if value.isdigit() and len(value) <= scripts.MAX_DIGITS else None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
