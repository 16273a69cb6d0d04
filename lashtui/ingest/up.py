"""Follows all agents of this machine, says what it sees of each, and looks after the daemon."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from lashtui.diagnostics import warn
from lashtui.hooks.agents import AGENTS
from lashtui.hooks.install import HooksError, look
from lashtui.ingest.agents_here import Here, agents_here, elsewhere, files_of, says_its_state
from lashtui.ingest.following import Follower, Stop, usual_roots
from lashtui.ingest.sight import Hooks, sentence
from lashtui.process.background import bound_log
from lashtui.process.others import processes
from lashtui.process.where import environment_of
from lashtui.text.format import plural
from lashtui.text.place import short_home

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.process.others import Processes

LOOK_EVERY: Final = 15.0
"""Seconds between two looks at which agents run."""
CLAIM_WITHIN: Final = 1.0
"""Seconds for live sources to find what runs, before anything is said of it."""
DAEMON_EVERY: Final = 2.0
"""Seconds between two looks at the daemon."""
GONE_AFTER: Final = 5.0
"""Seconds without a socket after which the daemon counts as stopped, not restarted."""
MAX_SAID: Final = 1024
"""Agents of which is known what was said."""


class Up:
    """One run of `lashtui up`."""

    def __init__(
        self,
        path: str,
        *,
        since: float,
        stop: Stop,
        report: Callable[[str], None],
        once: bool,
        log: int | None = None,
    ) -> None:
        """`path`: the daemon's socket; `report` gets lines for the user; `log`: where they go."""
        self._socket = path
        self._stop = stop
        self._report = report
        self._once = once
        self._log = log
        self._home = os.path.expanduser("~")
        self._said: dict[int, str] = {}
        self._follower = Follower(
            path,
            usual_roots(os.environ),
            since=since,
            start_daemon=True,
            has_sources=True,
            found=self._found,
            warn=warn,
            stop=stop,
        )
        self._is_ready = False
        self._looked_at = self._asked_at = time.monotonic()
        self._there_at = time.monotonic()

    def run(self, ready: Callable[[], None]) -> None:
        """Follow until the stop; `ready` is called once all that is there was said."""
        self._ready = ready
        delivered = self._follower.run(self._scanned, once=self._once, tick=self._tick)
        if not delivered:
            warn("the daemon did not take all of it; the rest is lost")

    def _found(self, name: str, directory: str | None, path: str) -> None:
        if self._is_ready:
            place = short_home(directory, self._home) if directory else "-"
            self._report(f"-- {name} in {place} is followed now" + (f": {path}" if path else ""))

    def _scanned(self) -> None:
        found = processes()
        if found is None:
            self._report("-- can't see which agents run: this system has no list of processes")
        else:
            running = self._follow_running(found)
            self._stop.event.wait(CLAIM_WITHIN)
            self._say(running)
            if not running:
                self._report("-- no agent runs here now")
        count = plural(len(self._follower.sessions), "session")
        done = "published" if self._once else "followed"
        self._report(f"-- {count} {done}" + ("" if self._once else "; others as they begin"))
        self._is_ready = True
        self._ready()

    def _follow_running(self, found: Processes) -> list[tuple[Here, list[str]]]:
        """Follow the agents that run; these, and the files of each."""
        running = [(here, files_of(here, found, os.environ)) for here in agents_here(found)]
        for _, paths in running:
            self._follower.discovery.follow(paths)
        return running

    def _say(self, running: list[tuple[Here, list[str]]]) -> None:
        """Say of each agent what was not said yet."""
        for here, paths in running:
            line = self._sentence(here, paths)
            if self._said.get(here.number) != line:
                self._said[here.number] = line
                self._report(line)
        while len(self._said) > MAX_SAID:
            del self._said[next(iter(self._said))]

    def _sentence(self, here: Here, paths: list[str]) -> str:
        seen = {self._follower.discovery.is_live(path) for path in paths}
        if not paths:  # its file may come with the first prompt
            seen = {self._follower.discovery.is_live_in(here.agent, here.directory) or None}
        is_live = True if True in seen else (False if False in seen else None)
        publisher = self._follower.published.by_others((*here.numbers, *here.above))
        where = "" if paths else elsewhere(here, environment_of(here.number), os.environ)
        return sentence(
            here,
            is_live=is_live,
            home=self._home,
            elsewhere=where,
            publisher=publisher,
            questions=here.agent == "claude" and says_its_state(here, os.environ),
            hooks=_hooks_of(here),
        )

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            if self._log is not None:
                bound_log(self._log)
            found = processes()
            if found is not None:
                self._say(self._follow_running(found))
        if now - self._asked_at >= DAEMON_EVERY:
            self._asked_at = now
            self._look_after_daemon(now)

    def _look_after_daemon(self, now: float) -> None:
        """Start it again after a crash, which leaves its socket; end with it when it was stopped.

        Its publishers do the former as well; without a session there is none.
        """
        from lashd.connect.launch import ensure_daemon
        from lashd.errors import LashdError

        if os.path.exists(self._socket):
            self._there_at = now
            if not _has_crashed(self._socket):
                return
            try:
                ensure_daemon(self._socket)
            except LashdError as problem:
                warn(str(problem))
        elif now - self._there_at >= GONE_AFTER:
            self._report("-- the daemon was stopped; so is this")
            self._stop.event.set()


def _hooks_of(here: Here) -> Hooks:
    """Whether an agent calls hooks of ours: it reads its settings when it begins."""
    agent = AGENTS.get(here.agent)
    if agent is None:
        return Hooks.UNKNOWN
    try:
        found = look(agent, os.environ)
        changed_at = os.stat(found.settings).st_mtime if found.is_complete else 0.0
    except (HooksError, OSError):
        return Hooks.MISSING
    if not found.is_complete or found.is_disabled:
        return Hooks.MISSING
    return Hooks.LATER if changed_at > here.began else Hooks.THERE


def _has_crashed(path: str) -> bool:
    """Whether nobody listens at a socket that is there."""
    from lashd.connect.peer import is_listening

    try:
        return not is_listening(path)
    except OSError:
        return False
