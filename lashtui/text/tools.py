"""What a person recognises a tool call by. Pure."""

from __future__ import annotations

from lashd import gist
from lashtui.text.media import without_bytes
from lashtui.text.sanitize import safe_line

MAX_CHARS = 400
"""Characters: wider than any screen, and cut to the line anyway."""
MAX_LABEL = 60
"""Characters of a subagent's name."""
_SENTENCES = ("message", "reason", "text")


def key_argument(args: object, limit: int = MAX_CHARS) -> str:
    """The argument of a call that says most about it, else the first few: one safe line.

    Empty where there is nothing to show.
    """
    return gist.key_argument(args, limit, safe_line)


def remark(data: object) -> str:
    """What a diagnostic says, as a sentence where it has one: one safe line."""
    if isinstance(data, dict):
        message = next((data[key] for key in _SENTENCES if isinstance(data.get(key), str)), "")
        if message.strip():
            name = data.get("tool_name")
            head = f"{name}: " if isinstance(name, str) and name else ""
            return safe_line(f"{head}{message}", MAX_CHARS)
    return key_argument(without_bytes(data))


def agent_label(name: object, args: object) -> str:
    """What to call the subagent that a call launched: its description, else the call's name."""
    told = args if isinstance(args, dict) else {}
    for label in (told.get("description"), told.get("task_name"), name):
        if isinstance(label, str) and label.strip():
            return safe_line(label.strip(), MAX_LABEL)
    return "subagent"
