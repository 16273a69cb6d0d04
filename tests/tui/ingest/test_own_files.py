"""Which agents run as they are, and where the file is that has their events."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.launch import Launch, launch
from lashtui.ingest.own_files import files_producer, with_files
from tests.tui.producers.goldens import CAPTURES, prose_of, view_of

if TYPE_CHECKING:
    from pathlib import Path

HOME = {"HOME": "/h"}


def found(given: str, *, is_terminal: bool = False, **environment: str) -> Launch:
    """How a command is started."""
    command = shlex.split(given)
    start = launch(command)
    return with_files(
        start, command, {**HOME, **environment}, is_terminal=is_terminal, new_id="new"
    )


@pytest.mark.parametrize(
    ("given", "started", "form", "files"),
    [
        ("codex exec hi", "codex exec hi", "codex-rollout", "/h/.codex/sessions"),
        ("kimi -p hi", "kimi -p hi", "kimi-wire", "/h/.kimi-code/sessions"),
        (
            "copilot -p hi",
            "copilot --session-id new -p hi",
            "copilot",
            "/h/.copilot/session-state",
        ),
        (
            "copilot --session-id old -p hi",
            "copilot --session-id old -p hi",
            "copilot",
            "/h/.copilot/session-state",
        ),
        ("copilot --continue -p hi", "copilot --continue -p hi", "text", ""),
        ("cline 'do it'", "cline 'do it'", "text", ""),
        ("pi -p hi", "pi --mode json -p hi", "pi", ""),
    ],
)
def test_on_a_pipe(given: str, started: str, form: str, files: str) -> None:
    """What can't be rebuilt from events is not; copilot is told how to call its session."""
    start = found(given)
    assert (shlex.join(start.command), start.format, start.files) == (started, form, files)
    assert bool(start.added) == (form == "pi")


def test_on_a_terminal_only_kimi_stays_as_it_is() -> None:
    """Its file tells more than its events, and its own text is live."""
    assert found("kimi -p hi", is_terminal=True).files == "/h/.kimi-code/sessions"
    assert found("copilot -p hi", is_terminal=True).added == ("--output-format", "json")
    assert found("cline 'do it'", is_terminal=True).added == ("--json",)


def test_the_agents_own_variables_move_their_files() -> None:
    """As they do for the agents."""
    assert found("kimi -p hi", KIMI_CODE_HOME="/k").files == "/k/sessions"
    assert found("copilot -p hi", COPILOT_HOME="/c").files == "/c/session-state"


def text_of(records: list[dict[str, Any]]) -> str:
    """A file."""
    return "".join(json.dumps(each) + "\n" for each in records)


def test_copilots_file_is_the_one_that_was_named(tmp_path: Path) -> None:
    """A name that leads elsewhere leads nowhere."""
    start = found("copilot --session-id ../../x -p hi", COPILOT_HOME=str(tmp_path))
    files_producer(start, 0)
    start = found("copilot -p hi", COPILOT_HOME=str(tmp_path))
    producer = files_producer(start, 0)
    assert producer.poll() == []
    folder = tmp_path / "session-state" / "new"
    folder.mkdir(parents=True)
    said = {"messageId": "m", "content": "Hello", "toolRequests": []}
    record = {"type": "assistant.message", "data": said, "timestamp": "2026-11-27T10:00:00Z"}
    (folder / "events.jsonl").write_text(text_of([record]))
    produced = producer.poll() + producer.finish(SessionOutcome.SUCCESS)
    assert prose_of(view_of(produced, ended=False)) == ["Hello"]


def wire(prompt: str, at: int) -> str:
    """Kimi's file."""
    said = [{"type": "text", "text": prompt}]
    event = {"type": "content.part", "uuid": "u", "part": {"type": "text", "text": prompt}}
    loop = {"type": "context.append_loop_event", "event": event, "time": at}
    return text_of([{"type": "turn.prompt", "input": said, "time": at}, loop])


def test_kimis_file_is_the_one_with_this_prompt_of_this_run(tmp_path: Path) -> None:
    """Neither another's prompt nor the same one of earlier; links are not followed."""
    start = found("kimi -p mine", KIMI_CODE_HOME=str(tmp_path))
    producer = files_producer(start, 1000)
    for name, prompt, at in (("a", "other", 2000), ("b", "mine", 10), ("c", "mine", 2000)):
        folder = tmp_path / "sessions" / "wd" / name / "agents" / "main"
        folder.mkdir(parents=True)
        (folder / "wire.jsonl").write_text(wire(prompt, at))
    (tmp_path / "sessions" / "link").symlink_to(tmp_path / "sessions" / "wd")
    assert prose_of(view_of(producer.poll(), ended=False)) == ["mine"]


def test_kimis_subagents_are_told_below_their_calls(tmp_path: Path) -> None:
    """Each has a file beside the session's; of earlier runs nothing is told."""
    agents = tmp_path / "sessions" / "wd" / "s" / "agents"
    recorded = CAPTURES / "kimi_subagents"
    start = found("kimi -p SCN:tasks", KIMI_CODE_HOME=str(tmp_path))
    producer = files_producer(start, 1_795_820_713_000)
    for name in ("main", "agent-0", "agent-1"):
        (agents / name).mkdir(parents=True)
        whole = (recorded / f"{name}.stdout.jsonl").read_bytes()
        (agents / name / "wire.jsonl").write_bytes(whole)
    earlier = agents / "agent-9"
    earlier.mkdir()
    (earlier / "wire.jsonl").write_text(wire("earlier", 10).replace("{", '{"agentId":"x",', 1))
    now = 4_000_000_000
    os.utime(agents / "main" / "wire.jsonl", (now, now))
    view = view_of(producer.poll() + producer.finish(SessionOutcome.SUCCESS), ended=False)
    said = prose_of(view, parent="call_tasks_0_135937800")
    assert said == ["Child looks around.", "Child report: all fine."]
    assert "earlier" not in str(view.entries)


def test_without_a_known_prompt_no_file_is_guessed(tmp_path: Path) -> None:
    """It might be another run's."""
    start = found("kimi -p mine", KIMI_CODE_HOME=str(tmp_path))._replace(prompt=None)
    assert files_producer(start, 0).find() is None
