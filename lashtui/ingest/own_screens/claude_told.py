"""What Claude Code's own screen tells: its transcript, the calls of our hooks, and its state.

Which session it has open is told by the first call of a hook, or by the file that it keeps of its
state. Another one that is opened in the same screen goes on in the same session of ours.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from lashd.clock import now_ms
from lashd.events import SessionChanged
from lashtui.homes import sessions_of
from lashtui.ingest.discovery import Discovery, Root
from lashtui.ingest.growing import file_in_projects
from lashtui.ingest.live.claude_sessions import LAG, Sessions, sessions_folder
from lashtui.ingest.own_screens.screen import Told
from lashtui.ingest.sink import State
from lashtui.ingest.transcripts import Key
from lashtui.process.others import is_below
from lashtui.producers.fields import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from lashd.events import SessionOutcome
    from lashtui.hooks.spool import Spool
    from lashtui.ingest.sink import Sign
    from lashtui.ingest.transcripts import About
    from lashtui.producers import Produced

LOOK_EVERY: Final = 0.1
"""Seconds between looks at the states, and for a transcript that is not there yet."""
SETTLE_EVERY: Final = 0.5
"""Seconds between looks for what is quiet and for subagents' files."""
MAX_SIGNS: Final = 64
"""States that wait for the transcript, which begins with the first prompt."""
MAX_CALLS: Final = 256
"""Calls of hooks that wait for the same."""
MAX_LEFT: Final = 256
"""Sessions that were left in one run."""


class ClaudeTold(Told):
    """All that one run of Claude Code's screen tells."""

    def __init__(
        self,
        environment: Mapping[str, str],
        spool: Spool | None,
        *,
        began_ms: int,
        clock: Callable[[], float] = time.monotonic,
        is_ours: Callable[[int], bool] = lambda pid: is_below(pid, os.getpid()),
    ) -> None:
        """Nothing is read yet.

        Args:
            environment: where Claude Code keeps its things.
            spool: where calls of hooks come; None: there are none.
            began_ms: when it was started; what is older is the past of a session that goes on.
            clock: seconds.
            is_ours: whether a process is of this run.
        """
        self._projects = sessions_of("claude", environment)
        self._states = Sessions(sessions_folder(environment))
        self._spool = spool
        self._began_ms = began_ms
        self._clock = clock
        self._is_ours = is_ours
        self._pid: int | None = None
        self._session = ""
        self._path = ""
        self._discovery: Discovery | None = None
        self._left_at: dict[str, int] = {}
        """When a session was left, in Unix milliseconds: a person may go back to it."""
        self._calls: deque[tuple[dict[str, Any], int]] = deque(maxlen=MAX_CALLS)
        self._signs: deque[tuple[float, Key, Sign]] = deque(maxlen=MAX_SIGNS)
        self._look_at = self._settle_at = 0.0
        self._out: list[Produced] = []
        self._warnings: list[str] = []

    @property
    def ids(self) -> Collection[str]:
        """Those that were open in it."""
        return self._left_at.keys() | ({self._session} if self._session else set())

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        tails = self._discovery.tails.values() if self._discovery is not None else ()
        return any(each.in_turn for each in tails)

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def poll(self) -> list[Produced]:
        """What it has told since the last call."""
        now = self._clock()
        calls = self._spool.read() if self._spool is not None else []
        self._calls += [(call, now_ms()) for call in calls]
        for call in calls:
            if self._pid is None or text_of(call, "hook_event_name") == "SessionStart":
                self._open(text_of(call, "session_id"))
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY
            self._look(now)
            self._find()
        if self._discovery is not None:
            self._read(self._discovery, now)
            self._hear(self._discovery, now)
            while self._calls:
                call, at = self._calls.popleft()
                self._discovery.hooked(Key("claude", text_of(call, "session_id")), call, at)
        return self._take()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """It has ended: what is left of its transcript."""
        self._look_at = 0.0
        produced = self.poll()
        self._leave()
        return produced + [each._replace(at=None) for each in self._take()]

    # -- which session ---------------------------------------------------------------------------

    def _look(self, now: float) -> None:
        signs, _ = self._states.look()
        for pid, session in self._states.pids().items():
            # Another Claude that it starts is below it as well; its own was there first.
            if self._pid is None and self._is_ours(pid):
                self._pid = pid
            if pid == self._pid:
                self._open(session)
        for key, sign in signs:
            wait = LAG if sign.state is State.WAITING else 0.0
            if key.id == self._session:
                self._signs.append((now + wait, key, sign))

    def _open(self, session: str) -> None:
        """Tell this session from now on."""
        if session == self._session or not session:
            return
        self._leave()
        self._session = session

    def _find(self) -> None:
        if not self._session or self._path:
            return
        path = file_in_projects(self._projects, self._session)
        if path is not None:
            self._path = os.path.realpath(path)
            self._discovery = Discovery(
                [Root(self._path, False)],
                self._sink,
                since=float("inf"),
                warn=self._warnings.append,
            )

    def _leave(self) -> None:
        if self._discovery is not None:
            self._discovery.end()
            self._left_at[self._session] = now_ms()
            if len(self._left_at) > MAX_LEFT:
                del self._left_at[next(iter(self._left_at))]
        self._discovery, self._path = None, ""
        self._signs.clear()

    # -- what it says ----------------------------------------------------------------------------

    def _read(self, discovery: Discovery, now: float) -> None:
        tail = discovery.tails.get(self._path)
        if tail is None or tail.has_changed():
            discovery.changed([self._path])
        if now >= self._settle_at:
            self._settle_at = now + SETTLE_EVERY
            discovery.settle()

    def _hear(self, discovery: Discovery, now: float) -> None:
        """Its states, each in its turn."""
        while self._signs and self._signs[0][0] <= now:
            _, key, sign = self._signs.popleft()
            discovery.sign(key, sign)

    def _sink(self, about: About, path: str) -> _OfThisRun:
        return _OfThisRun(self._out, self._left_at.get(self._session, self._began_ms))

    def _take(self) -> list[Produced]:
        produced = list(self._out)
        self._out.clear()
        return produced


class _OfThisRun:
    """The `Sink` of a transcript: what this run of it says, but not that it ends."""

    turn_failed = False

    def __init__(self, out: list[Produced], began_ms: int) -> None:
        self._out = out
        self._began_ms = began_ms

    def publish(self, produced: Produced) -> None:
        """Keep it, unless it is of the past."""
        payload = produced.payload
        if isinstance(payload, SessionChanged):
            if not payload.is_end:
                self._out.append(produced)
        elif produced.at is None or produced.at >= self._began_ms:
            self._out.append(produced)

    def wait(self) -> None:
        """Nothing is sent from here."""

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The command's own end is the session's."""
