"""A real engine, a home with its relay, and mirrors: each of them can be lost."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.from_thread
import pytest

from lashd.limits import DaemonLimits
from lashd.relay.home import RelayOptions, relay
from lashd.relay.mirror import MirrorOptions
from lashd.server.embedded import EmbeddedDaemon
from lashd.server.mirroring import serve_mirror
from tests.waiting import wait_until

REDIS = os.environ.get("LASHTUI_REDIS_SERVER") or shutil.which("redis-server")

needs_redis = pytest.mark.skipif(
    REDIS is None and "LASHTUI_REQUIRE_REDIS" not in os.environ,
    reason="redis-server is not installed",
)
"""`.ci/run` sets the variable, so that these tests never skip there."""

HOME = "box"


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RedisServer:
    """One redis-server, at a Unix socket in a directory of its own."""

    def __init__(self, place: Path, *options: str) -> None:
        place.mkdir(mode=0o700, exist_ok=True)
        self.path = str(place / "redis.s")
        self._place = place
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"unix://{self.path}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        assert REDIS is not None
        argv = [REDIS, "--port", "0", "--unixsocket", self.path, "--dir", str(self._place)]
        argv += ["--save", "", "--loglevel", "warning", *self._options]
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        wait_until(
            lambda: os.path.exists(self.path) and self.say("PING")[:4] in ("PONG", "NOAU"),
            "redis-server",
        )

    def say(self, *command: str) -> str:
        """What it answers to a command."""
        done = subprocess.run(
            ["redis-cli", "-s", self.path, *command], capture_output=True, check=False
        )
        return done.stdout.decode(errors="replace").strip()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a machine that loses its power."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            Path(self.path).unlink(missing_ok=True)


class EmbeddedMirror(EmbeddedDaemon):
    """A mirror in a thread of this process."""

    def __init__(self, options: MirrorOptions, limits: DaemonLimits | None = None) -> None:
        super().__init__()
        self._serve = partial(serve_mirror, options=options, limits=limits)


class EmbeddedRelay:
    """A relay in a thread of this process."""

    def __init__(self, options: RelayOptions) -> None:
        self._options = options
        self._stop: anyio.Event | None = None
        self._portal: anyio.from_thread.BlockingPortal | None = None
        self._started = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start it."""
        self._started.clear()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """As if it were killed: it says nothing to anybody."""
        thread, self._thread = self._thread, None
        if thread is not None and self._portal is not None and self._stop is not None:
            self._portal.call(self._stop.set)
            thread.join()
            if self._error is not None:
                raise self._error

    def _run(self) -> None:
        try:
            anyio.run(self._main)
        except BaseException as error:
            self._error = error
        self._started.set()

    async def _main(self) -> None:
        self._stop = anyio.Event()
        async with (
            anyio.from_thread.BlockingPortal() as self._portal,
            anyio.create_task_group() as group,
        ):
            group.start_soon(relay, self._options)
            self._started.set()
            await self._stop.wait()
            group.cancel_scope.cancel()


Part = TypeVar("Part", bound="EmbeddedRelay | EmbeddedMirror")


class World:
    """A context manager: an engine, a home, its relay and a mirror, all at work."""

    def __init__(
        self,
        place: Path,
        *options: str,
        limits: DaemonLimits | None = None,
        key: bytes = b"",
        engine_url: str | None = None,
    ) -> None:
        self.place = place
        self.key = key
        self.limits = limits
        self.said: list[str] = []
        self.redis = RedisServer(place / "redis", *options)
        self.url = engine_url or self.redis.url
        self.home = EmbeddedDaemon(limits=limits, socket_path=place / "home.s")
        self.relay = self.new_relay()
        self.mirror = self.new_mirror()
        self._closing: list[Callable[[], None]] = []

    def new_relay(self, url: str | None = None) -> EmbeddedRelay:
        """Another relay of the same home."""
        return EmbeddedRelay(
            RelayOptions(
                url or self.url, HOME, self.home.socket_path, key=self.key, say=self.said.append
            )
        )

    def new_mirror(self, key: bytes | None = None) -> EmbeddedMirror:
        """Another mirror of the same home."""
        return EmbeddedMirror(
            MirrorOptions(
                self.url, HOME, key=self.key if key is None else key, say=self.said.append
            )
        )

    def started(self, part: Part) -> Part:
        """A relay or mirror that is started, and stopped in the end."""
        part.start()
        self.also(part.stop)
        return part

    def also(self, stop: Callable[[], None]) -> None:
        """To be called in the end."""
        self._closing.append(stop)

    def __enter__(self) -> Self:
        for part in (self.redis, self.home, self.relay, self.mirror):
            part.start()
            self._closing.append(part.kill if isinstance(part, RedisServer) else part.stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stop in reversed(self._closing):
            stop()
