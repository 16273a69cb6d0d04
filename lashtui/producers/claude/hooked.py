"""What Claude Code says of a session beside its transcript: to its hooks, and of its state.

Only that it waits, and what it shows of an answer, is news; all else the transcript tells as well.
Its state is the truth of whether it waits: a hook is called for a question that another hook then
answers. So what a hook asks counts alone where no state was ever told, as by older versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashtui.producers.claude.child_lines import ChildLines
from lashtui.producers.claude.tools import question_of
from lashtui.producers.fields import int_of, text_of
from lashtui.text.tools import key_argument

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

_MENU: Final = "dialog open"
"""What it waits for where a person has opened something on the screen; within a turn it asks."""
_PERMISSION: Final = "permission prompt"
_ASKING: Final = ("permission_prompt", "agent_needs_input", "elicitation_dialog")
"""Notifications of questions."""
MAX_NAMED: Final = 3
"""Calls that are named where it is not known which of them is asked about."""


class HookedLines(ChildLines):
    """Takes calls of hooks and states; the transcript tells what stands in it."""

    def __init__(self) -> None:
        super().__init__()
        self._has_states = False
        self._asked: tuple[str, str] | None = None
        """What a hook was asked last: the tool, and the question."""
        self._is_vague = False
        """It is not known yet which call it asks about."""
        self._waits_since: int | None = None

    @property
    def is_ending(self) -> bool:
        """Whether the turn's last message has come."""
        return False

    def hooked(self, call: Record, at: int | None) -> list[Produced]:
        """What a hook was told at Unix milliseconds `at`."""
        if text_of(call, "agent_id"):
            return []  # a subagent's: its own file tells
        with self.as_of(at):
            self._on_hook(call)
        return self._take_out()

    def _on_hook(self, call: Record) -> None:
        name = text_of(call, "hook_event_name")
        if name == "MessageDisplay":
            self._show(call)
        elif name == "PermissionRequest":
            tool, args = text_of(call, "tool_name"), call.get("tool_input")
            self._asked = tool, question_of(tool, args) or _permission(tool, args)
            if not self._has_states:
                self.ask_for(*self._question(_PERMISSION))
        elif text_of(call, "notification_type") in _ASKING and not self._has_states:
            self.ask_for("notification", text_of(call, "message"))

    def heard(self, waits_for: str | None, at: int | None) -> list[Produced]:
        """Its state: it waits for something, or for nothing."""
        self._has_states = True
        with self.as_of(at):
            if waits_for is None:
                is_news = at is None or self._waits_since is None or at >= self._waits_since
                if self.is_waiting and is_news:
                    self.tools.asked.clear()
            elif (waits_for != _MENU or self.in_turn) and not self.is_waiting:
                self.ask_for(*self._question(waits_for))
                self._is_vague = not self.calls.open and self._asked is None
        return self._take_out()

    def ask_for(self, key: str, what: str) -> None:
        """It waits for a person, if it doesn't already."""
        if not self.is_waiting:
            # A question outside of a turn is no turn of the agent's.
            self.is_beside = self.is_beside or not self.in_turn
            self.tools.asked.ask(key, what)

    def wait(self, what: str) -> None:
        """The agent needs a person."""
        self._waits_since, self._is_vague = self.at, False
        super().wait(what)

    def resume(self) -> None:
        """The agent goes on, if it was waiting."""
        self.forget_question()
        super().resume()

    def forget_question(self) -> None:
        """Whatever was asked is answered."""
        self._asked, self._is_vague = None, False

    def name_question(self) -> None:
        """A call came that it may have asked about already."""
        if self._is_vague and self.is_waiting and self.calls.open:
            what = self._question(_PERMISSION)[1]
            self.wait(what)

    def begin_shown(self) -> None:
        """A line came with which the agent may have begun to speak."""
        if self._may_speak:
            self.blocks.shown.begin()

    @property
    def _may_speak(self) -> bool:
        return self.in_turn and not self.is_beside and not self.is_ending

    def _show(self, call: Record) -> None:
        index = int_of(call, "index")
        if index is not None:
            message, text = text_of(call, "message_id"), text_of(call, "delta")
            self.blocks.shown.piece(message, index, text, may_begin=self._may_speak)

    def _question(self, waits_for: str) -> tuple[str, str]:
        """What it asks, and the call that it asks about, as far as that is known."""
        if self._asked is not None:
            tool, what = self._asked
            named = (key for key, each in self.calls.open.items() if each.name == tool)
            return next(named, "state"), what
        if waits_for != _PERMISSION:
            return "state", waits_for
        asked = [(key, _permission(each.name, each.args)) for key, each in self.calls.open.items()]
        if len(asked) < 2:
            return asked[0] if asked else ("state", waits_for)
        told = "; ".join(what.removeprefix("permission for ") for _, what in asked[:MAX_NAMED])
        more = len(asked) - MAX_NAMED
        return "state", f"permission for one of: {told}" + (f"; {more} more" if more > 0 else "")


def _permission(tool: str, about: object) -> str:
    argument = key_argument(about)
    return f"permission for {tool}" + (f": {argument}" if argument else "")
