"""A tool call's arguments and output as text. Pure."""

from __future__ import annotations

from lashd.gist import json_text
from lashtui.text.media import without_bytes
from lashtui.text.sanitize import safe_line, safe_text


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
    shown = without_bytes(value)
    return safe_text(shown if isinstance(shown, str) else json_text(shown, indent=2))


def exit_code(output: object) -> int | None:
    """A command's exit code, if its output has one."""
    for value in (output, output.get("outcome") if isinstance(output, dict) else None):
        if isinstance(value, dict):
            code = value.get("exit_code", value.get("exitCode"))
            if isinstance(code, int) and not isinstance(code, bool):
                return code
    return None
