"""Claude's background tasks as processes, each started once and ended once.

Each task is reported several times: in a list of all (which comes first), as started, as updated,
and in a notification. Only what runs beside the turn is a process: a subagent in the foreground is
its tool call.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashd.events import ProcessChanged, SessionProcessEventKind
from lashtui.producers.fields import int_of, map_of, maps_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import JsonValue, Payload
    from lashd.protocol.records import Record

MAX_TASKS = 256
"""Running tasks that are followed."""
MAX_ENDED = 1024
"""Ended tasks that are remembered, so that none of them ends twice."""

STOPPED: Final = ("killed", "stopped", "cancelled", "canceled")
FAILED: Final = ("failed", "error")
ENDED: Final = (*STOPPED, *FAILED, "completed")
_EXIT_CODE = re.compile(r"\bexit code:? (-?\d{1,9})\b", re.IGNORECASE)


class Tasks:
    """Task records to process events."""

    def __init__(self, emit: Callable[[Payload], None]) -> None:
        self._emit = emit
        self._running: dict[str, Record] = {}
        self._foreground: dict[str, Record] = {}
        self._listed: dict[str, Record] = {}
        """In the list of all, but not told as started: that usually follows."""
        self._failed: dict[str, None] = {}
        """Told to have failed; the exit code usually follows."""
        self._ended: dict[str, None] = {}

    @property
    def is_unsettled(self) -> bool:
        """Something waits for a record that usually follows."""
        return bool(self._listed or self._failed)

    def is_running(self, task_id: str) -> bool:
        """Whether this one was told to have started, and not to have ended."""
        return task_id in self._running

    def settle(self) -> None:
        """What usually follows did not: tell what is known."""
        for task_id, task in list(self._listed.items()):
            self._start(task_id, task)
        for task_id in list(self._failed):
            self._end(task_id, "failed", None)

    def listed(self, tasks: list[Record]) -> None:
        """The list of all background tasks."""
        for task in tasks:
            task_id = text_of(task, "task_id")
            known = task_id in self._running or task_id in self._ended
            if task_id and not known and len(self._listed) < MAX_TASKS:
                self._listed[task_id] = self._foreground.pop(task_id, task)

    def started(self, task: Record) -> None:
        """A task begins."""
        task_id = text_of(task, "task_id")
        if not task_id or task_id in self._running or task_id in self._ended:
            return
        if task.get("is_backgrounded") is False and task_id not in self._listed:
            if len(self._foreground) < MAX_TASKS:
                self._foreground[task_id] = task
            return
        self._start(task_id, task)

    def updated(self, task: Record) -> None:
        """A task has changed: it went to the background, or ended."""
        task_id, patch = text_of(task, "task_id"), map_of(task, "patch")
        if patch.get("is_backgrounded") is True and task_id in self._foreground:
            self._start(task_id, self._foreground.pop(task_id))
        status = text_of(patch, "status")
        if status not in ENDED:
            return
        if status in FAILED and int_of(patch, "exit_code") is None:
            if task_id in self._running or task_id in self._listed:
                self._failed[task_id] = None
            return
        self._end(task_id, status, int_of(patch, "exit_code"))

    def notified(self, task: Record) -> None:
        """A task has ended, in words."""
        code = _EXIT_CODE.search(text_of(task, "summary"))
        status = text_of(task, "status")
        if status in ENDED:
            self._end(text_of(task, "task_id"), status, int(code.group(1)) if code else None)

    def _start(self, task_id: str, task: Record) -> None:
        self._listed.pop(task_id, None)
        if len(self._running) >= MAX_TASKS:
            del self._running[next(iter(self._running))]
        self._running[task_id] = task
        label = text_of(task, "description") or text_of(task, "task_type") or task_id
        details: dict[str, JsonValue] = {"label": label}
        if text_of(task, "tool_use_id"):
            details["tool_call_id"] = text_of(task, "tool_use_id")
        self._change(SessionProcessEventKind.STARTED, task_id, details)

    def _end(self, task_id: str, status: str, exit_code: int | None) -> None:
        if task_id in self._listed:
            self._start(task_id, self._listed[task_id])
        self._failed.pop(task_id, None)
        known = self._running.pop(task_id, None)
        if known is None:
            self._foreground.pop(task_id, None)
            return
        self._ended[task_id] = None
        if len(self._ended) > MAX_ENDED:
            del self._ended[next(iter(self._ended))]
        if status in STOPPED:
            self._change(SessionProcessEventKind.CANCELLED, task_id, {})
            return
        if status in FAILED and not exit_code:
            exit_code = 1  # only a code tells a failed process from one that exited
        details = {} if exit_code is None else {"exit_code": exit_code}
        self._change(SessionProcessEventKind.EXITED, task_id, details)

    def _change(
        self, kind: SessionProcessEventKind, task_id: str, details: dict[str, JsonValue]
    ) -> None:
        self._emit(ProcessChanged(kind, [task_id], {task_id: details} if details else {}))


def all_tasks(record: Record) -> list[Record]:
    """The list of a background_tasks_changed record."""
    return maps_of(record, "tasks")
