"""What running Claudes say of their state reaches the sessions that their transcripts tell."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lashtui.ingest.live.claude_sessions import ClaudeSessions, Sessions, told_of
from lashtui.ingest.live.place import Place
from lashtui.ingest.sink import Sign, State
from lashtui.ingest.transcripts import Key
from tests.tui.producers.goldens import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lashd.protocol.records import Record
    from lashtui.ingest.telling import Teller
    from lashtui.ingest.transcripts import Known

(SCREEN,) = cases("claude_screen")
ONE = Key("claude", "one")


class Heard:
    """A place that keeps what it is told."""

    def __init__(self) -> None:
        self.signs: list[tuple[Key, State, str]] = []
        self.place = Place(self, lambda _: None)

    def claim(self, key: Key, known: Known) -> Teller | None:
        """Nothing is claimed."""

    def free(self, key: Key) -> None:
        """Nothing was claimed."""

    def hooked(self, key: Key, call: Record, at: int | None) -> None:
        """Nothing is hooked."""

    def sign(self, key: Key, sign: Sign) -> None:
        """Keep it."""
        self.signs.append((key, sign.state, sign.what))


def until(is_true: Callable[[], bool]) -> None:
    """Wait for it, a few seconds at most."""
    limit = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < limit
        time.sleep(0.005)


def told(session: str = "one", status: str = "busy", **more: Any) -> str:
    """The content of a file."""
    return json.dumps({"pid": os.getpid(), "sessionId": session, "status": status, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files' directory."""
    (tmp_path / "sessions").mkdir()
    return tmp_path / "sessions"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Heard]:
    """A source that runs."""
    heard, stop = Heard(), threading.Event()
    source = ClaudeSessions({"CLAUDE_CONFIG_DIR": str(tmp_path)})
    thread = threading.Thread(target=source.run, args=(heard.place, stop))
    thread.start()
    yield heard
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_all_states_of_the_recording_are_known() -> None:
    """None of them is left out but the first, which comes before there is one."""
    states = [told_of(each["state"]) for each in SCREEN.records() if "state" in each]
    signs = [each.sign for each in states if each is not None]

    assert signs[0] is None
    assert all(each is not None for each in signs[1:])
    assert {each.state for each in signs if each is not None} == {
        State.WORKING,
        State.WAITING,
        State.IDLE,
    }


def test_only_news_are_told(folder: Path) -> None:
    """A state once, however often the file is written."""
    sessions, file = Sessions(str(folder)), folder / "1.json"
    file.write_text(told(statusUpdatedAt=5))
    assert sessions.look() == ([(ONE, Sign(State.WORKING, "", 5))], [])
    file.write_text(told(statusUpdatedAt=5, updatedAt=9))
    assert sessions.look() == ([], [])
    file.write_text(told(status="waiting", waitingFor="input needed", statusUpdatedAt=7))
    assert sessions.look() == ([(ONE, Sign(State.WAITING, "input needed", 7))], [])
    file.unlink()
    assert sessions.look() == ([], [ONE])
    assert sessions.look() == ([], [])


def test_a_claude_that_goes_to_another_session_leaves_the_first(folder: Path) -> None:
    """As with /clear."""
    sessions, file = Sessions(str(folder)), folder / "1.json"
    file.write_text(told())
    sessions.look()
    file.write_text(told("two"))

    assert sessions.look() == ([(Key("claude", "two"), Sign(State.WORKING))], [ONE])
    assert sessions.pids() == {os.getpid(): "two"}


def test_a_killed_claude_is_gone_though_its_file_is_there(folder: Path) -> None:
    """But one in a container, whose number means nothing here, is not."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    sessions = Sessions(str(folder))
    file = folder / "1.json"
    file.write_text(told())
    sessions.look()
    file.write_text(told(pid=dead.pid))
    assert sessions.look() == ([], [ONE])

    file.write_text(told(pid=dead.pid, pidDomain="linux:abc:pid:[1]"))
    assert sessions.look()[0] == [(ONE, Sign(State.WORKING))]


def test_a_killed_claude_whose_file_is_half_written_is_gone(folder: Path) -> None:
    """What it said before tells which process it was."""
    claude = subprocess.Popen(["sleep", "60"])
    (folder / "1.json").write_text(told(pid=claude.pid))
    sessions = Sessions(str(folder))
    assert len(sessions.look()[0]) == 1
    (folder / "1.json").write_text("{")
    assert sessions.look() == ([], [])
    claude.kill()
    claude.wait()
    assert sessions.look() == ([], [ONE])


@pytest.mark.parametrize("pid", [0, -1, 2**52])
def test_a_process_that_none_can_be_runs_nothing(folder: Path, pid: int) -> None:
    """Whatever the file says."""
    (folder / "1.json").write_text(told(pid=pid))
    assert Sessions(str(folder)).look() == ([], [])


def test_a_directory_of_such_a_name_costs_nothing(folder: Path) -> None:
    """It is looked at every few seconds, for days."""
    (folder / "1.json").mkdir()
    sessions = Sessions(str(folder))
    before = len(os.listdir("/proc/self/fd"))
    sessions.look()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": "x", "sessionId": 1}'])
def test_what_is_no_such_file_says_nothing(folder: Path, content: str) -> None:
    """Nor does a link, wherever it leads; and a half-written one ends no session."""
    sessions = Sessions(str(folder))
    (folder / "1.json").write_text(content)
    (folder / "other").write_text(told())
    (folder / "2.json").symlink_to(folder / "other")
    assert sessions.look() == ([], [])
    (folder / "1.json").write_text(told())
    sessions.look()
    (folder / "1.json").write_text(content)
    assert sessions.look() == ([], [])


def test_a_state_is_told_within_half_a_second(folder: Path, running: Heard) -> None:
    """What is there at the start, each change, and the end."""
    file = folder / "1.json"
    file.write_text(told())
    until(lambda: running.signs == [(ONE, State.WORKING, "")])
    began = time.monotonic()
    file.write_text(told(status="waiting", waitingFor="permission prompt"))
    until(lambda: running.signs[-1] == (ONE, State.WAITING, "permission prompt"))
    waited = time.monotonic() - began
    file.unlink()
    until(lambda: running.signs[-1] == (ONE, State.ENDED, ""))

    assert waited < 2.5  # on a machine that does nothing else, less than a fifth of that


def test_the_directory_may_come_later(tmp_path: Path, running: Heard) -> None:
    """Where Claude Code is used for the first time."""
    (tmp_path / "sessions").mkdir(exist_ok=True)
    (tmp_path / "sessions" / "1.json").write_text(told(status="idle"))

    until(lambda: running.signs == [(ONE, State.IDLE, "")])
