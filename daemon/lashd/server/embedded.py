"""A daemon in a thread of this process, at a private socket: for demos and tests."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from functools import partial
from types import TracebackType
from typing import Self

import anyio
import anyio.from_thread

from lashd.errors import LifecycleError
from lashd.limits import DaemonLimits
from lashd.server.server import serve

_START_TIMEOUT = 30.0
"""Seconds until it listens: usually milliseconds, more on an overloaded machine."""


class EmbeddedDaemon:
    """A context manager: inside it the daemon serves at `socket_path`."""

    def __init__(
        self,
        *,
        limits: DaemonLimits | None = None,
        incarnation: int | None = None,
        socket_path: str | os.PathLike[str] | None = None,
    ) -> None:
        """Listens at `socket_path`, by default in a new private directory."""
        self._directory: str | None = None
        if socket_path is None:
            # Not the default temporary directory: its path may be too long for a socket.
            base = "/tmp" if os.path.isdir("/tmp") else None
            self._directory = tempfile.mkdtemp(prefix="lashd-", dir=base)
            socket_path = os.path.join(self._directory, "s")
        self.socket_path = os.fspath(socket_path)
        self._serve = partial(serve, limits=limits, incarnation=incarnation)
        self._started = threading.Event()
        self._stop: anyio.Event | None = None
        self._portal: anyio.from_thread.BlockingPortal | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start; returns when the daemon accepts connections.

        Raises:
            LifecycleError: it can't listen at the socket.
        """
        self._thread = threading.Thread(target=self._run, name="lashd", daemon=True)
        self._thread.start()
        if not self._started.wait(_START_TIMEOUT):
            raise LifecycleError(
                f"the daemon at {self.socket_path} did not start within {_START_TIMEOUT:g} s"
            )
        if self._error is not None:
            self._thread.join()
            self._remove()
            raise self._error

    def wait(self, timeout: float) -> bool:
        """Wait until it has stopped by itself; False if it has not within `timeout` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def stop(self) -> None:
        """Stop gracefully; does nothing once stopped.

        Raises:
            LifecycleError: it stopped by itself, since it could not be reached any more.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        portal, stop = self._portal, self._stop
        if portal is not None and stop is not None:
            try:
                portal.call(stop.set)
            except RuntimeError:
                pass  # It has stopped already: a client asked for it.
        thread.join()
        self._remove()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            anyio.run(self._main)
        except BaseException as error:
            self._error = error
        finally:
            self._started.set()

    async def _main(self) -> None:
        self._stop = anyio.Event()
        async with anyio.from_thread.BlockingPortal() as portal:
            self._portal = portal
            try:
                await self._serve(self.socket_path, ready=self._started.set, stop=self._stop)
            except LifecycleError as error:
                # The portal would wrap it in an ExceptionGroup.
                self._error = error

    def _remove(self) -> None:
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
