"""What a call printed or returned, as text. Pure."""

from __future__ import annotations

from lashd.gist import json_text
from lashtui.text.media import without_bytes
from lashtui.text.sanitize import safe_text

_TEXT_KEYS = (
    "stdout",
    "stderr",
    "output",
    "content",
    "text",
    "result",
    "value",
    "error",
    "message",
    "payload",
)
DIFF_KEYS = ("diff", "patch", "unified_diff")
_STATUS_KEYS = ("type", "format", "exit_code", "exitCode", "status", "ok", "success")
"""Shown by the call's state instead."""
_KNOWN = frozenset((*_TEXT_KEYS, *DIFF_KEYS, *_STATUS_KEYS))
_MAX_DEPTH = 6


def output_text(output: object) -> str:
    """A call's output as safe text: its own text if it has one, else JSON."""
    return safe_text(raw_output(output)).strip("\n")


def last_lines(output: object, most: int) -> tuple[list[str], int]:
    """The last lines of a call's output, at most `most`, and how many stand before them."""
    return last_of(output_text(output), most)


def last_of(text: str, most: int) -> tuple[list[str], int]:
    """The same of a text."""
    lines = text.rstrip().rsplit("\n", most)
    if len(lines) <= most:
        return ([] if lines == [""] else lines), 0
    return lines[1:], lines[0].count("\n") + 1


def has_styles(output: object) -> bool:
    """Whether a call's output is text of format `ansi`."""
    outcome = output.get("outcome") if isinstance(output, dict) else None
    return isinstance(outcome, dict) and outcome.get("format") == "ansi"


def raw_output(output: object) -> str:
    """The same, not safe to print."""
    return _text_of(without_bytes(output), 0)


def _text_of(value: object, depth: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        if "outcome" in value and isinstance(value["outcome"], dict):
            reported = {
                k: v for k, v in value["outcome"].items() if k != "status" and v is not None
            }
            aside = {"outcome", *DIFF_KEYS, *_STATUS_KEYS}
            beside = {k: v for k, v in value.items() if k not in aside and v not in (None, "")}
            first, second = _reported(reported, depth + 1), _text_of(beside, depth + 1)
            # Some producers give the same text twice, in their own form and in the outcome.
            parts = [first, second if second.strip() not in first else ""]
            return "\n".join(part.rstrip("\n") for part in parts if part)
        parts = [
            _text_of(value[key], depth + 1)
            for key in _TEXT_KEYS
            if value.get(key) not in (None, "")
        ]
        if _KNOWN.issuperset(value) and not value.keys().isdisjoint(_TEXT_KEYS):
            return "\n".join(part.rstrip("\n") for part in parts)
        if not value:
            return ""
    if isinstance(value, list) and value and all(_is_text_block(part) for part in value):
        return "\n".join(part if isinstance(part, str) else str(part["text"]) for part in value)
    return json_text(value, indent=2)


def _reported(outcome: dict[str, object], depth: int) -> str:
    """What an outcome says: its message as text, also where it has more to say than that."""
    other = {key: value for key, value in outcome.items() if key not in _KNOWN}
    if not other or not isinstance(outcome.get("message"), str):
        return _text_of(outcome, depth)
    said = _text_of({key: value for key, value in outcome.items() if key in _KNOWN}, depth)
    return f"{said.rstrip()}\n{json_text(other, indent=2)}"


def _is_text_block(value: object) -> bool:
    """A content block, {"type": "text", "text": "..."}, or what stands for a picture."""
    if isinstance(value, str):
        return value.startswith("[") and value.endswith("]")
    return isinstance(value, dict) and isinstance(value.get("text"), str)
