"""Disks that are full, memory that is out, processes that are suspended: what a user sees of it.

`docs/faults.md` names the test of each fault.
"""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.errors import LashdError
from lashd.events import UserMessage
from lashd.publish.publisher import Publisher
from tests.integration.cli import DEADLINE, Cli
from tests.waiting import wait_until

AT_ONCE = 4
SMALL = 12
"""Bytes: less than a cursor, or a line of the log, takes."""


def small_disk() -> None:
    """In a child: no file grows beyond some bytes, as if the disk were full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))


def texts(path: str, session: str) -> list[str]:
    """What the session shows."""
    with Client(path) as client:
        return [entry["text"] for entry in client.show(session)["read_view"]["entries"]]


def test_a_full_disk_under_a_cursor_file(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """The records went out; it is said once, the old cursor stays, and nothing lies about."""
    with Publisher("s", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        publisher.publish(UserMessage("hi"))
        assert publisher.flush(DEADLINE)
    folder = tmp_path / "cursors"
    folder.mkdir()
    cli.run("attach", "s", "--format=json", "--until=synced", f"--cursor-file={folder}/c")
    before = (folder / "c").read_text()
    with Publisher("s", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        publisher.publish(UserMessage("more"))
        assert publisher.flush(DEADLINE)
    done = cli.run(
        *("attach", "s", "--format=json", "--until=synced", f"--cursor-file={folder}/c"),
        preexec_fn=small_disk,
    )

    assert done.code == 1
    assert "more" in done.out
    assert done.err == f"lashtui: can't write the cursor file {folder}/c: File too large\n"
    assert (folder / "c").read_text() == before
    assert [path.name for path in folder.iterdir()] == ["c"]


def test_a_full_disk_under_the_log(short_socket: str, tmp_path: Path) -> None:
    """The daemon goes on without it."""
    log = tmp_path / "log"
    flags = ["--socket", short_socket, "--log-file", str(log), "--log-level", "debug"]
    daemon = subprocess.Popen([sys.executable, "-m", "lashd", *flags])
    try:
        wait_until(lambda: os.path.exists(short_socket))
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (SMALL, SMALL))
        written = log.stat().st_size
        with Publisher("s", socket_path=short_socket, start_daemon=False) as publisher:
            publisher.publish(UserMessage("hi"))
            assert publisher.flush(DEADLINE)
        assert texts(short_socket, "s") == ["hi"]
    finally:
        daemon.terminate()
        assert daemon.wait(DEADLINE) == 0
    assert log.stat().st_size <= max(written, SMALL)


def test_without_a_umask_all_is_private(tmp_path: Path, short_socket: str) -> None:
    """Directory, socket, locks and log are the user's alone, whatever the shell says."""
    place = Path(short_socket).parent / "new"
    cli = Cli(str(place / "s"), tmp_path)
    try:
        assert cli.run("daemon", "start", umask=0).code == 0
        found = [place, *place.iterdir(), *(tmp_path / ".local").rglob("*")]
        assert len(found) >= 4
        for path in found:
            mode = stat.S_IMODE(path.stat().st_mode)
            parent_of_ours = path.name in ("share", "state")
            assert mode & 0o077 == 0 or parent_of_ours, f"{path} has mode {mode:o}"
    finally:
        cli.run("daemon", "stop")


def test_of_daemons_that_start_at_once_one_stays(short_socket: str) -> None:
    """The others name it, and fail; it answers."""
    daemons = [
        subprocess.Popen(
            [sys.executable, "-m", "lashd", "--socket", short_socket],
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(AT_ONCE)
    ]
    try:
        wait_until(lambda: sum(one.poll() is None for one in daemons) == 1)
        (alive,) = [one for one in daemons if one.poll() is None]
        with Client(short_socket) as client:
            assert client.status()["pid"] == alive.pid
        for one in daemons:
            if one is not alive:
                _, errors = one.communicate(timeout=DEADLINE)
                assert one.returncode == 1
                assert "is already running" in errors
    finally:
        for one in daemons:
            one.terminate()
            one.communicate(timeout=DEADLINE)
    assert not os.path.exists(short_socket)


def test_a_suspended_publisher_holds_up_nobody(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Its session stays as it is, others go on, and it goes on where it was."""
    process = cli.start("publish", "slow", "--format=jsonl", stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        process.stdin.write(b'{"type":"user_message","text":"one"}\n')
        process.stdin.flush()

        def has_one() -> bool:
            try:
                return texts(daemon.socket_path, "slow") == ["one"]
            except LashdError:
                return False

        wait_until(has_one)
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        process.stdin.write(b'{"type":"user_message","text":"two"}\n')
        process.stdin.flush()
        with Publisher("other", socket_path=daemon.socket_path, start_daemon=False) as other:
            other.publish(UserMessage("meanwhile"))
            assert other.flush(DEADLINE)
        with Client(daemon.socket_path) as client:
            states = {row["session_id"]: row["state"] for row in client.list()}
        assert states["slow"] == "running"
        assert texts(daemon.socket_path, "slow") == ["one"]
        process.send_signal(signal.SIGCONT)
        process.stdin.close()
        assert process.wait(DEADLINE) == 0
        assert texts(daemon.socket_path, "slow") == ["one", "two"]
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def test_a_suspended_reader_holds_up_nobody(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """The publisher is done at once; the reader goes on with a gap that says what it missed."""
    process = cli.start("attach", "s", "--format=json", "--wait", "--no-start")
    with Publisher("s", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        publisher.publish(UserMessage("first"))
        assert publisher.flush(DEADLINE)
        assert process.stdout is not None
        for line in process.stdout:
            if b'"synced"' in line:
                break
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        began = time.monotonic()
        for number in range(4_000):
            publisher.publish(UserMessage(f"{number} " + "x" * 200))
            if number % 1_000 == 0:
                assert publisher.flush(DEADLINE)
        assert publisher.flush(DEADLINE)
        assert time.monotonic() - began < DEADLINE
        process.send_signal(signal.SIGCONT)
        kinds = []
        for line in process.stdout:
            kinds += [
                kind for kind in ("gap", "observation") if f'"type":"{kind}"'.encode() in line
            ]
            if b"3999 " in line:
                break
        assert kinds
        assert kinds == ["gap", "observation"] * (len(kinds) // 2)
    process.kill()
    process.communicate(timeout=DEADLINE)


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_a_daemon_without_memory_lives_and_its_publisher_says_so_once(short_socket: str) -> None:
    """What doesn't fit is tried again, small things work, and each event lands once."""
    daemon = subprocess.Popen(
        [sys.executable, "-m", "lashd", "--socket", short_socket], stderr=subprocess.PIPE
    )
    warnings: list[str] = []
    try:
        wait_until(lambda: os.path.exists(short_socket))
        status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="utf-8")
        used = int(status.split("VmSize:")[1].split()[0]) * 1024
        limits = resource.prlimit(daemon.pid, resource.RLIMIT_AS)
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (used + (3 << 20), limits[1]))
        large = Publisher(
            "large", socket_path=short_socket, start_daemon=False, on_warning=warnings.append
        )
        for number in range(7):
            large.publish(UserMessage(f"{number} " + "x" * 900_000))
        wait_until(lambda: warnings)
        with Publisher("small", socket_path=short_socket, start_daemon=False) as small:
            small.publish(UserMessage("hi"))
            assert small.flush(DEADLINE)
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, limits)
        assert large.flush(DEADLINE)
        shown = [text.split()[0] for text in texts(short_socket, "large")]
        assert shown == sorted(set(shown), key=int)
        assert shown[-1] == "6"
        large.close()
        assert len(warnings) == 1
        assert "takes nothing" in warnings[0]
    finally:
        daemon.terminate()
        daemon.communicate(timeout=DEADLINE)
