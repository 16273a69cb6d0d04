"""Which of an opencode server's sessions is shown, and what is below it.

All sessions share one stream. The session is the one that was asked for, else the first
active one; its subagents' sessions stand below the call that started them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lashd.text import short
from lashtui.producers.dedupe import bounded
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.providers.sse import SseProducer
from lashtui.producers.records import map_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_CHILDREN = 256
"""Subagents' sessions."""
MAX_SEEN = 4096
"""Parts, steps and requests that are remembered, so that each counts once."""

_TASKS = ("task", "subagent")


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
        self.asked: dict[str, None] = {}
        """Requests that a person has not answered."""

    def place_of(self, session: str) -> Place | None:
        """Where this session is shown; None where it is not."""
        if not self.session:
            self.session = session
        if session == self.session:
            return Place()
        parent = self.children.get(session)
        return Place(parent) if parent is not None else None

    def on_session(self, session: str, above: str, title: str, directory: str) -> None:
        """A session is there, or has changed."""
        if above and (above == self.session or above in self.children):
            if session not in self.children:
                self.children[session] = self._task_call() or f"session-{short(session, 64)}"
                if len(self.children) > MAX_CHILDREN:
                    del self.children[next(iter(self.children))]
            return
        if not self.session and not above:
            self.session = session
        if session == self.session:
            # Until it has thought of a title, it has a placeholder.
            name = None if title.startswith("New session - ") else title
            self.opened("opencode", directory or None, name or None)

    def _task_call(self) -> str | None:
        """The open call that a new subagent's session belongs to."""
        taken = set(self.children.values())
        calls = self.calls.open.items()
        return next((key for key, call in calls if call.name in _TASKS and key not in taken), None)

    def on_asked(self, request: str, what: str) -> None:
        """A person is needed."""
        if not bounded(self.asked, request, MAX_SEEN):
            self.wait(what or "an answer")

    def on_answered(self, request: str, parent: str | None, *, refused: bool) -> None:
        """A person has answered."""
        self.asked.pop(request, None)
        if refused:
            self.diagnose("permission_denied", None, parent)
        if not self.asked:
            self.resume()

    def end_execution(self) -> None:
        """The session's turn is over."""
        if self.in_turn:
            self.asked.clear()
            self.resume()
            self.commit()


def what_of(given: Record) -> str:
    """What a permission is asked for."""
    command = text_of(map_of(given, "metadata"), "command") or text_of(given, "title")
    if command:
        return command
    kind = text_of(given, "permission") or text_of(given, "action")
    things = given.get("patterns", given.get("resources"))
    first = things[0] if isinstance(things, list) and things else None
    return f"{kind} {first}".strip() if isinstance(first, str) else kind
