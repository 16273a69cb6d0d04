"""`claude`: what `claude -p --output-format stream-json --verbose` prints, with or without
`--include-partial-messages`.

A `result` record ends a turn; the stream may go on with another (a background task that ended
wakes the agent). While subagents run in the background, results are held back and come together at
the end: then the `init` of the next turn ends the one before it. Records' own
times are not used: only some have one, and mixing them with arrival times would be inconsistent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelRequestStarted,
    ReasoningDelta,
    RetryStatus,
    SessionOutcome,
    SubmittedValue,
)
from lashd.exact import exact_number
from lashd.publish.sdk.fields import merged, usage_of
from lashd.text import short
from lashtui.producers.asked import MAX_ASKED
from lashtui.producers.claude.lines import MAX_SEEN, TELLING_REASONS, ClaudeLines
from lashtui.producers.claude.tasks import all_tasks
from lashtui.producers.dedupe import Totals, bounded, counters, tidy
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, time_of, used_by
from lashtui.text.tools import key_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record

_IGNORED: Final = frozenset(
    {"keep_alive", "tool_use_summary", "prompt_suggestion"}
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
MAX_AWAITED = 256
"""Turns whose results are held back; each is woken by a background task of its own."""


class _Turn:
    """A turn whose result has not come yet."""

    __slots__ = ("acted", "messages", "opened", "requests", "spoke")

    def __init__(self) -> None:
        self.opened = False
        """Its beginning has come."""
        self.messages: set[str] = set()
        """Ids of its streamed messages, by which its result is known."""
        self.requests: dict[str, int | float] = {}
        """Tokens of its requests, for a turn that gets no result."""
        self.acted = False
        """The agent itself did anything in it."""
        self.spoke = False
        """The agent itself said anything, for a turn that has ended."""


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
        self._awaited: list[_Turn] = []
        """Turns without a result, the oldest first; only the last may be running."""
        self._answered_last = False
        """A result came since the last turn began."""
        self._own: dict[str, int | float] = {}
        self._all: dict[str, int | float] = {}
        """Tokens of the agent itself, and of it with its subagents, that are not told apart yet."""
        self._late: dict[str, int | float] = {}
        """Counted after a turn's end, when it would seem to begin one."""
        self._has_children = False
        self._begun_usage: object = None
        """Counters with which the newest streamed message began."""
        self._denied: set[str] = set()
        self._asked_by: dict[str, str] = {}
        """By the id of a request: what it asks for an answer to."""
        self._just_began = False
        self._records: dict[str, Callable[[Record], None]] = {
            "system": self._system,
            "assistant": self._assistant,
            "user": self._user,
            "result": self._result,
            "control_request": self._control_request,
            "control_cancel_request": self._control_answered,
            "control_response": lambda record: self._control_answered(map_of(record, "response")),
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
            "task_notification": self._task_notified,
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
        requests, self._late = self._late, {}
        for turn in self._awaited:
            _add(requests, turn.requests)
        self.usage(requests)
        if self.in_turn and outcome is SessionOutcome.SUCCESS and self._answered_last:
            # The agent had its last word; what came after it is a subagent's.
            self.end_turn()

    def begin_turn(self) -> None:
        """A turn begins, with what was counted since the last one."""
        if not self.in_turn:
            super().begin_turn()
            late, self._late = self._late, {}
            self.usage(late)

    @property
    def _turn_now(self) -> _Turn:
        """The running turn, also where its beginning was lost."""
        if not self._awaited:
            self._awaited.append(_Turn())
        return self._awaited[-1]

    # -- deltas ----------------------------------------------------------------------------------

    def on_stream_event(self, record: Record) -> None:
        """A frame of the model's own stream."""
        event = record["event"]
        parent = _parent(record)
        kind = event["type"]
        if kind == "content_block_delta":
            if parent is None:
                self._turn_now.acted = True
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
            message_id = text_of(event["message"], "id")
            if parent is None and len(self._turn_now.messages) < MAX_SEEN:
                self._turn_now.messages.add(message_id)
            self.blocks.start_message(parent, message_id)
            self.note_model(event["message"], parent)
            if parent is None:
                self._begun_usage = map_of(event, "message").get("usage")
        elif kind == "message_delta" and parent is None:
            _add(self._turn_now.requests, self.usage_of(event.get("usage")))
            self._note_used(self.usage_of(merged(self._begun_usage, event.get("usage"))))
        elif kind == "message_stop":
            abandoned = map_of(record, "abandoned_blocks")
            first = int_of(abandoned, "from_block_index")
            if first is None:
                self.blocks.end_message(parent)
            else:
                named = text_of(abandoned, "api_message_id")
                self.blocks.abandon(parent, named or self._message_of(record, parent), first)

    def _note_used(self, usage: dict[str, int | float]) -> None:
        """A message's request and its answer are what the model's context holds now."""
        self.context(used_by(usage))

    def _message_of(self, record: Record, parent: str | None) -> str:
        return text_of(record, "api_message_id") or self.blocks.current_id(parent)

    # -- whole records ---------------------------------------------------------------------------

    def _assistant(self, record: Record) -> None:
        parent = _parent(record)
        message = map_of(record, "message")
        self.note_model(message, parent)
        if parent is None:
            self._turn_now.acted = True
        else:
            self._has_children = True
        self.on_assistant(record, parent)
        if parent is None and text_of(message, "id") not in self._turn_now.messages:
            # Those that are streamed tell it more exactly, at their end.
            self._note_used(self.usage_of(message.get("usage")))

    def _user(self, record: Record) -> None:
        self.on_user(record, _parent(record))

    def _system(self, record: Record) -> None:
        record = self.system_fields(record)
        subtype = text_of(record, "subtype")
        handle = self._systems.get(subtype)
        if handle is not None:
            handle(record)
        elif subtype in _REMARKS:
            rest = {key: value for key, value in record.items() if key not in _ENVELOPE}
            self.diagnose(subtype, rest)
        elif subtype not in _IGNORED:
            self.unknown(f"system/{subtype}", record)

    def system_fields(self, record: Record) -> Record:
        """A system record with its fields where Claude has them."""
        return record

    def _init(self, record: Record) -> None:
        before = self._turn_now
        if before.opened:
            before.spoke = self.blocks.spoke
            if before.acted and self.in_turn:
                self.end_turn()
            self._awaited.append(_Turn())
            del self._awaited[:-MAX_AWAITED]
        self._turn_now.opened = True
        self._answered_last = False
        directory, model = text_of(record, "cwd"), text_of(record, "model")
        self.opened(agent=self.agent, directory=directory or None, model=model)
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
        wait = exact_number(record.get("retry_delay_ms")) or 0
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

    def _task_notified(self, record: Record) -> None:
        self.tasks.notified(record)
        if record.get("summary_is_report") is True:
            self.report(text_of(record, "tool_use_id"), text_of(record, "summary"))

    def _state_changed(self, record: Record) -> None:
        if record.get("state") == "requires_action":
            self.tools.asked.ask("state", text_of(record, "details") or "a decision")
        elif self.is_waiting:
            self.tools.asked.clear()

    def _control_request(self, record: Record) -> None:
        request = map_of(record, "request")
        subtype = text_of(request, "subtype")
        request_id = text_of(record, "request_id")
        key = text_of(request, "tool_use_id") or "request:" + request_id
        self._asked_by[request_id] = key
        if len(self._asked_by) > MAX_ASKED:
            del self._asked_by[next(iter(self._asked_by))]
        if subtype == "can_use_tool":
            name = text_of(request, "display_name") or text_of(request, "tool_name")
            about = key_argument(request.get("input"))
            self.tools.asked.ask(key, f"permission for {name}" + (f": {about}" if about else ""))
        elif subtype == "elicitation":
            self.tools.asked.ask(key, text_of(request, "message") or "an answer")

    def _control_answered(self, record: Record) -> None:
        """A request was answered, or withdrawn: a person is not asked any more."""
        self.tools.asked.answer(self._asked_by.pop(text_of(record, "request_id"), ""))

    def _tool_progress(self, record: Record) -> None:
        # A call that runs has its permission.
        self.tools.asked.answer(text_of(record, "tool_use_id"))

    def _rate_limit(self, record: Record) -> None:
        info = map_of(record, "rate_limit_info")
        if text_of(info, "status") not in ("", "allowed"):
            self.diagnose("rate_limit", info)

    # -- the end of a turn -----------------------------------------------------------------------

    def _result(self, record: Record) -> None:
        turn = self._take_awaited(record)
        is_held_back = bool(self._awaited)
        subtype, text = text_of(record, "subtype"), text_of(record, "result")
        has_failed = record.get("is_error") is True or subtype.startswith("error")
        spoke = turn.spoke if turn is not None and is_held_back else self.blocks.spoke
        is_new = bool(text) and not has_failed and not spoke
        if turn is None and self.turns and not self.in_turn and not has_failed:
            # Of a turn that has ended: its words are told, unless they were lost.
            is_held_back = not is_new or self.has_said(None, text)
            is_new = is_new and not is_held_back
        if not is_held_back:
            self.begin_turn()
        for denial in maps_of(record, "permission_denials"):
            if text_of(denial, "tool_use_id") not in self._denied:
                self._permission_denied(denial)
        if is_new:
            # A command of the program's own, or a line that was lost: this is the only copy.
            self.say(None, text_of(record, "uuid") or f"result-{self.turns}", text, _PROSE)
        if record.get("structured_output") is not None:
            self.emit(SubmittedValue(tidy(record["structured_output"])))
        if not has_failed and text_of(record, "stop_reason") in TELLING_REASONS:
            self.diagnose("stop_reason", {"reason": record["stop_reason"]})
        self._emit_usage(record)
        if is_held_back:
            if has_failed:
                self.diagnose("earlier_turn_failed", {"message": self._why(record)})
            return
        if has_failed and self._was_stopped(record):
            if not self.interrupted:
                self.diagnose("interrupted")
        elif has_failed:
            self.error(self._why(record))
        self.end_turn()
        self._just_began = False
        self._denied.clear()

    def _take_awaited(self, record: Record) -> _Turn | None:
        """The turn that this result is of. It is awaited no more, nor is any before it."""
        place = len(self._awaited) - 1
        begun = record.get("begun_message_ids")
        ids = (
            {each for each in begun if isinstance(each, str)} if isinstance(begun, list) else set()
        )
        if ids:
            told = (at for at in range(place, -1, -1) if self._awaited[at].messages & ids)
            place = next(told, 0)
        elif int_of(record, "result_index") is not None:
            place = 0  # older versions hold no result back, and number none
        if not self._awaited:
            return None
        turn = self._awaited[place]
        del self._awaited[: place + 1]
        self._answered_last = True
        return turn

    def _was_stopped(self, record: Record) -> bool:
        """Whether a person stopped the turn, which the program calls an error."""
        return self.interrupted or text_of(record, "terminal_reason").startswith("aborted")

    def _why(self, record: Record) -> str:
        if self._was_stopped(record):
            return "Interrupted by the user."
        reason, subtype = text_of(record, "terminal_reason"), text_of(record, "subtype")
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
        self.note_window(record)
        _add(self._own, usage)
        cost = self._cost.since({"cost_usd": record.get("total_cost_usd")}).get("cost_usd", 0)
        if cost:
            usage["cost_usd"] = round(cost, 9)
        if self.in_turn:
            self.usage(usage)
        else:
            _add(self._late, usage)
        self._emit_children(record)

    def _emit_children(self, record: Record) -> None:
        """What subagents used: all models' tokens less those of the agent itself.

        The first of several results that were held back tells the sum of all.
        """
        total: dict[str, int | float] = {}
        for usage in map_of(record, "modelUsage").values():
            if isinstance(usage, dict):
                _add(total, counters(usage, _MODEL_COUNTERS))
        _add(self._all, self._models.since(total))
        if self._awaited:
            return
        used = {name: max(0, value - self._own.get(name, 0)) for name, value in self._all.items()}
        if self._has_children and self.in_turn and any(used.values()):
            self.emit(ChildUsage(used, source="subagents"))
        self._own, self._all, self._has_children = {}, {}, False


_PROSE: Final = AssistantProseDelta


def _parent(record: Record) -> str | None:
    return text_of(record, "parent_tool_use_id") or None


def _add(sums: dict[str, int | float], counted: dict[str, int | float]) -> None:
    for name, value in counted.items():
        sums[name] = sums.get(name, 0) + value
