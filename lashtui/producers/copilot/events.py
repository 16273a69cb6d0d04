"""Copilot's events: `copilot --output-format json`, and `~/.copilot/session-state/ID/events.jsonl`.

The file lacks what is ephemeral (deltas, output of running commands, when the agent is idle), the
printed stream lacks token counts and the directory. So a turn ends with an answer without calls, or
with an error after which nothing runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.events import (
    ChildUsage,
    ModelRequestStarted,
    ReasoningDelta,
    RetryStatus,
    SessionOutcome,
)
from lashd.text import short
from lashtui.producers import Produced
from lashtui.producers.asked import Asked
from lashtui.producers.background import Background
from lashtui.producers.copilot.calls import background_shell, question_of, result_of, usage_of
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, text_of, time_of, title_of
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record

    _Handler = Callable[[Record, str | None], None]

AGENT: Final = "GitHub Copilot CLI"
MAX_SEEN: Final = 4096
"""Subagents whose call is known, and texts that are not whole."""
MAX_THOUGHTS: Final = 64
"""Agents whose newest thought is remembered; a few work at a time."""
MAX_SAID: Final = 4096
"""Characters of a remark."""

_QUIET: Final = (
    *("session.", "mcp.", "mcp_app.", "hook.", "commands.", "command.", "capabilities.", "skill."),
    *("model.", "permission.", "sandbox.", "tool_search.", "workflow.", "ui.", "sampling."),
    *("external_tool.", "human_response.", "prompt_cache_break", "pending_messages."),
    *("assistant.fusion", "session_limits_exhausted.", "auto_mode_switch."),
)
"""How kinds begin that are between the program and its own screen."""
_NOTHING: Final = frozenset(
    {
        *("assistant.message_start", "assistant.tool_call_delta", "assistant.streaming_delta"),
        *("assistant.server_tool_progress", "assistant.intent", "assistant.usage"),
        *("system.message", "subagent.configured", "subagent.selected", "subagent.deselected"),
        *("tool.execution_progress", "tool.execution_partial_result", "tool.user_requested"),
        "agent.interrupted",
    }
)


class CopilotProducer(RecordProducer):
    """Lines to payloads."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._asked = Asked(self.wait, self.resume)
        self._background = Background(self.emit_payload)
        self._agents: dict[str, str] = {}
        """The call that started each subagent."""
        self._drafts: dict[str, str | None] = {}
        """Texts that are not whole, and whose they are; a retry withdraws the agent's own."""
        self._thoughts: dict[str | None, str] = {}
        """The thought of each agent's newest message, which may come once more."""
        self._problem: tuple[int, str] = (0, "")
        """How often the model was asked, and why that failed."""
        self._told_retry = False
        self._answered: bool | None = None
        """Whether the newest message of the turn calls no tools; None: there was none."""
        self._may_end = False
        """The loop of the turn has ended without an answer: an error tells why."""
        self._directory = self._title = ""
        self._handlers: dict[str, _Handler] = {
            "session.start": self._on_start,
            "session.resume": self._on_start,
            "session.title_changed": self._on_title,
            "session.model_change": lambda data, _: self.uses(
                text_of(data, "newModel"), is_setting=True
            ),
            "session.error": self._on_error,
            "session.warning": lambda data, _: self._remark("warning", data),
            "session.info": self._on_info,
            "session.usage_record": self._on_usage,
            "session.usage_info": lambda data, _: self.context(
                data.get("currentTokens"), data.get("tokenLimit")
            ),
            "session.compaction_complete": lambda data, parent: self.diagnose(
                "compact_boundary", {"pre_tokens": int_of(data, "preCompactionTokens")}, parent
            ),
            "session.shutdown": lambda data, _: self._end(),
            "user.message": self._on_user,
            "assistant.turn_start": self._on_turn,
            "assistant.turn_retry": self._on_retry,
            "assistant.turn_end": self._on_turn_end,
            "assistant.idle": lambda data, _: self._on_idle(data),
            "session.idle": lambda data, _: self._on_idle(data),
            "assistant.message_delta": self._on_delta,
            "assistant.reasoning_delta": self._on_thought_delta,
            "assistant.message": self._on_message,
            "assistant.reasoning": self._on_thought,
            "model.call_failure": self._on_failure,
            "tool.execution_start": self._on_call,
            "tool.execution_complete": self._on_result,
            "tool.shell_output": lambda data, _: self._background.output(
                text_of(data, "toolCallId"), text_of(data, "text")
            ),
            "system.notification": self._on_notification,
            "subagent.completed": self._on_agent_end,
            "subagent.failed": self._on_agent_end,
            "abort": self._on_abort,
        }

    def on_record(self, record: Record) -> None:
        """One event."""
        kind, data = text_of(record, "type"), map_of(record, "data")
        self.at = self.clock = time_of(record.get("timestamp")) or self.at
        self.opened(agent=AGENT, directory=self._directory, title=self._title)
        if kind == "result":
            self._end()
            return
        if kind == "subagent.started":
            self._on_agent(record, data)
            return
        parent = self._agents.get(text_of(record, "agentId"))
        parent = parent or text_of(data, "parentToolCallId") or None
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(data, parent)
        elif kind.endswith(".requested") and (what := question_of(kind, data)) is not None:
            self._asked.ask(text_of(data, "requestId"), what)
        elif kind.endswith(".completed") and "requestId" in data:
            self._on_answered(data)
        elif kind not in _NOTHING and not kind.startswith(_QUIET):
            self.unknown(kind, record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a turn that ended without an answer has no error to tell."""
        if self._may_end:
            self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """What ended without a word is over."""
        if self._may_end:
            self._end()

    # -- the session -----------------------------------------------------------------------------

    def _on_start(self, data: Record, parent: str | None) -> None:
        self._directory = text_of(map_of(data, "context"), "cwd") or self._directory
        self.opened(agent=AGENT, directory=self._directory, title=self._title)
        self.uses(text_of(data, "selectedModel"), is_setting=True)

    def _on_title(self, data: Record, parent: str | None) -> None:
        self._title = text_of(data, "title") or self._title
        self.opened(agent=AGENT, directory=self._directory, title=self._title)

    def _on_user(self, data: Record, parent: str | None) -> None:
        """What a subagent is asked stands with its call, and the program speaks as a user, too."""
        if parent is not None or text_of(data, "source") not in ("", "user"):
            return
        if self._may_end:
            self._end()
        said = text_of(data, "content")
        if not self._title:
            self._title = title_of(said)
            self.opened(agent=AGENT, directory=self._directory, title=self._title)
        self.user(said)

    def _remark(self, kind: str, data: Record) -> None:
        said = text_of(data, "message")
        if said:
            self.diagnose(kind, {"message": short(said, MAX_SAID)})

    # -- turns -----------------------------------------------------------------------------------

    def _on_turn(self, data: Record, parent: str | None) -> None:
        """The model is asked: several times in what a person calls a turn."""
        if parent is None:
            self._answered, self._may_end = None, False
            self._problem, self._told_retry = (0, ""), False
            self.emit(ModelRequestStarted())

    def _on_turn_end(self, data: Record, parent: str | None) -> None:
        if parent is not None:
            return
        if self._answered:
            self._end()
        else:
            self._may_end = self._answered is None

    def _on_idle(self, data: Record) -> None:
        if data.get("aborted") is True:
            self._on_abort(data, None)
        self._end()

    def _on_abort(self, data: Record, parent: str | None) -> None:
        if self.in_turn:
            self.diagnose("interrupted")
        self._end()

    def _on_error(self, data: Record, parent: str | None) -> None:
        is_over = self._may_end or not self.in_turn
        self.error(plain_message(text_of(data, "message")))
        if is_over:
            self._end()

    def _end(self) -> None:
        self._may_end, self._answered = False, None
        for key in self._take_drafts():
            self.texts.close(key)
        self._asked.clear()
        if self.in_turn:
            self.commit()

    def _on_failure(self, data: Record, parent: str | None) -> None:
        if parent is None:
            attempt = int_of(data, "retryAttempt") or 0
            self._problem = (attempt, text_of(data, "errorMessage").strip('"'))

    def _on_retry(self, data: Record, parent: str | None) -> None:
        """The model is asked again: what it began to say doesn't count."""
        if parent is not None:
            return
        attempt, why = self._problem
        self._told_retry = True
        self._try_again(attempt + 1, why or text_of(data, "reason"))

    def _on_info(self, data: Record, parent: str | None) -> None:
        """Of a retry only this stands in the file."""
        what = text_of(data, "infoType")
        if what != "model_retry":
            if not what.startswith("file"):  # the call says which file
                self._remark("info", data)
        elif not self._told_retry:
            attempt, _ = self._problem
            self._problem = (attempt + 1, "")
            self._try_again(attempt + 1, text_of(data, "message"))

    def _try_again(self, attempt: int, reason: str) -> None:
        self.texts.withdraw(self._take_drafts())
        reason = short(plain_message(reason), MAX_SAID) or ""
        self.emit(RetryStatus(0.0, attempt, None, reason))

    # -- words -----------------------------------------------------------------------------------

    def _on_delta(self, data: Record, parent: str | None) -> None:
        key = data["messageId"]
        self._note_draft(key, parent)
        self.texts.delta(key, data["deltaContent"], parent=parent)

    def _on_thought_delta(self, data: Record, parent: str | None) -> None:
        key = data["reasoningId"]
        self._note_draft(key, parent)
        self.texts.delta(key, data["deltaContent"], ReasoningDelta, parent)

    def _note_draft(self, key: str, parent: str | None) -> None:
        self._drafts[key] = parent
        if len(self._drafts) > MAX_SEEN:
            del self._drafts[next(iter(self._drafts))]

    def _take_drafts(self) -> list[str]:
        """The agent's own, which are no drafts any more."""
        own = [key for key, parent in self._drafts.items() if parent is None]
        for key in own:
            del self._drafts[key]
        return own

    def _on_message(self, data: Record, parent: str | None) -> None:
        key = data["messageId"]
        if parent is None:
            self._answered = not data.get("toolRequests")
            self.uses(text_of(data, "model"))
        thought = text_of(data, "reasoningText")
        is_live = any(self.texts.emitted(each) == thought for each in self._drafts)
        if thought and not is_live:
            self._thoughts[parent] = thought
            if len(self._thoughts) > MAX_THOUGHTS:
                del self._thoughts[next(iter(self._thoughts))]
            self.texts.final(f"{key}-thought", thought, ReasoningDelta, parent)
        if said := text_of(data, "content"):
            self.texts.final(key, said, parent=parent)
        self._drafts.pop(key, None)

    def _on_thought(self, data: Record, parent: str | None) -> None:
        key, thought = data["reasoningId"], text_of(data, "content")
        is_told = self._thoughts.pop(parent, None) == thought
        if thought and (self.texts.knows(key) or not is_told):
            self.texts.final(key, thought, ReasoningDelta, parent)
        self._drafts.pop(key, None)

    # -- calls -----------------------------------------------------------------------------------

    def _on_call(self, data: Record, parent: str | None) -> None:
        call, name = data["toolCallId"], text_of(data, "toolName") or "tool"
        self.calls.start(call, name, data.get("arguments"), at=self.clock, parent=parent)

    def _on_result(self, data: Record, parent: str | None) -> None:
        key = data["toolCallId"]
        call = self.calls.open.get(key)
        shell = background_shell(data)
        if shell:
            args = call.args if call is not None else None
            self._background.start(f"shell-{shell}", text_of(args, "command"), key)
        name = text_of(data, "toolName") or ("" if call is not None else "tool")
        self.calls.complete(key, result_of(data), name=name, at=self.clock, parent=parent)
        counted = map_of(map_of(data, "toolTelemetry"), "metrics")
        if parent is None:
            used, size = counted.get("context_current_tokens"), counted.get("context_token_limit")
            self.context(used, size)

    def _on_answered(self, data: Record) -> None:
        what = self._asked.answer(text_of(data, "requestId"))
        result = map_of(data, "result")
        answer = text_of(result, "kind") or text_of(data, "action")
        if what is not None and answer.startswith(("denied", "decline", "cancel")):
            self.diagnose("permission_denied", {"what": what, "answer": short(answer)})
        self.user(text_of(result, "feedback") or text_of(data, "answer"))

    def _on_notification(self, data: Record, parent: str | None) -> None:
        kind = map_of(data, "kind")
        name, what = f"shell-{text_of(kind, 'shellId')}", text_of(kind, "type")
        if what == "shell_completed" and self._background.runs(name):
            self._background.end(name, int_of(kind, "exitCode"))
        elif not what.startswith("agent_"):
            self.diagnose("note", {"message": short(text_of(data, "content"), MAX_SAID)})

    # -- subagents -------------------------------------------------------------------------------

    def _on_agent(self, record: Record, data: Record) -> None:
        call, agent = text_of(data, "toolCallId"), text_of(record, "agentId")
        if agent and call and (agent in self._agents or len(self._agents) < MAX_SEEN):
            self._agents[agent] = call
        if text_of(data, "executionMode") not in ("", "sync"):
            label = text_of(data, "agentDescription") or text_of(data, "agentDisplayName")
            self._background.start(f"agent-{call}", label, call)

    def _on_agent_end(self, data: Record, parent: str | None) -> None:
        call, problem = text_of(data, "toolCallId"), text_of(data, "error")
        if problem:
            self.diagnose("subagent_error", {"message": short(problem, MAX_SAID)}, call or None)
        was_cancelled = data.get("cancelled") is True
        self._background.end(f"agent-{call}", 1 if problem else 0, was_cancelled=was_cancelled)

    def _on_usage(self, data: Record, parent: str | None) -> None:
        used = map_of(data, "usage")
        if parent is None:
            self.note_context(size=used.get("maxPromptTokens"))
            self.request(usage_of(used))
        else:
            model = text_of(used, "model") or None
            self.emit(ChildUsage(dict(usage_of(used)), None, "subagent", model), None, parent)
