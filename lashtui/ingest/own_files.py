"""Agents that `run` leaves as they are, because a file of theirs has the events: which, and where.

What they print for people can't be rebuilt from the events that they can print instead.
"""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from lashtui.homes import sessions_of
from lashtui.ingest.growing import GrowingFile, changed_at
from lashtui.ingest.launch import environment_in
from lashtui.ingest.prompt import value_of
from lashtui.ingest.session_file import SessionFileProducer, ThisRun
from lashtui.ingest.subagents import tell
from lashtui.ingest.tailing import MAX_CHILDREN
from lashtui.producers.fields import maps_of, text_of, time_of
from lashtui.producers.lines import LineSplitter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lashd.events import SessionOutcome
    from lashtui.ingest.launch import Launch
    from lashtui.producers import Produced

_COPILOTS_OTHER: Final = ("-r", "--resume", "--continue", "--connect")
"""Options of Copilot by which it goes on with a session whose name is not known."""
_ALWAYS: Final = ("kimi",)
"""Agents whose files tell more than their events; their own output is live."""
_UNBUILT: Final = ("cline",)
"""Agents whose output can't be rebuilt and that keep no file of events."""
MAX_FOLDERS: Final = 4096
"""Sessions among which the newest is looked for."""
MAX_BEGINNING: Final = 4 * 1024 * 1024
"""Bytes of the end of a file in which its prompt is looked for; it was just written."""
LOOK_EVERY: Final = 0.2
"""Seconds between two looks for a file: a home may have thousands of sessions."""
_MAIN: Final = "main"
_WIRE: Final = "wire.jsonl"


def with_files(
    start: Launch,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    is_terminal: bool,
    new_id: str = "",
) -> Launch:
    """The command as it is, where its output is not shown by us.

    Args:
        start: with the options for events.
        command: the user's words.
        environment: theirs.
        is_terminal: stdout and stderr are one.
        new_id: for a session that begins; default: a random one.
    """
    if not start.added or (is_terminal and start.agent not in _ALWAYS):
        return start
    plain = start._replace(command=list(command), added=())
    folder = sessions_of(start.agent, environment_in(command, environment))
    if start.agent == "codex":
        return plain._replace(format="codex-rollout", files=folder)
    if start.agent == "kimi":
        given = value_of(command, ("-S", "--session")) or ""
        return plain._replace(format="kimi-wire", files=folder, session=given)
    if start.agent == "copilot":
        given = value_of(command, ("--session-id",)) or ""
        if not given and any(word.partition("=")[0] in _COPILOTS_OTHER for word in command):
            return plain._replace(format="text")
        session = given or new_id or str(uuid.uuid4())
        place = start.command.index("--output-format")
        added = [] if given else ["--session-id", session]
        words = [*command[:place], *added, *command[place:]]
        return plain._replace(command=words, format="copilot", files=folder, session=session)
    return plain._replace(format="text") if start.agent in _UNBUILT else start


def files_producer(start: Launch, started_ms: int) -> SessionFileProducer:
    """What reads the files of a command that was started at this time."""
    if start.agent == "kimi":
        return KimiFilesProducer(start, started_ms)
    if start.agent == "copilot":
        return CopilotFileProducer(start, started_ms)
    from lashtui.ingest.codex_files import CodexFilesProducer

    return CodexFilesProducer(start.files, started_ms=started_ms, prompt=start.prompt)


class CopilotFileProducer(SessionFileProducer):
    """The file of a session whose id was given to Copilot."""

    _agent: ClassVar[str] = "copilot"
    without: ClassVar[str] = "Copilot keeps no file of this session."

    def __init__(self, start: Launch, started_ms: int) -> None:
        from lashtui.producers.copilot.events import CopilotProducer

        this_run = ThisRun(started_ms, _time_of, lambda line: b'"session.start"' in line[:100])
        super().__init__(CopilotProducer(), this_run)
        # An id is one folder's name, whatever was typed.
        self._path = os.path.join(start.files, os.path.basename(start.session), "events.jsonl")

    def find(self) -> str | None:
        """It is there once the session has begun."""
        return self._path if os.path.isfile(self._path) else None


class KimiFilesProducer(SessionFileProducer):
    """The files of the session that was given this prompt since the command began."""

    _agent: ClassVar[str] = "kimi"
    without: ClassVar[str] = "No file of this session was found."

    def __init__(
        self, start: Launch, started_ms: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        from lashtui.producers.kimi.wire import KimiWireProducer

        self._wire = KimiWireProducer()
        super().__init__(self._wire, ThisRun(started_ms, _time_of, _is_binding), clock)
        self._folder = os.path.realpath(start.files)
        self._session = start.session
        self._prompt = (start.prompt or "").strip()
        self._since_ms = started_ms
        self._clock = clock
        self._look_at = 0.0
        """When files are looked for again."""
        self._agents = ""
        """Where the files of the session's agents are."""
        self._helpers: dict[str, tuple[GrowingFile, LineSplitter]] = {}
        """Those of subagents."""

    def find(self) -> str | None:
        """The newest that has the prompt."""
        if not self._prompt or self._clock() < self._look_at:
            return None
        self._look_at = self._clock() + LOOK_EVERY
        newest = sorted(self._candidates(), reverse=True)
        path = next((path for _, path in newest if self._is_ours(path)), None)
        self._agents = os.path.dirname(os.path.dirname(path)) if path is not None else ""
        return path

    def poll(self) -> list[Produced]:
        """What the files say now: a subagent's once the call that began it was told."""
        produced = super().poll()
        if not self.has_file:
            return produced
        for name in self._new_helpers():
            self._wire.join(tell(os.path.join(self._agents, name, _WIRE)))
        for name, (file, lines) in self._helpers.items():
            while self._wire.expects(name) and (data := file.read()):
                for line in lines.feed(data):
                    if (_time_of(line.data) or 0) >= self._since_ms:
                        produced += self._wire.feed_child(name, line.data)
        return produced

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The rest of the files, or of the text."""
        self._look_at = 0.0
        produced = super().finish(outcome)
        for file, _ in self._helpers.values():
            file.close()
        return produced

    def _new_helpers(self) -> list[str]:
        names = []
        for folder in _folders(self._agents):
            name = os.path.basename(folder)
            if name == _MAIN or name in self._helpers or len(self._helpers) >= MAX_CHILDREN:
                continue
            with suppress(OSError):  # it has none yet
                self._helpers[name] = (GrowingFile(os.path.join(folder, _WIRE)), LineSplitter())
                names.append(name)
        return names

    def _candidates(self) -> list[tuple[float, str]]:
        found = []
        for workspace in _folders(self._folder):
            for session in _folders(workspace):
                path = os.path.join(session, "agents", _MAIN, _WIRE)
                if self._session not in ("", os.path.basename(session)):
                    continue
                changed = changed_at(path)
                if changed * 1000 >= self._since_ms - 1000 and os.path.realpath(path) == path:
                    found.append((changed, path))
        return found

    def _is_ours(self, path: str) -> bool:
        """Whether it has the prompt; what a run adds to a session is at its end."""
        try:
            file = GrowingFile(path)
        except OSError:
            return False
        file.seek(max(0, file.size() - MAX_BEGINNING))
        beginning = b"".join(iter(file.read, b""))
        file.close()
        for line in beginning.split(b"\n"):
            if b'"turn.prompt"' in line and (_time_of(line) or 0) >= self._since_ms:
                said = "\n".join(text_of(each, "text") for each in maps_of(_record(line), "input"))
                return said.strip() == self._prompt
        return False


def _folders(folder: str) -> list[str]:
    """Those in it, no links."""
    try:
        with os.scandir(folder) as entries:
            pairs = zip(entries, range(MAX_FOLDERS), strict=False)
            return [each.path for each, _ in pairs if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _record(line: bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _time_of(line: bytes) -> int | None:
    record = _record(line)
    if not isinstance(record, dict):
        return None
    return time_of(record.get("time", record.get("timestamp")))


def _is_binding(line: bytes) -> bool:
    return b'"profile.bind"' in line[:200] or b'"metadata"' in line[:200]
