"""Codex's items, read alike in all its dialects: `exec` (snake case), app-server, rollouts.

An item is a message, a thought, a tool's work or a plan. What it means is decided here; when it
starts and ends, and what was emitted before, is up to the dialects.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from lashd.events import JsonValue
from lashd.exact import exact_number
from lashtui.producers.dedupe import cancelled, failed, succeeded

MAX_UNWRAP = 64 * 1024
"""Characters of a command line that is still parsed; a longer one is shown unchanged."""

SHELL = "shell"
"""The name of a command's row."""

_SHELLS = frozenset({"bash", "sh", "zsh", "dash"})
_PLAN_STATES = {"inprogress": "in_progress", "completed": "completed", "pending": "pending"}
_SKIP = frozenset({"type", "item_type", "id", "status"})


class ToolItem(NamedTuple):
    """A tool's work as an item describes it."""

    name: str
    args: JsonValue
    output: JsonValue
    """In lash's shape; None while it runs."""
    duration_ms: float | None = None


def kind_of(item: dict[str, JsonValue]) -> str:
    """Its type in one spelling: `commandexecution` for command_execution and CommandExecution."""
    kind = item.get("type") or item.get("item_type")
    return kind.replace("_", "").lower() if isinstance(kind, str) else ""


def field(item: dict[str, JsonValue], name: str) -> JsonValue:
    """A field by its snake-case name, in either spelling."""
    value = item.get(name)
    if value is None and "_" in name:
        head, *rest = name.split("_")
        value = item.get(head + "".join(part.capitalize() for part in rest))
    return value


def text_of(value: JsonValue) -> str:
    """The text of a message: itself, or its text blocks one after the other."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_block_text(block) for block in value)
    return _block_text(value)


def _block_text(block: JsonValue) -> str:
    if isinstance(block, dict):
        block = block.get("text")
    return block if isinstance(block, str) else ""


def thought_of(item: dict[str, JsonValue]) -> str:
    """The text of a reasoning item: its summary's parts with a blank line between, else its own."""
    for name in ("text", "summary_text", "summary", "raw_content", "content"):
        value = field(item, name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list) and value:
            return "\n\n".join(filter(None, map(text_of, value)))
    return ""


def plan_of(entries: JsonValue) -> list[JsonValue]:
    """Plan items {text, status} of any dialect's list."""
    plan: list[JsonValue] = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        text = next((entry[key] for key in ("step", "text", "content") if entry.get(key)), "")
        status = entry.get("status")
        if isinstance(status, str):
            state = _PLAN_STATES.get(status.replace("_", "").lower(), status)
        else:
            state = "completed" if entry.get("completed") is True else "pending"
        plan.append({"text": str(text), "status": state})
    return plan


def command_of(value: JsonValue) -> JsonValue:
    """The command inside `bash -lc '...'`; anything else unchanged."""
    parts = value
    if isinstance(value, str):
        if len(value) > MAX_UNWRAP or " -" not in value[:64]:
            return value
        try:
            parts = shlex.split(value)
        except ValueError:
            return value
    if (
        isinstance(parts, list)
        and len(parts) == 3
        and all(isinstance(part, str) for part in parts)
        and parts[0].rsplit("/", 1)[-1] in _SHELLS
        and parts[1] in ("-lc", "-c")
    ):
        return parts[2]
    return value


def tool_of(item: dict[str, JsonValue], kind: str, *, ended: bool) -> ToolItem | None:
    """The tool's work that an item is, None for one that is none. `ended`: it says it is over."""
    reader = _TOOLS.get(kind)
    if reader is None:
        return None
    name, args, payload, wrong = reader(item)
    payload = payload if payload != "" else None
    code = exit_code_of(item) or None
    status = item.get("status")
    state = status.replace("_", "").lower() if isinstance(status, str) else ""
    if not ended or state == "inprogress":
        return ToolItem(name, args, None)
    if state in ("declined", "rejected", "denied"):
        output = cancelled("declined")
    elif wrong or state in ("failed", "error"):
        output = failed(wrong or "failed", payload, code)
    elif state in ("cancelled", "canceled", "interrupted"):
        output = cancelled("interrupted")
    else:
        output = succeeded(payload)
    return ToolItem(name, args, output, duration_of(item))


def exit_code_of(item: dict[str, JsonValue]) -> int | None:
    """A command's exit code, where the item tells it."""
    code = field(item, "exit_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def duration_of(item: dict[str, JsonValue]) -> float | None:
    """Milliseconds, if the item gives them."""
    value = field(item, "duration_ms")
    if _is_number(value):
        return float(value)
    value = item.get("duration")
    if isinstance(value, dict) and _is_number(value.get("secs")):
        return float(value["secs"]) * 1000 + _number(value.get("nanos")) / 1e6
    return None


_Read = tuple[str, JsonValue, JsonValue, str]
"""Name, arguments, what it gave back, what went wrong."""


def _command(item: dict[str, JsonValue]) -> _Read:
    args = {"command": command_of(item.get("command"))}
    output = text_of(field(item, "aggregated_output"))
    if not output:
        output = text_of(item.get("stdout")) + text_of(item.get("stderr"))
    code = exit_code_of(item)
    return SHELL, args, output, f"exit code {code}" if code else ""


def _file_change(item: dict[str, JsonValue]) -> _Read:
    changes = item.get("changes")
    if isinstance(changes, dict):  # a rollout's: path to change
        changes = [
            {"path": path, "kind": _change_kind(change), **_only(change, "content", "unified_diff")}
            for path, change in changes.items()
        ]
    elif isinstance(changes, list):
        changes = [
            {
                "path": change.get("path"),
                "kind": _change_kind(change.get("kind")),
                **_only(change, "diff"),
            }
            for change in changes
            if isinstance(change, dict)
        ]
    args = {"path": ", ".join(str(each["path"]) for each in changes or []), "changes": changes}
    return "apply_patch", args, text_of(item.get("stdout")), text_of(item.get("stderr"))


def _mcp(item: dict[str, JsonValue]) -> _Read:
    name = ".".join(filter(None, (text_of(item.get("server")), text_of(item.get("tool")))))
    result, error = item.get("result"), item.get("error")
    payload = result.get("content") if isinstance(result, dict) else result
    if isinstance(payload, list) and all(_is_text(block) for block in payload):
        payload = "\n".join(block["text"] for block in payload)
    wrong = text_of(error.get("message")) if isinstance(error, dict) else text_of(error)
    if not wrong and isinstance(result, dict) and result.get("isError") is True:
        wrong = "the tool failed"
    return name or "mcp", item.get("arguments"), payload, wrong


def _dynamic(item: dict[str, JsonValue]) -> _Read:
    payload = field(item, "content_items")
    wrong = "the tool failed" if item.get("success") is False else ""
    return text_of(item.get("tool")) or "tool", item.get("arguments"), payload, wrong


def _collab(item: dict[str, JsonValue]) -> _Read:
    args = {
        "prompt": item.get("prompt"),
        "threads": field(item, "receiver_thread_ids"),
    }
    name = text_of(item.get("tool")) or "agent"
    kept = {key: value for key, value in args.items() if value not in (None, [], "")}
    return name, kept, field(item, "agents_states"), ""


def _web_search(item: dict[str, JsonValue]) -> _Read:
    return "web_search", _only(item, "query", "action"), None, ""


def _image_generation(item: dict[str, JsonValue]) -> _Read:
    """The image itself is not for text."""
    prompt, path = field(item, "revised_prompt"), text_of(field(item, "saved_path"))
    payload = path or ("[image]" if item.get("result") else None)
    return "image_generation", _only({"prompt": prompt}, "prompt"), payload, ""


def _other(item: dict[str, JsonValue]) -> _Read:
    """A tool whose item has no known shape: everything in it counts as arguments."""
    kind = text_of(item.get("type"))
    return kind, {key: value for key, value in item.items() if key not in _SKIP}, None, ""


_TOOLS = {
    "commandexecution": _command,
    "filechange": _file_change,
    "mcptoolcall": _mcp,
    "dynamictoolcall": _dynamic,
    "collabtoolcall": _collab,
    "collabagenttoolcall": _collab,
    "websearch": _web_search,
    "imageview": _other,
    "imagegeneration": _image_generation,
    "sleep": _other,
}


def _change_kind(value: JsonValue) -> JsonValue:
    return value.get("type") if isinstance(value, dict) else value


def _only(value: JsonValue, *names: str) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        return {}
    return {name: value[name] for name in names if value.get(name) not in (None, "")}


def _is_text(block: JsonValue) -> bool:
    return isinstance(block, dict) and isinstance(block.get("text"), str)


def _is_number(value: JsonValue) -> bool:
    return exact_number(value) is not None


def _number(value: JsonValue) -> float:
    return float(value) if _is_number(value) else 0.0
