"""Tokens of messages whose lines each repeat the count so far: the last line has the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_COUNTED = 65_536
"""Messages remembered: a resumed session copies its history into a new file."""
MAX_SPEAKERS = 256
"""Agents whose newest message is still counted."""

Counters = dict[str, int | float]


class Counted:
    """Counters of messages to what each adds, told once the message is over."""

    def __init__(self, tell: Callable[[str | None, Counters], None]) -> None:
        self._tell = tell
        self._newest: dict[str | None, tuple[str, Counters]] = {}
        self._told: dict[str, Counters] = {}

    def count(self, message_id: str, parent: str | None, counters: Counters) -> None:
        """A line of a message of one agent."""
        if not message_id:
            self._tell(parent, counters)
            return
        if message_id in self._told:
            self._tell_grown(message_id, parent, counters)
            return
        newest = self._newest.get(parent)
        if newest is not None and newest[0] != message_id:
            self.tell(parent)
        while len(self._newest) >= MAX_SPEAKERS and parent not in self._newest:
            self.tell(next(iter(self._newest)))
        self._newest[parent] = (message_id, counters)

    def tell(self, parent: str | None) -> None:
        """This agent's newest message is over."""
        newest = self._newest.pop(parent, None)
        if newest is not None:
            self._tell_grown(newest[0], parent, newest[1])

    def tell_all(self) -> None:
        """All messages are over."""
        for parent in list(self._newest):
            self.tell(parent)

    def _tell_grown(self, message_id: str, parent: str | None, counters: Counters) -> None:
        before = self._told.get(message_id, {})
        grown = {name: max(0, value - before.get(name, 0)) for name, value in counters.items()}
        self._told[message_id] = {
            name: max(counters.get(name, 0), before.get(name, 0)) for name in {**before, **counters}
        }
        if len(self._told) > MAX_COUNTED:
            del self._told[next(iter(self._told))]
        if any(grown.values()):
            self._tell(parent, grown)
