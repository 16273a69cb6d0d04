"""A publisher's own session: each event in its final form, and the view of them.

The publisher sends the view to a daemon that does not know the session, or that has missed events.
Ids and times that were left out are filled in here, before folding and sending alike, so that this
view and the daemon's name the same entries.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lashd.cursor import MAX_U64, SessionCursor, SessionRevision
from lashd.errors import InvalidEvent
from lashd.session.codec import as_received, payload_to_wire
from lashd.session.event_time import event_time
from lashd.session.events import (
    Committed,
    Payload,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionObservationEvent,
    TurnActivity,
)
from lashd.session.fold import Fold
from lashd.session.view import ReadView, encode_view
from lashd.wire_limits import MAX_EVENT_BYTES

_encode = msgspec.msgpack.Encoder().encode


class Draft:
    """A publisher's own session.

    Args:
        session_id: its name.
        prefix: what ids given here begin with; differs between publishers.
        now_ms: Unix milliseconds, for events without a time.
        revision: where a new session's revision starts.
    """

    def __init__(
        self,
        session_id: str,
        *,
        prefix: str,
        now_ms: Callable[[], int],
        revision: int | None = None,
        title: str | None = None,
        agent: str | None = None,
        directory: str | None = None,
    ) -> None:
        self._prefix = prefix
        self._now_ms = now_ms
        view = ReadView(session_id, revision=SessionRevision(revision or 0).n)
        self._fold = Fold(view)
        opened = SessionChanged(
            SessionChangeKind.OPENED, title=title, agent=agent, directory=directory
        )
        self._opened: SessionChanged = opened
        self._apply(opened, 0, now_ms())

    @property
    def view(self) -> ReadView:
        """The view after the last event taken. Read only."""
        return self._fold.view

    @property
    def turn_failed(self) -> bool:
        """Whether the running turn fails if it ends here, else whether the last one has failed."""
        return self.view.turn.failed

    @property
    def failure(self) -> str | None:
        """The message of the error by which the turn fails if it ends here; None if it doesn't."""
        if not self.view.turn.is_failing:
            return None
        errors = (
            entry.text
            for entry in reversed(self.view.entries)
            if entry.kind == "error" and not entry.parent
        )
        return next(errors, None) or "The turn failed."

    def take(
        self, payload: Payload, number: int, *, at: int | None = None, revision: int | None = None
    ) -> bytes:
        """Fold one event and return it as it goes over the wire. All of it, or nothing.

        Raises:
            InvalidEvent: the daemon would refuse it: a field of a wrong type, or too large.
        """
        try:
            # What the daemon will read, so that this view is the one that it will have.
            payload = as_received(payload)
            if revision is not None and not 0 <= revision <= MAX_U64:
                raise InvalidEvent(f"revision {revision!r} is not a u64")
            payload = self._fold.resolve(payload, f"{self._prefix}-{number}")
            when = event_time(None if at is None else int(at), self._now_ms())
            body = _event(payload, when, revision)
        except (TypeError, ValueError, OverflowError, RecursionError, AttributeError) as error:
            raise InvalidEvent(f"an event that can't be sent: {error}") from None
        if len(body) > MAX_EVENT_BYTES:
            raise InvalidEvent(f"an event of {len(body)} bytes; {MAX_EVENT_BYTES} are allowed")
        if self.view.state == "ended" and not isinstance(payload, SessionChanged):
            self._apply(self._opened, number, when)
        self._apply(payload, number, when, revision)
        return body

    def mark(self, dropped: int, number: int) -> tuple[bytes, bytes]:
        """The event that stands for `dropped` events up to `number`, and the view with it.

        The mark is in the view that is sent, not in this one: what was dropped is in both.
        """
        when = self._now_ms()
        name = f"{self._prefix}-{number}"

        def mark(data: dict[str, int]) -> TurnActivity:
            return TurnActivity(name, name, RuntimeDiagnostic("events_dropped", data))

        fold = Fold(self.view.copy())
        fold.apply(self._observed(mark({"count": dropped}), number, when, self.view.revision))
        # Where the view can't be taken, as others publish there too, the events are lost.
        event = _event(mark({"count": dropped, "lost": dropped}), when, None)
        return event, encode_view(fold.view)

    def encode(self) -> bytes:
        """The view, encoded."""
        return encode_view(self.view)

    def follow(self, revision: int, *, complete: bool) -> None:
        """Take over what the daemon knows: its revision, and whether the session had a past."""
        self.view.revision = max(self.view.revision, revision)
        if not complete:
            self.view.complete = False

    def _apply(self, payload: Payload, number: int, at: int, revision: int | None = None) -> None:
        after = max(self.view.revision, revision or 0)
        if isinstance(payload, Committed):
            after = max(min(self.view.revision + 1, MAX_U64), revision or 0)
        self._fold.apply(self._observed(payload, number, at, after))
        if isinstance(payload, Committed) and payload.read_view is not None:
            self._fold.settle_with(payload.read_view, number)

    def _observed(
        self, payload: Payload, number: int, at: int, revision: int
    ) -> SessionObservationEvent:
        session_id = self.view.session_id
        cursor = SessionCursor.of_parts(session_id, revision, number)
        return SessionObservationEvent(session_id, SessionRevision(revision), cursor, payload, at)


def _event(payload: Payload, at: int, revision: int | None) -> bytes:
    wire = payload_to_wire(payload)
    wire["at"] = at
    if revision is not None:
        wire["revision"] = revision
    return _encode(wire)
