"""The rows of a view: adding, closing, settling and dropping entries, and finding them again.

Everything kept here beside the view is derived from the view (`Rows.__init__`), so that a copy of
the view goes on like the original. At most one row of text is open: the one written last.
"""

from __future__ import annotations

import msgspec

from lashd.session.clip import size_of_text, size_of_value
from lashd.session.view import Entry, EntryKind, ReadView
from lashd.short import short

ENTRY_BYTES = 256
"""What a row counts beside its content: keys, ids and times."""

TEXT_KINDS = ("prose", "reasoning")


class ViewChanges(msgspec.Struct):
    """What a batch of events did to the entries of a view.

    A mirror of the view applies it in this order, since an id may be used again once its entry is
    gone: take the whole view where `reset`; else delete `removed`, then `dropped` entries from the
    head, then replace or append each of `changed`.
    """

    changed: dict[str, Entry] = msgspec.field(default_factory=dict)
    """Changed and new entries by id; new ones stand at the end of the view, in this order."""
    added: set[str] = msgspec.field(default_factory=set)
    """The ids in `changed` that are new."""
    removed: list[str] = msgspec.field(default_factory=list)
    """Ids of withdrawn entries from before this batch."""
    dropped: int = 0
    """Entries from before this batch that the bounds dropped from the head."""
    reset: bool = False
    """The entries were replaced as a whole; nothing else counts."""

    def add(self, entry: Entry) -> None:
        """Note a new entry."""
        self.added.add(entry.id)
        self.changed[entry.id] = entry

    def withdraw(self, entry_id: str) -> None:
        """Note that an entry was withdrawn."""
        if self._was_known(entry_id):
            self.removed.append(entry_id)

    def drop(self, entry_id: str) -> None:
        """Note that the first entry was dropped."""
        if self._was_known(entry_id):
            self.dropped += 1

    def _was_known(self, entry_id: str) -> bool:
        """Forget an entry that is gone; False where it came and went within this batch.

        Nobody has seen such an entry, and the id may be that of an older one which is gone too.
        """
        self.changed.pop(entry_id, None)
        if entry_id in self.added:
            self.added.remove(entry_id)
            return False
        return True


class Rows:
    """The entries of one view, with indexes."""

    def __init__(self, view: ReadView, changes: ViewChanges | None = None) -> None:
        """Index `view`'s entries; with `changes`, note there what happens to them."""
        self.view = view
        self.changes = changes
        self.open: Entry | None = None
        """The row that text without a correlation id goes on in."""
        self.running: dict[str, Entry] = {}
        """Running tool calls and code blocks by their key."""
        self.unsettled = 0
        """Entries at the end that no commit stands behind yet."""
        self.size = 0
        """Bytes that all entries count."""
        self._ids: set[str] = set()
        self._by_key: dict[tuple[EntryKind, str], Entry] = {}
        for row in view.entries:
            self._ids.add(row.id)
            self.size += entry_size(row)
            self.unsettled = 0 if row.settled else self.unsettled + 1
            if row.state == "running":
                self.running[key_of(row)] = row
            if not row.settled:
                self._by_key[row.kind, key_of(row)] = row
                if row.kind in TEXT_KINDS and row.ended_at is None:
                    self.open = row

    def find(self, kind: EntryKind, key: str) -> Entry | None:
        """The newest unsettled row of this kind and key."""
        return self._by_key.get((kind, key))

    def add(self, row: Entry, *, running: bool = False) -> None:
        """Append a row, closing the open one. Its id becomes unique, its key stays what it was."""
        self.close(row.started_at)
        key = row.id
        if row.id in self._ids:
            row.id = f"{row.id}#{row.position}"
        while row.id in self._ids:
            row.id += "+"
        if row.id != key:
            row.correlation_id = key
        self._ids.add(row.id)
        self.view.entries.append(row)
        self.size += entry_size(row)
        if row.settled:
            self.unsettled = 0
        else:
            self.unsettled += 1
            self._by_key[row.kind, key] = row
        if self.changes is not None:
            self.changes.add(row)
        if running:
            before = self.running.get(key)
            if before is not None:
                # Its end can't be told from the new one's any more.
                before.state = "cancelled"
                self.note(before)
            row.state = "running"
            self.running[key] = row

    def write(self, row: Entry, text: str, at: int | None) -> None:
        """More text for a row, which is the open one from now on."""
        # The local name must be the only one: then Python extends the string in place.
        whole, row.text = row.text or "", None
        whole += text
        row.text = whole
        self.size += size_of_text(text)
        self.open_row(row, at)

    def open_row(self, row: Entry, at: int | None) -> None:
        """Make `row` the open one."""
        if row is not self.open:
            self.close(at)
            self.open = row
        row.ended_at = None
        self.note(row)

    def close(self, at: int | None) -> None:
        """Close the open row, if there is one."""
        if self.open is not None:
            # 0 where nobody told a time: what matters is that it is closed.
            self.open.ended_at = at if at is not None else self.open.started_at or 0
            self.note(self.open)
            self.open = None

    def settle(self, at: int | None) -> None:
        """Close and settle all that is not settled yet."""
        self.close(at)
        for row in self.tail():
            row.settled = True
            self.note(row)
        self.unsettled = 0
        self._by_key.clear()

    def tail(self) -> list[Entry]:
        """The unsettled entries."""
        return self.view.entries[len(self.view.entries) - self.unsettled :]

    def withdraw(self, keys: set[str]) -> None:
        """Remove the unsettled rows of text with these keys; a retry told after them says so."""
        tail = self.tail()
        kept = [row for row in tail if row.kind not in TEXT_KINDS or key_of(row) not in keys]
        if len(kept) == len(tail):
            return
        first: dict[str | None, int] = {}
        for row in tail:
            if row.kind in TEXT_KINDS and key_of(row) in keys:
                first.setdefault(row.parent, row.position)
                self._forget(row)
                if self.changes is not None:
                    self.changes.withdraw(row.id)
        for parent, position in first.items():
            self._mark_retry(kept, parent, position)
        self.view.entries[len(self.view.entries) - self.unsettled :] = kept
        self.unsettled = len(kept)

    def _mark_retry(self, rows: list[Entry], parent: str | None, after: int) -> None:
        """The newest retry of `parent` told after n `after`: its attempt's text is withdrawn."""
        for row in reversed(rows):
            if row.position <= after:
                return
            if row.kind == "retry" and row.parent == parent and isinstance(row.output, dict):
                self.size -= entry_size(row)
                row.output = {**row.output, "withdrawn": True}
                self.size += entry_size(row)
                self.note(row)
                return

    def note(self, row: Entry) -> None:
        """Remember that `row` is new or has changed."""
        if self.changes is not None:
            self.changes.changed[row.id] = row

    def _forget(self, row: Entry) -> None:
        """Take a row that leaves the view out of everything derived."""
        self.size -= entry_size(row)
        self._ids.discard(row.id)
        key = key_of(row)
        if self._by_key.get((row.kind, key)) is row:
            del self._by_key[row.kind, key]
        if self.running.get(key) is row:
            del self.running[key]
        if self.open is row:
            self.open = None

    def enforce_bounds(self) -> None:
        """Drop the oldest entries until the view keeps its own bounds; the last one stays."""
        view = self.view
        if len(view.entries) <= view.max_entries and self.size <= view.max_bytes:
            return
        drop = 0
        last = len(view.entries) - 1
        while drop < last and (
            len(view.entries) - drop > view.max_entries or self.size > view.max_bytes
        ):
            self._forget(view.entries[drop])
            if self.changes is not None:
                self.changes.drop(view.entries[drop].id)
            drop += 1
        if drop:
            del view.entries[:drop]
            self.unsettled = min(self.unsettled, len(view.entries))
            view.dropped_entries += drop
            view.complete = False
        if self.size > view.max_bytes:
            self._cut_head(view.entries[-1])

    def _cut_head(self, row: Entry) -> None:
        """One row alone is over the bound: keep the newer part of its text."""
        text = row.text or ""
        # A character is at most 4 bytes, so an eighth of the bound in characters is half of it.
        keep = min(len(text) // 2, max(1, self.view.max_bytes // 8))
        if not text or keep >= len(text):
            return
        self.size -= entry_size(row)
        row.text = text[len(text) - keep :]
        row.cut_chars += len(text) - keep
        self.view.complete = False
        self.size += entry_size(row)
        self.note(row)


def key_of(row: Entry) -> str:
    """What events call this row: its correlation id."""
    return row.correlation_id or row.id


def entry_size(row: Entry) -> int:
    """Bytes that a row counts against its view's bound."""
    size = ENTRY_BYTES
    if row.text:
        size += size_of_text(row.text)
    if row.args is not None:
        size += size_of_value(row.args)
    if row.output is not None:
        size += size_of_value(row.output)
    return size


def short_key(text: str | None) -> str | None:
    """A key as rows keep it: bounded, None for the empty one."""
    return short(text) or None
