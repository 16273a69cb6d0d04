"""A connection that publishes: the session it has opened, and what its publisher is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lashd.protocol.framing import HEADER
from lashd.session.events import JsonValue

if TYPE_CHECKING:
    from lashd.hub.session import LiveSession
    from lashd.protocol.messages import Open
    from lashd.session.row import Where

MAX_REASON = 200
"""Characters of why an event was refused; an append can have 1024 of them."""


class PublisherRole:
    """A connection that has opened a session."""

    def __init__(self, request: Open, where: Where | None = None) -> None:
        self.request = request
        self.where = where
        """Where its agent runs, if it says so."""
        self.session_id = request.session_id
        self.publisher_id = request.publisher_id
        self.session: LiveSession | None = None
        """None while the session is pending: opened, and not created yet."""
        self.create_at = 0.0
        """When a pending session is created if no message does it before."""
        self.is_overdue = False
        """That time has come once."""
        self._refused: list[dict[str, JsonValue]] = []

    def refuse(self, number: int, reason: str) -> None:
        """The next acknowledgement says that the event with this number is refused, and why."""
        self._refused.append({"number": number, "reason": reason[:MAX_REASON]})

    def reopen(self, session: LiveSession) -> None:
        """An event comes after the session's end: it goes on."""
        request = self.request
        session.publishers.excuse_expired()
        session.host.open(title=request.title, agent=request.agent, directory=request.directory)

    def make_ack(self) -> bytes:
        """The acknowledgement of everything that has come, as one frame."""
        session = self.session
        assert session is not None
        refused, self._refused = self._refused, []
        last = session.publishers.last_number(self.publisher_id)
        body = _encode(_Ack(last, session.host.cursor_text, refused))
        return HEADER.pack(len(body)) + body


class _Ack(msgspec.Struct, tag_field="type", tag="ack"):
    last: int
    cursor: str
    refused: list[dict[str, JsonValue]]


_encode = msgspec.msgpack.Encoder().encode
