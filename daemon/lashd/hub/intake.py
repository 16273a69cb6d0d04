"""Taking a publisher's events into its session: each lands once, as its number says.

Numbers that have come already are skipped, and a hole is shown in the session. Turn events that
follow each other are gathered and land together. A number is noted in the same step as its event
lands or is refused, so nothing that goes wrong later makes it come twice.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from lashd.cursor import MAX_U64
from lashd.errors import InvalidEvent, RequestRefused, StoreError
from lashd.hub.appends import TypedAppend
from lashd.protocol.messages import Append, ErrorCode
from lashd.session.arrivals import (
    PLAIN_FLATS,
    Arrival,
    EventDecoder,
    TurnArrival,
    TypedArrival,
    check_arrival,
)
from lashd.session.events import Committed, RuntimeDiagnostic, SessionChanged, TurnActivity
from lashd.wire_limits import KIB, MAX_BATCH_EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import msgspec

    from lashd.hub.publisher_role import PublisherRole
    from lashd.hub.session import LiveSession
    from lashd.session.events import Payload
    from lashd.session.view import ReadView

log = logging.getLogger(__name__)

STEP_BYTES = 64 * KIB
"""Bytes of events taken in one step: as many as one read gives. That many values take 30 ms."""


class Intake:
    """Some appends of one publisher on their way into its session, in order.

    Obligation of the caller: `land` after the last `take`, and before anything else happens to
    the session.
    """

    def __init__(self, role: PublisherRole, session: LiveSession) -> None:
        self._role = role
        self.session = session
        self._last = session.publishers.last_number(role.publisher_id)
        """Number of the last event that has landed, was refused, or is gathered."""
        self._is_placed = session.publishers.is_placed(role.publisher_id)
        self._turns: list[TurnArrival] = []
        """Gathered: consecutive numbers, the last of them `_last`."""
        self.has_taken = False
        """An append was taken, if only for its numbers: an acknowledgement is due."""

    def take(self, request: Append, view: ReadView | None = None) -> None:
        """Take the events of one append that have not come before; `view` is what it carries.

        Raises:
            RequestRefused: impossible numbers, or a bound; nothing of it was taken.
        """
        for _ in self._take(request, view):
            pass
        self.has_taken = True

    def take_in_steps(self, request: Append, view: ReadView | None = None) -> Iterator[None]:
        """As `take`, in steps; what has been taken lands at the end of each but the last.

        Raises:
            RequestRefused: as `take`, in the first step.
        """
        for _ in self._take(request, view):
            self.land()
            yield
        self.has_taken = True

    def _check(self, request: Append) -> int:
        """The number of its last event."""
        first = request.first
        end = first + len(request.events) - 1
        if first < 1 or end >= MAX_U64:
            raise RequestRefused(ErrorCode.BAD_REQUEST, f"`first` is {first}")
        if not self._is_placed:
            # It was told so, and says itself what is missing.
            self._last, self._is_placed = first - 1, True
        return end

    def _take(self, request: Append, view: ReadView | None) -> Iterator[None]:
        first, end = request.first, self._check(request)
        if end <= self._last:
            return
        if view is not None:
            self.land()
            if self.session.publishers.is_only(self._role.publisher_id):
                self._replace_view(view, end)
                return
            # With a view the publisher has put its own mark where events are missing.
            self._last = max(self._last, first - 1)
        elif first > self._last + 1:
            self.land()
            self.show_hole(first - self._last - 1)
            self._last = first - 1
        known = self._last + 1 - first
        if isinstance(request, TypedAppend):
            self._take_typed(request.events[known:])
        else:
            yield from self._take_each(request.events[known:])

    def take_plain(self, requests: Sequence[Append], begin: int) -> int:
        """Take those from `begin` on that are as nearly all are; where the first other one is.

        They follow each other, and their turn events have their ids and nothing to look into.
        """
        last, turns = self._last, self._turns
        for index in range(begin, len(requests)):
            request = requests[index]
            if (
                type(request) is not TypedAppend
                or request.first != last + 1
                or last > MAX_U64 - 2 * MAX_BATCH_EVENTS
                or not self._is_placed
            ):
                return index
            for arrival in request.events:
                if (
                    type(arrival) is not TurnArrival
                    or type(flat := arrival.activity) not in PLAIN_FLATS
                    or not flat.id
                    or not flat.correlation_id
                    or arrival.revision is not None
                ):
                    return index
            turns += cast("list[TurnArrival]", request.events)
            last += len(request.events)
            self._last, self.has_taken = last, True
        return len(requests)

    def land(self) -> None:
        """Have in the session what is gathered."""
        if not self._turns:
            return
        turns, self._turns = self._turns, []
        tail = self.session.host.tail
        try:
            self._reopen_if_ended()
            tail = self.session.host.tail
            self.session.host.record_turns(turns)
        except Exception as error:
            if not isinstance(error, StoreError):
                log.exception("! events of session %r", self.session.session_id)
            if self.session.host.tail == tail:
                self._land_each(turns)
        self._note(self._last)

    def show_hole(self, count: int) -> None:
        """Say in the session that `count` events of this publisher never came."""
        session = self.session
        if count <= 0:
            return
        log.warning("! %d events of session %r never came", count, session.session_id)
        hole = RuntimeDiagnostic("events_dropped", {"count": count, "lost": True})
        try:
            self._reopen_if_ended()
            session.host.record(TurnActivity.independent(hole))
        except StoreError as error:
            log.warning("! a hole in session %r can't be shown: %s", session.session_id, error)

    # -- inside -----------------------------------------------------------------------------------

    def _replace_view(self, view: ReadView, end: int) -> None:
        try:
            self.session.host.replace_view(view)
        except StoreError as error:
            raise RequestRefused(ErrorCode.LIMIT, error.message) from None
        self._note(end)

    def _take_typed(self, arrivals: Sequence[TypedArrival]) -> None:
        for arrival in arrivals:
            try:
                checked = check_arrival(arrival)
            except InvalidEvent as error:
                self._refuse(str(error))
            else:
                self._take_checked(checked)

    def _take_each(self, events: Sequence[msgspec.Raw]) -> Iterator[None]:
        decoder = EventDecoder(sum(len(memoryview(data)) for data in events))
        taken = 0
        for data in events:
            size = len(memoryview(data))
            if taken and taken + size > STEP_BYTES:
                taken = 0
                yield
            taken += size
            try:
                arrival: Arrival = decoder.decode(data)
            except InvalidEvent as error:
                self._refuse(str(error))
                continue
            self._take_checked(arrival)

    def _take_checked(self, arrival: Arrival) -> None:
        if isinstance(arrival, TurnArrival):
            flat = arrival.activity
            if flat.id and flat.correlation_id and arrival.revision is None:
                self._turns.append(arrival)
                self._last += 1
                return
        self._record(arrival.payload, arrival.at, arrival.revision)

    def _land_each(self, turns: Sequence[TurnArrival]) -> None:
        """One of them can't land, and none has: only that one is refused."""
        self._last -= len(turns)
        for turn in turns:
            self._record(turn.payload, turn.at, None)

    def _record(self, payload: Payload, at: int | None, revision: int | None) -> None:
        self.land()
        try:
            self._record_one(payload, at, revision)
        except (InvalidEvent, StoreError) as error:
            self._refuse(str(error))
        except Exception:
            log.exception("! event %d of session %r", self._last + 1, self.session.session_id)
            self._refuse("an error of the daemon: see its log")
        else:
            self._note(self._last + 1)

    def _record_one(self, payload: Payload, at: int | None, revision: int | None) -> None:
        session = self.session
        if isinstance(payload, SessionChanged):
            if payload.is_end and len(session.publishers.connections) > 1:
                # The session ends with the last of its publishers.
                return
            session.publishers.excuse_expired()
        else:
            self._reopen_if_ended()
        if isinstance(payload, Committed) and payload.read_view is not None:
            only = session.publishers.is_only(self._role.publisher_id)
            if not only:
                payload = Committed()  # others' entries are not this publisher's to replace
        revision = None if revision is None or revision < 0 else revision
        session.host.record(payload, at=at, revision=revision)

    def _refuse(self, reason: str) -> None:
        self.land()
        self._role.refuse(self._last + 1, reason)
        self._note(self._last + 1)

    def _note(self, number: int) -> None:
        self._last = number
        self.session.publishers.note_number(self._role.publisher_id, number)

    def _reopen_if_ended(self) -> None:
        if self.session.host.ended:
            self._role.reopen(self.session)
