"""pi's messages, which its stream and its files have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashd.events import RetryStatus
from lashd.exact import exact_number
from lashd.text import short
from lashtui.producers.dedupe import MAX_BLOCKS, bounded, edited, failed
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, maps_of, text_of
from lashtui.producers.records import RecordProducer
from lashtui.text.media import media, size_of_base64

if TYPE_CHECKING:
    from lashd.protocol.records import Record

AGENT: Final = "pi"
FAILED: Final = ("error", "aborted")
"""Reasons for which an answer stops that isn't one."""
_EXIT_CODE: Final = re.compile(r"\n*Command exited with code (-?\d{1,9})\s*\Z")
"""What pi adds to the output of a command that failed."""
MAX_REASON: Final = 4096


class PiMessages(RecordProducer):
    """What messages mean, however they come."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self.failure: str | None = None
        """Why the last answer failed, until it is known whether pi tries again."""
        self._keys: dict[str, None] = {}
        """Of the texts of the last answer."""
        self._answers = 0

    def begin_answer(self) -> None:
        """What follows is another answer of the model's."""
        self._answers += 1
        self._keys = {}

    def key_of(self, index: object) -> str:
        """The text at this place of the current answer."""
        key = f"answer-{self._answers}-{index if isinstance(index, int) else 0}"
        bounded(self._keys, key, MAX_BLOCKS)
        return key

    def end_answer(self, message: Record) -> None:
        """The whole of the current answer."""
        reason = text_of(message, "stopReason")
        if reason in FAILED:
            # Its text stays unfinished: another attempt withdraws it.
            self.failure = text_of(message, "errorMessage") or f"Request {reason}"
        self.uses(text_of(message, "model"))
        self.request(usage_of(map_of(message, "usage")))
        if reason == "length":
            self.diagnose("stop_reason", {"reason": "length"})

    def retry(self, wait: float, attempt: int, most: int | None, reason: str) -> None:
        """pi asks the model again: what the last answer said doesn't count."""
        self.failure = None
        self.texts.withdraw(list(self._keys))
        self.begin_answer()
        self.emit(RetryStatus(wait, attempt, most, short(plain_message(reason), MAX_REASON) or ""))

    def tell_failure(self, *, was_aborted: bool = False) -> None:
        """pi doesn't try again."""
        failure, self.failure = self.failure, None
        for key in self._keys:
            self.texts.close(key)
        if was_aborted:
            self.begin_turn()
            self.diagnose("interrupted")
        elif failure is not None:
            self.error(plain_message(failure))

    def complete(self, call: str, name: str, result: Record, told: Record) -> None:
        """A call has given its result; `told` is the record that says whether it failed."""
        text = said_in(result.get("content"))
        details = map_of(result, "details")
        output = edited(text, text_of(details, "patch"))
        if told.get("isError") is True:
            found = _EXIT_CODE.search(text)
            code = int_of(map_of(result, "structuredContent"), "exit_code")
            code = int(found[1]) if found is not None and not code else code
            rest = text[: found.start()] if found is not None else text
            output = failed(f"exit code {code}", rest, code) if code else failed(text or "failed")
        took = exact_number(told.get("durationMs"))
        self.calls.complete(call, output, name=name, at=self.clock, duration_ms=took)


def said_in(content: object) -> str:
    """A message's words; pictures are named."""
    if isinstance(content, str):
        return content
    said = []
    for block in maps_of({"content": content}, "content"):
        kind = block.get("type")
        if kind == "text":
            said.append(text_of(block, "text"))
        elif kind == "image":
            size = size_of_base64(block.get("data"))
            said.append(media("image", text_of(block, "mimeType"), size, ""))
    return "\n".join(said)


def usage_of(given: Record) -> dict[str, int | float]:
    """Tokens and cost; pi counts cached input apart from the rest of it."""
    known = {key: exact_number(given.get(key)) or 0 for key in given}
    read = known.get("cacheRead", 0)
    cost = exact_number(map_of(given, "cost").get("total"))
    return {
        "input_tokens": known.get("input", 0) + read + known.get("cacheWrite", 0),
        "output_tokens": known.get("output", 0),
        "cached_input_tokens": read,
        "reasoning_tokens": known.get("reasoning", 0),
        **({"cost_usd": cost} if cost else {}),
    }
