"""A daemon and its clients are not upgraded at once: whoever is older is told what to do."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import pytest

from lashd import Publisher, __version__
from lashd.connect.launch import ensure_daemon, stop_daemon
from lashd.connect.peer import is_listening
from lashd.daemon import EmbeddedDaemon
from lashd.errors import VersionMismatch
from lashd.protocol.client import ClientConnection, version_verdict
from lashd.protocol.framing import FrameDecoder
from lashd.wire_limits import MAX_FRAME_BYTES, PROTOCOL_VERSION
from tests.integration import node
from tests.integration.cli import Cli, Reader
from tests.waiting import wait_until

OTHER = """
import sys
import lashd._version, lashd.wire_limits
lashd.wire_limits.PROTOCOL_VERSION, lashd._version.__version__ = int(sys.argv[1]), sys.argv[2]
from lashd.server.command import main
sys.exit(main(["--socket", sys.argv[3]]))
"""
"""A daemon that speaks another protocol."""

OLDER, NEWER = (0, "0.0.9"), (2, "9.0.0")
ADVICE = {
    OLDER: "the daemon is too old; restart it with `lashtui daemon stop` and"
    " `lashtui daemon start`, and start again what publishes to it",
    NEWER: "this program is too old; upgrade lashtui and start it again",
}


@contextmanager
def running(protocol: int, version: str, path: str) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon of that kind, which may have been ended meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(protocol), version, path], stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: is_listening(path))
        yield process
    finally:
        process.terminate()
        assert process.wait(20) in (0, -signal.SIGKILL)


@pytest.fixture(params=[OLDER, NEWER], ids=["older", "newer"])
def other(request: pytest.FixtureRequest, short_socket: str) -> Iterator[tuple[int, str]]:
    """The protocol and version of a daemon at `short_socket` that is not ours."""
    protocol, version = request.param
    with running(protocol, version, short_socket):
        yield protocol, version


def sentence(other: tuple[int, str]) -> str:
    """What a program says of a daemon that is not of its own protocol."""
    protocol, version = other
    said = version_verdict(protocol, version)
    assert said is not None
    assert said.startswith(f"the daemon is version {version} (protocol {protocol}), this program")
    assert said.endswith(ADVICE[other])
    assert "\n" not in said
    return said


def test_every_command_says_who_must_do_what(
    other: tuple[int, str], short_socket: str, cli: Cli
) -> None:
    """In one line, with exit code 5; the command that `run` runs is none the worse for it."""
    cli.environment["LASHTUI_SOCKET"] = short_socket
    for words in (["ls"], ["attach", "s"], ["show", "s"], ["daemon", "status"], ["publish", "s"]):
        done = cli.run(*words, data=b'{"type": "user_message", "text": "x"}\n')
        assert (done.code, done.err, done.out) == (5, f"lashtui: {sentence(other)}\n", "")
    done = cli.run("run", "-s", "s", "--", "echo", "hello")
    assert (done.code, done.out) == (0, "hello\n")
    assert done.err.endswith(f"{sentence(other)}\n")
    assert done.err.count("\n") == 1


def test_a_publisher_says_it_once_and_never_raises(
    other: tuple[int, str], short_socket: str
) -> None:
    """The agent goes on."""
    said: list[str] = []
    publisher = Publisher("s", socket_path=short_socket, on_warning=said.append)
    publisher.user("hello")
    wait_until(lambda: said)
    publisher.prose("more")
    publisher.close(20)
    assert said == [f"session `s` is not published: {sentence(other)}"]


@pytest.mark.parametrize("other", [OLDER, NEWER], ids=["older", "newer"])
def test_who_was_there_before_the_upgrade_is_told_as_well(
    other: tuple[int, str], short_socket: str, cli: Cli
) -> None:
    """A publisher and a reader that have lost our daemon, and find another in its place."""
    cli.environment["LASHTUI_SOCKET"] = short_socket
    said: list[str] = []
    with running(PROTOCOL_VERSION, __version__, short_socket) as ours:
        publisher = Publisher(
            "s", socket_path=short_socket, on_warning=said.append, start_daemon=False
        )
        publisher.user("hello")
        assert publisher.flush(20)
        reading = cli.start("attach", "s", "--format", "json")
        lines = Reader(reading)
        while '"synced"' not in lines.line():
            pass
        ours.kill()
        ours.wait()
        with running(other[0], other[1], short_socket):
            _, errors = reading.communicate(timeout=40)
            wait_until(lambda: publisher.state == "refused")
            publisher.prose("more")
            publisher.close(20)
    assert reading.returncode == 5
    assert errors.decode().endswith(f"{sentence(other)}\n")
    assert said[-1] == f"session `s` is not published: {sentence(other)}"


def test_it_can_be_stopped_and_started_as_is_said(
    other: tuple[int, str], short_socket: str
) -> None:
    """The advice works: the daemon stops, whatever it speaks, and one of ours takes its place."""
    with pytest.raises(VersionMismatch, match=r"protocol"):
        ensure_daemon(short_socket)
    assert stop_daemon(short_socket)
    assert ensure_daemon(short_socket)
    assert stop_daemon(short_socket)
    assert not stop_daemon(short_socket)


def test_the_example_in_another_language_says_it(other: tuple[int, str], short_socket: str) -> None:
    """It has no daemon of its own version to go by, only the page."""
    with node.running("watch.mjs", "s", socket=short_socket, stderr=subprocess.PIPE) as watching:
        _, said = watching.communicate(timeout=20)
    advice = "upgrade this client" if other == NEWER else "restart the daemon in a newer version"
    assert watching.returncode == 1
    assert said.decode().endswith(f"protocol {other[0]}, this client 1: {advice}\n")


@pytest.mark.parametrize(
    ("protocol", "advice"),
    [
        (0, "upgrade the client"),
        (2, "stop the daemon and start it again with the newer version"),
    ],
)
def test_the_daemon_says_it_to_a_client_that_does_not_know(
    daemon: EmbeddedDaemon, protocol: int, advice: str
) -> None:
    """Any client is told, by the daemon's hello and by an error."""
    frames = FrameDecoder()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(20)
        client.connect(daemon.socket_path)
        client.sendall(ClientConnection(version="theirs", protocol=protocol).greeting())
        while data := client.recv(65536):
            frames.receive_data(data)
    hello, error = (msgpack.unpackb(frames.next_frame(MAX_FRAME_BYTES) or b"") for _ in range(2))
    assert hello["protocol"] == 1
    assert error["code"] == "bad_version"
    assert error["message"] == (
        f"the daemon speaks protocol 1, the client {protocol} (version theirs); {advice}"
    )
