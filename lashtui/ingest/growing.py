"""Agents' files on the disk: growing ones, compressed ones that don't, and where one of them is."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from lashtui.ingest.transcripts import MAX_HEAD, SUFFIX

if TYPE_CHECKING:
    from lashtui.producers.auto.zstd import Unpacker

READ_BYTES: Final = 256 * 1024
"""Bytes of one read."""

MAX_PROJECTS: Final = 4096
"""Directories that are looked into for a session's file."""
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}\Z")


def open_plain(path: str) -> int:
    """A descriptor to read a file from: not where a link leads, and no wait for a pipe's writer.

    Raises:
        OSError: it is gone, a link, or not readable.
    """
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def beginning(path: str, most: int) -> bytes:
    """The first bytes of a file; none of one that can't be read."""
    try:
        descriptor = open_plain(path)
    except OSError:
        return b""
    try:  # `open` would leave the descriptor of a directory open
        return os.read(descriptor, most)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


class GrowingFile:
    """A file's bytes as they are added."""

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not readable.
        """
        self._descriptor = open_plain(path)
        self.path = path
        self.problem = ""
        """Why no more of it is read."""
        self._size = 0

    def head(self) -> bytes:
        """Its beginning."""
        return os.pread(self._descriptor, MAX_HEAD, 0)

    def size(self) -> int:
        """How long it is now."""
        return os.fstat(self._descriptor).st_size

    def read(self, until: int | None = None) -> bytes:
        """What was added (before `until`); empty: nothing more for now."""
        count = READ_BYTES if until is None else min(READ_BYTES, until - self._size)
        data = os.pread(self._descriptor, max(0, count), self._size)
        self._size += len(data)
        return data

    def has_changed(self) -> bool:
        """Whether there is something new to read, or another file in its place."""
        return self.is_replaced() or os.fstat(self._descriptor).st_size != self._size

    def is_replaced(self) -> bool:
        """Whether it was truncated, or another file has its name now."""
        open_file = os.fstat(self._descriptor)
        if open_file.st_size < self._size:
            return True
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != (open_file.st_dev, open_file.st_ino)

    def identity(self) -> tuple[int, int]:
        """What tells it from other files."""
        open_file = os.fstat(self._descriptor)
        return open_file.st_dev, open_file.st_ino

    def seek(self, size: int) -> None:
        """Go on after this many bytes."""
        self._size = size

    def is_gone(self) -> bool:
        """Whether no file has its name any more."""
        return not os.path.lexists(self.path)

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


class PackedFile(GrowingFile):
    """A compressed file's content; such a file grows no more."""

    def __init__(self, path: str, unpacker: Unpacker) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not readable.
        """
        super().__init__(path)
        self._unpacker = unpacker
        self._ahead = b""

    def head(self) -> bytes:
        """Its beginning, as it was before it was compressed."""
        self._ahead = self.read()
        return self._ahead[:MAX_HEAD]

    def read(self, until: int | None = None) -> bytes:
        """More of its content; it doesn't grow."""
        data, self._ahead = self._ahead, b""
        while not data and (packed := super().read()):
            try:
                data = self._unpacker.feed(packed)
            except ValueError as error:
                self.problem = f"the rest can't be read: {error}"
                break
        return data


def changed_at(path: str) -> float:
    """When a file changed last, in seconds since the epoch; 0 if it is gone."""
    try:
        return os.stat(path, follow_symlinks=False).st_mtime
    except OSError:
        return 0.0


def file_in_projects(projects: str, session: str, below: str = "") -> str | None:
    """The file that is named after a session, in (a folder of) one of the projects; None: none.

    Args:
        projects: the directory of all of them.
        session: as the agent calls it, which may be anything.
        below: that folder; empty: the project itself.
    """
    if not _ID.match(session):
        return None
    try:
        names = os.listdir(projects)[:MAX_PROJECTS]
    except OSError:
        return None
    paths = (os.path.join(projects, name, below, session + SUFFIX) for name in names)
    return next((path for path in paths if os.path.isfile(path) and not os.path.islink(path)), None)
