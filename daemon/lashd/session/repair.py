"""What the fold relies on in a view that it has not made itself: a publisher's, another program's.

Such a view decodes and may be odd all the same. It is put in order before the first event, so that
no event meets what can't be, and a copy of the view goes on like the original. Nothing changes in a
view that a fold has made.
"""

from __future__ import annotations

from lashd.session.landmarks import end_question, is_asked
from lashd.session.view import Entry, EntryKind
from lashd.short import SMALL, short

TEXT_KINDS: tuple[EntryKind, ...] = ("prose", "reasoning")
"""Kinds of entries that deltas write, and that can be withdrawn."""

MAX_ID = 2 * SMALL
"""Characters of an entry's id: a key, and what makes it unique."""


def key_of(entry: Entry) -> str:
    """What events call this entry: its correlation id."""
    return entry.correlation_id or entry.id


def repair_entries(entries: list[Entry]) -> bool:
    """Put `entries` in order; True if that changed any.

    Ids are unique, names are short, all that stands before a settled entry is settled, one text at
    most is open, one question at most is asked, and no two running calls have one key.
    """
    changed = _shorten(entries)
    changed = _make_unique(entries) or changed
    taken: set[str] = set()
    settled = opened = asked = False
    for entry in reversed(entries):
        if entry.settled:
            settled = True
        elif settled:
            entry.settled = changed = True
        elif entry.kind in TEXT_KINDS and entry.ended_at is None:
            if opened:
                entry.ended_at, changed = entry.started_at or 0, True
            opened = True
        elif is_asked(entry):
            if asked:
                end_question(entry, None)
                changed = True
            asked = True
        if entry.state == "running":
            key = key_of(entry)
            if key in taken:
                entry.state, changed = "cancelled", True
            taken.add(key)
    return changed


def _shorten(entries: list[Entry]) -> bool:
    changed = False
    for entry in entries:
        if (
            len(entry.id) > MAX_ID
            or (entry.name is not None and len(entry.name) > SMALL)
            or (entry.parent is not None and len(entry.parent) > SMALL)
            or (entry.correlation_id is not None and len(entry.correlation_id) > SMALL)
        ):
            entry.id = short(entry.id, MAX_ID) or ""
            entry.name, entry.parent = short(entry.name), short(entry.parent)
            entry.correlation_id = short(entry.correlation_id)
            changed = True
    return changed


def _make_unique(entries: list[Entry]) -> bool:
    ids = {entry.id for entry in entries}
    if len(ids) == len(entries):
        return False
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if entry.id in seen:
            # With its number, so that thousands of one id don't try the same names in turn.
            entry.correlation_id = short(key_of(entry))
            entry.id = f"{short(entry.id)}#{entry.position}.{number}"
            while entry.id in ids:
                entry.id += "+"
            ids.add(entry.id)
        seen.add(entry.id)
    return True
