"""Publishers for tests, and the daemon's side of the protocol."""

from __future__ import annotations

from typing import Any

from lashd.client.blocking import Client
from lashd.publish.publisher import Publisher
from tests.daemon.scripted_daemon import Hung, Peer, Script


def publisher(path: str, session: str = "s", **options: Any) -> Publisher:
    """A publisher that starts no daemon."""
    return Publisher(session, socket_path=path, **{"start_daemon": False, **options})


def texts(path: str, session: str = "s") -> list[str]:
    """The user messages that the session shows."""
    with Client(path) as client:
        entries = client.show(session)["read_view"]["entries"]
    return [entry["text"] for entry in entries if entry["kind"] == "user"]


def accept_open(peer: Peer, *, known: bool = False, last: int = 0) -> dict[str, Any]:
    """Shake hands and open; returns the open message."""
    peer.hello()
    message = peer.read()
    assert message["type"] == "open"
    where = "lashsc1:4:0:s"
    peer.send({"type": "opened", "known": known, "last": last, "cursor": where, "sole": True})
    return message


def ack(last: int) -> dict[str, Any]:
    """An acknowledgement."""
    return {"type": "ack", "last": last, "cursor": f"lashsc1:0:{last}:s", "refused": []}


def receive_append(peer: Peer, seen: list[str]) -> int:
    """Read one append with events, add its texts to `seen`; returns its last event's number.

    An empty one, which only creates the session, is acknowledged. A goodbye ends the script.
    """
    while True:
        message = peer.read()
        if message["type"] == "close":
            peer.send({"type": "closed"})
            raise Hung
        if message["type"] == "ping":
            peer.send({"type": "pong"})
            continue
        assert message["type"] == "append", message
        last = int(message["first"]) + len(message["events"]) - 1
        if message["events"]:
            seen += [event["activity"]["text"] for event in message["events"]]
            return last
        peer.send(ack(last))


def acknowledging() -> Script:
    """A daemon that acknowledges everything."""

    def script(peer: Peer) -> None:
        accept_open(peer)
        try:
            while True:
                message = peer.read()
                if message["type"] == "close":
                    peer.send({"type": "closed"})
                else:
                    peer.send(ack(message["first"] + len(message["events"]) - 1))
        except OSError:
            pass

    return script
