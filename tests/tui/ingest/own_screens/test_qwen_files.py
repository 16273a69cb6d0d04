"""What qwen's own screen tells: its events, and the session's own file beside them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.own_screens.qwen_files import OwnFile, QwenEvents, free_space
from lashtui.producers import Produced
from tests.tui.producers.goldens import CAPTURES, prose_of, view_of, wire_of

SESSION = "0b2b2f0e-0000-4000-8000-000000000001"
RECORDED = (CAPTURES / "qwen" / "screen.stdout.jsonl").read_bytes()
CALL = {"type": "tool_use", "id": "call-1", "name": "run_shell_command", "input": {"command": "ls"}}


def event(kind: str, **more: Any) -> dict[str, Any]:
    """A record as qwen writes it."""
    return {"type": kind, "session_id": SESSION, "parent_tool_use_id": None, **more}


ASKED = [
    event("system", subtype="session_start", uuid="u0", data={"cwd": "/p", "protocol_version": 2}),
    event("user", message={"role": "user", "content": [{"type": "text", "text": "list"}]}),
    event("stream_event", event={"type": "message_start", "message": {"id": "m1", "model": "q"}}),
    event("assistant", uuid="m1", message={"id": "m1", "role": "assistant", "content": [CALL]}),
    event("stream_event", event={"type": "message_stop"}),
    {
        "type": "control_request",
        "request_id": "r1",
        "request": {
            "subtype": "can_use_tool",
            "tool_name": "run_shell_command",
            "tool_use_id": "call-1",
            "input": {"command": "ls"},
        },
    },
]


class Run:
    """qwen's two files, and what is read of them."""

    def __init__(self, home: Path) -> None:
        self.events = home / "events.jsonl"
        self.events.touch()
        self.chats = home / "projects" / "-p" / "chats"
        self.chats.mkdir(parents=True)
        self.descriptor = os.open(self.events, os.O_RDWR)
        self.now = 0.0
        own = OwnFile(str(home / "projects"), 1_000, lambda: self.now)
        self.told = QwenEvents(self.descriptor, own, lambda: self.now)
        self.produced: list[Produced] = []

    def write(self, *records: dict[str, Any]) -> None:
        """qwen writes events."""
        with self.events.open("a") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
        self.poll()

    def keep(self, at: str, **record: Any) -> None:
        """qwen writes to the session's own file."""
        with (self.chats / f"{SESSION}.jsonl").open("a") as file:
            file.write(json.dumps({"timestamp": at, "sessionId": SESSION, **record}) + "\n")
        self.now += 1
        self.poll()

    def poll(self) -> None:
        """A look at both."""
        self.produced += self.told.poll()

    def rows(self) -> list[tuple[str, str | None]]:
        """Kind and state of the rows, the session's state last."""
        view = view_of(self.produced, ended=False)
        return [*((row.kind, row.state) for row in view.entries), ("", view.state)]


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A run of qwen."""
    made = Run(tmp_path)
    yield made
    os.close(made.descriptor)


def cancelled(call: str, why: str) -> dict[str, Any]:
    """The end of a call that a person refused, in the session's own file."""
    error = {"error": f"[Operation Cancelled] Reason: {why}"}
    answer = {"functionResponse": {"id": call, "response": error}}
    return {
        "type": "tool_result",
        "message": {"role": "user", "parts": [answer]},
        "toolCallResult": {"callId": call, "status": "cancelled"},
    }


LATE, EARLY = "2026-11-27T12:00:00.000Z", "1970-01-01T00:00:00.500Z"


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_a_file_that_grows_tells_what_it_tells_as_a_whole(run: Run, size: int) -> None:
    """Cut anywhere; the missing result at its end is no failure."""
    for start in range(0, len(RECORDED), size):
        with run.events.open("ab") as file:
            file.write(RECORDED[start : start + size])
        run.poll()
    produced = run.produced + run.told.finish(SessionOutcome.SUCCESS)
    golden = json.loads((CAPTURES.parent / "golden" / "qwen" / "screen.json").read_text())
    assert wire_of(produced) == golden
    assert "error" not in {row.kind for row in view_of(produced).entries}


def test_a_turn_whose_last_words_come_late(run: Run) -> None:
    """They show nothing; it ends a second after them, not after what was shown."""
    said = {"id": "m1", "role": "assistant", "content": [{"type": "text", "text": "Done."}]}
    run.write(*ASKED[:3], event("assistant", uuid="m1", message=said))
    assert run.rows()[-1] == ("", "running")
    for _ in range(3):
        run.now += 2
        run.poll()
    run.write(event("stream_event", event={"type": "message_stop"}))
    assert run.rows()[-1] == ("", "running")
    run.now += 2
    run.poll()
    assert run.rows()[-1] == ("", "idle")


def test_a_call_that_waits_and_is_refused(run: Run) -> None:
    """The events say only that it waits; the session's own file that it does no more."""
    run.write(*ASKED)
    assert run.rows()[-1] == ("", "waiting")
    run.keep(LATE, **cancelled("call-1", "User did not allow tool call"))
    assert ("tool", "cancelled") in run.rows()
    assert run.rows()[-1] == ("", "running")
    run.produced += run.told.flush()
    assert run.rows()[-1] == ("", "idle")
    assert [row["activity"]["output"]["outcome"] for row in ends(run)] == [
        {"status": "cancelled", "message": "User did not allow tool call"}
    ]


def ends(run: Run) -> list[dict[str, Any]]:
    """The ends of calls."""
    rows = [row for row in wire_of(run.produced) if row["type"] == "turn_activity"]
    return [row for row in rows if row["activity"]["type"] == "tool_call_completed"]


def test_what_was_before_the_run_is_not_told(run: Run) -> None:
    """A session that is resumed has a file already."""
    run.keep(EARLY, type="user", subtype="mid_turn_user_message", message=said("long ago"))
    run.write(*ASKED)
    run.keep(EARLY, **cancelled("call-1", "no"))
    run.keep("no time", **cancelled("call-1", "no"))
    assert run.rows()[-1] == ("", "waiting")


def said(text: str) -> dict[str, Any]:
    """A person's words as the session's own file has them."""
    return {"role": "user", "parts": [{"text": text}]}


def test_what_is_said_amid_a_turn(run: Run) -> None:
    """Once; the prompt that began the turn is told by the events."""
    run.write(*ASKED)
    run.keep(LATE, type="user", message=said("list"))
    run.keep(LATE, type="user", subtype="mid_turn_user_message", message=said("hurry"))
    users = [row.text for row in view_of(run.produced).entries if row.kind == "user"]
    assert users == ["list", "hurry"]


@pytest.mark.parametrize("junk", ["", "no json", "[1]", '{"type": 3}', '{"timestamp": []}', "\0\0"])
def test_junk_in_the_sessions_own_file(run: Run, junk: str) -> None:
    """It is passed over."""
    run.write(*ASKED)
    (run.chats / f"{SESSION}.jsonl").write_text(junk + "\n")
    run.now += 1
    run.poll()
    run.keep(LATE, **cancelled("call-1", "no"))
    assert ("tool", "cancelled") in run.rows()


def test_a_session_that_names_no_file_of_its_own(run: Run) -> None:
    """A path for an id leads nowhere; nor does a link."""
    other = run.chats.parent.parent.parent / "other.jsonl"
    other.write_text(json.dumps({"timestamp": LATE, **cancelled("call-1", "no")}) + "\n")
    (run.chats / f"{SESSION}.jsonl").symlink_to(other)
    run.write(*ASKED)
    run.now += 1
    run.poll()
    run.write({**ASKED[0], "session_id": "../../../other"})
    run.now += 1
    run.poll()
    assert ("tool", "cancelled") not in run.rows()


def test_leaving_amid_a_turn_is_no_failure(run: Run) -> None:
    """The person who left has stopped it."""
    run.write(*ASKED)
    run.produced += run.told.finish(SessionOutcome.SUCCESS)
    view = view_of(run.produced)
    assert "interrupted" in [row.name for row in view.entries]
    assert "error" not in {row.kind for row in view.entries}
    assert prose_of(view) == []


def test_space_that_was_read_is_given_back(tmp_path: Path) -> None:
    """The file keeps its length, so that its writer goes on at its end."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * 1024 * 1024)
    before = path.stat()
    with path.open("r+b") as file:
        free_space(file.fileno(), 0, before.st_size)
    after = path.stat()
    assert after.st_size == before.st_size
    if not after.st_blocks < before.st_blocks:
        pytest.skip("this file system gives no space back")
    assert path.read_bytes() == bytes(1024 * 1024)
