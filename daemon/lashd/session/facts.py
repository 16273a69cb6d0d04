"""The parts of a view beside its transcript: queue, processes, plan, usage. Each bounded."""

from __future__ import annotations

from collections.abc import Callable
from sys import getsizeof
from typing import TypeAlias

from lashd.exact import whole_number
from lashd.session.clip import clip, size_of_value
from lashd.session.counters import MAX_COUNTER, MAX_COUNTERS, counters
from lashd.session.events import (
    ChildUsage,
    JsonValue,
    ProcessChanged,
    QueueChanged,
    SessionProcessEventKind,
    SessionQueueEventKind,
    Usage,
)
from lashd.session.view import MAX_WHOLE, USAGE_PARTS, Process, QueueItem, ReadView
from lashd.short import short

Keep: TypeAlias = Callable[[JsonValue, int], JsonValue]
"""How a value is kept within so many bytes: as it is (`clip`), or packed (`pack`)."""

MAX_TITLE = 500
"""Characters of a session's title."""
MAX_DIRECTORY = 4096
"""Characters of its directory: as long as a path may be on Linux."""
MAX_WAITING_FOR = 4096
"""Bytes of what a person is asked: a command of many lines, with the reason; shown in full."""
ITEM_MEMORY = 512
"""What an item of the queue or a process takes beside its texts: the object, ids and times."""
MAX_QUEUE = 256
"""Items of a queue that a person can still look through; the oldest go first."""
MAX_PROCESSES = 256
"""Ended processes go first, the oldest before the younger."""
MAX_TEXT = 4096
"""Bytes of a queued message, or of a process's output, that a panel could show."""
MAX_LABEL = 1024
"""Bytes of a process's label: a command in a line."""
MAX_PLAN_BYTES = 64 * 1024
"""A plan of some hundred items."""


def bound_facts(view: ReadView) -> None:
    """Apply the bounds of this module to a view that comes from elsewhere."""
    view.title, view.agent = short(view.title, MAX_TITLE), short(view.agent)
    view.directory, view.model = short(view.directory, MAX_DIRECTORY), short(view.model)
    view.waiting_for = _text(view.waiting_for, MAX_WAITING_FOR)
    view.frame_id = short(view.frame_id)
    for item in view.queue:
        item.batch_id, item.delivery = short(item.batch_id) or "", short(item.delivery)
        item.text = _text(item.text, MAX_TEXT)
    view.queue = list({item.batch_id: item for item in view.queue}.values())[-MAX_QUEUE:]
    for process in view.processes:
        process.process_id, process.label = short(process.process_id) or "", _label(process.label)
        process.tool_call_id, process.signal = short(process.tool_call_id), short(process.signal)
        process.output = _end(process.output)
    known = {process.process_id: process for process in view.processes}
    view.processes = _bounded(list(known.values()))
    if isinstance(view.plan, list):
        set_plan(view, view.plan)


def question_of(what: str) -> str:
    """What a person is asked, as far as a view keeps it."""
    return _text(what, MAX_WAITING_FOR) or ""


def exit_code_of(code: JsonValue) -> int | None:
    """An exit code in the range that a view carries; None for what is no whole number."""
    if isinstance(code, bool) or not isinstance(code, int):
        return None
    return max(-MAX_WHOLE, min(MAX_WHOLE, code))


def change_queue(view: ReadView, change: QueueChanged, at: int | None) -> None:
    """Fold one queue change."""
    ids = [short(batch_id) or "" for batch_id in change.batch_ids[-MAX_QUEUE:]]
    gone = set(ids)
    if change.kind is not SessionQueueEventKind.ENQUEUED:
        view.queue = [item for item in view.queue if item.batch_id not in gone]
        return
    known = {item.batch_id: item for item in view.queue}
    for batch_id, given in zip(ids, change.batch_ids[-MAX_QUEUE:], strict=True):
        details = change.batches.get(given, {})
        item = known.get(batch_id)
        if item is None:
            item = known[batch_id] = QueueItem(batch_id, enqueued_at=at)
        item.text = _text(details.get("text"), MAX_TEXT) or item.text
        item.delivery = short(_text(details.get("delivery"), MAX_TEXT)) or item.delivery
    view.queue = list(known.values())[-MAX_QUEUE:]


def change_processes(view: ReadView, change: ProcessChanged, at: int | None) -> None:
    """Fold one process change. An end that comes twice, or after a cancellation, counts once."""
    known = {process.process_id: process for process in view.processes}
    for given in change.process_ids[-MAX_PROCESSES:]:
        process_id = short(given) or ""
        details = change.processes.get(given, {})
        process = known.get(process_id)
        if process is None or (
            change.kind is SessionProcessEventKind.STARTED and process.state != "running"
        ):
            known.pop(process_id, None)
            process = known[process_id] = Process(process_id)
            if change.kind is SessionProcessEventKind.STARTED:
                process.started_at = at
        elif change.kind is not SessionProcessEventKind.STARTED and process.state != "running":
            continue
        process.label = _label(details.get("label")) or process.label
        call_id = _text(details.get("tool_call_id"), MAX_TEXT)
        process.tool_call_id = short(call_id) or process.tool_call_id
        if change.kind is SessionProcessEventKind.STARTED:
            continue
        code, sent, output = (details.get(key) for key in ("exit_code", "signal", "output"))
        process.exit_code = exit_code_of(code)
        process.output = _end(output)
        process.signal = short(str(sent)) if sent is not None else None
        process.ended_at = at
        if change.kind is SessionProcessEventKind.CANCELLED:
            process.state = "cancelled"
        else:
            process.state = "failed" if process.exit_code or process.signal else "exited"
    view.processes = _bounded(list(known.values()))


def end_processes(view: ReadView, at: int | None) -> None:
    """The session has ended, so no more is heard of its processes."""
    for process in view.processes:
        if process.state == "running":
            process.state, process.ended_at = "cancelled", at


def _bounded(processes: list[Process]) -> list[Process]:
    surplus = len(processes) - MAX_PROCESSES
    if surplus <= 0:
        return processes
    kept = []
    for process in processes:
        if surplus and process.state != "running":
            surplus -= 1
        else:
            kept.append(process)
    return kept[-MAX_PROCESSES:]


def set_plan(view: ReadView, data: JsonValue, keep: Keep = clip) -> None:
    """The agent's plan: a list of items, or a map that holds it as `items`."""
    items = data.get("items") if isinstance(data, dict) else data
    view.plan = keep(items, MAX_PLAN_BYTES) if items and isinstance(items, list) else None


def add_usage(view: ReadView, event: Usage | ChildUsage) -> None:
    """Sum the counters of one request into `total` (a subagent's into `child`)."""
    if isinstance(event, Usage) and _is_gauge(event):
        return
    added = counters(event.usage)
    where = "child" if isinstance(event, ChildUsage) else "total"
    total = view.usage.setdefault(where, {})
    for key, value in added.items():
        if key in total or len(total) < MAX_COUNTERS:
            total[key] = max(-MAX_COUNTER, min(MAX_COUNTER, total.get(key, 0) + value))
    if isinstance(event, Usage):
        if not added and event.cumulative:
            view.usage["total"] = dict(counters(event.cumulative))
        else:
            view.usage["last"] = dict(added)


def _is_gauge(event: Usage) -> bool:
    """It tells of the context alone: the counters of the last request stay."""
    return event.context is not None and not event.usage and not event.cumulative


def usage_of(view: ReadView) -> dict[str, dict[str, int | float]]:
    """The view's counters as a list shows them: those that there are."""
    return {name: dict(view.usage[name]) for name in USAGE_PARTS if view.usage.get(name)}


def set_context(view: ReadView, given: JsonValue) -> None:
    """How much of the context is used, and its size: the newest of each that is known."""
    if not isinstance(given, dict):
        return
    numbers = {key: whole_number(given.get(key)) for key in ("used", "size")}
    told = {key: number for key, number in numbers.items() if number is not None}
    if told:
        view.usage["context"] = {**view.usage.get("context", {}), **told}


def set_model(view: ReadView, model: str | None) -> None:
    """The model that is used from here on. The size of another one's context is not its own."""
    name = short(model) or view.model
    context = view.usage.get("context")
    if context is not None and view.model is not None and name != view.model:
        context.pop("size", None)
        if not context:
            del view.usage["context"]
    view.model = name


def facts_memory(view: ReadView) -> int:
    """Bytes that queue, processes and plan take."""
    texts = [item.text for item in view.queue] + [each.label for each in view.processes]
    texts += [each.output for each in view.processes]
    items = len(view.queue) + len(view.processes)
    held = sum(getsizeof(text) for text in texts if text is not None)
    return items * ITEM_MEMORY + held + size_of_value(view.plan)


def _text(value: JsonValue, limit: int) -> str | None:
    """The head of a text, in at most `limit` bytes and characters."""
    if not isinstance(value, str):
        return None
    text = short(value, limit) or ""
    if text.isascii() or len(text.encode("utf-8", "replace")) <= limit:
        return text
    return text.encode("utf-8", "replace")[: limit - 3].decode("utf-8", "ignore") + "…"


def _label(value: JsonValue) -> str | None:
    return _text(value, MAX_LABEL)


def _end(value: JsonValue) -> str | None:
    """The end of a text, in at most `MAX_TEXT` bytes; None for an empty one."""
    if not isinstance(value, str) or not value:
        return None
    text = value[-MAX_TEXT:]
    if text.isascii():
        return text
    return text.encode("utf-8", "replace")[-MAX_TEXT:].decode("utf-8", "ignore") or None
