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
        self._removed: list[str] = []
        """Said because of their removal; a line that says them too may follow."""
        self._attached: list[str] = []
        """Said because of their line; their removal may follow."""

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

        A removal is a delivery unless its reason says otherwise. One that doesn't say which is of
        what a person typed, not of the program's notice in front of it.
        """
        if not text and self._attached:
            self._attached.pop(0)
            return ""
        if text in self._attached:
            self._attached.remove(text)
            return ""
        place = self._place(text, unnamed=True)
        item = self._items.pop(place) if place is not None else None
        if any(word in reason.lower() for word in _TAKEN_BACK):
            if item is not None:
                self._emit_change(item, SessionQueueEventKind.CANCELLED)
            return ""
        if item is None:
            return self._note_removed(text)
        self._emit_change(item, SessionQueueEventKind.DELIVERED)
        return self._note_removed(text or item.text) if item.shown else ""

    def attached(self, text: str) -> bool:
        """A line tells that the running turn took this; False where its removal said so before."""
        if text in self._removed:
            self._removed.remove(text)
            return False
        if self.taken(text, unnamed=True):
            self._attached.append(text)
            del self._attached[:-MAX_QUEUED]
        return True

    def taken(self, text: str, *, unnamed: bool = False) -> bool:
        """A line says this; it waits no longer. Whether it did.

        `unnamed`: it may have been queued without its text.
        """
        place = self._place(text, unnamed=unnamed) if text else None
        if place is None:
            return False
        self._emit_change(self._items.pop(place), SessionQueueEventKind.DELIVERED)
        return True

    def end_turn(self) -> None:
        """What one line told of a turn, no other line of the next repeats."""
        self._removed.clear()
        self._attached.clear()

    def _place(self, text: str, *, unnamed: bool = False) -> int | None:
        items, wanted = list(enumerate(self._items)), text.strip()
        if not wanted:
            shown = (at for at, item in items if item.shown)
            return next(shown, 0 if items else None)
        named = (at for at, item in items if item.text.strip() == wanted)
        without = (at for at, item in items if item.shown and unnamed and not item.text)
        return next(named, next(without, None))

    def _note_removed(self, text: str) -> str:
        if text:
            self._removed.append(text)
            del self._removed[:-MAX_QUEUED]
        return text

    def taken_back(self) -> None:
        """All that waited went back to where it is typed."""
        items, self._items = self._items, []
        for item in items:
            self._emit_change(item, SessionQueueEventKind.CANCELLED)

    def _emit_change(self, item: _Item, kind: SessionQueueEventKind) -> None:
        if item.shown:
            self._emit(QueueChanged(kind, [item.batch_id]))
