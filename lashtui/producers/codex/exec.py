"""`codex exec --json`: whole items, one line each. No deltas, no times, no prompt.

Its token counts are the thread's, not the turn's: what a resumed thread used before is in them.
So the first count is emitted as a total, and only later ones as differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import ModelRequestStarted, Usage
from lashtui.producers.codex.base import CodexProducer, usage_of
from lashtui.producers.codex.items import text_of
from lashtui.producers.dedupe import Totals
from lashtui.producers.fields import map_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record


class CodexExecProducer(CodexProducer):
    """Lines of one or more runs to payloads."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._thread = ""
        self._runs = 0
        self._totals: Totals | None = None

    def on_record(self, record: Record) -> None:
        """One event of the thread."""
        kind = record["type"]
        if kind in ("item.completed", "item.started", "item.updated"):
            item = record["item"]
            self.item(item, self._key(item), ended=kind == "item.completed")
        elif kind == "thread.started":
            self._on_thread(text_of(record.get("thread_id")))
        elif kind == "turn.started":
            self.emit(ModelRequestStarted())
        elif kind == "turn.completed":
            self._on_usage(usage_of(map_of(record, "usage")))
            self.end_turn()
        elif kind == "turn.failed":
            self.failure(text_of(map_of(record, "error").get("message")))
            self.end_turn()
        elif kind == "error":
            self.failure(text_of(record.get("message")))
        else:
            self.unknown(str(kind), record)

    def _on_thread(self, thread: str) -> None:
        if thread != self._thread:
            self._totals = None
        self._thread = thread
        self._runs += 1
        self.opened(agent="Codex")

    def _key(self, item: Record) -> str:
        """Items are counted from zero in each run."""
        return f"{self._thread[-12:]}-{self._runs}-{text_of(item['id'])[:64]}"

    def _on_usage(self, total: dict[str, int | float]) -> None:
        if not total:
            return
        if self._totals is None:
            self._totals = Totals()
            self._totals.since(total)
            self.emit(Usage({}, dict(total)))
        else:
            self.usage(self._totals.since(total))
