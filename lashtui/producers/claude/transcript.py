"""`claude-transcript`: a session's file under `~/.claude/projects`, read from its beginning.

A block stands in it when it is finished. No line ends a turn: it ends with a message that calls no
tool, when anything else follows or nothing does for a while; else with the next prompt. Most of
the bytes are the vendor's prompts and schemas: they are skipped by their type, never forwarded.
Subagents have files of their own, or (older versions) stand in their parent's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import (
    ChildUsage,
    RetryStatus,
    SessionOutcome,
)
from lashd.publish.sdk.fields import usage_of
from lashd.text import short
from lashtui.producers.claude.lines import INTERRUPTED, ClaudeLines, is_machine
from lashtui.producers.claude.queue import TypedAhead
from lashtui.producers.claude.tools import content_text
from lashtui.producers.dedupe import Totals, bounded, number
from lashtui.producers.records import int_of, map_of, maps_of, text_of, time_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

MAX_SEEN = 65_536
"""Ids of lines and blocks remembered: a resumed session copies its history into a new file."""
MAX_SIDECHAIN = 4096
"""Lines of subagents whose followers are still told apart."""

_HANDLED: Final = frozenset(
    {"user", "assistant", "system", "queue-operation", "cost-state"}
    | {"summary", "custom-title", "ai-title"}
)
_IGNORED: Final = frozenset(
    {"attachment", "api-request", "api-request-blob", "api-request-shape", "last-prompt"}
    | {"atis-latch", "tools-used", "file-history-snapshot", "progress", "permission-mode"}
    | {"mode", "agent-name", "agent-color", "agent-setting", "tag", "pr-link"}
    | {"worktree-state", "content-replacement", "speculation-accept", "bridge-session"}
)
"""Prompts, schemas and the program's own notes."""
_IGNORED_SYSTEM: Final = frozenset(
    {"stop_hook_summary", "local_command", "away_summary", "memory_saved", "bridge_status"}
    | {"file_snapshot", "thinking", "hook_started", "hook_response", "agents_killed"}
)
_GOES_ON: Final = ("", "tool_use", "pause_turn")
_NOTIFIED = re.compile(r"\A\s*<task-notification>")
_FIELD = re.compile(r"<(task-id|tool-use-id|status|summary|result)>\s*(.*?)\s*</\1>", re.DOTALL)
_STOPPERS: Final = ("TaskStop", "KillShell", "KillBash")
_AGENTS: Final = ("Agent", "Task")


class ClaudeTranscriptProducer(ClaudeLines):
    """One file; a subagent's file of its own is a session like any other."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._is_subagent: bool | None = None
        """The file is a subagent's own: its first message tells."""
        self._queue = TypedAhead(self.emit_payload)
        self._seen: dict[str, None] = {}
        self._counted: dict[str, None] = {}
        """Messages whose tokens are counted."""
        self._cost = Totals()
        self._untold_cost = 0.0
        self._ending: str | None = None
        """The message that ends the turn; more blocks of it may follow."""
        self._ended_at: int | None = None
        self._sidechains: dict[str, str] = {}
        """Ids of subagents and of their lines, to the call that each belongs under."""

    def on_record(self, record: Record) -> None:
        """One line."""
        kind = record.get("type")
        if kind not in _HANDLED:
            if kind not in _IGNORED:
                self.unknown(str(kind), record)
            return
        uuid = record.get("uuid")
        if isinstance(uuid, str) and bounded(self._seen, uuid, MAX_SEEN):
            return
        # A turn that this record shows to have ended did so before its time.
        if kind == "cost-state":
            self._count_cost(record)
        if self._ending is not None and not self._is_more(record):
            self._end()
        elif self.in_turn and kind == "user" and self._is_prompt(record):
            self._end_now()
        at = time_of(record.get("timestamp"))
        if at is not None:
            self.at = self.clock = at
        if text_of(record, "cwd"):
            self.opened(agent="claude", directory=text_of(record, "cwd"), title=self._title)
        if kind == "assistant":
            self._assistant(record)
        elif kind == "user":
            self._user(record)
        elif kind == "system":
            self._system(record)
        elif kind == "queue-operation":
            self._queued(record)
        elif kind != "cost-state":
            self._titled(record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a message that could end the turn does."""
        self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The file is not followed any more."""
        self._end()
        self.tasks.settle()
        self._emit_cost()

    def begin_turn(self) -> None:
        """A turn begins, with what the time before it cost."""
        if not self.in_turn:
            super().begin_turn()
            self._emit_cost()

    # -- messages --------------------------------------------------------------------------------

    def _assistant(self, record: Record) -> None:
        parent = self._parent_of(record)
        message = map_of(record, "message")
        message_id = text_of(message, "id")
        if self._is_copy(record, message, message_id):
            return
        self.on_assistant(record, parent)
        if message_id and not bounded(self._counted, message_id, MAX_SEEN):
            usage = usage_of(message.get("usage"))
            if any(usage.values()) and parent is not None:
                self.emit(ChildUsage(usage, source="subagent"), None, parent)
            else:
                self.usage(usage)
        if parent is None and text_of(message, "stop_reason") not in _GOES_ON:
            self._ending, self._ended_at = message_id, self.at

    def _is_copy(self, record: Record, message: Record, message_id: str) -> bool:
        """Whether this block came already, under another line's id."""
        content = maps_of(message, "content")
        if not message_id or len(content) != 1:
            return False
        index, block = int_of(record, "apiBlockIndex"), content[0]
        said = text_of(block, "text") or text_of(block, "thinking") or text_of(block, "id")
        mark = f"{text_of(block, 'type')} {hash(said)}" if index is None else str(index)
        return bounded(self._seen, f"{message_id} {mark}", MAX_SEEN)

    def _user(self, record: Record) -> None:
        parent = self._parent_of(record)
        content = map_of(record, "message").get("content")
        called = [(call_id, self.calls.open.get(call_id)) for call_id in _answered(record)]
        if called:
            self.on_user(record, parent)
            rich = record.get("toolUseResult")
            for call_id, call in called:
                if call is not None and isinstance(rich, dict):
                    self._note_task(call_id, call.name, call.args, rich)
            return
        if parent is not None:
            return  # the subagent's prompt stands in its call's arguments
        if isinstance(content, str) and _NOTIFIED.match(content):
            self.begin_turn()
            self._notified(content)
            return
        self.on_user(record, None)
        if self.interrupted and self.in_turn:
            self.error("Interrupted by the user.")
            self._end_now()

    # -- what stands around them -----------------------------------------------------------------

    def _system(self, record: Record) -> None:
        subtype = text_of(record, "subtype")
        if subtype == "api_error":
            wait = number(record.get("retryInMs")) or 0
            attempt, most = int_of(record, "retryAttempt") or 0, int_of(record, "maxRetries")
            status = int_of(map_of(record, "error"), "status")
            reason = f"the request failed ({status})" if status else "the request failed"
            self.emit(RetryStatus(wait / 1000, attempt, most, short(reason, 4096) or ""))
        elif subtype == "turn_duration":
            if self.in_turn and not record.get("isSidechain"):
                self._end_now()
        elif subtype == "compact_boundary":
            self.diagnose(subtype, map_of(record, "compactMetadata"))
        elif subtype not in _IGNORED_SYSTEM:
            self.unknown(f"system/{subtype}", record)

    def _queued(self, record: Record) -> None:
        operation, content = text_of(record, "operation"), text_of(record, "content")
        at = text_of(record, "timestamp")
        if at and bounded(self._seen, f"{at} {operation} {content[:80]}", MAX_SEEN):
            return  # these have no id of their own
        if operation == "enqueue":
            is_notice = _NOTIFIED.match(content) is not None
            if is_notice:
                self._notified(content)
            self._queue.enqueued(content, shown=not is_notice)
        elif operation == "dequeue":
            self._queue.dequeued()
        elif operation == "remove":
            said = self._queue.removed(content, text_of(record, "reason"))
            if said and not _NOTIFIED.match(said):
                # It went into the running turn: no user line of its own says so.
                self.user(said)
        elif operation == "popAll":
            self._queue.taken_back()

    def _notified(self, content: str) -> None:
        fields = dict(_FIELD.findall(content))
        task = {"task_id": fields.get("task-id", ""), "status": fields.get("status", "")}
        self.tasks.notified({**task, "summary": fields.get("summary", "")})
        if self.in_turn:  # else it is told once more when the agent is told
            self.report(fields.get("tool-use-id", ""), fields.get("result", ""))

    def _note_task(self, call_id: str, name: str, args: object, rich: Record) -> None:
        """A call's result tells that something runs on in the background, or was stopped."""
        task_id = text_of(rich, "backgroundTaskId")
        if not task_id and (rich.get("isAsync") is True or rich.get("status") == "async_launched"):
            task_id = text_of(rich, "agentId")
        if task_id:
            label = text_of(args, "description") or text_of(args, "command")
            self.tasks.started({"task_id": task_id, "tool_use_id": call_id, "description": label})
        elif name in _STOPPERS:
            stopped = text_of(rich, "task_id") or text_of(rich, "shell_id")
            self.tasks.notified({"task_id": stopped, "status": "stopped"})
        elif name in _AGENTS and text_of(rich, "agentId"):
            _keep(self._sidechains, text_of(rich, "agentId"), call_id)

    def _titled(self, record: Record) -> None:
        self._title = (
            text_of(record, "customTitle")
            or text_of(record, "aiTitle")
            or text_of(record, "summary")
            or self._title
        )
        self.opened(agent="claude", title=self._title)

    _title: str | None = None

    # -- ends ------------------------------------------------------------------------------------

    def _is_prompt(self, record: Record) -> bool:
        """Whether a person begins something new with this."""
        content = content_text(map_of(record, "message").get("content"))
        if _answered(record) or is_machine(record) or content.startswith(INTERRUPTED):
            return False
        return not self._is_child(record)

    def _is_more(self, record: Record) -> bool:
        """Whether this may be a further block of the message that ends the turn, or not of it."""
        if record.get("type") in ("queue-operation", "summary", "custom-title", "ai-title"):
            return True
        if self._is_child(record):
            return True
        return (
            record.get("type") == "assistant"
            and text_of(map_of(record, "message"), "id") == self._ending
        )

    def _end(self) -> None:
        """End the turn that was to end, at the time of its last message."""
        if self._ending is not None:
            now, self.at = self.at, self._ended_at
            self._end_now()
            self.at = now

    def _end_now(self) -> None:
        self._ending = None
        self.tasks.settle()
        if self.in_turn:
            self.end_turn()

    def _count_cost(self, record: Record) -> None:
        total = {"cost_usd": record.get("totalCostUSD")}
        self._untold_cost += self._cost.since(total).get("cost_usd", 0)
        if self.in_turn:
            self._emit_cost()
            if self._ending is None and not self.calls.open:
                self._end_now()

    def _emit_cost(self) -> None:
        if self._untold_cost > 0:
            cost, self._untold_cost = round(self._untold_cost, 9), 0.0
            self.usage({"cost_usd": cost})

    # -- subagents -------------------------------------------------------------------------------

    def _is_child(self, record: Record) -> bool:
        """Whether a line is of a subagent within its parent's file."""
        return record.get("isSidechain") is True and self._is_subagent is not True

    def _parent_of(self, record: Record) -> str | None:
        """The call that a line belongs under."""
        if self._is_subagent is None:
            self._is_subagent = record.get("isSidechain") is True
        if not self._is_child(record):
            return None
        agent = text_of(record, "agentId")
        for known in (agent, text_of(record, "parentUuid")):
            if known in self._sidechains:
                return self._remember(record, self._sidechains[known])
        # A subagent's first line is its prompt, which its call has among its arguments.
        prompt = map_of(record, "message").get("content")
        open_calls = [key for key, call in self.calls.open.items() if call.name in _AGENTS]
        asked = [
            key for key in open_calls if text_of(self.calls.open[key].args, "prompt") == prompt
        ]
        return self._remember(record, next(iter(asked or open_calls[-1:]), agent or "subagent"))

    def _remember(self, record: Record, parent: str) -> str:
        for key in (text_of(record, "uuid"), text_of(record, "agentId")):
            if key:
                _keep(self._sidechains, key, parent)
        return parent


def _answered(record: Record) -> list[str]:
    """Ids of the calls whose results a user record brings."""
    content = maps_of(map_of(record, "message"), "content")
    return [text_of(each, "tool_use_id") for each in content if each.get("type") == "tool_result"]


def _keep(kept: dict[str, str], key: str, value: str) -> None:
    """Note `value` under `key`; the oldest go first."""
    kept[key] = value
    if len(kept) > MAX_SIDECHAIN:
        del kept[next(iter(kept))]
