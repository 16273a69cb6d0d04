"""One session from the local daemon to the engine, while it has something new and it is its turn.

It reads like any other reader, and no further while the engine is not done with what it was given:
what the daemon holds for it is a position.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import anyio

from lashd.cursor import cursor_text, join_position, position_of
from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol.records import CONTROL
from lashd.relay.engine import EngineFull
from lashd.relay.keys import n_of
from lashd.relay.pushing import Event, Progress, Ring, batches
from lashd.relay.raw import BODY
from lashd.relay.sealed import SessionSealer

if TYPE_CHECKING:
    from lashd.client.aio import Client
    from lashd.protocol.records import Record
    from lashd.relay.engine import Engine, Pushed
    from lashd.relay.keys import SessionKeys
    from lashd.session.row import SessionRow

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds without an event after which the engine is asked whether it still has what it had: it may
have failed over to a replica without the last of it."""
SILENT_LOOKS = 5
"""Looks in a row without an event after which its connection is given back, as an agent or a
watcher may need it: the list tells when there is more."""
TURN = 2.0
"""Seconds that one which has caught up keeps its connection while others wait for one."""
MAX_LOOKS_AHEAD = 3
"""Looks in a row that find more than the home has: another relay can be ahead for a moment."""


class _Again(Exception):
    """The engine has something else than was known: begin with what it has."""


class _Hole(Exception):
    """The home has not all that the engine lacks: go on with what it has."""


class SessionPush:
    """One session of one incarnation of the home."""

    def __init__(
        self,
        engine: Engine,
        client: Client,
        sealer: SessionSealer,
        keys: SessionKeys,
        *,
        session_id: str,
        incarnation: int,
        ring: Ring,
    ) -> None:
        self.keys = keys
        self.progress = Progress(ring)
        self.is_at_work = False
        """`run` runs, or is about to."""
        self._engine = engine
        self._client = client
        self._sealer = sealer
        self._session_id = session_id
        self._incarnation = incarnation
        self._told_n = 0
        """The newest n that the home has told of: in a row, which may be late, or with a view."""
        self._has_ended = False
        self._is_synced = False
        self._view: tuple[int, bytes] | None = None
        """A view that is to be put once all before it is there."""
        self._kept_from = 0
        self._looks_ahead = 0
        self._silent_looks = 0
        self._synced_at = 0.0
        self._is_doubted = False
        """The engine has something else than was pushed."""
        self._was_refused = False

    def row(self, row: SessionRow) -> None:
        """What the home says of it now."""
        place = position_of(row.cursor)
        if place is not None:
            self._told_n = max(self._told_n, place[1])
            self.progress.row(place[1], row.events)
        self._has_ended = row.state == "ended"

    @property
    def has_all(self) -> bool:
        """The engine has all that there is, as far as is known."""
        progress = self.progress
        return (
            not self._is_doubted
            and progress.n >= self._told_n
            and not progress.needs_view
            and (not self._has_ended or progress.view_at == self._told_n)
        )

    async def run(self, others_wait: Callable[[], bool]) -> bool:
        """Push until nothing comes any more, it is gone, or its turn is over; whether it is to have
        another.

        Raises:
            EngineFailed: the engine, for whatever reason.
            ConnectionFailed: the daemon is gone.
        """
        start: Literal["cursor", "start"] = "cursor"
        while True:
            try:
                return await self._push_all(start, others_wait) and not self.has_all
            except _Again:
                start = "cursor"
            except _Hole:
                start = "start"
            except EngineFull:
                # What the home has dropped makes room; a command that frees is never refused.
                last, keep = self.progress.last, self.progress.home_floor
                await self._engine.push(self.keys, last, keep, 0, ())
                raise

    async def compare(self, last: str, view_at: int | None) -> None:
        """While it is not at work: the engine has its stream up to `last`, and its view at
        `view_at`. Drop there what the home has dropped; what is another than it was is to be looked
        at."""
        progress = self.progress
        if (last, view_at) != (progress.last, progress.view_at):
            self._is_doubted = True
        elif progress.keep_from > self._kept_from:
            try:
                await self._push((), progress.n + 1)
            except _Again:
                self._is_doubted = True

    # -- reading ----------------------------------------------------------------------------------

    async def _push_all(
        self, start: Literal["cursor", "start"], others_wait: Callable[[], bool]
    ) -> bool:
        """Whether there may be more for it to read."""
        self._is_synced = False
        self._view = None
        self._silent_looks = 0
        await self._begin()
        at = None
        if self.progress.last and start == "cursor":
            where = join_position(self._incarnation, self.progress.n)
            at = cursor_text(self._session_id, 0, where)
        attachment = self._client.attach(
            self._session_id,
            cursor=at,
            start="start" if at is None else "cursor",
            reconnect=False,
        )
        try:
            async with attachment as records:
                while not self._is_over(others_wait):
                    batch: list[Record] = []
                    with anyio.move_on_after(LOOK_EVERY) as looking:
                        batch = await anext(records)
                    await self._take(batch)
                    await self._keep_view()
                    self._silent_looks = 0 if batch else self._silent_looks + 1
                    if looking.cancelled_caught:
                        await self._push((), self.progress.n + 1)
        except StopAsyncIteration:
            return False  # forgotten, or the daemon stops
        except RequestRefused as error:
            if error.code == "limit" and not self._was_refused:
                self._was_refused = True
                log.warning("! %r can't be relayed yet: %s", self._session_id, error.message)
            return False
        return True

    def _is_over(self, others_wait: Callable[[], bool]) -> bool:
        """It has caught up, and its connection can be given back."""
        if not self._is_synced or self._view is not None:
            return False  # it would only have to begin again
        if self.has_all and (self._has_ended or self._silent_looks >= SILENT_LOOKS):
            return True
        is_long = self._silent_looks or anyio.current_time() - self._synced_at >= TURN
        return bool(is_long) and others_wait()

    async def _begin(self) -> None:
        ((last, view_at),) = await self._engine.lasts([self.keys])
        n = n_of(last) if last else None
        if last and (n is None or not await self._is_ours(n)):
            await self._reset(f"its last id is {last}, which this home did not write")
            last, n, view_at = "", None, None
        elif (view_at or 0) > max(n or 0, self._told_n):
            # Nobody could put a newer one in its place.
            await self._reset(f"its view is at {view_at}, which is still to come")
            last, n, view_at = "", None, None
        self.progress.found(last, n, view_at)
        self._is_doubted = False

    async def _is_ours(self, n: int) -> bool:
        for _, fields in await self._engine.between(self.keys, n, n):
            body = fields.get(b"f")
            if body is None:
                return self._sealer.is_jump(n, fields.get(b"s"))
            return self._sealer.is_event(n, body, fields.get(b"s"))
        return True  # dropped since, as the home has

    async def _take(self, records: Sequence[Record]) -> None:
        events: list[Event] = []
        for record in records:
            kind = record["type"]
            place = position_of(record.get("cursor"))
            n = place[1] if place is not None else 0
            if kind not in CONTROL:
                events.append((n, record[BODY]))
            elif kind == "attached":
                begins = position_of(record.get("begins"))
                self.progress.begins = begins[1] if begins is not None else 0
                if not self.progress.last:
                    self.progress.n = n
                elif n > self.progress.n:
                    await self._jump(n)
            elif kind == "gap":
                if record.get("reason") == "trimmed":
                    raise _Hole
                await self._reset("it is ahead of its home")
                raise _Again
            elif kind == "synced":
                self._is_synced = True
                self._synced_at = anyio.current_time()
        await self._push_events(events)

    # -- pushing ----------------------------------------------------------------------------------

    async def _push_events(self, events: Sequence[Event]) -> None:
        for batch in batches(events):
            await self._push(batch, batch[0][0])

    async def _push(self, batch: Sequence[Event], first: int) -> None:
        sealed = [(body, self._sealer.event(n, body)) for n, body in batch]
        keep_from = self.progress.keep_from
        pushed = await self._engine.push(self.keys, self.progress.last, keep_from, first, sealed)
        if pushed.landed:
            self._kept_from, self._looks_ahead = keep_from, 0
            self.progress.pushed(pushed.last, batch)
        else:
            await self._settle(pushed, batch, sealed)

    async def _settle(
        self, pushed: Pushed, batch: Sequence[Event], sealed: Sequence[tuple[bytes, bytes]]
    ) -> None:
        """The engine's last id is another than it was."""
        n = n_of(pushed.last) if pushed.last else 0
        if n is None:
            await self._reset(f"its last id is {pushed.last}")
            raise _Again
        if n < self.progress.n or not pushed.last:
            log.warning(
                "! the engine has %r up to %d, and had it up to %d: pushing it again",
                self._session_id,
                n,
                self.progress.n,
            )
            raise _Again
        if not batch:
            self._looks_ahead += 1
            if self._looks_ahead > MAX_LOOKS_AHEAD:
                await self._reset("it is ahead of its home")
                raise _Again
            return
        # Another relay of this home was faster: it has written the same. Nobody else may have.
        there = min(n, batch[-1][0])
        found = await self._engine.between(self.keys, batch[0][0], there)
        pairs = [(fields.get(b"f"), fields.get(b"s")) for _, fields in found]
        if pairs != sealed[: there - batch[0][0] + 1]:
            await self._reset("somebody else writes to it")
            raise _Again
        log.warning("! another relay of this home pushes %r, too", self._session_id)
        raise _Again

    async def _jump(self, n: int) -> None:
        """The events up to n can't be had any more."""
        shown = await self._show()
        if shown is None:
            return
        at, view = shown
        begins = self.progress.begins
        seals = self._sealer.view(at, begins, view), self._sealer.jump(n)
        pushed = await self._engine.jump(
            self.keys, self.progress.last, n, at=at, begins=begins, view=view, seals=seals
        )
        if not pushed.landed:
            raise _Again
        self.progress.jumped(pushed.last, n, at)

    async def _show(self) -> tuple[int, bytes] | None:
        """The session's view, and where it stands; None where it was removed."""
        try:
            shown = await self._client.show(self._session_id)
        except RequestRefused:
            return None
        place = position_of(shown.get("cursor"))
        if place is None or place[0] != self._incarnation:
            raise ConnectionFailed("the daemon was replaced")
        self._told_n = max(self._told_n, place[1])
        return place[1], shown[BODY]

    async def _keep_view(self) -> None:
        """Have a view in the engine that is as new as it must be."""
        is_last = self._has_ended and self.progress.n >= self._told_n != self.progress.view_at
        due = self.progress.needs_view or is_last
        if self._view is None and self._is_synced and due:
            self._view = await self._show()
        if self._view is None or self._view[0] > self.progress.n:
            return
        (at, view), self._view = self._view, None
        begins = self.progress.begins
        seal = self._sealer.view(at, begins, view)
        stands_at = await self._engine.put_view(self.keys, at, begins, view, seal)
        if stands_at > max(self.progress.n, self._told_n):
            raise _Again
        self.progress.viewed(stands_at)

    async def _reset(self, why: str) -> None:
        log.warning(
            "! what the engine has of %r is not from here (%s): it is pushed again",
            self._session_id,
            why,
        )
        await self._engine.remove([self.keys.events, self.keys.view])
