"""What a list's row asks of a view's entries, found without a look at each of them.

Kept with the entries and derived from them, so that a copy of the view has the same.
"""

from __future__ import annotations

from lashd.gist import is_question
from lashd.session.view import Entry


def is_asked(entry: Entry) -> bool:
    """Whether an entry stands for what a person is asked and has not answered."""
    return entry.ended_at is None and is_question(entry.kind, entry.name, entry.text)


def end_question(entry: Entry, at: int | None) -> None:
    """End it, if it is a question that is open; 0 where no time is known."""
    if is_asked(entry):
        entry.ended_at = at if at is not None else entry.started_at or 0


class Landmarks:
    """Entries of one view that are looked for again and again."""

    def __init__(self) -> None:
        self.said: dict[str, Entry] = {}
        """The agent's own prose by id, the oldest first."""
        self.error: Entry | None = None
        """The newest own error after the last commit."""
        self.committed_error: Entry | None = None
        """That of the turn that the last commit ended."""
        self.question: Entry | None = None
        """What a person is asked now."""
        self._running: dict[str, Entry] = {}
        self._own_running: dict[str, Entry] = {}

    def add(self, entry: Entry) -> None:
        """An entry comes, at the end of the view."""
        kind = entry.kind
        if kind == "prose":
            if not entry.parent:
                self.said[entry.id] = entry
        elif kind == "error":
            if not entry.parent:
                self.error = entry
        elif kind == "commit":
            self.committed_error, self.error = self.error, None
        elif kind == "diagnostic" and not entry.settled and is_asked(entry):
            self.question = entry

    def forget(self, entry: Entry) -> None:
        """An entry leaves the view."""
        self.said.pop(entry.id, None)
        if entry is self.error:
            self.error = None
        elif entry is self.committed_error:
            self.committed_error = None
        elif entry is self.question:
            self.question = None

    def start(self, entry: Entry) -> None:
        """A call begins to run; it is the newest."""
        self._running[entry.id] = entry
        if not entry.parent:
            self._own_running[entry.id] = entry

    def stop(self, entry: Entry) -> None:
        """It runs no more."""
        self._running.pop(entry.id, None)
        self._own_running.pop(entry.id, None)

    def stop_all(self) -> None:
        """Nothing runs any more."""
        self._running, self._own_running = {}, {}

    @property
    def doing(self) -> Entry | None:
        """The call that the running turn is at: the newest of the agent's own, else the newest of
        a subagent. One that an earlier turn left open is not what this turn does."""
        for calls in (self._own_running, self._running):
            newest = next(reversed(calls.values()), None)
            if newest is not None and not newest.settled:
                return newest
        return None
