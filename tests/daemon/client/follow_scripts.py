"""What a scripted daemon says to a follower."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tests.daemon.scripted_daemon import Peer


def at(n: int) -> str:
    """A list's position."""
    return f"lashl1:7:{n}"


def snapshot(n: int, *names: str) -> list[dict[str, Any]]:
    """A whole list of sessions of these names."""
    return [
        {"type": "following", "position": at(0), "served": "snapshot"},
        *(row(name, 0) for name in names),
        {"type": "synced", "position": at(n)},
    ]


def replay(since: int, n: int, *names: str) -> list[dict[str, Any]]:
    """What has changed since."""
    return [
        {"type": "following", "position": at(since), "served": "replay"},
        *(row(name, since) for name in names),
        {"type": "synced", "position": at(n)},
    ]


def row(name: str, n: int) -> dict[str, Any]:
    """A row of a list."""
    return {"type": "session", "position": at(n), "session": {"session_id": name}}


def old_daemon(peer: Peer) -> None:
    """One that can't be followed: its hello names no features, and it takes no `follow`."""
    peer.hello(features=None)
    peer.read()
    with suppress(ConnectionError):  # who has read the hello may have left
        peer.send({"type": "error", "code": "bad_request", "message": "not a message"})
