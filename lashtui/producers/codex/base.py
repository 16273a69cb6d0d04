"""What Codex's three formats share: items already emitted, retried attempts, child agents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lashd.events import (
    AssistantProseDelta,
    JsonValue,
    ModelAttemptReset,
    ProcessChanged,
    ReasoningDelta,
    RetryStatus,
    RuntimeDiagnostic,
    SessionProcessEventKind,
)
from lashd.text import short
from lashtui.producers.codex.items import (
    field,
    kind_of,
    plan_of,
    text_of,
    thought_of,
    tool_of,
)
from lashtui.producers.dedupe import Text, bounded, counters
from lashtui.producers.error_text import plain_message
from lashtui.producers.records import RecordProducer, int_of, map_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_ATTEMPT = 16
"""Texts of one attempt that a later one may repeat."""
MAX_COMPARED = 64 * 1024
"""Characters of a text that are compared with the next attempt's."""
MAX_CHILDREN = 256
"""Child agents whose state is remembered."""
MAX_USERS = 4096
"""Messages of a person remembered, so that none is emitted twice."""

USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "reasoning_output_tokens": "reasoning_tokens",
}
"""Codex's input includes cached tokens and its output reasoning tokens, as lash's do."""

_RETRY = re.compile(r"\A(?:Reconnecting|Retrying)\D{0,8}(\d{1,6})/(\d{1,6})\s*(.*)\Z", re.S)
_NOTICES = frozenset(
    {"contextcompaction", "enteredreviewmode", "exitedreviewmode", "hookprompt", "imagegeneration"}
)
_CHILD_ENDS = frozenset({"completed", "errored", "shutdown", "notfound", "interrupted", "failed"})


class CodexProducer(RecordProducer):
    """Tells items. The dialects say which, when, and under which key."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._attempt: list[tuple[Text, str, str]] = []
        """Kind, key and text of what the present attempt said since the last tool."""
        self._failed: list[tuple[Text, str, str]] = []
        """The same of attempts that were tried again."""
        self._open: dict[str, Text] = {}
        """Texts that came in pieces and are not whole yet."""
        self._users: dict[str, None] = {}
        self._children: dict[str, str] = {}

    def item(
        self, item: Record, key: str, *, ended: bool = True, parent: str | None = None
    ) -> None:
        """One item, whole as far as it goes. `key` is unique to it; `ended`: it is over."""
        kind = kind_of(item)
        if kind in ("agentmessage", "assistantmessage", "plan"):
            text = text_of(item.get("text")) or text_of(item.get("content"))
            self._text(key, text, AssistantProseDelta, parent, ended=ended)
        elif kind == "reasoning":
            self._text(key, thought_of(item), ReasoningDelta, parent, ended=ended)
        elif kind == "usermessage":
            if not bounded(self._users, key, MAX_USERS):
                self.user(text_of(item.get("content")) or text_of(item.get("text")), parent)
        elif kind == "todolist":
            self.emit_plan(item.get("items"))
        elif kind == "error":
            self.warning(text_of(item.get("message")))
        elif kind in _NOTICES:
            if ended:
                known = "compacted" if kind == "contextcompaction" else text_of(item.get("type"))
                self.diagnose(short(known) or kind)
        else:
            self._tool(item, kind, key, ended=ended, parent=parent)

    def piece(self, key: str, text: str, event: Text, parent: str | None = None) -> None:
        """More of a text."""
        if key not in self._open and not parent:
            self._open[key] = event
            if len(self._open) > MAX_ATTEMPT:
                del self._open[next(iter(self._open))]
        self.texts.delta(key, text, event, parent)

    def emit_plan(self, entries: JsonValue) -> None:
        """The plan, in any dialect's words."""
        self.diagnose("plan", {"items": plan_of(entries)})

    def warning(self, message: str) -> None:
        """Something that a person may want to know, and that stops nothing."""
        self.diagnose("warning", {"message": short(plain_message(message), 4096)})

    def failure(self, message: str) -> None:
        """An error, or the word that it is tried again."""
        retry = _RETRY.match(message)
        if retry is None:
            self.error(plain_message(message))
            return
        reason = retry[3].strip()
        if reason.startswith("(") and reason.endswith(")"):
            reason = reason[1:-1]
        self.retry(plain_message(reason), int(retry[1]), int(retry[2]))

    def retry(self, reason: str, attempt: int = 0, of: int | None = None) -> None:
        """The request is tried again: what it said so far may come a second time."""
        self._failed += self._attempt
        self._failed += [(event, key, self.texts.emitted(key)) for key, event in self._open.items()]
        self._open.clear()
        del self._failed[:-MAX_ATTEMPT]
        self._attempt.clear()
        self.emit(RetryStatus(0.0, attempt, of, short(reason, 4096) or ""))

    def end_turn(self) -> None:
        """Settle the turn."""
        self._attempt.clear()
        self._failed.clear()
        self._open.clear()
        self.commit()

    def cancel_turn(self, reason: str = "") -> None:
        """A person stopped the turn."""
        self.emit(RuntimeDiagnostic("interrupted", {"reason": short(reason)} if reason else None))
        self.end_turn()

    # -- parts -----------------------------------------------------------------------------------

    def _text(self, key: str, text: str, event: Text, parent: str | None, *, ended: bool) -> None:
        if not ended:
            before = self.texts.emitted(key)
            if text.startswith(before):
                self.texts.delta(key, text[len(before) :], event, parent)
            return
        self._open.pop(key, None)
        if not text and not self.texts.is_open(key):
            return
        if self._failed:
            again = [each for each in self._failed if each[0] is event and text.startswith(each[2])]
            for each in again:
                self._failed.remove(each)
                self.emit(ModelAttemptReset([each[1]]))
        self.texts.final(key, text or self.texts.emitted(key), event, parent)
        if len(self._attempt) < MAX_ATTEMPT and len(text) <= MAX_COMPARED and not parent:
            self._attempt.append((event, key, text))

    def _tool(self, item: Record, kind: str, key: str, *, ended: bool, parent: str | None) -> None:
        tool = tool_of(item, kind, ended=ended)
        if tool is None:
            self.unknown(kind, item)
            return
        self._attempt.clear()
        if tool.output is None:
            began = int_of(item, "startedAtMs")
            self.calls.start(key, tool.name, tool.args, at=began or self.at, parent=parent)
        else:
            self.calls.complete(
                key,
                tool.output,
                name=tool.name,
                args=tool.args,
                at=self.at,
                duration_ms=tool.duration_ms,
                parent=parent,
            )
        if kind in ("collabtoolcall", "collabagenttoolcall"):
            self._follow_children(item, key)

    def _follow_children(self, item: Record, key: str) -> None:
        """Child agents are processes: their own work is published elsewhere, or not at all."""
        states = map_of({"states": field(item, "agents_states")}, "states")
        children = field(item, "receiver_thread_ids")
        for child in [*(children if isinstance(children, list) else []), *states]:
            if not isinstance(child, str) or not child:
                continue
            state = states.get(child)
            status = text_of(state.get("status") if isinstance(state, dict) else state)
            if child not in self._children:
                label = short(text_of(item.get("prompt")), 400) or "agent"
                self._child(child, "running", {"label": label, "tool_call_id": key})
            ended = status.replace("_", "").lower()
            if ended in _CHILD_ENDS:
                self.child_ended(child, ended)

    def child_ended(self, child: str, how: str) -> None:
        """A child agent has ended; emitted once."""
        if self._children.get(child) != "running":
            return
        if how in ("shutdown", "interrupted"):
            self._child(child, "cancelled", {})
        else:
            self._child(child, "exited", {"signal": None if how == "completed" else how})

    def _child(self, child: str, state: str, details: dict[str, JsonValue]) -> None:
        self._children[child] = state
        if len(self._children) > MAX_CHILDREN:
            del self._children[next(iter(self._children))]
        kind = {
            "running": SessionProcessEventKind.STARTED,
            "cancelled": SessionProcessEventKind.CANCELLED,
            "exited": SessionProcessEventKind.EXITED,
        }[state]
        self.emit_payload(ProcessChanged(kind, [child], {child: details}))


def usage_of(usage: Record) -> dict[str, int | float]:
    """Tokens under lash's names, of a map in snake or camel case."""
    plain = {name: field(usage, name) for name in USAGE}
    return counters({key: value for key, value in plain.items() if value is not None}, USAGE)
