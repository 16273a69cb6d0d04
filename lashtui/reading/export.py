"""A transcript as Markdown, and the name of its file. Pure: the caller writes it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from lashtui.reading.source import entry_diff
from lashtui.render.entry import MAX_DEPTH, retry_parts
from lashtui.render.tool_text import args_text, value_text
from lashtui.text.awaited import is_question
from lashtui.text.duration import duration_exact, duration_long
from lashtui.text.format import clock, context, tokens
from lashtui.text.linediff import Work
from lashtui.text.output import output_text
from lashtui.text.plan import plan_steps
from lashtui.text.sanitize import safe_line, safe_text
from lashtui.text.tools import agent_label, key_argument

if TYPE_CHECKING:
    from lashd.view import Entry, ReadView

MAX_NAME: Final = 80
"""Characters of the session's name in the file's: file systems allow 255 bytes."""
MAX_STEPS: Final = 2_000_000
"""Steps of comparing lines for all changes, about half a second; others are shown larger."""
_TICKS = re.compile("`{3,}")
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")


def markdown(view: ReadView, cursor: str | None = None) -> str:
    """The whole transcript as of `cursor`. A subagent's work is quoted below its call."""
    title = safe_line(view.title or view.session_id)
    lines = [f"# {_escaped(title)}", "", *_head(view, cursor), "", *_plan(view)]
    depths: dict[str, int] = {}
    labels: dict[str, str] = {}
    above: Entry | None = None
    work = Work(MAX_STEPS)
    for entry in view.entries:
        parent = entry.parent
        depth = 0 if not parent else min(MAX_DEPTH, depths.get(parent, 0) + 1)
        depths[entry.id] = depth
        if entry.kind == "tool":
            labels[entry.id] = agent_label(entry.name, entry.args)
        elif entry.kind == "diagnostic" and entry.name == "subagent":
            labels[entry.id] = agent_label(entry.name, entry.output)
        quote = "> " * depth
        if parent and (above is None or parent not in (above.parent, above.id)):
            label = labels.get(parent) or agent_label(None, None)
            lines += [f"{quote}*{_escaped(label)}*", quote.rstrip()]
        above = entry
        lines.extend(
            f"{quote}{line}".rstrip() for part in _entry(entry, work) for line in part.split("\n")
        )
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(view: ReadView, cursor: str | None) -> Iterator[str]:
    for name, value in (
        ("session", view.session_id),
        ("agent", view.agent),
        ("model", view.model),
        ("directory", view.directory),
        ("state", view.outcome or view.state),
        ("tokens", tokens(view.usage.get("total", {}))),
        ("context", context(view.usage).removeprefix("context ")),
        ("cursor", cursor),
    ):
        if value:
            yield f"- {name}: {_code(safe_line(value))}"
    if view.dropped_entries or not view.complete:
        yield f"- incomplete: {view.dropped_entries:,} older entries are missing"


def _plan(view: ReadView) -> Iterator[str]:
    steps = plan_steps(view)
    if not steps:
        return
    yield "## Plan"
    yield ""
    for text, step in steps:
        mark = "x" if step == "done" else " "
        now = " (now)" if step == "doing" else ""
        yield f"- [{mark}] {_escaped(safe_line(text, 400))}{now}"
    yield ""


def _entry(entry: Entry, work: Work) -> Iterator[str]:
    text = safe_text(entry.text or "").strip("\n")
    when = clock(entry.started_at) if entry.started_at else ""
    if entry.kind == "user":
        yield f"## User{f' · {when}' if when else ''}"
        yield ""
        yield text
    elif entry.kind == "prose":
        # A fence that the agent left open would swallow everything after it.
        yield _closed(text) if entry.format is None else _fence(text)
    elif entry.kind == "reasoning":
        yield "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    elif entry.kind in ("tool", "code"):
        yield from _call(entry, text, work)
    elif entry.kind == "commit":
        turn = entry.output.get("turn_index") if isinstance(entry.output, dict) else None
        yield "---"
        yield ""
        failed = " failed" if entry.state == "failure" else ""
        yield f"*turn {turn if isinstance(turn, int) else 'end'}{failed}*"
    elif entry.kind == "error":
        yield "**Error**"
        yield ""
        yield _fence(text)
    elif is_question(entry):
        yield f"**Question** ({_answered(entry)})"
        yield ""
        yield _fence(text)
    elif entry.kind == "retry":
        words, wait = retry_parts(entry)
        yield f"*{f'{words} {wait}'.strip()}* {_escaped(safe_line(text))}".rstrip()
    elif entry.kind == "frame":
        yield f"*frame* {_escaped(safe_line(entry.name or ''))}".rstrip()
    else:
        name = _escaped(safe_line(entry.name or entry.kind).replace("_", " "))
        yield f"*{name}* {_escaped(safe_line(text))}".rstrip()
        value = value_text(entry.output) if entry.kind in ("value", "diagnostic") else ""
        if value:
            yield ""
            yield _fence(value)
    yield ""


def _answered(entry: Entry) -> str:
    if entry.ended_at is None:
        return "not answered" if entry.settled else "not answered yet"
    if entry.started_at is None:
        return "answered"
    return f"answered after {duration_long((entry.ended_at - entry.started_at) / 1000)}"


def _call(entry: Entry, text: str, work: Work) -> Iterator[str]:
    name = safe_line(entry.name or entry.kind, 80)
    facts: list[str] = [entry.state or ""]
    if entry.duration_ms is not None:
        facts.append(duration_exact(entry.duration_ms))
    about = "" if entry.kind == "code" else key_argument(entry.args, 120)
    head = f"### {_escaped(name)}" + (f" {_code(about)}" if about else "")
    yield f"{head} ({', '.join(fact for fact in facts if fact)})"
    diff = entry_diff(entry, work)
    parts = [(diff, "diff")] if diff else [(args_text(entry.args), "")]
    if entry.kind == "code":
        parts = [(text, safe_line(entry.name or "", 40))]
    output = output_text(entry.output)
    if output.strip() != diff.strip():
        parts.append((output, ""))
    if diff and entry.state != "success":
        yield ""
        yield "*pending*" if entry.state == "running" and not entry.settled else "*not applied*"
    for part, language in parts:
        if part:
            yield ""
            yield _fence(part, language)


def _fence(text: str, language: str = "") -> str:
    longest = max((len(run) for run in _TICKS.findall(text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{re.sub('[^A-Za-z0-9+#-]', '', language)}\n{text}\n{ticks}"


def _closed(text: str) -> str:
    opened = ""
    for line in text.split("\n"):
        match = re.match(r" {0,3}(`{3,}|~{3,})(.*)$", line)
        if match is None:
            continue
        mark = match.group(1)
        if not opened:
            opened = mark
        elif mark[0] == opened[0] and len(mark) >= len(opened) and not match.group(2).strip():
            opened = ""
    return f"{text}\n{opened}" if opened else text


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {text} {ticks}" if longest else f"`{text}`"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def file_name(session_id: str, now: float) -> str:
    """`SESSION-YYYYmmdd-HHMMSS.md`; `now` is in Unix seconds, the name in local time."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", session_id).strip("-.")[:MAX_NAME] or "session"
    return f"{name}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}.md"
