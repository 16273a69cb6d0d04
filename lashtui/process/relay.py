"""A pipe's two directions between a client and its agent, passed on as they come, and copied.

Nothing that becomes of the copies can slow, block or change what is passed on: they go to another
process through a pipe that never blocks us, from a bounded queue, and are dropped where that is
full or nobody reads.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from lashtui.process.spawn import close_quietly, is_in_front, spawn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

READ_BYTES = 64 * 1024
"""A pipe's whole content."""

MAX_COPIES = 8 * 1024 * 1024
"""Bytes of copies that wait for their reader: some seconds of the busiest agent."""

SAFE_WRITE = select.PIPE_BUF
"""Bytes that a descriptor takes without blocking once it says that it takes any. Ours may be shared
with others, so it is left as it is instead of being made not to block."""

FINISH_FOR = 2.0
"""Seconds at the end for the copies that still wait; the client waits for us."""

DRAIN_WAIT = 0.2
"""Seconds without output after which an agent that has exited is done, although something that it
left behind still holds its output open."""

FRAME = struct.Struct(">cI")
"""A copy's kind and its length."""
CLIENT, AGENT, LOST, EXIT = b"c", b"a", b"l", b"x"
"""Kinds: what the client wrote, what the agent wrote, how many bytes are missing here (a number,
behind the kind of their direction), the exit code."""

_FORWARDED: Final = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


def to_nothing(descriptor: int) -> None:
    """Make a descriptor one that reads nothing and takes everything."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Copies:
    """The queue to the process that reads the copies."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._lost = {CLIENT: 0, AGENT: 0}

    @property
    def wants_to_write(self) -> bool:
        """Something waits, and there may be a reader."""
        return self.descriptor >= 0 and bool(self._waiting)

    def put(self, kind: bytes, data: bytes) -> None:
        """Copy `data`, or note how much is missing."""
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
        """Write what the pipe takes now."""
        while self._waiting and self.descriptor >= 0:
            first = self._waiting.popleft()
            try:
                count = os.write(self.descriptor, first)
            except BlockingIOError:
                self._waiting.appendleft(first)
                return
            except OSError:
                self.close()
                return
            self._size -= count
            if count < len(first):
                self._waiting.appendleft(first[count:])

    def finish(self, code: int) -> None:
        """The agent has left with `code`: hand over what waits, for a while, and end."""
        for kind, lost in self._lost.items():
            if lost:
                self._add(LOST, kind + str(lost).encode())
        self._add(EXIT, str(code).encode())
        deadline = time.monotonic() + FINISH_FOR
        self.write()
        while self.wants_to_write and (left := deadline - time.monotonic()) > 0:
            select.select([], [self.descriptor], [], left)
            self.write()
        self.close()

    def close(self) -> None:
        """Nobody reads any more, or nothing follows."""
        close_quietly(self.descriptor)
        self.descriptor = -1
        self._waiting.clear()
        self._size = 0

    def _add(self, kind: bytes, data: bytes) -> None:
        frame = FRAME.pack(kind, len(data)) + data
        self._waiting.append(frame)
        self._size += len(frame)


class _Way:
    """One direction: read no further until what was read is written."""

    def __init__(self, source: int, target: int, kind: bytes, *, is_shared: bool) -> None:
        """`is_shared`: the target is a descriptor that we were given."""
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
        except OSError:  # the reader has gone: the writer is to learn it, as without us
            self.pending = b""
            self.end()

    def end(self) -> None:
        """The source has ended, or nobody reads what it says."""
        if self.source > 2:
            close_quietly(self.source)
        elif self.source >= 0:  # its writer is to learn it; the number is not to be used again
            to_nothing(self.source)
        self.source = -1
        if not self._is_shared:
            close_quietly(self.target)
            self.target = -1


class Relay:
    """One agent, started on construction; its stderr is ours."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            CommandError: it is not there or can't be executed.
        """
        to_agent_in, to_agent = os.pipe()
        from_agent, from_agent_in = os.pipe()
        self._wake_in, self._wake_out = os.pipe()
        for descriptor in (to_agent, self._wake_in, self._wake_out):
            os.set_blocking(descriptor, False)
        self._to_agent, self._from_agent = to_agent, from_agent
        self._status: int | None = None
        watched = (*_FORWARDED, signal.SIGCHLD)
        # Nothing may arrive between the fork and the handlers: it would end us and not the agent.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        try:
            self._pid = spawn(list(command), {0: to_agent_in, 1: from_agent_in}, mask)
            for number in watched:
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, self._on_signal)
            signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def give_up(self) -> None:
        """Within a fork of ours: have no part in it any more, and end only when it has ended."""
        signal.set_wakeup_fd(-1)
        for number in (*_FORWARDED, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN if number != signal.SIGCHLD else signal.SIG_DFL)
        for descriptor in (self._to_agent, self._from_agent, self._wake_in, self._wake_out):
            close_quietly(descriptor)

    def run(self, copies: Copies) -> int:
        """Pass on until the agent has ended; its exit code (128 + n: killed by signal n)."""
        there = _Way(0, self._to_agent, CLIENT, is_shared=False)
        back = _Way(self._from_agent, 1, AGENT, is_shared=True)
        while self._status is None or back.source >= 0 or back.pending:
            ready = self._wait(there, back, copies)
            if ready is None:
                break
            for way in (there, back):
                if way.pending and way.target in ready:
                    way.write()
                elif way.source in ready and way.source >= 0 and not way.pending:
                    way.read(copies)
            if copies.descriptor in ready:
                copies.write() if copies.wants_to_write else copies.close()
            self._reap()
        assert self._status is not None
        code = os.waitstatus_to_exitcode(self._status)
        return code if code >= 0 else 128 - code

    def _wait(self, there: _Way, back: _Way, copies: Copies) -> set[int] | None:
        """What can be read or written, nothing where a signal came; None: the agent is done."""
        poll = select.poll()
        poll.register(self._wake_in, select.POLLIN)
        for way in (there, back):
            if way.pending:
                poll.register(way.target, select.POLLOUT)
            elif way.source >= 0:
                poll.register(way.source, select.POLLIN)
                if way.target >= 0 and way is there:
                    poll.register(way.target, 0)  # the agent has closed its stdin
        if copies.descriptor >= 0:
            poll.register(copies.descriptor, select.POLLOUT if copies.wants_to_write else 0)
        has_exited = self._status is not None and not back.pending
        found = {each for each, _ in poll.poll(DRAIN_WAIT * 1000 if has_exited else None)}
        if not found:
            return None
        if self._wake_in in found:
            found.discard(self._wake_in)
            try:
                os.read(self._wake_in, 512)
            except BlockingIOError:
                pass
        if there.target in found and not there.pending:
            found.discard(there.target)
            there.end()
        return found

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGCHLD or self._status is not None:
            return
        if number in (signal.SIGINT, signal.SIGQUIT) and is_in_front():
            return  # the terminal sent it to the agent as well, which is in our group
        try:
            os.kill(self._pid, number)
        except ProcessLookupError:
            pass

    def _reap(self) -> None:
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
