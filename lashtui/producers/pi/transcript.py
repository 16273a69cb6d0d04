"""`pi-transcript`: a session's file under `~/.pi/agent/sessions`, from its beginning.

Whole messages. A turn ends with an answer without calls; of one that failed only time, or the next
prompt, shows that it is not tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import AssistantProseDelta, ReasoningDelta, SessionOutcome
from lashd.text import short
from lashtui.producers import Produced
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, time_of, title_of
from lashtui.producers.pi.messages import AGENT, FAILED, PiMessages, said_in, usage_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_QUIET: Final = frozenset({"thinking_level_change", "custom", "label"})


class PiTranscriptProducer(PiMessages):
    """One file."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._directory = ""
        self._title = ""
        self._name = ""
        """What the person calls the session."""
        self._last: str | None = None
        """The newest entry."""
        self._answer = ""
        """The entry of the newest answer."""
        self._tries = 0

    def on_record(self, record: Record) -> None:
        """One entry."""
        kind = text_of(record, "type")
        self.at = self.clock = time_of(record.get("timestamp")) or self.at
        if kind == "session":
            self._directory = text_of(record, "cwd")
            self._about()
            return
        self._note_branch(record)
        if kind == "message":
            self._on_message(map_of(record, "message"), text_of(record, "id"))
        elif kind == "model_change":
            self.uses(text_of(record, "modelId"), is_setting=True)
        elif kind == "session_info":
            self._name = text_of(record, "name")
            self._about()
        elif kind == "context_edit":
            self._on_edit(record)
        elif kind == "usage":
            self.usage(usage_of(map_of(record, "usage")))
        elif kind == "compaction":
            self.diagnose("compact_boundary", {"pre_tokens": int_of(record, "tokensBefore")})
        elif kind == "custom_message":
            if record.get("display") is True:
                self.diagnose("note", {"message": short(said_in(record.get("content")), 4096)})
        elif kind == "branch_summary":
            self.diagnose("note", {"message": short(text_of(record, "summary"), 4096)})
        elif kind not in _QUIET:
            self.unknown(kind, record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: what failed is not tried again."""
        if self.failure is not None:
            self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The file is not followed any more."""
        if self.failure is not None:
            self._end()

    def _about(self) -> None:
        title = self._name or self._title
        self.opened(agent=AGENT, directory=self._directory, title=title)

    def _note_branch(self, record: Record) -> None:
        """The person went back to an earlier entry: what was said stays said."""
        parent, own = record.get("parentId"), record.get("id")
        if "parentId" in record and self._last is not None and parent != self._last:
            self._end()
            self.diagnose("rewound")
        if isinstance(own, str):
            self._last = short(own)

    def _on_message(self, message: Record, entry: str) -> None:
        role = message.get("role")
        if role == "user":
            said = said_in(message.get("content"))
            self._end()
            if not self._title:
                self._title = title_of(said)
                self._about()
            self.user(said)
        elif role == "assistant":
            self._answer = entry
            self._on_answer(message)
        elif role == "toolResult":
            name = text_of(message, "toolName") or "tool"
            self.complete(message["toolCallId"], name, message, message)
        elif role == "bashExecution":
            command = short(text_of(message, "command"), 4096)
            output = text_of(message, "output")
            self.diagnose("user_command", {"command": command, "output": output})

    def _on_answer(self, message: Record) -> None:
        if self.failure is not None:
            self._try_again(self.failure)
        self.begin_answer()
        has_failed = message.get("stopReason") in FAILED
        calls = []
        for index, block in enumerate(maps_of(message, "content")):
            text, thought = text_of(block, "text"), text_of(block, "thinking")
            if text or thought:
                tell = self.texts.delta if has_failed else self.texts.final
                event = ReasoningDelta if thought else AssistantProseDelta
                tell(self.key_of(index), text or thought, event)
            elif block.get("type") == "toolCall" and not has_failed:
                calls.append(block)
        self.end_answer(message)
        for call in calls:
            name = text_of(call, "name") or "tool"
            self.calls.start(call["id"], name, call.get("arguments"), at=self.clock)
        if message.get("stopReason") == "aborted":
            self._end(was_aborted=True)
        elif not calls and not has_failed:
            self._end()

    def _on_edit(self, record: Record) -> None:
        """pi leaves an answer that failed out before it tries again."""
        if self.failure is not None and text_of(record, "targetId") == self._answer:
            self._try_again(self.failure)

    def _try_again(self, reason: str) -> None:
        self._tries += 1
        self.retry(0.0, self._tries, None, reason)

    def _end(self, *, was_aborted: bool = False) -> None:
        self._tries = 0
        if not self.in_turn:
            self.failure = None
            return
        with self.as_of_the_newest():
            self.tell_failure(was_aborted=was_aborted)
            self.commit()
