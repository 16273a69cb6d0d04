"""A hub with fake connections and a clock in hand. Everything is bytes, as over a socket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from lashd.hub.connection import Link
from lashd.hub.hub import Hub
from lashd.limits import DaemonLimits, StoreLimits
from lashd.protocol.framing import FrameDecoder, frame

Record = dict[str, Any]

pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(dict[str, Any]).decode


class House:
    """A hub, its clock, and who is connected."""

    def __init__(self, limits: DaemonLimits | None = None, *, incarnation: int = 7) -> None:
        self.now = 1000.0
        self.limits = limits or DaemonLimits()
        self.hub = Hub(
            clock=lambda: self.now,
            now_ms=lambda: int(self.now * 1000),
            incarnation=incarnation,
            limits=self.limits,
            version="test",
        )

    def connect(self, *, hello: bool = True) -> Peer:
        """A new connection."""
        peer = Peer(self)
        if hello:
            peer.send(type="hello", protocol=1)
            assert peer.take()[0]["type"] == "hello"
        return peer

    def publisher(self, session_id: str = "s", publisher_id: str = "p", **more: Any) -> Publisher:
        """A connection that has opened a session, and what it was told in `opened`."""
        peer = Publisher(self, session_id, publisher_id)
        peer.open(**more)
        return peer

    def viewer(self, session_id: str | None = "s", **more: Any) -> Peer:
        """A connection that has asked to attach; nothing is taken yet."""
        peer = self.connect()
        peer.send(type="attach", session_id=session_id, **more)
        return peer

    def after(self, seconds: float) -> None:
        """Let time pass as the shell does: tick whenever something is due."""
        end = self.now + seconds
        while self.hub.deadline <= end:
            self.now = max(self.now, self.hub.deadline)
            self.hub.tick()
        self.now = end

    def sessions(self) -> dict[str, Record]:
        """What `list` says, by session id."""
        peer = self.connect()
        reply = peer.ask(type="list")
        peer.lose()
        return {item["session_id"]: item for item in reply["sessions"]}


class Peer:
    """One fake connection: sends maps, takes records."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.link: Link = house.hub.connect()
        self._decoder = FrameDecoder()

    def send(self, **message: Any) -> None:
        """One message in one piece."""
        self.send_bytes(frame(pack(message)))

    def send_bytes(self, data: bytes) -> None:
        """Whatever bytes."""
        self.house.hub.receive(self.link, data)

    def take(self, max_bytes: int = 256 * 1024) -> list[Record]:
        """All records that there are now."""
        while chunks := self.house.hub.pull(self.link, max_bytes):
            assert sum(map(len, chunks)) <= max_bytes
            for chunk in chunks:
                self._decoder.receive_data(bytes(chunk))
            if not self.link.congested:
                self.house.hub.resume(self.link)
        return self._whole()

    def take_once(self, max_bytes: int) -> int:
        """One pull; how many bytes came."""
        chunks = self.house.hub.pull(self.link, max_bytes)
        for chunk in chunks:
            self._decoder.receive_data(bytes(chunk))
        return sum(map(len, chunks))

    def ask(self, **message: Any) -> Record:
        """The one reply to a message."""
        self.send(**message)
        (reply,) = self.take()
        return reply

    def lose(self) -> None:
        """The connection breaks."""
        self.house.hub.lost(self.link)

    def _whole(self) -> list[Record]:
        records = []
        while (body := self._decoder.next_frame(2**31)) is not None:
            records.append(unpack(body))
        return records


class Publisher(Peer):
    """A fake publisher that numbers its events."""

    def __init__(self, house: House, session_id: str, publisher_id: str) -> None:
        super().__init__(house)
        self.send(type="hello", protocol=1)
        self.take()
        self.session_id = session_id
        self.publisher_id = publisher_id
        self.number = 0
        self.opened: Record = {}

    def open(self, **more: Any) -> Record:
        """Send `open`, keep and return the reply."""
        self.opened = self.ask(
            type="open", session_id=self.session_id, publisher_id=self.publisher_id, **more
        )
        return self.opened

    def born(self) -> Publisher:
        """Let the session be born without an event."""
        assert self.ask(type="append", first=1, events=[])["type"] == "ack"
        return self

    def say(self, *texts: str) -> Record:
        """Publish prose; returns the ack."""
        return self.publish(*(prose(text) for text in texts))

    def publish(self, *events: Record) -> Record:
        """Publish events with the next numbers; returns the ack."""
        first = self.number + 1
        self.number += len(events)
        return self.ask(type="append", first=first, events=list(events))

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
