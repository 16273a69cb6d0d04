"""`codex exec` as it is, and its events from the file that it keeps of the session.

What it prints can't be rebuilt from the events of `--json`: they lack its model, its diffs and its
times. It names its session on stderr before it begins, and writes all that happens to a file.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from typing import TYPE_CHECKING, Final

from lashd.events import RuntimeDiagnostic, TurnActivity
from lashtui.ingest.growing import GrowingFile
from lashtui.ingest.transcripts import thread_of
from lashtui.producers import Produced
from lashtui.producers.codex.exec import CodexExecProducer
from lashtui.producers.codex.rollout import CodexRolloutProducer
from lashtui.producers.fields import time_of
from lashtui.producers.lines import LineSplitter
from lashtui.producers.text import TextProducer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lashd.events import SessionOutcome
    from lashtui.producers.codex.base import CodexProducer

FILE_WITHIN: Final = 5.0
"""Seconds for the name and the file of the session. It has both before it asks the model; a prompt
typed on stdin may take longer, and then what was printed so far is text in the session."""

MAX_HELD: Final = 256 * 1024
"""Bytes of output held until there is a file; what comes before it is a few lines."""

_NEWEST: Final = 2
"""Folders, one for each day, in which a file that was just begun can be: midnight may pass."""

_NAMED: Final = re.compile(
    rb"^(?:\x1b\[[\d;]*m)*session id:(?:\x1b\[[\d;]*m|[ ])*([0-9a-f-]{36})\b", re.MULTILINE
)
_EVENTS: Final = b'{"type":"thread.started"'
"""How the output begins where something else, such as a wrapper, asked for `--json`."""
_TIME: Final = re.compile(rb'\{"timestamp":"([^"]{1,40})"')
_META: Final = b'"type":"session_meta"'


def sessions_folder(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Where the Codex that `command` starts keeps its files. It makes the folder when it runs."""
    home = environment.get("CODEX_HOME") or ""
    if os.path.basename(command[0]) == "env":
        for word in command[1:]:
            if "=" not in word:
                break
            name, _, value = word.partition("=")
            home = value if name == "CODEX_HOME" else home
    home = home or os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".codex")
    return os.path.join(home, "sessions")


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


class CodexFilesProducer(TextProducer):
    """Reads what `codex exec` prints until it names its session, then that session's file.

    Without a file what it prints is the session: events if they are, else text.
    """

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
        super().__init__()
        self._folder = folder
        """Where to look for the file; empty: no longer."""
        self._now = clock
        self._events: CodexProducer = CodexRolloutProducer()
        self._prompt = prompt
        self._prints_events = False
        self._file: GrowingFile | None = None
        self._session = ""
        self._searched = False
        """Older folders hold no such file."""
        self._head = b""
        """The output before the session's name."""
        self._held: list[tuple[bytes, str]] | None = []
        """Output that is text if there is no file; None: it is."""
        self._give_up_at: float | None = None
        self._this_run = _ThisRun(started_ms)

    @property
    def is_text(self) -> bool:
        """Whether there are no events, or not yet."""
        return self._file is None and not self._prints_events

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._events.in_turn

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        return self._events.take_warnings()

    def feed(self, data: bytes, source: str = "") -> list[Produced]:
        """Nothing, as long as there may be a file."""
        if self._prints_events:
            return self._events.feed(data) if source != "err" else []
        if self._file is not None:
            return []
        if not self._session:
            self._head = (self._head + data)[-MAX_HELD:]
            found = _NAMED.search(self._head)
            if found is not None:
                self._session, self._head = found[1].decode(), b""
                self._give_up_at = self._now() + FILE_WITHIN
        if self._held is None:
            return super().feed(data, source)
        self._held.append((data, source))
        if source != "err" and not self._session:
            printed = b"".join(each for each, of in self._held if of != "err")
            if printed.startswith(_EVENTS):
                return self._read_printed(printed)
        if self._give_up_at is None:
            self._give_up_at = self._now() + FILE_WITHIN
        return self._as_text() if sum(len(each) for each, _ in self._held) > MAX_HELD else []

    def _read_printed(self, printed: bytes) -> list[Produced]:
        """Its output is events: no file is needed."""
        self._prints_events, self._held, self._give_up_at = True, None, None
        self._events = CodexExecProducer()
        if self._prompt:
            self._events.user(self._prompt)
        return self._events.feed(printed)

    def poll(self) -> list[Produced]:
        """What the file says now."""
        if self._prints_events:
            return []
        if self._file is None:
            self._find()
        if self._file is None:
            is_late = self._give_up_at is not None and self._now() >= self._give_up_at
            if is_late and self._session:
                self._folder = ""  # what is text by now must not be told again
            return self._as_text() if is_late else []
        produced: list[Produced] = []
        while data := self._file.read():
            produced += self._events.feed(self._this_run.of(data))
        return produced

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return super().flush() if self.is_text else self._events.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The rest of the file, or of the text."""
        if self._prints_events:
            return self._events.finish(outcome)
        produced = self.poll()
        if self._file is None:
            return produced + self._as_text() + super().finish(outcome)
        self._file.close()
        # The end of the run is now, not at the file's last line.
        return produced + [each._replace(at=None) for each in self._events.finish(outcome)]

    def _find(self) -> None:
        if not self._session or not self._folder:
            return
        path = find_file(self._folder, self._session, days=_NEWEST)
        if path is None and not self._searched:
            self._searched = True
            path = find_file(self._folder, self._session)
        if path is None:
            return
        try:
            self._file = GrowingFile(path)
        except OSError:
            return
        self._held = None

    def _as_text(self) -> list[Produced]:
        """From now on what it prints is published."""
        held, self._held, self._give_up_at = self._held, None, None
        produced: list[Produced] = []
        if held and self._session:
            remark = {"message": "Codex keeps no file of this session."}
            event = RuntimeDiagnostic("shown_as_text", remark)
            produced.append(Produced(TurnActivity("", None, event)))
        for data, source in held or ():
            produced += super().feed(data, source)
        return produced


class _ThisRun:
    """The lines of a file since a time: a run may go on with an earlier session."""

    def __init__(self, since_ms: int) -> None:
        self._since_ms = since_ms
        self._lines: LineSplitter | None = LineSplitter()
        """None: this run has begun."""

    def of(self, data: bytes) -> bytes:
        """What of `data` this run wrote, and what the file is about."""
        if self._lines is None:
            return data
        kept = b""
        ends = itertools.accumulate(len(line) + 1 for line in data.split(b"\n"))
        for line, end in zip(self._lines.feed(data), ends, strict=False):
            if _META in line.data[:200]:
                kept += line.data + b"\n"
                continue
            found = _TIME.match(line.data)
            at = time_of(found[1].decode("ascii", "replace")) if found is not None else None
            if at is not None and at >= self._since_ms:
                self._lines = None
                return kept + line.data + b"\n" + data[end:]
        return kept
