"""Which of an opencode server's sessions is shown, and what is below it.

All sessions share one stream. The session is the one that was asked for, else the first
active one; its subagents' sessions stand below the call that started them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lashd.text import short
from lashtui.producers.asked import Asked
from lashtui.producers.dedupe import bounded
from lashtui.producers.fields import map_of, maps_of, text_of
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.providers.sse import SseProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_CHILDREN = 256
"""Subagents' sessions."""
MAX_SEEN = 4096
"""Parts, steps and requests that are remembered, so that each counts once."""

TASKS = ("task", "subagent")
"""Calls that start a subagent."""


class Place(NamedTuple):
    """Where a session is shown: `parent` is the call it is below, None for the session itself."""

    parent: str | None = None


class OpencodeSessions(SseProducer):
    """The base of both versions' events."""

    def __init__(self, max_line: int = MAX_LINE, session_id: str = "") -> None:
        """`session_id`: opencode's; empty for the first that shows itself at work."""
        super().__init__(max_line)
        self.session = session_id
        """opencode's id of the session that is shown."""
        self.children: dict[str, str] = {}
        """Subagents' sessions, and the call that each is below."""
        self._asked = Asked(self.wait, self.resume)
        self._titles: dict[str, str] = {}
        """Titles of subagents' sessions whose call is not known yet."""
        self._others: dict[str, None] = {}

    def place_of(self, session: str) -> Place | None:
        """Where this session is shown; None where it is not."""
        if not self.session:
            self.session = session
        if session == self.session:
            return Place()
        title = self._titles.pop(session, None)
        if title is not None:
            # Its call is told by now, unless it never is.
            self.children[session] = self._task_call(title) or f"session-{short(session, 64)}"
        parent = self.children.get(session)
        return Place(parent) if parent is not None else None

    def on_task(self, part: Record) -> None:
        """A call may say which session its subagent has."""
        session = session_in(map_of(map_of(part, "state"), "metadata"))
        call = text_of(part, "callID")
        if session and call and text_of(part, "tool") in TASKS:
            self.on_child(session, call)

    def on_child(self, session: str, call: str) -> None:
        """A call says that this session is its subagent's."""
        self._titles.pop(session, None)
        self._add_child(session, call)

    def _add_child(self, session: str, call: str) -> None:
        if session not in self.children:
            self.children[session] = call
            if len(self.children) > MAX_CHILDREN:
                del self.children[next(iter(self.children))]

    def on_other(self, session: str) -> None:
        """Another session is at work on the server: said once, its events are not shown."""
        if session and not bounded(self._others, session, MAX_CHILDREN):
            name = short(session, 64)
            self.warn(f"the server's session {name} is not shown: one stream shows one session")

    def on_session(self, session: str, above: str, title: str, directory: str) -> None:
        """A session is there, or has changed."""
        if above and (above == self.session or above in self.children or above in self._titles):
            if session not in self.children:
                self._titles[session] = short(title, 200) or ""
                if len(self._titles) > MAX_CHILDREN:
                    del self._titles[next(iter(self._titles))]
            return
        if not self.session and not above:
            self.session = session
        if session == self.session:
            # Until it has thought of a title, it has a placeholder.
            name = None if title.startswith("New session - ") else title
            self.opened("opencode", directory or None, name or None)

    def _task_call(self, title: str) -> str | None:
        """The open call that a new subagent's session belongs to: by its title, else by turn."""
        taken = set(self.children.values())
        free = [
            (key, text_of(call.args, "description"))
            for key, call in self.calls.open.items()
            if call.name in TASKS and key not in taken
        ]
        named = (key for key, told in free if told and told in title)
        return next(named, free[0][0] if free else None)

    def on_asked(self, request: str, what: str) -> None:
        """A person is needed."""
        self._asked.ask(request, what or "an answer")

    def on_answered(self, request: str, parent: str | None, *, refused: bool) -> None:
        """A person has answered."""
        if refused:
            self.diagnose("permission_denied", None, parent)
        self._asked.answer(request)

    def end_execution(self) -> None:
        """The session's turn is over."""
        if self.in_turn:
            self._asked.clear()
            self.commit()

    def what_of(self, given: Record) -> str:
        """What a person is asked, in full: questions, or what a permission is for."""
        questions = [text_of(each, "question") for each in maps_of(given, "questions")]
        if any(questions):
            return "\n".join(filter(None, questions))
        call = self.calls.open.get(text_of(map_of(given, "tool"), "callID"))
        command = text_of(map_of(given, "metadata"), "command") or text_of(given, "title")
        if not command and call is not None:
            command = text_of(call.args, "command")
        kind = text_of(given, "permission") or text_of(given, "action")
        things = given.get("patterns", given.get("resources"))
        named = (
            [each for each in things if isinstance(each, str)] if isinstance(things, list) else []
        )
        return command or " ".join(filter(None, (kind, ", ".join(named))))


def session_in(metadata: Record) -> str:
    """The session of the subagent that a call has started, as its metadata says it."""
    return text_of(metadata, "sessionID") or text_of(metadata, "sessionId")
