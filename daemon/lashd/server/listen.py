"""Taking possession of a socket path: private directory, one daemon, stale sockets.

The lock decides which process is the daemon of a path. A socket at which nothing listens is stale
and is taken over; one at which something listens never is, whatever the lock says.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import time
from types import TracebackType
from typing import Self

from lashd.connect.peer import is_listening
from lashd.errors import LifecycleError
from lashd.paths import check_socket_path, lock_path

BACKLOG = 512
"""As many as may be connected, so the kernel turns none away when all reconnect at once."""


PROBES = 10
"""Attempts to take the lock: a client that asks whether a daemon has it holds it for a moment."""
PROBE_FOR = 0.01
"""Seconds between two of them."""
_NO_LOCKS = frozenset((errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP))


class BoundSocket:
    """A listening socket that we hold until `close`, which also removes it."""

    def __init__(self, path: str, listener: socket.socket, lock: int) -> None:
        self.path = path
        self.listener = listener
        self._lock = lock
        self._identity = _identity(path)

    def is_in_place(self) -> bool:
        """Whether clients still find this socket at its path, and other daemons its lock."""
        return self._has_socket() and self._has_lock()

    def bind_again(self) -> None:
        """Take possession of the path once more, with a new `listener` where the socket is gone.

        Somebody cleaned up: the socket, its lock or their directory was deleted or replaced.

        Raises:
            LifecycleError: the place is another daemon's by now, or can't be used any more.
        """
        try:
            if not self._has_lock():
                _check_directory(os.path.dirname(self.path))
                lock = _take_lock(self.path)
                os.close(self._lock)
                self._lock = lock
            if not self._has_socket():
                _clear_place(self.path)
                listener = _listen(self.path)
                self.listener.close()
                self.listener = listener
                self._identity = _identity(self.path)
        except OSError as error:
            raise _cant_listen(self.path, error) from error

    def _has_socket(self) -> bool:
        return self._identity is not None and _identity(self.path) == self._identity

    def _has_lock(self) -> bool:
        found = os.fstat(self._lock)
        return _identity(lock_path(self.path)) == (found.st_dev, found.st_ino)

    def close(self) -> None:
        """Stop listening, remove the socket and the lock if they are still ours."""
        if self._lock < 0:
            return
        if self._has_socket():
            _remove(self.path)
        self.listener.close()
        if self._has_lock():
            _remove(lock_path(self.path))
        os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def bind(path: str | os.PathLike[str]) -> BoundSocket:
    """Listen at `path`.

    Raises:
        LifecycleError: the path is too long, not private, not ours, or has a live daemon.
    """
    text = os.path.abspath(check_socket_path(path))
    try:
        _check_directory(os.path.dirname(text))
        lock = _take_lock(text)
        try:
            _clear_place(text)
            return BoundSocket(text, _listen(text), lock)
        except BaseException:
            _remove(lock_path(text))
            os.close(lock)
            raise
    except OSError as error:
        raise _cant_listen(text, error) from error


def _cant_listen(path: str, error: OSError) -> LifecycleError:
    if error.errno in _NO_LOCKS:
        return LifecycleError(
            f"can't listen at {path}: its filesystem has no locks; choose another place with"
            " --socket"
        )
    return LifecycleError(f"can't listen at {path}: {error.strerror or error}")


def _check_directory(directory: str) -> None:
    if not os.path.lexists(directory):
        os.makedirs(os.path.dirname(directory), mode=0o700, exist_ok=True)
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            pass
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a directory"
        raise LifecycleError(f"the socket's directory {directory} is {kind}; choose another")
    if found.st_uid != os.geteuid():
        raise LifecycleError(
            f"the socket's directory {directory} belongs to user {found.st_uid}, not to you;"
            " choose another with --socket"
        )
    if found.st_mode & 0o077:
        raise LifecycleError(
            f"the socket's directory {directory} is open to others (mode"
            f" {stat.S_IMODE(found.st_mode):04o}); run: chmod 700 {directory}"
        )


def _take_lock(path: str) -> int:
    name = lock_path(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    probes = 0
    while True:
        try:
            lock = os.open(name, flags, 0o600)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise LifecycleError(f"the lock {name} is a symbolic link; remove it") from None
            raise
        try:
            found = os.fstat(lock)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                raise LifecycleError(f"the lock {name} is not a file of yours; remove it")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A daemon that ended between our open and flock has removed the file. Then we hold a
            # lock on a file that no other daemon can open: it excludes none, so try again.
            if _identity(name) == (found.st_dev, found.st_ino):
                os.ftruncate(lock, 0)
                os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
                return lock
        except BlockingIOError:
            probes += 1
            if probes < PROBES:
                os.close(lock)
                time.sleep(PROBE_FOR)
                continue
            owner = os.pread(lock, 32, 0).decode(errors="replace").strip()
            os.close(lock)
            holder = f" (pid {owner})" if owner.isdigit() else ""
            raise LifecycleError(f"a daemon{holder} is already running at {path}") from None
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _clear_place(path: str) -> None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        raise LifecycleError(f"{path} is a symbolic link; remove it or choose another path")
    if not stat.S_ISSOCK(found.st_mode):
        raise LifecycleError(f"{path} exists and is not a socket; choose another path")
    if found.st_uid != os.geteuid():
        raise LifecycleError(f"{path} belongs to user {found.st_uid}, not to you")
    if is_listening(path):
        raise LifecycleError(f"a daemon is already running at {path}")
    os.unlink(path)


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        # Until here the mode is the umask's, but only we can enter the directory.
        os.chmod(path, 0o600)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
