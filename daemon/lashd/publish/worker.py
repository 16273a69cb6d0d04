"""The thread behind a publisher: connects, opens, restores, sends, and reconnects after a loss.

Only this thread touches the socket. It shares the outbox, the draft and the state with the
publisher, under the publisher's lock (`shared.changed`).
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING

from lashd.address import is_remote
from lashd.connect import jitter
from lashd.connect.connection import READ_BYTES, connect_socket, ended
from lashd.connect.failures import explain
from lashd.errors import ConnectionFailed, LashdError, RequestRefused
from lashd.errors import VersionMismatch as Mismatch
from lashd.protocol.client import pack
from lashd.protocol.reconnect import STABLE_AFTER, Backoff, Watchdog
from lashd.publish.connection import Lost, PublisherConnection, SharedState

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_TIMEOUT = 10.0
"""Seconds to wait for the kernel to accept a connection: a hung daemon has a full backlog."""

MANY_LOSSES = 6
"""Connections in a row that were lost without an acknowledgement before that is said: some seconds
of a daemon that has no memory for what is sent, more than one that is stopped and started takes."""

GATHER_FOR = 0.001
"""Seconds that a published event waits for others; nobody sees them."""


class PublisherThread:
    """A daemon thread (in Python's sense) that serves one publisher."""

    def __init__(
        self,
        shared: SharedState,
        *,
        start_daemon: bool,
        warn: Callable[[str], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._shared = shared
        self._warn = warn
        self._may_start = start_daemon
        self._start_daemon = start_daemon
        self._backoff = backoff or Backoff(jitter.chance)
        self._warned = False
        self._losses = 0
        """Connections in a row that were lost without an acknowledgement."""
        self._last_acknowledged = 0
        self._views = True
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._thread = threading.Thread(target=self._run, name="lashd-publisher", daemon=True)
        self._pipe_lock = threading.Lock()
        self._awake = False
        """It will look at the inbox anyway; also while it waits to reconnect, as it can't send."""
        self._sock: socket.socket | None = None
        _threads.add(self)

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: there can be no more threads.
        """
        try:
            self._thread.start()
        except RuntimeError:
            self._close_pipe()
            raise

    def wake(self, *, urgent: bool = False) -> None:
        """Report that there is something to do; `urgent`: also while it waits to reconnect.

        Never blocks.
        """
        if self._awake and not urgent:
            return
        self._awake = True
        with self._pipe_lock:
            try:
                os.write(self._wake_out, b"!")
            except OSError:
                pass  # full, or the thread has ended

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; True if it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """In a forked child: close the parent's connection, or its loss would go unnoticed."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    # -- the thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        shared = self._shared
        try:
            while not self._done():
                began = time.monotonic()
                try:
                    self._connect_and_serve()
                except RequestRefused as error:
                    self._refused(error)
                except Mismatch as error:
                    self._refused(RequestRefused("bad_version", str(error)))
                except Lost as error:
                    self._warn_of_losses(error)
                    self._may_start = self._start_daemon and not error.graceful
                    if time.monotonic() - began >= STABLE_AFTER:
                        self._backoff.reset()
                    self._pause()
                except LashdError as error:
                    with shared.changed:
                        shared.unreachable = not shared.was_live
                        shared.changed.notify_all()
                    if not self._warned:
                        self._warned = True
                        self._warn(
                            f"session `{shared.draft.view.session_id}` is not recorded yet:"
                            f" {error}; it is tried again"
                        )
                    self._pause()
                except Exception as error:
                    # Ours, and no reason to print into the agent's terminal, or to try again.
                    self._refused(RequestRefused("bad_request", f"an error of lashd: {error!r}"))
        finally:
            shared.set_state("closed")
            self._close_pipe()

    def _close_pipe(self) -> None:
        with self._pipe_lock:  # a `wake` must not write to a descriptor that has been reused
            os.close(self._wake_in)
            os.close(self._wake_out)
            self._wake_out = -1

    def _done(self) -> bool:
        shared = self._shared
        with shared.changed:
            return shared.hang_up or shared.state in ("refused", "closed")

    def _refused(self, error: RequestRefused) -> None:
        shared = self._shared
        with shared.changed:
            shared.refusal = error
            session_id = shared.draft.view.session_id
        shared.set_state("refused")
        self._warn(f"session `{session_id}` is not published: {error.message}")

    def _warn_of_losses(self, error: Lost) -> None:
        """Once, when connection after connection is lost before anything was acknowledged."""
        with self._shared.changed:
            last = self._shared.outbox.acknowledged
            waits = not self._shared.is_flushed
            session_id = self._shared.draft.view.session_id
        self._losses = self._losses + 1 if waits and last == self._last_acknowledged else 1
        self._last_acknowledged = last
        if self._losses == MANY_LOSSES:
            self._warn(
                f"session `{session_id}`: the daemon takes nothing: {error}; it is tried again,"
                " its log may say more"
            )

    def _pause(self) -> None:
        """Wait before the next attempt; closing the publisher cuts the wait short."""
        with self._shared.changed:
            if self._shared.was_live:
                self._shared.set_state("lost")
        self._awake = True
        until = time.monotonic() + self._backoff.next_delay()
        poll = select.poll()
        poll.register(self._wake_in, select.POLLIN)
        while not self._done():
            left = until - time.monotonic()
            if left <= 0:
                return
            if poll.poll(left * 1000):
                self._read_pipe()
                if self._shared.inbox.holds_much:
                    with self._shared.changed:
                        self._shared.gather()
                    self._give_warnings()

    def _give_warnings(self) -> None:
        for warning in self._shared.take_warnings():
            self._warn(warning)

    def _read_pipe(self) -> None:
        try:
            os.read(self._wake_in, 4096)
        except BlockingIOError:
            pass

    def _empty_pipe(self) -> None:
        self._read_pipe()
        # After the read and before the inbox is checked: an event added until now is found there,
        # one added from now on writes to the pipe again. The other order could miss one.
        self._awake = False

    def _connect_and_serve(self) -> None:
        shared = self._shared
        try:
            sock = connect_socket(shared.path, CONNECT_TIMEOUT, start=self._may_start)
        except Mismatch:
            raise
        except ConnectionFailed:
            if not self._may_start:
                raise
            # Only once: if it can't be started now, more attempts would only waste time.
            self._may_start = False
            from lashd.connect.launch import ensure_daemon

            ensure_daemon(shared.path)
            sock = connect_socket(shared.path, CONNECT_TIMEOUT)
        with sock:
            self._sock = sock
            sock.setblocking(False)
            self._serve(PublisherConnection(shared, views=self._views), sock)

    def _serve(self, connection: PublisherConnection, sock: socket.socket) -> None:
        watchdog = Watchdog(time.monotonic(), jitter.grace_of(self._shared.path))
        out = memoryview(connection.greeting())
        poll = select.poll()
        poll.register(self._wake_in, select.POLLIN)
        poll.register(sock, select.POLLIN)
        is_deaf = False
        self._awake = False  # and the inbox is looked at before anything is waited for
        while not self._done():
            if not out and not is_deaf:
                out = memoryview(connection.next_frame())
                self._give_warnings()
            poll.modify(sock, select.POLLIN | (select.POLLOUT if out else 0))
            wait = max(0.0, watchdog.deadline - time.monotonic())
            ready = dict(poll.poll(wait * 1000 + 1))
            if self._wake_in in ready:
                # What the agent publishes next goes along, and it doesn't wait for the interpreter
                # while this thread works.
                time.sleep(GATHER_FOR)
                self._empty_pipe()
            try:
                events = ready.get(sock.fileno(), 0)
                if events & ~select.POLLOUT:
                    data = sock.recv(READ_BYTES)
                    if not data:
                        why = ended(sock, self._shared.path)
                        raise Lost(str(why)) if connection.was_greeted else why
                    watchdog.heard(time.monotonic())
                    warnings = connection.receive(data)
                    self._views = connection.views
                    for warning in warnings:
                        self._warn(warning)
                    if connection.closed:
                        return
                elif events & select.POLLOUT:
                    out = out[sock.send(out) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                # What the daemon sent before it hung up (that it is stopping) is still to be read.
                out, is_deaf = memoryview(b""), True
                continue
            except OSError as error:
                if is_remote(self._shared.path):
                    raise Lost(str(ended(sock, self._shared.path))) from None
                raise Lost(explain(error, self._shared.path)) from None
            step = watchdog.check(time.monotonic())
            if step == "ping" and not out and not is_deaf:
                out = memoryview(pack({"type": "ping"}))
            elif step == "lost":
                raise Lost("the daemon has stopped answering")


_threads: weakref.WeakSet[PublisherThread] = weakref.WeakSet()


def _abandon_all() -> None:
    for thread in list(_threads):
        thread.abandon()


os.register_at_fork(after_in_child=_abandon_all)
