"""A Unix socket between a client and a daemon that does to their bytes what a script says.

::

    with EmbeddedDaemon() as daemon, FaultProxy(daemon.socket_path, [[Cut(100)]]) as proxy:
        client = MyClient(proxy.path)

It runs in a thread of its own, so it serves blocking and asynchronous clients alike. The script is
`lashd.testing.faults`. Several pieces may still be read as one where the reader is late: what is
certain is where pieces begin and end, not when they are read.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Self

from lashd.errors import LifecycleError
from lashd.testing.faults import (
    DIRECTIONS,
    Close,
    Direction,
    DirectionPlan,
    End,
    Fault,
    Refuse,
    Script,
    Send,
    Step,
    Wait,
)

Sleep = Callable[[float], Awaitable[object]]

READ_BYTES = 64 * 1024
"""Read at a time: as much as a socket's buffer usually holds."""

START_TIMEOUT = 30.0
"""Seconds until it listens: milliseconds, more on an overloaded machine."""

BACKLOG = 128
"""Connections that wait to be accepted: more than tests open at once."""


class FaultProxy:
    """A context manager: inside it clients reach the daemon through `path`."""

    def __init__(
        self,
        daemon_path: str | os.PathLike[str],
        script: Script = (),
        *,
        sleep: Sleep = asyncio.sleep,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        """Listens at `path`, by default in a new private directory.

        Args:
            daemon_path: the socket to connect to.
            script: the faults of each connection, in the order in which they come.
            sleep: what a `Delay` awaits, in the proxy's own loop: a test's clock, or the wall's.
            path: the socket to listen at.
        """
        self._directory: str | None = None
        if path is None:
            # Not the default temporary directory: its path may be too long for a socket.
            base = "/tmp" if os.path.isdir("/tmp") else None
            self._directory = tempfile.mkdtemp(prefix="lashp-", dir=base)
            path = os.path.join(self._directory, "s")
        self.path = os.fspath(path)
        self._daemon_path = os.fspath(daemon_path)
        self._script = [list(faults) for faults in script]
        self._sleep = sleep
        self._changed = threading.Condition()
        self._connections: list[_Connection] = []
        self._accepted = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    # -- what a test asks and does ----------------------------------------------------------------

    @property
    def accepted(self) -> int:
        """Connections so far, the refused ones included."""
        return self._accepted

    @property
    def open(self) -> int:
        """Connections that are open now."""
        return sum(not connection.closed for connection in self._connections)

    def passed(self, to: Direction) -> int:
        """Bytes handed on in that direction, of all connections."""
        return sum(connection.plans[to].passed for connection in self._connections)

    @property
    def stalled(self) -> int:
        """Directions that hold bytes back now."""
        return sum(
            plan.stalled
            for connection in self._connections
            if not connection.closed
            for plan in connection.plans.values()
        )

    def release(self) -> None:
        """Hand on everything that is stalled, or held to be merged."""
        self._call(self._release_all)

    def cut(self) -> None:
        """Close all connections, now."""
        self._call(self._close_all)

    def add(self, *faults: Fault) -> None:
        """Append the faults of one more connection to the script."""
        self._call(lambda: self._script.append(list(faults)))

    def wait_for(self, condition: Callable[[FaultProxy], bool], timeout: float = 20.0) -> None:
        """Block until `condition` holds, as in `proxy.wait_for(lambda proxy: proxy.stalled > 0)`.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                raise TimeoutError(f"the proxy at {self.path} waited {timeout:g} s in vain")

    # -- its life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Start; returns when it accepts connections.

        Raises:
            OSError: it can't listen at its path.
            LifecycleError: it did not start in time.
        """
        self._thread = threading.Thread(target=self._run, name="fault proxy", daemon=True)
        self._thread.start()
        if not self._started.wait(START_TIMEOUT):
            raise LifecycleError(f"the proxy at {self.path} did not start")
        if self._error is not None:
            self._thread.join()
            self._remove()
            raise self._error

    def stop(self) -> None:
        """Close everything; does nothing once stopped."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._stop is not None:
            self._call(self._stop.set)
        thread.join()
        self._remove()

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

    # -- in its thread ----------------------------------------------------------------------------

    def _call(self, function: Callable[[], object]) -> None:
        """Run `function` in the proxy's loop, and wait until it has."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return

        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), loop).result(START_TIMEOUT)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._error = error
        finally:
            self._started.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.setblocking(False)
            listener.bind(self.path)
            listener.listen(BACKLOG)
            self._started.set()
            async with asyncio.TaskGroup() as tasks:
                accepting = tasks.create_task(self._accept(listener, tasks))
                await self._stop.wait()
                accepting.cancel()
                self._close_all()

    async def _accept(self, listener: socket.socket, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            number = self._accepted
            faults = self._script[number] if number < len(self._script) else []
            self._accepted += 1
            if any(isinstance(fault, Refuse) for fault in faults):
                client.close()
            else:
                connection = _Connection(client, faults, self._sleep, self._note)
                self._connections.append(connection)
                tasks.create_task(connection.run(self._daemon_path))
            self._note()

    def _release_all(self) -> None:
        for connection in self._connections:
            connection.release()

    def _close_all(self) -> None:
        for connection in self._connections:
            connection.close()

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _remove(self) -> None:
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
        elif os.path.exists(self.path):
            os.unlink(self.path)


class _Connection:
    """One client's connection and the one to the daemon behind it."""

    def __init__(
        self, client: socket.socket, faults: list[Fault], sleep: Sleep, note: Callable[[], None]
    ) -> None:
        self.plans = {to: DirectionPlan(faults, to) for to in DIRECTIONS}
        self.closed = False
        self._daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._daemon.setblocking(False)
        self._sockets: dict[Direction, socket.socket] = {"client": client, "daemon": self._daemon}
        self._sleep = sleep
        self._note = note
        self._tasks: asyncio.TaskGroup | None = None
        self._carrying: list[asyncio.Task[None]] = []
        self._acting = {to: asyncio.Lock() for to in DIRECTIONS}
        """Held while steps are taken: those of a release don't mix with those of new bytes."""
        self._released = {to: asyncio.Event() for to in DIRECTIONS}

    async def run(self, daemon_path: str) -> None:
        try:
            await asyncio.get_running_loop().sock_connect(self._daemon, daemon_path)
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                if not self.closed:
                    self._carrying = [tasks.create_task(self._carry(to)) for to in DIRECTIONS]
        except OSError:
            pass  # no daemon is there: the client learns it by the end of its stream
        finally:
            self._tasks = None
            self.closed = True
            for one in self._sockets.values():
                one.close()
            self._note()

    def release(self) -> None:
        if self._tasks is None or self.closed:
            return
        for to in DIRECTIONS:
            self._carrying.append(self._tasks.create_task(self._release(to)))

    def close(self) -> None:
        """Both sides see the end, or a reset where something of theirs was not read.

        The sockets are closed when nothing waits for them any more.
        """
        self.closed = True
        for task in self._carrying:
            task.cancel()

    # -- one direction ----------------------------------------------------------------------------

    async def _carry(self, to: Direction) -> None:
        plan = self.plans[to]
        await self._act(plan.start, to)
        while not plan.over:
            room = min(plan.room, READ_BYTES)
            if not room:
                self._released[to].clear()
                await self._released[to].wait()
                continue
            data = await self._receive(to, room)
            if not data:
                # Behind a stall the end waits for a release.
                await self._act(plan.finish, to)
                return
            await self._act(partial(plan.feed, data), to)
        # The sender must not notice that nothing of it is handed on any more.
        while await self._receive(to, READ_BYTES):
            pass

    async def _release(self, to: Direction) -> None:
        await self._act(self.plans[to].release, to)
        self._released[to].set()

    async def _receive(self, to: Direction, size: int) -> bytes:
        """At most `size` bytes of the sender; none at the end of its stream, however it ends."""
        source = self._sockets["client" if to == "daemon" else "daemon"]
        try:
            return await asyncio.get_running_loop().sock_recv(source, size)
        except OSError:
            return b""

    async def _act(self, decide: Callable[[], list[Step]], to: Direction) -> None:
        async with self._acting[to]:
            try:
                for step in decide():
                    await self._take(step, to)
            except OSError:
                self.close()  # the receiver is gone: so is the connection
            finally:
                self._note()

    async def _take(self, step: Step, to: Direction) -> None:
        if isinstance(step, Send):
            await asyncio.get_running_loop().sock_sendall(self._sockets[to], step.data)
            # The other direction runs, and the receiver may read, before the next piece.
            await asyncio.sleep(0)
        elif isinstance(step, End):
            self._sockets[to].shutdown(socket.SHUT_WR)
        elif isinstance(step, Close):
            self.close()
            await asyncio.sleep(0)
        elif isinstance(step, Wait):
            await self._sleep(step.seconds)
