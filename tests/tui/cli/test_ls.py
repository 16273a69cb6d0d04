"""The list of sessions: chosen, in order, for people and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import Error, Waiting
from lashtui.cli.ls import complete_states
from lashtui.cli.main import main
from lashtui.text.state_names import STATES
from tests.tui.daemons import PATIENCE, publisher, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashd.daemon import EmbeddedDaemon


@pytest.fixture
def socket_path(daemon: EmbeddedDaemon) -> Iterator[str]:
    """A daemon with one session that runs, one that waits and one whose turn failed."""
    path = daemon.socket_path
    with (
        publisher(path, "a-runs") as runs,
        publisher(path, "b-waits", title="Deploy") as waits,
        publisher(path, "c-fails") as fails,
    ):
        say(runs, "I look at it.", "r")
        waits.publish(Waiting(what="git push"))
        fails.publish(Error("529 overloaded"))
        fails.commit()
        for each in (waits, fails):
            assert each.flush(PATIENCE)
        yield path


def listed(socket_path: str, capsys: pytest.CaptureFixture[str], *options: str) -> list[Any]:
    """The sessions of `ls --format json`, in order."""
    assert main(["--socket", socket_path, "ls", "--format", "json", *options]) == 0
    return [json.loads(line)["session_id"] for line in capsys.readouterr().out.splitlines()]


def test_who_needs_a_person_comes_first(
    socket_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the table as in JSON."""
    assert listed(socket_path, capsys) == ["b-waits", "c-fails", "a-runs"]
    assert main(["--socket", socket_path, "ls"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["SESSION", "STATE", "TITLE"]
    assert [line.split()[0] for line in lines] == ["b-waits", "c-fails", "a-runs"]
    assert "git push" in lines[0]
    assert "529 overloaded" in lines[1]
    assert "\x1b" not in "".join(lines)


def test_states_and_keys_choose_and_order_json_too(
    socket_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rows as the table would have."""
    assert listed(socket_path, capsys, "--state", "waiting") == ["b-waits"]
    assert listed(socket_path, capsys, "--state", "running,failed") == ["c-fails", "a-runs"]
    assert listed(socket_path, capsys, "--sort", "name") == ["a-runs", "b-waits", "c-fails"]


def test_none_is_not_an_error(socket_path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A status bar asks all day: exit code 0, nothing on stdout, and one line says why."""
    assert main(["--socket", socket_path, "ls", "--state", "quiet,idle"]) == 0
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err == "none of 3 sessions is idle or quiet\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--state", "wating"], "unknown state 'wating'; did you mean `waiting`?"),
        (["--state", ""], "no state given; choose from waiting, failed"),
        (["--sort", "colour"], "'colour' is not a choice"),
    ],
)
def test_a_wrong_word_is_a_usage_error(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any daemon is asked."""
    assert main(["--socket", "/nowhere/at/all", "ls", *options]) == 2
    assert told in capsys.readouterr().err


def test_states_are_completed_one_after_the_other() -> None:
    """Behind a comma, those that are not there yet."""
    assert complete_states("wa") == ["waiting"]
    assert complete_states("waiting,") == [f"waiting,{state}" for state in STATES[1:]]
    assert complete_states("waiting,f") == ["waiting,failed"]
    assert complete_states("x") == []
