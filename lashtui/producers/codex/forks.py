"""What a subagent's rollout copied from its parent's, and where its own work begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lashtui.producers.codex.items import text_of
from lashtui.producers.fields import int_of, map_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_STARTS = ("task_started", "turn_started")


class History:
    """Which lines are the parent's.

    A session that a person forked keeps its history, as its screen shows it. A subagent's is its
    parent's work, copied so that the model knows it.
    """

    def __init__(self) -> None:
        self.parent = ""
        """The thread that the lines were copied from."""
        self._own = ""
        self._is_child = False
        self._first: int | None = None
        """The number of the first line that is the child's own, where the file says it."""
        self._is_inside = False
        self._skipped = 0

    def begins(self, meta: Record) -> bool:
        """Take a line about a session: whether it is about this file's own."""
        name = text_of(meta.get("id"))
        if not self._own:
            self._own = name
            self.parent = text_of(meta.get("parent_thread_id")) or text_of(
                meta.get("forked_from_id")
            )
            source = map_of(meta, "source")
            self._is_child = "subagent" in source or meta.get("thread_source") == "subagent"
            self._first = int_of(meta, "subagent_history_start_ordinal")
            return True
        return name == self._own

    def is_own(self, meta: Record) -> bool:
        """Whether a line about a session is about this file's own."""
        return text_of(meta.get("id")) == self._own

    def covers(self, record: Record) -> bool:
        """Whether this line is the parent's."""
        if not self._is_child:
            return False
        payload = record.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        if self._first is not None:
            place = int_of(record, "ordinal")
            self._is_inside = place is not None and place < self._first
        elif record.get("type") == "session_meta":
            self._is_inside = text_of(payload.get("id")) != self._own and self._can_tell()
        elif self._is_inside and self._is_own(payload):
            self._is_inside = False
        self._skipped += self._is_inside
        return self._is_inside

    def take_skipped(self) -> int:
        """How many lines were the parent's, once they are over."""
        skipped, self._skipped = self._skipped, 0
        return skipped

    def _can_tell(self) -> bool:
        """Whether the end of the copy can be found; else everything is shown."""
        return _UUID7.match(self._own) is not None

    def _is_own(self, payload: Record) -> bool:
        """A line that names the child, or a turn that began after it was born."""
        if payload.get("thread_id") == self._own:
            return True
        turn = text_of(payload.get("turn_id"))
        is_start = payload.get("type") in _STARTS
        # Ids of version 7 sort by their time.
        return is_start and (_UUID7.match(turn) is None or turn >= self._own)
