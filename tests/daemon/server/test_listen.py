"""Taking a socket path: private, one daemon each, stale ones taken over, live ones never."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lashd.connect.peer import is_listening
from lashd.errors import LifecycleError
from lashd.server.listen import bind, lock_path


@pytest.fixture
def place() -> Iterator[Path]:
    """A short private directory: pytest's own may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="lb-", dir="/tmp") as directory:
        yield Path(directory)


def mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_directory_and_socket_are_private_and_gone_afterwards(place: Path) -> None:
    """Modes 0700 and 0600; the lock holds the pid."""
    path = place / "new" / "s"
    with bind(path):
        assert (mode(path.parent), mode(path)) == (0o700, 0o600)
        assert mode(Path(lock_path(str(path)))) == 0o600
        assert Path(lock_path(str(path))).read_text() == f"{os.getpid()}\n"
        assert is_listening(str(path))
    assert list(path.parent.iterdir()) == []


def test_a_second_daemon_is_refused_with_the_pid_of_the_first(place: Path) -> None:
    """The first one keeps listening; after it the path is free."""
    with bind(place / "s"):
        with pytest.raises(LifecycleError, match=rf"pid {os.getpid()}.* already running"):
            bind(place / "s")
        assert is_listening(str(place / "s"))
    with bind(place / "s"):
        pass


def test_a_stale_socket_is_taken_over(place: Path) -> None:
    """The last daemon was killed: its socket and lock file are still there, but nothing listens."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place / "s"))
    (place / "s.lock").write_text("999999\n")
    with bind(place / "s"):
        assert is_listening(str(place / "s"))


def test_a_live_socket_is_never_taken_over_whatever_the_lock_says(place: Path) -> None:
    """A listener without our lock is somebody's all the same."""
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(place / "s"))
        live.listen(1)
        with pytest.raises(LifecycleError, match="already running"):
            bind(place / "s")
        assert is_listening(str(place / "s"))
    assert not (place / "s.lock").exists()


def test_anything_else_at_the_path_is_left_alone(place: Path) -> None:
    """A file or a link is never deleted to make place."""
    (place / "file").write_text("precious")
    with pytest.raises(LifecycleError, match="is not a socket"):
        bind(place / "file")
    assert (place / "file").read_text() == "precious"
    (place / "link").symlink_to(place / "file")
    with pytest.raises(LifecycleError, match="symbolic link"):
        bind(place / "link")


def test_a_lock_that_is_a_link_is_refused(place: Path) -> None:
    """It could lead to a file of the user's."""
    (place / "file").write_text("precious")
    (place / "s.lock").symlink_to(place / "file")
    with pytest.raises(LifecycleError, match="symbolic link"):
        bind(place / "s")
    assert (place / "file").read_text() == "precious"


def test_a_directory_that_others_can_enter_is_refused_with_what_to_do(place: Path) -> None:
    """The message is the command that repairs it."""
    place.chmod(0o755)
    with pytest.raises(LifecycleError, match=f"0755.*chmod 700 {place}"):
        bind(place / "s")


def test_a_directory_that_is_a_link_or_a_file_is_refused(place: Path) -> None:
    """A link in a shared /tmp could be anybody's."""
    (place / "real").mkdir(mode=0o700)
    (place / "link").symlink_to(place / "real")
    with pytest.raises(LifecycleError, match="symbolic link"):
        bind(place / "link" / "s")
    (place / "file").touch()
    with pytest.raises(LifecycleError, match="not a directory"):
        bind(place / "file" / "s")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_someone_else_is_refused(place: Path) -> None:
    """Its owner could replace the socket."""
    (place / "theirs").mkdir(mode=0o700)
    os.chown(place / "theirs", 12345, 12345)
    with pytest.raises(LifecycleError, match="belongs to user 12345"):
        bind(place / "theirs" / "s")


def test_a_path_too_long_for_a_socket_is_said_plainly(place: Path) -> None:
    """With its length, not with the system's odd error."""
    with pytest.raises(LifecycleError, match=r"is 1\d\d bytes long"):
        bind(place / ("x" * 110))


def test_somebody_elses_socket_is_not_removed_at_the_end(place: Path) -> None:
    """If the path was taken while we served, it is not ours to remove."""
    bound = bind(place / "s")
    os.unlink(place / "s")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place / "s"))
        bound.close()
        assert (place / "s").exists()
    bound.close()
