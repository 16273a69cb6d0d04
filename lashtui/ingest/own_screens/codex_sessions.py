"""Which sessions are of one screen of Codex's, and what is told of them.

The daemon tells of all screens, and not which of them is ours. A session is of ours if it is about
our directory and begins to work just after Enter was typed here, or was begun with the command's
prompt while no other one was. Without a daemon the screen has its sessions' files open.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from lashd.clock import now_ms
from lashd.events import (
    Committed,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    TurnActivity,
)
from lashtui.homes import home_of, sessions_of
from lashtui.ingest.live.codex.follower import NAME, Follower
from lashtui.ingest.own_screens.codex_files import OwnFiles
from lashtui.ingest.own_screens.screen import Told
from lashtui.ingest.prompt import prompt_of, value_of
from lashtui.ingest.telling import Teller, Telling
from lashtui.process.others import processes
from lashtui.process.where import real_directory
from lashtui.producers import Produced
from lashtui.producers.dedupe import bounded
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from lashd.events import SessionOutcome
    from lashtui.ingest.live.codex.words import Thread

TYPED_WITHIN: Final = 2.0
"""Seconds from Enter to the session's word that it works: it takes some hundredths."""
PROMPTED_WITHIN: Final = 60.0
"""Seconds from the start to the turn of the command's prompt; a dialog may come first."""
FILES_AFTER: Final = 3.0
"""Seconds without a daemon after which the files are looked for that Codex has open; older versions
have no daemon, and it can be turned off."""
FIND_EVERY: Final = 2.0
FIND_LATER: Final = 15.0
"""Seconds between two looks for them, and for those of a further session: all processes are looked
at. Nothing is lost meanwhile."""
READ_EVERY: Final = 0.1
REMARK_AFTER: Final = 15.0
"""Seconds without both after which the session says that its screen is not read."""
END_WITHIN: Final = 1.0
"""Seconds at the end for what the daemon has said and was not read yet."""
MAX_OURS: Final = 64
"""Sessions of one screen; as many are published."""
MAX_SEEN: Final = 512
"""Threads of other screens that are remembered."""
NEW_FOR: Final = 3.0
"""Seconds from the making of a thread for which its first word counts as just said."""
MAX_QUEUED: Final = 65536
"""Events that wait to be published: they are taken twenty times a second."""

_ENTER: Final = (b"\r", b"\n", b"\x1b[13u", b"\x1b[13;")
"""As terminals send it; the last with modifiers."""
_GOES_ON: Final = "The screen was left amid this turn; Codex goes on with it by itself."
_LEFT: Final = "The screen was left amid this turn."


class CodexTold(Told):
    """One session of the screen: what the daemon told of it, to be published."""

    def __init__(self, remark: Callable[[], str] = lambda: "") -> None:
        """`remark` says why nothing is told, once there is reason to."""
        self._queue: deque[Produced] = deque(maxlen=MAX_QUEUED)
        self._remark = remark
        self._in_turn = False
        self.thread = ""
        """Codex's id of it, once it is known."""
        self.if_left = _GOES_ON
        """What became of a turn that has not ended when the screen has."""
        self.before_end: Callable[[], None] = lambda: None
        """Waits for what is still to come."""
        self.warnings: deque[str] = deque(maxlen=16)

    @property
    def ids(self) -> Collection[str]:
        """Its thread."""
        return (self.thread,) if self.thread else ()

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._in_turn

    def take_warnings(self) -> list[str]:
        """Sentences for the user, since the last call."""
        return [self.warnings.popleft() for _ in range(len(self.warnings))]

    def poll(self) -> list[Produced]:
        """What came since the last call."""
        produced = [self._queue.popleft() for _ in range(len(self._queue))]
        for each in produced:
            if isinstance(each.payload, Committed):
                self._in_turn = False
            elif isinstance(each.payload, TurnActivity):
                self._in_turn = True
        text = self._remark()
        if text:
            produced.append(_remark(text))
        return produced

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The screen is gone."""
        self.before_end()
        produced = self.poll()
        if self._in_turn:
            self._in_turn = False
            produced += [_remark(self.if_left), Produced(Committed())]
        return produced

    # -- as a sink, of the thread that listens ---------------------------------------------------

    def publish(self, produced: Produced) -> None:
        """One payload."""
        self._queue.append(produced)

    def wait(self) -> None:
        """Nothing: it is taken soon."""

    @property
    def turn_failed(self) -> bool:
        """How the last turn ended is known where it is published."""
        return False

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The daemon has closed it; the screen may go on with another one."""
        self.publish(Produced(SessionChanged(SessionChangeKind.ENDED, outcome), at))


class OurSessions:
    """Which of the daemon's sessions are of this screen; asked by the thread that listens."""

    def __init__(
        self,
        first: CodexTold,
        directory: str,
        *,
        has_prompt: bool,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """The screen begins now.

        Args:
            first: the session that is there from the beginning.
            directory: what the screen's sessions are about, with links resolved.
            has_prompt: its command has a prompt, so that nobody types the first one.
            clock: seconds that never go back.
            now: seconds since the epoch.
        """
        self._first: CodexTold | None = first
        self._is_first_taken = False
        self.is_by_files = False
        """The screen's files tell it; a daemon that comes later is not asked."""
        self._warnings = first.warnings
        self._directory = directory
        self._has_prompt = has_prompt
        self._clock, self._now = clock, now
        self._began, self._began_at = clock(), now()
        self._typed_at = -math.inf
        self._idle: dict[str, None] = {}
        """Threads that were seen idle."""
        self._active: dict[str, float] = {}
        """Others that work, and since when; minus infinity: before we could see it."""
        self._tellings: dict[str, Telling] = {}
        self._new: deque[Told] = deque()

    @property
    def are_any(self) -> bool:
        """Whether one of them was found."""
        return bool(self._tellings)

    def typed(self, data: bytes) -> None:
        """What the user types; in the thread of the screen."""
        if any(each in data for each in _ENTER):
            self._typed_at = self._clock()

    def take_new(self) -> list[Told]:
        """Those that the user went on to since the last call."""
        return [self._new.popleft() for _ in range(len(self._new))]

    def open(self, thread: Thread) -> tuple[Teller, int] | None:
        """Where a session is told, if it is of this screen."""
        telling = self._tellings.get(thread.id)
        if telling is None:
            if self.is_by_files or not self._is_ours(thread) or len(self._tellings) >= MAX_OURS:
                return None
            telling = self._tellings[thread.id] = Telling(self.next(thread.id))
        # What it said before this run is not told.
        return Teller(telling), max(telling.ended_at, int(self._began_at * 1000))

    def next(self, thread: str) -> CodexTold:
        """Where another session is told."""
        told, self._first = self._first or CodexTold(), None
        told.thread = thread
        if self._is_first_taken:
            self._new.append(told)
        self._is_first_taken = True
        return told

    def close(self, thread: str) -> None:
        """The daemon is gone; should another one come, the session goes on."""

    def warn(self, sentence: str) -> None:
        """One sentence for the user."""
        self._warnings.append(f"{NAME}: {sentence}")

    def _is_ours(self, thread: Thread) -> bool:
        if not thread.is_active:
            self._active.pop(thread.id, None)
            bounded(self._idle, thread.id, MAX_SEEN)
            return False
        is_new = thread.created_at >= int(self._began_at)
        if thread.id not in self._active and len(self._active) < MAX_SEEN:
            is_seen = thread.id in self._idle or self._now() - thread.created_at < NEW_FOR
            self._active[thread.id] = self._clock() if is_seen else -math.inf
        since = self._active.get(thread.id, -math.inf)
        if real_directory(thread.directory) != self._directory:
            return False
        if 0 <= since - self._typed_at < TYPED_WITHIN:
            return True
        is_soon = self._clock() - self._began < PROMPTED_WITHIN
        return self._has_prompt and is_new and is_soon and not self._tellings


class Listening:
    """What listens beside Codex as the user started it: at the daemon, or at its files."""

    def __init__(
        self, command: list[str], place: int, environment: Mapping[str, str], hint: str
    ) -> None:
        """Codex was started just now; nothing is looked for before `start`.

        Args:
            command: of the user.
            place: where the words of its screen begin.
            environment: it has this one.
            hint: what the user can do if nothing tells of it.
        """
        words = command[place:]
        self._hint = hint
        self._began = time.monotonic()
        self.first = CodexTold(self._why_nothing)
        where = value_of(words, ("-C", "--cd")) or ""
        directory = os.path.realpath(os.path.join(os.getcwd(), where))
        # As a task's, its prompt is what is no option.
        has_prompt = prompt_of("codex", ["exec", *words]) is not None
        self.sessions = OurSessions(self.first, directory, has_prompt=has_prompt)
        self._follower = Follower(home_of("codex", environment), self.sessions)
        folder = sessions_of("codex", environment)
        self._files = OwnFiles(folder, now_ms(), processes, os.getpid())
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=run, args=(self._stop,), name=NAME, daemon=True)
            for run in (self._follower.run, self._follow_files)
        ]

    def start(self) -> None:
        """Listen."""
        self.first.before_end = self.close
        for each in self._threads:
            each.start()

    def close(self) -> None:
        """The screen is gone."""
        self._stop.set()
        for each in self._threads:
            if each.ident is not None:
                each.join(END_WITHIN)

    def _follow_files(self, stop: threading.Event) -> None:
        try:
            self._read_files(stop)
        except Exception as problem:  # of any kind: nothing may be written into the screen
            self.sessions.warn(f"its files are not read any more: {safe_line(str(problem))}")

    def _read_files(self, stop: threading.Event) -> None:
        """As long as no daemon is there."""
        find_at = self._began + FILES_AFTER
        while not stop.wait(READ_EVERY):
            if time.monotonic() >= find_at:
                if not self._files.are_any and self._has_daemon:
                    return
                self._files.find(self._told_by_file)
                self.sessions.is_by_files = self._files.are_any
                pause = FIND_LATER if self._files.are_any else FIND_EVERY
                find_at = time.monotonic() + pause
            self._files.read()
        self._files.close()

    @property
    def _has_daemon(self) -> bool:
        return self._follower.is_connected or self.sessions.are_any

    def _told_by_file(self, thread: str) -> CodexTold:
        told = self.sessions.next(thread)
        told.if_left = _LEFT
        return told

    def _why_nothing(self) -> str:
        """Once: that nothing tells of it."""
        is_told = self.sessions.are_any or self.sessions.is_by_files
        if is_told or self._follower.is_connected:
            self._hint = ""
        if not self._hint or time.monotonic() - self._began < REMARK_AFTER:
            return ""
        hint, self._hint = self._hint, ""
        return f"Not read: {hint}"


def _remark(text: str) -> Produced:
    return Produced(TurnActivity("", None, RuntimeDiagnostic("screen", {"text": text})))
