"""The hub: every message of every connection comes here, and whatever is sent is decided here.

It does no I/O and reads no clock that it was not handed. Obligations of the shell:

- `connect` for each new connection, `receive` for its bytes, `lost` when it is gone;
- after any of these, and after `tick`, pull from each link of `take_dirty`, and from a link again
  when all that it gave has been taken;
- `resume` a link that was `congested` when it no longer is;
- call `tick` no later than at `deadline`;
- close a connection whose link is `finished`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from lashd.errors import RequestRefused
from lashd.hub import records
from lashd.hub import status as reports
from lashd.hub.attach import Attaching, Waiter
from lashd.hub.connection import Chunk, Link
from lashd.hub.publish import Publication, Publishing
from lashd.hub.reader import Reader
from lashd.hub.session import Room
from lashd.hub.sessions import SWEEP_EVERY, Registry
from lashd.hub.snapshot_budget import Ledger
from lashd.limits import DaemonLimits
from lashd.protocol.messages import (
    PROTOCOL_VERSION,
    Append,
    Attach,
    ClientMessage,
    Close,
    ErrorCode,
    InspectCursor,
    List,
    Open,
    Ping,
    Remove,
    Restore,
    Show,
    Status,
    Stop,
)
from lashd.protocol.server import ServerConnection, State

log = logging.getLogger(__name__)


class Hub:
    """One daemon's decisions."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
        incarnation: int,
        limits: DaemonLimits | None = None,
        version: str = "",
        pid: int = 0,
        socket: str = "",
    ) -> None:
        self.limits = limits or DaemonLimits()
        self.links: dict[Link, None] = {}
        self.stop_requested = False
        """A client asked for a graceful stop; the shell does it."""
        self._stopping = False
        self._clock = clock
        self._version, self._pid, self._socket = version, pid, socket
        self._started_at, self._started = now_ms(), clock()
        self._counter = 0
        self._incoming = 0
        self._ledger: Ledger[Link] = Ledger(self.limits.max_pending_snapshots)
        self.registry = Registry(
            limits=self.limits, clock=clock, now_ms=now_ms, incarnation=incarnation
        )
        self._publishing = Publishing(self.registry)
        self._attaching = Attaching(self.registry, {"incarnation": incarnation, "version": version})
        self._swept = clock()
        self.registry.due(self._swept + SWEEP_EVERY)
        self._handlers: dict[type[ClientMessage], Callable[[Link, Any], None]] = {
            List: self._list,
            Status: self._status,
            Ping: self._ping,
            Stop: self._stop,
            Show: self._show,
            InspectCursor: self._inspect,
            Remove: self._remove,
            Attach: self._attaching.attach,
            Open: self._publishing.open,
            Restore: self._publishing.restore,
            Append: self._publishing.append,
            Close: lambda link, _: self._publishing.close(link),
        }

    # -- for the shell ----------------------------------------------------------------------------

    @property
    def deadline(self) -> float:
        """When `tick` is to be called at the latest, by the clock."""
        return self.registry.deadline

    @property
    def dirty(self) -> bool:
        """`take_dirty` would give something."""
        return self.registry.dirty

    def take_dirty(self) -> list[Link]:
        """The links that there may be something to pull from; each once."""
        return self.registry.take_dirty()

    def connect(self) -> Link:
        """A new connection; one too many is greeted, told so and finished."""
        self._counter += 1
        connection = ServerConnection(
            {
                "protocol": PROTOCOL_VERSION,
                "version": self._version,
                "incarnation": self.registry.store.incarnation,
                "pid": self._pid,
            }
        )
        link = Link(
            connection,
            number=self._counter,
            connected_at=self._clock(),
            ledger=self._ledger,
            mark=self.registry.mark,
        )
        self.registry.mark(link)
        if len(self.links) >= self.limits.max_connections:
            link.refuse(
                ErrorCode.LIMIT,
                f"the daemon has {len(self.links)} connections, as many as it takes",
            )
            link.close()
            return link
        self.links[link] = None
        self.registry.due(link.connected_at + self.limits.hello_timeout)
        return link

    def receive(self, link: Link, data: bytes) -> None:
        """Bytes from the client."""
        link.connection.receive_data(data)
        self._serve(link)
        self._count(link)
        if self._incoming > self.limits.max_incoming and link.connection.buffered > len(data):
            link.refuse(ErrorCode.LIMIT, "too much is being sent to the daemon; try again")
            self._drop(link)

    def receive_eof(self, link: Link) -> None:
        """The client will send no more; it gets the replies that are due."""
        if link.connection.buffered:
            link.refuse(ErrorCode.BAD_REQUEST, "the connection ended within a frame")
        self._drop(link)
        self._count(link)

    def resume(self, link: Link) -> None:
        """Go on with what was received while the link was congested."""
        self._serve(link)
        self._count(link)

    def pull(self, link: Link, max_bytes: int) -> list[Chunk]:
        """What to send next; see `Link.pull`."""
        try:
            return link.pull(max_bytes)
        except Exception:
            log.exception("! connection %d: nothing can be sent", link.number)
            link.abort()
            return []

    def lost(self, link: Link) -> None:
        """The connection is gone."""
        self.links.pop(link, None)
        self._leave(link)
        link.connection.close()
        self._count(link)
        link.drop_queue()

    def tick(self) -> None:
        """Do what is due by now; afterwards `deadline` is in the future."""
        now = self._clock()
        self.registry.deadline = now + SWEEP_EVERY
        if self._stopping:
            return
        try:
            self._tick(now)
        except Exception:
            log.exception("! what was due could not be done")

    def stop(self) -> None:
        """Say goodbye to everyone; readers get what they have not got yet before it.

        Nothing falls due any more: a publisher that leaves now has not cut its session off.
        """
        self._stopping = True
        for link in list(self.links):
            if isinstance(link.role, Reader | Waiter):
                link.connection.close()
                self._attaching.stop(link, "stopped")
                self.registry.mark(link)
            elif not link.connection.closed:
                link.send_frame(records.record("stopping"))
                link.close()

    # -- serving ----------------------------------------------------------------------------------

    def _serve(self, link: Link) -> None:
        try:
            while not link.congested:
                message = link.connection.next_message()
                if message is None:
                    break
                self._handle(link, message)
        except Exception:
            log.exception("! connection %d: a message could not be served", link.number)
            self._leave(link)
            link.abort()
        link.collect()
        if link.connection.closed:
            self._drop(link)

    def _handle(self, link: Link, message: ClientMessage) -> None:
        try:
            self._handlers[type(message)](link, message)
        except RequestRefused as error:
            link.refuse(ErrorCode(error.code), error.message)

    def _drop(self, link: Link) -> None:
        """The connection is closed by us: what it was used for ends like a lost one's."""
        if not isinstance(link.role, Reader) or link.role.ending is None:
            self._leave(link)
            link.source = None
        link.close()

    def _count(self, link: Link) -> None:
        self._incoming += link.connection.buffered - link.counted
        link.counted = link.connection.buffered

    def _leave(self, link: Link) -> None:
        if isinstance(link.role, Publication):
            self._publishing.lost(link)
        else:
            self._attaching.lost(link)

    # -- time ------------------------------------------------------------------------------------

    def _tick(self, now: float) -> None:
        for link in list(self.links):
            if link.connection.state is State.HELLO:
                due = link.connected_at + self.limits.hello_timeout
                if due <= now:
                    link.refuse(
                        ErrorCode.BAD_REQUEST, f"no hello in {self.limits.hello_timeout:g} s"
                    )
                    link.close()
                else:
                    self.registry.due(due)
        self._publishing.tick()
        if now - self._swept >= SWEEP_EVERY:
            self._swept = now
            self.registry.sweep()
        self.registry.due(self._swept + SWEEP_EVERY)

    # -- plain requests ---------------------------------------------------------------------------

    def _room(self, session_id: str) -> Room:
        room = self.registry.rooms.get(session_id)
        if room is None:
            raise RequestRefused(ErrorCode.NO_SESSION, f"there is no session `{session_id}`")
        return room

    def _list(self, link: Link, _: List) -> None:
        sessions = [reports.describe(room) for room in self.registry.rooms.values()]
        link.send({"type": "sessions", "sessions": sessions})

    def _status(self, link: Link, _: Status) -> None:
        rooms = self.registry.rooms.values()
        link.send(
            {
                "type": "status",
                "pid": self._pid,
                "version": self._version,
                "protocol": PROTOCOL_VERSION,
                "incarnation": self.registry.store.incarnation,
                "started_at": self._started_at,
                "uptime_s": self._clock() - self._started,
                "socket": self._socket,
                "sessions": len(rooms),
                "connections": len(self.links),
                "viewers": sum(len(room.viewers) for room in rooms) + self._attaching.waiting,
                "publishers": sum(len(room.publishers) for room in rooms),
                "events": sum(
                    bounds.events
                    for room in rooms
                    if (bounds := room.store.bounds(room.session_id)) is not None
                ),
                "bytes": self.registry.memory(),
                "limits": reports.limits(self.registry),
            }
        )

    def _ping(self, link: Link, _: Ping) -> None:
        if isinstance(link.role, Publication):
            self._publishing.ping(link)
        link.send_frame(records.record("pong"))

    def _stop(self, link: Link, _: Stop) -> None:
        self.stop_requested = True
        link.send_frame(records.record("stopping"))
        link.close()

    def _show(self, link: Link, request: Show) -> None:
        view, cursor = self._room(request.session_id).snapshot()
        link.send_frame(*records.observation(request.session_id, str(cursor), view))

    def _inspect(self, link: Link, request: InspectCursor) -> None:
        link.send(reports.inspect(self.registry, request.cursor))

    def _remove(self, link: Link, request: Remove) -> None:
        room = self._room(request.session_id)
        if not request.force and self._publishing.busy(request.session_id):
            raise RequestRefused(
                ErrorCode.SESSION_BUSY,
                f"session `{request.session_id}` has a live publisher; `force` removes it anyway",
            )
        self.registry.forget(room)
        link.send({"type": "removed", "session_id": request.session_id})
