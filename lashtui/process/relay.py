"""A pipe in both directions between a client and its agent, passed on as it comes, and copied.

Whatever happens to the copies can't slow, block or change what is passed on: they go to another
process from a bounded queue, through a pipe that never blocks us, and are dropped when the queue is
full or its reader has gone.
"""

from __future__ import annotations

import os
import select
import struct
import time
from collections import deque
from typing import TYPE_CHECKING

from lashtui.process.child import DRAIN_WAIT, Child
from lashtui.process.spawn import close_quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

READ_BYTES = 64 * 1024
"""A pipe's whole content."""

MAX_COPIES = 8 * 1024 * 1024
"""Bytes of copies that wait for their reader: some seconds of the busiest agent."""

SAFE_WRITE = select.PIPE_BUF
"""Bytes that a writable descriptor takes without blocking. Our stdout may be shared with other
processes, so it must not be switched to non-blocking."""

FINISH_FOR = 2.0
"""Seconds at the end for copies that are still queued; the client is waiting for us."""

_GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL
"""Whoever was at the other end of a pipe has left."""

FRAME = struct.Struct(">cI")
"""A copy's kind and its length."""
CLIENT, AGENT, LOST, EXIT = b"c", b"a", b"l", b"x"
"""Kinds: what the client wrote, what the agent wrote, how many bytes are missing here (the kind of
their direction, then the number), the exit code."""


def redirect_to_null(descriptor: int) -> None:
    """Point a descriptor at /dev/null: reading ends at once, writing is discarded."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Copies:
    """The queue to the process that reads the copies."""

    def __init__(self, descriptor: int, on_lost: Callable[[], None] = lambda: None) -> None:
        """`descriptor`: negative if nobody reads. `on_lost`: called once if the reader leaves."""
        self.descriptor = descriptor
        self._on_lost = on_lost
        if descriptor >= 0:
            os.set_blocking(descriptor, False)
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._lost = {CLIENT: 0, AGENT: 0}

    @property
    def wants_to_write(self) -> bool:
        """Copies are queued, and there may be a reader."""
        return self.descriptor >= 0 and bool(self._waiting)

    def put(self, kind: bytes, data: bytes) -> None:
        """Queue a copy of `data`, or count it as lost when the queue is full."""
        if self.descriptor < 0:
            return
        lost = self._lost.get(kind, 0)
        if self._size + len(data) > MAX_COPIES:
            self._lost[kind] = lost + len(data)
            return
        if lost:
            self._lost[kind] = 0
            self._add(LOST, kind + str(lost).encode())
        self._add(kind, data)
        self.write()

    def write(self) -> None:
        """Write as much as the pipe takes now."""
        while self._waiting and self.descriptor >= 0:
            first = self._waiting.popleft()
            try:
                count = os.write(self.descriptor, first)
            except BlockingIOError:
                self._waiting.appendleft(first)
                return
            except OSError:
                self.lose()
                return
            self._size -= count
            if count < len(first):
                self._waiting.appendleft(first[count:])

    def finish(self, code: int) -> None:
        """The agent has exited with `code`: nothing follows. `drain` writes what is queued."""
        for kind, lost in self._lost.items():
            if lost:
                self._add(LOST, kind + str(lost).encode())
        self._add(EXIT, str(code).encode())

    def drain(self, seconds: float) -> bool:
        """Write what is queued, for `seconds` at most; True and closed if nothing is left."""
        deadline = time.monotonic() + seconds
        self.write()
        while self.wants_to_write and (left := deadline - time.monotonic()) > 0:
            select.select([], [self.descriptor], [], left)
            self.write()
        if self.wants_to_write:
            return False
        self.close()
        return True

    def lose(self) -> None:
        """The reader has left."""
        if self.descriptor >= 0:
            self.close()
            self._on_lost()

    def close(self) -> None:
        """Close the pipe and forget what is queued."""
        close_quietly(self.descriptor)
        self.descriptor = -1
        self._waiting.clear()
        self._size = 0

    def _add(self, kind: bytes, data: bytes) -> None:
        if self.descriptor < 0:
            return
        frame = FRAME.pack(kind, len(data)) + data
        self._waiting.append(frame)
        self._size += len(frame)


class _Direction:
    """One direction of the relay: nothing is read until what was read before is written."""

    def __init__(self, source: int, target: int, kind: bytes, *, is_shared: bool) -> None:
        """`is_shared`: we inherited the target, so it stays in blocking mode."""
        self.source = source
        self.target = target
        self.kind = kind
        self._is_shared = is_shared
        self.pending = b""

    def read(self, copies: Copies) -> None:
        try:
            data = os.read(self.source, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.end()
            return
        self.pending = data
        if not self._is_shared:
            self.write()
        copies.put(self.kind, data)

    def write(self) -> None:
        try:
            data = self.pending[:SAFE_WRITE] if self._is_shared else self.pending
            self.pending = self.pending[os.write(self.target, data) :]
        except BlockingIOError:
            pass
        except OSError:  # the reader has gone: let the writer notice, as it would without us
            self.pending = b""
            self.end()

    def end(self) -> None:
        """The source has ended, or its reader has gone."""
        if self.source > 2:
            close_quietly(self.source)
        elif self.source >= 0:  # let its writer notice; keep the number from being reused
            redirect_to_null(self.source)
        self.source = -1
        if not self._is_shared:
            close_quietly(self.target)
            self.target = -1


class Relay:
    """One agent, started on construction; its stderr is ours."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start the agent.

        Raises:
            CommandError: it does not exist or can't be executed.
        """
        to_agent_in, self._to_agent = os.pipe()
        self._from_agent, from_agent_in = os.pipe()
        os.set_blocking(self._to_agent, False)
        self._child = Child(command, {0: to_agent_in, 1: from_agent_in})

    @property
    def pid(self) -> int:
        """The agent's process."""
        return self._child.pid

    def disown(self) -> None:
        """After a fork, in our own child: leave pipes and signals to the parent."""
        self._child.disown()
        close_quietly(self._to_agent)
        close_quietly(self._from_agent)

    def run(self, copies: Copies) -> int:
        """Pass on until the agent has ended; its exit code (128 + n: killed by signal n)."""
        child = self._child
        there = _Direction(0, self._to_agent, CLIENT, is_shared=False)
        back = _Direction(self._from_agent, 1, AGENT, is_shared=True)
        while not child.has_exited or back.source >= 0 or back.pending:
            ready = self._wait(there, back, copies)
            if ready is None:
                break
            for way in (there, back):
                if way.pending and way.target in ready:
                    way.write()
                elif way.source in ready and way.source >= 0 and not way.pending:
                    way.read(copies)
            # The event decides, not the queue: reading has just filled or emptied it.
            event = ready.get(copies.descriptor, 0)
            if event & _GONE:
                copies.lose()
            elif event:
                copies.write()
            child.reap()
        return child.exit_code

    def _wait(self, there: _Direction, back: _Direction, copies: Copies) -> dict[int, int] | None:
        """Ready descriptors and their events, none after a signal; None: the agent is done."""
        child = self._child
        poll = select.poll()
        poll.register(child.wakeup, select.POLLIN)
        for way in (there, back):
            if way.pending:
                poll.register(way.target, select.POLLOUT)
            elif way.source >= 0:
                poll.register(way.source, select.POLLIN)
                if way.target >= 0 and way is there:
                    poll.register(way.target, 0)  # the agent has closed its stdin
        if copies.descriptor >= 0:
            poll.register(copies.descriptor, select.POLLOUT if copies.wants_to_write else 0)
        is_draining = child.has_exited and not back.pending
        found = dict(poll.poll(DRAIN_WAIT * 1000 if is_draining else None))
        if not found:
            return None
        if found.pop(child.wakeup, 0):
            child.clear_wakeup()
        if there.target in found and not there.pending:
            del found[there.target]
            there.end()
        return found
