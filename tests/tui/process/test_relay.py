"""The queue of copies: bounded, never blocking, exact about what is missing.

What passes through a relay is in tests/integration/test_tap.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lashtui.ingest.tap_reader import CopyDecoder
from lashtui.process.relay import AGENT, CLIENT, EXIT, LOST, MAX_COPIES, Copies

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe() -> Iterator[tuple[int, Copies]]:
    """(where copies come out, where they go in)."""
    reading, writing = os.pipe()
    copies = Copies(writing)
    yield reading, copies
    copies.close()
    os.close(reading)


def drained(reading: int, copies: Copies) -> list[tuple[bytes, bytes]]:
    """All frames that can be read while the queue keeps writing."""
    os.set_blocking(reading, False)
    frames = CopyDecoder()
    found: list[tuple[bytes, bytes]] = []
    while True:
        copies.write()
        try:
            data = os.read(reading, 1 << 20)
        except BlockingIOError:
            return found
        if not data:
            return found
        found += list(frames.feed(data))


def test_copies_come_out_in_order(pipe: tuple[int, Copies]) -> None:
    """Both directions, then the exit code; then the end."""
    reading, copies = pipe
    copies.put(CLIENT, b"ask")
    copies.put(AGENT, b"answer")
    copies.finish(7)
    assert drained(reading, copies) == [(CLIENT, b"ask"), (AGENT, b"answer"), (EXIT, b"7")]
    assert not copies.wants_to_write


def test_a_slow_reader_learns_how_much_it_missed(pipe: tuple[int, Copies]) -> None:
    """The queue stops at its bound; losses are counted per direction, at the place of the loss."""
    reading, copies = pipe
    block = b"x" * (1024 * 1024)
    for _ in range(20):
        copies.put(AGENT, block)
    copies.put(CLIENT, b"y" * 100)
    found = drained(reading, copies)
    kept = [body for kind, body in found if kind == AGENT]
    assert all(body == block for body in kept)
    assert MAX_COPIES - 1024 * 1024 <= sum(map(len, kept)) <= MAX_COPIES
    copies.put(AGENT, b"again")
    lost = (20 - len(kept)) * len(block)
    assert drained(reading, copies) == [(LOST, AGENT + str(lost).encode()), (AGENT, b"again")]


def test_losses_at_the_end_are_reported_too(pipe: tuple[int, Copies]) -> None:
    """Even if nothing of that direction followed."""
    reading, copies = pipe
    for _ in range(20):
        copies.put(AGENT, b"x" * (1024 * 1024))
    drained(reading, copies)
    copies.finish(0)
    assert [kind for kind, _ in drained(reading, copies)] == [LOST, EXIT]


def test_without_a_reader_nothing_is_kept(pipe: tuple[int, Copies]) -> None:
    """The queue closes its pipe and drops what it held."""
    reading, copies = pipe
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, reading)
    os.close(nowhere)
    copies.put(AGENT, b"x")
    copies.put(AGENT, b"x")
    assert copies.descriptor == -1
    assert not copies.wants_to_write
    copies.finish(0)
