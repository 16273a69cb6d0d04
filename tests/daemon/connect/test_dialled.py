"""A connection that ssh carries, with a program in ssh's place."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from lashd.address import parse
from lashd.client.aio import Client as AsyncClient
from lashd.client.blocking import Client
from lashd.connect import async_connection, jitter
from lashd.connect.async_connection import AsyncConnection
from lashd.connect.connection import hello_within
from lashd.connect.dialled import (
    ANSWERED_WITHIN,
    HELLO_WITHIN,
    Questions,
    command_of,
    dial,
    end_all,
    why_ended,
)
from lashd.connect.launch import ensure_daemon
from lashd.errors import ConnectionFailed, LashdError, VersionMismatch
from lashd.events import UserMessage
from lashd.protocol.client import pack
from lashd.protocol.reconnect import BACKOFF_CAP, FAR_GRACE, Watchdog
from lashd.publish import worker
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from tests.waiting import wait_until, wait_until_async


@pytest.fixture(name="bin_dir")
def _bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """First on PATH."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    return place


def put_ssh(place: Path, script: str) -> None:
    """A program called ssh; its last argument is what would run over there."""
    ssh = place / "ssh"
    ssh.write_text(f"#!/bin/sh\n{script}\n")
    ssh.chmod(0o755)


def put_carrier(place: Path, socket_path: str) -> None:
    """One that runs the far command here, with the far side's socket."""
    lashtui = place / "far-lashtui"
    lashtui.write_text(f'#!/bin/sh\nexec {sys.executable} -m lashtui "$@"\n')
    lashtui.chmod(0o755)
    put_ssh(
        place,
        f'for last; do :; done\nexport LASHTUI_SOCKET={socket_path}\neval "exec $last"',
    )


def address(place: Path) -> str:
    return f"ssh://box?{place / 'far-lashtui'}"


def test_everything_works_through_it(bin_dir: Path, daemon: EmbeddedDaemon) -> None:
    """Publishing, asking and reading, as at a socket."""
    put_carrier(bin_dir, daemon.socket_path)
    far = address(bin_dir)
    with Publisher("a", socket_path=far, start_daemon=False) as publisher:
        publisher.publish(UserMessage("from afar"))
        assert publisher.flush(30)
    with Client(far) as client:
        assert [row["session_id"] for row in client.list()] == ["a"]
        with client.attach("a", start="start") as stream:
            assert "turn_activity" in [record["type"] for record in stream.read(timeout=20.0)]
    with Client(daemon.socket_path) as client:
        assert client.show("a")["read_view"]["entries"][0]["text"] == "from afar"


@pytest.mark.anyio
async def test_async_too(bin_dir: Path, daemon: EmbeddedDaemon) -> None:
    """The app's own client."""
    put_carrier(bin_dir, daemon.socket_path)
    async with AsyncClient(address(bin_dir)) as client:
        assert await client.list() == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'sh: lashtui: not found' >&2; exit 127", "not found at ssh://box; install it there"),
        ("exit 5", "no daemon is running at ssh://box"),
        ("echo 'lashtui: no daemon is running at /s' >&2; exit 5", "is running at ssh://box"),
        ("echo 'lashtui: it did not start: x' >&2; exit 5", "^ssh://box: it did not start: x$"),
        ("echo 'me@box: Permission denied (publickey).' >&2; exit 255",
         r"denied \(publickey\); nobody is asked for a password here: .*, try `ssh box`$"),
        ("echo 'Host key verification failed.' >&2; exit 255", "key once with `ssh box`$"),
        ("echo 'ssh: host box: No route' >&2; exit 255", "ssh://box can't be reached: ssh: host"),
        (r"printf 'a\nlast \033]0;x\007 word\n' >&2; exit 3", r"ended: last \?\]0;x\? word"),
        ("echo \"lashtui: 'dial' is not a choice\" >&2; exit 2", "box is too old .*upgrade it"),
        ("echo 'lashtui: daemon dial is for this machine' >&2; exit 2", "is for this machine$"),
        ("exit 0", "the connection to ssh://box ended"),
    ],
)  # fmt: skip
def test_why_it_failed(bin_dir: Path, script: str, words: str) -> None:
    """By ssh's exit code and its last words, which are the other machine's text."""
    put_ssh(bin_dir, script)
    with pytest.raises(ConnectionFailed, match=words) as caught, Client("ssh://box") as client:
        client.list()
    assert str(caught.value).isprintable()


def test_another_version_is_said_with_its_place(bin_dir: Path) -> None:
    """Both by the client that asks and by one that publishes."""
    hello = {"type": "hello", "protocol": 0, "version": "0.0.1", "incarnation": 1, "pid": 1}
    (bin_dir / "hello").write_bytes(pack(hello))
    put_ssh(bin_dir, f"cat {bin_dir / 'hello'} -")
    words = "the daemon at ssh://box is version 0.0.1 .* upgrade lashtui at ssh://box"
    with pytest.raises(VersionMismatch, match=words), Client("ssh://box") as client:
        client.list()
    warned: list[str] = []
    with Publisher("a", socket_path="ssh://box", start_daemon=False, on_warning=warned.append):
        wait_until(lambda: bool(warned))
    assert "upgrade lashtui at ssh://box" in warned[0]


def test_the_way_out_has_the_port() -> None:
    """As ssh takes it."""
    said = why_ended("ssh://me@box:2222?x", 255, "Host key verification failed.")
    assert said.endswith("`ssh -p 2222 me@box`")


def test_each_ssh_is_ended(bin_dir: Path) -> None:
    """Also one whose network is gone, which doesn't notice that nobody listens any more."""
    pid = bin_dir / "pid"
    put_ssh(bin_dir, f"echo $$ > {pid}; echo word; exec sleep 600")
    with dial("ssh://box", 20.0) as ours:
        assert ours.recv(1)
    number = int(pid.read_text())
    assert is_alive(number)
    end_all()
    wait_until(lambda: not is_alive(number))


def test_an_ssh_that_still_logs_in_ends_with_its_connection(bin_dir: Path) -> None:
    """Or asks, and would go on to read from the terminal: it doesn't look at its stdin yet."""
    pid = bin_dir / "pid"
    put_ssh(bin_dir, f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 600")
    with dial("ssh://box", 1.0):
        wait_until(pid.exists)
    number = int(pid.read_text())
    wait_until(lambda: not is_alive(number))


def test_one_that_is_there_carries_the_last_words(bin_dir: Path) -> None:
    """It is not ended before it has: a publisher says goodbye, and closes."""
    put_ssh(bin_dir, f"echo word; cat > {bin_dir}/said.new; mv {bin_dir}/said.new {bin_dir}/said")
    with dial("ssh://box", 20.0) as ours:
        assert ours.recv(1)
        ours.sendall(b"goodbye")
    wait_until((bin_dir / "said").exists)
    assert (bin_dir / "said").read_bytes() == b"goodbye"


def test_a_login_may_take_longer_than_an_answer(bin_dir: Path, daemon: EmbeddedDaemon) -> None:
    """For a stream and a start as for a question: `timeout` is for answers."""
    put_carrier(bin_dir, daemon.socket_path)
    ensure_daemon(address(bin_dir), timeout=0.01)
    with Publisher("a", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        assert publisher.flush(30)
    with Client(address(bin_dir), timeout=0.01) as client, client.attach("a") as stream:
        assert stream.read(timeout=20.0)[0]["type"] == "attached"


def test_a_publisher_waits_for_a_login(bin_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it takes the daemon for one that hangs; for one of this machine it does not."""
    graces: list[float] = []

    class Noted(Watchdog):
        def __init__(self, now: float, grace: float = 0.0) -> None:
            super().__init__(now, grace)
            graces.append(grace)

    monkeypatch.setattr(worker, "Watchdog", Noted)
    put_ssh(bin_dir, "exec cat")
    with Publisher("a", socket_path="ssh://box", start_daemon=False):
        wait_until(lambda: bool(graces))
    assert graces[0] == FAR_GRACE
    assert jitter.grace_of("/run/lashd.sock") == 0.0


def test_a_person_has_time_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ssh asks for a password, or shows a key that is to be compared."""
    assert hello_within("ssh://box", 10.0) == HELLO_WITHIN
    monkeypatch.setattr(Questions, "allowed", True)
    assert hello_within("ssh://box", 10.0) == ANSWERED_WITHIN


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_task_that_is_cancelled_leaves_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By asyncio itself, too, which knows no shield: ssh is being started in a thread."""
    begun, go_on = threading.Event(), threading.Event()
    ours, theirs = socket.socketpair()

    def connect(path: str, timeout: float | None) -> socket.socket:
        begun.set()
        assert go_on.wait(30)
        return ours

    monkeypatch.setattr(async_connection, "connect_socket", connect)
    loop = asyncio.get_running_loop()
    task = loop.create_task(AsyncConnection.connect("ssh://box", 5.0))
    await wait_until_async(begun.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await wait_until_async(lambda: ours.fileno() < 0)
    theirs.close()


def test_another_machine_is_tried_less_often() -> None:
    """Each attempt takes an ssh here, and perhaps a login there."""
    near, far = jitter.backoff_to("/run/lashd.sock"), jitter.backoff_to("ssh://box")
    for backoff in (near, far):
        backoff.attempts = 20
    assert max(near.next_delay() for _ in range(200)) <= BACKOFF_CAP
    assert max(far.next_delay() for _ in range(200)) > BACKOFF_CAP


def test_a_flood_of_complaints_is_bounded(bin_dir: Path) -> None:
    """Only its end is kept."""
    put_ssh(bin_dir, "yes complaint | head -c 3000000 >&2; echo the end >&2; exit 255")
    with pytest.raises(ConnectionFailed, match="the end"), Client("ssh://box") as client:
        client.list()


def test_without_ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A sentence, no traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConnectionFailed, match="ssh is not installed here"):
        dial("ssh://box", 1.0)


def test_a_daemon_is_started_over_there(bin_dir: Path) -> None:
    """By the far side, on request only."""
    put_ssh(bin_dir, 'for last; do :; done\necho "$last" >&2\nexit 255')
    with pytest.raises(LashdError, match="far-lashtui daemon dial --start"):
        ensure_daemon(address(bin_dir), timeout=5)


def test_ssh_asks_nobody_unless_a_person_waits() -> None:
    """In the app, in scripts and in the background a question would hang, or wreck the screen."""
    box = parse("ssh://me@box:2222")
    assert command_of(box, start=False, asks=False) == [
        *("ssh", "-T", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"),
        *("-o", "ConnectTimeout=10", "-o", "BatchMode=yes", "-p", "2222"),
        *("--", "me@box", "lashtui daemon dial"),
    ]
    assert "BatchMode=yes" not in command_of(box, start=False, asks=True)


def test_no_words_are_needed() -> None:
    """A process that is still there, or says nothing."""
    assert why_ended("ssh://box", None, "") == "the connection to ssh://box ended"
    assert "ssh does not say why" in why_ended("ssh://box", 255, " \n")
