"""`qwen`: what `qwen --output-format stream-json` prints. Claude's records, with differences.

Each block is a message of its own with index 0, and its whole copy has another id than its deltas:
they are matched by their order within the turn. The input counter includes what was cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import AssistantProseDelta, ReasoningDelta
from lashtui.producers.claude.stream import ClaudeStreamProducer
from lashtui.producers.dedupe import counters
from lashtui.producers.records import text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_COUNTERS: Final = {
    "input_tokens": "input_tokens",
    "cache_read_input_tokens": "cached_input_tokens",
    "output_tokens": "output_tokens",
}


class QwenStreamProducer(ClaudeStreamProducer):
    """One run's stdout."""

    agent: ClassVar[str] = "qwen"
    has_own_ids: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str | None, int] = {}
        """Streamed blocks of each agent in this turn."""

    def usage_of(self, usage: object) -> dict[str, int | float]:
        """Counters that need no sum."""
        found = counters(usage, _COUNTERS) if isinstance(usage, dict) else {}
        return {name: value for name, value in found.items() if value}

    def say(
        self,
        parent: str | None,
        message_id: str,
        text: str,
        event: type[AssistantProseDelta | ReasoningDelta],
        *,
        cumulative: bool = False,
    ) -> None:
        """A whole block, of whatever id: the next one of its kind in the turn."""
        self.blocks.whole(parent, self._turn, text, event)

    def on_stream_event(self, record: Record) -> None:
        """A frame: blocks are counted, since each says that it is the first."""
        event = record["event"]
        parent = text_of(record, "parent_tool_use_id") or None
        kind = event["type"]
        if kind == "content_block_delta":
            delta = event["delta"]
            place = self._places.get(parent, 0)
            if delta["type"] == "text_delta":
                self.blocks.delta(parent, self._turn, place, delta["text"], AssistantProseDelta)
            elif delta["type"] == "thinking_delta":
                self.blocks.delta(parent, self._turn, place, delta["thinking"], ReasoningDelta)
        elif kind == "content_block_start":
            self._places[parent] = self._places.get(parent, 0) + 1
        elif kind == "content_block_stop":
            self.blocks.stop(parent, self._turn, self._places.get(parent, 0))
        elif kind == "message_start":
            self.blocks.withdraw_unfinished(parent)
            self.blocks.start_message(parent, self._turn)

    def end_turn(self) -> None:
        """Commit, and count blocks anew."""
        super().end_turn()
        self._places.clear()

    @property
    def _turn(self) -> str:
        return f"turn-{self.turns + 1}"
