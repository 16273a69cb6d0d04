"""A hub with fake connections and a manual clock. Everything is bytes, as over a socket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from lashd.hub.connection import HubConnection
from lashd.hub.hub import Hub
from lashd.limits import DaemonLimits, StoreLimits
from lashd.protocol.framing import FrameDecoder, frame
from lashd.testing.laws import ManualClock

Record = dict[str, Any]

pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(dict[str, Any]).decode


class HubHarness:
    """A hub, its clock, and its connections."""

    def __init__(self, limits: DaemonLimits | None = None, *, incarnation: int = 7) -> None:
        self.clock = ManualClock()
        self.clock_on_the_wall = 0.0
        """Seconds by which the wall's clock is ahead of the other one."""
        self.hub = Hub(
            clock=self.clock,
            now_ms=lambda: int((self.clock() + self.clock_on_the_wall) * 1000),
            incarnation=incarnation,
            limits=limits,
            version="test",
        )

    def connect(self, *, hello: bool = True) -> Client:
        """A new connection, after its hello unless there should be none."""
        client = Client(self)
        if hello:
            client.send(type="hello", protocol=1)
            assert client.receive()[0]["type"] == "hello"
        return client

    def publisher(self, session_id: str = "s", publisher_id: str = "p", **more: Any) -> Publisher:
        """A connection that has opened a session; its reply is `opened`."""
        publisher = Publisher(self, session_id, publisher_id)
        publisher.open(**more)
        return publisher

    def viewer(self, session_id: str | None = "s", **more: Any) -> Client:
        """A connection that has sent `attach`; it has received nothing yet."""
        client = self.connect()
        client.send(type="attach", session_id=session_id, **more)
        return client

    def follower(self, after: str | None = None) -> Client:
        """A connection that has sent `follow`; it has received nothing yet."""
        client = self.connect()
        client.send(type="follow", after=after)
        return client

    def advance(self, seconds: float) -> None:
        """Let time pass as the shell does: tick whenever something is due."""
        end = self.clock.now + seconds
        while self.hub.deadline <= end:
            self.clock.now = max(self.clock.now, self.hub.deadline)
            self.hub.tick()
        self.clock.now = end

    def sessions(self) -> dict[str, Record]:
        """The items of `list`, by session id."""
        client = self.connect()
        reply = client.request(type="list")
        client.disconnect()
        return {item["session_id"]: item for item in reply["sessions"]}


class Client:
    """One fake connection: sends maps, receives records."""

    def __init__(self, harness: HubHarness) -> None:
        self.hub = harness.hub
        self.connection: HubConnection = harness.hub.connect()
        self._decoder = FrameDecoder()

    def send(self, **message: Any) -> None:
        """One message in one piece."""
        self.send_bytes(frame(pack(message)))

    def send_bytes(self, data: bytes) -> None:
        """Any bytes; what takes steps is done in them."""
        self.hub.receive(self.connection, data)
        while self.hub.has_work:
            self.hub.work()

    def receive(self, max_bytes: int = 256 * 1024) -> list[Record]:
        """All records that there are now, pulled `max_bytes` at a time."""
        while chunks := self.hub.pull(self.connection, max_bytes):
            assert sum(map(len, chunks)) <= max_bytes
            for chunk in chunks:
                self._decoder.receive_data(bytes(chunk))
            if not self.connection.congested:
                self.hub.resume(self.connection)
        return self.whole()

    def whole(self) -> list[Record]:
        """The records that have been pulled to their ends."""
        records = []
        while (body := self._decoder.next_frame(2**31)) is not None:
            records.append(unpack(body))
        return records

    def receive_once(self, max_bytes: int) -> int:
        """One pull; how many bytes came."""
        chunks = self.hub.pull(self.connection, max_bytes)
        for chunk in chunks:
            self._decoder.receive_data(bytes(chunk))
        return sum(map(len, chunks))

    def request(self, **message: Any) -> Record:
        """The one reply to a message."""
        self.send(**message)
        (reply,) = self.receive()
        return reply

    def disconnect(self) -> None:
        """The connection is lost."""
        self.hub.disconnect(self.connection)


class Publisher(Client):
    """A fake publisher that numbers its events."""

    def __init__(self, harness: HubHarness, session_id: str, publisher_id: str) -> None:
        super().__init__(harness)
        self.send(type="hello", protocol=1)
        self.receive()
        self.session_id = session_id
        self.publisher_id = publisher_id
        self.number = 0
        self.opened: Record = {}

    def open(self, **more: Any) -> Record:
        """Send `open`, keep and return the reply."""
        self.opened = self.request(
            type="open", session_id=self.session_id, publisher_id=self.publisher_id, **more
        )
        return self.opened

    def create(self) -> Publisher:
        """Create the session without an event."""
        assert self.request(type="append", first=1, events=[])["type"] == "ack"
        return self

    def prose(self, *texts: str) -> Record:
        """Publish prose; returns the ack."""
        return self.publish(*(prose(text) for text in texts))

    def publish(self, *events: Record) -> Record:
        """Publish events with the next numbers; returns the ack."""
        first = self.number + 1
        self.number += len(events)
        return self.request(type="append", first=first, events=list(events))

    def end(self, outcome: str = "success") -> Record:
        """Publish the session's end."""
        return self.publish({"type": "session_changed", "kind": "ended", "outcome": outcome})


def prose(text: str) -> Record:
    """A bare activity."""
    return {"type": "assistant_prose_delta", "text": text}


def kinds(records: list[Record]) -> list[str]:
    """The types of records."""
    return [record["type"] for record in records]


def texts(records: list[Record]) -> list[str]:
    """The texts of all prose and all of a user's messages among the records."""
    return [
        record["activity"]["text"]
        for record in records
        if record["type"] == "turn_activity" and "text" in record["activity"]
    ]


def view_text(observation: Record) -> str:
    """All text of a snapshot."""
    return "".join(entry.get("text") or "" for entry in observation["read_view"]["entries"])


def small_limits(**store: Any) -> DaemonLimits:
    """The defaults with other bounds of the store."""
    return replace(DaemonLimits(), store=replace(StoreLimits(), **store))
