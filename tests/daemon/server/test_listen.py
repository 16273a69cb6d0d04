"""Taking a socket path: private, one daemon each, stale ones taken over, live ones never."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from lashd.connect.peer import is_listening
from lashd.errors import LifecycleError
from lashd.paths import lock_path
from lashd.server.listen import bind


def mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_directory_and_socket_are_private_and_gone_afterwards(private_dir: Path) -> None:
    """Modes 0700 and 0600; the lock holds the pid."""
    path = private_dir / "new" / "s"
    with bind(path):
        assert (mode(path.parent), mode(path)) == (0o700, 0o600)
        assert mode(Path(lock_path(str(path)))) == 0o600
        assert Path(lock_path(str(path))).read_text() == f"{os.getpid()}\n"
        assert is_listening(str(path))
    assert list(path.parent.iterdir()) == []


def test_a_second_daemon_is_refused_with_the_pid_of_the_first(private_dir: Path) -> None:
    """The first one keeps listening; after it the path is free."""
    with bind(private_dir / "s"):
        with pytest.raises(LifecycleError, match=rf"pid {os.getpid()}.* already running"):
            bind(private_dir / "s")
        assert is_listening(str(private_dir / "s"))
    with bind(private_dir / "s"):
        pass


def test_a_stale_socket_is_taken_over(private_dir: Path) -> None:
    """The last daemon was killed: its socket and lock file are still there, but nothing listens."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(private_dir / "s"))
    (private_dir / "s.lock").write_text("999999\n")
    with bind(private_dir / "s"):
        assert is_listening(str(private_dir / "s"))


def test_a_live_socket_is_never_taken_over_whatever_the_lock_says(private_dir: Path) -> None:
    """A listener without our lock is somebody's all the same."""
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(private_dir / "s"))
        live.listen(1)
        with pytest.raises(LifecycleError, match="already running"):
            bind(private_dir / "s")
        assert is_listening(str(private_dir / "s"))
    assert not (private_dir / "s.lock").exists()


def test_anything_else_at_the_path_is_left_alone(private_dir: Path) -> None:
    """A file or a link is never deleted to make way."""
    (private_dir / "file").write_text("precious")
    with pytest.raises(LifecycleError, match="is not a socket"):
        bind(private_dir / "file")
    assert (private_dir / "file").read_text() == "precious"
    (private_dir / "link").symlink_to(private_dir / "file")
    with pytest.raises(LifecycleError, match="symbolic link"):
        bind(private_dir / "link")


def test_a_lock_that_is_a_link_is_refused(private_dir: Path) -> None:
    """It could lead to a file of the user's."""
    (private_dir / "file").write_text("precious")
    (private_dir / "s.lock").symlink_to(private_dir / "file")
    with pytest.raises(LifecycleError, match="symbolic link"):
        bind(private_dir / "s")
    assert (private_dir / "file").read_text() == "precious"


def test_a_directory_that_others_can_enter_is_refused_with_what_to_do(private_dir: Path) -> None:
    """The message is the command that repairs it."""
    private_dir.chmod(0o755)
    with pytest.raises(LifecycleError, match=f"0755.*chmod 700 {private_dir}"):
        bind(private_dir / "s")


def test_a_directory_that_is_a_link_or_a_file_is_refused(private_dir: Path) -> None:
    """A link in a shared /tmp could be anybody's."""
    (private_dir / "real").mkdir(mode=0o700)
    (private_dir / "link").symlink_to(private_dir / "real")
    with pytest.raises(LifecycleError, match="symbolic link"):
        bind(private_dir / "link" / "s")
    (private_dir / "file").touch()
    with pytest.raises(LifecycleError, match="not a directory"):
        bind(private_dir / "file" / "s")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_someone_else_is_refused(private_dir: Path) -> None:
    """Its owner could replace the socket."""
    (private_dir / "theirs").mkdir(mode=0o700)
    os.chown(private_dir / "theirs", 12345, 12345)
    with pytest.raises(LifecycleError, match="belongs to user 12345"):
        bind(private_dir / "theirs" / "s")


def test_a_path_too_long_for_a_socket_is_said_plainly(private_dir: Path) -> None:
    """With its length, not with the system's odd error."""
    with pytest.raises(LifecycleError, match=r"is 1\d\d bytes long"):
        bind(private_dir / ("x" * 110))


def test_somebody_elses_socket_is_not_removed_at_the_end(private_dir: Path) -> None:
    """If the path was taken while we served, it is not ours to remove."""
    bound = bind(private_dir / "s")
    os.unlink(private_dir / "s")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(private_dir / "s"))
        bound.close()
        assert (private_dir / "s").exists()
    bound.close()


def test_a_filesystem_without_locks_is_said(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two daemons could be at one place there; nothing stays behind."""

    def no_locks(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(LifecycleError, match="has no locks; choose another place with --socket"):
        bind(private_dir / "s")
