"""Follows files and live sources until a signal."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Self

from lashtui.exit_codes import ExitCode
from lashtui.homes import all_sessions
from lashtui.ingest.claims import claims_folder, read_claims
from lashtui.ingest.discovery import Discovery, Root
from lashtui.ingest.live.place import Place
from lashtui.ingest.live.source import Running
from lashtui.ingest.live.sources import live_sources
from lashtui.ingest.published import Published
from lashtui.ingest.sessions import Sessions
from lashtui.process.others import above, processes
from lashtui.producers.dedupe import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from lashtui.process.others import Processes

TICK = 1000
"""Milliseconds between flushes of quiet files, and checks for directories that don't exist yet."""

DEBOUNCE = 100
"""Milliseconds for which changes are collected: nobody sees a tenth of a second."""

STOP_WITHIN = 2.0
"""Seconds at the end for all live sources together."""


def usual_roots(environment: Mapping[str, str]) -> list[Root]:
    """Where the agents keep their files."""
    return [Root(os.path.realpath(path), False) for path in all_sessions(environment)]


MAX_WARNED = 256
"""Warnings that are known: the same one comes with each change of a file."""


class Follower:
    """Files and live sources, published into a daemon's sessions."""

    def __init__(
        self,
        socket: str,
        roots: Sequence[Root],
        *,
        since: float,
        start_daemon: bool,
        has_sources: bool,
        found: Callable[[str, str | None, str], None],
        warn: Callable[[str], None],
        stop: Stop,
    ) -> None:
        """Nothing is opened before `run`.

        Args:
            socket: the daemon's.
            roots: where to look.
            since: seconds; files not changed within this time wait until they grow again.
            start_daemon: start one if none is running.
            has_sources: live sources are read too.
            found: gets each session that is opened: its name, its directory and its file, if any.
            warn: gets sentences for the user.
            stop: says when it ends.
        """
        self._warned: dict[str, None] = {}
        self._warn = warn
        self.sessions = Sessions(
            socket,
            start_daemon=start_daemon,
            look=processes,
            found=found,
            warn=self._warn_once,
            is_published=self._is_published,
        )
        self.published = Published(socket, self.sessions.__contains__)
        self.discovery = Discovery(
            roots,
            self.sessions.open,
            since=since,
            warn=self._warn_once,
            is_stopped=stop.event.is_set,
            look=processes,
            claimed=partial(read_claims, claims_folder(socket)),
            withdraw=self.sessions.withdraw,
        )
        sources = live_sources(os.environ) if has_sources else ()
        self._sources = Running(sources, Place(self.discovery, self._warn_once))
        self._stop = stop

    @property
    def has_found_any(self) -> bool:
        """Whether there was anything to follow, even if it could not be."""
        return self.sessions.has_found or bool(self.discovery.unreadable)

    def _is_published(self, number: int, running: Processes) -> bool:
        """Whether another program publishes the agent of this process."""
        return bool(self.published.by_others((number, *above(number, running))))

    def _warn_once(self, sentence: str) -> None:
        if not bounded(self._warned, sentence, MAX_WARNED):
            self._warn(sentence)

    def _tick(self, tick: Callable[[], None]) -> None:
        self.sessions.tidy()
        tick()

    def run(
        self,
        scanned: Callable[[], None],
        *,
        once: bool,
        tick: Callable[[], None] = lambda: None,
    ) -> bool:
        """Follow until the stop, or publish what is there `once`; True if all was delivered.

        `scanned` is called when what is there was found, `tick` about once a second after that.
        """
        try:
            self._sources.start()
            self.discovery.scan()
            scanned()
            if not once:
                watch_files(self.discovery, self._stop, partial(self._tick, tick))
        finally:
            self._sources.stop(STOP_WITHIN)
            self.discovery.end()
            delivered = self.sessions.close()
        return delivered


class Stop:
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


def watch_files(discovery: Discovery, stop: Stop, tick: Callable[[], None]) -> None:
    """Follow the files as they change, until the stop."""
    from watchfiles import watch

    while not stop.event.is_set():
        missing = {root.path for root in discovery.roots if not os.path.exists(root.path)}
        there = [root.path for root in discovery.roots if root.path not in missing]
        if not there:
            tick()
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
            tick()
            if any(os.path.exists(path) for path in missing):
                break
            if not all(os.path.exists(path) for path in there):
                break
