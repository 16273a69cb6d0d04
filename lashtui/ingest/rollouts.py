"""All the files of one of Codex's threads, read as one.

Where a person goes back in a session, Codex leaves its file as it is and goes on in another, which
names the place that it goes on from (`history_base`: a file, its lines and bytes up to there). A
session that a person forked begins so with what another thread had said until then.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from lashtui.ingest.growing import READ_BYTES, GrowingFile, beginning, open_plain
from lashtui.ingest.transcripts import MAX_HEAD, days_of, parent_thread, rollout_of, thread_of
from lashtui.producers.fields import int_of, map_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_BASES: Final = 64
"""Forks of forks, and places that a person went back to, before a session's own beginning."""
MAX_LATER: Final = 1024
"""Files in which a session goes on."""
MAX_LISTED: Final = 16 * 1024
"""Files of a day among which one is looked for."""
_ENDLESS: Final = 1 << 62

_decode = msgspec.json.Decoder(dict[str, object]).decode


class _Piece(NamedTuple):
    """Bytes of a file of another thread."""

    path: str
    start: int
    end: int


class Rollouts(GrowingFile):
    """A thread's file, what it was forked from, and the files in which it goes on."""

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not readable.
        """
        super().__init__(path)
        self._thread = thread_of(path)
        self._is_begun = False
        self._first = b""
        """Its own first line: it says whose session this is, before others speak."""
        self._before: deque[_Piece] = deque()
        self._later: deque[str] = deque()
        self._known = {path}
        self._last = b"\n"

    def goes_on_in(self, path: str) -> bool:
        """Whether this is another file of the thread; it is read then, after those before it."""
        if thread_of(path) != self._thread:
            return False
        if path not in self._known and len(self._known) < MAX_LATER:
            self._known.add(path)
            if os.path.basename(path) > os.path.basename(self.path):
                self._later = deque(sorted([*self._later, path], key=os.path.basename))
        return True

    def size(self) -> int:
        """How long it is now; more than can be read, if it goes on elsewhere."""
        return _ENDLESS if self._later else super().size()

    def has_changed(self) -> bool:
        """Whether there is something new to read, or another file in its place."""
        return bool(self._later) or super().has_changed()

    def is_replaced(self) -> bool:
        """Whether it was truncated, or another file has its name now."""
        return not self._later and super().is_replaced()

    def read(self, until: int | None = None) -> bytes:
        """What was added (before `until`); empty: nothing more for now."""
        if not self._is_begun and not self._begin():
            return b""
        if self._first:
            first, self._first = self._first, b""
            self.seek(len(first))
            return first
        while self._before:
            data = self._read_before()
            if data:
                return data
        data = super().read(None if self._later else until)
        if not data and self._later:
            return self._go_on()
        self._last = data[-1:] or self._last
        return data

    def _go_on(self) -> bytes:
        """Go on in the next file; what ends the last line of this one."""
        path = self._later.popleft()
        try:
            descriptor = open_plain(path)
        except OSError as problem:
            self.problem = f"{path} can't be read: {problem.strerror}"
            return b""
        os.close(self._descriptor)
        self._descriptor, self.path = descriptor, path
        self.seek(0)
        ended = b"" if self._last == b"\n" else b"\n"
        self._last = b"\n"
        return ended or self.read()

    # -- what was before -------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Find what the thread was forked from; whether its first line is there."""
        head = self.head()
        end = head.find(b"\n") + 1
        if not end and len(head) < MAX_HEAD:
            return False
        self._is_begun = True
        # A subagent's parent has its own session.
        pieces = self._bases(_base_of(head[:end])) if end and not parent_thread(head) else []
        if pieces:
            self._first = head[:end]
            self._before.extend(reversed(pieces))
        return True

    def _bases(self, base: Record) -> list[_Piece]:
        """The pieces of other files that come first, the newest first."""
        pieces: list[_Piece] = []
        while base and len(pieces) < MAX_BASES:
            name, end = text_of(base, "thread_id"), int_of(base, "end_byte_offset") or 0
            path = _file_of(self.path, name)
            if not path:
                self.problem = "the file that it was forked from is not there"
                break
            head = beginning(path, MAX_HEAD).partition(b"\n")[0]
            if not head or path in (each.path for each in pieces):
                break
            pieces.append(_Piece(path, 0, end))
            base = _base_of(head)
        return pieces

    def _read_before(self) -> bytes:
        path, start, end = self._before.popleft()
        try:
            descriptor = open_plain(path)
        except OSError:
            return b""
        try:
            data = os.pread(descriptor, max(0, min(READ_BYTES, end - start)), start)
        except OSError:
            data = b""
        finally:
            os.close(descriptor)
        if data and start + len(data) < end:
            self._before.appendleft(_Piece(path, start + len(data), end))
        elif data and not data.endswith(b"\n"):
            data += b"\n"
        return data


def _base_of(line: bytes) -> Record:
    """Where a file's first line says that it goes on from; empty if it begins itself."""
    try:
        record = _decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
    return map_of(map_of(record, "payload"), "history_base")


def _file_of(path: str, rollout: str) -> str:
    """The file that another one calls `rollout`, in Codex's own directories; empty: none."""
    places = days_of(path, rollout)
    root, _, _ = places[-1].partition(f"{os.sep}sessions{os.sep}")
    for place in [*places, os.path.join(root, "archived_sessions")]:
        try:
            names = os.listdir(place)[:MAX_LISTED]
        except OSError:
            continue
        for name in names:
            if rollout and rollout_of(name) == rollout:
                return os.path.join(place, name)
    return ""
