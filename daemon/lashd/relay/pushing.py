"""What of a session the engine has, and what is to be pushed next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lashd.wire_limits import KIB

PUSH_EVENTS = 256
"""Events in one append: a script of so many takes the engine about a millisecond, in which it
serves nobody else."""
PUSH_BYTES = 512 * KIB
"""Bytes in one append, unless a single event has more."""

Event = tuple[int, bytes]
"""n and the message of an event."""


def batches(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """`events` in parts that one append takes."""
    begin = size = 0
    for index, (_, body) in enumerate(events):
        if index > begin and (index - begin == PUSH_EVENTS or size + len(body) > PUSH_BYTES):
            yield events[begin:index]
            begin, size = index, 0
        size += len(body)
    if begin < len(events):
        yield events[begin:]


@dataclass(frozen=True, slots=True)
class Ring:
    """The bounds of the home's replay."""

    events: int
    bytes: int


class Progress:
    """How far the engine is with one session.

    All that a reader of the engine may need is there at any time: the view, and each event after
    it. So nothing after the view is dropped, and a newer view comes in time.
    """

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self.last = ""
        """The last id in its stream; empty for no stream."""
        self.n = 0
        """n of the newest event that the engine has, or that its view holds."""
        self.view_at: int | None = None
        self.begins = 0
        """The n before its first event."""
        self.floor = 0
        """n of the oldest event that the home still has."""
        self._since_view = 0
        """Bytes pushed since the view."""

    def found(self, last: str, n: int | None, view_at: int | None) -> None:
        """What the engine has, as it was just read."""
        view_at = view_at if last else None
        if (last, view_at) != (self.last, self.view_at):
            self._since_view = 0
        self.last, self.view_at, self.n = last, view_at, n or 0

    def pushed(self, last: str, events: Sequence[Event]) -> None:
        """Events have landed."""
        self.last = last
        if events:
            self.n = events[-1][0]
            self._since_view += sum(len(body) for _, body in events)

    def viewed(self, at: int) -> None:
        """A view that stands at n `at` has landed."""
        self.view_at = at
        self._since_view = 0

    def jumped(self, last: str, n: int, at: int) -> None:
        """A view that stands at n `at` has landed, for all up to n."""
        self.last, self.n = last, n
        self.viewed(at)

    def row(self, tail: int, events: int) -> None:
        """The home says that its newest event is n `tail`, and how many it has."""
        self.floor = max(self.floor, tail + 1 - events)

    @property
    def home_floor(self) -> int:
        """n of the oldest event that the home can still have."""
        return max(self.floor, self.n + 1 - self._ring.events)

    @property
    def keep_from(self) -> int:
        """n of the oldest event to be kept in the engine."""
        return self.home_floor if self.view_at is None else min(self.home_floor, self.view_at + 1)

    @property
    def needs_view(self) -> bool:
        """A newer view is due: half a ring has come since, or the home has dropped what is in
        none."""
        at = self.view_at
        return (
            at is None
            or self.n - at >= max(1, self._ring.events // 2)
            or self._since_view >= self._ring.bytes // 2
            or (self.home_floor > at + 1 and self.n > at)
        )
