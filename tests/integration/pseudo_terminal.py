"""A program in a pseudo-terminal of our own: every byte that it writes, and keys for it."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import signal
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from struct import pack

import pyte

from .terminal import PATIENCE

_UNKNOWN = re.compile(rb"\x1b\[(?:[<>=][0-?]*|\?[0-9]*\$)[@-~]")
"""Sequences that the emulator would print: keys' protocols, questions about modes."""
_UNDRAWN = re.compile(
    "[\u0483-\u0489\u034f\u180e\u200b-\u200d\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
"""Characters without a width, behind which the emulator would leave out the rest."""
_BEGUN = re.compile(rb"\x1b[^\x1b]{0,16}\Z")


class Pty:
    """A program, and its terminal."""

    def __init__(
        self, words: Sequence[str], env: Mapping[str, str], columns: int = 80, rows: int = 24
    ) -> None:
        self.output = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._drawn = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                ioctl(0, termios.TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))
                os.execvpe(words[0], list(words), dict(env))
            finally:
                os._exit(127)

    # -- reading -----------------------------------------------------------------------------------

    def _read(self, timeout: float) -> bool:
        """Read once; False when it hung up."""
        if select.select([self.fd], [], [], timeout)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            self.output += data
            return bool(data)
        return True

    def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Read what it draws until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            in_time = self._read(0.1) and time.monotonic() < deadline
            assert in_time, f"{what} did not come:\n" + "\n".join(self.screen)

    def read_until(self, wanted: bytes) -> None:
        """Read until these bytes are there."""
        self.until(lambda: wanted in self.output)

    @property
    def screen(self) -> list[str]:
        """The lines of the screen."""
        data = self.output[self._drawn :]
        begun = _BEGUN.search(data)
        data = data[: begun.start()] if begun else data
        self._drawn += len(data)
        self._stream.feed(_UNDRAWN.sub("", self._decode(_UNKNOWN.sub(b"", data))))
        columns, rows, buffer = self._screen.columns, self._screen.lines, self._screen.buffer
        # The second cell of a wide character has no text.
        return ["".join([buffer[y][x].data for x in range(columns)]) for y in range(rows)]

    def see(self, *texts: str) -> None:
        """Read until all of `texts` are on the screen."""

        def there() -> bool:
            screen = "\n".join(self.screen)
            return all(text in screen for text in texts)

        self.until(there, repr(texts))

    def see_gone(self, text: str) -> None:
        """Read until `text` is no longer on the screen."""
        self.until(lambda: text not in "\n".join(self.screen), f"the end of {text!r}")

    # -- typing ------------------------------------------------------------------------------------

    def press(self, keys: bytes, *texts: str) -> None:
        """Type `keys`, then read until all of `texts` are on the screen."""
        os.write(self.fd, keys)
        self.see(*texts)

    def press_until(self, keys: bytes, text: str) -> None:
        """Type `keys`, again and again where they are lost, until `text` is on the screen."""
        again = time.monotonic()

        def there() -> bool:
            nonlocal again
            if text in "\n".join(self.screen):
                return True
            if time.monotonic() > again:
                os.write(self.fd, keys)
                again = time.monotonic() + 1
            return False

        self.until(there, repr(text))

    # -- the end -----------------------------------------------------------------------------------

    def wait(self, *, reading: bool) -> int:
        """Its exit code."""
        deadline = time.monotonic() + PATIENCE
        while True:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                # What it wrote last may still be there to read.
                while reading and time.monotonic() < deadline:
                    reading = self._read(0.1)
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, "it still runs"
            if reading:
                reading = self._read(0.02)
            else:
                time.sleep(0.02)

    def is_cooked(self) -> bool:
        """Whether the terminal echoes and edits lines, as a shell expects it."""
        modes = termios.tcgetattr(self.fd)[3]
        return bool(modes & termios.ECHO and modes & termios.ICANON)


@contextmanager
def in_pty(
    words: Sequence[str], env: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Pty]:
    """A program in a terminal; what is left of it is killed."""
    program = Pty(words, env, columns, rows)
    try:
        yield program
    finally:
        os.close(program.fd)
        try:
            os.kill(program.pid, signal.SIGKILL)
            os.waitpid(program.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
