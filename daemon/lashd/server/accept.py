"""Accepting connections at a listener that may be replaced.

asyncio's own servers log a traceback for every connection in the backlog once descriptors run out,
and never refuse one. Here such a connection is told so, with the one descriptor kept for that.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable

from lashd.clock import default_clock

log = logging.getLogger(__name__)

ACCEPTS_A_PASS = 64
"""Connections taken in one pass of the loop, so that those there are get their turn between."""
SAY_EVERY = 60.0
"""Seconds between two lines of the log about descriptors that ran out."""
RETRY_AFTER = 1.0
"""Seconds without accepting if not even a refusal is possible."""

_NO_ROOM = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class Acceptor:
    """Hands each connection at the listener over to a protocol of its own."""

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol], refusal: bytes) -> None:
        """Accepts nothing before `listen`.

        Args:
            make_protocol: what serves one connection.
            refusal: sent to a connection that can't be served for want of descriptors.
        """
        self._make_protocol = make_protocol
        self._refusal = refusal
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._handing_over: set[asyncio.Task[None]] = set()
        self._spare = _open_spare()
        self._said_at = -SAY_EVERY
        self._retry: asyncio.TimerHandle | None = None

    def listen(self, listener: socket.socket) -> None:
        """Accept here from now on, and nowhere else."""
        self._stop_listening()
        self._listener = listener
        self._loop.add_reader(listener, self._accept)

    async def close(self) -> None:
        """Accept no more; returns once what was accepted has its protocol."""
        self._stop_listening()
        if self._handing_over:
            await asyncio.wait(self._handing_over)
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _stop_listening(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener = None

    def _accept(self) -> None:
        for _ in range(ACCEPTS_A_PASS):
            listener = self._listener
            if listener is None:
                return
            try:
                connection, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    log.warning("! can't accept a connection: %s", error.strerror)
                    self._pause(listener)
                    return
                if not self._refuse_one(listener, error):
                    return
                continue
            connection.setblocking(False)
            task = self._loop.create_task(self._hand_over(connection))
            self._handing_over.add(task)
            task.add_done_callback(self._handing_over.discard)

    async def _hand_over(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, connection)
        except OSError as error:
            # The client has gone meanwhile, or there is nothing left to serve it with.
            log.info("! a connection was lost as it was made: %s", error.strerror)
            connection.close()

    def _refuse_one(self, listener: socket.socket, why: OSError) -> bool:
        """Tell one client that there is no descriptor for it; False if not even that goes."""
        now = default_clock()
        if now - self._said_at >= SAY_EVERY:
            self._said_at = now
            log.error("! refusing connections: %s (see ulimit -n)", why.strerror)
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.setblocking(False)
                    connection.send(self._refusal)
            except (BlockingIOError, InterruptedError, ConnectionAbortedError, BrokenPipeError):
                pass
            except OSError:
                self._pause(listener)
                return False
            finally:
                self._spare = _open_spare()
            return True
        self._spare = _open_spare()
        if self._spare is None:
            self._pause(listener)
        return self._spare is not None

    def _pause(self, listener: socket.socket) -> None:
        self._loop.remove_reader(listener)
        self._retry = self._loop.call_later(RETRY_AFTER, self._resume, listener)

    def _resume(self, listener: socket.socket) -> None:
        self._retry = None
        if listener is self._listener:
            self._loop.add_reader(listener, self._accept)


def _open_spare() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
