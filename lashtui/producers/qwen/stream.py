"""`qwen`: what `qwen --output-format stream-json` prints. Claude's records, with differences.

Each block is a message of its own with index 0, and its whole copy has another id than its deltas:
they are matched by their order within the turn. The input counter includes what was cached. The
end of a background agent is told in a user's name, just before its record.

What its own screen writes to `--json-file` is the same without `init` and `result`: prompts stand
in it, a turn has ended when a message has that calls no tool, and each message tells its tokens. It
leaves out which calls a person refused or stopped, and what is said amid a turn: that is in the
session's own file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import AssistantProseDelta, ReasoningDelta, RetryStatus
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.claude.content import content_text
from lashtui.producers.claude.marks import is_interruption, typed
from lashtui.producers.claude.stream import ClaudeStreamProducer
from lashtui.producers.dedupe import cancelled, counters
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, title_of

if TYPE_CHECKING:
    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

_COUNTERS: Final = {
    "input_tokens": "input_tokens",
    "cache_read_input_tokens": "cached_input_tokens",
    "output_tokens": "output_tokens",
}

_CANCELLED: Final = "[Operation Cancelled] Reason: "
_NOTICE = re.compile(r'\A(?:Background \w+|Monitor) "')


class QwenStreamProducer(ClaudeStreamProducer):
    """One run's stdout."""

    agent: ClassVar[str] = "qwen"
    has_own_ids: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str | None, int] = {}
        """Streamed blocks of each agent in this turn."""
        self._goal: object = None
        self._notice: Record | None = None
        """A user record that is the program's if a task's end follows."""
        self._is_screen = False
        """The stream is what its own screen writes."""
        self.session = ""
        """qwen's id of the session, which a person may end to begin another."""
        self._may_end = False
        """The agent's newest message has ended and calls nothing."""
        self._counted: dict[str, int | float] = {}
        """Tokens of the running turn's messages."""
        self._first_places: dict[str | None, int] = {}
        """Where each agent's newest message begins: the blocks before it."""
        self._retries = 0
        """In this turn, of those that tell no number."""
        self._systems["retry"] = self._retry

    def on_record(self, record: Record) -> None:
        """One line."""
        notice, self._notice = self._notice, None
        if notice is not None and record.get("subtype") != "task_notification":
            self._take_record(notice)
        if record.get("type") == "result":
            self.blocks.withdraw_copy(text_of(map_of(record, "error"), "message"))
        if self._may_be_notice(record):
            self._notice = record
        else:
            self._take_record(record)

    def _take_record(self, record: Record) -> None:
        self.session = text_of(record, "session_id") or self.session
        kind, subtype = record.get("type"), record.get("subtype")
        if kind == "system" and subtype == "session_start":
            self._is_screen = True
            self.opened(agent=self.agent, directory=text_of(self.system_fields(record), "cwd"))
            return
        if kind == "system" and subtype == "session_end":
            self._end_now()
            return
        if self._is_screen and kind == "user" and not text_of(record, "parent_tool_use_id"):
            text = typed(map_of(record, "message").get("content"))
            if text and not is_interruption(text):
                self._end()
                self._entitle(text)
        if self._is_screen and kind == "result":
            # It tells what the turn's messages told; one that has ended has no second end.
            self._may_end, self._counted = False, {}
            if not self.in_turn and record.get("is_error") is not True:
                return
        super().on_record(record)
        if self._is_screen and kind == "assistant" and not text_of(record, "parent_tool_use_id"):
            usage = self.usage_of(map_of(record, "message").get("usage"))
            for name, value in usage.items():
                self._counted[name] = self._counted.get(name, 0) + value

    def beside(self, record: Record) -> list[Produced]:
        """A record of the session's own file, for what the stream of a screen leaves out."""
        kind, message = text_of(record, "type"), map_of(record, "message")
        if kind == "tool_result":
            self._on_cancelled(map_of(record, "toolCallResult"), message)
        elif kind == "user" and record.get("subtype") == "mid_turn_user_message":
            said = [text_of(part, "text") for part in maps_of(message, "parts")]
            self.user("\n".join(filter(None, said)))
        return self._take_out()

    def _on_cancelled(self, result: Record, message: Record) -> None:
        call_id = text_of(result, "callId")
        if text_of(result, "status") != "cancelled" or call_id not in self.calls.open:
            return
        answers = [map_of(part, "functionResponse") for part in maps_of(message, "parts")]
        told = next((text_of(map_of(each, "response"), "error") for each in answers), "")
        self.calls.complete(call_id, cancelled(told.removeprefix(_CANCELLED)), at=self.clock)
        self.tools.asked.answer(call_id)
        # With nothing left to answer, the program doesn't ask its model again.
        self._may_end = not self._has_own_calls

    @property
    def _has_own_calls(self) -> bool:
        return any(not call.parent for call in self.calls.open.values())

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a message that could end the turn does."""
        self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """What a person said last is still said."""
        if self._notice is not None:
            self._take_record(self._notice)
        self._end()
        super().on_end(outcome)

    def _end(self) -> None:
        """End the turn of a screen, if it is at its end."""
        if self._may_end:
            self._end_now()

    def _end_now(self) -> None:
        self._may_end = False
        if self.in_turn:
            self.end_turn()

    def _entitle(self, said: str) -> None:
        if not self._is_entitled and not said.startswith("/"):
            self._is_entitled = True
            self.opened(agent=self.agent, title=title_of(said))

    _is_entitled = False

    def _may_be_notice(self, record: Record) -> bool:
        if record.get("type") != "user" or text_of(record, "parent_tool_use_id"):
            return False
        return _NOTICE.match(content_text(map_of(record, "message").get("content"))) is not None

    def system_fields(self, record: Record) -> Record:
        """Newer versions keep them one level further down."""
        return {**record, **map_of(record, "data")}

    def _retry(self, record: Record) -> None:
        """A request is made again; what came of the answer stays, or the agent has discarded it."""
        parent = text_of(record, "parent_tool_use_id") or None
        self._retries += 1
        wait = exact_number(record.get("delayMs")) or 0
        attempt, most = int_of(record, "attempt") or self._retries, int_of(record, "maxRetries")
        reason = text_of(record, "reason")
        reason = "the answer was cut off" if reason in ("", "retry") else reason.replace("_", " ")
        if record.get("preserveText") is False:
            first = self._first_places.get(parent, 0) + 1
            self.blocks.withdraw_from(parent, self._turn, first)
        self.emit(RetryStatus(wait / 1000, attempt, most, short(reason, 4096) or ""))

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
        super().say(parent, self._turn, text, event)

    def on_stream_event(self, record: Record) -> None:
        """A frame: blocks are counted, since each says that it is the first."""
        event = record["event"]
        parent = text_of(record, "parent_tool_use_id") or None
        kind = event["type"]
        if kind == "goal_state":
            goal = map_of(event, "goal_state").get("goal")
            if goal is not None and goal != self._goal:
                self.diagnose("goal", {"goal": goal})
            self._goal = goal
        elif kind == "content_block_delta":
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
        elif kind == "message_stop":
            self._may_end = self._is_screen and parent is None and not self._has_own_calls
        elif kind == "message_start":
            self._may_end = self._may_end and parent is not None
            self.blocks.withdraw_unfinished(parent)
            self.blocks.start_message(parent, self._turn)
            self._first_places[parent] = self._places.get(parent, 0)

    def end_turn(self) -> None:
        """Commit, and count blocks from zero again."""
        counted, self._counted = self._counted, {}
        self.usage(counted)
        super().end_turn()
        self._places.clear()
        self._first_places.clear()
        self._retries = 0

    @property
    def _turn(self) -> str:
        return f"turn-{self.turns + 1}"
