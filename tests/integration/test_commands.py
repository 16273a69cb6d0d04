"""The small commands, and what all commands have in common."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from lashd.client.blocking import Client
from lashd.events import AssistantProseDelta
from lashd.publish.publisher import Publisher
from lashtui.cli.dispatch import COMMANDS
from tests.integration.cli import DEADLINE, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lashd.daemon import EmbeddedDaemon


@pytest.fixture
def publisher(daemon: EmbeddedDaemon) -> Iterator[Publisher]:
    """A live publisher into `s`, with one event."""
    publisher = Publisher(
        "s", socket_path=daemon.socket_path, start_daemon=False, title="A \x1b[31mtitle", agent="me"
    )
    publisher.publish(AssistantProseDelta(text="hello"))
    assert publisher.flush(DEADLINE)
    yield publisher
    publisher.close()


# -- ls, show, rm, cursor --------------------------------------------------------------------------


def test_ls_table_and_json(cli: Cli, publisher: Publisher) -> None:
    """A table for people, neutralised; one object a line for scripts."""
    done = cli.run("ls")
    heading, row = done.out.splitlines()
    assert heading.split()[:3] == ["SESSION", "STATE", "TITLE"]
    session, state, since, *about = row.split()
    assert (session, state, since[-1:]) == ("s", "running", "s")
    assert about[:3] == ["A", "title", "me"]
    (record,) = cli.run("ls", "--format", "json").records
    assert (record["session_id"], record["state"], record["publishers"]) == ("s", "running", 1)


def test_an_empty_list_says_so_beside_the_data(cli: Cli) -> None:
    """Stdout stays empty: there is no data."""
    for words in (("ls",), ("ls", "--format", "json")):
        done = cli.run(*words)
        assert (done.code, done.out) == (0, "")
        assert "no sessions" in done.err


def test_show(cli: Cli, publisher: Publisher) -> None:
    """Text as a person reads it; json is the one observation record."""
    assert cli.run("show", "s").out == "hello\n"
    assert cli.run("show").out == "hello\n"
    (record,) = cli.run("show", "s", "--format", "json").records
    assert record["type"] == "observation"
    assert record["read_view"]["entries"][0]["text"] == "hello"
    missing = cli.run("show", "nobody")
    assert (missing.code, missing.out) == (4, "")


def test_rm(cli: Cli, publisher: Publisher) -> None:
    """Not under a publisher without --force; several at once; the first failure is the code."""
    busy = cli.run("rm", "s")
    assert busy.code == 1
    assert "--force" in busy.err
    done = cli.run("rm", "--force", "nobody", "s")
    assert done.code == 4
    assert "nobody" in done.err
    assert cli.run("show", "s").code == 4


def test_cursor(cli: Cli, publisher: Publisher) -> None:
    """Resumable or not and why; malformed is 2 and an unknown session 4."""
    cursor = cli.run("show", "s", "--format", "json").records[0]["cursor"]
    done = cli.run("cursor", cursor)
    assert done.code == 0
    assert done.out.startswith("resumable; 0 events after it")
    (report,) = cli.run("cursor", cursor, "--format", "json").records
    assert report["resumable"] is True
    old = cli.run("cursor", "lashsc1:0:1:s")
    assert old.code == 0
    assert old.out.startswith("not resumable (unavailable)")
    assert cli.run("cursor", "lashsc1:0:1:nobody").code == 4
    assert cli.run("cursor", "lashsc1:0:x:s").code == 2


# -- daemon ----------------------------------------------------------------------------------------


def test_daemon_start_status_stop(tmp_path: Path, short_socket: str) -> None:
    """Each is idempotent or says what is wrong; status tells the truth before, during and after."""
    cli = Cli(short_socket, tmp_path)
    assert cli.run("daemon", "status").code == 5
    assert cli.run("daemon", "start").code == 0
    try:
        again = cli.run("daemon", "start")
        assert again.code == 0
        assert "already" in again.err
        (status,) = cli.run("daemon", "status", "--format", "json").records
        assert status["sessions"] == 0
        assert status["socket"] == short_socket
        for key in ("pid", "version", "protocol", "incarnation"):
            assert status[key]
        told = cli.run("daemon", "status").out
        assert f"{status['pid']}" in told
        assert re.search(r"^started +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d$", told, re.MULTILINE)
        assert re.search(r"^uptime +\d+ s$", told, re.MULTILINE)
    finally:
        stopped = cli.run("daemon", "stop")
        assert stopped.code == 0
        assert "stopped the daemon" in stopped.err
    assert cli.run("daemon", "status").code == 5
    again = cli.run("daemon", "stop")
    assert again.code == 0
    assert "no daemon was running" in again.err


def test_a_name_that_is_nearly_one(cli: Cli, publisher: Publisher) -> None:
    """The session that may have been meant, or the command that lists them."""
    assert publisher.state == "live"
    for words in (("attach", "--no-follow"), ("show",), ("rm",)):
        near = cli.run(*words, "sx")
        assert near.code == 4
        assert "`sx`; did you mean `s`?" in near.err
        far = cli.run(*words, "nothing-like-it")
        assert far.code == 4
        assert "`lashtui ls`" in far.err


def test_daemon_run_takes_the_daemons_own_options(tmp_path: Path, short_socket: str) -> None:
    """What stands after -- is `lashd`'s."""
    done = Cli(short_socket, tmp_path).run("daemon", "run", "--", "--help")
    assert done.code == 0
    assert "--idle-exit" in done.out


# -- help, usage, completion -----------------------------------------------------------------------


def test_help_lists_every_command_and_each_has_examples(cli: Cli) -> None:
    """A person finds the way from `lashtui --help` to an example of anything."""
    top = cli.run("--help")
    assert top.code == 0
    assert "examples:" in top.out
    for name in COMMANDS:
        assert f"    {name} " in top.out
        done = cli.run(name, "--help")
        assert done.code == 0
        assert "examples:" in done.out
        assert f"lashtui {name}" in done.out.partition("examples:")[2]
        assert max(map(len, done.out.splitlines())) <= 100


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("ls", "--nonsense"),
        ("ls", "extra"),
        ("ls", "--", "extra"),
        ("attach", "s", "--only", "nonsense"),
        ("attach", "s", "--until", "nonsense"),
        ("attach", "s", "--timeout", "-1"),
        ("attach", "s", "--timeout", "nan"),
        ("attach", "s", "-n", "-1"),
        ("attach", "s", "-n", "1", "--cursor", "now"),
        ("attach", "s", "--format", "tui", "--until", "end"),
        ("attach", "s", "--format", "tui"),
        ("attach", "bad\nname"),
        ("attach", "x" * 257),
        ("publish",),
        ("run", "-s", "", "--", "true"),
        ("daemon",),
        ("--socket", "/tmp/" + "x" * 200, "ls"),
        (),
    ],
)
def test_usage_errors_are_one_line_and_2(cli: Cli, words: tuple[str, ...]) -> None:
    """What is wrong, which value, where help is: no usage wall, no traceback."""
    done = cli.run(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lashtui: ")
    assert done.err.count("\n") == 1


def test_socket_option_stands_before_or_after_the_command(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """And wins over the environment."""
    elsewhere = Cli(str(tmp_path / "none"), tmp_path)
    assert elsewhere.run("ls").code == 5
    assert elsewhere.run("--socket", daemon.socket_path, "ls").code == 0
    assert elsewhere.run("ls", "--socket", daemon.socket_path).code == 0
    assert elsewhere.run("ls", f"--socket={daemon.socket_path}").code == 0


def test_version(cli: Cli) -> None:
    """The same before and after a command."""
    assert cli.run("--version").out == cli.run("ls", "--version").out
    assert cli.run("--version").out.startswith("lashtui ")


def test_a_full_disk_is_told(cli: Cli, publisher: Publisher) -> None:
    """Output that can't be written is no success."""
    with open("/dev/full", "wb") as full:
        done = cli.run("show", "s", stdout=subprocess.PIPE)
        assert done.code == 0
        process = cli.start("show", "s", stdout=full)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert err.count(b"\n") == 1


def test_the_reader_of_a_table_may_leave(cli: Cli, publisher: Publisher) -> None:
    """`lashtui ls | true` is quiet."""
    process = cli.start("ls")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(DEADLINE) == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(cli: Cli, shell: str) -> None:
    """Each shell gets a script that names our command."""
    done = cli.run("completion", shell)
    assert done.code == 0
    assert "lashtui" in done.out


def test_completion_answers(cli: Cli, publisher: Publisher) -> None:
    """Commands, options, choices, and the sessions of the daemon that runs."""

    def complete(line: str) -> set[str]:
        environment = {
            **cli.environment,
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_STDOUT_FILENAME": f"{cli.environment['HOME']}/answer",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        }
        open(f"{cli.environment['HOME']}/answer", "w").close()
        with cli.start(env=environment) as process:
            process.communicate(timeout=DEADLINE)
        with open(f"{cli.environment['HOME']}/answer") as answer:
            return {word.strip() for word in answer.read().split("\n") if word}

    assert {"attach", "ls"} <= complete("lashtui ")
    assert complete("lashtui attach ") == {"s"}
    assert complete("lashtui show ") == {"s"}
    assert "--cursor-file" in complete("lashtui attach --cur")
    assert complete("lashtui attach --until t") == {"turn-end"}
    assert complete("lashtui attach --only pro") == {"prose", "process"}
    assert complete("lashtui attach --only prose,e") == {"prose,error"}
    assert complete("lashtui attach --only x") == set()


def test_sessions_of_any_name_can_be_named(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Spaces, colons and letters of any script are no obstacle."""
    for name in ("a b", "c:d", "naïve 漢字"):
        assert cli.run("publish", name, "--format", "text", data=b"x\n").code == 0
        assert cli.run("show", name).out.startswith("x\n")
    with Client(daemon.socket_path) as client:
        assert len(client.list()) == 3
    names = [
        json.loads(line)["session_id"]
        for line in cli.run("ls", "--format", "json").out.splitlines()
    ]
    assert set(names) == {"a b", "c:d", "naïve 漢字"}
