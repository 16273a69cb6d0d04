"""Faults of a connection as a script: what becomes of each byte. Pure; `lashd.testing.proxy` acts.

A script is a list with the faults of each connection, in the order in which clients connect. It
counts bytes, not time or chunks, so that it does the same however the kernel cuts the stream::

    [[Cut(100, "client")], [Refuse()], [Split((1, 3, 7)), Stall(4096)]]

The first connection is cut once 100 bytes have gone to the client, the second is refused, and on
the third everything travels in small pieces and what is sent to the daemon stops at 4096 bytes
until it is released. Connections beyond the list have no faults.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Literal, NamedTuple, TypeAlias

Direction = Literal["daemon", "client"]
"""To whom the bytes travel."""

DIRECTIONS: tuple[Direction, ...] = ("daemon", "client")

MAX_HELD = 1024 * 1024
"""Bytes that a direction holds back; then its sender is read no further, as if the kernel's
buffers were full."""


class Cut(NamedTuple):
    """Both sides see the end of the stream once `after` bytes have gone `to` that side."""

    after: int
    to: Direction = "daemon"


class Reset(NamedTuple):
    """As `Cut`, but nothing of the stream is read beyond `after`: whoever had sent more, or sends
    more, gets ECONNRESET or EPIPE."""

    after: int
    to: Direction = "daemon"


class Truncate(NamedTuple):
    """`to` sees the end of its stream after `after` bytes; the rest is swallowed. The other
    direction goes on."""

    after: int
    to: Direction = "daemon"


class Stall(NamedTuple):
    """What follows after `after` bytes is held until it is released."""

    after: int
    to: Direction = "daemon"


class Split(NamedTuple):
    """The stream is handed on in pieces of these sizes, again and again."""

    sizes: tuple[int, ...]
    to: Direction = "daemon"


class Merge(NamedTuple):
    """Bytes are held until there are `size` of them, the stream ends, or they are released."""

    size: int
    to: Direction = "daemon"


class Delay(NamedTuple):
    """Each piece waits `seconds` of the proxy's clock before it is handed on."""

    seconds: float
    to: Direction = "daemon"


class Refuse(NamedTuple):
    """The connection is closed as soon as it is there."""


Fault: TypeAlias = Cut | Reset | Truncate | Stall | Split | Merge | Delay | Refuse
Script: TypeAlias = Sequence[Sequence[Fault]]


class Send(NamedTuple):
    """Hand these bytes on."""

    data: bytes


class Wait(NamedTuple):
    """Let this much time pass first."""

    seconds: float


class Stalled(NamedTuple):
    """From here on bytes are held until `DirectionPlan.release`."""


class End(NamedTuple):
    """Tell the receiver that no more comes; the other direction goes on."""


class Close(NamedTuple):
    """Close both sides."""


Step: TypeAlias = Send | Wait | Stalled | End | Close
_AT_A_BYTE = (Cut, Reset, Truncate, Stall)


class DirectionPlan:
    """What becomes of the bytes that travel in one direction of one connection.

    Obligation of the caller: take the steps in order, beginning with those of `start`; read at
    most `room` bytes from the sender, and none while that is 0.
    """

    def __init__(self, faults: Sequence[Fault], to: Direction) -> None:
        mine = [fault for fault in faults if not isinstance(fault, Refuse) and fault.to == to]
        self._at_a_byte = sorted(
            (fault for fault in mine if isinstance(fault, _AT_A_BYTE)),
            key=lambda fault: fault.after,
        )
        self._delay = sum(fault.seconds for fault in mine if isinstance(fault, Delay))
        self._merge = max((fault.size for fault in mine if isinstance(fault, Merge)), default=0)
        sizes = next((fault.sizes for fault in mine if isinstance(fault, Split)), ())
        if any(size < 1 for size in sizes):
            raise ValueError(f"pieces have at least one byte: {sizes}")
        self._sizes: Iterator[int] | None = cycle(sizes) if sizes else None
        self._piece = next(self._sizes) if self._sizes else 0
        self._held = bytearray()
        self.passed = 0
        """Bytes handed on."""
        self.stalled = False
        self.over = False
        """Nothing more is handed on."""
        self._ending = False

    @property
    def room(self) -> int:
        """How many bytes may be read from the sender now."""
        room = max(0, MAX_HELD - len(self._held))
        for fault in self._at_a_byte:
            if isinstance(fault, Reset):
                room = min(room, max(0, fault.after - self.passed - len(self._held)))
        return room

    def start(self) -> list[Step]:
        """The connection is there."""
        return self._run()

    def feed(self, data: bytes) -> list[Step]:
        """Bytes from the sender."""
        if self.over:
            return []
        self._held += data
        return self._run()

    def release(self) -> list[Step]:
        """Hand on what is held."""
        self.stalled = False
        return self._run(flush=True)

    def finish(self) -> list[Step]:
        """The sender has ended its stream. Behind a stall the end waits as well."""
        self._ending = True
        return self._run(flush=True)

    # -- inside -----------------------------------------------------------------------------------

    def _run(self, *, flush: bool = False) -> list[Step]:
        steps: list[Step] = []
        flush = flush or self._ending
        while not self.over and not self.stalled:
            if self._at_a_byte and self._at_a_byte[0].after <= self.passed:
                steps.append(self._happen(self._at_a_byte.pop(0)))
                continue
            size = self._size(flush)
            if not size:
                break
            if self._delay:
                steps.append(Wait(self._delay))
            steps.append(Send(bytes(self._held[:size])))
            del self._held[:size]
            self._count(size)
        if self._ending and not self.stalled and not self.over:
            self.over = True
            steps.append(End())
        return steps

    def _happen(self, fault: Cut | Reset | Truncate | Stall) -> Step:
        if isinstance(fault, Stall):
            self.stalled = True
            return Stalled()
        self.over = True
        self._held.clear()
        return End() if isinstance(fault, Truncate) else Close()

    def _size(self, flush: bool) -> int:
        """Bytes of the next piece; 0 while it is to wait for more."""
        size = len(self._held)
        if self._at_a_byte:
            due = self._at_a_byte[0].after - self.passed
            if due <= size:
                size, flush = due, True
        if size < min(self._merge, MAX_HELD) and not flush:
            return 0
        return min(size, self._piece) if self._sizes else size

    def _count(self, size: int) -> None:
        self.passed += size
        if self._sizes is not None:
            self._piece -= size
            if not self._piece:
                self._piece = next(self._sizes)


def random_script(
    seed: int, connections: int = 8, *, max_bytes: int = 20_000, stalls: bool = False
) -> list[list[Fault]]:
    """Faults for so many connections; the same for the same seed.

    Without `stalls` nothing is held for good, so that nobody has to release anything.
    """
    source = random.Random(seed)
    return [_random_faults(source, max_bytes, stalls) for _ in range(connections)]


def _random_faults(source: random.Random, max_bytes: int, stalls: bool) -> list[Fault]:
    if source.random() < 0.1:
        return [Refuse()]
    faults: list[Fault] = []
    for to in DIRECTIONS:
        if source.random() < 0.4:
            sizes = tuple(
                source.choice((1, 2, 3, 5, 64, 1000)) for _ in range(source.randint(1, 5))
            )
            faults.append(Split(sizes, to))
        if stalls and source.random() < 0.3:
            faults.append(Stall(source.randrange(max_bytes), to))
    if source.random() < 0.8:
        kind = source.choice((Cut, Reset, Truncate))
        # Ends are as likely within the first frames as anywhere after them.
        after = int(max_bytes ** source.random())
        faults.append(kind(after, source.choice(DIRECTIONS)))
    return faults
