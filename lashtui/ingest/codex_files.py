"""`codex exec` as it is, and its events from the file that it keeps of the session.

What it prints can't be rebuilt from the events of `--json`: they lack its model, its diffs and its
times. It names its session on stderr before it begins, and writes all that happens to a file.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, ClassVar, Final

from lashtui.ingest.session_file import MAX_HELD, SessionFileProducer, ThisRun
from lashtui.ingest.transcripts import thread_of
from lashtui.producers import Produced
from lashtui.producers.codex.exec import CodexExecProducer
from lashtui.producers.codex.rollout import CodexRolloutProducer
from lashtui.producers.fields import time_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome

_NEWEST: Final = 2
"""Folders, one for each day, in which a file that was just begun can be: midnight may pass."""

_NAMED: Final = re.compile(
    rb"^(?:\x1b\[[\d;]*m)*session id:(?:\x1b\[[\d;]*m|[ ])*([0-9a-f-]{36})\b", re.MULTILINE
)
_EVENTS: Final = b'{"type":"thread.started"'
"""How the output begins where something else, such as a wrapper, asked for `--json`."""
_TIME: Final = re.compile(rb'\{"timestamp":"([^"]{1,40})"')
_META: Final = b'"type":"session_meta"'


def find_file(folder: str, session: str, *, days: int | None = None) -> str | None:
    """The file of a session, looked for in the newest `days` folders, or in all."""
    for count, day in enumerate(_days(folder)):
        if days is not None and count >= days:
            break
        names = [name for name in _names(day) if thread_of(name) == session]
        if names:  # the newest: it goes on there where a person went back
            return os.path.join(day, max(names))
    return None


def _days(folder: str, depth: int = 3) -> list[str]:
    """The folders of year, month and day, newest first."""
    if not depth:
        return [folder]
    below = (os.path.join(folder, name) for name in sorted(_names(folder), reverse=True))
    return [day for each in below for day in _days(each, depth - 1)]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def this_run(started_ms: int) -> ThisRun:
    """The lines of a file that the run since then has written."""
    return ThisRun(started_ms, _time, _is_meta)


class CodexFilesProducer(SessionFileProducer):
    """Reads what `codex exec` prints until it names its session, then that session's file.

    Without a file what it prints is the session: events if they are, else text.
    """

    _agent: ClassVar[str] = "codex"
    without: ClassVar[str] = "Codex keeps no file of this session."

    def __init__(
        self,
        folder: str,
        *,
        started_ms: int,
        prompt: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is read yet.

        Args:
            folder: where Codex keeps its files.
            started_ms: when the command was started; what its file says of earlier is the past.
            prompt: what it was asked, which its events don't say.
            clock: seconds.
        """
        super().__init__(CodexRolloutProducer(), this_run(started_ms), clock)
        self._folder = folder
        self._prompt = prompt
        self._prints_events = False
        self._session = ""
        self._searched = False
        """Older folders hold no such file."""
        self._head = b""
        """The output before the session's name."""
        self._printed = b""
        """What stdout began with."""

    @property
    def is_text(self) -> bool:
        """Whether there are no events, or not yet."""
        return super().is_text and not self._prints_events

    @property
    def is_expected(self) -> bool:
        """Whether it has named its session."""
        return bool(self._session)

    def feed(self, data: bytes, source: str = "") -> list[Produced]:
        """Nothing, as long as there may be a file."""
        if self._prints_events:
            return self.events.feed(data) if source != "err" else []
        if self.has_file:
            return []
        if not self._session:
            self._head = (self._head + data)[-MAX_HELD:]
            found = _NAMED.search(self._head)
            if found is not None:
                self._session, self._head = found[1].decode(), b""
                self.wait_for_file()
        produced = super().feed(data, source)
        if source != "err" and not self._session and len(self._printed) < len(_EVENTS):
            self._printed += data
            if self._printed.startswith(_EVENTS):
                return produced + self._read_printed()
        return produced

    def _read_printed(self) -> list[Produced]:
        """Its output is events: no file is needed."""
        printed = b"".join(each for each, of in self.take_held() if of != "err")
        self._prints_events = True
        events = CodexExecProducer()
        self.events = events
        if self._prompt:
            events.user(self._prompt)
        return events.feed(printed)

    def poll(self) -> list[Produced]:
        """What the file says now."""
        return [] if self._prints_events else super().poll()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The rest of the file, or of the text."""
        return self.events.finish(outcome) if self._prints_events else super().finish(outcome)

    def find(self) -> str | None:
        """The file of the session that was named."""
        if not self._session or not self._folder:
            return None
        path = find_file(self._folder, self._session, days=_NEWEST)
        if path is None and not self._searched:
            self._searched = True
            path = find_file(self._folder, self._session)
        return path


def _is_meta(line: bytes) -> bool:
    return _META in line[:200]


def _time(line: bytes) -> int | None:
    found = _TIME.match(line)
    return time_of(found[1].decode("ascii", "replace")) if found is not None else None
