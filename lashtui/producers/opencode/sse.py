"""`GET /event` of an opencode server: deltas and snapshots (1.x), or small events (2.x).

In 1.x text comes as deltas between an empty and a full snapshot of its part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelAttemptReset,
    ModelRequestStarted,
    ReasoningDelta,
    RetryStatus,
)
from lashd.text import short
from lashtui.producers.dedupe import bounded
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, text_of
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.opencode.parts import (
    emit_tool,
    error_message,
    model_of,
    plan_items,
    step_usage,
    time_of_id,
)
from lashtui.producers.opencode.sessions import MAX_SEEN
from lashtui.producers.opencode.v2 import OpencodeV2
from lashtui.text.media import media_of_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record
    from lashtui.producers import Produced
    from lashtui.producers.dedupe import Text

_TEXTS: dict[str, Text] = {"text": AssistantProseDelta, "reasoning": ReasoningDelta}
_OF_A_SESSION = ("message.", "session.", "permission.", "question.")
_QUIET = frozenset({"session.diff", "session.deleted"})
_QUIET_PARTS = frozenset({"snapshot", "patch", "compaction", "agent", "subtask", "retry"})
"""Parts whose meaning other events tell, or that are no news to a reader."""
_GOES_ON = ("tool-calls", "unknown")
"""How a step finishes after which another one follows."""


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
        """Steps whose tokens were emitted, and what a person said: each once."""
        self._unfinished: dict[str, None] = {}
        """Messages and steps of the session itself that have begun and not ended."""
        self._is_held = False
        """The session is idle, and its turn is still open: something of it has not ended."""
        self._is_busy = False
        """Work has begun, and no time is known yet."""
        self._is_interrupted = False
        self._present: dict[str, None] = {}
        """The agent's messages since the last turn ended."""
        self._over: dict[str, None] = {}
        """Its messages in turns that have ended."""
        self._owes_abort = False
        """The last turn ended unfinished: the word that it was stopped may still come."""
        self._errors: dict[str, None] = {}
        """What failed since the last turn began; a message may tell it as well."""
        self._reverted: dict[str, str] = {}
        """By session, the message that a person went back to."""
        self._handlers: dict[str, Callable[[Record, str | None], None]] = {
            "message.part.updated": self._on_part,
            "message.part.removed": self._on_part_removed,
            "message.updated": self._on_message,
            "message.removed": self._on_message_removed,
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
            self.at = int_of(map_of(info, "time"), "updated") or self.at
            above, title = text_of(info, "parentID"), text_of(info, "title")
            session = text_of(info, "id")
            self.on_session(session, above, title, text_of(info, "directory"))
            self._on_revert(session, map_of(info, "revert"))
            return
        handle = self._handlers.get(kind)
        if handle is None:
            # Dozens of kinds are about plugins, files and windows.
            if kind.startswith(_OF_A_SESSION) and kind not in _QUIET:
                self.unknown(kind, given)
            return
        self.at = int_of(given, "time") or time_of_id(text_of(record, "id"), self.at) or self.at
        session = _session_of(given)
        if not session and kind == "session.error":
            session = self.session  # of the server as a whole
        place = self.place_of(session)
        if place is not None:
            handle(given, place.parent)
        elif kind == "message.updated":
            self.on_other(session)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a turn that went idle unfinished has ended."""
        self._end_held(is_stopped=self._has_own_calls)
        if self._is_busy and not self.in_turn:
            self.emit(ModelRequestStarted())
        self._is_busy = False
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The stream has ended; a turn that went idle before that has too."""
        self._end_held(is_stopped=self._has_own_calls)

    # -- states ----------------------------------------------------------------------------------

    def _on_status(self, given: Record, parent: str | None) -> None:
        status = map_of(given, "status")
        kind = text_of(status, "type")
        if kind == "retry":
            message = short(plain_message(text_of(status, "message")), 4096) or ""
            self.emit(RetryStatus(0.0, int_of(status, "attempt") or 0, None, message), None, parent)
        elif kind == "busy":
            if not parent:
                self._end_held()
            if not parent and not self.in_turn:
                # A turn can't begin at an unknown time and end at a known one.
                self._is_busy = self.at is None
                if not self._is_busy:
                    self.emit(ModelRequestStarted())
        elif kind == "idle":
            self._on_idle(parent)

    def _on_idle(self, parent: str | None) -> None:
        """The turn's end; it comes twice in a row.

        After an abort it comes before the error that says so, so an unfinished turn is held open
        until something else begins or nothing more comes.
        """
        if parent or not self.in_turn:
            return
        is_unfinished = self._has_own_calls or bool(self._unfinished)
        if is_unfinished and not self._is_interrupted and not self.turn.is_failing:
            self._is_held = True
        else:
            self._end()

    @property
    def _has_own_calls(self) -> bool:
        return any(not call.parent for call in self.calls.open.values())

    def _end_held(self, *, is_stopped: bool = True) -> None:
        """End a turn that went idle unfinished: a person stopped it, as the error would say that
        comes late or not at all. One that only lost its end is not known to be (`is_stopped`).
        """
        if self._is_held:
            with self.as_of_the_newest():
                if is_stopped and not self._is_interrupted and not self.turn.is_failing:
                    self.diagnose("interrupted")
                    self._owes_abort = True
                self._end()

    def _end(self) -> None:
        self._is_held = self._is_interrupted = False
        self._unfinished.clear()
        for message in self._present:
            bounded(self._over, message, MAX_SEEN)
        self._present.clear()
        self.end_execution()

    def begin_turn(self) -> None:
        """A turn begins: whatever fails from now on is new."""
        if not self.in_turn:
            self._errors.clear()
        super().begin_turn()

    def _on_error(self, given: Record, parent: str | None) -> None:
        self._tell_error(map_of(given, "error"), parent)

    def _tell_error(self, error: Record, parent: str | None) -> None:
        if text_of(error, "name") != "MessageAbortedError":
            message = plain_message(error_message(error))
            self.error(message, parent)
            bounded(self._errors, message, MAX_SEEN)
        elif parent:
            self.diagnose("interrupted", None, parent)
        elif self._owes_abort:
            self._owes_abort = False
        elif self.in_turn and not self._is_interrupted:
            # Said again of a turn that is over, it would seem to be about the next one.
            self._is_interrupted = True
            self.diagnose("interrupted")

    # -- messages --------------------------------------------------------------------------------

    def _on_message(self, given: Record, parent: str | None) -> None:
        info = map_of(given, "info")
        message, role = text_of(info, "id"), text_of(info, "role")
        is_new = message not in self._roles
        self._roles[message] = role
        if len(self._roles) > MAX_SEEN:
            del self._roles[next(iter(self._roles))]
        if role != "assistant" or parent:
            return
        time, error = map_of(info, "time"), map_of(info, "error")
        if text_of(info, "modelID"):
            # The event itself has no time, and may be the first of all.
            known = self.at
            self.at = known or int_of(time, "created")
            self.uses(model_of(info))
            self.at = known
        if error or int_of(time, "completed") is not None:
            self._unfinished.pop(message, None)
        elif time and is_new:
            bounded(self._unfinished, message, MAX_SEEN)
        if message in self._over:
            self._on_late_error(error)
            return
        if is_new:
            self._owes_abort = False
        bounded(self._present, message, MAX_SEEN)
        if error and plain_message(error_message(error)) not in self._errors:
            self._tell_error(error, parent)

    def _on_late_error(self, error: Record) -> None:
        """A message of a turn that has ended was stopped, or has failed, as was not told."""
        told = plain_message(error_message(error)) if error else ""
        if not told or text_of(error, "name") == "MessageAbortedError":
            self._owes_abort = self._owes_abort and not error
        elif not bounded(self._errors, told, MAX_SEEN):
            self.diagnose("earlier_turn_failed", {"message": told})

    def _on_part_removed(self, given: Record, parent: str | None) -> None:
        """Text is taken back while its turn is open; what a call did was done."""
        part = text_of(given, "partID")
        if part in self._kinds:
            self._withdraw([part], parent)

    def _on_message_removed(self, given: Record, parent: str | None) -> None:
        """What was said stays said; that it doesn't count any more is told."""
        message = text_of(given, "messageID")
        role = self._roles.pop(message, None)
        self._unfinished.pop(message, None)
        # Ids ascend: what comes after the message that a person went back to is removed with it.
        back = self._reverted.get(_session_of(given), "")
        if role is not None and not (back and message >= back):
            self.diagnose("message_removed", {"role": role}, parent)

    def _withdraw(self, parts: list[str], parent: str | None) -> None:
        for part in parts:
            self.texts.close(part)
        if self.in_turn:
            self.emit(ModelAttemptReset(parts), None, parent)

    def _on_revert(self, session: str, revert: Record) -> None:
        """A person went back to a message: all from it on doesn't count any more, or does again."""
        back, before = text_of(revert, "messageID"), self._reverted.get(session, "")
        if back == before or self.place_of(session) is None:
            return
        self._reverted[session] = back
        if len(self._reverted) > MAX_SEEN:
            del self._reverted[next(iter(self._reverted))]
        if back:
            self.diagnose("rewound")
        elif before in self._roles:
            self.diagnose("rewind_undone")

    def _on_part(self, given: Record, parent: str | None) -> None:
        part = given["part"]
        kind = part["type"]
        event = _TEXTS.get(kind)
        if event is not None:
            self._on_text(part, part["id"], event, parent)
        elif kind == "tool":
            self.on_task(part)
            emit_tool(self.calls, part, self.at, parent)
        elif kind == "file":
            self._on_file(part, parent)
        elif kind == "step-start":
            if self.in_turn:
                self.emit(ModelRequestStarted(), None, parent)
            if not parent:
                bounded(self._unfinished, "step", MAX_SEEN)
        elif kind == "step-finish":
            self._on_step_end(part, parent)
        elif kind not in _QUIET_PARTS:
            self.unknown(str(kind), part)

    def _on_file(self, part: Record, parent: str | None) -> None:
        """What a person gave along, by its name."""
        name = part["id"]
        if self._role_of(part) == "user" and not bounded(self._steps, name, MAX_SEEN):
            mime = text_of(part, "mime")
            kind = "image" if mime.startswith("image/") else "file"
            url, filename = text_of(part, "url"), text_of(part, "filename")
            self.user(media_of_url(kind, url, mime, filename), parent)

    def _role_of(self, part: Record) -> str | None:
        return self._roles.get(text_of(part, "messageID"))

    def _on_step_end(self, part: Record, parent: str | None) -> None:
        if not parent and text_of(part, "reason") not in _GOES_ON:
            self._unfinished.pop("step", None)
            self._unfinished.pop(text_of(part, "messageID"), None)
        if not bounded(self._steps, part["id"], MAX_SEEN):
            usage = step_usage(part)
            if parent:
                child = short(text_of(part, "sessionID"))
                self.emit(ChildUsage(dict(usage), child, "opencode"), None, parent)
            else:
                self.request(usage)

    def _on_text(self, part: Record, key: str, event: Text, parent: str | None) -> None:
        text = text_of(part, "text")
        role = self._role_of(part)
        if role == "user" or (role is None and "time" not in part):
            is_said = event is AssistantProseDelta and part.get("synthetic") is not True
            if is_said and text and not bounded(self._steps, key, MAX_SEEN):
                if not parent:
                    self._end_held()
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
        self.on_asked(text_of(given, "id"), self.what_of(given))

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
