"""The daemon's shell: a socket, a loop, and one `asyncio.Protocol` for each connection.

It moves bytes and keeps time; every decision is the hub's. Callbacks instead of asyncio's streams:
an event costs a third as much, and one pass of the loop makes one write for each reader.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import anyio

from lashd._version import __version__
from lashd.clock import default_clock, now_ms
from lashd.connect.peer import peer_uid
from lashd.cursor import MAX_INCARNATION
from lashd.errors import LifecycleError
from lashd.hub.connection import HubConnection
from lashd.hub.hub import Hub
from lashd.hub.records import record
from lashd.limits import DaemonLimits
from lashd.protocol.messages import ErrorCode
from lashd.server.accept import Acceptor
from lashd.server.descriptors import connections_that_fit
from lashd.server.door import Door
from lashd.server.listen import BoundSocket, bind
from lashd.wire_limits import KIB

log = logging.getLogger(__name__)

READ_BYTES = 64 * KIB
"""One read; asyncio's own 256 KiB would cross malloc's mmap threshold each time."""

SUSPENDED_FOR = 0.25
"""Seconds by which a timer may be late before the process counts as having been suspended: no step
of the loop takes longer."""

ONE_READ = 0.001
"""Seconds in which the loop reads at least once: the least that uvloop takes for a timer. What is
due in less it calls before it reads."""

NO_DESCRIPTORS = record(
    "error",
    code=ErrorCode.LIMIT.value,
    message="the daemon can't open another connection: its process has too many files open",
)

SLICES_A_TURN = 4
"""Slices written to one connection before the others get their turn: 1 MiB."""


async def serve(
    socket_path: str | os.PathLike[str],
    *,
    limits: DaemonLimits | None = None,
    incarnation: int | None = None,
    ready: Callable[[], None] | None = None,
    stop: anyio.Event | None = None,
    idle_exit: float | None = None,
) -> None:
    """Serve at `socket_path` until `stop` is set or a client stops the daemon.

    Args:
        socket_path: where to listen.
        limits: all bounds.
        incarnation: 1 to 2**24 - 1; random if None.
        ready: called once connections are accepted.
        stop: stops it gracefully when set.
        idle_exit: seconds without a connection after which it stops.

    Raises:
        LifecycleError: it can't listen there, or, once it did, can't any more.
    """
    limits = that_fit(limits or DaemonLimits())
    with bind(socket_path) as bound:
        hub = Hub(
            clock=default_clock,
            now_ms=now_ms,
            incarnation=incarnation or secrets.randbelow(MAX_INCARNATION) + 1,
            limits=limits,
            version=__version__,
            pid=os.getpid(),
            socket=bound.path,
        )
        server = Server(hub, stop or anyio.Event(), idle_exit=idle_exit)
        await server.run(bound, ready)
        if server.failure is not None:
            raise server.failure


def that_fit(limits: DaemonLimits) -> DaemonLimits:
    """`limits`, with no more connections than the process may have descriptors for."""
    return replace(limits, max_connections=connections_that_fit(limits.max_connections))


class Server:
    """All connections of one hub on one loop."""

    def __init__(self, hub: Hub, stop: anyio.Event, *, idle_exit: float | None = None) -> None:
        self.hub = hub
        self.uid = os.geteuid()
        self.transports: dict[HubConnection, ServerTransport] = {}
        self._stop = stop
        self._idle_exit = idle_exit
        self._idle_since = default_clock()
        self._loop = asyncio.get_running_loop()
        self._flushing = self._working = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._empty = anyio.Event()
        self._acceptor = Acceptor(lambda: ServerTransport(self), NO_DESCRIPTORS)
        self.failure: LifecycleError | None = None
        """Why it stopped by itself."""

    async def run(self, bound: BoundSocket, ready: Callable[[], None] | None) -> None:
        """Serve until stopped, then stop in five steps."""
        self._acceptor.listen(bound.listener)
        door = Door(bound, self._acceptor.listen, self._give_up)
        try:
            self.schedule()
            if ready is not None:
                ready()
            await self._stop.wait()
        finally:
            with anyio.CancelScope(shield=True):
                # 1. Accept no more connections.
                door.close()
                await self._acceptor.close()
                # 2. Say goodbye.
                self.hub.stop()
                self._flush()
                # 3. Let the clients take the goodbyes, for a bounded time.
                await self._wait_until_empty()
                # 4. Abort connections that have not drained.
                for transport in list(self.transports.values()):
                    transport.abort()
                await self._wait_until_empty()
                if self._timer is not None:
                    self._timer.cancel()
                # 5. The caller removes the socket.

    def register(self, transport: ServerTransport) -> HubConnection:
        """A connection was made."""
        connection = self.hub.connect()
        self.transports[connection] = transport
        self._empty = anyio.Event()
        return connection

    def replace_hub(self, hub: Hub) -> None:
        """Go on with another hub. All connections are cut, as by a daemon that was killed: their
        clients come back to the other one."""
        self.hub = hub
        for transport in list(self.transports.values()):
            transport.abort()
        self.schedule()

    def unregister(self, connection: HubConnection, hub: Hub) -> None:
        """A connection of `hub` is gone."""
        del self.transports[connection]
        hub.disconnect(connection)
        if not self.transports:
            self._idle_since = default_clock()
            self._empty.set()
        self.schedule()

    def schedule(self) -> None:
        """To be called after every call of the hub: send in the loop's next pass, tick in time.

        Sending waits for the next pass so that all events of this one go out in one write.
        """
        if self.hub.stop_requested:
            self._stop.set()
        if self.hub.dirty and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)
        if self.hub.has_work and not self._working:
            self._working = True
            self._loop.call_soon(self._work)
        due = self._next_tick()
        if self._timer is None or due < self._timer_due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_due = due
            self._timer = self._loop.call_later(max(0.0, due - default_clock()), self._fall_due)

    def _give_up(self, why: LifecycleError) -> None:
        self.failure = why
        self._stop.set()

    async def _wait_until_empty(self) -> None:
        if self.transports:
            with anyio.move_on_after(self.hub.limits.drain_timeout):
                await self._empty.wait()

    def _next_tick(self) -> float:
        if self._idle_exit is None or self.transports:
            return self.hub.deadline
        return min(self.hub.deadline, self._idle_since + self._idle_exit)

    def flush(self) -> None:
        """Send now what there is: what one read brought goes out in one write for each reader."""
        if self.hub.dirty:
            self._send()
        self.schedule()

    def _flush(self) -> None:
        self._flushing = False
        self._send()
        self.schedule()

    def _send(self) -> None:
        for blob, connections in self.hub.take_broadcasts():
            for connection in connections:
                connection.write(blob)
        for connection in self.hub.take_dirty():
            transport = self.transports.get(connection)
            if transport is not None:
                transport.pump()

    def _work(self) -> None:
        self._working = False
        self.hub.work()
        self.schedule()

    def _fall_due(self) -> None:
        """Tick, but after a suspension read first: the loop's wait ends with nothing but the time,
        and what a client had sent meanwhile would be too late."""
        if default_clock() - self._timer_due > SUSPENDED_FOR:
            self._timer = self._loop.call_later(ONE_READ, self._tick)
        else:
            self._tick()

    def _tick(self) -> None:
        self._timer = None
        self.hub.tick()
        if (
            self._idle_exit is not None
            and not self.transports
            and default_clock() - self._idle_since >= self._idle_exit
        ):
            log.info("= no connection for %g s: stopping", self._idle_exit)
            self._stop.set()
            self._idle_exit = None
        self.schedule()


def _write_nothing(_: bytes) -> None:
    """There is nobody to write to any more."""


class ServerTransport(asyncio.Protocol):
    """One connection: bytes to the hub, and slices from it, one at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._hub = server.hub
        self._connection: HubConnection | None = None
        self._transport: asyncio.Transport | None = None
        self._write_paused = False
        self._reading = True
        self._abort_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        uid = peer_uid(transport.get_extra_info("socket"))
        if uid is not None and uid != self._server.uid:
            log.warning("! a connection of user %d was refused", uid)
            self._transport.abort()
            return
        # Paused as soon as the kernel does not take everything, resumed when it has taken all:
        # what one `pull` gave is all that is ever outstanding.
        self._transport.set_write_buffer_limits(high=0)
        if hasattr(transport, "max_size"):
            transport.max_size = READ_BYTES
        self._hub = self._server.hub  # it may have been replaced since the connection came
        self._connection = self._server.register(self)
        self._connection.write = self._transport.write
        self._server.schedule()

    def data_received(self, data: bytes) -> None:
        connection = self._connection
        if connection is None:
            return
        self._hub.receive(connection, data)
        self._pause_or_resume_reading(connection)
        self._server.flush()

    def eof_received(self) -> bool:
        # The replies to earlier messages still go out; a stream or a publication ends here.
        if self._connection is None:
            return False
        self._hub.receive_eof(self._connection)
        self._server.schedule()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        self._transport = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.write = _write_nothing
            self._server.unregister(connection, self._hub)

    def pause_writing(self) -> None:
        self._write_paused = True
        if self._connection is not None:
            self._connection.hold()

    def resume_writing(self) -> None:
        self._write_paused = False
        # In the loop's next pass: asyncio reports a loss twice if a transport is closed in here.
        if self._connection is not None:
            self._hub.mark(self._connection)
        self._server.schedule()

    def pump(self) -> None:
        """Write until the kernel takes no more, nothing is left, or it is the others' turn."""
        connection, transport = self._connection, self._transport
        if connection is None or transport is None or transport.is_closing():
            return
        for _ in range(SLICES_A_TURN):
            if self._write_paused or connection.aborted:
                break
            chunks = self._hub.pull(connection, self._hub.limits.max_outstanding)
            if not chunks:
                break
            transport.write(chunks[0] if len(chunks) == 1 else b"".join(chunks))
            if connection.is_drained:
                break
        else:
            self._hub.mark(connection)
        if connection.aborted:
            transport.abort()
        elif connection.finished and not self._write_paused:
            self._close(transport)
        elif not self._reading:
            self._pause_or_resume_reading(connection)

    def abort(self) -> None:
        """Close without waiting for anything."""
        if self._transport is not None:
            self._transport.abort()

    def _pause_or_resume_reading(self, connection: HubConnection) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if connection.congested and self._reading:
            self._reading = False
            transport.pause_reading()
        elif not connection.congested and not self._reading:
            self._hub.resume(connection)
            # What had been received may have made it congested again: nothing would resume it
            # once it was read from.
            if not connection.congested:
                self._reading = True
                transport.resume_reading()

    def _close(self, transport: asyncio.Transport) -> None:
        transport.close()
        # We hold nothing by now. What the kernel holds is the client's to take, for a while.
        self._abort_timer = asyncio.get_running_loop().call_later(
            self._hub.limits.drain_timeout, transport.abort
        )
