"""The plain requests of a client, and how a reply is read.

`daemon/PROTOCOL.md` lists the replies and their fields.
"""

from __future__ import annotations

from lashd.errors import ConnectionFailed
from lashd.protocol.client import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.records import Record

LIST: Record = {"type": "list"}
"""-> `sessions`."""
STATUS: Record = {"type": "status"}
"""-> `status`."""
STOP: Record = {"type": "stop"}
"""-> `stopping`."""
PING: Record = {"type": "ping"}
"""-> `pong`, also while attached or publishing."""


def follow(after: str | None) -> Record:
    """-> `following` and the list as a stream."""
    return {"type": "follow", "after": after}


def show(session_id: str) -> Record:
    """-> `observation`."""
    return {"type": "show", "session_id": session_id}


def inspect_cursor(cursor: str) -> Record:
    """-> `cursor_report`."""
    return {"type": "cursor", "cursor": cursor}


def remove(session_id: str, force: bool) -> Record:
    """-> `removed`."""
    return {"type": "remove", "session_id": session_id, "force": force}


def reply_or_raise(asked: Record, reply: Record) -> Record:
    """The reply to the request `asked`.

    Raises:
        RequestRefused: it is an `error`. With code `bad_request` the daemon closes the connection.
        ConnectionFailed: it is the goodbye of a daemon that stops.
    """
    if reply["type"] == "error":
        raise refusal(reply)
    if reply["type"] == "stopping" and asked["type"] != "stop":
        raise ConnectionFailed("the daemon stopped")
    return reply
