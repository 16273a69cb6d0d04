"""`lashtui ls` as it is used: in a terminal, on a screen that stays, as a stream."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import Resumed, Waiting
from lashd.publish.publisher import Publisher
from lashtui.text.sanitize import HOSTILE
from tests.hostile import hostile
from tests.tui.daemons import PATIENCE, publisher, say

from .cli import Cli, Reader
from .pseudo_terminal import Pty, in_pty
from .terminal import Place

pytestmark = pytest.mark.timeout(120)

WATCH = ["lashtui", "ls", "--watch"]
LEFT = b"\x1b[?7h\x1b[?25h\x1b[?1049l"
"""The terminal's own screen again, with its cursor and its wrapping."""
OWN = re.compile(rb"\x1b\[(?:\?(?:1049|25|7|2026)[hl]|[HJK]|[0-9;]*m)")
"""The sequences that the command means."""


@pytest.fixture
def agent(daemon: EmbeddedDaemon) -> Iterator[Publisher]:
    """A session that works, with a title that would like to control the terminal."""
    with publisher(daemon.socket_path, "build", title=hostile("title")) as opened:
        say(opened, "I look at it.", "r")
        yield opened


@pytest.fixture
def place(tmp_path: Path, daemon: EmbeddedDaemon) -> Place:
    """An environment with that daemon."""
    here = Place(tmp_path)
    here.env["LASHTUI_SOCKET"] = daemon.socket_path
    return here


def asks(opened: Publisher, what: str) -> None:
    """It waits for a person."""
    opened.publish(Waiting(what=what))
    assert opened.flush(PATIENCE)


def goes_on(opened: Publisher) -> None:
    """It has its answer."""
    opened.publish(Resumed())
    assert opened.flush(PATIENCE)


def resize(window: Pty, columns: int, rows: int) -> None:
    """Another size, which the kernel tells the program."""
    ioctl(window.fd, TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))


# -- in a terminal -------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_table_is_as_wide_as_the_terminal(place: Place, agent: Publisher, columns: int) -> None:
    """A question longer than a line takes one line."""
    asks(agent, "may I? " * 60)
    with in_pty(["lashtui", "ls"], place.env, columns, 10) as window:
        assert window.wait(reading=True) == 0
        screen = [line.rstrip() for line in window.screen]
    assert screen[0].startswith("SESSION")
    assert screen[1].startswith("build")
    assert "may I?" in screen[1]
    assert screen[2:] == [""] * 8


def test_a_screen_that_stays_shows_what_happens(place: Place, agent: Publisher) -> None:
    """Without a key pressed; q leaves the terminal as it was."""
    with in_pty(WATCH, place.env, 200, 10) as window:
        window.see("1 session", "build", "running")
        asks(agent, "git push")
        window.see("1 needs you", "waiting", "git push")
        goes_on(agent)
        window.see_gone("git push")
        os.write(window.fd, b"q")
        assert window.wait(reading=True) == 0
        assert window.output.endswith(LEFT)
        assert window.is_cooked()
        written = OWN.sub(b"", window.output).decode()
        assert "title" in written
        assert HOSTILE.search(written.replace("\r\n", "")) is None


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
)
def test_signals_leave_the_terminal_as_it_was(
    place: Place, agent: Publisher, number: int, code: int
) -> None:
    """Ctrl+c is a way to leave; the others have their exit codes."""
    with in_pty(WATCH, place.env) as window:
        window.see(agent.session_id)
        os.kill(window.pid, number)
        assert window.wait(reading=True) == code
        assert window.output.endswith(LEFT)
        assert window.is_cooked()


def test_a_resized_terminal_is_filled_again(
    place: Place, agent: Publisher, daemon: EmbeddedDaemon
) -> None:
    """What has no room is counted."""
    with in_pty(WATCH, place.env, 80, 24) as window:
        window.see(agent.session_id)
        for number in range(9):
            with publisher(daemon.socket_path, f"other-{number}") as other:
                say(other, "done", "r")
        window.see("10 sessions", "other-8")
        resize(window, 80, 6)
        window.see("+7 more")
        resize(window, 80, 24)
        window.see_gone("more")


def test_the_end_of_the_daemon_ends_it(
    place: Place, agent: Publisher, daemon: EmbeddedDaemon
) -> None:
    """With the exit code for that, and a line that says so on the terminal's own screen."""
    with in_pty(WATCH, place.env) as window:
        window.see(agent.session_id)
        daemon.stop()
        assert window.wait(reading=True) == 5
        assert b"the daemon stopped" in window.output.partition(LEFT)[2]
        assert window.is_cooked()


def test_it_needs_a_terminal(cli: Cli) -> None:
    """And says what doesn't."""
    done = cli.run("ls", "--watch")
    assert done.code == 2
    assert "--watch needs a terminal; use --follow on a pipe" in done.err


# -- a stream ------------------------------------------------------------------------------------


def test_a_stream_tells_what_there_is_and_what_changes(cli: Cli, agent: Publisher) -> None:
    """Snapshot, synced, changes; SIGTERM ends it with a last record."""
    with cli.start("ls", "--follow", "--format", "json") as process:
        reader = Reader(process)
        records = reader.records_until("synced")
        assert [record["type"] for record in records] == ["following", "session", "synced"]
        assert records[0]["served"] == "snapshot"
        assert records[1]["session"]["session_id"] == "build"
        asks(agent, "git push")
        while (record := json.loads(reader.line()))["session"]["state"] != "waiting":
            pass
        assert record["session"]["waiting_for"] == "git push"
        process.send_signal(signal.SIGTERM)
        last = reader.records_until("end")[-1]
        assert last["reason"] == "interrupted"
        assert last["position"]
        assert process.wait() == 143


def test_a_position_is_where_a_later_run_goes_on(cli: Cli, agent: Publisher) -> None:
    """Only what has changed since; nothing, if nothing has."""
    first = cli.run("ls", "--until", "synced", "--format", "json")
    assert [record["type"] for record in first.records] == ["following", "session", "synced", "end"]
    position = first.records[-1]["position"]
    options = ("ls", "--until", "synced", "--format", "json", "--after", position)
    again = cli.run(*options)
    assert [record["type"] for record in again.records] == ["following", "synced", "end"]
    assert again.records[0]["served"] == "replay"
    asks(agent, "git push")
    changed = cli.run(*options).records
    assert [record["type"] for record in changed] == ["following", "session", "synced", "end"]
    assert changed[1]["session"]["state"] == "waiting"
    refused = cli.run("ls", "--after", "nonsense")
    assert (refused.code, refused.out) == (2, "")
    assert "not a position of a list: `nonsense`" in refused.err


def test_a_script_learns_that_a_session_has_left_its_states(cli: Cli, agent: Publisher) -> None:
    """One more record of it, with the state that it has now."""
    asks(agent, "git push")
    with cli.start("ls", "--follow", "--state", "waiting", "--format", "json") as process:
        reader = Reader(process)
        assert len(reader.records_until("synced")) == 3
        goes_on(agent)
        record = reader.records_until("session")[-1]
        while record["session"]["state"] == "waiting":  # a row that was on its way
            record = reader.records_until("session")[-1]
        assert record["session"]["state"] == "running"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130


def test_it_waits_for_one_that_needs_a_person(cli: Cli, agent: Publisher) -> None:
    """For `&&` in a shell; a time limit has its own exit code."""
    late = cli.run("ls", "--until", "waiting", "--timeout", "0.5")
    assert late.code == 124
    with cli.start("ls", "--until", "waiting") as process:
        reader = Reader(process)
        assert "running" in reader.line()
        asks(agent, "git push")
        assert "waiting    build  git push" in reader.line()
        assert reader.line() == ""
        assert process.wait() == 0


def test_who_reads_lines_sees_changes_and_no_chatter(cli: Cli, agent: Publisher) -> None:
    """Words of the agent are none; the end of the daemon is told on stderr, exit code 5."""
    with cli.start("ls", "--follow") as process:
        reader = Reader(process)
        assert "running    build" in reader.line()
        say(agent, "More words.", "r")
        asks(agent, "which one?")
        assert "waiting    build  which one?" in reader.line()
        assert cli.run("daemon", "stop").code == 0
        assert reader.line() == ""
        assert process.wait() == 5
        assert process.stderr is not None
        assert b"the daemon stopped" in process.stderr.read()


def test_a_lost_daemon_is_told_and_the_next_one_followed(cli: Cli, tmp_path: Path) -> None:
    """`disconnected`, then `reconnected` with a snapshot: the sessions are those that it has."""
    cli.environment["LASHTUI_SOCKET"] = socket = str(tmp_path / "s")
    assert cli.run("daemon", "start").code == 0
    pid = cli.run("daemon", "status", "--format", "json").records[0]["pid"]
    try:
        with cli.start("ls", "--follow", "--format", "json") as process:
            reader = Reader(process)
            reader.records_until("synced")
            os.kill(pid, signal.SIGKILL)
            assert reader.records_until("disconnected")[-1]["reason"]
            assert cli.run("daemon", "start").code == 0
            with publisher(socket, "late") as late:
                say(late, "hello", "r")
                assert reader.records_until("reconnected")[-1]["served"] == "snapshot"
                assert reader.records_until("session")[-1]["session"]["session_id"] == "late"
            process.terminate()
            process.communicate()
    finally:
        cli.run("daemon", "stop")


def test_a_closed_pipe_ends_it_quietly(cli: Cli, agent: Publisher) -> None:
    """As `| head -1` does."""
    with cli.start("ls", "--follow", "--format", "json") as process:
        reader = Reader(process)
        reader.line()
        assert process.stdout is not None
        process.stdout.close()
        asks(agent, "git push")
        assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--watch", "--follow"], "--watch and --follow can't be combined"),
        (["--watch", "--format", "json"], "--watch and --format can't be combined"),
        (["--follow", "--sort", "name"], "--sort doesn't apply to a stream"),
        (["--timeout", "3"], "use --follow or --until"),
        (["--until", "never"], "'never' is not a choice"),
        (["--follow", "--state", "wating"], "did you mean `waiting`?"),
    ],
)
def test_options_that_contradict_each_other(cli: Cli, options: list[str], told: str) -> None:
    """A usage error that says which."""
    done = cli.run("ls", *options)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
