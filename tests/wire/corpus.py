"""Conversations between clients and a daemon, as bytes, and a stage to play them on.

A recording is a file of JSON lines. The first says what the daemon was made of, the others are the
steps in order: `connect` and `lose` a connection, `advance` the clock, `stop` the daemon, and what
one side has said, as base64. There is no socket, no time but the stage's, and little chance: two
recordings of one version differ in ids that the daemon draws.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from lashd.hub.connection import HubConnection
from lashd.hub.hub import Hub
from lashd.limits import DaemonLimits, StoreLimits
from lashd.protocol.framing import FrameDecoder
from lashd.testing.laws import ManualClock

CORPUS = Path(__file__).parents[1] / "data" / "wire"
BEGIN = 1_700_000_000.0
PULL_BYTES = 256 * 1024
MAX_FRAME = 2**31

Record = dict[str, Any]
Step = dict[str, Any]

decode = msgspec.msgpack.Decoder(Record).decode
encode = msgspec.msgpack.Encoder().encode


def versions() -> list[str]:
    """Those of which there is a recording."""
    return sorted(path.name for path in CORPUS.iterdir() if path.is_dir())


def recordings() -> list[Path]:
    """All of them, of all versions."""
    return sorted(CORPUS.glob("*/*.jsonl"))


def read(path: Path) -> list[Step]:
    """The steps of a recording; the first is its head."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, steps: list[Step]) -> None:
    """Keep a recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(step)}\n" for step in steps))


def records_of(data: bytes) -> list[Record]:
    """The messages of whole frames."""
    frames = FrameDecoder()
    frames.receive_data(data)
    records = []
    while (body := frames.next_frame(MAX_FRAME)) is not None:
        records.append(decode(body))
    return records


def said(steps: list[Step], side: str) -> dict[str, bytes]:
    """All that the `client`s or the `daemon` said, by connection."""
    found: dict[str, bytes] = {}
    for step in steps:
        if step.get("from") == side:
            name = step["connection"]
            found[name] = found.get(name, b"") + b64decode(step["bytes"])
    return found


class Stage:
    """A daemon of this version without a socket, its clock and its connections."""

    def __init__(self, head: Step) -> None:
        """`head`: its `version` and `incarnation`, and bounds of its `store`."""
        limits = replace(DaemonLimits(), store=replace(StoreLimits(), **head["store"]))
        self.clock = ManualClock(BEGIN)
        self.hub = Hub(
            clock=self.clock,
            now_ms=self.now_ms,
            incarnation=head["incarnation"],
            limits=limits,
            version=head["version"],
            pid=4711,
            socket="/run/user/1000/lashtui/lashd.sock",
        )
        self.steps: list[Step] = [head]
        self._connections: dict[str, HubConnection] = {}

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return int(self.clock() * 1000)

    def connect(self, name: str) -> None:
        self.steps.append({"connect": name})
        self._connections[name] = self.hub.connect()

    def lose(self, name: str) -> None:
        """Without a goodbye."""
        self.steps.append({"lose": name})
        self.hub.disconnect(self._connections.pop(name))

    def advance(self, seconds: float) -> None:
        """Let time pass, as the daemon's process does: a tick whenever something is due."""
        self.steps.append({"advance": seconds})
        end = self.clock.now + seconds
        while self.hub.deadline <= end:
            self.clock.now = max(self.clock.now, self.hub.deadline)
            self.hub.tick()
        self.clock.now = end

    def stop(self) -> None:
        """As a signal does."""
        self.steps.append({"stop": True})
        self.hub.stop()

    def send(self, name: str, data: bytes) -> None:
        """A client says something."""
        self.steps.append(_step(name, "client", data))
        self.hub.receive(self._connections[name], data)
        while self.hub.has_work:
            self.hub.work()

    def receive(self, name: str) -> bytes:
        """All that the daemon has to say there now."""
        connection = self._connections[name]
        data = b""
        while chunks := self.hub.pull(connection, PULL_BYTES):
            data += b"".join(map(bytes, chunks))
            if not connection.congested:
                self.hub.resume(connection)
        if data:
            self.steps.append(_step(name, "daemon", data))
        return data

    def play(self, step: Step) -> bytes:
        """Do what a step of a recording says; what the daemon says, where it did so then."""
        if "connect" in step:
            self.connect(step["connect"])
        elif "lose" in step:
            self.lose(step["lose"])
        elif "advance" in step:
            self.advance(step["advance"])
        elif "stop" in step:
            self.stop()
        elif step["from"] == "client":
            self.send(step["connection"], b64decode(step["bytes"]))
        else:
            return self.receive(step["connection"])
        return b""


def _step(name: str, side: str, data: bytes) -> Step:
    return {"connection": name, "from": side, "bytes": b64encode(data).decode()}
