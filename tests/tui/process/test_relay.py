"""The queue of copies: bounded, never blocking, exact about what is missing.

What passes through a relay is in tests/integration/test_tap.py.
"""

from __future__ import annotations

import array
import fcntl
import os
import random
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.ingest.tap_reader import CopyDecoder
from lashtui.process.relay import AGENT, CLIENT, EXIT, LOST, MAX_COPIES, Copies
from tests.waiting import wait_until

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


def drained(
    reading: int, copies: Copies, frames: CopyDecoder | None = None
) -> list[tuple[bytes, bytes]]:
    """All frames that can be read while the queue keeps writing."""
    os.set_blocking(reading, False)
    frames = frames or CopyDecoder()
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
    assert copies.drain(5)
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
    assert copies.drain(5)
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


def test_that_the_reader_left_is_told_once() -> None:
    """Whether a write finds out or the poll."""
    reading, writing = os.pipe()
    told: list[int] = []
    copies = Copies(writing, lambda: told.append(1))
    os.close(reading)
    copies.put(AGENT, b"x")
    copies.lose()
    copies.finish(0)
    assert copies.drain(0)
    assert told == [1]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([CLIENT, AGENT]), st.integers(0, 200_000)), max_size=12),
    st.lists(st.integers(1, 100_000), min_size=1, max_size=20),
)
def test_any_sizes_at_any_pace(puts: list[tuple[bytes, int]], reads: list[int]) -> None:
    """However large the copies and however they are read, they come out as they were put in."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    copies, frames = Copies(writing), CopyDecoder()
    found: list[tuple[bytes, bytes]] = []
    expected = [(kind, kind * size) for kind, size in puts]
    for index, (kind, body) in enumerate(expected):
        copies.put(kind, body)
        try:
            found += frames.feed(os.read(reading, reads[index % len(reads)]))
        except BlockingIOError:
            pass
        copies.write()
    found += drained(reading, copies, frames)
    copies.close()
    os.close(reading)
    assert found == expected


RELAY = """\
import sys
from lashtui.process.relay import Copies, Relay
copies = Copies(int(sys.argv[1]), lambda: print("lost", file=sys.stderr))
relay = Relay(sys.argv[2:])
code = relay.run(copies)
copies.finish(code)
sys.exit(code if copies.drain(30) else 99)
"""

AGENT_OF_LARGE_LINES = """\
import sys, time
size, pause = int(sys.argv[1]), float(sys.argv[2])
for number in range(20):
    print(str(number % 10) * size, flush=True)
    time.sleep(pause)
sys.exit(3)
"""


@pytest.mark.parametrize("size", [1000, 65_530, 70_000, 140_000, 300_000])
@pytest.mark.parametrize("seed", range(3))
def test_a_reader_at_any_pace_gets_every_copy(size: int, seed: int) -> None:
    """Lines larger than a pipe, read in pieces and pauses: none is missing, nor the end."""
    chance = random.Random(seed)
    reading, writing = os.pipe()
    command = [sys.executable, "-c", AGENT_OF_LARGE_LINES, str(size), "0.003"]
    words = [sys.executable, "-c", RELAY, str(writing), *command]
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[writing],
    )
    os.close(writing)
    frames = CopyDecoder()
    found: list[tuple[bytes, bytes]] = []
    while True:
        assert select.select([reading], [], [], 30)[0]
        data = os.read(reading, chance.choice([5, 4096, 65_536, 1 << 20]))
        if not data:
            break
        found += frames.feed(data)
        time.sleep(chance.choice([0, 0, 0.001]))
    os.close(reading)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (3, b"")
    lines = b"".join(str(number % 10).encode() * size + b"\n" for number in range(20))
    assert b"".join(body for kind, body in found if kind == AGENT) == lines
    assert found[-1] == (EXIT, b"3")


ECHOING_AGENT = """\
import os, sys
source, done = int(sys.argv[1]), int(sys.argv[2])
while data := os.read(source, 1 << 20):
    while data:
        data = data[os.write(1, data):]
    os.write(done, b".")
"""


def test_a_queue_that_empties_while_the_agent_writes_is_no_reader_that_left() -> None:
    """The relay finds the copies' pipe writable and the agent readable in the same moment, and by
    reading writes all that was queued: it still has a reader.
    """
    reading, writing = os.pipe()
    source, to_agent = os.pipe()
    acknowledged, acknowledge = os.pipe()
    command = [sys.executable, "-c", ECHOING_AGENT, str(source), str(acknowledge)]
    process = subprocess.Popen(
        [sys.executable, "-c", RELAY, str(writing), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[writing, source, acknowledge],
    )
    for descriptor in (writing, source, acknowledge):
        os.close(descriptor)

    def is_full_and_asleep() -> bool:
        held = array.array("i", [0])
        fcntl.ioctl(reading, termios.FIONREAD, held)
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return held[0] >= 65_536 and state == "S"

    data = b"a" * 80_000
    while data:
        data = data[os.write(to_agent, data) :]
    wait_until(is_full_and_asleep)
    process.send_signal(signal.SIGSTOP)
    frames = CopyDecoder()
    found = list(frames.feed(os.read(reading, 65_536)))
    while select.select([acknowledged], [], [], 0)[0]:
        os.read(acknowledged, 100)
    os.write(to_agent, b"b" * 100)
    assert select.select([acknowledged], [], [], 30)[0]
    process.send_signal(signal.SIGCONT)
    os.close(to_agent)
    while piece := os.read(reading, 1 << 20):
        found += frames.feed(piece)
    os.close(reading)
    os.close(acknowledged)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert b"".join(body for kind, body in found if kind == AGENT) == b"a" * 80_000 + b"b" * 100
    assert found[-1] == (EXIT, b"0")
