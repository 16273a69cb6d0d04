"""What an agent would have printed for people, from the events that it was made to print instead.

One rule per agent, observed on pipes: which text goes to stdout, which to stderr, with which
newlines. Pure; the text is the agent's own, unchanged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lashtui.producers.fields import map_of, maps_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record

OUT, ERR = 1, 2


class Print(NamedTuple):
    """Text for one of our descriptors."""

    target: int
    text: str


class Answer(Protocol):
    """What one agent prints."""

    def read(self, record: Record) -> list[Print]:
        """What it prints at this record of its stream."""

    def finish(self) -> list[Print]:
        """What it prints at its end."""


class ClaudeAnswer:
    """Each result, a blank line between two; failures on stdout, without a newline."""

    _FAILURES = {  # noqa: RUF012
        "error_max_turns": "Error: Reached max turns ({})",
        "error_max_budget_usd": "Error: Exceeded USD budget ({})",
        "error_max_structured_output_retries": (
            "Error: Failed to provide valid structured output after maximum retries"
        ),
    }

    def __init__(self) -> None:
        self._start = ""

    def read(self, record: Record) -> list[Print]:
        """Only results are printed."""
        if record.get("type") != "result":
            return []
        text = text_of(record, "result")
        subtype = text_of(record, "subtype")
        if subtype == "success":
            text = text if text.endswith("\n") else f"{text}\n"
        else:
            limit = re.search(r"\(\$?([^)]*)\)", str(record.get("errors")))
            form = self._FAILURES.get(subtype, "Execution error")
            text = form.format(limit.group(1) if limit else "")
        start, self._start = self._start, "\n"
        return [Print(OUT, start + text)]

    def finish(self) -> list[Print]:
        """Nothing: without a result it has printed nothing."""
        return []


class QwenAnswer:
    """The result's text; failures on stderr."""

    def read(self, record: Record) -> list[Print]:
        """Only the result is printed."""
        if record.get("type") != "result":
            return []
        if record.get("is_error") is True:
            message = text_of(map_of(record, "error"), "message")
            return [Print(ERR, f"{message}\n")] if message else []
        return [Print(OUT, f"{text_of(record, 'result')}\n")]

    def finish(self) -> list[Print]:
        """Nothing."""
        return []


class CodexAnswer:
    """The last message, once the turn is complete; errors on stderr as they come."""

    def __init__(self) -> None:
        self._last = ""

    def read(self, record: Record) -> list[Print]:
        """Messages are held: only the last one is printed."""
        kind = record.get("type")
        item = map_of(record, "item")
        if kind == "item.completed" and item.get("type") == "agent_message":
            self._last = text_of(item, "text")
        elif kind == "turn.completed" and self._last:
            last, self._last = self._last, ""
            return [Print(OUT, f"{last}\n")]
        elif kind in ("error", "turn.failed"):
            failed = map_of(record, "error") if kind == "turn.failed" else record
            return [Print(ERR, f"ERROR: {text_of(failed, 'message')}\n")]
        return []

    def finish(self) -> list[Print]:
        """Nothing: a turn that was interrupted has no last message."""
        return []


class GeminiAnswer:
    """All text as it comes, each message on a line of its own; errors on stderr."""

    def __init__(self) -> None:
        self._at_line_start = True

    def read(self, record: Record) -> list[Print]:
        """Deltas go through; whatever comes between two messages ends the line."""
        kind = record.get("type")
        if kind == "message" and record.get("role") == "assistant":
            text = text_of(record, "content")
            if text:
                self._at_line_start = text.endswith("\n")
            return [Print(OUT, text)]
        prints = self._end_line() if kind in ("tool_use", "result") else []
        if kind == "error" or (kind == "result" and record.get("status") == "error"):
            of = record if kind == "error" else map_of(record, "error")
            prints.append(Print(ERR, f"{text_of(of, 'message')}\n"))
        return prints

    def finish(self) -> list[Print]:
        """Nothing: stopped within a line, it leaves it so."""
        return []

    def _end_line(self) -> list[Print]:
        prints = [] if self._at_line_start else [Print(OUT, "\n")]
        self._at_line_start = True
        return prints


class PiAnswer:
    """The last answer's texts, a line each, at the end; failures on stderr."""

    def __init__(self) -> None:
        self._last: Record = {}
        self._has_ended = False

    def read(self, record: Record) -> list[Print]:
        """Answers are held: only the last message is printed, if it is one."""
        kind = record.get("type")
        if kind == "message_end":
            message = map_of(record, "message")
            self._last = message if message.get("role") == "assistant" else {}
        elif kind in ("agent_end", "agent_settled", "agent_start"):
            self._has_ended = kind != "agent_start"
        return []

    def finish(self) -> list[Print]:
        """Stopped within a run, it prints nothing."""
        last = self._last if self._has_ended else {}
        reason = text_of(last, "stopReason")
        if reason in ("error", "aborted"):
            return [Print(ERR, f"{text_of(last, 'errorMessage') or f'Request {reason}'}\n")]
        blocks = [each for each in maps_of(last, "content") if each.get("type") == "text"]
        prints = [Print(OUT, f"{text_of(each, 'text')}\n") for each in blocks]
        if reason == "length":
            said = "Response was truncated: the model reached its output token limit.\n"
            prints.append(Print(ERR, said))
        return prints


class VibeAnswer:
    """The last message, if nothing came after it; errors it prints on stderr itself."""

    def __init__(self) -> None:
        self._last = ""

    def read(self, record: Record) -> list[Print]:
        """A message that was interrupted is none."""
        is_answer = record.get("type") == "message" and record.get("role") == "assistant"
        whole = text_of(map_of(record, "outcome"), "type") == "committed"
        texts = (text_of(each, "text") for each in maps_of(record, "content"))
        self._last = "".join(texts) if is_answer and whole else ""
        return []

    def finish(self) -> list[Print]:
        """At its end."""
        return [Print(OUT, f"{self._last}\n")] if self._last else []


ANSWERS: dict[str, Callable[[], Answer]] = {
    "claude": ClaudeAnswer,
    "codex": CodexAnswer,
    "gemini": GeminiAnswer,
    "pi": PiAnswer,
    "qwen": QwenAnswer,
    "vibe": VibeAnswer,
}
"""By agent, as `launch` names them; for opencode: `opencode.answer`."""
