"""The daemon of another machine, over a real ssh."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import UserMessage
from lashd.publish.publisher import Publisher
from tests.integration.cli import Cli
from tests.integration.far import FarHost, Network, needs_sshd, put_ssh
from tests.waiting import wait_until

pytestmark = needs_sshd


@pytest.fixture(name="box")
def _box(daemon: EmbeddedDaemon, tmp_path: Path) -> Iterator[FarHost]:
    """A machine whose daemon is the test's."""
    box = FarHost(tmp_path, "box", daemon.socket_path)
    box.start()
    yield box
    box.stop()


@pytest.fixture(name="near")
def _near(box: FarHost, tmp_path: Path) -> Cli:
    """The commands here, with no daemon of their own, that know the box by its name."""
    return commands_near(box, tmp_path)


def commands_near(box: FarHost, tmp_path: Path) -> Cli:
    """The commands of a machine that knows the box."""
    cli = Cli(str(tmp_path / "none.sock"), tmp_path)
    cli.environment["XDG_CONFIG_HOME"] = str(tmp_path / "near")
    cli.environment.pop("LASHTUI_SOCKET", None)
    config = tmp_path / "near" / "lashtui"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        f'[hosts.box]\ndestination = "box"\ncommand = "{box.command}"\n'
        '[hosts.bare]\ndestination = "box"\ncommand = "/nonexistent/lashtui"\n'
    )
    cli.environment["PATH"] = f"{put_ssh(tmp_path, [box])}{os.pathsep}{os.environ['PATH']}"
    return cli


def test_every_command_reaches_it(near: Cli, daemon: EmbeddedDaemon) -> None:
    """Publishing, listing, showing, following, stopping: what is said there is seen here."""
    ran = near.run("run", "--host", "box", "-s", "far", "--", "echo", "hello")
    assert (ran.code, ran.out) == (0, "hello\n")
    assert "far" in near.run("--host", "box", "ls").out
    assert "hello" in near.run("show", "far", "--host", "box").out
    near.environment["LASHTUI_HOST"] = "box"
    attached = near.run("attach", "far", "--cursor", "start", "--until", "end")
    assert attached.out.startswith("hello\n")
    assert near.run("rm", "far").code == 0
    assert near.run("ls", "--format", "json").out == ""
    assert near.run("daemon", "status").code == 0


def test_a_cut_costs_nothing(
    near: Cli, box: FarHost, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """The reader comes back by itself and goes on after its cursor: each event once, no gap."""
    with Publisher("a", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        publisher.publish(UserMessage("0"))
        assert publisher.flush(20)
        out = tmp_path / "out"
        with out.open("wb") as file:
            reader = near.start(
                *("attach", "a", "--host", "box", "--cursor", "start", "--format", "json"),
                *("--until", "end"),
                stdout=file,
            )
        for number in range(1, 4):
            wait_until(lambda number=number: texts(out) == list(map(str, range(number))))  # type: ignore[misc]
            box.cut()
            publisher.publish(UserMessage(str(number)))
            assert publisher.flush(20)
        wait_until(lambda: len(texts(out)) == 4)
        publisher.end()
        assert publisher.flush(20)
        _, said = reader.communicate(timeout=60)
    assert reader.returncode == 0, said
    kinds = [json.loads(line)["type"] for line in out.read_text().splitlines()]
    assert texts(out) == ["0", "1", "2", "3"]
    assert kinds.count("reconnected") >= 3
    assert "gap" not in kinds


@pytest.fixture(name="network")
def _network() -> Iterator[Network]:
    """A network of its own for the box."""
    try:
        network = Network()
    except OSError as error:
        pytest.skip(f"no network can be made here: {error}")
    yield network
    network.remove()


@pytest.mark.timeout(180)
def test_a_network_that_falls_silent(
    network: Network, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Nobody hears that the line is down: the reader gives up by itself, and comes back to all that
    was said meanwhile, once and without a gap."""
    box = FarHost(tmp_path, "box", daemon.socket_path, network)
    box.start()
    near = commands_near(box, tmp_path)
    out = tmp_path / "out"
    try:
        with Publisher("a", socket_path=daemon.socket_path, start_daemon=False) as publisher:
            publisher.publish(UserMessage("0"))
            assert publisher.flush(20)
            with out.open("wb") as file:
                reader = near.start(
                    *("attach", "a", "--host", "box", "--cursor", "start", "--format", "json"),
                    *("--until", "end"),
                    stdout=file,
                )
            wait_until(lambda: texts(out) == ["0"])
            network.set_line("down")
            publisher.publish(UserMessage("1"))
            assert publisher.flush(20)
            wait_until(lambda: '"disconnected"' in out.read_text())
            network.set_line("up")
            publisher.end()
            assert publisher.flush(20)
            _, said = reader.communicate(timeout=100)
        assert reader.returncode == 0, said
        assert texts(out) == ["0", "1"]
        assert '"gap"' not in out.read_text()
    finally:
        box.stop()


def texts(out: Path) -> list[str]:
    """What the reader wrote of the messages, whole lines only."""
    lines = [line for line in out.read_text().splitlines(keepends=True) if line.endswith("\n")]
    records = [json.loads(line) for line in lines]
    return [each["activity"]["text"] for each in records if each["type"] == "turn_activity"]


def test_the_list_of_all_hosts(near: Cli, daemon: EmbeddedDaemon) -> None:
    """One list; what can't be reached is said, and takes nothing from the rest."""
    with Publisher("build", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        publisher.publish(UserMessage("x"))
        assert publisher.flush(20)
        listed = near.run("ls", "--all-hosts")
        rows = near.run("ls", "--all-hosts", "--format", "json")
    assert listed.code == 0
    assert "box:build" in listed.out
    (complaint,) = listed.err.splitlines()
    assert complaint.startswith(
        "lashtui: warning: bare: lashtui is not found at ssh://box; install"
    )
    assert [json.loads(line)["host"] for line in rows.out.splitlines()] == ["box"]
    assert near.run("ls", "--all-hosts", "--watch").code == 2


def test_what_is_wrong_is_said_in_a_sentence(
    near: Cli, box: FarHost, daemon: EmbeddedDaemon
) -> None:
    """No lashtui there, no daemon, no machine; each with what to do, and the exit code of it."""
    bare = near.run("ls", "--host", "bare")
    assert bare.code == 5
    assert "lashtui is not found at ssh://box; install it there" in bare.err
    daemon.stop()
    stopped = near.run("ls", "--host", "box")
    assert stopped.code == 5
    assert "no daemon is running at ssh://box" in stopped.err
    box.stop()
    away = near.run("ls", "--host", "box")
    assert away.code == 5
    assert "ssh://box can't be reached" in away.err
    unknown = near.run("ls", "--host", "nobody")
    assert unknown.code == 2
    assert "no host is called 'nobody'" in unknown.err
    both = near.run("ls", "--host", "box", "--socket", "/x")
    assert both.code == 2
    for each in (bare, stopped, away, unknown, both):
        assert len(each.err.splitlines()) == 1
