"""`lashtui discover`: publish the agents' sessions on this machine, from their own files."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from lashtui.cli.parsing import no_tail, socket_of
from lashtui.diagnostics import leave, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.publish import publish_one, reach_daemon
from lashtui.text.duration import duration_long, parse_duration
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from lashd.events import SessionOutcome
    from lashd.publish.publisher import Publisher
    from lashtui.ingest.discovery import Discovery, Root
    from lashtui.ingest.sink import Sink
    from lashtui.ingest.transcripts import About
    from lashtui.process.others import Processes
    from lashtui.producers import Produced

DESCRIPTION = """\
Find the sessions of Claude Code, Codex, gemini-cli and qwen-code on this machine
by the files they keep, publish each as its own session, and follow those that are
live and new ones as they appear. You don't have to start the agents differently.
With PATHs, look there instead.

Codex's screen has a daemon, which is listened to: its text is live. Else a message
appears when it is finished, not as it is written; a session that waits for you or
was stopped often just goes quiet. Best effort: the format of these files is the
agents' own and changes between versions.
"""

EXAMPLES = """\
examples:
  lashtui discover                         follow all sessions, until Ctrl-C
  lashtui discover --since 1d --once       publish yesterday's sessions and exit
  lashtui discover ~/backup/projects       other files of the same kind
  lashtui discover --since 30d ~/.codex/archived_sessions

looks in ~/.claude/projects ($CLAUDE_CONFIG_DIR), ~/.codex/sessions ($CODEX_HOME),
~/.gemini/tmp/*/chats and ~/.qwen/projects/*/chats. Each session is printed once:
name, directory, file. At most 64 are followed at a time, the most recently
changed. Links out of a directory are not followed.
"""


TICK = 1000
"""Milliseconds between flushes of quiet files, and checks for directories that don't exist yet."""

DEBOUNCE = 100
"""Milliseconds for which changes are collected: nobody sees a tenth of a second."""

FLUSH_FOR = 2.0
"""Seconds a long file waits for the daemon after each piece. Then reading continues, and the daemon
gets the view as a whole instead of each event."""

CLOSE_TIMEOUT = 5.0
"""Seconds at the end, for all sessions together."""

STOP_WITHIN = 2.0
"""Seconds at the end for all live sources together."""

LOOK_FOR = 5.0
"""Seconds for which a look at all processes counts: many sessions are found at once."""

MAX_PRINTED = 4096
"""Characters of a name or path that is printed; no system has longer paths."""
MAX_SAME = 99
"""Files whose names result in the same session name."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="directories or files")
    parser.add_argument("--once", action="store_true", help="publish what is there and exit")
    parser.add_argument(
        "--since",
        type=_since,
        metavar="DURATION",
        default=3600.0,
        help="ignore files not changed within this time: 90s, 30m, 2h, 7d (default: 1h)",
    )
    parser.add_argument("--no-start", action="store_true", help="don't start a daemon")


def _since(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def run(args: argparse.Namespace) -> int:
    """Follow until a signal, or publish once."""
    no_tail(args)
    socket = socket_of(args)
    roots = _roots(args.paths)
    reach_daemon(socket, start=not args.no_start)
    from lashtui.ingest.discovery import Discovery
    from lashtui.ingest.live.place import Place
    from lashtui.ingest.live.source import Running
    from lashtui.ingest.live.sources import live_sources
    from lashtui.process.others import processes

    sessions = _Sessions(socket, start_daemon=not args.no_start, look=processes)
    stop = _Stop()
    discovery = Discovery(
        roots,
        sessions.open,
        since=args.since,
        warn=warn,
        is_stopped=stop.event.is_set,
        look=processes,
    )
    # Paths that the user names are all that is looked at.
    sources = Running(() if args.paths else live_sources(os.environ), Place(discovery, warn))
    with stop:
        try:
            if not args.once:
                sources.start()
            discovery.scan()
            if not sessions.has_found and not discovery.unreadable:
                _say_nothing_found(roots, args.since)
            if not args.once:
                _watch(discovery, stop)
        finally:
            sources.stop(STOP_WITHIN)
            discovery.end()
            delivered = sessions.close()
    if not delivered:
        warn("the daemon did not take all of it; the rest is lost")
    return stop.code


def _say_nothing_found(roots: list[Root], since: float) -> None:
    looks = ", ".join(root.path for root in roots)
    say(f"-- no session has changed within {duration_long(since)}; looked in {looks}")


def _roots(paths: list[str]) -> list[Root]:
    from lashtui.ingest.discovery import Root
    from lashtui.ingest.transcripts import places

    for path in paths:
        if not os.path.exists(path):
            leave(ExitCode.USAGE, f"{path}: no such file or directory")
    if paths:
        return [Root(os.path.realpath(path), True) for path in paths]
    return [Root(os.path.realpath(path), False) for path in places(os.environ)]


class _Stop:
    """Turns SIGINT, SIGTERM and SIGHUP into an orderly end."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.code = ExitCode.DONE
        self._old: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._old[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt  # the second time, at once
        is_interrupt = number == signal.SIGINT
        self.code = ExitCode.INTERRUPTED if is_interrupt else ExitCode.TERMINATED
        self.event.set()


def _watch(discovery: Discovery, stop: _Stop) -> None:
    from watchfiles import watch

    while not stop.event.is_set():
        missing = {root.path for root in discovery.roots if not os.path.exists(root.path)}
        there = [root.path for root in discovery.roots if root.path not in missing]
        if not there:
            stop.event.wait(TICK / 1000)
            continue
        is_behind = True
        changes = watch(
            *there,
            watch_filter=None,
            debounce=DEBOUNCE,
            step=DEBOUNCE // 4,
            rust_timeout=TICK,
            yield_on_timeout=True,
            stop_event=stop.event,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for batch in changes:
            if is_behind:  # from the first batch on, no change goes unreported
                discovery.catch_up()
                is_behind = False
            discovery.changed(path for _, path in batch)
            discovery.settle()
            if any(os.path.exists(path) for path in missing):
                break
            if not all(os.path.exists(path) for path in there):
                break


class _Session:
    """The `Sink` of one session."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher

    def publish(self, produced: Produced) -> None:
        """Publish one payload."""
        publish_one(self.publisher, produced)

    def wait(self) -> None:
        """Wait until most of it was delivered."""
        self.publisher.flush(FLUSH_FOR)

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed."""
        return self.publisher.turn_failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """End the session."""
        self.publisher.end(outcome, at=at)


class _Sessions:
    """Opens sessions by name, and closes them all."""

    def __init__(
        self, socket: str, *, start_daemon: bool, look: Callable[[], Processes | None]
    ) -> None:
        self._socket = socket
        self._start_daemon = start_daemon
        self._sessions: dict[str, _Session] = {}
        self._owners: dict[str, object] = {}
        self._look = look
        self._processes: Processes | None = None
        self._looked_at = -LOOK_FOR
        self.has_found = False
        """Whether any session was found, even one that another publisher has."""

    def open(self, about: About, path: str) -> Sink | None:
        """Open the session of a file; None if another publisher has it."""
        from lashd.client.blocking import Client
        from lashd.errors import LashdError, RequestRefused
        from lashd.publish.publisher import Publisher

        self.has_found = True
        name = self._name(about.session, about.key or path)
        if name in self._sessions:
            self._sessions.pop(name).publisher.close(FLUSH_FOR)
        # Else what an earlier `discover` published would be there twice.
        try:
            with Client(self._socket) as client:
                client.remove(name)
        except RequestRefused as refusal:
            if refusal.code != "no_session":
                warn(f"{path or name}: {refusal.message}")
                return None
        except LashdError as problem:
            warn(f"{path or name}: {problem}")
            return None
        publisher = Publisher(
            name,
            socket_path=self._socket,
            title=about.title,
            agent=about.session.partition("-")[0],
            directory=about.directory,
            where=self._where(about, path),
            exclusive=True,
            start_daemon=self._start_daemon,
            on_warning=warn,
        )
        self._sessions[name] = _Session(publisher)
        parts = (name, about.directory or "-", path or "-")
        print(*(safe_line(part, MAX_PRINTED) for part in parts), sep="  ", flush=True)
        return self._sessions[name]

    def _where(self, about: About, path: str) -> dict[str, Any] | None:
        """Where the agent that writes the file at `path` runs, if that can be seen."""
        from lashtui.ingest.presence import pid_of
        from lashtui.process.where import where_of_process

        if time.monotonic() - self._looked_at >= LOOK_FOR:
            self._processes, self._looked_at = self._look(), time.monotonic()
        pid = None if self._processes is None else pid_of(path, about, self._processes)
        return None if pid is None else where_of_process(pid)

    def close(self) -> bool:
        """Close all sessions; True if everything was delivered."""
        deadline = time.monotonic() + CLOSE_TIMEOUT
        closed = [
            session.publisher.close(max(0.1, deadline - time.monotonic()))
            for session in self._sessions.values()
        ]
        return all(closed)

    def _name(self, wanted: str, owner: object) -> str:
        for number in range(1, MAX_SAME + 1):
            name = wanted if number == 1 else f"{wanted}-{number}"
            if self._owners.setdefault(name, owner) == owner:
                return name
        return wanted
