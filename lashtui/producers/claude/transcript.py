"""`claude-transcript`: a session's file under `~/.claude/projects`, read from its beginning.

A block stands in it when it is finished. Few lines end a turn: it ends with a message that calls no
tool, when anything else follows or nothing does for a while; with the hooks that run then; else
with the next prompt. History may be written again: by a person who goes back, which is told, or as
a copy with new ids, which is not. Most of the bytes are the vendor's prompts and schemas: they are
skipped by their type, never forwarded. Subagents have files of their own, whose lines are told here
too (`join`), or (older versions) stand in their parent's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import (
    ChildUsage,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
)
from lashd.publish.sdk.fields import usage_of
from lashtui.producers.claude.agents import AGENTS
from lashtui.producers.claude.child_lines import GOES_ON, MAX_SEEN, queued_command
from lashtui.producers.claude.content import content_text
from lashtui.producers.claude.counted import Counted
from lashtui.producers.claude.history import History
from lashtui.producers.claude.hooked import HookedLines
from lashtui.producers.claude.lines import TELLING_REASONS
from lashtui.producers.claude.marks import (
    is_interruption,
    is_notification,
    is_output,
    printed,
    said_in,
    said_with,
    typed,
)
from lashtui.producers.claude.queue import TypedAhead
from lashtui.producers.claude.tasks import ENDED
from lashtui.producers.dedupe import Totals, bounded
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, time_of, title_of, used_by

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

_HANDLED: Final = frozenset(
    {"user", "assistant", "system", "queue-operation", "cost-state", "attachment"}
    | {"summary", "custom-title", "ai-title", "agent-name"}
)
_IGNORED: Final = frozenset(
    {"api-request", "api-request-blob", "api-request-shape", "last-prompt"}
    | {"atis-latch", "tools-used", "file-history-snapshot", "progress", "permission-mode"}
    | {"mode", "agent-color", "agent-setting", "tag", "pr-link"}
    | {"worktree-state", "content-replacement", "speculation-accept", "bridge-session"}
)
"""Prompts, schemas and the program's own notes."""
_IGNORED_SYSTEM: Final = frozenset(
    {"away_summary", "memory_saved", "bridge_status"}
    | {"file_snapshot", "thinking", "hook_started", "hook_response", "agents_killed"}
)
_BESIDE: Final = ("queue-operation", "summary", "custom-title", "ai-title", "agent-name")
"""Lines that stand between those of a message."""
_FIELD = re.compile(r"<(task-id|tool-use-id|status|summary|result)>\s*(.*?)\s*</\1>", re.DOTALL)
_LEAVING: Final = ("/exit", "/quit")
_STOPPERS: Final = ("TaskStop", "KillShell", "KillBash")


class ClaudeTranscriptProducer(HookedLines):
    """A session's file, and those of its subagents; one of those alone is read as a session."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._queue = TypedAhead(self.emit_payload)
        self._history = History()
        self._counted = Counted(self._tell_usage)
        self._may_end = ""
        """The message that may have been the turn's last, for all that its line says."""
        self._is_command = False
        """Nothing but a command of the program's own is in the turn."""
        self._leaves = False
        """That command ends the program."""
        self._cost = Totals()
        self._untold_cost = 0.0
        self._ending: str | None = None
        """The message that ends the turn; more blocks of it may follow."""
        self._ended_at: int | None = None
        self._ends_for = ""
        """Why that message ended."""

    def on_record(self, record: Record) -> None:
        """One line."""
        kind = record.get("type")
        if kind not in _HANDLED:
            if kind not in _IGNORED:
                self.unknown(str(kind), record)
            return
        if kind == "attachment" and not queued_command(record):
            self._history.note(record)
            return
        uuid = record.get("uuid")
        if isinstance(uuid, str) and bounded(self.seen, uuid, MAX_SEEN):
            return
        if self.is_child(record):
            self.take_child(record)
            return
        for each in self._history.take(record, is_prompt=self._is_prompt(record)):
            self._take_record(each)

    def _take_record(self, record: Record) -> None:
        kind = record.get("type")
        # A turn that this record shows to have ended did so before its time.
        if kind == "cost-state":
            self._count_cost(record)
        if self._ending is not None and not self._is_more(record):
            self._end()
        elif self.in_turn and kind == "user" and self._is_prompt(record) and not self.is_beside:
            self._end_now()
        at = time_of(record.get("timestamp"))
        if at is not None:
            self.at = self.clock = at
        if text_of(record, "cwd"):
            self._directory = text_of(record, "cwd")
            self.opened(agent="claude", directory=self._directory, title=self._title)
        if kind == "assistant":
            self.is_beside = False
            self.assistant_line(record)
        elif kind == "user":
            self.user_line(record)
            self.is_beside = False
            self.begin_shown()
        elif kind == "system":
            self._system(record)
        elif kind == "queue-operation":
            self._queued(record)
        elif kind == "attachment":
            self._attached(queued_command(record))
        elif kind != "cost-state":
            self._titled(record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a message that could end the turn does."""
        for record in self._history.release():
            self._take_record(record)
        self._end()
        self.end_left_open()
        awaited = any(self.tasks.is_running(key) for key in self.agents.joined)
        is_left = self.is_beside and not self.is_waiting
        if is_left and not awaited and not any(self.at_work.values()):
            self._end_now()
        return self._take_out()

    def rest(self) -> list[Produced]:
        """Nothing came for long: a message that may have ended the turn did."""
        if self._may_end and self.in_turn and not self._has_open_calls:
            self._ending, self._ended_at = self._may_end, self.at
        out = self.flush()
        self.end_silent()
        if self.is_beside and not self.is_waiting and not self.calls.open:
            self._end_now()
        self.tell_held()
        return out + self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The file is not followed any more."""
        for record in self._history.release():
            self._take_record(record)
        self._end()
        self.end_silent()
        self.end_left_open()
        if self.is_beside:
            # The agent itself has ended well; what its subagents were doing is not known.
            self.calls.close(children=True)
            self._end_now()
        self._counted.tell_all()
        self.tasks.settle()
        self._emit_cost()

    @property
    def is_ending(self) -> bool:
        """Whether the turn's last message has come."""
        return self._ending is not None

    def begin_turn(self) -> None:
        """A turn begins, with what the time before it cost."""
        if not self.in_turn:
            super().begin_turn()
            self._emit_cost()

    # -- messages --------------------------------------------------------------------------------

    def assistant_line(self, record: Record) -> None:
        parent = self.parent_of(record)
        message = map_of(record, "message")
        message_id = text_of(message, "id")
        usage = usage_of(message.get("usage"))
        self._counted.count(message_id, parent, usage)
        self.note_model(message, parent)
        if parent is None:
            self.note_context(used_by(usage))
        if self._is_copy(record, message, message_id):
            return
        blocks = maps_of(message, "content")
        for block in blocks:
            if block.get("name") == "SendMessage":
                sent = text_of(block.get("input"), "message").strip()
                bounded(self.seen, f"sent {hash(sent)}", MAX_SEEN)
        self.on_assistant(record, parent)
        self.name_question()
        if parent is not None:
            return
        self._is_command = False
        reason = text_of(message, "stop_reason")
        is_text = any(block.get("type") == "text" for block in blocks)
        self._may_end = message_id if is_text and not reason else ""
        if reason not in GOES_ON:
            self._ending, self._ended_at = message_id, self.at
            self._ends_for = reason

    def _tell_usage(self, parent: str | None, usage: dict[str, int | float]) -> None:
        if parent is None:
            self.usage(usage)
        elif any(usage.values()):
            self.begin_turn()
            self.emit(ChildUsage(usage, source="subagent"), None, parent)

    @property
    def _has_open_calls(self) -> bool:
        return any(not call.parent for call in self.calls.open.values())

    def _is_copy(self, record: Record, message: Record, message_id: str) -> bool:
        """Whether this block came already, under another line's id."""
        content = maps_of(message, "content")
        if not message_id or len(content) != 1:
            return False
        index, block = int_of(record, "apiBlockIndex"), content[0]
        said = text_of(block, "text") or text_of(block, "thinking") or text_of(block, "id")
        mark = f"{text_of(block, 'type')} {hash(said)}" if index is None else str(index)
        return bounded(self.seen, f"{message_id} {mark}", MAX_SEEN)

    def user_line(self, record: Record) -> None:
        parent = self.parent_of(record)
        content = map_of(record, "message").get("content")
        called = [(call_id, self.calls.open.get(call_id)) for call_id in _answered(record)]
        self._counted.tell(parent)
        self._may_end = "" if parent is None else self._may_end
        if called:
            self.forget_question()
            self.on_user(record, parent)
            rich = record.get("toolUseResult")
            for call_id, call in called:
                if call is not None and isinstance(rich, dict):
                    self._note_task(call_id, call.name, call.args, rich)
            return
        text = content_text(content)
        if parent is not None:
            if is_interruption(text):
                self.diagnose("interrupted", {"message": text.strip().strip("[]")}, parent)
            else:
                self.asked(parent, said_in(record))
            return
        self._queue.taken(text)
        if is_notification(text):
            self.begin_turn()
            self._notified(text)
        elif is_output(text):
            self._printed(text)
        else:
            self._prompted(record, content)

    def _prompted(self, record: Record, content: object) -> None:
        was_in_turn = self.in_turn and not self.is_beside
        if self._is_prompt(record):
            before = self._history.gone_back(record)
            if before is not None:
                self.diagnose("rewound", f"to before: {before}" if before else None)
            self._entitle(said_in(record)[0].text)
        self.on_user(record, None)
        for said in said_in(record):
            self._queue.taken(said.text)
        self._note_command(content, was_in_turn=was_in_turn)
        if self.interrupted and self.in_turn:
            self._end_now()

    def _printed(self, text: str) -> None:
        """What a command of the program's own printed, which ends a turn that is nothing else."""
        told = printed(text)
        if told:
            self.diagnose("output", told)
        if self._is_command and self.in_turn:
            leaves = self._leaves
            self._end_now()
            if leaves:
                self.emit_payload(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))

    def _attached(self, command: Record) -> None:
        """What was typed while a turn ran is told by a line of its own where the turn took it."""
        content = command.get("prompt")
        text = content_text(content)
        if is_notification(text):
            self._queue.taken(text)
            self._notified(text)
            return
        if text_of(command, "commandMode") not in ("", "prompt", "bash"):
            return
        for said in said_with(content, command):
            if self._queue.attached(said.text):
                self.prompted([said])

    # -- what stands around them -----------------------------------------------------------------

    def _system(self, record: Record) -> None:
        subtype = text_of(record, "subtype")
        if subtype == "api_error":
            self.is_beside = False
            self.tell_retry(record, None)
        elif subtype == "turn_duration":
            if self.in_turn and not self.is_beside:
                self._end_now()
        elif subtype == "compact_boundary":
            self._history.forget_root()
            self.diagnose(subtype, map_of(record, "compactMetadata"))
        elif subtype == "stop_hook_summary":
            # A hook that failed may have sent the agent back to work.
            if self.in_turn and not self.is_beside and not record.get("hookErrors"):
                self._end_now()
        elif subtype == "local_command":
            self._local_command(record.get("content"))
        elif subtype not in _IGNORED_SYSTEM:
            self.unknown(f"system/{subtype}", record)

    def _local_command(self, content: object) -> None:
        """A command of the program's own that a person entered, or what it printed."""
        text = content_text(content)
        if is_output(text):
            self._printed(text)
        elif _is_command(content):
            was_in_turn = self.in_turn and not self.is_beside
            self.user(typed(content))
            self._note_command(content, was_in_turn=was_in_turn)

    def _note_command(self, content: object, *, was_in_turn: bool) -> None:
        self._is_command = not was_in_turn and _is_command(content)
        self._leaves = self._is_command and typed(content) in _LEAVING

    def _queued(self, record: Record) -> None:
        operation, content = text_of(record, "operation"), content_text(record.get("content"))
        at = text_of(record, "timestamp")
        if at and bounded(self.seen, f"{at} {operation} {content[:80]}", MAX_SEEN):
            return  # these have no id of their own
        if operation == "enqueue":
            is_notice = is_notification(content)
            if is_notice:
                self._notified(content)
            self._queue.enqueued(content, shown=not is_notice)
        elif operation == "dequeue":
            self._queue.dequeued()
        elif operation == "remove":
            said = self._queue.removed(content, text_of(record, "reason"))
            if said and not is_notification(said):
                # It went into the running turn: no user line of its own says so.
                self.user(said)
        elif operation == "popAll":
            self._queue.taken_back()

    def _notified(self, content: str) -> None:
        fields = dict(_FIELD.findall(content))
        task = {"task_id": fields.get("task-id", ""), "status": fields.get("status", "")}
        self.tasks.notified({**task, "summary": fields.get("summary", "")})
        agent_id, call_id = fields.get("task-id", ""), fields.get("tool-use-id", "")
        if fields.get("status") in ENDED:
            self.agents.ended(agent_id, call_id)
            self.at_work.pop(self.agents.call_of(agent_id) or call_id, None)
        if self.in_turn:  # else it is told once more when the agent is told
            self.report(self.agents.call_of(agent_id) or call_id, fields.get("result", ""))

    def _note_task(self, call_id: str, name: str, args: object, rich: Record) -> None:
        """A call's result tells that something runs on in the background, or was stopped."""
        task_id = text_of(rich, "backgroundTaskId")
        if name in AGENTS:
            self.agents.launched(text_of(rich, "agentId"), call_id)
        if not task_id and (rich.get("isAsync") is True or rich.get("status") == "async_launched"):
            task_id = text_of(rich, "agentId")
        if task_id:
            label = text_of(args, "description") or text_of(args, "command")
            self.tasks.started({"task_id": task_id, "tool_use_id": call_id, "description": label})
        elif name in _STOPPERS:
            stopped = text_of(rich, "task_id") or text_of(rich, "shell_id")
            self.tasks.notified({"task_id": stopped, "status": "stopped"})
        elif name in AGENTS:
            self.agents.ended(text_of(rich, "agentId"), call_id)
            self.at_work.pop(call_id, None)

    def _titled(self, record: Record) -> None:
        self._title = (
            text_of(record, "customTitle")
            or text_of(record, "agentName")
            or text_of(record, "aiTitle")
            or text_of(record, "summary")
            or self._title
        )
        self._tell_title()

    def _entitle(self, said: str) -> None:
        """Call the session by what was said first in it, until it has a name of its own."""
        if self._title is None and not said.startswith("/"):
            self._title = title_of(said) or None
            self._tell_title()

    def _tell_title(self) -> None:
        if self._title is not None:
            self.opened(agent="claude", directory=self._directory, title=self._title)

    _title: str | None = None
    _directory: str | None = None

    # -- ends ------------------------------------------------------------------------------------

    def _is_prompt(self, record: Record) -> bool:
        """Whether somebody begins something new with this."""
        if record.get("type") != "user" or _answered(record) or self.is_child(record):
            return False
        text = content_text(map_of(record, "message").get("content"))
        if is_interruption(text) or is_output(text) or is_notification(text):
            return False
        return bool(said_in(record))

    def _is_more(self, record: Record) -> bool:
        """Whether this may be a further block of the message that ends the turn, or not of it."""
        if record.get("type") in _BESIDE:
            return True
        if self.is_child(record):
            return True
        return (
            record.get("type") == "assistant"
            and text_of(map_of(record, "message"), "id") == self._ending
        )

    def _end(self) -> None:
        """End the turn that was to end, at the time of its last message."""
        if self._ending is not None:
            now, self.at = self.at, self._ended_at
            if self._ends_for in TELLING_REASONS and self.in_turn:
                self.diagnose("stop_reason", {"reason": self._ends_for})
            self._ends_for = ""
            self._end_now()
            self.at = now

    def _end_now(self) -> None:
        self._ending, self._may_end, self._is_command = None, "", False
        self.forget_question()
        self.end_left_open()
        self.is_beside = False
        self.tasks.settle()
        self._counted.tell_all()
        self._queue.end_turn()
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


def _answered(record: Record) -> list[str]:
    """Ids of the calls whose results a user record brings."""
    content = maps_of(map_of(record, "message"), "content")
    return [text_of(each, "tool_use_id") for each in content if each.get("type") == "tool_result"]


def _is_command(content: object) -> bool:
    text = content_text(content).lstrip()
    return text.startswith(("<command-", "<bash-input>")) and typed(content) != text.strip()
