"""Who speaks: the agent itself, or a subagent under the call that launched it."""

from __future__ import annotations

from collections import OrderedDict

from lashtui.text.tools import agent_label

MAX_CALLS = 4096
"""Calls remembered that a subagent may speak under; the agents of a session are far fewer."""
MAX_DEPTH = 4
"""Levels that are indented; deeper ones align with the last, to leave some width."""
INDENT = "  "


class Speakers:
    """Turns what is said into paragraphs by speaker: a label at each change, and an indent."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, tuple[str, str | None]] = OrderedDict()
        """Label and parent of each call."""
        self._speaking: str | None = None
        self.indent = ""
        """What stands before each line of the one who speaks."""

    def note(self, call_id: str, name: object, args: object, parent: str | None) -> None:
        """A call has begun, under which a subagent may speak."""
        known = self._calls.get(call_id)
        if known is not None and not args:
            return
        self._calls[call_id] = (agent_label(name, args), parent)
        if len(self._calls) > MAX_CALLS:
            self._calls.popitem(last=False)

    def turn_to(self, parent: str | None) -> str:
        """The line that says who speaks from here on; empty for the agent itself and the same one.

        Args:
            parent: the call that the speaker belongs under; None: the agent itself.
        """
        if parent == self._speaking:
            return ""
        self._speaking = parent
        if parent is None:
            self.indent = ""
            return ""
        label, above = self._calls.get(parent, (agent_label(None, None), None))
        depth = 1
        while above is not None and depth < MAX_DEPTH:
            above = self._calls.get(above, ("", None))[1]
            depth += 1
        self.indent = INDENT * depth
        return f"{self.indent}-- {label}:\n"
