"""A client of the daemon that was written from `daemon/PROTOCOL.md` alone.

It uses socket, struct and msgpack, and nothing of ours. Run: plain_client.py SOCKET SESSION
"""

from __future__ import annotations

import secrets
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

import msgpack

Record = dict[str, Any]


class GoneError(Exception):
    """The daemon has closed the connection."""


class Connection:
    """Frames over a socket, after the hello."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)  # without a timeout it waits while the daemon is busy
        self.socket.settimeout(20)
        self.send({"type": "hello", "protocol": 1, "version": "plain"})
        try:
            self.hello = self.receive()
        except BaseException:
            self.close()
            raise

    def send(self, message: Record) -> None:
        body = msgpack.packb(message)
        try:
            self.socket.sendall(struct.pack(">I", len(body)) + body)
        except BrokenPipeError:
            pass  # the daemon has closed; what it said before that is still to be read

    def receive(self) -> Record:
        (length,) = struct.unpack(">I", self._exactly(4))
        record: Record = msgpack.unpackb(self._exactly(length))
        if record["type"] == "error":
            raise RuntimeError(f"{record['code']}: {record['message']}")
        return record

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise GoneError
            data += more
        return data

    def close(self) -> None:
        self.socket.close()


class Reader:
    """A stream that goes on over lost connections; `cursor` is the last position that is ours."""

    def __init__(self, path: str, session_id: str) -> None:
        self.path, self.session_id = path, session_id
        self.cursor: str | None = None
        self.connection: Connection | None = None

    def records(self) -> Iterator[Record]:
        while True:
            if self.connection is None:
                self.connection = Connection(self.path)
                request: Record = {"type": "attach", "session_id": self.session_id, "wait": True}
                if self.cursor is not None:
                    request |= {"start": "cursor", "cursor": self.cursor}
                else:
                    request |= {"start": "start"}
                self.connection.send(request)
            try:
                record = self.connection.receive()
            except (GoneError, ConnectionError):
                self.drop()
                continue
            if record["type"] not in ("attached", "gap", "pong"):
                self.cursor = record["cursor"]
            yield record
            if record["type"] == "end":
                return

    def drop(self) -> None:
        """Lose the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Publisher:
    """Numbers its events and keeps them until they are acknowledged."""

    def __init__(self, path: str, session_id: str) -> None:
        self.path, self.session_id = path, session_id
        self.publisher_id = secrets.token_hex(16)
        self.kept: dict[int, Record] = {}
        self.number = 0
        self.connect()

    def connect(self) -> None:
        self.connection = Connection(self.path)
        self.connection.send(
            {"type": "open", "session_id": self.session_id, "publisher_id": self.publisher_id}
        )
        opened = self.connection.receive()
        self.forget(opened["last"])
        if self.kept or not opened["known"]:
            self.send()

    def publish(self, *events: Record) -> None:
        for event in events:
            self.number += 1
            self.kept[self.number] = event

    def send(self) -> None:
        """Send all that is kept, acknowledged or not yet sent."""
        first = min(self.kept, default=self.number + 1)
        events = [self.kept[number] for number in sorted(self.kept)]
        self.connection.send({"type": "append", "first": first, "events": events})

    def wait(self) -> None:
        """Until everything is acknowledged."""
        while self.kept:
            self.forget(self.connection.receive()["last"])

    def forget(self, last: int) -> None:
        self.kept = {number: event for number, event in self.kept.items() if number > last}

    def drop(self) -> None:
        """Lose the connection, without a goodbye, and come back."""
        self.connection.close()
        self.connect()


if __name__ == "__main__":
    for line in Reader(sys.argv[1], sys.argv[2]).records():
        print(line)
