"""qwen-code's own files: messages in parts, turns without an end line, commands, going back."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.qwen.transcript import QwenTranscriptProducer
from tests.tui.producers.claude.claude_records import rows, seen, told
from tests.tui.producers.goldens import Case, cases, name_of, produce, view_of
from tests.tui.producers.news import news_of

_numbers = itertools.count()


def line(kind: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A record; each stands a second after the one before."""
    n = next(_numbers)
    usual = {"uuid": f"u{n}", "parentUuid": f"u{n - 1}", "sessionId": "s", "cwd": "/work"}
    stamp = f"2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000Z"
    return {"type": kind, **usual, "timestamp": stamp, "message": {"parts": list(parts)}, **fields}


def user(said: str, **fields: Any) -> dict[str, Any]:
    """What a person said."""
    return line("user", {"text": said}, **fields)


def says(words: str) -> dict[str, Any]:
    """A message without calls."""
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 2}
    return line("assistant", {"text": words}, usageMetadata=usage)


def calls(call_id: str, name: str, **args: Any) -> dict[str, Any]:
    """A call."""
    return line("assistant", {"functionCall": {"id": call_id, "name": name, "args": args}})


def gave(call_id: str, name: str, status: str = "success", **response: Any) -> dict[str, Any]:
    """Its result."""
    part = {"functionResponse": {"id": call_id, "name": name, "response": response}}
    return line("tool_result", part, toolCallResult={"callId": call_id, "status": status})


def system(subtype: str, **payload: Any) -> dict[str, Any]:
    """What the program notes."""
    return line("system", subtype=subtype, systemPayload=payload)


@pytest.mark.parametrize("case", cases("qwen_transcript"), ids=name_of)
def test_nothing_of_the_recorded_session_is_missing(case: Case) -> None:
    """Each text and each call of it, once, and its name and directory."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    parts = [p for each in case.records() for p in each.get("message", {}).get("parts", ())]
    said = [part["text"] for part in parts if part.get("text")]
    assert rows(view, "user", "reasoning", "prose") == said
    ids = [part["functionCall"]["id"] for part in parts if "functionCall" in part]
    assert [row.id for row in view.entries if row.kind == "tool"] == ids
    assert (view.agent, view.title, view.directory) == ("qwen", "SCN:simple", "/home/dev/project")
    assert (view.state, view.turn_index) == ("idle", 2)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (gave("c", "read_file", output="x"), {"status": "success", "payload": "x"}),
        (gave("c", "read_file", "error", error="no"), {"status": "failure", "message": "no"}),
        (gave("c", "read_file", "cancelled", error="no"), {"status": "cancelled", "message": "no"}),
        (gave("c", "read_file", "", error="no"), {"status": "failure", "message": "no"}),
        (
            gave("c", "run_shell_command", output="Output: a\nExit Code: 3"),
            {"status": "failure", "message": "exit code 3", "payload": "a", "exit_code": 3},
        ),
        (
            gave("c", "agent", output="Background agent launched successfully.\ntask_id: a"),
            {"status": "success", "payload": "Background agent launched successfully."},
        ),
    ],
)
def test_how_a_call_ended(result: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Done, failed, refused, by its status and by a command's exit code."""
    name = result["message"]["parts"][0]["functionResponse"]["name"]
    view = seen(QwenTranscriptProducer(), user("Go"), calls("c", name), result, says("Done."))
    (row,) = (row for row in view.entries if row.kind == "tool")
    assert isinstance(row.output, dict)
    assert row.output["outcome"] == outcome


def test_a_message_without_calls_ends_the_turn_when_nothing_follows() -> None:
    """While calls are made it goes on."""
    producer = QwenTranscriptProducer()
    produced = told(producer, user("Go"), calls("c", "ls"), outcome=None) + producer.flush()
    assert view_of(produced, ended=False).state == "running"
    produced += told(producer, gave("c", "ls"), says("Done."), outcome=None) + producer.flush()
    view = view_of(produced, ended=False)
    assert (view.state, view.turn_index, view.outcome) == ("idle", 1, SessionOutcome.SUCCESS)


def test_a_prompt_within_a_running_turn_joins_it() -> None:
    """It is told apart from the next one."""
    view = seen(
        QwenTranscriptProducer(),
        user("Go"),
        calls("c", "ls"),
        gave("c", "ls"),
        user("Faster", subtype="mid_turn_user_message"),
        says("Done."),
        user("Next"),
        says("Here."),
    )
    assert (view.turn_index, rows(view, "user")) == (2, ["Go", "Faster", "Next"])


def test_what_the_program_says_is_nobodys_prompt() -> None:
    """A background agent that ended wakes the agent."""
    text = "<task-notification>x</task-notification>"
    notice = user(text, subtype="notification", systemPayload={"displayText": "Agent x ended."})
    view = seen(QwenTranscriptProducer(), user("Go"), says("Runs."), notice, says("It ended."))
    assert rows(view, "user") == ["Go"]
    remarks = [row.output for row in view.entries if row.kind == "diagnostic"]
    assert remarks == [{"message": "Agent x ended."}]
    assert view.turn_index == 2


def test_commands_are_turns_and_leaving_ends_the_session() -> None:
    """With what they printed."""
    about = [
        system("slash_command", phase="invocation", rawCommand="/about"),
        system("slash_command", phase="result", outputHistoryItems=[{"text": "0.24"}]),
    ]
    leave = system("slash_command", phase="invocation", rawCommand="/quit")
    view = seen(QwenTranscriptProducer(), *about, leave, outcome=None)
    assert rows(view, "user") == ["/about", "/quit"]
    assert [row.output for row in view.entries if row.kind == "diagnostic"] == ["0.24"]
    assert (view.state, view.outcome) == ("ended", SessionOutcome.SUCCESS)


def test_going_back_plans_and_titles_are_told() -> None:
    """As the program notes them."""
    todos = [{"id": "1", "content": "look", "status": "pending"}]
    view = seen(
        QwenTranscriptProducer(),
        user("Go"),
        calls("c", "todo_write", todos=todos),
        gave("c", "todo_write", output="ok"),
        says("One."),
        system("rewind"),
        user("Other"),
        says("Two."),
        system("custom_title", customTitle="Named"),
    )
    assert view.plan == [{"text": "look", "status": "pending"}]
    assert view.title == "Named"
    assert "rewound" in [row.name for row in view.entries if row.kind == "diagnostic"]


def test_the_model_and_its_context() -> None:
    """Each message names its model, counts its request and knows how much there is."""

    def answered(model: object, used: int, **fields: Any) -> dict[str, Any]:
        usage = {"promptTokenCount": used - 2, "candidatesTokenCount": 2}
        return line("assistant", {"text": "Hi."}, usageMetadata=usage, model=model, **fields)

    records = [
        user("go"),
        answered("qwen3", 100),
        answered("qwen3", 200, contextWindowSize=1000),
        answered("qwen3-mini", 300, contextWindowSize="many"),
        answered(None, 300),
    ]
    assert news_of(told(QwenTranscriptProducer(), *records)) == [
        "qwen3",
        {"used": 100},
        {"used": 200, "size": 1000},
        "qwen3-mini",
        {"used": 300},
    ]


def test_an_edit_has_its_diff() -> None:
    """As the program showed it to its person."""
    diff = "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n"
    result = gave("c1", "edit", output="done")
    result["toolCallResult"]["resultDisplay"] = {"fileDiff": diff, "fileName": "x"}
    asked = calls("c1", "edit", file_path="x", old_string="a", new_string="b")
    view = seen(QwenTranscriptProducer(), user("Go"), asked, result, says("Done."))
    (row,) = [row for row in view.entries if row.kind == "tool"]
    assert isinstance(row.output, dict)
    assert row.output["outcome"]["payload"] == {"output": "done", "diff": diff}
