"""`claude`: what `claude -p --output-format stream-json --verbose` prints, with or without
`--include-partial-messages`.

A `result` record ends a turn; the stream may go on with another (a background task that ended
wakes the agent). Times of the records are not handed on: only some have one, so that it would not
fit the others; the time of arrival is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelRequestStarted,
    ReasoningDelta,
    RetryStatus,
    SubmittedValue,
)
from lashd.publish.sdk.fields import usage_of
from lashd.text import short
from lashtui.producers.claude.lines import MAX_SEEN, ClaudeLines
from lashtui.producers.claude.tasks import all_tasks
from lashtui.producers.dedupe import Totals, bounded, counters, number, tidy
from lashtui.producers.records import int_of, map_of, maps_of, text_of, time_of
from lashtui.text.tools import key_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record

_IGNORED: Final = frozenset(
    {"control_response", "keep_alive", "tool_use_summary", "prompt_suggestion"}
    | {"thinking_tokens", "task_progress", "hook_started", "hook_progress", "hook_response"}
    | {"files_persisted", "elicitation_complete", "commands_changed", "streamlined_text"}
    | {"streamlined_tool_use_summary", "transcript_mirror", "conversation_reset"}
)
"""Heartbeats, echoes of what other records say, and talk between programs."""
_REMARKS: Final = frozenset(
    {"compact_boundary", "notification", "informational", "local_command_output"}
    | {"model_refusal_fallback", "api_error", "mirror_error", "worker_shutting_down"}
)
"""Shown as they are."""
_ENVELOPE: Final = frozenset({"type", "subtype", "uuid", "session_id", "parent_tool_use_id"})
_MODEL_COUNTERS: Final = {
    "inputTokens": "input_tokens",
    "cacheReadInputTokens": "input_tokens",
    "cacheCreationInputTokens": "input_tokens",
    "outputTokens": "output_tokens",
}
_DIAGNOSTIC: Final = "[ede_diagnostic]"


class ClaudeStreamProducer(ClaudeLines):
    """One run's stdout."""

    agent: ClassVar[str] = "claude"
    has_own_ids: ClassVar[bool] = True
    """Each record has an id of its own, by which a repetition is known."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, None] = {}
        self._cost = Totals()
        self._models = Totals()
        self._requests: dict[str, int | float] = {}
        """Tokens of this turn's requests, for a turn that gets no result."""
        self._has_children = False
        self._denied: set[str] = set()
        self._just_began = False
        self._records: dict[str, Callable[[Record], None]] = {
            "system": self._system,
            "assistant": self._assistant,
            "user": self._user,
            "result": self._result,
            "control_request": self._control_request,
            "control_cancel_request": self._control_cancelled,
            "rate_limit_event": self._rate_limit,
            "tool_progress": self._tool_progress,
        }
        self._systems: dict[str, Callable[[Record], None]] = {
            "init": self._init,
            "status": self._status,
            "api_retry": self._api_retry,
            "permission_denied": self._permission_denied,
            "task_started": self._task_started,
            "task_updated": self.tasks.updated,
            "task_notification": self.tasks.notified,
            "background_tasks_changed": lambda record: self.tasks.listed(all_tasks(record)),
            "session_state_changed": self._state_changed,
        }

    def on_record(self, record: Record) -> None:
        """One line."""
        uuid = record.get("uuid")
        if self.has_own_ids and isinstance(uuid, str) and bounded(self._seen, uuid, MAX_SEEN):
            return
        kind = record.get("type")
        if kind == "stream_event":
            self.on_stream_event(record)
            return
        if self.tasks.is_unsettled and not text_of(record, "subtype").startswith("task_"):
            self.tasks.settle()
        self.clock = time_of(record.get("timestamp"))
        handle = self._records.get(kind) if isinstance(kind, str) else None
        if handle is not None:
            handle(record)
        elif kind not in _IGNORED:
            self.unknown(str(kind), record)

    def usage_of(self, usage: object) -> dict[str, int | float]:
        """The counters of a request or a turn under our names."""
        return usage_of(usage)

    def on_end(self, outcome: SessionOutcome) -> None:
        """What a turn without a result used is known from its requests."""
        self.tasks.settle()
        if self.in_turn:
            self.usage(self._requests)

    # -- deltas ----------------------------------------------------------------------------------

    def on_stream_event(self, record: Record) -> None:
        """A frame of the model's own stream."""
        event = record["event"]
        parent = _parent(record)
        kind = event["type"]
        if kind == "content_block_delta":
            delta = event["delta"]
            what = delta["type"]
            if what == "text_delta":
                at = self._message_of(record, parent)
                self.blocks.delta(parent, at, event["index"], delta["text"], AssistantProseDelta)
            elif what == "thinking_delta":
                at = self._message_of(record, parent)
                self.blocks.delta(parent, at, event["index"], delta["thinking"], ReasoningDelta)
        elif kind == "content_block_stop":
            self.blocks.stop(parent, self._message_of(record, parent), event["index"])
        elif kind == "message_start":
            self._just_began = False
            self.blocks.start_message(parent, text_of(event["message"], "id"))
        elif kind == "message_delta" and parent is None:
            for name, value in self.usage_of(event.get("usage")).items():
                self._requests[name] = self._requests.get(name, 0) + value
        elif kind == "message_stop":
            self.blocks.end_message(parent)

    def _message_of(self, record: Record, parent: str | None) -> str:
        return text_of(record, "api_message_id") or self.blocks.current_id(parent)

    # -- whole records ---------------------------------------------------------------------------

    def _assistant(self, record: Record) -> None:
        parent = _parent(record)
        self._has_children = self._has_children or parent is not None
        self.on_assistant(record, parent)

    def _user(self, record: Record) -> None:
        self.on_user(record, _parent(record))

    def _system(self, record: Record) -> None:
        subtype = text_of(record, "subtype")
        handle = self._systems.get(subtype)
        if handle is not None:
            handle(record)
        elif subtype in _REMARKS:
            rest = {key: value for key, value in record.items() if key not in _ENVELOPE}
            self.diagnose(subtype, rest)
        elif subtype not in _IGNORED:
            self.unknown(f"system/{subtype}", record)

    def _init(self, record: Record) -> None:
        self.opened(agent=self.agent, directory=text_of(record, "cwd") or None)
        self.emit(ModelRequestStarted())
        self._just_began = True

    def _status(self, record: Record) -> None:
        status = record.get("status")
        if status == "requesting":
            # Right after the turn began this is its first request, which is told already.
            if not self._just_began:
                self.emit(ModelRequestStarted())
            self._just_began = False
        elif status is not None:
            self.diagnose("status", {"status": status})

    def _api_retry(self, record: Record) -> None:
        wait = number(record.get("retry_delay_ms")) or 0
        status = int_of(record, "error_status")
        reason = text_of(record, "error") or "the request failed"
        if status is not None:
            reason = f"{reason} ({status})"
        attempt, most = int_of(record, "attempt") or 0, int_of(record, "max_retries")
        self.emit(RetryStatus(wait / 1000, attempt, most, short(reason, 4096) or ""))
        self.blocks.withdraw_unfinished(None)

    def _permission_denied(self, record: Record) -> None:
        call_id = text_of(record, "tool_use_id")
        if len(self._denied) < MAX_SEEN:
            self._denied.add(call_id)
        call = self.calls.open.get(call_id)
        name, message = text_of(record, "tool_name"), text_of(record, "message")
        data = {"tool_name": name, "tool_call_id": call_id, "message": message}
        self.diagnose("permission_denied", data, call.parent if call is not None else None)

    def _task_started(self, record: Record) -> None:
        self._has_children = self._has_children or record.get("task_type") == "local_agent"
        self.tasks.started(record)

    def _state_changed(self, record: Record) -> None:
        if record.get("state") == "requires_action":
            self.tools.ask("state", text_of(record, "details") or "a decision")
        elif self.is_waiting:
            self.tools.answered_all()

    def _control_request(self, record: Record) -> None:
        request = map_of(record, "request")
        subtype = text_of(request, "subtype")
        key = text_of(request, "tool_use_id") or "request:" + text_of(record, "request_id")
        if subtype == "can_use_tool":
            name = text_of(request, "display_name") or text_of(request, "tool_name")
            about = key_argument(request.get("input"))
            self.tools.ask(key, f"permission for {name}" + (f": {about}" if about else ""))
        elif subtype == "elicitation":
            self.tools.ask(key, text_of(request, "message") or "an answer")

    def _control_cancelled(self, record: Record) -> None:
        self.tools.answered("request:" + text_of(record, "request_id"))

    def _tool_progress(self, record: Record) -> None:
        # A call that runs has its permission.
        self.tools.answered(text_of(record, "tool_use_id"))

    def _rate_limit(self, record: Record) -> None:
        info = map_of(record, "rate_limit_info")
        if text_of(info, "status") not in ("", "allowed"):
            self.diagnose("rate_limit", info)

    # -- the end of a turn -----------------------------------------------------------------------

    def _result(self, record: Record) -> None:
        self.begin_turn()
        subtype, text = text_of(record, "subtype"), text_of(record, "result")
        has_failed = record.get("is_error") is True or subtype.startswith("error")
        for denial in maps_of(record, "permission_denials"):
            if text_of(denial, "tool_use_id") not in self._denied:
                self._permission_denied(denial)
        if text and not has_failed and not self.blocks.spoke:
            # A command of the program's own, or a line that was lost: this is the only copy.
            self.say(None, text_of(record, "uuid") or f"result-{self.turns}", text, _PROSE)
        if record.get("structured_output") is not None:
            self.emit(SubmittedValue(tidy(record["structured_output"])))
        if not has_failed and text_of(record, "stop_reason") in ("refusal", "max_tokens"):
            self.diagnose("stop_reason", {"reason": record["stop_reason"]})
        self._emit_usage(record)
        if has_failed:
            self.error(self._why(record))
        self.end_turn()
        self._requests, self._has_children, self._just_began = {}, False, False
        self._denied.clear()

    def _why(self, record: Record) -> str:
        reason, subtype = text_of(record, "terminal_reason"), text_of(record, "subtype")
        if self.interrupted or reason.startswith("aborted"):
            return "Interrupted by the user."
        errors = record.get("errors")
        told = [
            each
            for each in (errors if isinstance(errors, list) else [])
            if isinstance(each, str) and not each.startswith(_DIAGNOSTIC)
        ]
        fallback = reason if subtype in ("", "success") else subtype
        own = text_of(map_of(record, "error"), "message")
        return "; ".join(told) or text_of(record, "result") or own or fallback

    def _emit_usage(self, record: Record) -> None:
        usage = self.usage_of(record.get("usage"))
        children = self._children(record, usage)
        cost = self._cost.since({"cost_usd": record.get("total_cost_usd")}).get("cost_usd", 0)
        if cost:
            usage["cost_usd"] = round(cost, 9)
        self.usage(usage)
        if any(children.values()):
            self.emit(ChildUsage(children, source="subagents"))

    def _children(self, record: Record, own: dict[str, int | float]) -> dict[str, int | float]:
        """What subagents used: all models' tokens less those of the agent itself."""
        total: dict[str, int | float] = {}
        for usage in map_of(record, "modelUsage").values():
            if not isinstance(usage, dict):
                continue
            for name, value in counters(usage, _MODEL_COUNTERS).items():
                total[name] = total.get(name, 0) + value
        grown = self._models.since(total)
        if not self._has_children:
            return {}
        return {name: max(0, value - own.get(name, 0)) for name, value in grown.items()}


_PROSE: Final = AssistantProseDelta


def _parent(record: Record) -> str | None:
    return text_of(record, "parent_tool_use_id") or None
