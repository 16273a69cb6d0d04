"""What a reader missed: gaps, what is new since they left, and the dividers for both. Pure.

Two readers can miss something: one whose running app lost the connection, and one who comes back
with a saved cursor. For both, a `gap` means that events can't be replayed; the view itself comes
from a snapshot, which may still be complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from lashd.cursor import ParsedSessionCursor
from lashd.view import Entry, ReadView
from lashtui.feed.divider import Divider
from lashtui.feed.since import Since, since
from lashtui.saved.place import Place
from lashtui.text.format import plural, time_span

Reason: TypeAlias = Literal["trimmed", "unavailable"]

QUIET_FOR = 10.0
"""Seconds for which a gap that cost nothing is announced: long enough to read its sentence."""
MAX_DIVIDERS = 100
"""Dividers kept: nobody can make sense of more gaps than that."""


class GapFacts(msgspec.Struct, frozen=True):
    """What a gap cost the reader. Times are Unix milliseconds."""

    reason: Reason
    lost: int | None
    complete: bool
    """Whether the snapshot holds the session from its start."""
    restarted: bool = False
    """Whether another daemon process answers than before."""
    from_at: int | None = None
    to_at: int | None = None
    """When the missing events happened, as far as the daemon knows."""

    @classmethod
    def reported(
        cls,
        reason: Reason,
        record: Mapping[str, Any],
        view: ReadView,
        *,
        restarted: bool = False,
    ) -> GapFacts:
        """A gap before `view`, as a `gap` record or a cursor's report describes it."""
        return cls(
            reason,
            record.get("lost"),
            view.complete,
            restarted,
            from_at=_milliseconds(record.get("from_at")),
            to_at=_milliseconds(record.get("to_at")),
        )

    @property
    def sentence(self) -> str:
        """The banner's text."""
        span = time_span(self.from_at, self.to_at)
        return f"{self._what} · {span}" if span else self._what

    @property
    def _what(self) -> str:
        if self.reason == "unavailable":
            text = f"history unavailable: {self._cause}"
            return text if self.complete else f"{text}; transcript incomplete"
        events = "events" if self.lost is None else plural(self.lost, "event")
        whole = "complete" if self.complete else "incomplete"
        return f"history trimmed: {events} can't be replayed; transcript {whole}"

    @property
    def divider(self) -> str:
        """The divider's text."""
        if self.reason == "unavailable":
            return f"gap: {self._cause}"
        text = f"gap: {plural(self.lost, 'event')} trimmed" if self.lost else "gap: history trimmed"
        span = time_span(self.from_at, self.to_at)
        return f"{text} · {span}" if span else text

    @property
    def _cause(self) -> str:
        return "the daemon was restarted" if self.restarted else "the session was restarted"

    def after(self, earlier: GapFacts | None) -> GapFacts:
        """This gap and an earlier one that the reader has not dismissed, as one."""
        if (
            earlier is None
            or earlier.reason != self.reason
            or earlier.lost is None
            or self.lost is None
        ):
            return self
        both, began = earlier.lost + self.lost, earlier.from_at or self.from_at
        return msgspec.structs.replace(self, lost=both, from_at=began)


class Absence(msgspec.Struct, frozen=True):
    """What a reader who is back was away from."""

    since: Since
    place: Place | None = None
    """What was there when they left, as far as it is known."""


class MissedHistory:
    """What this reader has missed of one session.

    Attributes:
        gap: the last gap that the reader has not dismissed.
        absence: what came since the reader left, until `take_absence`.
        new_since: the same, until they have seen where it begins.
        dividers: those of the transcript, in the order in which they were placed.
    """

    def __init__(self) -> None:
        self.gap: GapFacts | None = None
        self.absence: Absence | None = None
        self.new_since: Since | None = None
        self.dividers: list[Divider] = []
        self._gap_shown: float | None = None
        self._saved: ParsedSessionCursor | None = None
        self._place: Place | None = None
        self._report: Mapping[str, Any] = {}
        self._announced: Mapping[str, Any] | None = None

    @property
    def has_new(self) -> bool:
        """Whether a divider marks what is new since the reader left."""
        return any(divider.kind == "new" for divider in self.dividers)

    def resume_from(
        self, saved: ParsedSessionCursor, report: Mapping[str, Any], place: Place | None = None
    ) -> None:
        """Where the reader left, and the daemon's report on what that cursor can still do."""
        self._saved, self._report, self._place = saved, report, place

    def announce(self, record: Mapping[str, Any]) -> None:
        """A `gap` record: the snapshot that it announces comes next."""
        self._announced = record

    def snapshot(self, old: ReadView | None, new: ReadView, tail: ParsedSessionCursor) -> None:
        """A snapshot replaces the view `old` by `new`, which goes up to `tail`."""
        announced, self._announced = self._announced, None
        if old is None:
            if self._saved is not None:
                self._reattached(self._saved, new, tail)
            return
        moved = (_carry(divider, old, new) for divider in self.dividers)
        self.dividers = [divider for divider in moved if divider is not None]
        if announced is not None:
            self._missed(announced, old, new)

    def came_back(
        self, view: ReadView, read: ParsedSessionCursor, place: Place | None = None
    ) -> None:
        """The reader looked elsewhere after `read`, and looks again: mark what arrived since."""
        self.dividers = [divider for divider in self.dividers if divider.kind != "new"]
        self._mark_new(view, since(view, place, read.n), place, read.n)

    def take_absence(self) -> Absence | None:
        """What the reader was away from; only once."""
        absence, self.absence = self.absence, None
        return absence

    def gap_at(self, now: float) -> GapFacts | None:
        """The gap to be shown at `now`, in seconds. One that cost nothing goes by itself."""
        if self.gap is None or not self.gap.complete:
            self._gap_shown = None
            return self.gap
        if self._gap_shown is None:
            self._gap_shown = now
        if now - self._gap_shown >= QUIET_FOR:
            self.dismiss_gap()
        return self.gap

    @property
    def ticks(self) -> bool:
        """Whether `gap_at` changes with the clock alone."""
        return self.gap is not None and self.gap.complete

    def dismiss_gap(self) -> None:
        """The reader has read about the gap. Its divider stays."""
        self.gap = self._gap_shown = None

    def dismiss_new(self) -> None:
        """The reader has been where the new entries begin. The divider stays."""
        self.new_since = None

    def _missed(self, record: Mapping[str, Any], old: ReadView, new: ReadView) -> None:
        """A gap in a running app: a divider after what was there before it."""
        one = record.get("lost") == record.get("skipped") == 1
        if one and new.turn_index == old.turn_index + 1:
            # The one event is a commit that carried its own read view, which is `new`.
            return
        reason: Reason = "trimmed" if record.get("reason") == "trimmed" else "unavailable"
        restarted = old.incarnation != new.incarnation
        facts = GapFacts.reported(reason, record, new, restarted=restarted)
        self.gap, self._gap_shown = facts.after(self.gap), None
        last = old.entries[-1] if old.entries else None
        here = Divider(
            "gap",
            facts.divider,
            last.position if last else 0,
            last.id if last else None,
            muted=facts.complete,
        )
        # If nothing of the old view is left, everything in the new one came after the gap.
        placed = _carry(here, old, new) or Divider("gap", facts.divider, 0, muted=facts.complete)
        self.dividers = [*self.dividers[1 - MAX_DIVIDERS :], placed]

    def _reattached(
        self, saved: ParsedSessionCursor, view: ReadView, tail: ParsedSessionCursor
    ) -> None:
        """The first snapshot of a reader who was here before: what is new, and is it all there."""
        reason = self._report.get("reason")
        restarted = saved.incarnation != tail.incarnation
        unavailable = restarted or saved.n > tail.n or reason == "unavailable"
        if unavailable:
            self.gap = GapFacts("unavailable", None, view.complete, restarted)
        elif reason == "trimmed":
            self.gap = GapFacts.reported("trimmed", self._report, view)
        # Positions of another incarnation say nothing about what was read.
        known_to = -1 if unavailable else saved.n
        whole = _restored_at_once(view.entries, known_to)
        by_position = not unavailable and whole is None
        found = since(view, self._place, saved.n if by_position else None)
        if found is not None and not by_position:
            self._mark_new(view, found, self._place, None)
        elif found is not None and tail.n > saved.n:
            self._mark_new(view, found, self._place, saved.n)
        if self.gap is not None and not (self.gap.complete and self.has_new):
            # Nothing is lost: one rule says where the reader was, that is enough.
            before = found.before if found is not None else whole
            before = before or whole or entry_before(view.entries, known_to)
            at = before.position if before else max(0, known_to)
            anchor = before.id if before else None
            gap = Divider("gap", self.gap.divider, at, anchor, muted=self.gap.complete)
            self.dividers.insert(0, gap)

    def _mark_new(
        self, view: ReadView, found: Since | None, place: Place | None, read: int | None
    ) -> None:
        """Mark where what is new begins: in the first entry that has grown, else after the last."""
        if found is None or (place is not None and not found.is_any):
            return
        self.new_since, self.absence = found, Absence(found, place)
        before = found.before
        if read is None:
            read = before.position if before else 0
        if found.grown:
            first = found.grown[0]
            divider = Divider(
                "new",
                found.sentence(inside=True),
                read,
                first.id,
                chars=first.chars,
                outside=found.sentence(inside=False),
            )
        else:
            text = found.sentence(inside=False)
            divider = Divider("new", text, read, before.id if before else None)
        self.dividers.append(divider)


def _milliseconds(value: object) -> int | None:
    return value if isinstance(value, int) else None


def entry_before(entries: Sequence[Entry], position: int) -> Entry | None:
    """The last entry that began at `position` or before."""
    return next((entry for entry in reversed(entries) if entry.position <= position), None)


def _restored_at_once(entries: Sequence[Entry], position: int) -> Entry | None:
    """The last of the entries that a publisher restored together after `position`, if it did.

    They share one position, so the ones that the reader had seen can't be told from the others.
    """
    later = [entry for entry in entries if entry.position > position]
    if len(later) < 2 or later[0].position != later[1].position:
        return None
    return entry_before(later, later[0].position)


def _carry(divider: Divider, old: ReadView, new: ReadView) -> Divider | None:
    """`divider` at its place in another view; None if that place is not in it any more.

    Within one incarnation positions hold; a restored view has others, but keeps the entries' ids.
    """
    if old.incarnation == new.incarnation:
        return divider
    if divider.anchor is None:
        return msgspec.structs.replace(divider, position=0)
    for entry in reversed(new.entries):
        if entry.id == divider.anchor:
            return msgspec.structs.replace(divider, position=entry.position)
    return None
