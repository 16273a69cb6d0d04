"""Start, stop and query the daemon of a socket from another program.

One start at a time for each socket: the program that gets the lock starts the daemon, the others
find it running. The daemon is a plain foreground process in its own process session, with a log.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time

from lashd import paths
from lashd.address import is_remote
from lashd.connect.connection import Connection, hello_within
from lashd.connect.holder import lock_holder
from lashd.connect.peer import is_listening
from lashd.errors import ConnectionFailed, LifecycleError, RequestRefused, VersionMismatch
from lashd.protocol.requests import STATUS, STOP

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any

_STOPS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""What a terminal stops its jobs with. The daemon has none, so they stay blocked there."""

POLL = 0.02
"""Seconds between two attempts to reach it: a start takes about 0.2 s."""
LOG_TAIL_BYTES = 4096


def ensure_daemon(
    socket_path: str | os.PathLike[str] | None = None, *, timeout: float = 10.0
) -> bool:
    """Start the daemon unless one answers at the socket; True if this call started it.

    Raises:
        LifecycleError: it doesn't come up within `timeout` seconds; the message names its log.
        VersionMismatch: one answers that speaks another protocol.
    """
    path = paths.socket_path(socket_path)
    if is_remote(path):
        return _start_far(path, timeout)
    if _answers(path, timeout):
        return False
    deadline = time.monotonic() + timeout
    paths.make_private_dir(os.path.dirname(path))
    lock = _lock(path + ".start", deadline)
    try:
        if _answers(path, timeout) or _comes_back(path, deadline):
            return False
        log = paths.log_path(path)
        process = _spawn(path, log)
        while not _answers(path, max(POLL, deadline - time.monotonic())):
            code = process.poll()
            if code is not None:
                raise LifecycleError(
                    f"the daemon did not start (exit code {code}){_last_line(log)}; its log: {log}"
                )
            if time.monotonic() > deadline:
                raise LifecycleError(
                    f"the daemon did not answer at {path} within {timeout:g} s; its log: {log}"
                )
            time.sleep(POLL)
        return True
    finally:
        os.close(lock)


def stop_daemon(socket_path: str | os.PathLike[str] | None = None, timeout: float = 10.0) -> bool:
    """Stop the daemon and wait until it is gone; False if none was running.

    One that speaks another protocol is stopped, too: whoever upgrades is told to.

    Raises:
        LifecycleError: it still answers after `timeout` seconds.
        VersionMismatch: it speaks another protocol, and nobody knows its process.
    """
    path = paths.socket_path(socket_path)
    try:
        with Connection.open(path, timeout) as connection:
            pid = (connection.hello or {}).get("pid")
            connection.request(STOP)
    except VersionMismatch:
        pid = lock_holder(path)
        if pid is None:
            raise
        try:
            os.kill(pid, signal.SIGTERM)  # which needs no message: it stops as gracefully
        except ProcessLookupError:
            pass
    except ConnectionFailed:
        if is_remote(path) or _answers(path, timeout):
            raise
        if not _comes_back(path, time.monotonic() + timeout):
            return False
        return stop_daemon(path, timeout)
    deadline = time.monotonic() + timeout
    while not is_remote(path) and _listens(path):
        if time.monotonic() > deadline:
            raise LifecycleError(
                f"the daemon at {path} (process {pid}) is still running after {timeout:g} s;"
                f" its log: {paths.log_path(path)}"
            )
        time.sleep(POLL)
    return True


def daemon_status(
    socket_path: str | os.PathLike[str] | None = None, *, timeout: float = 10.0
) -> dict[str, Any]:
    """The daemon's `status` record.

    Raises:
        ConnectionFailed: none is running, or it doesn't answer.
    """
    with Connection.open(paths.socket_path(socket_path), timeout) as connection:
        return connection.request(STATUS)


def _start_far(address: str, timeout: float) -> bool:
    """Have the daemon of another machine started there; whether this call did can't be known."""
    from lashd.connect.dialled import dial

    within = hello_within(address, timeout)
    connection = Connection(address, within, sock=dial(address, within, start=True))
    try:
        connection.shake_hands()
    except RequestRefused:
        pass  # alive, and full
    except ConnectionFailed as error:
        raise LifecycleError(str(error)) from None
    finally:
        connection.close()
    return False


def _answers(path: str, timeout: float) -> bool:
    """True if a daemon says hello. One that hangs is an error: a second can't take its place."""
    if not _listens(path):
        return False
    try:
        Connection.open(path, timeout).close()
    except RequestRefused:
        return True  # alive, and full
    except VersionMismatch:
        raise
    except ConnectionFailed as error:
        if _listens(path):
            raise LifecycleError(str(error)) from None
        return False
    return True


def _comes_back(path: str, deadline: float) -> bool:
    """Wait for a daemon that has the lock and doesn't listen: it does so again, or it ends.

    Raises:
        LifecycleError: it does neither.
    """
    while (holder := lock_holder(path)) is not None:
        if _answers(path, max(POLL, deadline - time.monotonic())):
            return True
        if time.monotonic() > deadline:
            raise LifecycleError(
                f"a daemon (process {holder}) holds {path} without listening there; end it with"
                f" `kill {holder}`"
            )
        time.sleep(POLL)
    return False


def _listens(path: str) -> bool:
    try:
        return is_listening(path)
    except OSError:
        return True  # something is there; connecting says what is wrong with it


def _lock(path: str, deadline: float) -> int:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise LifecycleError(f"can't start a daemon: {path}: {error.strerror}") from None
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(fd)
                raise LifecycleError(
                    f"another program has been starting the daemon for too long ({path})"
                ) from None
            time.sleep(POLL)
        except OSError as error:
            os.close(fd)
            raise LifecycleError(
                f"can't start a daemon: can't lock {path}: {error.strerror}; choose another place"
                " with --socket"
            ) from None
        except BaseException:
            os.close(fd)
            raise


def _spawn(path: str, log: str) -> subprocess.Popen[bytes]:
    import subprocess
    import threading

    paths.make_private_dir(os.path.dirname(log))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        out = os.open(log, flags, 0o600)
    except OSError as error:
        raise LifecycleError(f"can't write the daemon's log {log}: {error.strerror}") from None
    try:
        os.fchmod(out, 0o600)
        # Ctrl-Z in the moment before it leaves our process group would stop it there, and this
        # thread, which waits for its exec, could not stop: nor would the shell's job.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "lashd", "--socket", path, "--log-file", log],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                start_new_session=True,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    except OSError as error:
        raise LifecycleError(f"can't run {sys.executable}: {error.strerror}") from None
    finally:
        os.close(out)
    # Reaps it if it ends before this program does; nothing else waits for it.
    threading.Thread(target=process.wait, name="lashd-reaper", daemon=True).start()
    return process


def _last_line(log: str) -> str:
    """The last line of the log, for people who won't open it."""
    try:
        with open(log, "rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - LOG_TAIL_BYTES))
            lines = stream.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    words = [line.strip() for line in lines if line.strip()]
    return f": {words[-1]}" if words else ""
