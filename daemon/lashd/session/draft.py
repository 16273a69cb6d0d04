"""A publisher's own session: each event in its final form, and the view of them.

The publisher sends the view to a daemon that does not know the session, or that has missed events.
Ids and times that were left out are filled in here, before folding and sending alike, so that this
view and the daemon's name the same entries.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from lashd.cursor import SessionCursor, SessionRevision, revision_after
from lashd.errors import InvalidEvent
from lashd.session.arrivals import (
    TEXTS,
    Arrival,
    EventDecoder,
    TurnArrival,
    check_turn,
    decode_activity,
)
from lashd.session.events import (
    Committed,
    Payload,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionObservationEvent,
    TurnActivity,
)
from lashd.session.facts import exit_code_of
from lashd.session.fold import Fold
from lashd.session.outgoing import Outgoing, outgoing, time_of
from lashd.session.view import ReadView, encode_view

log = logging.getLogger(__name__)


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
        self._waiting: list[TurnArrival] = []
        """Turn events taken and not folded yet: text of one entry is folded in one go."""
        self._waiting_first = 0
        """Number of the first of them."""
        self._unnamed: Any = None
        """The newest text that names no entry: one like it that follows continues it."""
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
        event = outgoing(payload, time_of(at, self._now_ms()), revision)
        bodies, reasons = self.take_all([event], number)
        if reasons:
            raise InvalidEvent(reasons[0])
        return bodies[0]

    def take_all(self, events: Sequence[Outgoing], first: int) -> tuple[list[bytes], list[str]]:
        """Fold events that follow each other, the first of them number `first`.

        Returns them as they go over the wire, and of each that the daemon would refuse (it is left
        out, and uses no number) the reason.
        """
        bodies: list[bytes] = []
        reasons: list[str] = []
        for event in events:
            try:
                bodies.append(self._take(event, first + len(bodies)))
            except InvalidEvent as error:
                reasons.append(str(error))
        self._fold_waiting()
        return bodies, reasons

    def _take(self, event: Outgoing, number: int) -> bytes:
        """The event with what it lacked; folded, or waiting to be."""
        # Decoded as the daemon decodes it, so that this view is the one that it will have.
        arrival = self._decode(event)
        own_id = event.id or f"{self._prefix}-{number}"
        if isinstance(arrival, TurnArrival) and event.revision is None:
            flat = arrival.activity
            flat.id, flat.parent = own_id, event.parent
            flat.correlation_id = event.correlation_id or self._join(arrival)
            body = event.complete(own_id, flat.correlation_id)
            if not self._waiting:
                self._waiting_first = number
            self._waiting.append(arrival)
            return body
        self._fold_waiting()
        payload = arrival.payload
        if isinstance(payload, TurnActivity):
            given = TurnActivity(own_id, event.correlation_id, payload.event, event.parent)
            payload = self._fold.resolve(given, own_id)
        correlation = payload.correlation_id if isinstance(payload, TurnActivity) else None
        body = event.complete(own_id, correlation or own_id)
        try:
            if not isinstance(payload, SessionChanged):
                self._reopen_if_ended(number, event.at)
            self._apply(payload, number, event.at, event.revision)
        except Exception:
            self._cant_fold()
        return body

    def _decode(self, event: Outgoing) -> Arrival:
        if event.is_turn:
            flat = decode_activity(event.body)
            if flat is not None:
                return check_turn(TurnArrival(flat, event.at))
        return EventDecoder(0).decode(msgspec.Raw(event.complete("x", "x")))

    def _join(self, arrival: TurnArrival) -> str:
        """The entry that a turn event joins which names none."""
        flat: Any = arrival.activity
        waiting = self._waiting
        last: Any = waiting[-1].activity if waiting else None
        if (
            last is not None
            and last is self._unnamed
            and type(flat) is type(last)
            and flat.parent == last.parent
            and flat.format == last.format
        ):
            self._unnamed = flat
            return str(last.correlation_id)
        self._fold_waiting()
        payload: Any = self._fold.resolve(arrival.payload, flat.id)
        if type(flat) in TEXTS:
            self._unnamed = flat
        return payload.correlation_id or str(flat.id)

    def _fold_waiting(self) -> None:
        waiting, self._waiting, self._unnamed = self._waiting, [], None
        if not waiting:
            return
        try:
            self._reopen_if_ended(self._waiting_first, waiting[0].at or 0)
            self._fold.apply_turns(waiting, self._waiting_first)
        except Exception:
            self._cant_fold()

    def _reopen_if_ended(self, number: int, at: int) -> None:
        """As the daemon does, with the next event that isn't about the session itself."""
        if self.view.state == "ended":
            self._apply(self._opened, number, at)

    def _cant_fold(self) -> None:
        """An error of ours. The events are sent; this view says that it is not whole."""
        log.exception("! an event of %r can't be folded", self.view.session_id)
        self.view.complete = False

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
        event = outgoing(mark({"count": dropped, "lost": dropped}), when)
        return event.complete(name, name), encode_view(fold.view)

    def introduce(self) -> tuple[bytes, bytes]:
        """An event that changes nothing, for a view to go along with, and this view."""
        event: SessionChanged = self._opened
        if self.view.state == "ended":
            code = exit_code_of(self.view.exit_code)
            event = SessionChanged(SessionChangeKind.ENDED, self.view.outcome, code)
        return outgoing(event, self._now_ms()).complete("", ""), self.encode()

    def encode(self) -> bytes:
        """The view, encoded."""
        return encode_view(self.view)

    def follow(self, revision: int, *, complete: bool) -> None:
        """Take over what the daemon knows: its revision, and whether the session had a past."""
        self.view.revision = max(self.view.revision, revision)
        if not complete:
            self.view.complete = False

    def _apply(self, payload: Payload, number: int, at: int, revision: int | None = None) -> None:
        commits = isinstance(payload, Committed)
        after = revision_after(self.view.revision, revision, commits=commits)
        self._fold.apply(self._observed(payload, number, at, after))
        if isinstance(payload, Committed) and payload.read_view is not None:
            self._fold.settle_with(payload.read_view, number)

    def _observed(
        self, payload: Payload, number: int, at: int, revision: int
    ) -> SessionObservationEvent:
        session_id = self.view.session_id
        cursor = SessionCursor.of_parts(session_id, revision, number)
        return SessionObservationEvent(session_id, SessionRevision(revision), cursor, payload, at)
