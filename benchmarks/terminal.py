"""A program in a pseudo-terminal: what it wrote, when, and what it cost."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

COLUMNS, ROWS = 120, 40
FRAME_GAP = 0.004
"""Seconds of silence that separate two repaints."""


class Terminal:
    """One program and what came out of it; all times are `time.monotonic()`."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], columns: int = COLUMNS, rows: int = ROWS
    ) -> None:
        self.output = bytearray()
        self._chunks: list[tuple[float, int]] = []
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, size)
                os.execvpe(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        self.alive = True

    def pump(self, timeout: float) -> bool:
        """Read once; whether something came."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.alive = False
            return False
        self.output += data
        self._chunks.append((time.monotonic(), len(self.output)))
        return True

    def wait(self, pattern: bytes, timeout: float = 60.0, start: int = 0) -> float:
        """When `pattern` was first complete in the output after `start`.

        Raises:
            TimeoutError: it did not come.
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        place = start
        while True:
            found = wanted.search(self.output, place)
            if found is not None:
                return next(when for when, end in self._chunks if end >= found.end())
            place = max(start, len(self.output) - 4096)
            left = deadline - time.monotonic()
            if left <= 0 or not self.alive:
                tail = bytes(self.output[-400:])
                raise TimeoutError(f"{pattern!r} did not come in {timeout} s; last: {tail!r}")
            self.pump(min(left, 0.5))

    def quiet(self, silence: float = 0.3, timeout: float = 30.0) -> float:
        """Read until nothing came for `silence` seconds; when the last byte came."""
        deadline = time.monotonic() + timeout
        last = time.monotonic()
        while self.alive and (now := time.monotonic()) < deadline and now - last < silence:
            if self.pump(0.02):
                last = time.monotonic()
        return self._chunks[-1][0] if self._chunks else last

    def run(self, seconds: float) -> None:
        """Read for so long."""
        deadline = time.monotonic() + seconds
        while self.alive and (left := deadline - time.monotonic()) > 0:
            self.pump(left)

    def send(self, keys: bytes) -> float:
        """Type; when."""
        when = time.monotonic()
        os.write(self._fd, keys)
        return when

    def resize(self, columns: int, rows: int = ROWS) -> float:
        """Make the window another size; when."""
        when = time.monotonic()
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        return when

    def repaints(self, since: float) -> int:
        """Bursts of output since then."""
        count, last = 0, 0.0
        for when, _ in self._chunks:
            if when >= since:
                count += when - last > FRAME_GAP
                last = when
        return count

    def cpu(self) -> float:
        """Seconds of CPU that the program has used."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Resident MiB."""
        with open(f"/proc/{self.pid}/status") as file:
            for line in file:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def close(self) -> None:
        """End the program."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                done, _ = os.waitpid(self.pid, os.WNOHANG)
                if done:
                    os.close(self._fd)
                    return
                if self.alive:
                    self.pump(0.02)
                else:
                    time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
