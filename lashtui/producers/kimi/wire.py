"""`kimi-wire`: a session's `agents/main/wire.jsonl` under `~/.kimi-code/sessions`.

Subagents have files beside it. Whole texts, written as each request to the model ends; calls as
they begin and end, and what a person is asked. Messages stand in it again once their turn is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import ModelRequestStarted, ReasoningDelta, RetryStatus, SessionOutcome
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.asked import MAX_ASKED, Asked
from lashtui.producers.background import Background
from lashtui.producers.dedupe import bounded, cancelled
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import (
    int_of,
    map_of,
    maps_of,
    text_of,
    time_of,
    title_of,
    todo_items,
)
from lashtui.producers.kimi.results import AGENT, result_of, usage_of
from lashtui.producers.nesting import NestingProducer
from lashtui.producers.words import readable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record
    from lashtui.producers.children import Child

MAX_AGENTS: Final = 4096
"""Subagents whose calls are known."""
MAX_TEXTS: Final = 256
"""Texts of one request to the model; it writes a few."""

_QUIET: Final = (
    *("agent.", "prompt.", "runtime.", "permission.", "llm.", "plugin.", "file_history."),
    *("usage.", "token_counting.", "context.", "turn.", "tools.", "config.", "task.", "goal."),
    *("subagent.", "profile.", "cron.", "skill.", "mcp.", "hook.", "session.", "interaction."),
)
"""How kinds begin that are the program's own, or say again what others say."""
_REFUSED: Final = ("reject", "den", "cancel")


class KimiWireProducer(NestingProducer):
    """One file, and those of its subagents."""

    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._asked = Asked(self.wait, self.resume)
        self._background = Background(self.emit_payload)
        self._directory = self._title = ""
        self._agent = ""
        """Whose file it is."""
        self.spawned: dict[str, str] = {}
        """Subagents, and the calls that began them."""
        self._aside: dict[str, str] = {}
        """Those that work in the background, by their processes' names."""
        self._texts_of_step: list[str] = []
        self._asked_of: dict[str, str] = {}
        """Calls that a person is asked about, by the question."""
        self._refused: dict[str, None] = {}
        """Calls that a person didn't allow."""
        self._handlers: dict[str, Callable[[Record], None]] = {
            "metadata": lambda record: self._about(),
            "profile.bind": self._on_profile,
            "turn.prompt": self._on_prompt,
            "turn.step.retrying": self._on_retry,
            "turn.ended": self._on_turn_end,
            "context.append_loop_event": lambda record: self._on_step(map_of(record, "event")),
            "interaction.request": self._on_request,
            "interaction.resolved": self._on_resolved,
            "tools.update_store": self._on_store,
            "subagent.spawned": self._on_spawn,
            "subagent.completed": self._on_agent_end,
            "subagent.failed": self._on_agent_end,
            "subagent.cancelled": self._on_agent_end,
            "task.started": self._on_task,
            "task.terminated": self._on_task_end,
            "token_counting.measured": lambda record: self.note_context(record.get("tokens")),
        }

    def on_record(self, record: Record) -> None:
        """One line."""
        self.at = self.clock = time_of(record.get("time", record.get("created_at"))) or self.at
        kind = text_of(record, "type")
        agent = text_of(record, "agentId")
        self._agent = self._agent or agent
        if agent not in ("", self._agent):
            return
        self.is_beside = False
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(record)
        elif not kind.startswith(_QUIET):
            self.unknown(kind, record)

    def on_end(self, outcome: SessionOutcome) -> None:
        """The files are not followed any more."""
        self.end_nested(outcome)

    # -- subagents -------------------------------------------------------------------------------

    def call_of(self, child: Child) -> str | None:
        """The call that started a subagent, once it was told; in a subagent's file as well."""
        if child.key in self.spawned:
            return self.spawned[child.key]
        for nested in self.nested.values():
            of_it = nested.producer
            if isinstance(of_it, KimiWireProducer) and child.key in of_it.spawned:
                return nested.name(of_it.spawned[child.key])
        return None

    def end_beside(self) -> None:
        """End a turn in which nothing but subagents' work is."""
        self._end()

    def _on_spawn(self, record: Record) -> None:
        agent, call = text_of(record, "subagentId"), text_of(record, "parentToolCallId")
        if not agent or not call or len(self.spawned) >= MAX_AGENTS:
            return
        self.spawned[agent] = call
        if record.get("runInBackground") is True:
            name = self._aside[agent] = text_of(record, "taskId") or agent
            self._background.start(name, text_of(record, "description"), call)

    def _on_agent_end(self, record: Record) -> None:
        agent, problem = text_of(record, "subagentId"), text_of(record, "error")
        kind = text_of(record, "type").rpartition(".")[2]
        if problem:
            said = short(plain_message(problem), 4096)
            self.diagnose("subagent_error", {"message": said}, self.spawned.get(agent))
        code = int(kind == "failed")
        name = self._aside.pop(agent, "")
        self._background.end(name, code, was_cancelled=kind == "cancelled")

    # -- the session -----------------------------------------------------------------------------

    def _about(self) -> None:
        self.opened(agent=AGENT, directory=self._directory, title=self._title)

    def _on_profile(self, record: Record) -> None:
        self._directory = text_of(map_of(record, "environmentDisclosure"), "cwd")
        self._about()
        self.uses(text_of(record, "modelAlias"), is_setting=True)

    # -- turns -----------------------------------------------------------------------------------

    def _on_prompt(self, record: Record) -> None:
        """What a person says, or that something in the background has ended."""
        if self.in_turn:
            with self.as_of_the_newest():
                self._end()
        if text_of(map_of(record, "origin"), "kind") not in ("", "user"):
            return
        said = "\n".join(filter(None, (text_of(each, "text") for each in maps_of(record, "input"))))
        if not self._title:
            self._title = title_of(said)
            self._about()
        self.user(said)

    def _on_turn_end(self, record: Record) -> None:
        reason = text_of(record, "reason")
        if reason == "failed":
            self.error(plain_message(text_of(map_of(record, "error"), "message")))
        elif reason == "cancelled":
            self.begin_turn()
            self.diagnose("interrupted")
        elif reason != "completed" and self.in_turn:
            self.diagnose("stop_reason", {"reason": short(reason)})
        self._end()

    def _end(self) -> None:
        self._asked.clear()
        self._asked_of.clear()
        if self.in_turn:
            self.commit()

    def _on_retry(self, record: Record) -> None:
        """What the failed attempt said stands in the file, too."""
        self.texts.take_back(self._texts_of_step)
        self._texts_of_step = []
        wait = exact_number(record.get("delayMs")) or 0
        attempt, most = int_of(record, "failedAttempt") or 0, int_of(record, "maxAttempts")
        why = plain_message(text_of(record, "errorMessage") or text_of(record, "errorName"))
        self.emit(RetryStatus(wait / 1000, attempt, most, short(why, 4096) or ""))

    def _on_step(self, event: Record) -> None:
        kind = text_of(event, "type")
        if kind == "step.begin":
            self._texts_of_step = []
            self.emit(ModelRequestStarted())
        elif kind == "step.end":
            self.request(usage_of(map_of(event, "usage")))
        elif kind == "content.part":
            self._on_part(event["uuid"], map_of(event, "part"))
        elif kind == "tool.call":
            name = text_of(event, "name") or "tool"
            self.calls.start(event["toolCallId"], name, event.get("args"), at=self.clock)
        elif kind == "tool.result":
            result = map_of(event, "result")
            said = _words(result.get("output"))
            output = result_of(said, is_error=result.get("isError") is True)
            if event["toolCallId"] in self._refused:
                output = cancelled(short(said, 4096))
            took = exact_number(result.get("durationMs"))
            self.calls.complete(event["toolCallId"], output, duration_ms=took)

    def _on_part(self, key: str, part: Record) -> None:
        text, thought = text_of(part, "text"), text_of(part, "think")
        if text:
            self.texts.final(key, text)
        elif thought:
            self.texts.final(key, thought, ReasoningDelta)
        if (text or thought) and len(self._texts_of_step) < MAX_TEXTS:
            self._texts_of_step.append(key)

    # -- beside them -----------------------------------------------------------------------------

    def _on_request(self, record: Record) -> None:
        request = map_of(record, "request")
        shown = map_of(request, "display")
        subject = text_of(shown, "command") or text_of(shown, "path") or text_of(shown, "plan")
        action, name = text_of(request, "action"), text_of(request, "toolName")
        what = subject if action in ("", subject) else action
        if subject and subject not in what:
            what = f"{what}: {subject}"
        what = f"{name}: {what}" if name and what else what or name
        self._asked.ask(record["id"], what or readable(request) or "an answer")
        if len(self._asked_of) < MAX_ASKED:
            self._asked_of[record["id"]] = text_of(record, "toolCallId")

    def _on_resolved(self, record: Record) -> None:
        key = text_of(record, "id")
        what, call = self._asked.answer(key), self._asked_of.pop(key, "")
        decision = text_of(map_of(record, "response"), "decision")
        if what is not None and decision.startswith(_REFUSED):
            bounded(self._refused, call, MAX_ASKED)
            self.diagnose("permission_denied", {"what": what, "answer": short(decision)})

    def _on_store(self, record: Record) -> None:
        items = todo_items({"todos": record.get("value")}) if record.get("key") == "todo" else None
        if items is not None:
            self.plan(items)

    def _on_task(self, record: Record) -> None:
        info = map_of(record, "info")
        label = text_of(info, "command") or text_of(info, "description")
        self._background.start(info["taskId"], label, text_of(info, "parentToolCallId"))

    def _on_task_end(self, record: Record) -> None:
        info = map_of(record, "info")
        status, code = text_of(info, "status"), int_of(info, "exitCode")
        was_cancelled = status in ("killed", "cancelled", "stopped")
        code = code if code is not None else 0 if status == "completed" else 1
        self._background.end(text_of(info, "taskId"), code, was_cancelled=was_cancelled)


def _words(output: object) -> str:
    """A result is a text, or a list of blocks."""
    if isinstance(output, str):
        return output
    return "\n".join(text_of(each, "text") for each in maps_of({"output": output}, "output"))
