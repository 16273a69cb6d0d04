"""Prompts that a person typed ahead, recorded in Claude's transcripts without ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.events import QueueChanged, SessionQueueEventKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import Payload

MAX_QUEUED = 256
"""Prompts that wait; nobody types more ahead."""
MAX_TEXT = 4096
"""Characters of one that a panel could show."""

_TAKEN_BACK: Final = ("cancel", "discard", "clear", "pop", "edit", "user_removed", "abort")


class _Item(NamedTuple):
    batch_id: str
    text: str
    shown: bool


class TypedAhead:
    """Queue operations to queue events. The oldest goes first where nothing says which."""

    def __init__(self, emit: Callable[[Payload], None]) -> None:
        self._emit = emit
        self._items: list[_Item] = []
        self._count = 0

    def enqueued(self, text: str, *, shown: bool) -> None:
        """Something waits; `shown` False: the program itself put it there."""
        self._count += 1
        item = _Item(f"queued-{self._count}", text, shown)
        self._items.append(item)
        del self._items[:-MAX_QUEUED]
        if shown:
            batches = {item.batch_id: {"text": text[:MAX_TEXT]}} if text else {}
            kind = SessionQueueEventKind.ENQUEUED
            self._emit(QueueChanged(kind, [item.batch_id], batches))

    def dequeued(self) -> None:
        """The oldest is worked on; a user line tells what it says."""
        if self._items:
            self._emit_change(self._items.pop(0), SessionQueueEventKind.DELIVERED)

    def removed(self, text: str, reason: str) -> str:
        """One left the queue: what was delivered into the running turn, or empty.

        A removal is a delivery unless its reason says otherwise.
        """
        place = next((at for at, item in enumerate(self._items) if text and item.text == text), 0)
        if not self._items:
            return ""
        item = self._items.pop(place)
        if any(word in reason.lower() for word in _TAKEN_BACK):
            self._emit_change(item, SessionQueueEventKind.CANCELLED)
            return ""
        self._emit_change(item, SessionQueueEventKind.DELIVERED)
        return (text or item.text) if item.shown else ""

    def taken_back(self) -> None:
        """All that waited went back to where it is typed."""
        items, self._items = self._items, []
        for item in items:
            self._emit_change(item, SessionQueueEventKind.CANCELLED)

    def _emit_change(self, item: _Item, kind: SessionQueueEventKind) -> None:
        if item.shown:
            self._emit(QueueChanged(kind, [item.batch_id]))
