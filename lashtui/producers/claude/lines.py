"""What Claude's streams and transcripts share, and qwen's with them: messages of blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashd.events import AssistantProseDelta, ReasoningDelta, RetryStatus
from lashtui.producers.claude.blocks import Blocks
from lashtui.producers.claude.content import content_text
from lashtui.producers.claude.marks import Said, is_event, is_interruption, said_in, sender_of
from lashtui.producers.claude.narration import SUMMARY, is_narration
from lashtui.producers.claude.tasks import Tasks
from lashtui.producers.claude.tools import ToolUses
from lashtui.producers.dedupe import bounded
from lashtui.producers.fields import int_of, map_of, maps_of, text_of
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_SEEN = 4096
"""Record ids remembered: the same line may come twice, but not that much later."""

MAX_SAID = 1024
"""Texts remembered, so that a report which repeats one is not told again."""

TELLING_REASONS: Final = ("refusal", "max_tokens", "model_context_window_exceeded")
"""Ends of a message that are not of the agent's choice."""

SYNTHETIC: Final = "<synthetic>"
"""The model of messages that the program wrote itself: errors, told as if they were answers."""

_CUT = re.compile(r"\AYour (?:previous |last )?response (?:above )?was cut off")
_TOOL_RESULTS = re.compile(r"\A(?:tool|\w+_tool)_result\Z")
_TOOL_USES: Final = ("tool_use", "server_tool_use", "mcp_tool_use")
_SILENT: Final = ("redacted_thinking", "image", "document", "tool_reference", "connector_text")


class ClaudeLines(RecordProducer):
    """`assistant` and `user` records; the formats add what stands around them."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = Blocks(self.texts)
        self.tools = ToolUses(self)
        self.tasks = Tasks(self.emit_payload)
        self.interrupted = False
        """A person interrupted this turn."""
        self.cuts = 0
        """How often the answer was cut off in this turn."""
        self._said_lately: dict[str, None] = {}
        self._reported: dict[str, None] = {}
        """Last words of subagents that their ends told; they may come as their own yet."""

    def end_turn(self) -> None:
        """Commit, and forget what belonged to the turn."""
        self.blocks.shown.take_back()
        self.commit()
        self.blocks.end_turn()
        self.tools.asked.clear()
        self.interrupted, self.cuts = False, 0

    def note_model(self, message: Record, parent: str | None) -> None:
        """The model of a message of the agent's own, which a person may change, or a fallback."""
        model = text_of(message, "model")
        if parent is None and model != SYNTHETIC:
            self.uses(model)

    def note_window(self, record: Record) -> None:
        """The size of the model's context, among those of all models that were used."""
        used = map_of(record, "modelUsage")
        for name, usage in used.items():
            if len(used) == 1 or self.is_in_use(name):
                self.note_context(size=int_of(usage, "contextWindow"))

    def on_assistant(self, record: Record, parent: str | None) -> None:
        """A message, or one block of it."""
        message = map_of(record, "message")
        content = message.get("content")
        is_error = record.get("is_api_error_message") or record.get("isApiErrorMessage")
        if is_error or (message.get("model") == SYNTHETIC and record.get("error")):
            text = content_text(content) or text_of(record, "error")
            if parent is None:
                self.error(text)
            else:
                self.begin_turn()
                self.diagnose("subagent_error", {"message": text}, parent)
            return
        message_id = text_of(message, "id") or text_of(record, "uuid")
        if isinstance(content, str):
            self.say(parent, message_id, content, AssistantProseDelta)
        blocks = maps_of(message, "content")
        for index, block in enumerate(blocks):
            if is_narration(record, block, index):
                self._narrate(parent, message_id, text_of(block, "thinking"))
            else:
                self._block(block, parent, message_id, cumulative=len(blocks) > 1)

    def say(
        self,
        parent: str | None,
        message_id: str,
        text: str,
        event: type[AssistantProseDelta | ReasoningDelta],
        *,
        cumulative: bool = False,
    ) -> None:
        """A whole block of text; `cumulative` as for `Blocks.whole`."""
        if event is AssistantProseDelta:
            if parent is not None and _mark(parent, text) in self._reported:
                del self._reported[_mark(parent, text)]
                return
            bounded(self._said_lately, _mark(parent, text), MAX_SAID)
        self.blocks.whole(parent, message_id, text, event, cumulative=cumulative)

    def _narrate(self, parent: str | None, message_id: str, text: str) -> None:
        """What the agent said between two calls; as it came in pieces it seemed a thought."""
        self.blocks.no_thought(parent, message_id, text)
        self.say(parent, message_id, text.rstrip() + SUMMARY, AssistantProseDelta)

    def has_said(self, parent: str | None, text: str) -> bool:
        """Whether a whole block of prose said this lately."""
        return _mark(parent, text) in self._said_lately

    def report(self, parent: str, text: str) -> None:
        """The last words of a subagent, as its end tells them, if they did not come as its own."""
        if parent and text.strip() and not self.has_said(parent, text):
            self.say(parent, "report", text, AssistantProseDelta)
            bounded(self._reported, _mark(parent, text), MAX_SAID)

    def _block(
        self, block: Record, parent: str | None, message_id: str, *, cumulative: bool
    ) -> None:
        kind = text_of(block, "type")
        if kind == "text":
            text, event = text_of(block, "text"), AssistantProseDelta
            self.say(parent, message_id, text, event, cumulative=cumulative)
        elif kind == "thinking":
            thought = text_of(block, "thinking")
            self.say(parent, message_id, thought, ReasoningDelta, cumulative=cumulative)
        elif kind in _TOOL_USES:
            if parent is None:
                self.blocks.uncut()
            self.tools.start(block, parent)
        elif _TOOL_RESULTS.match(kind):
            self.tools.complete(block, None, None, parent)
        elif kind not in _SILENT:
            self.unknown(f"content/{kind}", block)

    def on_user(self, record: Record, parent: str | None) -> None:
        """Results of calls; else what a person said, or the program in a person's name."""
        message = map_of(record, "message")
        results = [
            block
            for block in maps_of(message, "content")
            if _TOOL_RESULTS.match(text_of(block, "type"))
        ]
        rich = record.get("tool_use_result", record.get("toolUseResult"))
        for block in results:
            # The line's own copy tells no id: with several results it can't be told whose it is.
            own = rich if len(results) == 1 else None
            self.tools.complete(block, own, record.get("tool_result_meta"), parent)
        if results or parent is not None:
            return
        self._spoken(record)

    def _spoken(self, record: Record) -> None:
        text = content_text(map_of(record, "message").get("content"))
        if _CUT.match(text) and sender_of(record) is None:
            self.cuts += 1
            self.blocks.cut()
            self.emit(RetryStatus(0.0, self.cuts, None, "the response was cut off mid-stream"))
        elif is_interruption(text):
            self.interrupted = True
            self.blocks.uncut()
            self.diagnose("interrupted", {"message": text.strip().strip("[]")})
        else:
            self.prompted(said_in(record))
            if is_event(record, text):
                self.diagnose("notification", {"message": text})

    def prompted(self, said: list[Said]) -> None:
        """Somebody said this to the agent; who, if it was not the person at the keyboard."""
        self.blocks.shown.forget()
        for text, sender in said:
            self.blocks.uncut()
            if sender:
                self.diagnose("from", sender)
            self.user(text)


def _mark(parent: str | None, text: str) -> str:
    return f"{parent or ''}/{hash(text.strip())}"
