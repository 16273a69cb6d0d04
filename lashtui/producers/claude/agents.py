"""Which call each of Claude's subagents stands under, in its parent's file or in its own.

A file of its own is told apart by the subagent's id. Its call is known by what lies beside the
file, by the call's result, or by its prompt. Where there is none, a remark stands in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashtui.producers.dedupe import bounded
from lashtui.producers.fields import map_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.producers.children import Child
    from lashtui.producers.dedupe import Calls

MAX_AGENTS = 4096
"""Subagents of a session, and lines of those in its own file, that are still told apart."""
MAX_OVER = 1024
"""Calls whose subagents are known to have ended."""

AGENTS: Final = ("Agent", "Task")


class Agents:
    """Subagents by id and, within their parent's file, by line."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.joined: dict[str, Child] = {}
        """Those with files of their own, by their ids."""
        self._parents: dict[str, str] = {}
        """Ids of subagents and of their lines, to what each belongs under."""
        self._claimed: dict[str, None] = {}
        """Calls whose subagent was told by its prompt."""
        self._unplaced: dict[str, None] = {}
        """Subagents without a call that have said nothing yet."""
        self._over: dict[str, None] = {}

    def join(self, child: Child) -> None:
        """A subagent with a file of its own."""
        self.joined[child.key] = child
        if len(self.joined) > MAX_AGENTS:
            del self.joined[next(iter(self.joined))]

    def launched(self, agent_id: str, call_id: str) -> None:
        """A call's result names its subagent."""
        if agent_id and agent_id not in self._parents:
            self._keep(agent_id, call_id)

    def call_of(self, key: str) -> str | None:
        """The call of a subagent that has joined, once it was told."""
        known = self._parents.get(key)
        if known is not None:
            return known
        child = self.joined.get(key)
        if child is None:
            return None
        if child.call_id and self._is_told(child.call_id):
            return child.call_id
        return None if child.call_id else self._by_prompt(child.prompt, claimed=False)

    def place(self, key: str) -> str:
        """What the lines of a subagent's own file belong under, from its first line on."""
        if key in self._parents:
            return self._parents[key]
        call_id = self.call_of(key)
        if call_id is None:
            self._unplaced[key] = None
        else:
            bounded(self._claimed, call_id, MAX_AGENTS)
        return self._keep(key, call_id or key)

    def introduction(self, parent: str) -> Child | None:
        """A subagent without a call that is about to say its first words."""
        if parent not in self._unplaced:
            return None
        del self._unplaced[parent]
        return self.joined.get(parent)

    def under(self, record: Record) -> str:
        """What a subagent's line within its parent's file belongs under."""
        agent = text_of(record, "agentId")
        for known in (agent, text_of(record, "parentUuid")):
            if known in self._parents:
                return self._remember(record, self._parents[known])
        # A subagent's first line is its prompt, which its call has among its arguments.
        prompt = map_of(record, "message").get("content")
        asked = self._by_prompt(prompt) if isinstance(prompt, str) else None
        open_calls = [key for key, call in self._calls.open.items() if call.name in AGENTS]
        last = open_calls[-1] if open_calls else None
        return self._remember(record, asked or last or agent or "subagent")

    def ended(self, agent_id: str, call_id: str) -> None:
        """A subagent was told to have ended."""
        for parent in (call_id, self._parents.get(agent_id, "")):
            if parent:
                bounded(self._over, parent, MAX_OVER)

    def left_open(self) -> list[str]:
        """Open calls of subagents that have ended, and of theirs: nothing ends them any more."""
        gone: dict[str, None] = {}
        for call_id, call in self._calls.open.items():
            if call.parent and (call.parent in self._over or call.parent in gone):
                gone[call_id] = None
        return list(gone)

    def _is_told(self, call_id: str) -> bool:
        return call_id in self._calls.open or self._calls.has_ended(call_id)

    def _by_prompt(self, prompt: str, *, claimed: bool = True) -> str | None:
        for key, call in self._calls.open.items():
            if call.name not in AGENTS or (not claimed and key in self._claimed):
                continue
            if prompt and text_of(call.args, "prompt") == prompt:
                return key
        return None

    def _remember(self, record: Record, parent: str) -> str:
        for key in (text_of(record, "uuid"), text_of(record, "agentId")):
            if key:
                self._keep(key, parent)
        return parent

    def _keep(self, key: str, parent: str) -> str:
        self._parents[key] = parent
        if len(self._parents) > MAX_AGENTS:
            del self._parents[next(iter(self._parents))]
        return parent
