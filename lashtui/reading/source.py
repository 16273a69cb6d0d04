"""The plain text of an entry, as it is searched, copied and exported. Safe throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashtui.render.tool_text import args_text, value_text
from lashtui.text.awaited import is_question
from lashtui.text.changes import edits_of
from lashtui.text.output import output_text
from lashtui.text.patch import patch_text
from lashtui.text.sanitize import safe_line, safe_text

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.text.linediff import Work

TEXT_KINDS: Final = frozenset({"user", "prose", "reasoning", "error"})
"""Kinds that consist of their text only."""


def entry_source(entry: Entry) -> str:
    """The text of an entry: its Markdown, or its name, arguments and output."""
    text = safe_text(entry.text or "")
    if entry.kind in TEXT_KINDS or is_question(entry):
        return text
    name = safe_line(entry.name or "", 200)
    if entry.kind == "tool":
        parts = [name, args_text(entry.args), output_text(entry.output)]
    elif entry.kind == "code":
        parts = [text.strip("\n"), output_text(entry.output)]
    elif entry.kind == "commit":
        turn = entry.output.get("turn_index") if isinstance(entry.output, dict) else None
        parts = [f"turn {turn}" if isinstance(turn, int) else "turn"]
    elif entry.kind == "retry":
        parts = ["retry", text]
    elif entry.kind == "frame":
        parts = [f"frame {name}"]
    else:
        parts = [name.replace("_", " "), text, value_text(entry.output)]
    return "\n".join(part for part in parts if part)


def entry_diff(entry: Entry, work: Work | None = None) -> str:
    """The change that a tool call makes, or would have made, as a patch; empty if it makes none."""
    edits = edits_of(entry, work)
    return patch_text(edits) if any(edit.hunks for edit in edits) else ""


def entry_name(entry: Entry) -> str:
    """What to call an entry in a message: a tool by its name, else its kind."""
    if is_question(entry):
        return "question"
    return safe_line(entry.name or "tool", 80) if entry.kind == "tool" else entry.kind
