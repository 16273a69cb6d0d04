"""One short, neutralised line for whatever is not text: tools, queue, processes, errors."""

from __future__ import annotations

from types import MappingProxyType

from lashd.gist import is_question, json_text, plan_step, retry_wait
from lashtui.text.duration import duration_exact
from lashtui.text.marks import CALL_MARKS, STEP_MARKS
from lashtui.text.media import without_bytes
from lashtui.text.output import last_lines
from lashtui.text.retry import attempt_words
from lashtui.text.sanitize import safe_line
from lashtui.text.tools import key_argument, remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from lashd.protocol.records import Record


NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
MAX_ARGUMENT = 100
"""Characters of a tool's argument: what a person needs to recognise the call."""
FAILED_LINES = 4
"""Last lines of a failed call's output, as in the app."""
MAX_FAILED_LINE = 1000
"""Characters of such a line: a minified file may stand in one."""
MAX_QUESTION = 4096
"""Characters of what a person is asked, which a view has in full: it is to be answered."""
MAX_VALUE = 300
"""Characters of a value or of a diagnostic's data; the JSON format has all of it."""


def describe_tool(row: Record) -> str:
    """`✓ bash  ls -la  1.2s` of a tool's or code block's entry; a word where it did not succeed.

    Under it, if it failed, the last lines of its output: why it failed.
    """
    state = str(row.get("state") or "success")
    args = row.get("args")
    took = row.get("duration_ms")
    parts = [
        f"{CALL_MARKS.get(state, '?')} {safe_line(str(row.get('name') or 'code'), MAX_ARGUMENT)}",
        key_argument(args if args is not None else row.get("text"), MAX_ARGUMENT),
        state if state in CALL_MARKS and state != "success" else "",
        duration_exact(took) if isinstance(took, int | float) else "",
    ]
    line = "  ".join(part for part in parts if part)
    if state != "failure":
        return line
    reason, earlier = last_lines(row.get("output"), FAILED_LINES)
    if earlier:
        reason.insert(0, f"… {earlier:,} earlier line{'s' if earlier > 1 else ''}")
    return "\n".join([line, *("    " + each[:MAX_FAILED_LINE] for each in reason)])


def describe_queue(record: Record, known: Mapping[str, str] = NO_NAMES) -> str:
    """`-- queue: enqueued fix the tests` of a queue event; `known`: texts by id."""
    return _change("queue", record, ("batch_ids", "batches", "text"), known)


def describe_process(record: Record, known: Mapping[str, str] = NO_NAMES) -> str:
    """`-- process: exited npm run dev (exit 1)` of a process event; `known`: labels by id."""
    return _change("process", record, ("process_ids", "processes", "label"), known)


def _change(what: str, record: Record, keys: tuple[str, str, str], known: Mapping[str, str]) -> str:
    ids_key, details_key, text_key = keys
    ids = record.get(ids_key)
    details = record.get(details_key)
    names = []
    for each in ids[:10] if isinstance(ids, list) else ():
        detail = details.get(each) if isinstance(details, dict) else None
        detail = detail if isinstance(detail, dict) else {}
        text = detail.get(text_key) or known.get(str(each)) or each
        name = safe_line(str(text), MAX_ARGUMENT)
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
    """`-- ended: failure (exit 2)` of a session's end; empty for other changes."""
    if record.get("kind") != "ended":
        return ""
    outcome = safe_line(str(record.get("outcome") or ""), 20).replace("_", " ")
    code = record.get("exit_code")
    end = f"-- ended: {outcome}" if outcome else "-- ended"
    return end + (f" (exit {code})" if isinstance(code, int) and code else "")


def describe_entry(entry: Record) -> str:
    """The line of an error, retry, value, diagnostic or wait; empty for other entries."""
    kind = entry.get("kind")
    if is_question(kind, entry.get("name"), entry.get("text")):
        what = safe_line(str(entry["text"]), MAX_QUESTION) or "a person"
        return f"-- {'asked' if is_over(entry) else 'waiting for'}: {what}"
    text = safe_line(str(entry.get("text") or ""))
    if kind == "error":
        return f"✗ error: {text}"
    if kind == "retry":
        wait = retry_wait(entry.get("output"))
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
        about = text or remark(entry.get("output"))
        return f"-- {name.replace('_', ' ')}{': ' + about if about else ''}"
    if kind == "resumed":
        return "-- resumed"
    return ""


def is_over(question: Record) -> bool:
    """Whether a question's entry is no longer open."""
    return question.get("ended_at") is not None or bool(question.get("settled"))


def describe_plan(plan: Any) -> str:
    """`-- plan: ✓ look, ▸ fix, · test` of an agent's plan."""
    items = plan.get("items") if isinstance(plan, dict) else plan
    shown = []
    for item in items[:20] if isinstance(items, list) else ():
        text, step = plan_step(item)
        shown.append(f"{STEP_MARKS[step]} {safe_line(text, MAX_ARGUMENT)}")
    return f"-- plan: {', '.join(shown)}" if shown else ""


def compact(value: Any) -> str:
    """A value in one line."""
    shown = without_bytes(value)
    return safe_line(shown if isinstance(shown, str) else json_text(shown), MAX_VALUE)
