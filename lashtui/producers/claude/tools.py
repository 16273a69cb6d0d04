"""Claude's tool calls: results in lash's shape, the plan that some calls keep, questions asked.

Streams and transcripts have the same blocks, in Claude's format and compatible ones (qwen).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashtui.producers.asked import Asked
from lashtui.producers.claude.content import content_text
from lashtui.producers.claude.results import launched, outcome_of
from lashtui.producers.dedupe import succeeded
from lashtui.producers.fields import map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record
    from lashtui.producers.records import RecordProducer

MAX_PLAN = 256
"""Items of a plan that a person can still look through."""

_QUESTIONS: Final = ("AskUserQuestion", "ask_user_question", "ExitPlanMode", "exit_plan_mode")
_TODO: Final = ("TodoWrite", "todo_write")
_AGENTS: Final = ("Agent", "Task", "agent", "task")


class ToolUses:
    """Blocks of type tool_use and tool_result to calls, plan and questions."""

    def __init__(self, producer: RecordProducer) -> None:
        self._producer = producer
        self._plan: dict[str, tuple[str, str]] = {}
        self.asked = Asked(producer.wait, producer.resume)

    def start(self, block: Record, parent: str | None) -> None:
        """A tool_use block."""
        call_id, name = text_of(block, "id"), text_of(block, "name")
        args = block.get("input")
        producer = self._producer
        producer.calls.start(call_id, name, args, at=producer.clock, parent=parent)
        question = question_of(name, args)
        if question:
            self.asked.ask(call_id, question)

    def complete(self, block: Record, rich: object, meta: object, parent: str | None) -> None:
        """A tool_result block; `rich` is its line's own copy of it, `meta` what its line adds."""
        call_id = text_of(block, "tool_use_id")
        call = self._producer.calls.open.get(call_id)
        output = outcome_of(block, rich, meta)
        if call is not None and call.name in _AGENTS:
            started = launched(content_text(block.get("content")))
            output = succeeded(started) if started is not None else output
        if call is not None and not call.parent and output["outcome"]["status"] == "success":
            self._note_task(call.name, call.args, rich)
        self._producer.calls.complete(call_id, output, at=self._producer.clock, parent=parent)
        self.asked.answer(call_id)

    def _replace_plan(self, todos: list[Record]) -> None:
        items = [
            (text_of(todo, "content") or text_of(todo, "subject"), text_of(todo, "status"))
            for todo in todos[:MAX_PLAN]
        ]
        self._producer.plan(items)

    def _note_task(self, name: str, args: JsonValue, rich: object) -> None:
        """TodoWrite has the whole plan; TaskCreate, TaskUpdate and TaskList one item at a time."""
        if name in _TODO:
            self._replace_plan(maps_of(args, "todos"))
            return
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


def question_of(name: str, args: object) -> str:
    """What a call asks a person; empty for one that asks nothing."""
    if name not in _QUESTIONS:
        return ""
    if name in ("ExitPlanMode", "exit_plan_mode"):
        return "approval of the plan"
    questions = [text_of(each, "question") for each in maps_of(args, "questions")]
    questions = [each for each in questions if each] or [text_of(args, "question")]
    return "; ".join(questions[:4]) or "an answer"
