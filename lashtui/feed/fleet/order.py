"""In which groups and in which order the sessions of a fleet are shown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from lashd.view import SessionRow
from lashtui.feed.fleet.query import Query
from lashtui.feed.fleet.rows import context_share, cost, since, standing
from lashtui.saved.session_key import SessionKey
from lashtui.text.standing import STANDINGS, earliest, largest, urgency

GroupBy: TypeAlias = Literal["state", "directory", "agent", "host"]
SortBy: TypeAlias = Literal["urgency", "name", "last", "turn", "quiet", "context", "cost"]
GROUPS: Final[tuple[GroupBy, ...]] = ("state", "directory", "agent", "host")
SORTS: Final[tuple[SortBy, ...]] = (
    "urgency",
    "name",
    "last",
    "turn",
    "quiet",
    "context",
    "cost",
)

FOLDED_FROM = 5
"""Sessions that are done from which on they are folded away: fewer are no burden to look at."""


class Kept(Protocol):
    """Where what the person has said is kept: what is needed of `FleetMarks`."""

    @property
    def pinned(self) -> Collection[SessionKey]: ...
    @property
    def muted(self) -> Collection[SessionKey]: ...
    @property
    def names(self) -> Mapping[SessionKey, str]: ...


class Marks(msgspec.Struct, frozen=True):
    """What the person has said about sessions."""

    pinned: Collection[SessionKey] = frozenset()
    muted: Collection[SessionKey] = frozenset()
    names: Mapping[SessionKey, str] = {}

    @classmethod
    def of(cls, kept: Kept) -> Marks:
        """As they are kept now."""
        return cls(kept.pinned, kept.muted, kept.names)


class Wish(msgspec.Struct, frozen=True):
    """How the person wants to see the fleet.

    `opened` and `folded` are the groups that they have opened and folded themselves, by name.
    """

    query: Query = Query()
    group_by: GroupBy = "state"
    sort_by: SortBy = "urgency"
    opened: Collection[str] = frozenset()
    folded: Collection[str] = frozenset()


class Group(msgspec.Struct, frozen=True):
    """Sessions under one heading, in order."""

    name: str
    """A standing, a directory, an agent or a host; empty where the session doesn't say."""
    keys: tuple[SessionKey, ...]
    shown: tuple[SessionKey, ...]
    """Those that are to be seen: of a folded group the pinned ones."""
    folded: bool


def arrange(rows: Mapping[SessionKey, SessionRow], marks: Marks, wish: Wish) -> list[Group]:
    """The groups in order, without empty ones."""
    members: dict[str, list[SessionKey]] = {}
    for key, row in rows.items():
        if wish.query.matches(key, row, marks.names.get(key, "")):
            members.setdefault(_group_name(wish.group_by, key, row), []).append(key)
    rank = _rank(rows, marks, wish.sort_by)
    order: dict[str, int] = {name: place for place, name in enumerate(STANDINGS)}
    if wish.group_by == "state":
        names = sorted(members, key=order.__getitem__)
    else:
        names = sorted(members, key=lambda name: (_most_urgent(rows, members[name]), name))
    groups = []
    for name in names:
        keys = tuple(sorted(members[name], key=rank))
        folded = _is_folded(name, len(keys), wish, alone=len(names) == 1)
        shown = tuple(key for key in keys if key in marks.pinned) if folded else keys
        groups.append(Group(name, keys, shown, folded))
    return groups


def _group_name(group_by: GroupBy, key: SessionKey, row: SessionRow) -> str:
    match group_by:
        case "state":
            return standing(row)
        case "directory":
            return row.directory or ""
        case "agent":
            return row.agent or ""
        case "host":
            return key.host


def _most_urgent(rows: Mapping[SessionKey, SessionRow], keys: Collection[SessionKey]) -> int:
    return min(STANDINGS.index(standing(rows[key])) for key in keys)


def _is_folded(name: str, size: int, wish: Wish, *, alone: bool) -> bool:
    if name in wish.folded:
        return True
    if name in wish.opened or wish.group_by != "state" or wish.query or alone:
        return False
    return name == "done" and size >= FOLDED_FROM


def _rank(
    rows: Mapping[SessionKey, SessionRow], marks: Marks, sort_by: SortBy
) -> Callable[[SessionKey], tuple[object, ...]]:
    """A sort key: pinned ones first, muted ones last; ties by name, so that nothing jumps."""
    value = _VALUES[sort_by]

    def rank(key: SessionKey) -> tuple[object, ...]:
        row = rows[key]
        own = sort_by == "name" and marks.names.get(key)
        name = (key.host, own or key.session_id) if sort_by == "name" else ()
        return (key not in marks.pinned, key in marks.muted, *value(row), *name, *reversed(key))

    return rank


_VALUES: Final[dict[SortBy, Callable[[SessionRow], tuple[float, ...]]]] = {
    "urgency": lambda row: urgency(standing(row), since(row), row.started_at, row.updated_at),
    "name": lambda row: (),
    "last": lambda row: (largest(row.updated_at),),
    "turn": lambda row: (earliest(row.turn_started_at),),
    "quiet": lambda row: (earliest(row.updated_at),),
    "context": lambda row: (largest(context_share(row)),),
    "cost": lambda row: (largest(cost(row)),),
}
"""Longest and largest first, as their columns show it; what is not known last."""
