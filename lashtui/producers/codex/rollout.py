"""Codex's rollouts on disk, tailed: the record of an interactive session.

Most of it stands there twice. Prose and what a person said are taken from the events, or, where a
version writes none, from the model's own items; calls from the items, completed by the event that
knows the clean output and the exit code. Instructions, tool schemas and the state of the world are
the vendor's and never forwarded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lashd.events import (
    AssistantProseDelta,
    ModelRequestStarted,
    ProcessChanged,
    ReasoningDelta,
    SessionProcessEventKind,
)
from lashd.text import short
from lashtui.producers.codex.base import usage_of
from lashtui.producers.codex.forks import History
from lashtui.producers.codex.items import SHELL, command_of, duration_of, field, text_of, thought_of
from lashtui.producers.codex.reading import readable, review_of, said_of
from lashtui.producers.codex.rollout_calls import RolloutCalls
from lashtui.producers.codex.rollout_items import (
    SILENT_EVENTS,
    SILENT_ITEMS,
    child_name,
    directory_of,
    images_of,
    is_machine,
)
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, time_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record
    from lashtui.producers import Produced
    from lashtui.producers.children import Child
    from lashtui.producers.nesting import Nested

MAX_PENDING = 64
"""Messages among the items that wait for the event that tells them."""
MAX_PROMPTS = 256
"""Prompts remembered, in case they are rolled back."""

_TOP = frozenset({"world_state", "inter_agent_communication_metadata"})
_OPENERS = frozenset({"task_started", "turn_started", "user_message"})
"""Events that may begin a turn; any other that comes between turns is late."""


class CodexRolloutProducer(RolloutCalls):
    """Lines of one rollout file to payloads."""

    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._history = History()
        self._tells_ends = False
        """Whether this version writes down where a turn begins and ends."""
        self._tells_messages = False
        """Whether this version has events for messages."""
        self._family = ""
        """Where this turn's prose is taken from: `items` or `messages` (events), or `responses`."""
        self._pending: list[tuple[Record, int | None]] = []
        """Messages among the model's items, each with its time: an event may tell them yet."""
        self._thought_of = ""
        """Which event tells thoughts here: the summary's, or the raw one's."""
        self._has_answered = False
        """Whether the agent said something in this turn."""
        self._is_prompted = False
        """A person's message opened this turn, and nothing else came yet."""
        self._total: dict[str, int | float] = {}
        self._uncounted: list[tuple[dict[str, int | float], dict[str, int | float]]] = []
        """Totals and tokens of requests that an event usually tells as well."""
        self._directory = ""
        self._prompts: list[tuple[int, str]] = []
        """Each with the number of its line."""
        self._ordinal = -1
        """The number of the newest line, where lines have one."""
        self._handlers: dict[str, Callable[[Record], None]] = {
            "task_started": self._on_started,
            "turn_started": self._on_started,
            "task_complete": self._on_complete,
            "turn_complete": self._on_complete,
            "turn_aborted": self._on_aborted,
            "item_completed": self._on_item,
            "user_message": self._on_message,
            "agent_message": self._on_message,
            "agent_reasoning": self._on_thought,
            "agent_reasoning_raw_content": self._on_thought,
            "exec_command_begin": lambda event: self._on_begin(event, "command_execution"),
            "exec_command_end": lambda event: self._on_end(event, "command_execution"),
            "patch_apply_begin": lambda event: self._on_begin(event, "file_change"),
            "patch_apply_end": lambda event: self._on_end(event, "file_change"),
            "mcp_tool_call_begin": lambda event: self._on_begin(event, "mcp_tool_call"),
            "mcp_tool_call_end": lambda event: self._on_end(event, "mcp_tool_call"),
            "dynamic_tool_call_request": lambda event: self._on_begin(event, "dynamic_tool_call"),
            "dynamic_tool_call_response": lambda event: self._on_end(event, "dynamic_tool_call"),
            "image_generation_end": lambda event: self._on_end(event, "image_generation"),
            "view_image_tool_call": self._on_image,
            "web_search_end": lambda event: self._on_search(event, "event"),
            "sub_agent_activity": self._on_sub_agent,
            "collab_agent_spawn_end": self._on_collab,
            "collab_agent_interaction_end": self._on_collab,
            "collab_waiting_end": self._on_collab,
            "collab_close_end": self._on_collab,
            "collab_resume_end": self._on_collab,
            "token_count": self._on_tokens,
            "plan_update": lambda event: self.emit_plan(event.get("plan")),
            "error": lambda event: self.failure(text_of(event.get("message"))),
            "stream_error": lambda event: self._on_stream_error(text_of(event.get("message"))),
            "warning": lambda event: self.warning(text_of(event.get("message"))),
            "guardian_warning": lambda event: self.warning(text_of(event.get("message"))),
            "context_compacted": lambda event: self.compacted("event"),
            "entered_review_mode": lambda event: self.diagnose("review", readable(event) or None),
            "exited_review_mode": self._on_review,
            "thread_rolled_back": self._on_rolled_back,
            "thread_name_updated": lambda event: self.titled(
                text_of(field(event, "thread_name")) or text_of(event.get("name"))
            ),
            "thread_goal_updated": lambda event: self.diagnose(
                "goal", readable(map_of(event, "goal")) or None
            ),
        }

    def on_record(self, record: Record) -> None:
        """One line."""
        if "payload" not in record:
            self._on_flat(record)
            return
        kind = record["type"]
        payload = record["payload"]
        if self._history.covers(record):
            return
        # A line without a time is about as old as the one before it.
        self.at = time_of(record.get("timestamp")) or self.at
        skipped = self._history.take_skipped()
        if skipped:
            self.diagnose("forked", {"from": self._history.parent, "lines": skipped})
        before, self._ordinal = self._ordinal, int_of(record, "ordinal") or 0
        if kind == "event_msg":
            self._on_event(payload)
        elif kind == "response_item":
            self._between_turns(self._on_response_item, payload)
        elif kind == "session_meta":
            self._on_other_file(payload, before)
            self._on_meta(payload)
        elif kind == "turn_context":
            self._in_directory(text_of(payload.get("cwd")))
            self.uses(text_of(payload.get("model")))
        elif kind == "compacted":
            self.compacted("line")
        elif kind == "token_usage_record":
            total, last = map_of(payload, "thread_token_usage"), map_of(payload, "usage")
            self._uncounted.append((usage_of(total), usage_of(last)))
            del self._uncounted[:-MAX_PENDING]
        elif kind not in _TOP:
            self.unknown(str(kind), record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: no event will tell what waits for one, nor a call."""
        self.tell_early()
        if not self._tells_messages:
            self._tell_pending()
        return super().flush() + self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """A version that writes no ends: the file's is as good as any."""
        self._tell_pending()
        self.end_nested(outcome)
        waits = self.calls.open.keys() - self._sessions.values()
        if self.in_turn and not self._tells_ends and not waits:
            self._on_ended()

    # -- subagents ---------------------------------------------------------------------------------

    def call_of(self, child: Child) -> str | None:
        """The call that started a subagent, once it was told; in a subagent's file as well."""
        own = self.spawned.get(child.key)
        if own is not None:
            return own
        for nested in self.nested.values():
            of_it = nested.producer
            if isinstance(of_it, CodexRolloutProducer) and child.key in of_it.spawned:
                return nested.name(of_it.spawned[child.key])
        return None

    def end_beside(self) -> None:
        """End a turn in which nothing but subagents' work is."""
        self._on_ended()

    def child_began(self, key: str) -> None:
        """A subagent works: a process that runs."""
        self.child_started(key, self.nested[key].child.label)

    def child_is_over(self, key: str, *, was_stopped: bool) -> None:
        """A subagent has ended its turn, which its parent's file need not say."""
        self.child_ended(key, "interrupted" if was_stopped else "completed")

    def adopt_processes(self, nested: Nested, change: ProcessChanged) -> None:
        """Subagents' subagents may have files too; all else that runs beside a subagent's turns."""
        of_it = nested.producer
        agents = of_it.children if isinstance(of_it, CodexRolloutProducer) else {}
        for each in change.process_ids:
            told = change.processes.get(each, {})
            if each not in agents:
                super().adopt_processes(nested, ProcessChanged(change.kind, [each], {each: told}))
            elif change.kind is SessionProcessEventKind.STARTED:
                label, call_id = text_of(told.get("label")), text_of(told.get("tool_call_id"))
                self.child_started(each, label, nested.name(call_id))
            elif change.kind is SessionProcessEventKind.CANCELLED:
                self.child_ended(each, "shutdown")
            else:
                self.child_ended(each, text_of(told.get("signal")) or "completed")

    def user(self, text: str, parent: str | None = None) -> None:
        """A person said something."""
        self._prompts.append((self._ordinal, text))
        del self._prompts[:-MAX_PROMPTS]
        super().user(text, parent)

    # -- the session -----------------------------------------------------------------------------

    def _on_meta(self, meta: Record) -> None:
        """A fork holds its parent's line as well."""
        if not self._history.begins(meta):
            return
        name = child_name(meta)
        self._is_titled = self._is_titled or name is not None
        self._directory = text_of(meta.get("cwd"))
        self.opened("Codex", self._directory or None, name)

    def _on_other_file(self, meta: Record, newest: int) -> None:
        """The thread goes on in another file, from where a person went back to; line `newest` was
        the last of the one before."""
        end = int_of(map_of(meta, "history_base"), "end_ordinal_exclusive")
        if end is None or not self._history.is_own(meta) or end > newest:
            return
        gone = sum(ordinal >= end for ordinal, _ in self._prompts)
        if gone:
            self._rewind(gone)

    def _in_directory(self, directory: str) -> None:
        if directory and directory != self._directory:
            self._directory = directory
            self.opened("Codex", directory)

    def _on_flat(self, record: Record) -> None:
        """A line of mid-2025: the item itself, after a first line about the session."""
        if record.get("record_type") is not None:
            return
        kind = record.get("type")
        if isinstance(kind, str):
            self._on_response_item(record)
            return
        self.at = time_of(record.get("timestamp")) or self.at
        self.opened("Codex", text_of(record.get("cwd")) or None)

    # -- turns -----------------------------------------------------------------------------------

    def _on_event(self, event: Record) -> None:
        kind = event["type"]
        told = self._handlers.get(kind)
        if kind == "session_configured":
            self.uses(text_of(event.get("model")), is_setting=True)
        elif told is None:
            if kind not in SILENT_EVENTS:
                self.note(str(kind), event)
        elif kind in _OPENERS or (
            kind == "item_completed" and map_of(event, "item").get("type") == "UserMessage"
        ):
            told(event)
            self.is_beside = False
        else:
            self._between_turns(told, event)

    def _between_turns(self, tell: Callable[[Record], None], record: Record) -> None:
        """Tell a record that begins no turn: what comes between two belongs to the one before."""
        is_late = self._tells_ends and not self.in_turn and self.turns > 0
        tell(record)
        self._is_prompted = False
        if is_late and self.in_turn:
            self._on_ended()
        elif not self._tells_ends:
            self.is_beside = False

    def _on_started(self, event: Record) -> None:
        if self.in_turn and not self._is_prompted and not self.is_beside:
            # The one before was lost with its process.
            self._tell_pending()
            with self.as_of_the_newest():
                self.error("The turn was cut off.")
                self._on_ended()
        self._is_prompted = False
        self._tells_ends = True
        self.emit(ModelRequestStarted())

    def _on_complete(self, event: Record) -> None:
        self._tell_pending()
        last = text_of(event.get("last_agent_message"))
        if self.in_turn and last and not self._has_answered:
            self._say(last, AssistantProseDelta)
        message = text_of(map_of(event, "error").get("message"))
        if message:
            self.error(plain_message(message))
        self._on_ended()

    def _on_aborted(self, event: Record) -> None:
        self._tell_pending()
        if self.in_turn:
            self._forget_turn()
            self.cancel_turn(text_of(event.get("reason")))

    def _on_ended(self) -> None:
        self._forget_turn()
        if self.in_turn:
            for total, last in self._uncounted:
                self._add_usage(total, last)
        self._uncounted.clear()
        if self.in_turn:
            self.end_turn()

    def _forget_turn(self) -> None:
        self._family, self._has_answered = "", False
        self._pending.clear()
        self._searches.clear()

    def _on_rolled_back(self, event: Record) -> None:
        """The newest turns no longer count: those that these prompts began."""
        turns = int_of(event, "num_turns") or 0
        self._rewind(turns)

    def _rewind(self, turns: int) -> None:
        gone = self._prompts[-turns:] if turns > 0 else []
        del self._prompts[len(self._prompts) - len(gone) :]
        prompts = [short(prompt, 200) for _, prompt in gone]
        self.diagnose("rewound", {"turns": turns, "prompts": prompts})

    # -- prose -----------------------------------------------------------------------------------

    def _on_item(self, event: Record) -> None:
        item = event["item"]
        kind = item["type"]
        if kind in ("AgentMessage", "Reasoning", "UserMessage"):
            if kind == "UserMessage":
                self._end_responses(said_of(item.get("content")))
            is_new = not self.in_turn or self.is_beside
            self._is_prompted = kind == "UserMessage" and is_new
            if not self._takes("items"):
                return
            self._has_answered = self._has_answered or kind == "AgentMessage"
        elif kind == "WebSearch":
            self._on_search(item, "item")
            return
        began, ended = int_of(event, "started_at_ms"), int_of(event, "completed_at_ms")
        if began is not None and ended is not None:
            item = {**item, "started_at_ms": began}
            if duration_of(item) is None:
                item["duration_ms"] = max(0, ended - began)
        key = item["id"]
        if kind == "SubAgentActivity":
            self._on_sub_agent(item)
        else:
            self.item(item, key, parent=self._script_around(key, began))

    def _on_message(self, event: Record) -> None:
        is_prompt = event["type"] == "user_message"
        if is_prompt:
            self._end_responses(text_of(event.get("message")))
        was_in_turn = self.in_turn and not self.is_beside
        if not self._takes("messages"):
            return
        text = text_of(event.get("message"))
        if is_prompt:
            self._prompted("\n".join(filter(None, (text, images_of(event)))), "messages")
            self._is_prompted = not was_in_turn
        else:
            self._say(text, AssistantProseDelta)

    def _on_thought(self, event: Record) -> None:
        kind = event["type"]
        self._thought_of = self._thought_of or kind
        if self._thought_of == kind and self._takes("messages"):
            self._say(text_of(event.get("text")), ReasoningDelta)

    def _on_review(self, event: Record) -> None:
        self._count += 1
        self.review(f"review-{self._count}", review_of(event))

    def _end_responses(self, prompt: str) -> None:
        """A prompt that no item told: a version that writes events goes on with the file."""
        told = self._prompts[-1][1].strip() if self._prompts else ""
        if self._family == "responses" and not told.startswith(prompt.strip()):
            self._tell_pending()
            with self.as_of_the_newest():
                self._on_ended()

    def _takes(self, family: str) -> bool:
        """Whether this event tells its message; what the items said before it is the same."""
        self._tells_messages = True
        if not self._family:
            self._family = family
            self._pending.clear()
        return self._family == family

    def _prompted(self, text: str, family: str) -> None:
        """A person's message: it ends the turn before it, where nothing else does."""
        if self.in_turn and not self._tells_ends and not self.is_beside:
            with self.as_of_the_newest():
                self._on_ended()
            self._family = family
        self.user(text)

    def _say(self, text: str, what: type[AssistantProseDelta | ReasoningDelta]) -> None:
        self._count += 1
        self._compactions.clear()
        if what is AssistantProseDelta:
            self._has_answered = True
            if text.strip() in self._reviews:
                return
        self.texts.final(f"message-{self._count}", text, what)

    # -- messages among the items ------------------------------------------------------------------

    def _on_said(self, item: Record) -> None:
        """A message or a thought, which in most versions an event tells as well."""
        role = item.get("role")
        if item["type"] == "message" and role == "user":
            if is_machine(item):
                if not self._directory:
                    self._in_directory(directory_of(item))
                return
        elif item["type"] == "message" and role != "assistant":
            return
        if self._family in ("items", "messages"):
            return
        if role == "user" and not self._tells_messages:
            self._tell_pending()
        self._pending.append((item, self.at))
        del self._pending[:-MAX_PENDING]
        if self._family == "responses" or role != "user":
            self._tell_if_untold()

    def _tell_if_untold(self) -> None:
        """The turn goes on, and no event told its prompt: this version has none."""
        if not self._tells_messages:
            self._tell_pending()

    def _tell_pending(self) -> None:
        """Tell the messages that no event has told."""
        pending, self._pending = self._pending, []
        if self._family in ("items", "messages"):
            return
        now = self.at
        for item, at in pending:
            self._family = "responses"
            self.at = at
            if item["type"] == "reasoning":
                thought = thought_of(item)
                if thought:
                    self._say(thought, ReasoningDelta)
            elif item.get("role") == "user":
                self._prompted(said_of(item.get("content")), "responses")
            else:
                self._say(said_of(item.get("content")), AssistantProseDelta)
        self.at = now

    def _on_response_item(self, item: Record) -> None:
        kind = item["type"]
        if kind in ("message", "reasoning"):
            self._on_said(item)
            return
        if kind in SILENT_ITEMS:
            return
        if kind.endswith("compaction") or kind == "compaction_summary":
            self.compacted("response")
            return
        self._tell_if_untold()
        if kind in ("function_call", "custom_tool_call"):
            self._on_call(item, item["call_id"])
            self.answer_early(item["call_id"])
        elif kind in ("function_call_output", "custom_tool_call_output"):
            self.take_output(item, item["call_id"])
        elif kind == "local_shell_call":
            args = {"command": command_of(map_of(item, "action").get("command"))}
            call_id = text_of(item.get("call_id")) or item["id"]
            self.calls.start(call_id, SHELL, args, at=self.at)
            self.answer_early(call_id)
        elif kind == "web_search_call":
            self._on_search(item, "response")
        elif kind == "tool_search_call":
            self.calls.start(self._id_of(item), "tool_search", item.get("arguments"), at=self.at)
        elif kind == "tool_search_output":
            self._on_tools_found(item)
        elif kind == "image_generation_call":
            self.item({**item, "type": "image_generation"}, self._id_of(item))
        elif kind == "agent_message":
            self._on_agent_message(item)
        else:
            self.note(str(kind), item)

    # -- the rest --------------------------------------------------------------------------------

    def _on_stream_error(self, message: str) -> None:
        if message.startswith(("Reconnecting", "Retrying")):
            self.failure(message)
        else:
            self.retry(message)

    def _on_tokens(self, event: Record) -> None:
        """Told again with each change of the limits; `info` may be null."""
        info = map_of(event, "info")
        if info:
            self._uncounted.clear()
        total, last = map_of(info, "total_token_usage"), map_of(info, "last_token_usage")
        self.note_context(last.get("total_tokens"), info.get("model_context_window"))
        self._add_usage(usage_of(total), usage_of(last))

    def _add_usage(self, total: dict[str, int | float], last: dict[str, int | float]) -> None:
        """One request's tokens, where the total is a new one."""
        if total and total != self._total:
            self._total = total
            self.request(last)
