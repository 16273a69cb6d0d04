"""A tool call's arguments, output and change as text. Pure."""

from __future__ import annotations

from typing import Final

from lashtui.text.sanitize import safe_line, safe_text
from lashtui.text.tools import json_text

_TEXT_KEYS: Final = (
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
_DIFF_KEYS: Final = ("diff", "patch", "unified_diff")
_STATUS_KEYS: Final = ("type", "exit_code", "exitCode", "status", "ok", "success")
"""Shown by the call's state instead."""
_EDIT_KEYS: Final = (
    ("old_string", "new_string"),
    ("old_text", "new_text"),
    ("old_str", "new_str"),
    ("oldText", "newText"),
)
"""How tools name the two sides of an edit."""
_MAX_EDITS: Final = 100
_MAX_DEPTH: Final = 6


def args_text(args: object) -> str:
    """All arguments as safe text: one per line, long texts on separate lines."""
    if args is None:
        return ""
    if not isinstance(args, dict):
        return value_text(args)
    lines: list[str] = []
    for key, value in args.items():
        text = value_text(value)
        name = safe_line(str(key), 80)
        lines.append(f"{name}:\n{text}" if "\n" in text else f"{name}: {text}")
    return "\n".join(lines)


def value_text(value: object) -> str:
    """Any value as safe text."""
    if value is None:
        return ""
    return safe_text(value if isinstance(value, str) else json_text(value, indent=2))


def output_text(output: object) -> str:
    """A call's output as safe text: its own text if it has one, else JSON."""
    return safe_text(_text_of(output, 0)).strip("\n")


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
            aside = {"outcome", *_DIFF_KEYS, *_STATUS_KEYS}
            beside = {k: v for k, v in value.items() if k not in aside and v not in (None, "")}
            first, second = _text_of(reported, depth + 1), _text_of(beside, depth + 1)
            # Some producers give the same text twice, in their own form and in the outcome.
            parts = [first, second if second.strip() not in first else ""]
            return "\n".join(part.rstrip("\n") for part in parts if part)
        parts = [
            _text_of(value[key], depth + 1)
            for key in _TEXT_KEYS
            if value.get(key) not in (None, "")
        ]
        known = {*_TEXT_KEYS, *_DIFF_KEYS, *_STATUS_KEYS}
        if known.issuperset(value) and not value.keys().isdisjoint(_TEXT_KEYS):
            return "\n".join(part.rstrip("\n") for part in parts)
        if not value:
            return ""
    if isinstance(value, list) and value and all(_is_text_block(part) for part in value):
        return "\n".join(str(part["text"]) for part in value)
    return json_text(value, indent=2)


def _is_text_block(value: object) -> bool:
    """A content block: {"type": "text", "text": "..."}."""
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def diff_text(args: object, output: object) -> str:
    """The change that a call makes as a safe unified diff; empty if it makes none.

    Taken from its output, else built from an edit's old and new text.
    """
    outcome = output.get("outcome") if isinstance(output, dict) else None
    payload = outcome.get("payload") if isinstance(outcome, dict) else None
    for value in (output, outcome, payload, args):
        if isinstance(value, dict):
            for key in _DIFF_KEYS:
                text = value.get(key)
                if isinstance(text, str) and text.strip():
                    return safe_text(text)
    text = _text_of(output, 0)
    if looks_like_diff(text):
        return safe_text(text)
    if isinstance(args, dict):
        edits = args.get("edits")
        if not isinstance(edits, list):
            return _edit(args)
        made = [_edit(edit) for edit in edits[:_MAX_EDITS] if isinstance(edit, dict)]
        return "\n@@\n".join(diff for diff in made if diff)
    if isinstance(args, str) and looks_like_diff(args):
        return safe_text(args)
    return ""


def _edit(args: dict[str, object]) -> str:
    for before, after in _EDIT_KEYS:
        old, new = args.get(before), args.get(after)
        if isinstance(old, str) and isinstance(new, str):
            return safe_text(_made_diff(old, new))
    return ""


def looks_like_diff(text: str) -> bool:
    """Whether `text` is a unified diff."""
    head = text[:4000].lstrip("\n")
    if head.startswith("*** Begin Patch\n"):
        return True
    return head.startswith(("diff --git ", "--- ")) and "\n+++ " in head and "\n@@" in head


def _made_diff(old: str, new: str) -> str:
    before, after = old.split("\n"), new.split("\n")
    # The longest common head and tail are context: an edit changes one place, difflib isn't needed.
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    context = 3
    lines = [f" {line}" for line in before[max(0, head - context) : head]]
    lines += [f"-{line}" for line in before[head : len(before) - tail]]
    lines += [f"+{line}" for line in after[head : len(after) - tail]]
    lines += [f" {line}" for line in before[len(before) - tail :][:context]]
    return "\n".join(lines)


def exit_code(output: object) -> int | None:
    """A command's exit code, if its output has one."""
    for value in (output, output.get("outcome") if isinstance(output, dict) else None):
        if isinstance(value, dict):
            code = value.get("exit_code", value.get("exitCode"))
            if isinstance(code, int) and not isinstance(code, bool):
                return code
    return None
