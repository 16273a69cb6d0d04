"""A Unix socket that hands everything on, and notes what publishers say and are answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from lashd.protocol.framing import FrameDecoder
from lashd.testing.audit.marks import Record
from lashd.wire_limits import MAX_FRAME_BYTES

READ_BYTES = 64 * 1024

_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode

Note = Callable[[str, str, Record], None]
"""Called in the tap's thread: `sent` or `received`, the session, and the message. What is sent is
noted before it goes out."""


class WireTap:
    """A context manager: inside it, clients reach `daemon_path` through `path`."""

    def __init__(self, path: str, daemon_path: str, note: Note) -> None:
        self.path = path
        self._daemon_path = daemon_path
        self._note = note
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._connections: set[asyncio.Task[None]] = set()
        """Held here: the loop itself holds its tasks weakly."""
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main()), name="wire tap", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        Path(self.path).unlink(missing_ok=True)  # from Python 3.13 on asyncio removes it

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_unix_server(self._connection, self.path)
        self._started.set()
        await self._stop.wait()
        server.close()
        while self._connections:
            for task in self._connections:
                task.cancel()
            await asyncio.wait(self._connections)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._hand_on(reader, writer)
        except OSError:
            pass  # the client learns by the end of its stream that no daemon is there
        finally:
            writer.close()
            self._connections.discard(task)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        daemon_reader, daemon_writer = await asyncio.open_unix_connection(self._daemon_path)
        conversation = _Conversation(self._note)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(reader, daemon_writer, conversation.from_client))
                tasks.create_task(self._pump(daemon_reader, writer, conversation.from_daemon))
        except* OSError:
            pass
        finally:
            daemon_writer.close()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        note: Callable[[bytes], None],
    ) -> None:
        while data := await source.read(READ_BYTES):
            note(data)
            target.write(data)
            await target.drain()
        with suppress(OSError):
            target.write_eof()


class _Conversation:
    """One connection; noted only if it is a publisher's."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._session_id: str | None = None
        self._frames = {"sent": FrameDecoder(), "received": FrameDecoder()}

    def from_client(self, data: bytes) -> None:
        for message in self._messages("sent", data):
            if message["type"] == "open":
                self._session_id = message["session_id"]
            if self._session_id is not None:
                self._note("sent", self._session_id, message)

    def from_daemon(self, data: bytes) -> None:
        for message in self._messages("received", data):
            if self._session_id is not None:
                self._note("received", self._session_id, message)

    def _messages(self, way: str, data: bytes) -> list[Record]:
        frames = self._frames[way]
        frames.receive_data(data)
        found = []
        while (body := frames.next_frame(MAX_FRAME_BYTES)) is not None:
            found.append(_decode(body))
        return found
