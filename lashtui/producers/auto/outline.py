"""Formats that are recognised and have no reader of their own: what a person can read of them.

Prompts, prose and calls with their results; nothing live, no plan, no waiting, no token counts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from lashd.events import ReasoningDelta
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.producers.dedupe import bounded, failed, succeeded
from lashtui.producers.fields import int_of, map_of, text_of
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

OUTLINED: Final = {
    "openhands": ("OpenHands", "its plain output under `lashtui run` is live"),
    "cursor": ("cursor-agent", "its plain output under `lashtui run` has only the answer"),
}
"""By what `detect_format` calls them: whose they are, and what gives more."""
MAX_SEEN = 4096
"""Texts that are remembered, because some formats repeat the last one at the end."""


def sentence(name: str) -> str:
    """What the format is and what gives more, for people."""
    owner, more = OUTLINED[name]
    return f"this looks like the JSON of {owner}, which is shown in outline only; {more}"


class OutlineProducer(RecordProducer):
    """Lines of one of these formats to payloads."""

    ends_itself: ClassVar[bool] = False
    has_plain_text: ClassVar[bool] = True

    def __init__(self, name: str, *args: int) -> None:
        super().__init__(*args)
        self._name = name
        self._texts = 0
        self._seen: dict[str, None] = {}

    def on_record(self, record: Record) -> None:
        """One record, of which most say nothing to a reader."""
        self.opened(agent=OUTLINED[self._name][0])
        if self._name == "openhands":
            self._openhands(record)
        else:
            self._cursor(record)

    # -- by format -------------------------------------------------------------------------------

    def _openhands(self, record: Record) -> None:
        kind, call = record.get("kind"), text_of(record, "tool_call_id")
        if kind == "MessageEvent":
            self._message(map_of(record, "llm_message"))
        elif kind == "ActionEvent":
            self._thought(text_of(record, "reasoning_content"))
            self._prose(_words(record.get("thought")))
            self._call(call, text_of(record, "tool_name"), map_of(record, "action"))
        elif kind == "ObservationEvent":
            seen = map_of(record, "observation")
            code = int_of(seen, "exit_code")
            is_error = seen.get("is_error") is True
            self._result(call, _words(seen.get("content")), is_error, code)
        elif kind in ("AgentErrorEvent", "ConversationErrorEvent"):
            self.error(text_of(record, "error") or text_of(record, "detail"))

    def _cursor(self, record: Record) -> None:
        kind = record.get("type")
        if kind == "tool_call":
            call = text_of(record, "call_id")
            for name, given in map_of(record, "tool_call").items():
                self._call(call, name.removesuffix("ToolCall"), map_of(given, "args"))
                result = map_of(given, "result")
                if record.get("subtype") == "completed":
                    worked = map_of(result, "success")
                    text = [worked.get(key) for key in ("stdout", "content", "stderr")]
                    said = "\n".join(filter(None, map(_words, text)))
                    why = "" if "success" in result else json.dumps(result)[:MAX_MESSAGE]
                    code = int_of(worked or map_of(result, "failure"), "exitCode")
                    self._result(call, said or why, "success" not in result, code)
        elif kind in ("user", "assistant") and "timestamp_ms" not in record:
            # The pieces of a message have a time; the whole of it follows.
            self._message(map_of(record, "message"))
        elif kind == "result" and record.get("is_error") is True:
            self.error(text_of(record, "result"))

    def _message(self, message: Record) -> None:
        role, words = message.get("role"), _words(message.get("content"))
        if role == "user":
            self._person(words)
        elif role == "assistant":
            self._prose(words)

    # -- what they have in common ----------------------------------------------------------------

    def _person(self, text: str) -> None:
        if text.strip() and not bounded(self._seen, f"user {short(text, 2000)}", MAX_SEEN):
            if self.in_turn:
                self.commit()
            self.user(text)

    def _prose(self, text: str) -> None:
        if text.strip():
            self._texts += 1
            self.texts.final(f"text-{self._texts}", text)

    def _thought(self, text: str) -> None:
        if text.strip():
            self._texts += 1
            self.texts.final(f"text-{self._texts}", text, ReasoningDelta)

    def _call(self, call: str, name: str, args: object) -> None:
        if call:
            self.calls.start(call, name or "tool", args)

    def _result(self, call: str, text: str, is_error: bool, code: int | None) -> None:
        if not call:
            return
        if code:
            self.calls.complete(call, failed(f"exit code {code}", text, code))
        elif is_error:
            self.calls.complete(call, failed(text or "failed"))
        else:
            self.calls.complete(call, succeeded(text))


def _words(content: object) -> str:
    """The text of a message's content, which is one or a list of blocks."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else [content]
    return "".join(each if isinstance(each, str) else text_of(each, "text") for each in blocks)
