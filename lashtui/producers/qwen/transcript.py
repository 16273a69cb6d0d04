"""`qwen-transcript`: a session's file under `~/.qwen/projects/PROJECT/chats`, from its beginning.

Messages have the parts of Google's API, in the envelope of Claude's transcripts. No line ends a
turn: it ends with a message without calls, once nothing more comes or the user continues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import (
    JsonValue,
    ReasoningDelta,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
)
from lashtui.producers.command_report import command_report
from lashtui.producers.dedupe import bounded, cancelled, counters, edited, failed
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, time_of, title_of, todo_items
from lashtui.producers.nesting import NestingProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record
    from lashtui.producers import Produced
    from lashtui.producers.children import Child

MAX_SEEN = 65_536
"""Lines remembered by their ids, so that each is told once."""

_TOKENS: Final = {
    "promptTokenCount": "input_tokens",
    "candidatesTokenCount": "output_tokens",
    "cachedContentTokenCount": "cached_input_tokens",
    "thoughtsTokenCount": "reasoning_tokens",
}
_PLANS: Final = ("todo_write", "TodoWrite")
_SHELLS: Final = ("run_shell_command", "shell")
_LAUNCHED: Final = "Background agent launched successfully."
_LEAVING: Final = ("/quit", "/exit")
_NOTICES: Final = ("notification", "cron", "realtime_message")
_IGNORED_SYSTEM: Final = frozenset(
    {"attribution_snapshot", "file_history_snapshot", "ui_telemetry", "session_source"}
    | {"session_sources_snapshot", "session_model", "session_artifact_snapshot", "at_command"}
    | {"session_artifact_event", "user_text_elements", "parent_session", "omni_recall"}
    | {"goal_state", "goal_runtime", "goal_turn_end", "branch_checkpoint"}
    | {"background_task_completed", "agent_bootstrap", "agent_launch_prompt"}
)
"""Snapshots for going on later, and counts that messages tell too."""


class QwenTranscriptProducer(NestingProducer):
    """A session's file, and those of its subagents."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._seen: dict[str, None] = {}
        self._may_end = False
        """The last message could be the turn's last."""
        self._ended_at: int | None = None
        self._has_result = False
        """A call of the newest message was not cancelled."""
        self._title: str | None = None
        self._kinds: dict[str, Callable[[Record], None]] = {
            "user": self._user,
            "assistant": self._assistant,
            "tool_result": self._tool_result,
            "system": self._system,
        }

    def on_record(self, record: Record) -> None:
        """One line."""
        kind = text_of(record, "type")
        handle = self._kinds.get(kind)
        if handle is None:
            self.unknown(kind, record)
            return
        uuid = text_of(record, "uuid")
        if uuid and bounded(self._seen, uuid, MAX_SEEN):
            return
        if self._may_end and kind != "system":
            self._end()
        at = time_of(record.get("timestamp"))
        if at is not None:
            self.at = self.clock = at
        directory = text_of(record, "cwd")
        if directory:
            self.opened(agent="qwen", directory=directory, title=self._title)
        handle(record)
        if kind != "system":
            self.is_beside = False

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a message that could end the turn does."""
        self._end()
        return super().flush()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The file is not followed any more."""
        self._end()
        self.end_nested(outcome)

    def call_of(self, child: Child) -> str | None:
        """The call that started a subagent, once it was told; in a subagent's file as well."""
        if self.knows_call(child.call_id):
            return child.call_id
        for nested in self.nested.values():
            of_it = nested.producer
            if isinstance(of_it, QwenTranscriptProducer) and of_it.knows_call(child.call_id):
                return nested.name(child.call_id)
        return None

    def knows_call(self, call_id: str) -> bool:
        """Whether the agent of this file made this call."""
        return call_id in self.calls.open or self.calls.has_ended(call_id)

    def end_beside(self) -> None:
        """End a turn in which nothing but subagents' work is."""
        self._end_now()

    def _user(self, record: Record) -> None:
        subtype, payload = text_of(record, "subtype"), map_of(record, "systemPayload")
        said = text_of(payload, "displayText") or _text(map_of(record, "message"))
        if subtype in _NOTICES or text_of(record, "provenance") in _NOTICES:
            self.begin_turn()
            self.diagnose("notification", {"message": said})
            return
        if self.in_turn and subtype != "mid_turn_user_message" and not self.is_beside:
            with self.as_of_the_newest():
                self._end_now()
        if self._title is None and said.strip():
            self._entitle(said, record)
        self.user(said)

    def _entitle(self, title: str, record: Record) -> None:
        self._title = title_of(title)
        self.opened(agent="qwen", directory=text_of(record, "cwd") or None, title=self._title)

    def _assistant(self, record: Record) -> None:
        key = text_of(record, "uuid") or f"message-{len(self._seen)}"
        calls = False
        self.uses(text_of(record, "model"))
        for number, part in enumerate(maps_of(map_of(record, "message"), "parts")):
            call = map_of(part, "functionCall")
            if call:
                calls = True
                self.calls.start(
                    text_of(call, "id"), text_of(call, "name"), call.get("args"), at=self.clock
                )
            elif part.get("thought") is True:
                self.texts.final(f"{key}:{number}", text_of(part, "text"), ReasoningDelta)
            elif text_of(part, "text"):
                self.texts.final(f"{key}:{number}", text_of(part, "text"))
        self.note_context(size=record.get("contextWindowSize"))
        self.request(counters(map_of(record, "usageMetadata"), _TOKENS))
        self._may_end, self._ended_at = not calls, self.at
        self._has_result = False

    def _tool_result(self, record: Record) -> None:
        result = map_of(record, "toolCallResult")
        for part in maps_of(map_of(record, "message"), "parts"):
            response = map_of(part, "functionResponse")
            if response:
                self._complete(response, result)
        if text_of(result, "status") != "cancelled":
            self._has_result = True
        elif not self._has_result and not self.calls.open:
            # Without a result that it could go on with, the program waits for a person.
            self._may_end, self._ended_at = True, self.at

    def _complete(self, response: Record, result: Record) -> None:
        call_id, name = (
            text_of(response, "id") or text_of(result, "callId"),
            text_of(response, "name"),
        )
        given = map_of(response, "response")
        error, output = given.get("error"), given.get("output")
        shown: JsonValue = output if output is not None else error
        text = shown if isinstance(shown, str) else ""
        status = text_of(result, "status")
        report = command_report(text) if name in _SHELLS else None
        told: JsonValue
        if status == "cancelled":
            told = cancelled(text or None)
        elif report is not None and (report.has_failed or status != "error"):
            told = report.outcome
        elif status == "error" or (error is not None and status != "success"):
            told = failed(text or "it failed", exit_code=int_of(result, "exitCode"))
        else:
            diff = text_of(result.get("resultDisplay"), "fileDiff")
            told = edited(_LAUNCHED if text.startswith(_LAUNCHED) else shown, diff)
            call = self.calls.open.get(call_id)
            if call is not None and name in _PLANS:
                items = todo_items(call.args)
                if items is not None:
                    self.plan(items)
        self.calls.complete(call_id, told, name=name, at=self.clock)

    def _system(self, record: Record) -> None:
        subtype, payload = text_of(record, "subtype"), map_of(record, "systemPayload")
        if subtype == "turn_result":
            if not self.is_beside:
                self._end_now()
        elif subtype == "custom_title":
            if text_of(payload, "customTitle"):
                self._entitle(text_of(payload, "customTitle"), record)
        elif subtype == "slash_command":
            self._command(payload)
        elif subtype == "rewind":
            self._end_now()
            self.diagnose("rewound")
        elif subtype == "chat_compression":
            self.diagnose("compacted")
        elif subtype not in _IGNORED_SYSTEM:
            self.unknown(f"system/{subtype}", record)

    def _command(self, payload: Record) -> None:
        """A command of the program's own, when it was entered and when it is over."""
        if text_of(payload, "phase") != "result":
            with self.as_of_the_newest():
                self._end_now()
            command = text_of(payload, "rawCommand").strip()
            self.user(command)
            if command in _LEAVING:
                self._end_now()
                self.emit_payload(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))
            return
        for item in maps_of(payload, "outputHistoryItems"):
            if text_of(item, "text"):
                self.diagnose("output", text_of(item, "text"))
        self._end_now()

    def _end(self) -> None:
        """End the turn that may have ended, at the time of its last message."""
        if self._may_end:
            now, self.at = self.at, self._ended_at
            self._end_now()
            self.at = now

    def _end_now(self) -> None:
        self._may_end = False
        if self.in_turn:
            self.commit()


def _text(message: Record) -> str:
    parts = [text_of(part, "text") for part in maps_of(message, "parts")]
    return "\n".join(part for part in parts if part)
