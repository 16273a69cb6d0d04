"""The hub: every message of every connection comes here, and all that is sent is decided here.

It does no I/O and reads only the clocks it was given. Obligations of the shell:

- `connect` for each new connection, `receive` for its bytes, `disconnect` when it is gone;
- after any of these, and after `tick`, write each of `take_broadcasts`, then pull from each
  connection of `take_dirty`, and from a connection again when the kernel has taken everything
  that it gave; `hold` a connection whose kernel takes no more;
- `resume` a connection that was `congested` when it no longer is;
- call `tick` no later than at `deadline`, and `work` in each pass of the loop while it `has_work`;
- close a connection that is `finished`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from lashd.errors import RequestRefused
from lashd.hub import records, status
from lashd.hub.appends import decode_typed
from lashd.hub.attach import AttachRequests
from lashd.hub.connection import Chunk, HubConnection
from lashd.hub.deadline import Deadline
from lashd.hub.deep import split_append
from lashd.hub.dirty import DirtySet
from lashd.hub.listing.requests import ListRequests
from lashd.hub.live import Broadcast
from lashd.hub.mirrored import MirrorState
from lashd.hub.publish import PublishRequests
from lashd.hub.session import LiveSession
from lashd.hub.sessions import Sessions
from lashd.hub.snapshot_budget import SnapshotBudget
from lashd.limits import DaemonLimits
from lashd.protocol.messages import (
    PROTOCOL_VERSION,
    Append,
    Attach,
    ClientMessage,
    Close,
    ErrorCode,
    Follow,
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
from lashd.wire_limits import FEATURES, KIB

log = logging.getLogger(__name__)

HANGS_AFTER = 2.0
"""Seconds without a byte after which a message that takes memory from others is given up."""

MESSAGES_A_STEP = 16
"""Messages of one connection served in a row; one may take some milliseconds, as `status` does with
many sessions, and thousands may come in one read. Appends, which are cheap, are not counted."""

SMALL_MESSAGE = 64 * KIB
"""Bytes of a message that takes nobody's memory: so much of each connection is read anyway."""

SWEEP_EVERY = 5.0
"""Seconds between looks at what has become too old: what age trims is freed that late at most."""


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
        mirror: MirrorState | None = None,
    ) -> None:
        """`mirror`: it serves the sessions of another daemon, and takes none from clients."""
        self.limits = limits or DaemonLimits()
        self.connections: dict[HubConnection, None] = {}
        """All that are counted, oldest first."""
        self.stop_requested = False
        """A client asked for a graceful stop; the shell does it."""
        self._stopping = False
        self._clock = clock
        self._version, self._pid, self._socket = version, pid, socket
        self._started_at, self._started = now_ms(), clock()
        self._last_number = 0
        self._incoming_bytes = 0
        self._receiving: dict[HubConnection, None] = {}
        """Those with a message that is not whole yet; heard of the longest ago first."""
        self._at_work: dict[HubConnection, None] = {}
        """Those whose message is being served in steps."""
        self._snapshot_budget: SnapshotBudget[HubConnection] = SnapshotBudget(
            self.limits.max_pending_snapshots
        )
        self._dirty = DirtySet()
        self._deadline = Deadline()
        self.sessions = Sessions(
            limits=self.limits,
            clock=clock,
            now_ms=now_ms,
            incarnation=incarnation,
            dirty=self._dirty,
        )
        self._publish = PublishRequests(self.sessions, clock=clock, deadline=self._deadline)
        self._attach = AttachRequests(
            self.sessions, {"incarnation": incarnation, "version": version}
        )
        self._list = ListRequests(self.sessions, clock=clock, now_ms=now_ms)
        self._swept_at = clock()
        self._deadline.no_later_than(self._swept_at + SWEEP_EVERY)
        self._handlers: dict[
            type[ClientMessage], Callable[[HubConnection, Any], Iterator[None] | None]
        ] = {
            List: self._list.list,
            Status: self._answer_status,
            Ping: self._answer_ping,
            Stop: self._answer_stop,
            Show: self._answer_show,
            InspectCursor: self._answer_cursor,
            Remove: self._answer_remove,
            Attach: self._attach.attach,
            Follow: self._list.follow,
            Open: self._publish.open,
            Restore: self._publish.restore,
            Append: self._publish.append_any,
            Close: lambda connection, _: self._publish.close(connection),
        }
        self._mirror = mirror
        if mirror is not None:
            self._handlers |= dict.fromkeys((Open, Remove), self._refuse_change)
            for kind in (List, Show, InspectCursor, Attach, Follow):
                self._handlers[kind] = partial(self._answer_of_home, self._handlers[kind])

    # -- for the shell ----------------------------------------------------------------------------

    @property
    def deadline(self) -> float:
        """When `tick` is to be called at the latest, by the clock."""
        return min(self._deadline.at, self._list.deadline.at)

    @property
    def dirty(self) -> bool:
        """`take_dirty` would give something."""
        return bool(self._dirty)

    def holdings(self) -> dict[str, int]:
        """What is held for connections, by name: all of it 0 when they are gone."""
        return {
            "connections": len(self.connections),
            "incoming bytes": self._incoming_bytes,
            "snapshot bytes": self._snapshot_budget.total,
            "publishers": self._publish.connected,
            "viewers": self._attach.attached + self._attach.waiting,
            "followers": self._list.followers,
        }

    def take_dirty(self) -> list[HubConnection]:
        """The connections that there may be something to pull from; each once."""
        return self._dirty.take()

    def take_broadcasts(self) -> list[Broadcast]:
        """What live readers are to get now; each once. To be taken before `take_dirty`."""
        broadcasts = []
        for session in self._dirty.take_sessions():
            broadcast = session.live.advance(self.limits.max_outstanding)
            if broadcast is None:
                for connection in session.live.disband():
                    self.mark(connection)
            elif broadcast.connections:
                broadcasts.append(broadcast)
        return broadcasts

    def mark(self, connection: HubConnection) -> None:
        """Have `connection` in the next `take_dirty`."""
        self._dirty.mark(connection)

    def connect(self) -> HubConnection:
        """A new connection; one too many gets a hello and an error, and is finished."""
        self._last_number += 1
        connection = HubConnection(
            ServerConnection(
                {
                    "protocol": PROTOCOL_VERSION,
                    "version": self._version,
                    "incarnation": self.sessions.store.incarnation,
                    "pid": self._pid,
                    "features": list(FEATURES),
                },
                decode_typed,
                split_append,
            ),
            number=self._last_number,
            connected_at=self._clock(),
            budget=self._snapshot_budget,
            mark=self.mark,
        )
        self.mark(connection)
        if len(self.connections) >= self.limits.max_connections:
            connection.refuse(
                ErrorCode.LIMIT,
                f"the daemon has {len(self.connections)} connections, as many as it takes",
            )
            connection.close()
            return connection
        self.connections[connection] = None
        self._deadline.no_later_than(connection.connected_at + self.limits.hello_timeout)
        return connection

    def receive(self, connection: HubConnection, data: bytes) -> None:
        """Bytes from the client."""
        connection.protocol.receive_data(data)
        self._serve(connection)
        if connection.protocol.buffered:
            self._wait_for_more(connection)

    def _wait_for_more(self, connection: HubConnection) -> None:
        """A message is not whole yet: it is waited for, within bounds."""
        now = self._clock()
        self._hear(connection, now)
        while self._receiving and self._incoming_bytes > self.limits.max_incoming:
            silent = next(iter(self._receiving))
            if silent.heard_at is not None and now - silent.heard_at >= HANGS_AFTER:
                self._give_up(silent, ErrorCode.LIMIT, "the rest of a message did not come in time")
                continue
            largest = max(self._receiving, key=lambda each: each.protocol.buffered)
            if largest.protocol.buffered <= SMALL_MESSAGE:
                return
            why = "too much is being sent to the daemon; try again"
            self._give_up(largest, ErrorCode.LIMIT, why)

    def _hear(self, connection: HubConnection, now: float) -> None:
        """From now on its silence counts."""
        connection.heard_at = now
        self._receiving.pop(connection, None)
        self._receiving[connection] = None
        self._deadline.no_later_than(now + self.limits.message_timeout)

    def _give_up(self, connection: HubConnection, code: ErrorCode, why: str) -> None:
        connection.refuse(code, why, again=True)
        self._close(connection)
        self._count_incoming(connection)
        self._receiving.pop(connection, None)

    def receive_eof(self, connection: HubConnection) -> None:
        """The client will send no more; it gets the replies that are due."""
        if connection.protocol.buffered:
            # Whoever made it so, a tunnel between us perhaps: it may still read what we say.
            why = "the connection ended within a frame"
            connection.refuse(ErrorCode.BAD_REQUEST, why, again=True)
        self._close(connection)
        self._count_incoming(connection)

    @property
    def has_work(self) -> bool:
        """Some messages are being served in steps: `work` is to be called soon."""
        return bool(self._at_work)

    def work(self) -> None:
        """One step of one message that is served in steps; each has its turn."""
        if not self._at_work:
            return
        connection = next(iter(self._at_work))
        del self._at_work[connection]
        if connection.work is not None:
            self._step(connection)
        if connection.work is None:
            self._serve(connection)
            if connection.heard_at is not None:
                self._hear(connection, self._clock())  # it was not read from until now
            self.mark(connection)  # it may be read from again, whether or not there is a reply
        else:
            self._at_work[connection] = None

    def resume(self, connection: HubConnection) -> None:
        """Serve what was received while the connection was congested."""
        self._serve(connection)

    def pull(self, connection: HubConnection, max_bytes: int) -> list[Chunk]:
        """What to send next; see `HubConnection.pull`."""
        try:
            return connection.pull(max_bytes)
        except Exception:
            log.exception("! connection %d: nothing can be sent", connection.number)
            connection.abort()
            return []

    def disconnect(self, connection: HubConnection) -> None:
        """The connection is gone."""
        self.connections.pop(connection, None)
        self._receiving.pop(connection, None)
        self._at_work.pop(connection, None)
        self._end_use(connection)
        connection.protocol.close()
        connection.drop_queue()
        self._count_incoming(connection)

    def tick(self) -> None:
        """Do what is due by now; afterwards `deadline` is in the future."""
        now = self._clock()
        if self._stopping:
            self._deadline.reset(now + SWEEP_EVERY)
            self._list.deadline.clear()
            return
        try:
            self._list.tick(now)
            if now < self._deadline.at:
                return
            self._deadline.reset(now + SWEEP_EVERY)
            self._refuse_silent(now)
            self._give_up_hung(now)
            self._publish.tick(now)
            self._sweep(now)
        except Exception:
            log.exception("! what was due could not be done")

    def stop(self) -> None:
        """Say goodbye on every connection; readers first get what they have not got yet.

        Nothing falls due from now on: a publisher that leaves at the stop has not abandoned its
        session.
        """
        self._stopping = True
        for connection in list(self.connections):
            if self._attach.serves(connection):
                connection.protocol.close()
                self._attach.end(connection, "stopped")
                self.mark(connection)
            elif self._list.serves(connection):
                connection.protocol.close()
                self._list.end(connection, "stopped")
                self.mark(connection)
            elif not connection.protocol.closed:
                connection.send_frame(records.record("stopping"))
                connection.close()

    # -- serving ----------------------------------------------------------------------------------

    def _serve(self, connection: HubConnection) -> None:
        """Handle the messages that have come, as long as the client takes the replies."""
        served = 0
        try:
            while not connection.congested:
                if appends := connection.protocol.next_appends():
                    self._publish.append(connection, appends)
                    if connection.protocol.exhausted:
                        break
                message = connection.protocol.next_message()
                if message is None:
                    break
                self._handle(connection, message)
                served += 1
                if served == MESSAGES_A_STEP and connection.work is None:
                    self._work_on(connection, iter(()))
        except Exception:
            log.exception("! connection %d: a message could not be served", connection.number)
            self._end_use(connection)
            connection.abort()
        connection.collect()
        if connection.protocol.closed:
            self._close(connection)
        if connection.heard_at is not None and not connection.protocol.buffered:
            connection.heard_at = None
            self._receiving.pop(connection, None)
        self._count_incoming(connection)

    def _handle(self, connection: HubConnection, message: ClientMessage) -> None:
        try:
            work = self._handlers[type(message)](connection, message)
        except RequestRefused as error:
            connection.refuse(ErrorCode(error.code), error.message)
        else:
            if work is not None:
                self._work_on(connection, work)
                if isinstance(message, Restore | Append):
                    connection.work_bytes = message.size

    def _work_on(self, connection: HubConnection, work: Iterator[None]) -> None:
        """Go on with `connection` in a later step, once it is the others' turn."""
        connection.work, connection.work_bytes = work, 0
        self._at_work[connection] = None

    def _step(self, connection: HubConnection) -> None:
        """One step of the message that `connection` is at."""
        work = connection.work
        assert work is not None
        try:
            next(work)
        except StopIteration:
            connection.work = None
        except RequestRefused as error:
            connection.work = None
            connection.refuse(ErrorCode(error.code), error.message)
        except Exception:
            connection.work = None
            log.exception("! connection %d: a message could not be served", connection.number)
            self._end_use(connection)
            connection.abort()

    def _close(self, connection: HubConnection) -> None:
        """Close from this side once all replies are sent. Its use ends as if it were lost, but a
        stream that is ending still gets its rest."""
        if not (self._attach.is_ending(connection) or self._list.is_ending(connection)):
            self._end_use(connection)
            connection.source = None
        connection.close()

    def _end_use(self, connection: HubConnection) -> None:
        """What the connection was used for is over."""
        self._publish.disconnect(connection)
        self._attach.detach(connection)
        self._list.leave(connection)

    def _count_incoming(self, connection: HubConnection) -> None:
        held = connection.protocol.buffered
        if connection.work is not None:
            held += connection.work_bytes
        self._incoming_bytes += held - connection.counted_bytes
        connection.counted_bytes = held

    # -- what is due ------------------------------------------------------------------------------

    def _refuse_silent(self, now: float) -> None:
        for connection in list(self.connections):
            if connection.protocol.state is State.HELLO:
                due = connection.connected_at + self.limits.hello_timeout
                if due <= now:
                    why = f"no hello in {self.limits.hello_timeout:g} s"
                    connection.refuse(ErrorCode.BAD_REQUEST, why, again=True)
                    connection.close()
                else:
                    self._deadline.no_later_than(due)

    def _give_up_hung(self, now: float) -> None:
        """Those whose message has stopped coming, the longest silent of them first."""
        timeout = self.limits.message_timeout
        for connection in list(self._receiving):
            heard_at = connection.heard_at
            if heard_at is None or not connection.protocol.exhausted or connection.work is not None:
                continue  # It is whole, or it is not read from: we have not come to it yet.
            if now - heard_at < timeout:
                self._deadline.no_later_than(heard_at + timeout)
                return
            why = f"no byte of a message that has begun in {timeout:g} s"
            self._give_up(connection, ErrorCode.BAD_REQUEST, why)

    def _sweep(self, now: float) -> None:
        if now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            self.sessions.sweep()
        self._deadline.no_later_than(self._swept_at + SWEEP_EVERY)

    # -- plain requests ---------------------------------------------------------------------------

    def _session(self, session_id: str) -> LiveSession:
        session = self.sessions.by_id.get(session_id)
        if session is None:
            raise RequestRefused(ErrorCode.NO_SESSION, f"there is no session `{session_id}`")
        return session

    def _answer_status(self, connection: HubConnection, _: Status) -> None:
        totals = status.totals(
            self.sessions,
            connections=len(self.connections),
            waiting=self._attach.waiting,
            followers=self._list.followers,
        )
        connection.send(
            {
                "type": "status",
                "pid": self._pid,
                "version": self._version,
                "protocol": PROTOCOL_VERSION,
                "incarnation": self.sessions.store.incarnation,
                "started_at": self._started_at,
                "uptime_s": self._clock() - self._started,
                "socket": self._socket,
                "mirror": None if self._mirror is None else self._mirror.status(),
                **totals,
            }
        )

    def _answer_ping(self, connection: HubConnection, _: Ping) -> None:
        self._publish.ping(connection)
        connection.send_frame(records.record("pong"))

    def _answer_stop(self, connection: HubConnection, _: Stop) -> None:
        self.stop_requested = True
        connection.send_frame(records.record("stopping"))
        connection.close()

    def _answer_show(self, connection: HubConnection, request: Show) -> None:
        view, cursor = self._session(request.session_id).snapshot()
        connection.send_frame(*records.observation(request.session_id, str(cursor), view))

    def _answer_cursor(self, connection: HubConnection, request: InspectCursor) -> None:
        connection.send(status.inspect(self.sessions, request.cursor))

    def _answer_of_home(
        self,
        answer: Callable[[HubConnection, Any], Iterator[None] | None],
        connection: HubConnection,
        request: ClientMessage,
    ) -> Iterator[None] | None:
        """As long as a mirror knows nothing, that there are no sessions would be made up."""
        assert self._mirror is not None
        absence = self._mirror.absence
        if absence is None or (isinstance(request, Attach) and request.wait):
            return answer(connection, request)
        raise RequestRefused(
            ErrorCode.NO_HOME, f"this mirror of `{self._mirror.home}` has nothing yet: {absence}"
        )

    def _refuse_change(self, _: HubConnection, request: ClientMessage) -> None:
        assert self._mirror is not None
        what = type(request).__struct_config__.tag
        raise RequestRefused(
            ErrorCode.READ_ONLY,
            f"this is a mirror of `{self._mirror.home}`, which only reads: `{what}` is for that"
            " home's own daemon",
        )

    def _answer_remove(self, connection: HubConnection, request: Remove) -> None:
        session = self._session(request.session_id)
        if not request.force and self._publish.is_busy(request.session_id):
            raise RequestRefused(
                ErrorCode.SESSION_BUSY,
                f"session `{request.session_id}` is still being published to",
            )
        self.sessions.remove(session)
        connection.send({"type": "removed", "session_id": request.session_id})
