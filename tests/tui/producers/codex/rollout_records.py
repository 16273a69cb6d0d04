"""Lines of rollouts, made by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.codex.rollout import CodexRolloutProducer
from tests.tui.producers.pipes import lines, seen

if TYPE_CHECKING:
    from lashd.protocol.records import Record

STAMP = "2026-11-22T09:22:45.685Z"


def line(kind: str, **payload: Any) -> Record:
    """One line of a file."""
    return {"timestamp": STAMP, "type": kind, "payload": payload}


def told(what: str, /, **payload: Any) -> Record:
    """An event."""
    return line("event_msg", **payload, type=what)


def asked(name: str, arguments: object, call: str = "c", **rest: Any) -> Record:
    """The model calls a function."""
    given = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return line(
        "response_item", type="function_call", name=name, arguments=given, call_id=call, **rest
    )


def gave(output: object, call: str = "c") -> Record:
    """What it was given back."""
    return line("response_item", type="function_call_output", call_id=call, output=output)


def view_at(*records: Record, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """The view at a file's end."""
    return seen(CodexRolloutProducer(), lines(*records), outcome)


START, END = told("task_started"), told("task_complete")


def ran(key: str, command: str, **rest: Any) -> Record:
    """The end of a command, as an event."""
    base = {"type": "CommandExecution", "id": key, "command": ["bash", "-lc", command]}
    item = {"status": "completed", "exit_code": 0, **base, **rest}
    return told("item_completed", item=item, started_at_ms=1000, completed_at_ms=3000)


def script(source: str, call: str = "s") -> Record:
    """The model writes a script."""
    return line("response_item", type="custom_tool_call", name="exec", input=source, call_id=call)


def script_gave(text: str, call: str = "s") -> Record:
    """What it printed."""
    output = [{"type": "input_text", "text": text}]
    return line("response_item", type="custom_tool_call_output", call_id=call, output=output)


def meta(name: str, **rest: Any) -> Record:
    """The line about a session."""
    return line("session_meta", id=name, cwd="/w", **rest)


def said(role: str, text: str, **rest: Any) -> Record:
    """A message among the model's items."""
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return line("response_item", type="message", role=role, content=content, **rest)


PARENT = "01a21c89-d916-7bf1-9ecd-49c3927f09b8"
CHILD = "01a21c89-da9a-7be2-b78e-5983d14a5338"
LATER = "01a21c89-dabe-7652-9a80-45762768dfa7"
"""A session, one that it spawned, and a turn after that: ids of version 7 sort by time."""
