"""Parts of Copilot's events: what calls gave back, what is asked, what was used. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashtui.producers.dedupe import cancelled, counters, edited, failed
from lashtui.producers.fields import int_of, map_of, text_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

_END: Final = re.compile(
    r"\n?<shellId: \S{1,64} (?:completed|exited) with exit code (-?\d{1,9})>\Z"
)
"""What Copilot adds to a command's output."""
_BEGUN: Final = re.compile(
    r"<command started in (?:background|detached).{0,80}shellId: (\S{1,64})>"
)
_REFUSED: Final = frozenset({"denied", "rejected"})
_USAGE: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadTokens": "cached_input_tokens",
    "reasoningTokens": "reasoning_tokens",
}
_SUBJECTS: Final = ("fullCommandText", "fileName", "path", "url", "fact", "toolTitle", "toolName")


def result_of(data: Record) -> JsonValue:
    """A call's output in lash's shape. A command that failed is a success to Copilot."""
    result, error = map_of(data, "result"), map_of(data, "error")
    text = text_of(result, "content") or text_of(error, "message")
    found = _END.search(text[-200:])
    code = int_of(map_of(data, "shellExecution"), "exitCode")
    if found is not None:
        text = text[: len(text) - len(found[0])]
        code = int(found[1]) if code is None else code
    if code:
        return failed(f"exit code {code}", text, code)
    if data.get("success") is False:
        if text_of(error, "code") in _REFUSED:
            return cancelled(text)
        return failed(text or "failed")
    return edited(text, text_of(result, "detailedContent"))


def background_shell(data: Record) -> str:
    """The name of the command that a call left running; empty if it left none."""
    found = _BEGUN.search(text_of(map_of(data, "result"), "content")[:1000])
    return found[1] if found is not None else ""


def question_of(kind: str, data: Record) -> str | None:
    """What a person is asked, in full; None: this is no question to a person."""
    if kind == "permission.requested":
        if data.get("resolvedByHook") is True:
            return None
        asked = map_of(data, "permissionRequest")
        subject = next(filter(None, (text_of(asked, key) for key in _SUBJECTS)), "")
        intention = text_of(asked, "intention") or text_of(asked, "kind")
        if not subject or subject in intention:
            return intention or "permission"
        return f"{intention}: {subject}" if intention else subject
    if kind == "user_input.requested":
        choices = data.get("choices")
        given = choices if isinstance(choices, list) else []
        listed = [each for each in given if isinstance(each, str)]
        return "\n".join([text_of(data, "question") or "an answer", *(f"- {c}" for c in listed)])
    if kind == "elicitation.requested":
        return text_of(data, "message") or "an answer"
    if kind == "exit_plan_mode.requested":
        return text_of(data, "planContent") or text_of(data, "summary") or "leave for its plan"
    return None


def usage_of(used: Record) -> dict[str, int | float]:
    """Tokens of one request. Its `cost` is no money, but a count of the plan's requests."""
    return counters(used, _USAGE)
