"""The events of opencode 2: small ones, each saying one thing; a queue and shells among them.

A shell is shown as a process once its call returns with it still running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelRequestStarted,
    ProcessChanged,
    QueueChanged,
    ReasoningDelta,
    RetryStatus,
    SessionProcessEventKind,
    SessionQueueEventKind,
)
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.producers.dedupe import Text, cancelled, edited, failed
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, time_of
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.opencode.parts import error_message, model_of, plan_items, step_usage
from lashtui.producers.opencode.sessions import MAX_SEEN, OpencodeSessions, session_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import JsonValue
    from lashd.protocol.records import Record

MAX_QUEUED = 256
"""Messages that wait, with their text."""


class OpencodeV2(OpencodeSessions):
    """Events with `data`."""

    def __init__(self, max_line: int = MAX_LINE, session_id: str = "") -> None:
        super().__init__(max_line, session_id)
        self._inbox: dict[str, str] = {}
        """What was queued, by its id."""
        self._shells: dict[str, str] = {}
        """Commands of shells, by the shell's id."""
        self._background: dict[str, None] = {}
        """Shells that are shown as processes."""
        self._events: dict[str, Callable[[Record, str | None], None]] = {
            "session.text.ended": lambda d, p: self._on_block(d, p, AssistantProseDelta, "text"),
            "session.reasoning.delta": lambda d, p: self._on_block(d, p, ReasoningDelta, "delta"),
            "session.reasoning.ended": lambda d, p: self._on_block(d, p, ReasoningDelta, "text"),
            "session.tool.input.started": self._on_tool_named,
            "session.tool.called": self._on_tool_called,
            "session.tool.progress": self._on_tool_progress,
            "session.tool.success": self._on_tool_success,
            "session.tool.failed": self._on_tool_failed,
            "session.step.started": self._on_step_started,
            "session.step.ended": self._on_step,
            "session.step.failed": self._on_step_failed,
            "session.retry.scheduled": self._on_retry,
            "session.execution.succeeded": lambda d, p: self._on_end(p),
            "session.execution.interrupted": self._on_interrupted,
            "session.execution.failed": self._on_failed,
            "session.inbox.enqueued": self._on_enqueued,
            "session.inbox.delivered": self._on_delivered,
            "session.inbox.cancelled": self._on_cancelled,
            "session.compaction.ended": lambda d, p: self.diagnose("compacted", None, p),
            "permission.asked": lambda d, p: self.on_asked(text_of(d, "id"), self.what_of(d)),
            "permission.replied": lambda d, p: self.on_answered(
                text_of(d, "requestID"), p, refused=text_of(d, "reply") == "reject"
            ),
            "form.replied": lambda d, p: self.on_answered(text_of(d, "id"), p, refused=False),
            "form.cancelled": lambda d, p: self.on_answered(text_of(d, "id"), p, refused=False),
            "todo.updated": lambda d, p: None if p else self.plan(plan_items(d)),
        }

    def on_small_event(self, record: Record, data: Record) -> None:
        """One event of version 2."""
        kind = record["type"]
        self.at = time_of(record.get("created"))
        if kind == "session.text.delta":
            place = self.place_of(data["sessionID"])
            if place is not None:
                self._on_block(data, place.parent, AssistantProseDelta, "delta")
        elif kind in ("session.created", "session.updated", "session.renamed"):
            directory = text_of(map_of(data, "location"), "directory")
            above, title = text_of(data, "parentID"), text_of(data, "title")
            self.on_session(text_of(data, "sessionID"), above, title, directory)
        elif kind.startswith("shell."):
            self._on_shell(kind, data)
        elif kind == "form.created":
            form = map_of(data, "form") or data
            if self.place_of(text_of(form, "sessionID")) is not None:
                self.on_asked(text_of(form, "id"), text_of(form, "title"))
        elif (handle := self._events.get(kind)) is not None:
            place = self.place_of(text_of(data, "sessionID"))
            if place is not None:
                handle(data, place.parent)

    # -- text ------------------------------------------------------------------------------------

    def _on_block(self, data: Record, parent: str | None, event: Text, name: str) -> None:
        letter = "t" if event is AssistantProseDelta else "r"
        key = f"{data['assistantMessageID']}-{letter}{data.get('ordinal', 0)}"
        if name == "delta":
            self.texts.delta(key, data["delta"], event, parent)
        else:
            self.texts.final(key, data["text"], event, parent)

    # -- tools -----------------------------------------------------------------------------------

    def _on_tool_named(self, data: Record, parent: str | None) -> None:
        name = short(text_of(data, "name")) or "tool"
        self.calls.start(_call_of(data), name, at=self.at, parent=parent)

    def _on_tool_called(self, data: Record, parent: str | None) -> None:
        call_id = _call_of(data)
        known = self.calls.open.get(call_id)
        name = text_of(data, "name") or (known.name if known is not None else "tool")
        self.calls.start(call_id, short(name) or "", data.get("input"), at=self.at, parent=parent)

    def _on_tool_progress(self, data: Record, parent: str | None) -> None:
        child = session_in(map_of(data, "metadata"))
        if child:
            self.on_child(child, _call_of(data))

    def _on_tool_success(self, data: Record, parent: str | None) -> None:
        call_id = _call_of(data)
        metadata = map_of(data, "metadata") or map_of(data, "structured")
        shell = text_of(metadata, "shellID")
        if shell and text_of(metadata, "status") == "running":
            details: dict[str, JsonValue] = {
                "label": self._shells.get(shell),
                "tool_call_id": call_id,
            }
            self._background[shell] = None
            if len(self._background) > MAX_SEEN:
                del self._background[next(iter(self._background))]
            self.emit_payload(
                ProcessChanged(SessionProcessEventKind.STARTED, [shell], {shell: details})
            )
        content = data.get("content")
        texts = [text_of(block, "text") for block in maps_of(data, "content")]
        output = content if isinstance(content, str) else "\n".join(filter(None, texts))
        code = int_of(metadata, "exit")
        if code:
            self.calls.complete(call_id, failed(f"exit code {code}", output, code), at=self.at)
            return
        told = edited(output, text_of(metadata, "diff"))
        self.calls.complete(call_id, told, at=self.at)

    def _on_tool_failed(self, data: Record, parent: str | None) -> None:
        error = map_of(data, "error")
        message = text_of(error, "message") or "failed"
        aborted = text_of(error, "type") == "aborted"
        output = cancelled(message) if aborted else failed(message)
        self.calls.complete(_call_of(data), output, at=self.at, parent=parent)

    def _on_shell(self, kind: str, data: Record) -> None:
        if kind == "shell.created":
            info = map_of(data, "info")
            self._shells[text_of(info, "id")] = short(text_of(info, "command"), 400) or "shell"
            if len(self._shells) > MAX_SEEN:
                del self._shells[next(iter(self._shells))]
            return
        shell = text_of(data, "id")
        self._shells.pop(shell, None)
        if shell not in self._background:
            return
        if kind == "shell.exited":
            details: dict[str, JsonValue] = {"exit_code": int_of(data, "exit")}
            self.emit_payload(
                ProcessChanged(SessionProcessEventKind.EXITED, [shell], {shell: details})
            )
        elif kind == "shell.deleted":
            self.emit_payload(ProcessChanged(SessionProcessEventKind.CANCELLED, [shell]))
        else:
            return
        del self._background[shell]

    # -- turns -----------------------------------------------------------------------------------

    def _on_step_started(self, data: Record, parent: str | None) -> None:
        if not parent:
            self.uses(model_of(map_of(data, "model")))
        self.emit(ModelRequestStarted(), None, parent)

    def _on_step(self, data: Record, parent: str | None) -> None:
        usage = step_usage(data)
        if parent:
            child = short(text_of(data, "sessionID"))
            self.emit(ChildUsage(dict(usage), child, "opencode"), None, parent)
        else:
            self.request(usage)

    def _on_step_failed(self, data: Record, parent: str | None) -> None:
        self._on_step(data, parent)
        error = map_of(data, "error")
        if text_of(error, "type") != "aborted":
            self.error(plain_message(error_message(error)), parent)

    def _on_retry(self, data: Record, parent: str | None) -> None:
        message = text_of(data, "message") or error_message(map_of(data, "error"))
        reason = short(plain_message(message), 4096) or ""
        self.emit(RetryStatus(0.0, int_of(data, "attempt") or 0, None, reason), None, parent)

    def _on_end(self, parent: str | None) -> None:
        if not parent:
            self.end_execution()

    def _on_interrupted(self, data: Record, parent: str | None) -> None:
        if self.in_turn:
            self.diagnose("interrupted", None, parent)
        self._on_end(parent)

    def _on_failed(self, data: Record, parent: str | None) -> None:
        self.error(plain_message(error_message(map_of(data, "error"))), parent)
        self._on_end(parent)

    # -- the queue -------------------------------------------------------------------------------

    def _on_enqueued(self, data: Record, parent: str | None) -> None:
        item = map_of(data, "item")
        name = text_of(data, "inboxID")
        if parent or text_of(item, "type") != "user" or not name:
            return
        text = short(text_of(map_of(item, "payload"), "text"), MAX_MESSAGE) or ""
        self._inbox[name] = text
        if len(self._inbox) > MAX_QUEUED:
            del self._inbox[next(iter(self._inbox))]
        details: dict[str, JsonValue] = {"text": text, "delivery": text_of(item, "delivery")}
        self.emit_payload(QueueChanged(SessionQueueEventKind.ENQUEUED, [name], {name: details}))

    def _on_delivered(self, data: Record, parent: str | None) -> None:
        name = text_of(data, "inboxID")
        text = self._inbox.pop(name, None)
        if text is not None:
            self.emit_payload(QueueChanged(SessionQueueEventKind.DELIVERED, [name]))
            self.user(text)

    def _on_cancelled(self, data: Record, parent: str | None) -> None:
        name = text_of(data, "inboxID")
        if self._inbox.pop(name, None) is not None:
            self.emit_payload(QueueChanged(SessionQueueEventKind.CANCELLED, [name]))


def _call_of(data: Record) -> str:
    return text_of(data, "id") or data["callID"]
