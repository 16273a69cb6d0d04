"""Where the user left each session: one small file per session. Its first line is the cursor; a
second one says how much of the entries there had been read, in numbers and digests.

A cursor only moves forward within one incarnation of the daemon, so that two apps on one session
can't move it back. A directory that can't be written or a damaged file costs a warning and the
convenience, never the session.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path

from lashd.address import shown
from lashd.cursor import ParsedSessionCursor, SessionCursor
from lashd.errors import SessionCursorError
from lashtui.saved.atomic import replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashtui.saved.place import Place

MAX_FILES = 2000
"""Sessions remembered; those not touched for longest are forgotten. The daemon trims a cursor's
events within minutes anyway; what stays useful is where the unread part of a live session begins.
"""

MAX_BYTES = 2048
"""A cursor has at most 304 bytes and a place 1,024; we never write a larger file."""

MAX_WARNINGS = 20
"""Warnings kept until they are shown."""


class SavedCursors:
    """The saved cursors of this user.

    Args:
        directory: created on the first write; by default `cursors` in the user's state directory.
        daemon: the daemon's socket, since sessions of two daemons may have the same name.
    """

    def __init__(self, directory: Path | None = None, daemon: str | Path = "") -> None:
        if directory is None:
            from lashd.paths import state_dir

            directory = state_dir() / "cursors"
        self.directory = directory
        self._daemon = shown(str(daemon))  # wherever lashtui is installed there
        self.warnings: list[str] = []
        """Messages for the user about what could not be read or written, oldest first."""

    def get(self, session_id: str) -> str | None:
        """The cursor where this user last left `session_id`; None if there is none."""
        saved = self._load(session_id)
        return saved[0] if saved is not None else None

    def place(self, session_id: str) -> tuple[str, Place | None] | None:
        """The same, with what was there, as far as it was saved."""
        from lashtui.saved.place import decode_place  # late: scripts need only the cursor

        saved = self._load(session_id)
        return (saved[0], decode_place(saved[1])) if saved is not None else None

    def _load(self, session_id: str) -> tuple[str, bytes] | None:
        """The cursor and the second line."""
        path = self._path(session_id)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(f"the saved cursor of {session_id} can't be read: {error}")
            return None
        cursor = _parse(data, session_id)
        if cursor is None:
            self._warn(
                f"the saved cursor of {session_id} is damaged and ignored; remove {path} to"
                " silence this warning"
            )
            return None
        return cursor.as_str(), data.partition(b"\n")[2].strip(b"\n")

    def put(self, session_id: str, cursor: str, place: Place | None = None) -> bool:
        """Remember `cursor` and what was there, unless a later one of the same incarnation is saved
        already.

        False if it can't be written; the last of `warnings` says why.

        Raises:
            SessionCursorError: `cursor` is not a cursor of `session_id`.
        """
        new = SessionCursor(cursor).parse_for_session(session_id)
        path = self._path(session_id)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                if _is_later(_read(path, session_id), new, ties=place is None):
                    return True
                is_new = not path.exists()
                replace_file(path, cursor.encode() + b"\n" + _second_line(place))
                if is_new:
                    self._forget_old()
        except OSError as error:
            self._warn(f"the cursor of {session_id} can't be saved: {error}")
            return False
        return True

    def _path(self, session_id: str) -> Path:
        # A session name may contain slashes and be too long for a file name; its digest is neither.
        name = hashlib.sha256(f"{self._daemon}\0{session_id}".encode("utf-8", "surrogateescape"))
        return self.directory / f"{name.hexdigest()[:40]}.cursor"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # held for one small write at a time
            yield
        finally:
            os.close(lock)

    def _forget_old(self) -> None:
        files = [path for path in self.directory.iterdir() if path.suffix in {".cursor", ".tmp"}]
        if len(files) <= MAX_FILES:
            return
        files.sort(key=lambda path: path.stat().st_mtime)
        for path in files[:-MAX_FILES]:
            path.unlink(missing_ok=True)

    def _warn(self, message: str) -> None:
        if message not in self.warnings and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(message)


def _read(path: Path, session_id: str) -> SessionCursor | None:
    try:
        with path.open("rb") as file:
            return _parse(file.read(MAX_BYTES + 1), session_id)
    except OSError:
        return None


def _second_line(place: Place | None) -> bytes:
    if place is None:
        return b""
    from lashtui.saved.place import encode_place

    return encode_place(place) + b"\n"


def _parse(data: bytes, session_id: str) -> SessionCursor | None:
    try:
        cursor = SessionCursor(data.partition(b"\n")[0].decode())
        cursor.parse_for_session(session_id)
    except (SessionCursorError, UnicodeDecodeError):
        return None
    return cursor


def _is_later(old: SessionCursor | None, new: ParsedSessionCursor, *, ties: bool) -> bool:
    """`ties`: the same position counts as later."""
    if old is None:
        return False
    parsed = old.parse()
    return parsed.incarnation == new.incarnation and parsed.n >= new.n + (not ties)
