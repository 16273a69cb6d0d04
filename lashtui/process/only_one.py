"""One process of a kind: a lock that a crash releases, and whose holder can be ended."""

from __future__ import annotations

import fcntl
import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

POLL = 0.05
"""Seconds between two looks at whether the holder has gone."""
PROBED_FOR = 0.3
"""Seconds for which a lock may be another's look at it."""


class OnlyOne:
    """The right to be the one, until `close` or the process's end."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: str) -> Self | None:
        """Become the one of `path`; None: another process is.

        Raises:
            OSError: the file can't be written.
        """
        deadline = time.monotonic() + PROBED_FOR
        while True:
            descriptor = _open(path, os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # One that ended between our open and flock has removed the file: then nobody
                # else can see this lock.
                if _is_at(path, descriptor):
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return cls(path, descriptor)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    return None
                time.sleep(POLL)
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def close(self) -> None:
        """Give it up."""
        if self._descriptor >= 0:
            if _is_at(self.path, self._descriptor):
                os.unlink(self.path)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def holder_of(path: str) -> int | None:
    """The process that is the one of `path`; 0 if it is there and not known; None: none is."""
    try:
        descriptor = _open(path, 0)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)
    return None


def end_holder(path: str, timeout: float) -> bool | None:
    """Ask the one of `path` to end, and wait; False: it is still there; None: there was none."""
    number = holder_of(path)
    if number is None:
        return None
    deadline = time.monotonic() + timeout
    is_asked = False
    while (number := holder_of(path)) is not None:
        if number and not is_asked:
            is_asked = True
            try:
                os.kill(number, signal.SIGTERM)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _open(path: str, flags: int) -> int:
    return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    own = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino)
