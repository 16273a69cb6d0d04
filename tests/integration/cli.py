"""The real commands as users start them: subprocesses against a real daemon."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from contextlib import suppress
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEADLINE = 40.0
"""Seconds for anything that is waited for: far more than a loaded machine needs."""


class Cli:
    """Starts `lashtui` with a socket and a home of its own."""

    def __init__(self, socket_path: str, home: Path) -> None:
        self.socket_path = socket_path
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("XDG_")},
            "HOME": str(home),
            "LASHTUI_SOCKET": socket_path,
            "NO_COLOR": "1",
            "COLUMNS": "80",
        }

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """The command, running, with pipes."""
        options = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": self.environment,
            **options,
        }
        return subprocess.Popen([sys.executable, "-m", "lashtui", *words], **options)

    def run(self, *words: str, data: bytes = b"", **options: Any) -> Finished:
        """The command, to its end, with `data` on stdin."""
        with self.start(*words, stdin=subprocess.PIPE, **options) as process:
            try:
                out, err = process.communicate(data, timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Finished(process.returncode, out.decode(), err.decode())

    def on_a_terminal(self, *words: str, both: bool = False) -> Finished:
        """The command, to its end, with a terminal as stdout; `both`: stderr is that one too.
        Lines end as a terminal ends them.
        """
        ours, theirs = pty.openpty()
        with self.start(*words, stdout=theirs, stderr=theirs if both else PIPE) as process:
            os.close(theirs)
            out = _all_of(ours)
            _, err = process.communicate(timeout=DEADLINE)
        return Finished(process.returncode, out.decode(), (err or b"").decode())


def _all_of(terminal: int) -> bytes:
    """What is written to it until nobody has it open."""
    found = b""
    with suppress(OSError):  # it hung up
        while data := os.read(terminal, 65536):
            found += data
    os.close(terminal)
    return found


class Finished:
    """What a command left."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def records(self) -> list[dict[str, Any]]:
        """Stdout as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]

    def __repr__(self) -> str:
        return f"Finished(code={self.code}, out={self.out!r}, err={self.err!r})"


class Reader:
    """Reads a running command's stdout line by line, each within the deadline."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._descriptor = process.stdout.fileno()
        self._held = b""

    def line(self) -> str:
        """The next line, without its newline; empty at the end."""
        end = time.monotonic() + DEADLINE
        while b"\n" not in self._held:
            ready, _, _ = select.select([self._descriptor], [], [], max(0, end - time.monotonic()))
            assert ready, f"no further line; held: {self._held!r}"
            data = os.read(self._descriptor, 65536)
            if not data:
                break
            self._held += data
        line, _, self._held = self._held.partition(b"\n")
        return line.decode()

    def records_until(self, kind: str) -> list[dict[str, Any]]:
        """JSON records up to the first of a type, that one included."""
        return list(self._until(lambda record: record["type"] == kind))

    def _until(self, is_last: Callable[[dict[str, Any]], bool]) -> Iterator[dict[str, Any]]:
        while True:
            line = self.line()
            assert line, "the stream ended"
            record = json.loads(line)
            yield record
            if is_last(record):
                return
