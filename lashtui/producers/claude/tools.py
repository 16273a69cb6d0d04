"""Claude's tool calls: results in lash's shape, the plan that some calls keep, questions asked.

Streams and transcripts have the same blocks, in Claude's format and compatible ones (qwen).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashtui.producers.dedupe import cancelled, failed, succeeded
from lashtui.producers.records import map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record
    from lashtui.producers.records import RecordProducer

MAX_PLAN = 256
"""Items of a plan that a person can still look through."""
MAX_ASKED = 64
"""Questions that wait at once."""

_QUESTIONS: Final = ("AskUserQuestion", "ask_user_question", "ExitPlanMode", "exit_plan_mode")
_TODO: Final = ("TodoWrite", "todo_write")
_ERROR_TAG = re.compile(r"\A\s*<tool_use_error>(.*?)(?:</tool_use_error>\s*)?\Z", re.DOTALL)
_EXIT_CODE = re.compile(r"\AExit code (\d{1,9})\b")
_TOOLS_USED = re.compile(r"\A\s*<(tools-used-before-summary)>.*?</\1>\s*", re.DOTALL)
# What the program adds to a result for the model to read; no part of what the tool gave.
_ADDED = re.compile(
    r"\s*<system-reminder>.*?(?:</system-reminder>|\Z)"
    r"|\n\nThe user sent a new message while you were working:\n.*\Z",
    re.DOTALL,
)
_LAUNCHED = re.compile(r"\A((?:Async|Background) agent launched successfully\.)\s")
"""A subagent that goes on in the background; the rest tells the model what not to do."""
_AGENTS: Final = ("Agent", "Task", "agent", "task")
_REJECTED: Final = "User rejected tool use"


class ToolUses:
    """Blocks of type tool_use and tool_result to calls, plan and questions."""

    def __init__(self, producer: RecordProducer) -> None:
        self._producer = producer
        self._plan: dict[str, tuple[str, str]] = {}
        self._asked: dict[str, None] = {}

    def start(self, block: Record, parent: str | None) -> None:
        """A tool_use block."""
        call_id, name = text_of(block, "id"), text_of(block, "name")
        args = block.get("input")
        producer = self._producer
        producer.calls.start(call_id, name, args, at=producer.clock, parent=parent)
        if name in _TODO and parent is None:
            self._replace_plan(maps_of(args, "todos"))
        elif name in _QUESTIONS:
            self.ask(call_id, _question(name, args))

    def complete(self, block: Record, rich: object, meta: object, parent: str | None) -> None:
        """A tool_result block; `rich` is its line's own copy of it, `meta` what its line adds."""
        call_id = text_of(block, "tool_use_id")
        call = self._producer.calls.open.get(call_id)
        output = outcome_of(block, rich, meta)
        if call is not None and call.name in _AGENTS:
            launched = _LAUNCHED.match(content_text(block.get("content")))
            output = succeeded(launched[1]) if launched is not None else output
        if call is not None and not call.parent and output["outcome"]["status"] == "success":
            self._note_task(call.name, call.args, rich)
        self._producer.calls.complete(call_id, output, at=self._producer.clock, parent=parent)
        self.answered(call_id)

    def ask(self, key: str, what: str) -> None:
        """The agent needs a person, until `answered` is called with `key`."""
        if len(self._asked) < MAX_ASKED and key not in self._asked:
            self._asked[key] = None
            self._producer.wait(what)

    def answered(self, key: str) -> None:
        """One question has its answer; the agent goes on when none is left."""
        if key in self._asked:
            del self._asked[key]
            if not self._asked:
                self._producer.resume()

    def answered_all(self) -> None:
        """The agent goes on, whatever it had asked."""
        self._asked.clear()
        self._producer.resume()

    def end_turn(self) -> None:
        """Nobody answers any more."""
        self._asked.clear()

    def _replace_plan(self, todos: list[Record]) -> None:
        items = [
            (text_of(todo, "content") or text_of(todo, "subject"), text_of(todo, "status"))
            for todo in todos[:MAX_PLAN]
        ]
        self._producer.plan(items)

    def _note_task(self, name: str, args: JsonValue, rich: object) -> None:
        """TaskCreate, TaskUpdate and TaskList keep the plan one item at a time."""
        if name == "TaskCreate":
            task = map_of(rich, "task")
            if text_of(task, "id") and len(self._plan) < MAX_PLAN:
                self._plan[text_of(task, "id")] = (text_of(task, "subject"), "pending")
        elif name == "TaskUpdate":
            task_id = text_of(args, "taskId")
            if task_id not in self._plan:
                return
            subject, status = self._plan[task_id]
            status = text_of(args, "status") or status
            if status == "deleted":
                del self._plan[task_id]
            else:
                self._plan[task_id] = (text_of(args, "subject") or subject, status)
        elif name == "TaskList" and maps_of(rich, "tasks"):
            self._plan = {
                text_of(task, "id"): (text_of(task, "subject"), text_of(task, "status"))
                for task in maps_of(rich, "tasks")[:MAX_PLAN]
            }
        else:
            return
        self._producer.plan(list(self._plan.values()))


def outcome_of(block: Record, rich: object, meta: object) -> dict[str, JsonValue]:
    """A tool_result block in lash's shape.

    A call that a person refused or interrupted is cancelled; whatever else has `is_error` failed.
    """
    text = _ADDED.sub("", content_text(block.get("content")))
    output: JsonValue
    if block.get("is_error") is True:
        if rich == _REJECTED or _was_rejected(block, meta):
            output = cancelled(text)
        else:
            if isinstance(rich, str) and rich.startswith("Error: "):
                text = rich.removeprefix("Error: ")
            tagged = _ERROR_TAG.match(text)
            text = tagged.group(1).strip() if tagged else text
            code = _EXIT_CODE.match(text)
            output = failed(text, exit_code=int(code.group(1)) if code else None)
    elif isinstance(rich, dict) and rich.get("interrupted") is True:
        output = cancelled(text)
    elif isinstance(rich, dict) and "agentId" in rich and isinstance(rich.get("content"), list):
        output = succeeded(_TOOLS_USED.sub("", content_text(rich["content"])))
    else:
        output = succeeded(text)
    assert isinstance(output, dict)
    return output


def content_text(content: object) -> str:
    """A content as text: its text blocks; of others only that they are there."""
    if isinstance(content, str):
        return content
    parts = []
    for block in content if isinstance(content, list) else []:
        if isinstance(block, str):
            parts.append(block)
        elif isinstance(block, dict) and isinstance(block.get("text"), str):
            parts.append(block["text"])
        elif isinstance(block, dict):
            kind = text_of(block, "type") or "block"
            what = text_of(map_of(block, "source"), "media_type") or text_of(block, "tool_name")
            parts.append(f"[{kind}: {what}]" if what else f"[{kind}]")
    return "\n".join(parts)


def _was_rejected(block: Record, meta: object) -> bool:
    """Whether a person stopped the call; a rule that denied it makes it a failure."""
    for each in meta if isinstance(meta, list) else []:
        if text_of(each, "id") == text_of(block, "tool_use_id"):
            denied = text_of(map_of(each, "permission_decision"), "decision") == "reject"
            return text_of(each, "non_execution_kind") == "user-rejected" and not denied
    return False


def _question(name: str, args: object) -> str:
    if name in ("ExitPlanMode", "exit_plan_mode"):
        return "approval of the plan"
    questions = [text_of(each, "question") for each in maps_of(args, "questions")]
    questions = [each for each in questions if each] or [text_of(args, "question")]
    return "; ".join(questions[:4]) or "an answer"
