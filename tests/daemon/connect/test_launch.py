"""Starting and stopping a daemon from another program."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from lashd.connect import launch as start
from lashd.connect.launch import daemon_status, ensure_daemon, stop_daemon
from lashd.errors import ConnectionFailed, LifecycleError, VersionMismatch
from lashd.paths import lock_path, log_path
from tests.daemon.scripted_daemon import Peer, ScriptedDaemon, socket_dir
from tests.waiting import wait_until


@pytest.fixture(name="place")
def _place(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A socket path in a directory that isn't there yet, logs beside it; stopped afterwards."""
    with socket_dir() as path:
        monkeypatch.setenv("XDG_STATE_HOME", f"{path}/state")
        monkeypatch.setenv("XDG_CONFIG_HOME", f"{path}/config")
        place = f"{path}/run/s"
        yield place
        try:
            pid = daemon_status(place)["pid"]
        except ConnectionFailed:
            return
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):  # another program's
            os.waitpid(pid, 0)


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat_file:
            return stat_file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestEnsure:
    """One daemon, whoever asks, however many ask."""

    def test_starts_one_and_finds_it_the_next_time(self, place: str) -> None:
        """True for the call that started it."""
        assert ensure_daemon(place, timeout=30)
        assert not ensure_daemon(place)
        assert daemon_status(place)["socket"] == place

    def test_it_outlives_the_program_that_started_it(self, place: str) -> None:
        """In a session of its own, so that Ctrl-C there doesn't reach it."""
        script = f"from lashd.connect.launch import ensure_daemon; print(ensure_daemon({place!r}))"
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            capture_output=True,
            text=True,
            check=True,
        )
        pid = daemon_status(place)["pid"]

        assert run.stdout.strip() == "True"
        assert run.stderr == ""
        assert os.getsid(pid) == pid

    def test_many_at_once_start_one(self, place: str) -> None:
        """Single-flight under a lock."""
        with ThreadPoolExecutor(6) as pool:
            started = list(pool.map(lambda _: ensure_daemon(place, timeout=30), range(6)))

        assert sum(started) == 1

    def test_its_log_is_private(self, place: str) -> None:
        """It may name sessions."""
        ensure_daemon(place, timeout=30)

        assert stat.S_IMODE(Path(log_path(place)).stat().st_mode) == 0o600

    def test_one_whose_socket_was_deleted_is_waited_for(self, place: str) -> None:
        """It has the lock, and listens again: starting and stopping mean that one."""
        ensure_daemon(place, timeout=30)
        pid = daemon_status(place)["pid"]
        os.unlink(place)
        with pytest.raises(ConnectionFailed, match=f"process {pid}.* socket was deleted"):
            daemon_status(place)
        assert not ensure_daemon(place, timeout=30)
        assert daemon_status(place)["pid"] == pid

        os.unlink(place)
        assert stop_daemon(place, timeout=30)
        wait_until(lambda: not is_running(pid))

    def test_one_that_holds_its_lock_and_never_listens_is_named(self, place: str) -> None:
        """The person learns which process to end."""
        os.makedirs(os.path.dirname(place), mode=0o700)
        with open(lock_path(place), "w", encoding="ascii") as lock:
            lock.write("4711\n")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(LifecycleError, match="kill 4711"):
                ensure_daemon(place, timeout=0.05)
            with pytest.raises(LifecycleError, match="kill 4711"):
                stop_daemon(place, timeout=0.05)

    def test_one_that_cannot_start_is_said_with_its_last_words_and_its_log(
        self, place: str
    ) -> None:
        """A person needs no second look to know why."""
        config = Path(os.environ["XDG_CONFIG_HOME"]) / "lashtui" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text("[daemon]\nnonsense = 1\n")

        with pytest.raises(LifecycleError, match="nonsense") as caught:
            ensure_daemon(place, timeout=30)
        assert log_path(place) in str(caught.value)

    def test_one_that_hangs_is_no_reason_for_a_second(self) -> None:
        """Its socket is live."""
        with (
            ScriptedDaemon(Peer.hold, Peer.hold, Peer.hold) as daemon,
            pytest.raises(LifecycleError, match="did not answer"),
        ):
            ensure_daemon(daemon.path, timeout=0.1)

    def test_a_full_one_runs(self) -> None:
        """It said so itself."""
        full = {"type": "error", "code": "limit", "message": "full"}

        def script(peer: Peer) -> None:
            peer.send(full)

        with ScriptedDaemon(Peer.hold, script) as daemon:
            assert not ensure_daemon(daemon.path)

    def test_one_of_another_protocol_is_a_mismatch(self) -> None:
        """Not something to start over."""

        def newer(peer: Peer) -> None:
            peer.hello(2)

        with ScriptedDaemon(Peer.hold, newer) as daemon, pytest.raises(VersionMismatch):
            ensure_daemon(daemon.path)

    def test_a_lock_held_for_too_long_is_said(self, place: str) -> None:
        """Another program hangs while it starts one."""
        import fcntl

        os.makedirs(os.path.dirname(place))
        with open(place + ".start", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(LifecycleError, match="too long"):
                ensure_daemon(place, timeout=0.1)

    def test_a_filesystem_without_locks_is_said(
        self, place: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In words, with what to do."""

        def no_locks(_descriptor: int, _how: int) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr("fcntl.flock", no_locks)
        with pytest.raises(LifecycleError, match=r"can't lock .*No locks available; choose"):
            ensure_daemon(place)

    def test_a_place_that_cannot_be_is_said(self) -> None:
        """With the path."""
        with pytest.raises(LifecycleError, match="/proc/none"):
            ensure_daemon("/proc/none/s")


class TestStop:
    """Gone means gone."""

    def test_stops_it_and_waits_for_its_end(self, place: str) -> None:
        """False if there was none."""
        ensure_daemon(place, timeout=30)

        assert stop_daemon(place)
        assert not stop_daemon(place)
        with pytest.raises(ConnectionFailed, match="no daemon is running"):
            daemon_status(place)

    def test_it_can_be_started_again_at_once(self, place: str) -> None:
        """The one that stops is not in the way."""
        for _ in range(3):
            assert ensure_daemon(place, timeout=30)
            assert stop_daemon(place)

    def test_one_that_does_not_end_is_said(self) -> None:
        """With its process id."""

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            peer.send({"type": "stopping"})
            peer.hold()

        with (
            ScriptedDaemon(script) as daemon,
            pytest.raises(LifecycleError, match="process 1"),
        ):
            stop_daemon(daemon.path, timeout=0.1)


def test_a_killed_daemons_socket_is_taken_over(place: str) -> None:
    """The file it left is no daemon."""
    ensure_daemon(place, timeout=30)
    os.kill(daemon_status(place)["pid"], signal.SIGKILL)
    wait_until(lambda: not start._listens(place))

    assert os.path.exists(place)
    assert ensure_daemon(place, timeout=30)


def test_no_thread_is_left_behind_once_it_has_ended(place: str) -> None:
    """The one that reaps it ends with it."""
    ensure_daemon(place, timeout=30)
    stop_daemon(place)

    wait_until(lambda: not any(t.name == "lashd-reaper" for t in threading.enumerate()))
