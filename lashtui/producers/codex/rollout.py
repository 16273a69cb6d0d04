"""Codex's rollouts on disk, tailed: the record of an interactive session.

Everything stands there twice. Prose and what a person said are taken from the events, calls from
the model's own items, completed by the event that knows the clean output and the exit code.
Instructions, tool schemas and the state of the world are the vendor's and never forwarded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import msgspec

from lashd.events import AssistantProseDelta, ModelRequestStarted, ReasoningDelta
from lashd.text import short
from lashtui.producers.codex.base import CodexProducer, usage_of
from lashtui.producers.codex.items import (
    command_of,
    duration_of,
    text_of,
)
from lashtui.producers.dedupe import failed, succeeded
from lashtui.producers.records import int_of, map_of, time_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import JsonValue, SessionOutcome
    from lashd.protocol.records import Record

MAX_HEADER = 4096
"""Characters of a call's output in which its header must end."""

_COMMANDS = frozenset({"exec_command", "shell", "shell_command", "local_shell", "container.exec"})
_HEADER = re.compile(
    r"\A(?:(?:Chunk ID|Exit code|Wall time|Original token count|Total output lines): [^\n]*\n"
    r"|Process (?:exited|running) with [^\n]*\n)+Output:\n?"
)
_EXIT_CODE = re.compile(r"^(?:Exit code: |Process exited with code )(-?\d{1,9})$", re.M)
_REFUSED = ("unsupported call", "execution error", "failed to parse function arguments")
_TOP = frozenset({"world_state", "token_usage_record", "inter_agent_communication_metadata"})


class CodexRolloutProducer(CodexProducer):
    """Lines of one rollout file to payloads."""

    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._tells_ends = False
        """Whether this version writes down where a turn begins and ends."""
        self._family = ""
        """Where this turn's prose is taken from: `items`, or `messages` of older versions."""
        self._count = 0
        self._total: dict[str, int | float] = {}
        self._handlers: dict[str, Callable[[Record], None]] = {
            "task_started": self._on_started,
            "turn_started": self._on_started,
            "task_complete": lambda event: self._on_ended(),
            "turn_complete": lambda event: self._on_ended(),
            "turn_aborted": lambda event: self.cancel_turn(text_of(event.get("reason"))),
            "item_completed": self._on_item,
            "user_message": self._on_message,
            "agent_message": self._on_message,
            "agent_reasoning": self._on_message,
            "exec_command_begin": lambda event: self._on_begin(event, "command_execution"),
            "exec_command_end": lambda event: self._on_end(event, "command_execution"),
            "patch_apply_begin": lambda event: self._on_begin(event, "file_change"),
            "patch_apply_end": lambda event: self._on_end(event, "file_change"),
            "mcp_tool_call_begin": lambda event: self._on_begin(event, "mcp_tool_call"),
            "mcp_tool_call_end": lambda event: self._on_end(event, "mcp_tool_call"),
            "token_count": self._on_tokens,
            "plan_update": lambda event: self.emit_plan(event.get("plan")),
            "error": lambda event: self.failure(text_of(event.get("message"))),
            "stream_error": lambda event: self._on_stream_error(text_of(event.get("message"))),
            "warning": lambda event: self.warning(text_of(event.get("message"))),
            "context_compacted": lambda event: self.diagnose("compacted"),
        }

    def on_record(self, record: Record) -> None:
        """One line."""
        kind = record["type"]
        payload = record["payload"]
        self.at = time_of(record.get("timestamp"))
        if kind == "event_msg":
            handle = self._handlers.get(payload["type"])
            if handle is not None:
                handle(payload)
        elif kind == "response_item":
            self._on_response_item(payload)
        elif kind in ("session_meta", "turn_context"):
            self.opened("Codex", text_of(payload.get("cwd")) or None, _child_name(payload))
        elif kind == "compacted":
            self.diagnose("compacted")
        elif kind not in _TOP:
            self.unknown(str(kind), record)

    def on_end(self, outcome: SessionOutcome) -> None:
        """A version that writes no ends: the file's is as good as any."""
        if self.in_turn and not self._tells_ends and not self.calls.open:
            self._on_ended()

    # -- turns -----------------------------------------------------------------------------------

    def _on_started(self, event: Record) -> None:
        if self.in_turn:
            # The one before was lost with its process.
            self.error("The turn was cut off.")
            self.end_turn()
        self._tells_ends = True
        self._family = ""
        self.emit(ModelRequestStarted())

    def _on_ended(self) -> None:
        self._family = ""
        self.end_turn()

    # -- prose -----------------------------------------------------------------------------------

    def _on_item(self, event: Record) -> None:
        item = event["item"]
        kind = item["type"]
        if kind in ("AgentMessage", "Reasoning", "UserMessage"):
            if not self._takes("items"):
                return
        elif duration_of(item) is None:
            began, ended = int_of(event, "started_at_ms"), int_of(event, "completed_at_ms")
            if began is not None and ended is not None:
                item = {**item, "duration_ms": max(0, ended - began)}
        self.item(item, item["id"])

    def _on_message(self, event: Record) -> None:
        if not self._takes("messages"):
            return
        kind, text = event["type"], text_of(event.get("message")) or text_of(event.get("text"))
        if kind == "user_message":
            if self.in_turn and not self._tells_ends:
                self._on_ended()
                self._takes("messages")
            self.user(text)
            return
        self._count += 1
        what = AssistantProseDelta if kind == "agent_message" else ReasoningDelta
        self.texts.final(f"message-{self._count}", text, what)

    def _takes(self, family: str) -> bool:
        self._family = self._family or family
        return self._family == family

    # -- calls -----------------------------------------------------------------------------------

    def _on_begin(self, event: Record, kind: str) -> None:
        self.item(_as_item(event, kind), event["call_id"], ended=False)

    def _on_end(self, event: Record, kind: str) -> None:
        self.item(_as_item(event, kind), event["call_id"])

    def _on_response_item(self, item: Record) -> None:
        kind = item["type"]
        if kind in ("function_call", "custom_tool_call"):
            self._on_call(item, item["call_id"])
        elif kind in ("function_call_output", "custom_tool_call_output"):
            self._on_output(item, item["call_id"])
        elif kind == "local_shell_call":
            args = {"command": command_of(map_of(item, "action").get("command"))}
            self.calls.start(text_of(item.get("call_id")) or item["id"], "shell", args, at=self.at)

    def _on_call(self, item: Record, call_id: str) -> None:
        name = short(text_of(item.get("name"))) or "tool"
        args: JsonValue = item.get("input")
        if item["type"] == "function_call":
            args = _parsed(item.get("arguments"))
        elif name == "apply_patch":
            args = {"patch": args}
        if name in _COMMANDS and isinstance(args, dict):
            command = args.get("cmd", args.get("command"))
            args = {"command": command_of(command)}
            name = "shell"
        space = text_of(item.get("namespace"))
        if space.startswith("mcp__"):
            name = f"{space.removeprefix('mcp__')}.{name}"
        self.calls.start(call_id, name, args, at=self.at)

    def _on_output(self, item: Record, call_id: str) -> None:
        call = self.calls.open.get(call_id)
        output = _output(item.get("output"))
        if call is not None and call.name == "update_plan" and isinstance(call.args, dict):
            self._emit_plan_of(call.args, output["outcome"]["status"])
        self.calls.complete(call_id, output, at=self.at)

    def _emit_plan_of(self, args: Record, status: str) -> None:
        """Some versions refuse the call; then there is no plan."""
        if status == "success":
            self.emit_plan(args.get("plan"))

    # -- the rest --------------------------------------------------------------------------------

    def _on_stream_error(self, message: str) -> None:
        if message.startswith(("Reconnecting", "Retrying")):
            self.failure(message)
        else:
            self.retry(message)

    def _on_tokens(self, event: Record) -> None:
        """Told again with each change of the limits; `info` may be null."""
        info = map_of(event, "info")
        total = usage_of(map_of(info, "total_token_usage"))
        if total and total != self._total:
            self._total = total
            self.usage(usage_of(map_of(info, "last_token_usage")))


def _child_name(meta: Record) -> str | None:
    """A subagent's name, from its own file."""
    spawned = map_of(map_of(map_of(meta, "source"), "subagent"), "thread_spawn")
    return text_of(spawned.get("agent_nickname")) or text_of(spawned.get("agent_role")) or None


def _as_item(event: Record, kind: str) -> Record:
    """An older version's event as the item that it became."""
    item = {**event, "type": kind}
    call = map_of(event, "invocation")
    result = event.get("result")
    if call:
        item.update(call)
    if isinstance(result, dict):
        item["result"] = result.get("Ok", result)
        if "Err" in result:
            item["error"], item["result"] = result["Err"], None
    if event.get("success") is False:
        item["status"] = "failed"
    return item


def _parsed(arguments: JsonValue) -> JsonValue:
    """Arguments are JSON inside a string; anything else is shown unchanged."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return msgspec.json.decode(arguments)
    except (ValueError, RecursionError):
        return arguments


def _output(output: JsonValue) -> JsonValue:
    """What the model was given back: text with a header for the model, JSON in older versions."""
    if isinstance(output, dict):
        text, went_well = text_of(output.get("content")), output.get("success") is not False
    else:
        text, went_well = text_of(output), True
        if isinstance(output, list):
            text = "\n".join(filter(None, map(text_of, output)))
    code = None
    if text.startswith('{"'):
        parsed = _parsed(text)
        if isinstance(parsed, dict) and isinstance(parsed.get("output"), str):
            code = int_of(map_of(parsed, "metadata"), "exit_code")
            text = parsed["output"]
    header = _HEADER.match(text, 0, MAX_HEADER)
    if header is not None:
        found = _EXIT_CODE.search(header[0])
        code = int(found[1]) if found else code
        text = text[header.end() :]
    if code:
        return failed(f"exit code {code}", text, code)
    if not went_well or text.startswith(_REFUSED):
        return failed(text or "failed")
    return succeeded(text)
