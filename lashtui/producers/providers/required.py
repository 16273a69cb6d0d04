"""What an event of a provider's stream must hold to say anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_REQUIRED: Final[dict[str, tuple[str, type]]] = {
    "message_start": ("message", dict),
    "content_block_start": ("content_block", dict),
    "content_block_delta": ("delta", dict),
    "message_delta": ("delta", dict),
    "response.created": ("response", dict),
    "response.completed": ("response", dict),
    "response.incomplete": ("response", dict),
    "response.failed": ("response", dict),
    "response.output_item.added": ("item", dict),
    "response.output_item.done": ("item", dict),
    "response.output_text.delta": ("delta", str),
    "response.output_text.done": ("text", str),
    "response.refusal.delta": ("delta", str),
    "response.refusal.done": ("refusal", str),
    "response.reasoning_text.delta": ("delta", str),
    "response.reasoning_text.done": ("text", str),
    "response.reasoning_summary_text.delta": ("delta", str),
    "response.reasoning_summary_text.done": ("text", str),
}
_DELTAS: Final = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}
_CHOICE: Final = frozenset({"delta", "message", "text", "finish_reason"})


def missing(record: Record) -> str:
    """What an event lacks that its kind must have, as words; empty if nothing."""
    kind = record.get("type")
    name, of = _REQUIRED.get(kind, ("", str)) if isinstance(kind, str) else ("", str)
    if name and not isinstance(record.get(name), of):
        return f"no {name} in {kind}"
    if kind == "content_block_delta":
        delta = record["delta"]
        text = _DELTAS.get(delta.get("type"), "") if isinstance(delta.get("type"), str) else "type"
        return f"no {text} in the delta" if text and not isinstance(delta.get(text), str) else ""
    choices = record.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if not isinstance(choice, dict) or not _CHOICE & choice.keys():
            return "no delta in a choice"
    return ""
