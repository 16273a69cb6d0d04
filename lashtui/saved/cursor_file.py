"""`--cursor-file`: one reader's cursor on disk, locked while in use.

The lock is a file beside it, removed by its holder: the cursor file itself is replaced with each
write, so a lock on it would be lost.
"""

from __future__ import annotations

import fcntl
import os

from lashd.cursor import SessionCursor
from lashd.errors import MalformedCursor
from lashtui.diagnostics import CommandError
from lashtui.exit_codes import ExitCode
from lashtui.saved.atomic import replace_file

MAX_BYTES = 1024
"""A cursor has at most 304 bytes."""

WRITE_EVERY = 1.0
"""Seconds between two writes while the stream flows: after a crash at most that much repeats."""


class CursorFile:
    """A cursor file in use by this process.

    `pending` is a cursor that is not on disk yet.
    """

    def __init__(self, path: str) -> None:
        """Lock the file.

        Raises:
            CommandError: another process uses it, or its directory can't be written.
        """
        self.path = os.path.realpath(path)
        folder, name = os.path.split(self.path)
        self._lock_path = os.path.join(folder, f".{name}.lock")
        self._lock = self._take_lock()
        self._written: str | None = None
        self._written_at: float | None = None
        self.pending: str | None = None

    def _take_lock(self) -> int:
        while True:
            try:
                lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise CommandError(
                    ExitCode.FAILURE, f"can't use the cursor file {self.path}: {error}"
                ) from None
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise CommandError(
                    ExitCode.FAILURE,
                    f"the cursor file {self.path} is in use by another reader; give each its own",
                ) from None
            except OSError as error:
                os.close(lock)
                _unlink(self._lock_path)
                raise CommandError(
                    ExitCode.FAILURE,
                    f"can't lock the cursor file {self.path}: {error.strerror}; keep it in a"
                    " directory whose filesystem has locks",
                ) from None
            # Its last holder may have removed it between our open and our lock.
            if _is_at(lock, self._lock_path):
                return lock
            os.close(lock)

    def read(self) -> str | None:
        """The cursor; None if the file is missing or empty.

        Raises:
            CommandError: it can't be read, or does not contain a cursor.
        """
        try:
            with open(self.path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CommandError(ExitCode.FAILURE, f"can't read the cursor file: {error}") from None
        if not data.strip():
            return None
        try:
            text = data.decode().strip("\n")
            SessionCursor(text).parse()
        except (MalformedCursor, UnicodeDecodeError) as error:
            why = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error.message
            raise CommandError(
                ExitCode.USAGE,
                f"the cursor file {self.path} is damaged ({why}); remove it to start over",
            ) from None
        self._written = text
        return text

    def update(self, cursor: str | None, now: float) -> None:
        """Set the cursor of what was written and flushed; stored on disk when a write is due."""
        if cursor is None or cursor == self._written:
            self.pending = None
            return
        self.pending = cursor
        due = self.due()
        if due is None or now >= due:
            self.write(now)

    def due(self) -> float | None:
        """When the pending cursor is due to be written; None: nothing is pending, or at once."""
        if self.pending is None or self._written_at is None:
            return None
        return self._written_at + WRITE_EVERY

    def write(self, now: float) -> None:
        """Write the pending cursor to disk.

        Raises:
            CommandError: it can't be written.
        """
        if self.pending is None:
            return
        try:
            replace_file(self.path, self.pending.encode() + b"\n", private=False)
        except OSError as error:
            raise CommandError(
                ExitCode.FAILURE, f"can't write the cursor file {self.path}: {error.strerror}"
            ) from None
        self._written, self._written_at, self.pending = self.pending, now, None

    def close(self) -> None:
        """Release the lock."""
        if self._lock < 0:
            return
        _unlink(self._lock_path)
        os.close(self._lock)
        self._lock = -1


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _is_at(descriptor: int, path: str) -> bool:
    try:
        here, there = os.fstat(descriptor), os.stat(path)
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
