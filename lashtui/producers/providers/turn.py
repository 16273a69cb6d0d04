"""What raw streams of model providers share: a response is one request of a turn, not the turn.

A turn is inferred: a response that asks for tools is followed by another one, any other response
ends it. What a tool gave back goes into the next request, which the stream doesn't show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lashd.events import (
    CodeBlockCompleted,
    CodeBlockStarted,
    ModelRequestStarted,
    SessionOutcome,
)
from lashd.text import short
from lashtui.producers.dedupe import tidy
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.providers.sse import SseProducer

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashtui.producers import Produced

MAX_ARGUMENTS = 1024 * 1024
"""Characters of a call's arguments that are collected; no event carries more."""
MAX_CODE = 64 * 1024
"""Characters of executed code: at most 256 KiB."""
UNTOLD = "its result is not in this stream"
"""Why a call ends without an outcome."""

GOES_ON = frozenset({"tool_calls", "function_call", "tool_use", "pause_turn"})
"""Reasons to stop after which the same turn goes on with another response."""
ENDS_WELL = frozenset({"stop", "end_turn", "stop_sequence", "completed", "eos", ""})


class ProviderProducer(SseProducer):
    """Responses to turns."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self.responses = 0
        """Responses so far: part of each key, since providers count blocks from zero."""
        self.in_response = False
        self._reason: str | None = None
        """Why the response has stopped; it is settled when nothing more of it comes."""

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a response that has stopped is over."""
        produced = super().flush()
        if self._reason is not None:
            self.end_response()
        return produced + self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """A response that has stopped is over, also without a last word."""
        if self._reason is not None:
            self.end_response()
        elif self.in_turn and not self.in_response and outcome is SessionOutcome.SUCCESS:
            # It asked for tools, and that is all there is: nothing was cut off.
            self.calls.close(children=True, message=UNTOLD)
            self.commit()

    def begin_response(self) -> None:
        """A new response: the calls of the one before have been answered meanwhile."""
        if self._reason is not None:
            self.end_response()
        self.calls.close(children=True, message=UNTOLD)
        self.responses += 1
        self.in_response = True
        self.tell(ModelRequestStarted())

    def stop_response(self, reason: str) -> None:
        """The model has stopped; counters and last words may follow."""
        self._reason = reason

    def tell_counters(self) -> None:
        """Tell the response's usage, if it is known only now."""

    def end_response(self) -> None:
        """Nothing more comes of it."""
        reason, self._reason = self._reason or "", None
        self.tell_counters()
        self.in_response = False
        if reason in GOES_ON or self.calls.open:
            return
        if reason not in ENDS_WELL:
            self.diagnose("stop_reason", {"reason": short(reason)})
        self.commit()

    def fail_response(self, message: str) -> None:
        """The provider told an error: that ends the turn."""
        self.tell_counters()
        self._reason = None
        self.in_response = False
        self.error(message)
        self.commit()

    def tell_code(
        self, key: str, code: str, output: JsonValue, *, language: str = "python", error: str = ""
    ) -> None:
        """Code that the provider itself ran."""
        self.tell(CodeBlockStarted(language, short(code, MAX_CODE) or "", key), key)
        output = tidy(output)
        self.tell(
            CodeBlockCompleted(language, output, error or None, not error, None, [], key), key
        )


def arguments_of(text: str) -> JsonValue:
    """Arguments that came in pieces of JSON; as they are where they are none."""
    if not text:
        return {}
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
