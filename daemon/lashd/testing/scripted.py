"""A publisher and a reader that speak the protocol themselves, for tests. No I/O.

They use no client of ours, so that a client, or a daemon, can be compared with them. What they
send and receive is noted by the auditor, if they are given one. `lashd.testing.drive` carries them
over a socket; in a test without one, pass `data_to_send()` to the other side and what comes back
to `receive`.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Any, Literal

import msgspec

from lashd.errors import InvalidEvent, StoreError
from lashd.protocol.framing import FrameDecoder, frame
from lashd.session.codec import payload_from_wire
from lashd.session.host import SessionHost
from lashd.session.store import InMemoryLiveReplayStore
from lashd.testing.audit.marks import Record, mark
from lashd.testing.audit.publisher import PublisherAudit
from lashd.testing.audit.reader import EVENTS, ReaderAudit
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_FRAME_BYTES, PROTOCOL_VERSION

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode

LOSING_CODES = frozenset({"bad_request", "bad_version", "limit"})
"""Errors after which a party gives up its connection and tries again with another."""


class Party:
    """One end of a connection, over any number of connections one after another."""

    def __init__(self) -> None:
        self.errors: list[Record] = []
        """All `error` records that came."""
        self.finished = False
        """It wants no connection any more."""
        self.broken = False
        """It wants this connection to be closed, and another."""
        self._outgoing = bytearray()
        self._frames = FrameDecoder()

    def connected(self) -> None:
        """There is a new connection."""
        self.broken = False
        self._outgoing.clear()
        self._frames = FrameDecoder()
        self._send({"type": "hello", "protocol": PROTOCOL_VERSION, "version": "scripted"})

    def receive(self, data: bytes) -> None:
        """Bytes from the daemon, in pieces of any size."""
        self._frames.receive_data(data)
        while (body := self._frames.next_frame(MAX_FRAME_BYTES)) is not None:
            record = _decode(body)
            if record["type"] == "error":
                self.errors.append(record)
                self.broken = record["code"] in LOSING_CODES
            self._received(record)

    def data_to_send(self) -> bytes:
        """Bytes for the daemon; each is given once."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def lost(self) -> None:
        """The connection is gone."""
        self.broken = False
        self._outgoing.clear()

    def _received(self, record: Record) -> None:
        raise NotImplementedError

    def _send(self, message: Record) -> None:
        self._outgoing += frame(_encode(message))


class ScriptedPublisher(Party):
    """Numbers its events, keeps what is not acknowledged, sends it again, restores its session."""

    def __init__(
        self,
        name: str,
        session_id: str,
        audit: PublisherAudit | None = None,
        *,
        restores: bool = True,
        keep: int = 10_000,
        batch: int = MAX_BATCH_EVENTS,
    ) -> None:
        """`name` is its publisher id, and what marks its events.

        Args:
            name: the same for its audit.
            session_id: what it publishes to.
            audit: notes what is sent and received.
            restores: it keeps its view, and gives it to a daemon that doesn't know the session.
            keep: events that are kept for sending again. Beyond it the oldest are dropped, and
                the view is sent in their place.
            batch: events in one append.
        """
        super().__init__()
        self.name = name
        self.session_id = session_id
        self.number = 0
        """Of the last event published."""
        self.acknowledged = 0
        self.refused: dict[int, str] = {}
        """Why events were refused, by number."""
        self.restored = 0
        """How often it has restored its session."""
        self._audit = audit
        self._keep, self._batch = keep, batch
        self._kept: OrderedDict[int, Record] = OrderedDict()
        self._sent = 0
        """The last number that this connection has been sent."""
        self._ready = False
        """`opened`, and `restored` where that was due: events may be sent."""
        self._lost = False
        """Events were dropped that no daemon has."""
        self._closing = False
        self._past = _OwnView(session_id) if restores else None
        """The view that the events which are not kept make."""
        self._past_last = 0
        """The number of the last of them."""
        self._present = _OwnView(session_id) if restores else None
        """The view that all events make."""

    @property
    def settled(self) -> bool:
        """Everything published is acknowledged."""
        return self.acknowledged >= self.number

    def say(self, text: str = "", kind: str = "user_message", **more: Any) -> None:
        """Publish an event of some text, with its mark."""
        marked = f"{mark(self.name, self.number + 1)} {text}"
        self.publish({"type": kind, "text": marked, **more})

    def publish(self, *events: Record) -> None:
        """Publish events as they are; they go out when the connection is ready."""
        for event in events:
            self.number += 1
            self._kept[self.number] = event
            if self._present is not None:
                self._present.fold(event)
        while len(self._kept) > self._keep:
            number, event = self._kept.popitem(last=False)
            self._lost |= number > self._sent
            self._leave(number, event)
            if self._audit is not None:
                self._audit.dropped(number, number)
        self._send_events()

    def close(self) -> None:
        """Say goodbye once everything is acknowledged."""
        self._closing = True
        self._send_events()

    def connected(self) -> None:
        """Open the session; `opened` says what has to be sent again."""
        super().connected()
        self._ready = False
        self._send({"type": "open", "session_id": self.session_id, "publisher_id": self.name})

    def lost(self) -> None:
        """Whatever was under way is sent again on the next connection."""
        super().lost()
        self._ready = False

    # -- inside -----------------------------------------------------------------------------------

    def _received(self, record: Record) -> None:
        if self._audit is not None:
            self._audit.received(record)
        kind = record["type"]
        if kind == "opened":
            self._opened(record)
        elif kind == "restored":
            self.restored += 1
            self._begin(after=self._past_last)
        elif kind == "ack":
            self._acked(record)
        elif kind == "closed":
            self.finished = True
        elif kind == "error":
            self._refused(record)

    def _opened(self, record: Record) -> None:
        last = record["last"]
        if last is None:
            # It can't say what of ours it has: nothing that it may have is sent again.
            self._forget(self._sent)
        elif last >= self.acknowledged:
            self._forget(last)
        if last is not None and last < self.acknowledged and self._past is not None:
            self._message({"type": "restore", "view": self._past.wire(), "last": self._past_last})
        else:
            self._begin(after=self.acknowledged)

    def _begin(self, *, after: int) -> None:
        self._ready, self._sent = True, after
        # What was dropped while it was under way may never have arrived.
        self._lost |= bool(self._kept) and next(iter(self._kept)) > after + 1
        if not self._kept:
            self._message({"type": "append", "first": after + 1, "events": []})
        self._send_events()

    def _acked(self, record: Record) -> None:
        for refusal in record["refused"]:
            self.refused[refusal["number"]] = refusal["reason"]
        self._forget(record["last"])
        self._send_events()

    def _forget(self, last: int) -> None:
        while self._kept and next(iter(self._kept)) <= last:
            number, event = self._kept.popitem(last=False)
            self._leave(number, event)
        self.acknowledged = max(self.acknowledged, last)
        self._sent = max(self._sent, last)

    def _leave(self, number: int, event: Record) -> None:
        """An event is no longer kept."""
        self._past_last = number
        if self._past is not None and number not in self.refused:
            self._past.fold(event)

    def _refused(self, record: Record) -> None:
        if record["code"] == "forgotten":
            self.finished = True
        elif record["code"] == "invalid_view":
            self._past = self._present = None
            self.broken = True

    def _send_events(self) -> None:
        if not self._ready:
            return
        waiting = [number for number in self._kept if number > self._sent]
        for start in range(0, len(waiting), self._batch):
            numbers = waiting[start : start + self._batch]
            message: Record = {
                "type": "append",
                "first": numbers[0],
                "events": [self._kept[number] for number in numbers],
            }
            if self._lost and self._present is not None and numbers[-1] == self.number:
                message["view"] = self._present.wire()
                self._lost = False
            self._message(message)
            self._sent = numbers[-1]
        if self._closing and self.settled:
            self._message({"type": "close"})

    def _message(self, message: Record) -> None:
        if self._audit is not None:
            self._audit.sent(message)
        self._send(message)


class ScriptedReader(Party):
    """Attaches, notes all that comes, and attaches again after the last cursor that is its own."""

    def __init__(
        self,
        session_id: str,
        audit: ReaderAudit | None = None,
        *,
        cursor: str | None = None,
        start: Literal["snapshot", "start", "now"] = "start",
        wait: bool = True,
        keep: int | None = None,
    ) -> None:
        """A reader that begins after `cursor`, or else at `start`.

        Args:
            session_id: what it watches.
            audit: notes what is received.
            cursor: the last position that is the reader's own.
            start: where it begins without one.
            wait: for a session that does not exist yet.
            keep: the newest so many records stay in `records`; by default all.
        """
        super().__init__()
        self.session_id = session_id
        self.cursor = cursor
        self.records: deque[Record] = deque(maxlen=keep)
        """Everything that came, on all connections."""
        self.events = 0
        self.synced = 0
        """How often `synced` came."""
        self.end: str | None = None
        """The reason of the `end` that came."""
        self._audit = audit
        self._start = start
        self._wait = wait

    def connected(self) -> None:
        """Attach after the cursor, if there is one."""
        super().connected()
        attach: Record = {"type": "attach", "session_id": self.session_id, "wait": self._wait}
        if self.cursor is None:
            attach["start"] = self._start
        else:
            attach |= {"start": "cursor", "cursor": self.cursor}
        if self._audit is not None:
            self._audit.attaching(self.cursor)
        self._send(attach)

    def ping(self) -> None:
        """Ask for a `pong`: what comes before it was sent before."""
        self._send({"type": "ping"})

    def lost(self) -> None:
        """What was not complete doesn't count."""
        super().lost()
        if self._audit is not None:
            self._audit.lost()

    def _received(self, record: Record) -> None:
        kind = record["type"]
        if kind == "hello":
            return
        self.records.append(record)
        if self._audit is not None:
            self._audit.received(record)
        if kind == "synced":
            self.synced += 1
        elif kind == "end":
            self.end = record["reason"]
            self.finished = self.end == "forgotten"
        elif kind == "error":
            self.broken = True
        elif kind in EVENTS:
            self.events += 1
        if kind in EVENTS or kind in ("observation", "synced"):
            self.cursor = record["cursor"]


class _OwnView:
    """The view that a publisher's own events make."""

    def __init__(self, session_id: str) -> None:
        store = InMemoryLiveReplayStore.with_bounds(1, 1.0, clock=lambda: 0.0)
        self._host = SessionHost(store, session_id, now_ms=lambda: 0)
        self._host.open()

    def fold(self, event: Record) -> None:
        try:
            self._host.record(payload_from_wire(event))
        except (InvalidEvent, StoreError):
            pass  # the daemon refuses it as well

    def wire(self) -> Record:
        return self._host.view.to_wire()
