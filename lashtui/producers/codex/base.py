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
    SHELL,
    ToolItem,
    exit_code_of,
    field,
    kind_of,
    plan_of,
    text_of,
    thought_of,
    tool_of,
)
from lashtui.producers.codex.reading import readable, review_of, said_of
from lashtui.producers.dedupe import (
    IN_BACKGROUND,
    MAX_BACKGROUND,
    MAX_LABEL,
    MAX_TAIL,
    Text,
    bounded,
    counters,
    succeeded,
)
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of
from lashtui.producers.records import MAX_UNKNOWN, RecordProducer
from lashtui.text.sanitize import safe_line

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
MAX_WARNINGS_TOLD = 64
"""Warnings of a turn that are remembered, as some come twice."""
MAX_NOTED = 64
"""Records of one unknown kind that are shown."""
MAX_TITLE_OF_PROMPT = 80
"""Characters of a prompt that serve as a title."""

USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "reasoning_output_tokens": "reasoning_tokens",
}
"""Codex's input includes cached tokens and its output reasoning tokens, as lash's do."""

_RETRY = re.compile(r"\A(?:Reconnecting|Retrying)\D{0,8}(\d{1,6})/(\d{1,6})\s*(.*)\Z", re.S)
_CHILD_ENDS = frozenset({"completed", "errored", "shutdown", "notfound", "interrupted", "failed"})
_ACTIVITIES = {
    "started": "spawn_agent",
    "interacted": "send_message",
    "interrupted": "interrupt_agent",
}
"""What the agent did with a child, and the tool it did it with."""


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
        self.children: dict[str, str] = {}
        """States of child agents, by their threads."""
        self.spawned: dict[str, str] = {}
        """The call that started each."""
        self._background: dict[str, None] = {}
        """Commands that outlived their turn, by the call's id."""
        self._is_interrupted = False
        self._so_far: dict[str, str] = {}
        """What running commands printed until now."""
        self._noted: dict[str, int] = {}
        self._compactions: dict[str, int] = {}
        """How often each kind of record told of the newest compactions, since the last word."""
        self._warnings_told: set[str] = set()
        self._reviews: dict[str, None] = {}
        """Texts of reviews in this turn: the agent's next message may repeat one."""
        self._is_titled = False

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
                self.user(said_of(item.get("content")) or text_of(item.get("text")), parent)
        elif kind == "todolist":
            self.emit_plan(item.get("items"))
        elif kind == "error":
            self.warning(text_of(item.get("message")))
        elif kind == "contextcompaction":
            if ended:
                self.compacted("item", parent)
        elif kind in ("enteredreviewmode", "hookprompt"):
            if ended:
                self.diagnose(text_of(item.get("type")), readable(item) or None, parent)
        elif kind == "exitedreviewmode":
            if ended:
                self.review(key, review_of(item), parent)
        elif kind == "subagentactivity":
            if ended:
                self.sub_agent(item, key, parent)
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

    def warning(self, message: str, kind: str = "warning") -> None:
        """Something that a person may want to know, and that stops nothing. Some come twice."""
        message = short(plain_message(message), 4096) or ""
        if message not in self._warnings_told:
            if len(self._warnings_told) < MAX_WARNINGS_TOLD:
                self._warnings_told.add(message)
            self.diagnose(kind, {"message": message})

    def compacted(self, source: str, parent: str | None = None) -> None:
        """The history was compacted, which several kinds of records tell: `source` is this one's.

        As many compactions are told as the kind that tells most of them did since the last word.
        """
        told = max(self._compactions.values(), default=0)
        count = self._compactions[source] = self._compactions.get(source, 0) + 1
        if count > told:
            self.diagnose("compacted", None, parent)

    def review(self, key: str, text: str, parent: str | None = None) -> None:
        """A review has ended; the agent may say the same once more as its message."""
        said = text.strip()
        if said and said not in self._reviews:
            bounded(self._reviews, said, MAX_ATTEMPT)
            self.texts.final(key, text, AssistantProseDelta, parent)

    def user(self, text: str, parent: str | None = None) -> None:
        """A person said something; the first of it is the session's title, if it has none."""
        self._compactions.clear()
        if not parent and not self._is_titled:
            line = next(iter(text.strip().splitlines()), "")
            self.titled(short(line, MAX_TITLE_OF_PROMPT) or "")
        super().user(text, parent)

    def titled(self, title: str) -> None:
        """What the session is called."""
        if title:
            self._is_titled = True
            self.opened(title=title)

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
        self._warnings_told.clear()
        self._reviews.clear()

    def cancel_turn(self, reason: str = "") -> None:
        """A person stopped the turn; `reason` is told if it says more than that."""
        is_other = reason not in ("", "interrupted")
        self.emit(RuntimeDiagnostic("interrupted", {"reason": short(reason)} if is_other else None))
        self._is_interrupted = True
        self.end_turn()
        self._is_interrupted = False

    def end_calls(self, *, children: bool) -> None:
        """A command that outlives its turn goes on as a process; all else is cancelled.

        Not where the turn was interrupted or the input ends: then the command is stopped too.
        """
        if not children and not self._is_interrupted:
            self.leave_running(None)
        super().end_calls(children=children)

    def leave_running(self, parent: str | None) -> None:
        """The turn of the agent that `parent` stands for has ended: its commands go on."""
        for key, call in list(self.calls.open.items()):
            if call.name == SHELL and call.parent == parent:
                self._start_process(key, call.args)
                self.calls.complete(key, succeeded(self._so_far.get(key) or IN_BACKGROUND))

    # -- parts -----------------------------------------------------------------------------------

    def _text(self, key: str, text: str, event: Text, parent: str | None, *, ended: bool) -> None:
        if not ended:
            before = self.texts.emitted(key)
            if text.startswith(before):
                self.texts.delta(key, text[len(before) :], event, parent)
            return
        self._open.pop(key, None)
        self._compactions.clear()
        if self._reviews and text.strip() in self._reviews and not self.texts.emitted(key):
            return
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
            self.note(text_of(item.get("type")) or kind, item, parent)
            return
        self._compactions.clear()
        if ended and kind == "commandexecution" and self._is_process(key, tool, item, parent):
            return
        self._attempt.clear()
        if tool.output is None:
            self.so_far(key, text_of(field(item, "aggregated_output")))
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

    def so_far(self, key: str, output: str) -> None:
        """What a running command has printed until now."""
        if output:
            self._so_far[key] = output[-MAX_TAIL:]
            if len(self._so_far) > MAX_BACKGROUND:
                del self._so_far[next(iter(self._so_far))]

    def note(self, kind: str, record: Record, parent: str | None = None) -> None:
        """Something of a kind that is not known: what a person can read of it."""
        if kind not in self._noted and len(self._noted) >= MAX_UNKNOWN:
            return
        count = self._noted[kind] = self._noted.get(kind, 0) + 1
        if count == MAX_NOTED:
            self.warn(f"no more records of the unknown kind {safe_line(kind, 80)} are shown")
        said = readable(record)
        if count <= MAX_NOTED and (said or count == 1):
            self.diagnose("unknown_record", {"type": short(kind), **said}, parent)

    def sub_agent(self, item: Record, key: str, parent: str | None = None) -> None:
        """A child agent was started, spoken to, or has ended."""
        child, kind = text_of(field(item, "agent_thread_id")), text_of(item.get("kind"))
        path = text_of(field(item, "agent_path"))
        if kind in _ACTIVITIES:
            if key not in self.calls.open and not self.calls.has_ended(key):
                args: JsonValue = {"agent": path or child}
                name = _ACTIVITIES[kind]
                self.calls.complete(key, succeeded(), name=name, args=args, parent=parent)
        elif kind not in _CHILD_ENDS:
            self.note(f"agent {kind}", item, parent)
        if child and kind == "started":
            self.child_started(child, path or "agent", key)
        elif child and kind in _CHILD_ENDS:
            self.child_ended(child, kind)

    def child_started(self, child: str, label: str, call_id: str | None = None) -> None:
        """A child agent works, for the first time or again."""
        if call_id:
            self.spawned.setdefault(child, call_id)
            if len(self.spawned) > MAX_CHILDREN:
                del self.spawned[next(iter(self.spawned))]
        if self.children.get(child) != "running":
            details: dict[str, JsonValue] = {}
            if label:
                details["label"] = short(label, MAX_LABEL)
            if call_id:
                details["tool_call_id"] = call_id
            self._child(child, "running", details)

    def _is_process(self, key: str, tool: ToolItem, item: Record, parent: str | None) -> bool:
        """Whether this command has ended outside its turn: tell the process's end then."""
        is_late = self.turns > 0 and not self.in_turn
        is_new = key not in self.calls.open and not self.calls.has_ended(key)
        if is_late and is_new and key not in self._background:
            # Nobody told of its start: it ran inside a script.
            began = field(item, "started_at_ms")
            at = began if isinstance(began, int) else None
            self._start_process(key, tool.args, at, parent)
        if key not in self._background or tool.output is None:
            return key in self._background
        del self._background[key]
        details: dict[str, JsonValue] = {}
        code, output = exit_code_of(item), map_of(tool.output, "outcome").get("payload")
        if code is not None:
            details["exit_code"] = code
        if isinstance(output, str):
            details["output"] = output[-MAX_TAIL:]
        self._process(SessionProcessEventKind.EXITED, key, details)
        return True

    def _start_process(
        self, key: str, args: JsonValue, at: int | None = None, call_id: str | None = None
    ) -> None:
        command = args.get("command") if isinstance(args, dict) else None
        words = command if isinstance(command, list) else [command or "command"]
        label = " ".join(map(str, words))
        now, self.at = self.at, at or self.at
        details: dict[str, JsonValue] = {"label": short(label, MAX_LABEL)}
        details["tool_call_id"] = call_id or key
        self._process(SessionProcessEventKind.STARTED, key, details)
        self.at = now
        bounded(self._background, key, MAX_BACKGROUND)

    def _process(
        self, kind: SessionProcessEventKind, name: str, details: dict[str, JsonValue]
    ) -> None:
        self.emit_payload(ProcessChanged(kind, [name], {name: details}))

    def _follow_children(self, item: Record, key: str) -> None:
        """Child agents are processes, whether or not their own work is known."""
        states = map_of({"states": field(item, "agents_states")}, "states")
        children = field(item, "receiver_thread_ids")
        for child in [*(children if isinstance(children, list) else []), *states]:
            if not isinstance(child, str) or not child:
                continue
            state = states.get(child)
            status = text_of(state.get("status") if isinstance(state, dict) else state)
            if child not in self.children:
                self.child_started(child, text_of(item.get("prompt")) or "agent", key)
            ended = status.replace("_", "").lower()
            if ended in _CHILD_ENDS:
                self.child_ended(child, ended)

    def child_ended(self, child: str, how: str) -> None:
        """A child agent has ended; emitted once."""
        if self.children.get(child) != "running":
            return
        if how in ("shutdown", "interrupted"):
            self._child(child, "cancelled", {})
        else:
            self._child(child, "exited", {"signal": None if how == "completed" else how})

    def _child(self, child: str, state: str, details: dict[str, JsonValue]) -> None:
        self.children[child] = state
        if len(self.children) > MAX_CHILDREN:
            del self.children[next(iter(self.children))]
        kind = {
            "running": SessionProcessEventKind.STARTED,
            "cancelled": SessionProcessEventKind.CANCELLED,
            "exited": SessionProcessEventKind.EXITED,
        }[state]
        self._process(kind, child, details)


def usage_of(usage: Record) -> dict[str, int | float]:
    """Tokens under lash's names, of a map in snake or camel case."""
    plain = {name: field(usage, name) for name in USAGE}
    return counters({key: value for key, value in plain.items() if value is not None}, USAGE)
