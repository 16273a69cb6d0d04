"""Where dividers stand among the entries of a view. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lashtui.feed.divider import Divider

if TYPE_CHECKING:
    from lashd.view import Entry


def with_dividers(
    entries: Sequence[Entry], dividers: Sequence[Divider]
) -> Iterator[Entry | Divider]:
    """`entries` in order, with each divider at its place.

    A divider stands behind the entry that is its anchor. Where that entry is not there, it stands
    before the first entry with a later position than its own; without a position at the end.
    """
    behind, rest = _anchored(entries, dividers)
    placed = iter(sorted((d for d in rest if d.position is not None), key=_position))
    upcoming = next(placed, None)
    for entry in entries:
        while upcoming is not None and entry.position > _position(upcoming):
            yield upcoming
            upcoming = next(placed, None)
        yield entry
        yield from behind.get(entry.id, ())
    while upcoming is not None:
        yield upcoming
        upcoming = next(placed, None)
    yield from (divider for divider in rest if divider.position is None)


def _position(divider: Divider) -> int:
    return divider.position or 0


def _anchored(
    entries: Sequence[Entry], dividers: Sequence[Divider]
) -> tuple[dict[str, list[Divider]], list[Divider]]:
    """Dividers by the entry that they stand behind, and those whose anchor is not there."""
    if not any(divider.anchor for divider in dividers):
        return {}, list(dividers)  # ten thousand ids need not be looked at
    if not any(divider.anchor for divider in dividers):
        return {}, list(dividers)  # ten thousand ids need not be looked at
    positions = {entry.id: entry.position for entry in entries}
    behind: dict[str, list[Divider]] = {}
    rest: list[Divider] = []
    for divider in dividers:
        found, at = positions.get(divider.anchor or ""), divider.position
        # A restarted session may use the same ids for other entries: those have later positions.
        if found is None or (at is not None and found > at):
            rest.append(divider)
        else:
            behind.setdefault(divider.anchor or "", []).append(divider)
    return behind, rest
