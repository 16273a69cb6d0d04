"""Where dividers stand among the entries of a view. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lashtui.feed.divider import Divider

if TYPE_CHECKING:
    from lashd.view import Entry


def divider_places(
    entries: Sequence[Entry], dividers: Sequence[Divider]
) -> dict[int, list[Divider]]:
    """`dividers` by the index of the entry that they stand before; `len(entries)` is the end.

    A divider stands behind the entry that is its anchor. If that entry is not there, it stands
    before the first entry with a later position than its own; without a position at the end.
    """
    within = inside_dividers(entries, dividers)
    dividers = [divider for divider in dividers if divider not in within.values()]
    if not dividers:
        return {}
    places: defaultdict[int, list[Divider]] = defaultdict(list)
    behind, rest = _anchored(entries, dividers)
    positioned = iter(sorted((d for d in rest if d.position is not None), key=_position))
    upcoming = next(positioned, None)
    for index, entry in enumerate(entries):
        while upcoming is not None and entry.position > _position(upcoming):
            places[index].append(upcoming)
            upcoming = next(positioned, None)
        if entry.id in behind:
            places[index + 1] += behind[entry.id]
    at_end = [upcoming, *positioned] if upcoming is not None else []
    places[len(entries)] += at_end + [d for d in rest if d.position is None]
    return places


def inside_dividers(entries: Sequence[Entry], dividers: Sequence[Divider]) -> dict[str, Divider]:
    """Those that stand inside an entry that is there, by its id."""
    wanted = {divider.anchor: divider for divider in dividers if divider.chars is not None}
    if not wanted:
        return {}
    found: dict[str, Divider] = {}
    for entry in entries:
        divider = wanted.get(entry.id)
        if divider is not None and entry.position <= _position(divider):
            found[entry.id] = divider
    return found


def _position(divider: Divider) -> int:
    return divider.position or 0


def _anchored(
    entries: Sequence[Entry], dividers: Sequence[Divider]
) -> tuple[dict[str, list[Divider]], list[Divider]]:
    """Dividers by the entry that they stand behind, and those whose anchor is not there."""
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
