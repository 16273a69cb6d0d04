"""A tool call's arguments, output and change as text. Pure."""

from __future__ import annotations

from typing import Final

from lashd.gist import json_text
from lashtui.text.output import DIFF_KEYS, raw_output
from lashtui.text.sanitize import safe_line, safe_text

_EDIT_KEYS: Final = (
    ("old_string", "new_string"),
    ("old_text", "new_text"),
    ("old_str", "new_str"),
    ("oldText", "newText"),
)
"""How tools name the two sides of an edit."""
_MAX_EDITS: Final = 100


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


def diff_text(args: object, output: object) -> str:
    """The change that a call makes as a safe unified diff; empty if it makes none.

    Taken from its output, else built from an edit's old and new text.
    """
    outcome = output.get("outcome") if isinstance(output, dict) else None
    payload = outcome.get("payload") if isinstance(outcome, dict) else None
    for value in (output, outcome, payload, args):
        if isinstance(value, dict):
            for key in DIFF_KEYS:
                text = value.get(key)
                if isinstance(text, str) and text.strip():
                    return safe_text(text)
    text = raw_output(output)
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
