"""A session's subagents in Claude's transcripts: their lines in files of their own, or within it.

Of a line of theirs only what a person may read of their work is told, below the call that started
them; what the program notes for itself is left out.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from lashd.events import RetryStatus, RuntimeDiagnostic
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.claude.agents import Agents
from lashtui.producers.claude.lines import ClaudeLines
from lashtui.producers.claude.marks import said_with
from lashtui.producers.dedupe import bounded
from lashtui.producers.fields import int_of, map_of, text_of, time_of
from lashtui.producers.lines import Line

if TYPE_CHECKING:
    from lashd.events import AnyTurnEvent
    from lashd.protocol.records import Record
    from lashtui.producers import Produced
    from lashtui.producers.children import Child
    from lashtui.producers.claude.marks import Said

MAX_SEEN = 65_536
"""Ids of lines and blocks remembered: a resumed session copies its history into a new file."""
MAX_AT_WORK = 4096
"""Subagents of which is known whether they have ended."""

GOES_ON: Final = ("", "tool_use", "pause_turn")
"""Reasons to stop after which the same agent goes on."""


class ChildLines(ClaudeLines):
    """Takes subagents' lines; the transcript tells what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.is_subagent: bool | None = None
        """The file itself is a subagent's: its first message tells."""
        self.seen: dict[str, None] = {}
        self.agents = Agents(self.calls)
        self._speaker = ""
        """The subagent whose own file the current line is of."""
        self.is_beside = False
        """Nothing but what subagents do is in the turn: they work while nobody waits for them."""
        self.at_work: dict[str, bool] = {}
        """Whether each subagent has more to say, by what it belongs under."""
        self._children_lines = 0

    @abstractmethod
    def assistant_line(self, record: Record) -> None:
        """What an agent said or called."""

    @abstractmethod
    def user_line(self, record: Record) -> None:
        """What came back to an agent, or was said to it."""

    def join(self, child: Child) -> None:
        """Lines of this subagent will come; a second time: more is known about it."""
        self.is_subagent = False
        self.agents.join(child)

    def expects(self, key: str) -> bool:
        """Whether the call that started this subagent has been told; then it is that one's."""
        is_told = self.agents.call_of(key) is not None
        if is_told:
            self.agents.place(key)
        return is_told

    def feed_child(self, key: str, line: bytes) -> list[Produced]:
        """The payloads of one line of a subagent that has joined."""
        self._children_lines += 1
        self._speaker = key
        self._take(Line(self._children_lines, line))
        self._speaker = ""
        return self._take_out()

    def take_child(self, record: Record) -> None:
        """A line of a subagent, of its own file or within its parent's."""
        kind, parent = record.get("type"), self.parent_of(record)
        if kind not in ("assistant", "user", "system", "attachment") or parent is None:
            return  # notes of the program's own
        at = time_of(record.get("timestamp"))
        if at is not None:
            self.at = self.clock = at
        was_in_turn = self.in_turn
        if kind == "assistant":
            reason = text_of(map_of(record, "message"), "stop_reason")
            self.at_work[parent] = reason in GOES_ON
            if len(self.at_work) > MAX_AT_WORK:
                del self.at_work[next(iter(self.at_work))]
            self.assistant_line(record)
        elif kind == "user":
            self.at_work[parent] = True
            self.user_line(record)
        elif kind == "attachment":
            command = queued_command(record)
            self.asked(parent, said_with(command.get("prompt"), command))
        elif text_of(record, "subtype") == "api_error":
            self.tell_retry(record, parent)
        elif text_of(record, "subtype") == "compact_boundary":
            self.begin_turn()
            self.diagnose("compact_boundary", map_of(record, "compactMetadata"), parent)
        self.is_beside = self.is_beside or (self.in_turn and not was_in_turn)

    def asked(self, parent: str, said: list[Said]) -> None:
        """Somebody spoke to a subagent. What its parent said stands in the parent's call."""
        is_first = not bounded(self.seen, f"asked {parent}", MAX_SEEN)
        for text, sender in said:
            if not is_first and not bounded(self.seen, f"sent {hash(text)}", MAX_SEEN):
                if sender:
                    self.diagnose("from", sender, parent)
                self.user(text, parent)

    def tell_retry(self, record: Record, parent: str | None) -> None:
        wait = exact_number(record.get("retryInMs")) or 0
        attempt, most = int_of(record, "retryAttempt") or 0, int_of(record, "maxRetries")
        status = int_of(map_of(record, "error"), "status")
        reason = f"the request failed ({status})" if status else "the request failed"
        event = RetryStatus(wait / 1000, attempt, most, short(reason, 4096) or "")
        self.emit(event, None, parent)

    def is_child(self, record: Record) -> bool:
        """Whether a line is of a subagent: of a file of its own, or within its parent's."""
        if self._speaker:
            return True
        if self.is_subagent is None and record.get("type") in ("user", "assistant"):
            self.is_subagent = record.get("isSidechain") is True
        return record.get("isSidechain") is True and self.is_subagent is not True

    def parent_of(self, record: Record) -> str | None:
        """The call that a line belongs under."""
        if self._speaker:
            return self.agents.place(self._speaker)
        return self.agents.under(record) if self.is_child(record) else None

    def end_silent(self) -> None:
        """Subagents in the background whose last word was one, and whose end nobody told."""
        for key in self.agents.joined:
            parent = self.agents.call_of(key) or key
            if self.tasks.is_running(key) and self.at_work.get(parent) is False:
                self.tasks.notified({"task_id": key, "status": "completed"})

    def end_left_open(self) -> None:
        for call_id in self.agents.left_open():
            self.calls.cancel(call_id)

    def emit(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """Emit a turn event; before the first of a subagent without a call, what it is called."""
        child = self.agents.introduction(parent) if parent else None
        if child is not None:
            said = {"description": child.label or child.key}
            super().emit(RuntimeDiagnostic("subagent", said), child.key)
        super().emit(event, correlation_id, parent)


def queued_command(record: Record) -> Record:
    """What an attachment says was typed while a turn ran; empty for any other attachment."""
    attachment = map_of(record, "attachment")
    if attachment.get("type") != "queued_command":
        return {}
    return {**attachment, "isSidechain": record.get("isSidechain")}
