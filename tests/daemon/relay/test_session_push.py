"""One session on its way to the engine: what it takes for its own there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio

from lashd.client.aio import Client
from lashd.cursor import cursor_text, join_position
from lashd.relay.engine import Engine, Pushed
from lashd.relay.keys import Keys, SessionKeys
from lashd.relay.pushing import Ring
from lashd.relay.raw import BODY
from lashd.relay.seal import Sealer
from lashd.relay.sealed import SessionSealer
from lashd.relay.session_push import SessionPush
from lashd.session.row import SessionRow
from lashd.testing.audit.marks import Record

INCARNATION = 9
GAP: Record = {"type": "gap", "reason": "trimmed"}


def at(n: int) -> str:
    """The cursor of n."""
    return cursor_text("s", 0, join_position(INCARNATION, n))


def attached(n: int) -> Record:
    """The first record of a stream that begins after n."""
    return {"type": "attached", "cursor": at(n), "begins": at(0)}


class FakeHome:
    """A daemon whose session's streams, and the places of its view, are known beforehand."""

    def __init__(self, streams: Iterable[Sequence[Record]], views: Iterable[int]) -> None:
        self._streams, self._views = iter(streams), iter(views)

    @asynccontextmanager
    async def attach(
        self, session_id: str, **how: object
    ) -> AsyncIterator[AsyncIterator[Sequence[Record]]]:
        """The next of the streams."""

        async def batches() -> AsyncIterator[Sequence[Record]]:
            for record in next(self._streams):
                yield [record]

        yield batches()

    async def show(self, session_id: str) -> Record:
        """The view at the next of its places."""
        return {"cursor": at(next(self._views)), BODY: b"view"}


class FakeEngine:
    """An engine that has a stream and a view, and takes every jump."""

    def __init__(self, last: str, view_at: int) -> None:
        self.last, self.view_at = last, view_at
        self.was_emptied = False

    async def lasts(self, sessions: object) -> list[tuple[str, int]]:
        """Where both stand."""
        return [(self.last, self.view_at)]

    async def between(self, *where: object) -> list[Any]:
        """The entry was dropped since, as the home has."""
        return []

    async def jump(
        self, keys: SessionKeys, expected: str, to: int, *, at: int, **rest: object
    ) -> Pushed:
        """All up to `to` is only in the view, which stands at `at`."""
        self.last, self.view_at = f"{to}-0", at
        return Pushed(landed=True, last=self.last)

    async def remove(self, keys: object) -> None:
        """What is there goes."""
        self.was_emptied = True


def test_a_view_that_is_newer_than_the_homes_row_is_its_own() -> None:
    """A burst outruns the replay again before the events up to the view were pushed: rows are late
    then."""
    home = FakeHome([[attached(5), GAP], [attached(100), GAP], [attached(300)]], views=[164, 364])
    engine = FakeEngine("5-0", 3)
    push = SessionPush(
        cast(Engine, engine),
        cast(Client, home),
        SessionSealer(Sealer("box"), INCARNATION, "s"),
        Keys("box").session(INCARNATION, "s"),
        session_id="s",
        incarnation=INCARNATION,
        ring=Ring(64, 1 << 20),
    )
    push.row(SessionRow(session_id="s", cursor=at(5), events=5))
    anyio.run(push.run, lambda: False)
    assert (engine.last, engine.view_at, engine.was_emptied) == ("300-0", 364, False)
