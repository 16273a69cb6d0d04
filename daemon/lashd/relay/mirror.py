"""A mirror: fills a hub from what the engine has of one home, and says how that home is.

A hub has one incarnation, the home's: when the home has another, so has the mirror, and its clients
come back to it as to a daemon that was started again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import anyio
import msgspec

from lashd.clock import now_ms
from lashd.connect import jitter
from lashd.errors import LashdError
from lashd.hub.hub import Hub
from lashd.hub.mirrored import MirroredSessions
from lashd.limits import DaemonLimits
from lashd.protocol.reconnect import STABLE_AFTER, Backoff
from lashd.relay.arriving import Reading
from lashd.relay.engine import READ_FOR_MS, Engine, EngineFailed, Entry, HomeSaid, engine_at
from lashd.relay.failures import sentence_of
from lashd.relay.keys import Keys, entry_id, n_of, order_of
from lashd.relay.mirrored_session import MirroredSession
from lashd.relay.seal import Sealer
from lashd.relay.sealed import SessionSealer, read_limits, read_row
from lashd.relay.url import shown_url
from lashd.session.row import Mirrored, SessionRow

log = logging.getLogger(__name__)

GONE_AFTER_MS = 10_000
"""Milliseconds without a sign after which a home counts as gone: a relay gives one every 2 s."""
LOOK_EVERY = READ_FOR_MS / 1000
"""Seconds between looks at the home."""
WHOLE_FOR = 0.5
"""Seconds for which sessions are read as a whole before what is new of the others is: a mirror that
begins has hundreds of them to read. The one under way is read to its end."""
TRY_WHOLE_EVERY = 0.2
"""Seconds between attempts to read a session as a whole that has no view yet."""
TRY_REFUSED_EVERY = 2.0
"""The same for one of which nothing can be shown as it is: each attempt reads all of it, and its
relay looks as often whether it has to put something right."""
KEEP = 1e12
"""Seconds that a mirror keeps a session that nobody uses: its home says when it is to go."""


class Shell(Protocol):
    """What serves the hub."""

    def replace_hub(self, hub: Hub) -> None:
        """Go on with another hub."""
        ...

    def schedule(self) -> None:
        """There may be something to send."""
        ...


@dataclass(frozen=True, slots=True)
class MirrorOptions:
    """What a mirror needs to know."""

    url: str
    home: str
    key: bytes = b""
    say: Callable[[str], None] = field(default=lambda sentence: None)
    """Told what a person should know: when it has the home's sessions, and why it has not."""


class HomeState:
    """What the mirror says of its home in `status`."""

    def __init__(self, options: MirrorOptions) -> None:
        self.home = options.home
        self.engine = shown_url(options.url)
        self.problem: str | None = "it is being looked for"
        self.is_known = False
        """The list of its sessions has been here."""
        self.seen_at: int | None = None
        """When the home gave its last sign, by this machine's clock."""
        self.is_gone = True

    @property
    def absence(self) -> str | None:
        """Why nothing is known of the home's sessions."""
        return None if self.is_known else self.problem

    @property
    def mirrored(self) -> Mirrored:
        """What each session says of it."""
        return Mirrored(self.home, self.seen_at if self.is_gone else None)

    def status(self) -> dict[str, Any]:
        """The `mirror` of a `status`."""
        return {
            "home": self.home,
            "engine": self.engine,
            "problem": self.problem,
            "last_seen_at": self.seen_at,
            "is_gone": self.is_gone,
        }


class Mirror:
    """Fills one hub after the other. `make_hub` makes one with an incarnation and limits."""

    def __init__(
        self,
        options: MirrorOptions,
        state: HomeState,
        shell: Shell,
        hub: Hub,
        make_hub: Callable[[int, DaemonLimits], Hub],
    ) -> None:
        self._options = options
        self._state = state
        self._shell = shell
        self._make_hub = make_hub
        self._keys = Keys(options.home)
        self._sealer = Sealer(options.home, options.key)
        self._incarnation: int | None = None
        self._limits = hub.limits
        self._hub = MirroredSessions(hub.sessions)
        self._sessions: dict[str, MirroredSession] = {}
        self._list_last = "0-0"
        self._has_all_rows = False
        """The engine had all rows when they were read."""
        self._beat_ms: int | None = None

    async def run(self) -> None:
        """Mirror until cancelled."""
        backoff = Backoff(jitter.chance)
        told: str | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch_silence)
            while True:
                began = anyio.current_time()
                try:
                    async with (
                        engine_at(self._options.url, self._keys, reads=True) as engine,
                        # Answers of one connection wait for each other.
                        engine_at(self._options.url, self._keys) as other,
                        anyio.create_task_group() as following,
                    ):
                        following.start_soon(self._watch_signs, other)
                        await self._follow(engine)
                except* LashdError as failures:
                    why = sentence_of(failures)
                    if told != why:
                        self._options.say(f"not mirroring: {why}; trying again")
                    self._state.problem = told = why
                if anyio.current_time() - began >= STABLE_AFTER:
                    backoff.reset()
                await anyio.sleep(backoff.next_delay())

    async def _watch_silence(self) -> None:
        """An engine that can't be reached says nothing of the home either."""
        while True:
            await anyio.sleep(LOOK_EVERY)
            seen = self._state.seen_at
            self._set_gone(seen is None or now_ms() - seen > GONE_AFTER_MS)

    async def _watch_signs(self, engine: Engine) -> None:
        """A home's signs count also while a big session is read over a slow road."""
        while True:
            await anyio.sleep(LOOK_EVERY)
            self._take_sign(await engine.home())

    def _take_sign(self, said: HomeSaid) -> None:
        if said.beat_ms is not None and said.beat_ms != self._beat_ms:
            # Each counts once: one in the future, of a clock set back since, would for long.
            self._beat_ms = said.beat_ms
            seen = now_ms() - max(0, said.now_ms - said.beat_ms)
            self._state.seen_at = max(seen, self._state.seen_at or 0)
            self._set_gone(now_ms() - self._state.seen_at > GONE_AFTER_MS)

    def _set_gone(self, is_gone: bool) -> None:
        if is_gone == self._state.is_gone:
            return
        self._state.is_gone = is_gone
        for session in self._sessions.values():
            session.mark(self._state.mirrored)
        self._shell.schedule()

    # -- following --------------------------------------------------------------------------------

    async def _follow(self, engine: Engine) -> None:
        await self._look(engine)
        await self._take_table(engine)
        self._options.say(f"mirroring {len(self._sessions)} sessions of {self._options.home}")
        # What is here already may be behind, or have holes that the streams don't show.
        for session in self._sessions.values():
            session.needs_whole = True
        looked = anyio.current_time()
        while True:
            await self._read_whole(engine)
            found = await engine.read(self._places(), self._wait_ms)
            is_missed = self._take(found)
            if is_missed or anyio.current_time() - looked >= LOOK_EVERY:
                looked = anyio.current_time()
                if await self._look(engine) or is_missed or not self._has_all_rows:
                    await self._take_table(engine)

    async def _look(self, engine: Engine) -> bool:
        """How the home is; a hub for its incarnation. Whether all rows are to be read."""
        said = await engine.home()
        if said.incarnation is None:
            raise EngineFailed(
                f"the engine knows no home `{self._options.home}`: start its relay with that name"
            )
        self._take_sign(said)
        is_another = said.incarnation != self._incarnation
        if is_another:
            limits = read_limits(self._sealer, said.incarnation, said.limits or b"")
            if limits is None:
                raise EngineFailed(
                    f"what the engine says of `{self._options.home}` was not written with this"
                    " key: give the mirror the home's --key-file"
                )
            self._replace(said.incarnation, self._limits_of(limits))
        was_emptied = order_of(said.list_last or "0-0") < order_of(self._list_last)
        return is_another or was_emptied

    def _limits_of(self, said: bytes) -> DaemonLimits:
        """The mirror's limits, with the home's bounds of replays."""
        limits = self._limits
        try:
            theirs = msgspec.msgpack.decode(said)
            store = msgspec.convert(theirs["store"], type(limits.store))
            quiet = msgspec.convert(theirs["quiet"], type(limits.quiet))
        except (msgspec.DecodeError, KeyError, TypeError):
            return limits  # of a later version
        return replace(limits, store=store, quiet=quiet, forget_after=KEEP)

    def _replace(self, incarnation: int, limits: DaemonLimits) -> None:
        self._incarnation = incarnation
        self._sessions.clear()
        hub = self._make_hub(incarnation, limits)
        self._hub = MirroredSessions(hub.sessions)
        self._shell.replace_hub(hub)

    # -- rows -------------------------------------------------------------------------------------

    async def _take_table(self, engine: Engine) -> None:
        last, rows, self._has_all_rows = await engine.table()
        self._list_last = last or "0-0"
        there = set()
        for session_id, sealed in rows:
            there.add(session_id)
            self._take_row(session_id, sealed)
        if self._has_all_rows:  # what an engine has lost was not removed
            for session_id in set(self._sessions) - there:
                self._remove(session_id)
        self._state.problem, self._state.is_known = None, True
        self._shell.schedule()

    def _take_row(self, session_id: str, sealed: bytes) -> None:
        assert self._incarnation is not None
        row = read_row(self._sealer, self._incarnation, session_id, sealed)
        if row is None:
            log.warning("! a row of %r that its home did not write is left out", session_id)
            return
        known = self._sessions.get(session_id)
        if known is not None and not known.describe(row, self._state.mirrored):
            self._remove(session_id)
            known = None
        if known is None:
            self._sessions[session_id] = self._new(row)

    def _new(self, row: SessionRow) -> MirroredSession:
        incarnation = self._incarnation
        assert incarnation is not None
        sealer = SessionSealer(self._sealer, incarnation, row.session_id)
        return MirroredSession(
            self._hub,
            Reading(sealer, row.session_id, incarnation),
            self._keys.session(incarnation, row.session_id),
            row,
        )

    def _remove(self, session_id: str) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.remove()

    # -- events -----------------------------------------------------------------------------------

    def _places(self) -> dict[str, str]:
        """Where each stream is to be read on."""
        places = {self._keys.list: self._list_last}
        for session in self._sessions.values():
            if not session.needs_whole:
                places[session.keys.events] = entry_id(session.tail)
        return places

    @property
    def _wait_ms(self) -> int:
        """How long to wait for something new: until a session is to be read as a whole."""
        due = [each.next_try for each in self._sessions.values() if each.needs_whole]
        left = min(due, default=float("inf")) - anyio.current_time()
        return max(1, int(min(left * 1000, READ_FOR_MS)))  # 0 would be for ever

    def _take(self, found: dict[str, list[Entry]]) -> bool:
        """Take what was read; whether changes of the list were missed, or it is another."""
        is_missed = False
        changes = found.pop(self._keys.list, [])
        by_key = {session.keys.events: session for session in self._sessions.values()}
        for key, entries in found.items():
            if key in by_key:
                by_key[key].arrived(entries, self._state.mirrored, now_ms())
                # The others come first the next time, as one read may not get to all.
                served = by_key[key].session_id
                self._sessions[served] = self._sessions.pop(served)
        for where, fields in changes:
            n = n_of(where)
            if n != (n_of(self._list_last) or 0) + 1:
                is_missed = True
                break
            self._list_last = where.decode()
            name, sealed = fields.get(b"i"), fields.get(b"r")
            if name is None or sealed is None:
                log.warning("! a change of the list that no relay wrote is left out")
            elif sealed:
                self._take_row(name.decode(errors="replace"), sealed)
            else:
                self._remove(name.decode(errors="replace"))
        if found or changes:
            self._shell.schedule()
        return is_missed

    async def _read_whole(self, engine: Engine) -> None:
        began = anyio.current_time()
        due = [
            each for each in self._sessions.values() if each.needs_whole and each.next_try <= began
        ]
        due.sort(key=lambda each: each.next_try)  # those tried in vain after all others
        for session in due:
            found = await engine.whole(session.keys)
            session.read_whole(found, self._state.mirrored, now_ms())
            pause = TRY_REFUSED_EVERY if session.is_refused else TRY_WHOLE_EVERY
            now = anyio.current_time()
            session.next_try = now + pause
            if now - began >= WHOLE_FOR:
                break
        if due:
            self._shell.schedule()
