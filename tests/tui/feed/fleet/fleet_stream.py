"""A stream of the list for tests: they put in what the daemon would send."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any, Self

import anyio

from lashtui.feed.fleet.worker import RowStream


def row(name: str, **more: Any) -> dict[str, Any]:
    """The record of a session's row."""
    return {"type": "session", "session": {"session_id": name, **more}}


def synced(position: str = "p1") -> dict[str, Any]:
    """The end of what was there."""
    return {"type": "synced", "position": position}


SNAPSHOT: dict[str, Any] = {"type": "following", "position": "p0", "served": "snapshot"}
REPLAY: dict[str, Any] = {"type": "following", "position": "p0", "served": "replay"}


class FakeStream:
    """One stream; `send` puts in a batch, `error` or an `end` record ends it."""

    def __init__(self) -> None:
        self._has_ended = False
        self.silent_since: float | None = None
        self.retries = 0
        self._in, self._out = anyio.create_memory_object_stream[Any](math.inf)

    def send(self, *records: dict[str, Any]) -> None:
        """A batch arrives."""
        self._in.send_nowait(list(records))

    def fail(self, error: Exception) -> None:
        """The stream ends with `error`."""
        self._in.send_nowait(error)

    def retry_now(self) -> None:
        """Counted."""
        self.retries += 1

    async def __aenter__(self) -> RowStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in.close()
        self._out.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[dict[str, object]]:
        batch: list[dict[str, object]] | Exception = await self._out.receive()
        if isinstance(batch, Exception):
            raise batch
        if not batch and self._has_ended:
            raise StopAsyncIteration
        self._has_ended |= any(record["type"] == "end" for record in batch)
        return batch


class FakeDaemon:
    """Opens `FakeStream`s, and remembers from which positions."""

    def __init__(self, *refusals: Exception) -> None:
        self.streams: list[FakeStream] = []
        self.positions: list[str | None] = []
        self._refusals = list(refusals)

    def follow(self, _socket_path: str, position: str | None) -> FakeStream:
        """A stream, unless a refusal is left."""
        self.positions.append(position)
        if self._refusals:
            raise self._refusals.pop(0)
        self.streams.append(FakeStream())
        return self.streams[-1]
