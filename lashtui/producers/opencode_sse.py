"""`GET /event` of an opencode server: deltas, snapshots, states, of all its sessions in one stream.

Text comes as deltas between an empty and a full snapshot. The session is the first that shows
itself at work; what its subagents' sessions tell is shown below the call that began them, and
other sessions are not shown. `session_id` chooses one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.session.clip import short
from lashd.session.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelRequestStarted,
    ReasoningDelta,
    RetryStatus,
)
from lashtui.producers.keeper import bounded
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.opencode_parts import error_message, plan_items, step_usage, tell_tool
from lashtui.producers.plain import plain_message
from lashtui.producers.records import Record, int_of, map_of, text_of
from lashtui.producers.sse import SseProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.producers.keeper import Text

MAX_PARTS = 4096
"""Parts and messages whose kind or role is remembered."""
MAX_CHILDREN = 256
"""Subagents' sessions."""

_TEXTS: dict[str, Text] = {"text": AssistantProseDelta, "reasoning": ReasoningDelta}


class OpencodeSseProducer(SseProducer):
    """Events of one server to payloads of one session."""

    def __init__(self, max_line: int = MAX_LINE, session_id: str = "") -> None:
        """`session_id`: opencode's; empty for the first that shows itself at work."""
        super().__init__(max_line)
        self.session = session_id
        """opencode's id of the session that is shown."""
        self._children: dict[str, str] = {}
        """Subagents' sessions, and the call or session that each is below."""
        self._roles: dict[str, str] = {}
        """Who said a message: `user` or `assistant`."""
        self._kinds: dict[str, Text] = {}
        """Parts of text by their id."""
        self._steps: dict[str, None] = {}
        """Steps whose tokens were told."""
        self._asked: dict[str, None] = {}
        self._told: dict[str, Callable[[Record, str | None], None]] = {
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
        given = record["properties"]
        if kind == "message.part.delta":
            self._on_delta(given)
            return
        if kind in ("session.created", "session.updated"):
            self._on_session(map_of(given, "info"))
            return
        told = self._told.get(kind)
        if told is None:
            return  # dozens of kinds about plugins, files and windows
        session = _session_of(given)
        if not self.session:
            self.session = session
        self.at = int_of(given, "time") or self.at
        if session == self.session:
            told(given, None)
        elif session in self._children:
            told(given, self._children[session])

    # -- sessions --------------------------------------------------------------------------------

    def _on_session(self, info: Record) -> None:
        session, above = text_of(info, "id"), text_of(info, "parentID")
        if above and (above == self.session or above in self._children):
            if session not in self._children:
                self._children[session] = self._task_call() or f"session-{short(session, 64)}"
                if len(self._children) > MAX_CHILDREN:
                    del self._children[next(iter(self._children))]
        elif session == self.session:
            self._tell_session(info)
        elif not self.session and not above:
            self.session = session
            self._tell_session(info)

    def _tell_session(self, info: Record) -> None:
        title = text_of(info, "title")
        if title.startswith("New session - "):
            title = ""  # its placeholder until it has thought of one
        self.opened("opencode", text_of(info, "directory") or None, title or None)

    def _task_call(self) -> str | None:
        """The open call that a subagent's session belongs to: the newest `task`."""
        tasks = [key for key, call in self.calls.open.items() if call.name == "task"]
        taken = set(self._children.values())
        free = [key for key in tasks if key not in taken]
        return free[0] if free else None

    def _on_status(self, given: Record, parent: str | None) -> None:
        status = map_of(given, "status")
        kind = text_of(status, "type")
        if kind == "retry":
            message = plain_message(text_of(status, "message"))
            self.tell(RetryStatus(0.0, int_of(status, "attempt") or 0, None, message), None, parent)
        elif kind == "busy":
            if not parent and not self.in_turn:
                self.tell(ModelRequestStarted())
        elif kind == "idle":
            self._on_idle(parent)

    def _on_idle(self, parent: str | None) -> None:
        """Told twice in a row; the first is the turn's end."""
        if not parent and self.in_turn:
            self._asked.clear()
            self.resume()
            self.commit()

    def _on_error(self, given: Record, parent: str | None) -> None:
        error = map_of(given, "error")
        if text_of(error, "name") == "MessageAbortedError":
            self.diagnose("turn_cancelled", None, parent)
        else:
            self.error(plain_message(error_message(error)), parent)

    # -- messages --------------------------------------------------------------------------------

    def _on_message(self, given: Record, parent: str | None) -> None:
        info = map_of(given, "info")
        self._roles[text_of(info, "id")] = text_of(info, "role")
        if len(self._roles) > MAX_PARTS:
            del self._roles[next(iter(self._roles))]

    def _on_part(self, given: Record, parent: str | None) -> None:
        part = given["part"]
        kind = part["type"]
        event = _TEXTS.get(kind)
        if event is not None:
            self._on_text(part, part["id"], event, parent)
        elif kind == "tool":
            tell_tool(self.calls, part, self.at, parent)
        elif kind == "step-start":
            if self.in_turn:
                self.tell(ModelRequestStarted(), None, parent)
        elif kind == "step-finish" and not bounded(self._steps, part["id"], MAX_PARTS):
            usage = step_usage(part)
            if parent:
                child = short(text_of(part, "sessionID"))
                self.tell(ChildUsage(dict(usage), child, "opencode"), None, parent)
            else:
                self.usage(usage)

    def _on_text(self, part: Record, key: str, event: Text, parent: str | None) -> None:
        text = text_of(part, "text")
        role = self._roles.get(text_of(part, "messageID"))
        if role == "user" or (role is None and "time" not in part):
            is_said = event is AssistantProseDelta and part.get("synthetic") is not True
            if is_said and text and not bounded(self._steps, key, MAX_PARTS):
                self.user(text, parent)
            return
        if key not in self._kinds:
            self._kinds[key] = event
            if len(self._kinds) > MAX_PARTS:
                del self._kinds[next(iter(self._kinds))]
        if int_of(map_of(part, "time"), "end") is not None:
            self.texts.final(key, text, event, parent)
            return
        told = self.texts.told(key)
        if text.startswith(told):
            self.texts.delta(key, text[len(told) :], event, parent)

    def _on_delta(self, given: Record) -> None:
        session = given["sessionID"]
        parent = None
        if session != self.session:
            parent = self._children.get(session)
            if parent is None:
                return
        event = self._kinds.get(given["partID"])
        if event is not None and given["field"] == "text":
            self.texts.delta(given["partID"], given["delta"], event, parent)

    # -- a person --------------------------------------------------------------------------------

    def _on_asked(self, given: Record, parent: str | None) -> None:
        request = text_of(given, "id")
        if bounded(self._asked, request, MAX_PARTS):
            return
        metadata = map_of(given, "metadata")
        patterns = given.get("patterns")
        first = patterns[0] if isinstance(patterns, list) and patterns else None
        what = text_of(metadata, "command") or text_of(given, "title")
        if not what and isinstance(first, str):
            what = f"{text_of(given, 'permission')} {first}".strip()
        self.wait(what or text_of(given, "permission") or "an answer")

    def _on_replied(self, given: Record, parent: str | None) -> None:
        request = text_of(given, "requestID") or text_of(given, "permissionID")
        self._asked.pop(request, None)
        if text_of(given, "reply") == "reject" or text_of(given, "response") == "reject":
            self.diagnose("permission_refused", None, parent)
        if not self._asked:
            self.resume()

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
