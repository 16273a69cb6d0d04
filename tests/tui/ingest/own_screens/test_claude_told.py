"""A scripted Claude Code: its transcript, its states and its hooks, as the recording has them."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import AssistantProseDelta, TurnActivity, Waiting
from lashtui.hooks.spool import Spool, script
from lashtui.ingest.own_screens.claude_told import ClaudeTold
from lashtui.producers import is_end
from tests.tui.producers.goldens import cases, prose_of, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lashtui.producers import Produced

(SCREEN,) = cases("claude_screen")
RECORDS = SCREEN.records()
SESSION = next(each["hook"]["session_id"] for each in RECORDS if "hook" in each)
BEGAN = int(RECORDS[0]["t"] * 1000) - 1000
PID = os.getpid()


class Scripted:
    """Claude Code without a model: it writes what it is told to write."""

    def __init__(self, home: Path, *, began_ms: int = BEGAN, has_hooks: bool = True) -> None:
        self.home = home
        self.now = 0.0
        self.produced: list[Produced] = []
        self.spool = Spool(str(home / "calls"))
        self.spool.__enter__()
        self._hook = home / "hook"
        self._hook.write_text(script("Claude Code", str(home / "calls")))
        self._hook.chmod(0o700)
        (home / "sessions").mkdir()
        (home / "projects" / "here").mkdir(parents=True)
        self.has_hooks = has_hooks
        self.told = ClaudeTold(
            {"CLAUDE_CONFIG_DIR": str(home)},
            self.spool if has_hooks else None,
            began_ms=began_ms,
            clock=lambda: self.now,
            is_ours=lambda pid: pid == PID,
        )

    def write(self, line: str, session: str = SESSION) -> None:
        """A line of the transcript."""
        with open(self.home / "projects" / "here" / f"{session}.jsonl", "a") as file:
            file.write(line + "\n")

    def state(self, state: dict[str, Any], *, pid: int = PID) -> None:
        """What it says of itself."""
        (self.home / "sessions" / f"{pid}.json").write_text(json.dumps({**state, "pid": pid}))

    def call(self, call: dict[str, Any]) -> None:
        """A hook is called."""
        if self.has_hooks:
            subprocess.run([str(self._hook), "line"], input=json.dumps(call), text=True, check=True)

    def play(self, record: dict[str, Any]) -> None:
        """One thing of the recording."""
        if "line" in record:
            self.write(record["line"])
        elif "hook" in record:
            self.call(record["hook"])
        elif "state" in record:
            self.state(record["state"])

    def poll(self, seconds: float = 0.0) -> list[Produced]:
        """Time goes by, and it is looked at."""
        self.now += seconds
        produced = self.told.poll()
        self.produced += produced
        return produced

    def finish(self) -> None:
        """It leaves."""
        self.produced += self.told.finish(None)
        self.spool.__exit__()

    @property
    def prose(self) -> list[str]:
        """What a reader has of it."""
        return prose_of(view_of(self.produced))

    @property
    def asked(self) -> list[str]:
        """What it waited for."""
        events = [p.payload.event for p in self.produced if isinstance(p.payload, TurnActivity)]
        return [each.what for each in events if isinstance(each, Waiting)]


@pytest.fixture
def claude(tmp_path: Path) -> Iterator[Scripted]:
    """One that runs."""
    scripted = Scripted(tmp_path)
    yield scripted
    scripted.spool.__exit__()


TRANSCRIPT = [
    "".join(part["text"] for part in record["message"]["content"] if part["type"] == "text")
    for record in (json.loads(each["line"]) for each in RECORDS if "line" in each)
    if record["type"] == "assistant"
    and any(part["type"] == "text" for part in record["message"]["content"])
]


@pytest.mark.parametrize("seed", range(6))
def test_all_of_it_is_told_once_however_it_is_cut(tmp_path: Path, seed: int) -> None:
    """Looked at after each thing, after many, or only at the end; with hooks and without."""
    chance = random.Random(seed)
    claude = Scripted(tmp_path, has_hooks=seed != 5)
    for record in RECORDS:
        claude.play(record)
        if chance.random() < seed / 4:
            claude.poll(chance.uniform(0, 0.3))
    claude.finish()

    assert claude.prose == TRANSCRIPT
    assert not any(is_end(each) for each in claude.produced)
    assert view_of(claude.produced).waiting_for is None


def test_lines_and_questions_come_while_they_are_there(claude: Scripted) -> None:
    """Each line as soon as it is shown, a question within a quarter of a second."""
    for record in RECORDS:
        claude.play(record)
        produced = claude.poll(0.01)
        if "hook" in record and record["hook"].get("delta"):
            texts = [
                each.payload.event.text
                for each in produced
                if isinstance(each.payload, TurnActivity)
                and isinstance(each.payload.event, AssistantProseDelta)
            ]
            assert record["hook"]["delta"] in "".join(texts)
        if "state" in record and record["state"].get("waitingFor"):
            claude.poll(0.1)
            claude.poll(0.15)
            assert view_of(claude.produced, ended=False).state == "waiting"
    claude.finish()

    assert claude.asked[0] == "permission for Bash: echo tool-ran > ran.txt; echo tool-out"
    assert claude.asked[-1] == "Which colour?"


def test_the_first_answer_is_live_though_its_file_comes_late(claude: Scripted) -> None:
    """Claude Code shows the first line before it has written the prompt."""
    prompt = next(at for at, each in enumerate(RECORDS) if '"type": "user"' in each.get("line", ""))
    hooks = [each for each in RECORDS if "hook" in each][:2]
    claude.call({"hook_event_name": "SessionStart", "session_id": SESSION})
    for record in hooks:
        claude.play(record)
    assert claude.poll(1) == []
    for record in RECORDS[: prompt + 1]:
        if "line" in record:
            claude.play(record)
    claude.poll(1)

    assert claude.prose == ["".join(each["hook"]["delta"] for each in hooks)]


def test_what_was_said_before_this_run_is_left_out(tmp_path: Path) -> None:
    """A session that goes on has its past in the same file."""
    middle = next(at for at, each in enumerate(RECORDS) if "SCN:ask" in each.get("line", ""))
    claude = Scripted(tmp_path, began_ms=int(RECORDS[middle]["t"] * 1000) - 500)
    for record in RECORDS[:middle]:
        if "line" in record:
            claude.play(record)
    for record in RECORDS[middle:]:
        claude.play(record)
        claude.poll(0.05)
    claude.finish()

    assert claude.prose == TRANSCRIPT[TRANSCRIPT.index("A question.") :]


def test_another_session_in_the_same_screen_goes_on_here(claude: Scripted) -> None:
    """As with /clear; and what was told of the first isn't told again when a person goes back."""
    other = "11111111-2222-4333-8444-555555555555"
    state = next(each["state"] for each in RECORDS if "state" in each)
    claude.state(state)
    lines = [each["line"] for each in RECORDS if "line" in each]
    ask = next(at for at, each in enumerate(lines) if "SCN:ask" in each)
    for line in lines[:ask]:
        claude.write(line)
    claude.poll(1)
    claude.state({**state, "sessionId": other})
    for line in lines[ask:]:
        claude.write(line.replace(SESSION, other), other)
    claude.poll(1)
    claude.state(state)
    claude.poll(1)
    claude.finish()

    assert claude.prose == TRANSCRIPT


def test_a_claude_that_it_starts_is_another_one(claude: Scripted) -> None:
    """It has a file of its own, and may be below ours, too."""
    state = next(each["state"] for each in RECORDS if "state" in each)
    claude.state(state)
    claude.poll(1)
    claude.state({**state, "sessionId": "11111111-2222-4333-8444-555555555555"}, pid=os.getppid())
    for record in RECORDS:
        if "line" in record:
            claude.write(record["line"])
    claude.poll(1)
    claude.finish()

    assert claude.prose == TRANSCRIPT


def test_a_link_is_no_transcript(claude: Scripted, tmp_path: Path) -> None:
    """Only what stands below its own directory is read."""
    outside = tmp_path / "outside.jsonl"
    outside.write_text("".join(each["line"] + "\n" for each in RECORDS if "line" in each))
    (tmp_path / "projects" / "here" / f"{SESSION}.jsonl").symlink_to(outside)
    claude.state(next(each["state"] for each in RECORDS if "state" in each))
    claude.poll(1)
    claude.finish()

    assert claude.produced == []
