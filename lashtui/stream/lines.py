"""One line for each thing that is not text: tools, queue, processes, errors. Neutralised, short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from lashtui.stream.kinds import Record
from lashtui.text.format import is_span
from lashtui.text.plan import Step, plan_step
from lashtui.text.retry import attempt_words, wait_of
from lashtui.text.sanitize import safe_line

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
MAX_ARGUMENT = 100
"""Characters of a tool's argument: what a person needs to recognise the call."""
MAX_VALUE = 300
"""Characters of a value or diagnostic's data; the JSON format has the whole."""

_MARKS = {"running": "●", "success": "✓", "failure": "✗", "cancelled": "⊘"}
_PLAN_MARKS: Final[dict[Step, str]] = {"done": "✓", "doing": "●", "to do": "○"}
_KEY_ARGUMENTS = (
    "command",
    "cmd",
    "file_path",
    "path",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
    "name",
)
"""The argument that tells most of a call, in order of preference."""


def describe_tool(row: Record) -> str:
    """`✓ bash  ls -la  success  1.2 s` of a tool's or code block's entry."""
    state = str(row.get("state") or "success")
    parts = [
        f"{_MARKS.get(state, '?')} {safe_line(str(row.get('name') or 'code'), MAX_ARGUMENT)}",
        key_argument(row.get("args") if row.get("args") is not None else row.get("text")),
        state if state in _MARKS else "",
        duration(row.get("duration_ms")),
    ]
    return "  ".join(part for part in parts if part)


def key_argument(args: Any) -> str:
    """The one argument that a person recognises a call by."""
    if isinstance(args, str):
        return safe_line(args, MAX_ARGUMENT)
    if isinstance(args, list):
        return safe_line(" ".join(map(str, args[:20])), MAX_ARGUMENT)
    if not isinstance(args, dict):
        return ""
    for key in _KEY_ARGUMENTS:
        value = args.get(key)
        if isinstance(value, str) and value:
            return safe_line(value, MAX_ARGUMENT)
        if isinstance(value, list) and value:
            return key_argument(value)
    for value in args.values():
        if isinstance(value, str | int | float) and value not in ("", True, False):
            return safe_line(str(value), MAX_ARGUMENT)
    return ""


def duration(milliseconds: Any) -> str:
    """`340 ms`, `1.2 s`, `4 min 02 s`; empty where nobody said."""
    if not isinstance(milliseconds, int | float) or not is_span(milliseconds / 1000):
        return ""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def describe_queue(record: Record, known: Mapping[str, str] = NO_NAMES) -> str:
    """`-- queue: enqueued fix the tests` of a queue event; `known`: texts told before, by id."""
    return _change("queue", record, ("batch_ids", "batches", "text"), known)


def describe_process(record: Record, known: Mapping[str, str] = NO_NAMES) -> str:
    """`-- process: exited npm run dev (exit 1)` of a process event; `known`: labels told before."""
    return _change("process", record, ("process_ids", "processes", "label"), known)


def _change(what: str, record: Record, keys: tuple[str, str, str], known: Mapping[str, str]) -> str:
    ids_key, details_key, text_key = keys
    ids = record.get(ids_key)
    details = record.get(details_key)
    names = []
    for each in ids[:10] if isinstance(ids, list) else ():
        detail = details.get(each) if isinstance(details, dict) else None
        detail = detail if isinstance(detail, dict) else {}
        told = detail.get(text_key) or known.get(str(each)) or each
        name = safe_line(str(told), MAX_ARGUMENT)
        code = detail.get("exit_code")
        if isinstance(code, int) and code:
            name += f" (exit {code})"
        number = safe_line(str(detail.get("signal") or ""), 20)
        if number:
            name += f" (signal {number})"
        names.append(name)
    if isinstance(ids, list) and len(ids) > 10:
        names.append(f"and {len(ids) - 10} more")
    return f"-- {what}: {safe_line(str(record.get('kind')), 20)} {', '.join(names)}".rstrip()


def describe_session(record: Record) -> str:
    """`-- ended: failure (exit 2)` of a session's end; an opening is nothing to read."""
    if record.get("kind") != "ended":
        return ""
    outcome = safe_line(str(record.get("outcome") or "success"), 20).replace("_", " ")
    code = record.get("exit_code")
    return f"-- ended: {outcome}" + (f" (exit {code})" if isinstance(code, int) and code else "")


def describe_entry(entry: Record) -> str:
    """An error, retry, value, diagnostic or wait; empty for what needs no line."""
    kind = entry.get("kind")
    text = safe_line(str(entry.get("text") or ""))
    if kind == "error":
        return f"✗ error: {text}"
    if kind == "retry":
        wait = wait_of(entry.get("output"))
        due = f" in {wait:g} s" if wait else ""
        return f"-- {attempt_words(entry.get('output'))}{due}{': ' + text if text else ''}"
    if kind == "frame":
        return f"-- frame: {safe_line(str(entry.get('name')))}"
    if kind == "value":
        name = safe_line(str(entry.get("name") or ""), MAX_ARGUMENT)
        return f"= {name + ': ' if name else ''}{compact(entry.get('output'))}"
    if kind == "diagnostic" and entry.get("name") == "plan":
        return describe_plan(entry.get("output"))
    if kind == "diagnostic":
        name = safe_line(str(entry.get("name") or "diagnostic"), MAX_ARGUMENT)
        return f"-- {name}: {text or compact(entry.get('output'))}"
    if kind == "waiting":
        return f"-- waiting for: {text or 'a person'}"
    if kind == "resumed":
        return "-- goes on"
    return ""


def describe_plan(plan: Any) -> str:
    """`-- plan: ✓ look, ● fix, ○ test` of an agent's plan."""
    items = plan.get("items") if isinstance(plan, dict) else plan
    shown = []
    for item in items[:20] if isinstance(items, list) else ():
        text, step = plan_step(item)
        shown.append(f"{_PLAN_MARKS[step]} {safe_line(text, MAX_ARGUMENT)}")
    return f"-- plan: {', '.join(shown)}" if shown else ""


def compact(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, str):
        return safe_line(value, MAX_VALUE)
    try:
        return safe_line(json.dumps(value, ensure_ascii=False, default=str), MAX_VALUE)
    except (ValueError, RecursionError):
        return "…"
