"""The daemon's rim: a socket, a loop, and one `asyncio.Protocol` for each connection.

It moves bytes and keeps time; every decision is the hub's. Callbacks rather than streams: they
cost a third for each event, and one pass of the loop makes one write for each reader.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket as sockets
from collections.abc import Callable
from typing import cast

import anyio

from lashd._version import __version__
from lashd.clock import default_clock, now_ms
from lashd.connect.peer import peer_uid
from lashd.cursor import MAX_INCARNATION
from lashd.hub.connection import Link
from lashd.hub.hub import Hub
from lashd.limits import KIB, DaemonLimits
from lashd.server.listen import BACKLOG, bind

log = logging.getLogger(__name__)

READ_BYTES = 64 * KIB
"""One read; asyncio's own 256 KiB cross malloc's mmap threshold each time."""

SLICES_A_TURN = 4
"""Slices written to one connection before the others have their turn."""


async def serve(
    socket_path: str | os.PathLike[str],
    *,
    limits: DaemonLimits | None = None,
    incarnation: int | None = None,
    ready: Callable[[], None] | None = None,
    stop: anyio.Event | None = None,
    idle_exit: float | None = None,
) -> None:
    """Be the daemon at `socket_path` until `stop` is set or a client asks for it.

    Args:
        socket_path: where to listen.
        limits: all bounds.
        incarnation: 1 to 2**24 - 1; drawn at random if None.
        ready: called once connections are taken.
        stop: ends it gracefully.
        idle_exit: seconds without any connection after which it ends by itself.

    Raises:
        LifecycleError: it can't listen there.
    """
    limits = limits or DaemonLimits()
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
        await server.run(bound.listener, ready)


class Server:
    """All connections of one hub on one loop."""

    def __init__(self, hub: Hub, stop: anyio.Event, *, idle_exit: float | None = None) -> None:
        self.hub = hub
        self.uid = os.geteuid()
        self.peers: dict[Link, Peer] = {}
        self._stop = stop
        self._idle_exit = idle_exit
        self._idle_since = default_clock()
        self._loop = asyncio.get_running_loop()
        self._flushing = False
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0.0
        self._empty = anyio.Event()

    async def run(self, listener: sockets.socket, ready: Callable[[], None] | None) -> None:
        """Serve until stopped, then stop in five steps."""
        server = await self._loop.create_unix_server(
            lambda: Peer(self), sock=listener, backlog=BACKLOG
        )
        try:
            self.settle()
            if ready is not None:
                ready()
            await self._stop.wait()
        finally:
            with anyio.CancelScope(shield=True):
                # 1. Take no more connections.
                server.close()
                # 2. Say goodbye.
                self.hub.stop()
                self._flush()
                # 3. Let the goodbyes be taken, for a bounded time.
                if self.peers:
                    with anyio.move_on_after(self.hub.limits.drain_timeout):
                        await self._empty.wait()
                # 4. Cut off who does not take it.
                for peer in list(self.peers.values()):
                    peer.cut_off()
                if self.peers:
                    with anyio.move_on_after(self.hub.limits.drain_timeout):
                        await self._empty.wait()
                if self._timer is not None:
                    self._timer.cancel()
                # 5. The caller removes the socket.

    def joined(self, peer: Peer) -> Link:
        """A connection was made."""
        link = self.hub.connect()
        self.peers[link] = peer
        self._empty = anyio.Event()
        return link

    def left(self, link: Link) -> None:
        """A connection is gone."""
        del self.peers[link]
        self.hub.lost(link)
        if not self.peers:
            self._idle_since = default_clock()
            self._empty.set()
        self.settle()

    def settle(self) -> None:
        """After every call of the hub: what it has to send goes out in the loop's next pass."""
        if self.hub.stop_requested:
            self._stop.set()
        if self.hub.dirty and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)
        deadline = self._deadline()
        if self._timer is None or deadline < self._armed:
            if self._timer is not None:
                self._timer.cancel()
            self._armed = deadline
            self._timer = self._loop.call_later(max(0.0, deadline - default_clock()), self._tick)

    def _deadline(self) -> float:
        if self._idle_exit is None or self.peers:
            return self.hub.deadline
        return min(self.hub.deadline, self._idle_since + self._idle_exit)

    def _flush(self) -> None:
        self._flushing = False
        for link in self.hub.take_dirty():
            peer = self.peers.get(link)
            if peer is not None:
                peer.pump()
        self.settle()

    def _tick(self) -> None:
        self._timer = None
        self.hub.tick()
        if (
            self._idle_exit is not None
            and not self.peers
            and default_clock() - self._idle_since >= self._idle_exit
        ):
            log.info("= nobody was connected for %g s: stopping", self._idle_exit)
            self._stop.set()
            self._idle_exit = None
        self.settle()


class Peer(asyncio.Protocol):
    """One connection: bytes to the hub, slices from its link, one at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._hub = server.hub
        self._link: Link | None = None
        self._transport: asyncio.Transport | None = None
        self._full = False
        self._reading = True
        self._closing: asyncio.TimerHandle | None = None

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
        self._link = self._server.joined(self)
        self._server.settle()

    def data_received(self, data: bytes) -> None:
        link = self._link
        if link is None:
            return
        self._hub.receive(link, data)
        self._throttle(link)
        self._server.settle()

    def eof_received(self) -> bool:
        # The replies to what came before still go out; a stream or a publication ends here.
        if self._link is None:
            return False
        self._hub.receive_eof(self._link)
        self._server.settle()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self._transport = None
        if self._link is not None:
            link, self._link = self._link, None
            self._server.left(link)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self.pump()
        self._server.settle()

    def pump(self) -> None:
        """Write until the kernel takes no more, nothing is left, or it is the others' turn."""
        link, transport = self._link, self._transport
        if link is None or transport is None or transport.is_closing():
            return
        for _ in range(SLICES_A_TURN):
            if self._full or link.aborted:
                break
            chunks = self._hub.pull(link, self._hub.limits.max_outstanding)
            if not chunks:
                break
            transport.write(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        else:
            self._hub.registry.mark(link)
        if link.aborted:
            transport.abort()
        elif link.finished and not self._full:
            self._close(transport)
        elif not self._reading:
            self._throttle(link)

    def cut_off(self) -> None:
        """Close without waiting for anything."""
        if self._transport is not None:
            self._transport.abort()

    def _throttle(self, link: Link) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if link.congested and self._reading:
            self._reading = False
            transport.pause_reading()
        elif not link.congested and not self._reading:
            self._reading = True
            transport.resume_reading()
            self._hub.resume(link)

    def _close(self, transport: asyncio.Transport) -> None:
        transport.close()
        # What the kernel holds is the client's to take; what we hold is nothing by now.
        self._closing = asyncio.get_running_loop().call_later(
            self._hub.limits.drain_timeout, transport.abort
        )
