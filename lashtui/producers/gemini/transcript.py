"""`gemini-transcript`: a session's file under `~/.gemini/tmp/PROJECT/chats`, from its beginning.

A log of upserts: messages by id, each written again whenever something in it changed. No line ends
a turn: it ends with a message without tool calls, once nothing more comes or the user continues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from lashd.events import ReasoningDelta, SessionOutcome
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.producers import Produced
from lashtui.producers.dedupe import bounded, cancelled, counters, failed, succeeded
from lashtui.producers.records import RecordProducer, map_of, maps_of, text_of, time_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_SEEN = 65_536
"""Messages remembered, so that each is emitted once."""

_TOKENS: Final = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cached": "cached_input_tokens",
    "thoughts": "reasoning_tokens",
}
_ENDED: Final = ("success", "error", "cancelled")


class GeminiTranscriptProducer(RecordProducer):
    """One file."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._seen: dict[str, None] = {}
        self._may_end = False
        """The last message could be the turn's last."""

    def on_record(self, record: Record) -> None:
        """One line."""
        if isinstance(record.get("$set"), dict):
            self._about(record["$set"])
        elif "$rewindTo" in record:
            self._end()
            self._seen_rewind()
        elif "sessionId" in record and "projectHash" in record and "type" not in record:
            self._about(record)
        elif isinstance(record.get("id"), str):
            self._on_message(record, record["id"])
        else:
            self.unknown(str(record.get("type")), record)

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a message that could end the turn does."""
        self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The file is not followed any more."""
        self._end()

    def _about(self, record: Record) -> None:
        directories = record.get("directories")
        first = directories[0] if isinstance(directories, list) and directories else None
        self.opened(
            agent="Gemini CLI",
            directory=first if isinstance(first, str) else None,
            title=text_of(record, "summary") or None,
        )

    def _on_message(self, record: Record, message: str) -> None:
        self.at = self.clock = time_of(record.get("timestamp")) or self.at
        kind = record.get("type")
        if kind == "gemini":
            self._on_answer(record, message)
            return
        if bounded(self._seen, message, MAX_SEEN):
            return
        text = _text(record.get("displayContent") or record.get("content"))
        if kind == "user":
            if text.strip():
                self._end_turn()
                self.user(text)
        elif kind == "error":
            self.error(text)
            self._may_end = True
        elif kind in ("info", "warning"):
            self.diagnose(str(kind), {"message": short(text, 4096)})
        else:
            self.unknown(str(kind), record)

    def _on_answer(self, record: Record, message: str) -> None:
        for number, thought in enumerate(maps_of(record, "thoughts")):
            subject, body = text_of(thought, "subject"), text_of(thought, "description")
            said = f"**{subject}**\n{body}" if subject and body else subject or body
            if said:
                self.texts.final(f"{message}-thought-{number}", said, ReasoningDelta)
        text = _text(record.get("content"))
        if text:
            self.texts.final(message, text)
        calls = maps_of(record, "toolCalls")
        for call in calls:
            self._on_call(call)
        tokens = record.get("tokens")
        if isinstance(tokens, dict) and not bounded(self._seen, f"{message} tokens", MAX_SEEN):
            self.usage(counters(tokens, _TOKENS))
        self._may_end = bool(text) and not calls

    def _on_call(self, call: Record) -> None:
        call_id, status = text_of(call, "id"), text_of(call, "status")
        if not call_id:
            return
        at = time_of(call.get("timestamp"))
        self.calls.start(call_id, text_of(call, "name") or "tool", call.get("args"), at=self.clock)
        if status not in _ENDED:
            return
        shown = call.get("resultDisplay")
        result = shown if isinstance(shown, str) and shown else _result(call.get("result"))
        if status == "success":
            output: Any = succeeded(result)
        elif status == "cancelled":
            output = cancelled(short(_as_text(result), MAX_MESSAGE) or None)
        else:
            output = failed(short(_as_text(result), MAX_MESSAGE) or "failed")
        self.calls.complete(call_id, output, at=at)

    def _end(self) -> None:
        if self._may_end:
            self._end_turn()

    def _end_turn(self) -> None:
        self._may_end = False
        if self.in_turn:
            self.commit()

    def _seen_rewind(self) -> None:
        """The person went back: what was said stays said, what follows says so."""
        self.diagnose("rewound")


def _text(content: object) -> str:
    """A message's text; parts that are results of calls stand with their call."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    parts = content if isinstance(content, list) else []
    said = [each if isinstance(each, str) else text_of(each, "text") for each in parts]
    return "".join(said)


def _result(result: object) -> Any:
    """What a call's `functionResponse` holds."""
    parts = result if isinstance(result, list) else [result]
    for part in parts:
        response = map_of(map_of(part, "functionResponse"), "response")
        if response:
            output = response.get("output", response.get("error"))
            return output if output is not None else response
    return _text(result) or None


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else ""
