"""`GET /event` of an opencode server: deltas and snapshots (1.x), or small events (2.x).

In 1.x text comes as deltas between an empty and a full snapshot of its part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelRequestStarted,
    ReasoningDelta,
    RetryStatus,
)
from lashd.text import short
from lashtui.producers.dedupe import bounded
from lashtui.producers.error_text import plain_message
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.opencode.parts import emit_tool, error_message, plan_items, step_usage
from lashtui.producers.opencode.sessions import MAX_SEEN, what_of
from lashtui.producers.opencode.v2 import OpencodeV2
from lashtui.producers.records import int_of, map_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record
    from lashtui.producers.dedupe import Text

_TEXTS: dict[str, Text] = {"text": AssistantProseDelta, "reasoning": ReasoningDelta}


class OpencodeSseProducer(OpencodeV2):
    """Events of one server to payloads of one session."""

    def __init__(self, max_line: int = MAX_LINE, session_id: str = "") -> None:
        """`session_id`: opencode's; empty for the first that shows itself at work."""
        super().__init__(max_line, session_id)
        self._roles: dict[str, str] = {}
        """Who said a message: `user` or `assistant`."""
        self._kinds: dict[str, Text] = {}
        """Parts of text by their id."""
        self._steps: dict[str, None] = {}
        """Steps whose tokens were emitted."""
        self._handlers: dict[str, Callable[[Record, str | None], None]] = {
            "message.part.updated": self._on_part,
            "message.updated": self._on_message,
            "session.status": self._on_status,
            "session.idle": lambda given, parent: self._on_idle(parent),
            "session.error": self._on_error,
            "session.compacted": lambda given, parent: self.diagnose("compacted"),
            "permission.asked": self._on_asked,
            "permission.updated": self._on_asked,
            "question.asked": self._on_asked,
            "permission.replied": self._on_replied,
            "question.replied": self._on_replied,
            "question.rejected": self._on_replied,
            "todo.updated": self._on_todo,
        }

    def on_record(self, record: Record) -> None:
        """One event."""
        kind = record["type"]
        data = record.get("data")
        if isinstance(data, dict):
            self.on_small_event(record, data)
            return
        given = record["properties"]
        if kind == "message.part.delta":
            self._on_delta(given)
            return
        if kind in ("session.created", "session.updated"):
            info = map_of(given, "info")
            above, title = text_of(info, "parentID"), text_of(info, "title")
            self.on_session(text_of(info, "id"), above, title, text_of(info, "directory"))
            return
        handle = self._handlers.get(kind)
        if handle is None:
            return  # dozens of kinds about plugins, files and windows
        self.at = int_of(given, "time") or self.at
        place = self.place_of(_session_of(given))
        if place is not None:
            handle(given, place.parent)

    # -- states ----------------------------------------------------------------------------------

    def _on_status(self, given: Record, parent: str | None) -> None:
        status = map_of(given, "status")
        kind = text_of(status, "type")
        if kind == "retry":
            message = short(plain_message(text_of(status, "message")), 4096) or ""
            self.emit(RetryStatus(0.0, int_of(status, "attempt") or 0, None, message), None, parent)
        elif kind == "busy":
            if not parent and not self.in_turn:
                self.emit(ModelRequestStarted())
        elif kind == "idle":
            self._on_idle(parent)

    def _on_idle(self, parent: str | None) -> None:
        """Told twice in a row; the first is the turn's end."""
        if not parent:
            self.end_execution()

    def _on_error(self, given: Record, parent: str | None) -> None:
        error = map_of(given, "error")
        if text_of(error, "name") == "MessageAbortedError":
            self.diagnose("interrupted", None, parent)
        else:
            self.error(plain_message(error_message(error)), parent)

    # -- messages --------------------------------------------------------------------------------

    def _on_message(self, given: Record, parent: str | None) -> None:
        info = map_of(given, "info")
        self._roles[text_of(info, "id")] = text_of(info, "role")
        if len(self._roles) > MAX_SEEN:
            del self._roles[next(iter(self._roles))]

    def _on_part(self, given: Record, parent: str | None) -> None:
        part = given["part"]
        kind = part["type"]
        event = _TEXTS.get(kind)
        if event is not None:
            self._on_text(part, part["id"], event, parent)
        elif kind == "tool":
            emit_tool(self.calls, part, self.at, parent)
        elif kind == "step-start":
            if self.in_turn:
                self.emit(ModelRequestStarted(), None, parent)
        elif kind == "step-finish" and not bounded(self._steps, part["id"], MAX_SEEN):
            usage = step_usage(part)
            if parent:
                child = short(text_of(part, "sessionID"))
                self.emit(ChildUsage(dict(usage), child, "opencode"), None, parent)
            else:
                self.usage(usage)

    def _on_text(self, part: Record, key: str, event: Text, parent: str | None) -> None:
        text = text_of(part, "text")
        role = self._roles.get(text_of(part, "messageID"))
        if role == "user" or (role is None and "time" not in part):
            is_said = event is AssistantProseDelta and part.get("synthetic") is not True
            if is_said and text and not bounded(self._steps, key, MAX_SEEN):
                self.user(text, parent)
            return
        if key not in self._kinds:
            self._kinds[key] = event
            if len(self._kinds) > MAX_SEEN:
                del self._kinds[next(iter(self._kinds))]
        if int_of(map_of(part, "time"), "end") is not None:
            self.texts.final(key, text, event, parent)
            return
        before = self.texts.emitted(key)
        if text.startswith(before):
            self.texts.delta(key, text[len(before) :], event, parent)

    def _on_delta(self, given: Record) -> None:
        place = self.place_of(given["sessionID"])
        if place is None:
            return
        event = self._kinds.get(given["partID"])
        if event is not None and given["field"] == "text":
            self.texts.delta(given["partID"], given["delta"], event, place.parent)

    # -- a person --------------------------------------------------------------------------------

    def _on_asked(self, given: Record, parent: str | None) -> None:
        self.on_asked(text_of(given, "id"), what_of(given))

    def _on_replied(self, given: Record, parent: str | None) -> None:
        request = text_of(given, "requestID") or text_of(given, "permissionID")
        answer = text_of(given, "reply") or text_of(given, "response")
        self.on_answered(request, parent, refused=answer == "reject")

    def _on_todo(self, given: Record, parent: str | None) -> None:
        if not parent:
            self.plan(plan_items(given))


def _session_of(given: Record) -> str:
    """Where an event says which session it is of."""
    return (
        text_of(given, "sessionID")
        or text_of(map_of(given, "part"), "sessionID")
        or text_of(map_of(given, "info"), "sessionID")
    )
