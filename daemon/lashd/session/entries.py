"""The entries of a view: adding, closing, settling and dropping them, and finding them again.

Everything kept here beside the view is derived from the view (`Entries.__init__`), so a copy of the
view continues like the original. At most one entry of text is open: the one written last.
"""

from __future__ import annotations

import msgspec

from lashd.session.clip import size_of_text, size_of_value
from lashd.session.events import JsonValue
from lashd.session.view import Entry, EntryKind, ReadView
from lashd.short import short

ENTRY_BYTES = 256
"""What an entry counts beside its content: keys, ids and times."""

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


class Entries:
    """The entries of one view, with indexes."""

    def __init__(self, view: ReadView, changes: ViewChanges | None = None) -> None:
        """Index the entries of `view`; with `changes`, record there what happens to them."""
        self.view = view
        self.changes = changes
        self.open: Entry | None = None
        """The entry that text without a correlation id is appended to."""
        self.running: dict[str, Entry] = {}
        """Running tool calls and code blocks by their key."""
        self.unsettled = 0
        """Entries at the end that came after the last commit."""
        self.size = 0
        """Bytes that all entries count; see `entry_size`."""
        self._ids: set[str] = set()
        self._by_key: dict[tuple[EntryKind, str], Entry] = {}
        for entry in view.entries:
            self._ids.add(entry.id)
            self.size += entry_size(entry)
            self.unsettled = 0 if entry.settled else self.unsettled + 1
            if entry.state == "running":
                self.running[key_of(entry)] = entry
            if not entry.settled:
                self._by_key[entry.kind, key_of(entry)] = entry
                if entry.kind in TEXT_KINDS and entry.ended_at is None:
                    self.open = entry

    def find(self, kind: EntryKind, key: str) -> Entry | None:
        """The newest unsettled entry of this kind and key."""
        return self._by_key.get((kind, key))

    def add(self, entry: Entry, *, running: bool = False) -> None:
        """Append an entry and close the open one. Its id is made unique; its key stays the same."""
        self.close(entry.started_at)
        key = entry.id
        if entry.id in self._ids:
            entry.id = f"{entry.id}#{entry.position}"
        while entry.id in self._ids:
            entry.id += "+"
        if entry.id != key:
            entry.correlation_id = key
        self._ids.add(entry.id)
        self.view.entries.append(entry)
        self.size += entry_size(entry)
        if entry.settled:
            self.unsettled = 0
        else:
            self.unsettled += 1
            self._by_key[entry.kind, key] = entry
        if self.changes is not None:
            self.changes.add(entry)
        if running:
            before = self.running.get(key)
            if before is not None:
                # Nothing distinguishes its end from the end of the new one.
                before.state = "cancelled"
                self.note(before)
            entry.state = "running"
            self.running[key] = entry

    def write(self, entry: Entry, text: str, at: int | None) -> None:
        """More text for an entry, which is the open one from now on."""
        # The local name must be the only one: then Python extends the string in place.
        whole, entry.text = entry.text or "", None
        whole += text
        entry.text = whole
        self.size += size_of_text(text)
        self.open_entry(entry, at)

    def open_entry(self, entry: Entry, at: int | None) -> None:
        """Make `entry` the open one."""
        if entry is not self.open:
            self.close(at)
            self.open = entry
        entry.ended_at = None
        self.note(entry)

    def close(self, at: int | None) -> None:
        """Close the open entry, if there is one."""
        if self.open is not None:
            # 0 where no time is known: what matters is that it is closed.
            self.open.ended_at = at if at is not None else self.open.started_at or 0
            self.note(self.open)
            self.open = None

    def settle(self, at: int | None) -> None:
        """Close and settle all that is not settled yet."""
        self.close(at)
        for entry in self.tail():
            entry.settled = True
            self.note(entry)
        self.unsettled = 0
        self._by_key.clear()

    def tail(self) -> list[Entry]:
        """The unsettled entries."""
        return self.view.entries[len(self.view.entries) - self.unsettled :]

    def withdraw(self, keys: set[str]) -> None:
        """Remove the unsettled text with these keys, and mark the retry that came after it."""
        tail = self.tail()
        kept = [
            entry for entry in tail if entry.kind not in TEXT_KINDS or key_of(entry) not in keys
        ]
        if len(kept) == len(tail):
            return
        first: dict[str | None, int] = {}
        for entry in tail:
            if entry.kind in TEXT_KINDS and key_of(entry) in keys:
                first.setdefault(entry.parent, entry.position)
                self._forget(entry)
                if self.changes is not None:
                    self.changes.withdraw(entry.id)
        for parent, position in first.items():
            self._mark_retry(kept, parent, position)
        self.view.entries[len(self.view.entries) - self.unsettled :] = kept
        self.unsettled = len(kept)

    def _mark_retry(self, entries: list[Entry], parent: str | None, after: int) -> None:
        """Mark the newest retry of `parent` after event `after`: its attempt is withdrawn."""
        for entry in reversed(entries):
            if entry.position <= after:
                return
            if entry.kind == "retry" and entry.parent == parent and isinstance(entry.output, dict):
                self.replace_output(entry, {**entry.output, "withdrawn": True})
                return

    def replace_args(self, entry: Entry, args: JsonValue) -> None:
        """Give an entry other arguments."""
        self.size += size_of_value(args) - size_of_value(entry.args)
        entry.args = args
        self.note(entry)

    def replace_output(self, entry: Entry, output: JsonValue) -> None:
        """Give an entry another output."""
        self.size += size_of_value(output) - size_of_value(entry.output)
        entry.output = output
        self.note(entry)

    def note(self, entry: Entry) -> None:
        """Remember that `entry` is new or has changed."""
        if self.changes is not None:
            self.changes.changed[entry.id] = entry

    def _forget(self, entry: Entry) -> None:
        """Remove an entry that leaves the view from everything derived."""
        self.size -= entry_size(entry)
        self._ids.discard(entry.id)
        key = key_of(entry)
        if self._by_key.get((entry.kind, key)) is entry:
            del self._by_key[entry.kind, key]
        if self.running.get(key) is entry:
            del self.running[key]
        if self.open is entry:
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

    def _cut_head(self, entry: Entry) -> None:
        """One entry alone is over the bound: keep the newer part of its text."""
        text = entry.text or ""
        # A character is at most 4 bytes, so an eighth of the bound in characters is half of it.
        keep = min(len(text) // 2, max(1, self.view.max_bytes // 8))
        if not text or keep >= len(text):
            return
        start = len(text) - keep
        if entry.format is not None:
            # At a line's beginning, so that no sequence is cut in two.
            start = text.find("\n", start, start + keep // 2) + 1 or start
        self.size -= entry_size(entry)
        entry.text = text[start:]
        entry.cut_chars += start
        self.view.complete = False
        self.size += entry_size(entry)
        self.note(entry)


def key_of(entry: Entry) -> str:
    """What events call this entry: its correlation id."""
    return entry.correlation_id or entry.id


def entry_size(entry: Entry) -> int:
    """Bytes that an entry counts against its view's bound."""
    size = ENTRY_BYTES
    if entry.text:
        size += size_of_text(entry.text)
    if entry.args is not None:
        size += size_of_value(entry.args)
    if entry.output is not None:
        size += size_of_value(entry.output)
    return size


def short_key(text: str | None) -> str | None:
    """A key as entries keep it: bounded, None for the empty one."""
    return short(text) or None
