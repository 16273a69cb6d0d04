"""`cline --json`: text and thoughts as they come, calls, tokens.

Events don't say which agent they are of. A subagent is told to begin and to end, and its parent
waits meanwhile: so what comes between is its own. Of several at once only whole texts are told,
below one name, since pieces of them can't be told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    JsonValue,
    ModelRequestStarted,
    ReasoningDelta,
    RuntimeDiagnostic,
)
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.cline.results import arguments_of, result_of
from lashtui.producers.dedupe import counters
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import map_of, text_of, time_of
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.producers.dedupe import Text

AGENT: Final = "Cline"
SEVERAL: Final = "subagents"
"""What several agents at once are called."""
MAX_AGENTS: Final = 64
"""Subagents at a time."""
_SPAWNS: Final = ("spawn_agent", "team_run_task")
_KINDS: Final[dict[str, Text]] = {"text": AssistantProseDelta, "reasoning": ReasoningDelta}
_USAGE: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadTokens": "cached_input_tokens",
}
_QUIET: Final = frozenset({"iteration_end", "content_update", "notice"})


class ClineProducer(RecordProducer):
    """Lines to payloads."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._children: dict[str, str] = {}
        """Subagents that work, and the calls that began them."""
        self._leaving: list[str] = []
        """Those of which one more event comes: that they are done."""
        self._texts_told = 0
        self._current: dict[str, str] = {}
        """The text that is being written, by its kind."""
        self._is_introduced = False

    def on_record(self, record: Record) -> None:
        """One line."""
        self.at = self.clock = time_of(record.get("ts")) or self.at
        kind = text_of(record, "type")
        self.opened(agent=AGENT)
        if kind == "agent_event":
            self._on_event(map_of(record, "event"))
        elif kind == "hook_event":
            self._on_hook(record)
        elif kind == "run_result":
            self._on_result(record)
        elif kind == "error":
            self.error(plain_message(text_of(record, "message")))
        else:
            self.unknown(kind, record)

    # -- whose it is -----------------------------------------------------------------------------

    def _on_hook(self, record: Record) -> None:
        agent, name = text_of(record, "agentId"), text_of(record, "hookEventName")
        if not text_of(record, "parentAgentId"):
            return
        if name == "agent_start" and len(self._children) < MAX_AGENTS:
            self._end_texts()
            self._children[agent] = self._newest_spawn()
        elif name == "agent_end" and agent in self._children and agent not in self._leaving:
            self._leaving.append(agent)

    def _newest_spawn(self) -> str:
        """The call that a subagent is of: one that none has begun from."""
        begun = set(self._children.values())
        calls = [key for key, call in self.calls.open.items() if call.name in _SPAWNS]
        return next((key for key in calls if key not in begun), calls[-1] if calls else SEVERAL)

    def _parent(self) -> str | None:
        """Whose the next text is."""
        parents = set(self._children.values())
        if len(parents) < 2 and SEVERAL not in parents:
            return next(iter(parents), None)
        if not self._is_introduced:
            self._is_introduced = True
            said: JsonValue = {"description": "several subagents at once"}
            self.emit(RuntimeDiagnostic("subagent", said), SEVERAL)
        return SEVERAL

    # -- events ----------------------------------------------------------------------------------

    def _on_event(self, event: Record) -> None:
        kind, what = text_of(event, "type"), text_of(event, "contentType")
        if what == "tool":
            self._on_tool(kind, event)
        elif what in _KINDS:
            self._on_text(kind, what, text_of(event, what))
        elif kind == "iteration_start":
            self._end_texts()
            if not self._children:
                self.emit(ModelRequestStarted())
        elif kind == "usage":
            self._on_usage(event)
        elif kind == "done":
            self._on_done(event)
        elif kind == "error":
            self._on_error(event)
        elif kind not in _QUIET:
            self.unknown(kind, event)

    def _on_text(self, kind: str, what: str, text: str) -> None:
        parent = self._parent()
        key = self._current.get(what)
        if key is None:
            self._texts_told += 1
            key = self._current[what] = f"text-{self._texts_told}"
        if kind == "content_start" and parent != SEVERAL:
            self.texts.delta(key, text, _KINDS[what], parent)
        elif kind == "content_end":
            del self._current[what]
            if text:
                self.texts.final(key, text, _KINDS[what], parent)

    def _end_texts(self) -> None:
        for key in self._current.values():
            self.texts.close(key)
        self._current.clear()

    def _on_tool(self, kind: str, event: Record) -> None:
        call, name = event.get("toolCallId"), text_of(event, "toolName") or "tool"
        if not isinstance(call, str) or not call:
            raise ValueError("a call without an id")
        if kind == "content_start":
            args = arguments_of(event.get("input"))
            self.calls.start(call, name, args, at=self.clock, parent=self._parent())
        elif kind == "content_end":
            if call not in self.calls.open and not self.calls.has_ended(call):
                args = arguments_of(event.get("input"))
                self.calls.start(call, name, args, at=self.clock, parent=self._parent())
            self.calls.complete(call, result_of(event), name=name, at=self.clock)

    def _on_usage(self, event: Record) -> None:
        used = counters(event, _USAGE)
        cost = exact_number(event.get("cost"))
        used = {**used, "cost_usd": cost} if cost else used
        if not self._children:
            self.request(used)
        elif any(used.values()):
            parent = self._parent()
            self.emit(ChildUsage(dict(used), None, "subagent"), None, parent)

    def _on_error(self, event: Record) -> None:
        error = event.get("error")
        said = text_of(error, "message") or (error if isinstance(error, str) else "")
        said = said or text_of(event, "message")
        parent = self._parent()
        if parent is not None:
            self.diagnose("subagent_error", {"message": short(said, 4096)}, parent)
        elif event.get("recoverable") is True:
            self.diagnose("warning", {"message": short(said, 4096)})
        else:
            self.error(plain_message(said))

    # -- ends ------------------------------------------------------------------------------------

    def _on_done(self, event: Record) -> None:
        """An agent is done: a subagent, if one was told to end."""
        self._end_texts()
        if self._leaving:
            self._children.pop(self._leaving.pop(0), None)
        elif not self._children:
            self._end(text_of(event, "reason"), text_of(event, "text"))

    def _on_result(self, record: Record) -> None:
        """The run is over, whatever is still open."""
        self._children.clear()
        self._leaving.clear()
        self._end_texts()
        self.uses(text_of(map_of(record, "model"), "id"))
        if self.in_turn:
            self._end(text_of(record, "finishReason"), text_of(record, "text"))

    def _end(self, reason: str, said: str) -> None:
        if reason == "error":
            self.error(plain_message(said))
        elif reason == "aborted":
            self.diagnose("interrupted")
        elif reason not in ("", "completed"):
            self.diagnose("stop_reason", {"reason": short(reason)})
        self.commit()
