"""What came since the reader left: entries, the rest of entries, calls that ended. Pure.

Within one incarnation the cursor's position tells what is new; in a restored view positions differ,
and the last entry that was there is known by its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.saved.place import MAX_OPEN, OpenEntry, Place
from lashtui.text.awaited import is_open_question
from lashtui.text.format import plural

if TYPE_CHECKING:
    from lashd.view import Entry, ReadView

LOOKED_AT: Final = 200
"""Entries at the end that may have been growing: a place is taken with every frame."""
_TEXTUAL: Final = ("prose", "reasoning")


class Grown(msgspec.Struct, frozen=True):
    """An entry whose text has grown."""

    id: str
    chars: int
    """How much of it had been read; see `OpenEntry`."""


class Since(msgspec.Struct, frozen=True):
    """What came since. Times and order are those of the view."""

    new: Sequence[Entry]
    """Entries that began since."""
    before: Entry | None
    """The last one that had begun."""
    grown: Sequence[Grown] = ()
    finished: Sequence[Entry] = ()
    """Calls that ran then and don't any more."""

    @property
    def entries(self) -> int:
        """How many began. Commits are not counted: a reader who stayed isn't shown a count of them
        either."""
        return sum(entry.kind != "commit" for entry in self.new)

    @property
    def is_any(self) -> bool:
        """Whether anything came that is seen."""
        return bool(self.new or self.grown or self.finished)

    def sentence(self, *, inside: bool) -> str:
        """The divider's text. `inside`: it stands in the first entry that has grown."""
        parts = ["new since you left"]
        if self.grown and not inside:
            parts.append("continued")
        elif len(self.grown) > 1:
            parts.append(f"{len(self.grown)} continued")
        if self.finished:
            parts.append(f"{len(self.finished)} finished")
        if self.entries:
            parts.append(plural(self.entries, "entry", "entries"))
        return " · ".join(parts)


def place_in(view: ReadView, at: int | None = None) -> Place:
    """The place of a reader who has seen all of `view` at the time `at`."""
    entries = view.entries
    found: list[OpenEntry] = []
    # Not only the open one: text that is named may go on after another entry. In one pass, because
    # it is asked with every frame, and most entries are neither.
    left = [
        entry
        for entry in islice(reversed(entries), LOOKED_AT)
        if not entry.settled or entry.state == "running"
    ]
    for entry in left:
        if len(found) == MAX_OPEN:
            break
        if entry.kind in _TEXTUAL and not entry.settled:
            found.append(OpenEntry(digest(entry), entry.cut_chars + len(entry.text or "")))
        elif _is_pending(entry):
            found.append(OpenEntry(digest(entry)))
    last = digest(entries[-1]) if entries else None
    return Place(at, last, tuple(reversed(found)), cost_of(view))


def since(view: ReadView, place: Place | None, position: int | None) -> Since | None:
    """What came after `position` and `place`; None if neither says.

    `position` is None where the view's positions have nothing to do with those of the place.
    """
    entries = view.entries
    if position is not None:
        at = len(entries) - 1
        while at >= 0 and entries[at].position > position:
            at -= 1
        new = [entry for entry in entries if entry.position > position]
    else:
        found = _find(entries, place.last) if place is not None else None
        if found is None:
            return None
        at, new = found, entries[found + 1 :]
    left = {known.key: known for known in place.open} if place is not None else {}
    grown: list[Grown] = []
    finished: list[Entry] = []
    for entry in entries[max(0, at + 1 - LOOKED_AT) : at + 1] if left else ():
        known = left.get(digest(entry))
        if known is None:
            continue
        if known.chars is None:
            if not _is_pending(entry):
                finished.append(entry)
        elif entry.cut_chars + len(entry.text or "") > known.chars:
            grown.append(Grown(entry.id, known.chars))
    return Since(new, entries[at] if at >= 0 else None, grown, finished)


def cost_of(view: ReadView) -> float | None:
    """What the session has cost so far in dollars, where it is told."""
    cost = view.usage.get("total", {}).get("cost_usd")
    return float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) else None


def digest(entry: Entry) -> str:
    """What an entry is known by, in any view of its session, without any of its text.

    A session that begins again may use the same ids; it began later.
    """
    known = f"{entry.id}\0{entry.kind}\0{entry.started_at}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(known).hexdigest()[:16]


def _is_pending(entry: Entry) -> bool:
    return entry.state == "running" or is_open_question(entry)


def _find(entries: Sequence[Entry], key: str | None) -> int | None:
    if key is None:
        return None
    return next((at for at in range(len(entries) - 1, -1, -1) if digest(entries[at]) == key), None)
