"""Which session an event of an opencode server is of. Pure.

One stream has all sessions of a server; a subagent is a session of its own, below another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lashtui.producers.fields import map_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_SESSIONS: Final = 4096
"""Sessions of a server whose place is known; more are asked for again."""
MAX_SHELLS: Final = 1024
"""Commands of version 2 whose session is known."""

_KINDS: Final = ("message.", "session.", "permission.", "question.", "todo.", "form.", "shell.")
_QUIET: Final = frozenset({"session.diff"})
_NO_WORK: Final = frozenset({"session.updated", "session.renamed", "session.usage.updated"})
"""What also happens to a session that nobody works in."""


class About(NamedTuple):
    """A session of a server."""

    id: str
    parent: str = ""
    title: str = ""
    directory: str = ""
    updated_ms: int = 0


class Event(NamedTuple):
    """An event of one session."""

    session: str
    kind: str
    record: Record
    """With `properties` in version 1 and `data` in version 2."""

    @property
    def given(self) -> Record:
        """What it says."""
        return map_of(self.record, "properties") or map_of(self.record, "data")

    @property
    def is_work(self) -> bool:
        """Whether somebody is at work in the session."""
        return self.kind not in _NO_WORK


def about_of(info: Any) -> About | None:
    """A session as the server lists it, or as its events tell it; None: it is none."""
    if not isinstance(info, dict):
        return None
    name = text_of(info, "id") or text_of(info, "sessionID")
    if not name:
        return None
    directory = text_of(info, "directory") or text_of(map_of(info, "location"), "directory")
    updated = map_of(info, "time").get("updated")
    return About(
        name,
        text_of(info, "parentID"),
        text_of(info, "title"),
        directory,
        updated if isinstance(updated, int) else 0,
    )


class Routes:
    """The sessions of a server, and whose subagents they are."""

    def __init__(self) -> None:
        self._known: dict[str, About] = {}
        self._shells: dict[str, str] = {}

    def event_of(self, record: Record) -> Event | None:
        """The event in what the server sent; None: it is of no session."""
        payload = record.get("payload")
        if isinstance(payload, dict):  # of the stream of all directories
            record = payload
        kind = text_of(record, "type")
        if not kind.startswith(_KINDS) or kind in _QUIET:
            return None
        given = map_of(record, "properties") or map_of(record, "data")
        session = self._session_of(kind, given)
        if not session:
            return None
        if kind in ("session.created", "session.updated"):
            about = about_of(given.get("info") or given)
            if about is not None and (kind == "session.created" or about.title):
                self.note(about)
        return Event(session, kind, record)

    def note(self, about: About) -> None:
        """This session is there."""
        known = self._known.pop(about.id, None)
        if known is not None:  # not every record of it says all
            about = About(
                about.id,
                about.parent or known.parent,
                about.title or known.title,
                about.directory or known.directory,
                max(about.updated_ms, known.updated_ms),
            )
        self._known[about.id] = about
        if len(self._known) > MAX_SESSIONS:
            del self._known[next(iter(self._known))]

    def about(self, session: str) -> About | None:
        """What is known of a session; None: ask the server."""
        return self._known.get(session)

    def root_of(self, session: str) -> str | None:
        """The session that is told with this one in it; None: ask the server about the session that
        `unknown_above` names.
        """
        about = self._last_known(session)
        return about.id if about is not None and not about.parent else None

    def unknown_above(self, session: str) -> str:
        """The session whose place must be known first."""
        about = self._last_known(session)
        return session if about is None else about.parent

    def below(self, session: str) -> list[About]:
        """Its subagents that are known, and theirs, those above before those below."""
        found: list[About] = []
        above = [session]
        for each in above:  # it grows
            children = [about for about in self._known.values() if about.parent == each]
            new = [about for about in children if about not in found]
            found += new
            above += [about.id for about in new]
        return found

    def _last_known(self, session: str) -> About | None:
        found = None
        seen: set[str] = set()
        while session and session not in seen:
            seen.add(session)
            about = self._known.get(session)
            if about is None:
                break
            found, session = about, about.parent
        return found

    def _session_of(self, kind: str, given: Record) -> str:
        info = map_of(given, "info")
        if kind.startswith("shell."):
            return self._of_shell(kind, given, info)
        return (
            text_of(given, "sessionID")
            or text_of(map_of(given, "part"), "sessionID")
            or text_of(info, "sessionID")
            or text_of(map_of(given, "form"), "sessionID")
            or (text_of(info, "id") if kind.startswith("session.") else "")
        )

    def _of_shell(self, kind: str, given: Record, info: Record) -> str:
        if kind == "shell.created":
            session = text_of(map_of(info, "metadata"), "sessionID")
            if session:
                self._shells[text_of(info, "id")] = session
                if len(self._shells) > MAX_SHELLS:
                    del self._shells[next(iter(self._shells))]
            return session
        return self._shells.get(text_of(given, "id"), "")
