"""The entries of a view: adding, closing, settling and dropping them, and finding them again.

Everything kept here beside the view is derived from the view (`Entries.__init__`), so a copy of the
view continues like the original. At most one entry of text is open: the one written last.

An event's work doesn't grow with the view: what it needs is found through an index, and what goes
over several entries (settling, withdrawing, dropping) meets each of them once in its life.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from sys import getsizeof
from typing import TypeAlias

import msgspec

from lashd.session.clip import size_of_text, size_of_value
from lashd.session.events import JsonValue
from lashd.session.landmarks import Landmarks, end_question
from lashd.session.repair import TEXT_KINDS, key_of, repair_entries
from lashd.session.view import MAX_WHOLE, Entry, EntryKind, ReadView
from lashd.short import short

ENTRY_BYTES = 256
"""What an entry counts beside its content: keys, times, and ids and names that are short."""
SHORT_NAME = 16
"""Characters of an id or a name that counts nothing of its own; longer ones count their bytes."""

_Group: TypeAlias = tuple[EntryKind, str | None, str | None]
"""Calls that can stand for one another: kind, parent and name."""


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
        """Index the entries of `view`; with `changes`, record there what happens to them.

        Entries that no fold has made are put in order first.
        """
        self.view = view
        self.changes = changes
        if repair_entries(view.entries) and changes is not None:
            changes.reset = True
        self.open: Entry | None = None
        """The entry that text without a correlation id is appended to."""
        self.running: dict[str, Entry] = {}
        """Running tool calls and code blocks by their key."""
        self.unsettled = 0
        """Entries at the end that came after the last commit."""
        self.size = 0
        """Bytes that all entries count; see `entry_size`."""
        self.wide = 0
        """Bytes that their texts take in memory beyond those that they count."""
        self.landmarks = Landmarks()
        self._groups: dict[_Group, list[tuple[int, str]]] = {}
        """The running calls of each group, as rank and key, the oldest first."""
        self._ranks: dict[str, int] = {}
        """By id a number that grows along the view: it finds an entry's place."""
        self._next_rank = 0
        self._by_key: dict[tuple[EntryKind, str], Entry] = {}
        """The newest unsettled entry of each kind and key."""
        self._older: dict[tuple[EntryKind, str], deque[Entry]] = {}
        """Unsettled text before the newest of its kind and key, in order."""
        self._retries: dict[str | None, Entry] = {}
        """The newest unsettled retry of each parent."""
        for entry in view.entries:
            self._rank(entry)
            self.landmarks.add(entry)
            self.size += entry_size(entry)
            self.wide += _wideness(entry.text)
            if entry.state == "running":
                self._start(entry)
            if not entry.settled:
                self.unsettled += 1
                self._index(entry)
                if entry.kind in TEXT_KINDS and entry.ended_at is None:
                    self.open = entry

    def find(self, kind: EntryKind, key: str) -> Entry | None:
        """The newest unsettled entry of this kind and key."""
        return self._by_key.get((kind, key))

    def oldest_running(self, kind: EntryKind, parent: str | None, name: str | None) -> str | None:
        """The key of the oldest running call like this; a code block has no name."""
        group = self._groups.get((kind, parent, name))
        return group[0][1] if group else None

    def add(self, entry: Entry, *, running: bool = False) -> None:
        """Append an entry and close the open one. Its id is made unique; its key stays the same."""
        self.close(entry.started_at)
        key = entry.id
        if entry.id in self._ranks:
            entry.id = f"{entry.id}#{entry.position}"
        while entry.id in self._ranks:
            entry.id += "+"
        if entry.id != key:
            entry.correlation_id = key
        self._rank(entry)
        self.landmarks.add(entry)
        self.view.entries.append(entry)
        self.size += entry_size(entry)
        self.wide += _wideness(entry.text)
        if entry.settled:
            self.unsettled = 0
        else:
            self.unsettled += 1
            self._index(entry)
        if self.changes is not None:
            self.changes.add(entry)
        if running:
            before = self.running.get(key)
            if before is not None:
                # Nothing distinguishes its end from the end of the new one.
                self.stop(before)
                before.state = "cancelled"
                self.note(before)
            entry.state = "running"
            self._start(entry)

    def stop(self, entry: Entry) -> None:
        """A running call runs no more; its state is the caller's to set."""
        key = key_of(entry)
        if self.running.get(key) is not entry:
            return
        del self.running[key]
        self.landmarks.stop(entry)
        self._ungroup(entry, key)

    def stop_all(self) -> list[Entry]:
        """Nothing runs any more; the calls that did."""
        stopped = list(self.running.values())
        self.running, self._groups = {}, {}
        self.landmarks.stop_all()
        return stopped

    def rename(self, entry: Entry, name: str | None) -> None:
        """Give an entry another name."""
        key = key_of(entry)
        running = self.running.get(key) is entry
        if running:
            self._ungroup(entry, key)
        self.size += size_of_name(name) - size_of_name(entry.name)
        entry.name = name
        if running:
            self._group(entry, key)

    def _start(self, entry: Entry) -> None:
        key = key_of(entry)
        self.running[key] = entry
        self.landmarks.start(entry)
        self._group(entry, key)

    def _group(self, entry: Entry, key: str) -> None:
        insort(self._groups.setdefault(_group_of(entry), []), (self._ranks[entry.id], key))

    def _ungroup(self, entry: Entry, key: str) -> None:
        name = _group_of(entry)
        group = self._groups[name]
        del group[bisect_left(group, (self._ranks[entry.id], key))]
        if not group:
            del self._groups[name]

    def _rank(self, entry: Entry) -> None:
        self._ranks[entry.id] = self._next_rank
        self._next_rank += 1

    def _index(self, entry: Entry) -> None:
        """Make an unsettled entry the newest of its kind and key."""
        name = (entry.kind, key_of(entry))
        if entry.kind in TEXT_KINDS and name in self._by_key:
            self._older.setdefault(name, deque()).append(self._by_key[name])
        self._by_key[name] = entry
        if entry.kind == "retry" and isinstance(entry.output, dict):
            self._retries[entry.parent] = entry

    def write(self, entry: Entry, text: str, at: int | None) -> None:
        """More text for an entry, which is the open one from now on."""
        # The local name must be the only one: then Python extends the string in place.
        whole, entry.text = entry.text or "", None
        held = getsizeof(whole)
        whole += text
        entry.text = whole
        size = size_of_text(text)
        self.size += size
        self.wide += getsizeof(whole) - held - size
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

    def end_question(self, at: int | None) -> None:
        """What a person was asked is asked no more."""
        asked, self.landmarks.question = self.landmarks.question, None
        if asked is not None:
            end_question(asked, at)
            self.note(asked)

    def settle(self, at: int | None) -> None:
        """Close and settle all that is not settled yet."""
        self.close(at)
        self.end_question(at)
        for entry in self.tail():
            entry.settled = True
            self.note(entry)
        self.unsettled = 0
        self._by_key.clear()
        self._older.clear()
        self._retries.clear()

    def tail(self) -> list[Entry]:
        """The unsettled entries."""
        return self.view.entries[len(self.view.entries) - self.unsettled :]

    def withdraw(self, keys: set[str]) -> None:
        """Remove the unsettled text with these keys, and mark the retry that came after it."""
        gone: list[Entry] = []
        for key in keys:
            for kind in TEXT_KINDS:
                newest = self._by_key.get((kind, key))
                if newest is not None:
                    gone += [*self._older.get((kind, key), ()), newest]
        gone.sort(key=lambda entry: self._ranks[entry.id])
        places = [self._place(entry) for entry in gone]
        first: dict[str | None, int] = {}
        for entry in gone:
            first.setdefault(entry.parent, entry.position)
            self._forget(entry)
            if self.changes is not None:
                self.changes.withdraw(entry.id)
        for place in reversed(places):
            del self.view.entries[place]
        self.unsettled -= len(gone)
        for parent, position in first.items():
            self._mark_retry(parent, position)

    def _place(self, entry: Entry) -> int:
        """Where in the view an entry stands."""
        ranks = self._ranks
        return bisect_left(self.view.entries, ranks[entry.id], key=lambda each: ranks[each.id])

    def _mark_retry(self, parent: str | None, after: int) -> None:
        """Mark the newest retry of `parent` after event `after`: its attempt is withdrawn."""
        retry = self._retries.get(parent)
        if retry is None or retry.position <= after or retry.output.get("withdrawn") is True:
            return
        self.replace_output(retry, {**retry.output, "withdrawn": True})

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
        self.wide -= _wideness(entry.text)
        self.stop(entry)
        self.landmarks.forget(entry)
        del self._ranks[entry.id]
        name = (entry.kind, key_of(entry))
        older = self._older.get(name)
        if older is not None and older[0] is entry:
            older.popleft()
            if not older:
                del self._older[name]
        elif self._by_key.get(name) is entry:
            del self._by_key[name]
        if self._retries.get(entry.parent) is entry:
            del self._retries[entry.parent]
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
            view.dropped_entries = min(view.dropped_entries + drop, MAX_WHOLE)
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
        self.wide -= _wideness(text)
        entry.text = text[start:]
        self.wide += _wideness(entry.text)
        entry.cut_chars = min(entry.cut_chars + start, MAX_WHOLE)
        self.view.complete = False
        self.size += entry_size(entry)
        self.note(entry)


def _group_of(entry: Entry) -> _Group:
    return entry.kind, entry.parent, entry.name if entry.kind == "tool" else None


def size_of_name(name: str | None) -> int:
    """Bytes that an id or a name counts beyond those that `ENTRY_BYTES` has for it."""
    if name is None or len(name) <= SHORT_NAME:
        return 0
    return size_of_text(name)


def _wideness(text: str | None) -> int:
    """Bytes that a text takes in memory beyond those in UTF-8; Python has up to four for each
    character, as many as the widest of the text needs."""
    return getsizeof(text) - size_of_text(text) if text else 0


def entry_size(entry: Entry) -> int:
    """Bytes that an entry counts against its view's bound."""
    size = ENTRY_BYTES + size_of_name(entry.id) + size_of_name(entry.correlation_id)
    size += size_of_name(entry.parent) + size_of_name(entry.name)
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
