"""What a person recognises a tool call by. Pure."""

from __future__ import annotations

from lashtui.text.sanitize import safe_line

KEY_ARGUMENTS = (
    "command",
    "cmd",
    "pattern",
    "query",
    "file_path",
    "filePath",
    "fileName",
    "notebook_path",
    "path",
    "url",
    "description",
    "prompt",
    "task",
    "title",
    "name",
    "text",
)
"""The first of these that a call has says most about it."""
MAX_CHARS = 400
"""Characters: wider than any screen, and cut to the line anyway."""
MAX_LABEL = 60
"""Characters of a subagent's name."""
_SENTENCES = ("message", "reason", "text")
_MAX_VALUE = 60
_MAX_PARTS = 8


def key_argument(args: object, limit: int = MAX_CHARS) -> str:
    """The argument of a call that says most about it, else the first few: one safe line.

    Empty where there is nothing to show.
    """
    if args is None or args in ({}, []):
        return ""
    if isinstance(args, dict):
        for key in KEY_ARGUMENTS:
            found = _words(args.get(key))
            if found is not None and found.strip():
                return safe_line(found, limit)
        parts = (f"{key}={_short(value)}" for key, value in list(args.items())[:_MAX_PARTS])
        return safe_line("  ".join(parts), limit)
    found = _words(args)
    return safe_line(json_text(args) if found is None else found, limit)


def remark(data: object) -> str:
    """What a diagnostic says, as a sentence where it has one: one safe line."""
    if isinstance(data, dict):
        message = next((data[key] for key in _SENTENCES if isinstance(data.get(key), str)), "")
        if message.strip():
            name = data.get("tool_name")
            head = f"{name}: " if isinstance(name, str) and name else ""
            return safe_line(f"{head}{message}", MAX_CHARS)
    return key_argument(data)


def agent_label(name: object, args: object) -> str:
    """What to call the subagent that a call launched: its description, else the call's name."""
    told = args if isinstance(args, dict) else {}
    for label in (told.get("description"), told.get("task_name"), name):
        if isinstance(label, str) and label.strip():
            return safe_line(label.strip(), MAX_LABEL)
    return "subagent"


def _words(value: object) -> str | None:
    """A text, or a command line given word by word; None for any other value."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return " ".join(value[:50])
    return None


def _short(value: object) -> str:
    return safe_line(value if isinstance(value, str) else json_text(value), _MAX_VALUE)


def json_text(value: object, indent: int | None = None) -> str:
    """Any value as JSON for a person; not yet safe to print."""
    import json  # late: most calls are known by an argument that is text

    try:
        return json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    except (ValueError, RecursionError):
        return "(nested too deeply to show)"
