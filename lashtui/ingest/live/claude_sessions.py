"""Claude Code's `sessions/PID.json`: what each running Claude says of its state.

Each process has a file, which goes when that ends in order. What a session says stands in its
transcript, which the files' reader follows; here is only that it works, waits (for what) or is
idle, and that it has left.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.clock import now_ms
from lashtui.homes import home_of
from lashtui.ingest.presence import MAX_CLAUDES, read_told
from lashtui.ingest.sink import Sign, State
from lashtui.ingest.transcripts import Key
from lashtui.process.alive import is_alive
from lashtui.producers.fields import int_of, text_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping

    from lashd.protocol.records import Record
    from lashtui.ingest.live.place import Place

STEP: Final = 50
"""Milliseconds between looks at what the system has reported; nobody sees a tenth of a second."""
TICK: Final = 5000
"""Milliseconds after which is looked whether the processes are there: one that was killed has left
its file."""
LINGER: Final = 0.3
"""Seconds between the end of a file and the session's: the transcript's last lines come then."""
LAG: Final = 0.15
"""Seconds by which a transcript may be behind its Claude's word that it waits: the call that it
asks about stands there, too."""
MISSING: Final = 1.0
"""Seconds between looks for the directory, where Claude Code was never used."""

_STATES: Final = {
    "busy": State.WORKING,
    "waiting": State.WAITING,
    "idle": State.IDLE,
    "shell": State.IDLE,  # what it has left in the background is a process of the session
}
_DOMAIN: Final = "pid:["


class Told(NamedTuple):
    """What one file says."""

    session: str
    sign: Sign | None
    """None: nothing yet, or a state that this version doesn't know."""
    pid: int
    is_here: bool
    """Its process counts where this one does: in a container the same number is another's."""


def told_of(record: Record, domain: str = "") -> Told | None:
    """What a file's content says; None: not of which session.

    Args:
        record: the content.
        domain: where this process counts, as `pid:[4026531836]`; empty: not known.
    """
    session, pid = text_of(record, "sessionId"), int_of(record, "pid")
    if not session or pid is None:
        return None
    state = _STATES.get(text_of(record, "status"))
    at = int_of(record, "statusUpdatedAt")
    sign = None if state is None else Sign(state, text_of(record, "waitingFor"), at)
    own = text_of(record, "pidDomain")
    own = own[own.find(_DOMAIN) :] if _DOMAIN in own else ""
    return Told(session, sign, pid, own in ("", domain) or not domain)


class Sessions:
    """The files of one directory, and what has changed in them. No clock, no waiting."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._domain = _domain()
        self._told: dict[str, Told] = {}
        """By path."""

    def look(self) -> tuple[list[tuple[Key, Sign]], list[Key]]:
        """The signs that are new, and the sessions that their Claudes have left."""
        signs: list[tuple[Key, Sign]] = []
        now: dict[str, Told] = {}
        for path in self._paths():
            record = read_told(path)
            told = told_of(record, self._domain) if record is not None else None
            before = self._told.get(path)
            told = told or before  # it is being written
            if told is None:
                continue
            if told.is_here and not is_alive(told.pid):
                continue
            now[path] = told
            is_new = before is None or before[:2] != told[:2]
            if is_new and told.sign is not None:
                signs.append((Key("claude", told.session), told.sign))
        there = {each.session for each in now.values()}
        left = dict.fromkeys(each.session for each in self._told.values())
        self._told = now
        return signs, [Key("claude", each) for each in left if each not in there]

    def pids(self) -> dict[int, str]:
        """The sessions by the processes that run them, as of the last look."""
        return {each.pid: each.session for each in self._told.values()}

    def _paths(self) -> Iterable[str]:
        try:
            with os.scandir(self.folder) as entries:
                names = [entry.path for entry, _ in zip(entries, range(MAX_CLAUDES), strict=False)]
        except OSError:
            return []
        return sorted(name for name in names if name.endswith(".json"))


class ClaudeSessions:
    """The source of signs on the sessions that Claude Code's transcripts tell."""

    name = "Claude Code's list of sessions"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._sessions = Sessions(sessions_folder(environment))

    def run(self, place: Place, stop: threading.Event) -> None:
        """Hand out signs until `stop`."""
        from watchfiles import watch

        folder = self._sessions.folder
        while not stop.is_set():
            self._tell(place, stop)
            if os.path.islink(folder) or not os.path.isdir(folder):
                stop.wait(MISSING)
                continue
            changes = watch(
                folder,
                watch_filter=None,
                debounce=4 * STEP,
                step=STEP,
                rust_timeout=TICK,
                yield_on_timeout=True,
                stop_event=stop,
                raise_interrupt=False,
                recursive=False,
            )
            try:
                for _ in changes:
                    self._tell(place, stop)
                    if not os.path.isdir(folder):
                        break
            except OSError:  # the directory went away just now
                stop.wait(MISSING)

    def _tell(self, place: Place, stop: threading.Event) -> None:
        signs, left = self._sessions.look()
        if any(sign.state is State.WAITING for _, sign in signs):
            stop.wait(LAG)
        for key, sign in signs:
            place.sign(key, sign)
        if left:
            stop.wait(LINGER)
        for key in left:
            place.sign(key, Sign(State.ENDED, at=now_ms()))


def sessions_folder(environment: Mapping[str, str]) -> str:
    """Where Claude Code keeps these files."""
    return os.path.join(home_of("claude", environment), "sessions")


def _domain() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
