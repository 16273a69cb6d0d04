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
from lashtui.text.format import plural, time_span

Reason: TypeAlias = Literal["trimmed", "unavailable"]

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


class NewSince(msgspec.Struct, frozen=True):
    """What arrived since the reader left."""

    entries: int
    """Entries that began since. Commits are not counted: a reader who stayed isn't shown a count
    of them either."""
    position: int
    """n of the saved cursor."""

    @property
    def sentence(self) -> str:
        """The divider's text. Without a count if only entries above the divider have grown."""
        if not self.entries:
            return "new since you left"
        return f"new since you left · {plural(self.entries, 'entry', 'entries')}"


class MissedHistory:
    """What this reader has missed of one session.

    Attributes:
        gap: the last gap that the reader has not dismissed.
        new_since: what is new since the reader left, until they have seen it.
        dividers: those of the transcript, in the order in which they were placed.
    """

    def __init__(self) -> None:
        self.gap: GapFacts | None = None
        self.new_since: NewSince | None = None
        self.dividers: list[Divider] = []
        self._saved: ParsedSessionCursor | None = None
        self._report: Mapping[str, Any] = {}
        self._announced: Mapping[str, Any] | None = None

    @property
    def has_new(self) -> bool:
        """Whether a divider marks what is new since the reader left."""
        return any(divider.kind == "new" for divider in self.dividers)

    def resume_from(self, saved: ParsedSessionCursor, report: Mapping[str, Any]) -> None:
        """Where the reader left, and the daemon's report on what that cursor can still do."""
        self._saved, self._report = saved, report

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

    def came_back(self, view: ReadView, read: ParsedSessionCursor) -> None:
        """The reader looked elsewhere after `read`, and looks again: mark what arrived since."""
        self.dividers = [divider for divider in self.dividers if divider.kind != "new"]
        self._mark_new(view, read.n)

    def dismiss_gap(self) -> None:
        """The reader has read about the gap. Its divider stays."""
        self.gap = None

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
        self.gap = facts.after(self.gap)
        last = old.entries[-1] if old.entries else None
        here = Divider(
            "gap", facts.divider, last.position if last else 0, last.id if last else None
        )
        # If nothing of the old view is left, everything in the new one came after the gap.
        placed = _carry(here, old, new) or Divider("gap", facts.divider, 0)
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
        before = whole or _entry_before(view.entries, known_to)
        anchor = before.id if before else None
        if self.gap is not None:
            at = before.position if before else max(0, known_to)
            self.dividers.append(Divider("gap", self.gap.divider, at, anchor))
        if tail.n > saved.n and not unavailable and whole is None:
            self._mark_new(view, saved.n)

    def _mark_new(self, view: ReadView, read: int) -> None:
        """What began after n `read` is new to the reader."""
        new = (entry for entry in view.entries if entry.position > read)
        self.new_since = NewSince(sum(entry.kind != "commit" for entry in new), read)
        before = _entry_before(view.entries, read)
        anchor = before.id if before else None
        self.dividers.append(Divider("new", self.new_since.sentence, read, anchor))


def _milliseconds(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _entry_before(entries: Sequence[Entry], position: int) -> Entry | None:
    """The last entry that began at `position` or before."""
    return next((entry for entry in reversed(entries) if entry.position <= position), None)


def _restored_at_once(entries: Sequence[Entry], position: int) -> Entry | None:
    """The last of the entries that a publisher restored together after `position`, if it did.

    They share one position, so the ones that the reader had seen can't be told from the others.
    """
    later = [entry for entry in entries if entry.position > position]
    if len(later) < 2 or later[0].position != later[1].position:
        return None
    return _entry_before(later, later[0].position)


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
