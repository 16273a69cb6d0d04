"""The gist of values whose form is the agent's own: a call's arguments, a plan's step, a retry.

One rule for a list's rows, the app and the commands. Pure, and cheap to import. What it gives is
the agent's text as it came: not yet safe to show.
"""

from __future__ import annotations

from lashd.exact import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, Literal, TypeAlias

    Step: TypeAlias = Literal["done", "doing", "to do"]

QUESTION: Final = "waiting"
"""Name of the diagnostic that stands for what a person is asked."""

MAX_WAIT: Final = 100 * 365 * 24 * 3600
"""Seconds, a century: what is longer is no wait."""

KEY_ARGUMENTS: Final = (
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
_MAX_VALUE: Final = 60
_MAX_PARTS: Final = 8
_MAX_WORDS: Final = 50

_DONE: Final = frozenset({"completed", "done", "success"})
_DOING: Final = frozenset({"in_progress", "running", "active"})
_TEXTS: Final = ("content", "text", "title", "step")


def key_argument(args: object, limit: int, line: Callable[[str, int], str]) -> str:
    """The argument of a call that says most about it, else the first few.

    `line` makes a text one line of at most so many characters. Empty where there is nothing.
    """
    if args is None or args in ({}, []):
        return ""
    if isinstance(args, dict):
        for key in KEY_ARGUMENTS:
            found = _words(args.get(key))
            if found is not None and found.strip():
                return line(found, limit)
        parts = []
        for key, value in list(args.items())[:_MAX_PARTS]:
            text = value if isinstance(value, str) else json_text(value)
            parts.append(f"{key}={line(text, _MAX_VALUE)}")
        return line("  ".join(parts), limit)
    found = _words(args)
    return line(json_text(args) if found is None else found, limit)


def _words(value: object) -> str | None:
    """A text, or a command line given word by word; None for any other value."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return " ".join(value[:_MAX_WORDS])
    return None


def json_text(value: object, indent: int | None = None) -> str:
    """Any value as JSON for a person."""
    import json  # late: most calls are known by an argument that is text

    try:
        return json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    except (ValueError, RecursionError):
        return "(nested too deeply to show)"


def one_line(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` characters."""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def is_question(kind: object, name: object, text: object) -> bool:
    """Whether an entry stands for what a person is asked: it is open until that is over."""
    # An agent's own diagnostics have no text, whatever they are called.
    return name == QUESTION and kind == "diagnostic" and text is not None


def plan_step(item: Any) -> tuple[str, Step]:
    """The text and state of one step of a plan."""
    if not isinstance(item, dict):
        return str(item), "to do"
    text = next((item[key] for key in _TEXTS if item.get(key)), "")
    return str(text), step_state(item)


def step_state(item: Any) -> Step:
    """How far one step of a plan is."""
    status = item.get("status") if isinstance(item, dict) else None
    if not isinstance(status, str):
        return "to do"
    return "done" if status in _DONE else "doing" if status in _DOING else "to do"


def retry_wait(details: Any) -> float | None:
    """Seconds until a retry; None if the agent did not report them, or not as a duration."""
    wait = details.get("wait_seconds") if isinstance(details, dict) else None
    return wait if isinstance(wait, int | float) and 0 <= wait < MAX_WAIT else None


def retry_attempts(details: Any) -> tuple[int, int]:
    """The number of a retry and the most that there will be; 0 for what is unknown."""
    if not isinstance(details, dict):
        return 0, 0
    attempt, most = details.get("attempt"), details.get("max_attempts")
    return whole_number(attempt) or 0, whole_number(most) or 0
