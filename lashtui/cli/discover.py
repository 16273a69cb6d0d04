"""`lashtui discover`: the agents' sessions on this machine, each as a session of its own."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Self

from lashtui.cli.parsing import no_tail, socket_of
from lashtui.diagnostics import leave, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.publish import publish_one, reach_daemon
from lashtui.text.duration import duration_long, parse_duration
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from types import FrameType

    from lashd.events import SessionOutcome
    from lashd.publish.publisher import Publisher
    from lashtui.ingest.discovery import Discovery, Root
    from lashtui.ingest.tailing import Sink
    from lashtui.ingest.transcripts import About
    from lashtui.producers import Produced

DESCRIPTION = """\
Find the sessions of Claude Code, Codex and gemini-cli on this machine by the
files that they keep, publish each as a session of its own, and follow those
that are live and new ones as they appear. Nothing about how the agents are
started has to change. With PATHs, look there instead.

Best effort: these files are the agents' own business and change between
versions. A message appears when it is finished, not as it is written; what
waits for a person or was stopped is often told by silence alone.
"""

EXAMPLES = """\
examples:
  lashtui discover                         all that goes on, until Ctrl-C
  lashtui discover --since 1d --once       publish yesterday's sessions and end
  lashtui discover ~/backup/projects       other files of the same kind

looks in ~/.claude/projects ($CLAUDE_CONFIG_DIR), ~/.codex/sessions ($CODEX_HOME)
and ~/.gemini/tmp/*/chats. Each session is printed once: name, directory, file.
At most 64 are followed at a time, those that changed last. Links that lead out
of a directory are not followed.
"""


TICK = 1000
"""Milliseconds between two looks at what was to settle, and at places that were not there yet."""

DEBOUNCE = 100
"""Milliseconds that changes are collected: nobody sees a tenth of a second."""

FLUSH_FOR = 2.0
"""Seconds that a long file waits for the daemon, piece by piece; then it goes on without it, and
the daemon gets the whole view instead of each event."""

CLOSE_TIMEOUT = 5.0
"""Seconds at the end for all sessions together."""

MAX_TOLD = 4096
"""Characters of a name or path that is printed: no system has longer paths."""
MAX_SAME = 99
"""Files whose names give the same session's name."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="directories or files")
    parser.add_argument("--once", action="store_true", help="publish what is there and end")
    parser.add_argument(
        "--since",
        type=_since,
        metavar="DURATION",
        default=3600.0,
        help="leave files that changed longer ago, such as 90s, 30m, 2h, 7d (default: 1h)",
    )
    parser.add_argument("--no-start", action="store_true", help="start no daemon if none runs")


def _since(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def run(args: argparse.Namespace) -> int:
    """Follow until a signal; or once."""
    no_tail(args)
    socket = socket_of(args)
    roots = _roots(args.paths)
    reach_daemon(socket, start=not args.no_start)
    from lashtui.ingest.discovery import Discovery

    sessions = _Sessions(socket, start_daemon=not args.no_start)
    stop = _Stop()
    discovery = Discovery(
        roots, sessions.open, since=args.since, warn=warn, is_stopped=stop.event.is_set
    )
    with stop:
        try:
            discovery.scan()
            if not sessions.has_found:
                _tell_none(roots, args.since)
            if not args.once:
                _watch(discovery, stop)
        finally:
            discovery.end()
            delivered = sessions.close()
    if not delivered:
        warn("the daemon did not take all of it before the end")
    return stop.code


def _tell_none(roots: list[Root], since: float) -> None:
    looks = ", ".join(root.path for root in roots)
    say(f"-- no session changed within {duration_long(since)}; looked in {looks}")


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
    """SIGINT, SIGTERM and SIGHUP end the watching orderly."""

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
            raise KeyboardInterrupt  # asked for twice: now
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
            if is_behind:  # from the first batch on, nothing goes untold
                discovery.catch_up()
                is_behind = False
            discovery.changed(path for _, path in batch)
            discovery.settle()
            if any(os.path.exists(path) for path in missing):
                break
            if not all(os.path.exists(path) for path in there):
                break


class _Session:
    """One session's publisher."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher

    def publish(self, produced: Produced) -> None:
        """One payload."""
        publish_one(self.publisher, produced)

    def wait(self) -> None:
        """Until most of it was taken."""
        self.publisher.flush(FLUSH_FOR)

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed."""
        return self.publisher.turn_failed

    def end(self, outcome: SessionOutcome) -> None:
        """The end."""
        self.publisher.end(outcome)


class _Sessions:
    """Opens sessions by their names, and closes all."""

    def __init__(self, socket: str, *, start_daemon: bool) -> None:
        self._socket = socket
        self._start_daemon = start_daemon
        self._sessions: dict[str, _Session] = {}
        self._files: dict[str, str] = {}
        self.has_found = False
        """There was a session, even if somebody else publishes it."""

    def open(self, about: About, path: str) -> Sink | None:
        """A session for a file; None where somebody else publishes it."""
        from lashd.client.blocking import Client
        from lashd.errors import LashdError, RequestRefused
        from lashd.publish.publisher import Publisher

        self.has_found = True
        name = self._name(about.session, path)
        if name in self._sessions:
            self._sessions.pop(name).publisher.close(FLUSH_FOR)
        # What an earlier `discover` published would stand there twice.
        try:
            with Client(self._socket) as client:
                client.remove(name)
        except RequestRefused as refusal:
            if refusal.code != "no_session":
                warn(f"{path}: {refusal.message}")
                return None
        except LashdError as problem:
            warn(f"{path}: {problem}")
            return None
        publisher = Publisher(
            name,
            socket_path=self._socket,
            title=about.title,
            agent=about.session.partition("-")[0],
            directory=about.directory,
            exclusive=True,
            start_daemon=self._start_daemon,
            on_warning=warn,
        )
        self._sessions[name] = _Session(publisher)
        told = (name, about.directory or "-", str(path))
        print(*(safe_line(part, MAX_TOLD) for part in told), sep="  ", flush=True)
        return self._sessions[name]

    def close(self) -> bool:
        """Say goodbye for all; True if everything was taken."""
        deadline = time.monotonic() + CLOSE_TIMEOUT
        closed = [
            session.publisher.close(max(0.1, deadline - time.monotonic()))
            for session in self._sessions.values()
        ]
        return all(closed)

    def _name(self, wanted: str, path: str) -> str:
        for number in range(1, MAX_SAME + 1):
            name = wanted if number == 1 else f"{wanted}-{number}"
            if self._files.setdefault(name, path) == path:
                return name
        return wanted
