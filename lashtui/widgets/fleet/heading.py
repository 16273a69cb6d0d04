"""The headings of the table's groups. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType

from rich.cells import cell_len

from lashd.view import SessionRow
from lashtui.feed.fleet.order import Group, GroupBy
from lashtui.feed.fleet.rows import is_unseen, standing
from lashtui.render.fit import fit, fit_path
from lashtui.saved.session_key import SessionKey
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import STANDING_MARKS, STANDINGS
from lashtui.widgets.fleet.cells import Cell, Role

STANDING_ROLES: dict[str, Role] = {
    "needs you": "waiting",
    "failed": "failed",
    "quiet": "quiet",
    "working": "working",
    "done": "done",
}


def heading(
    group: Group,
    group_by: GroupBy,
    rows: Mapping[SessionKey, SessionRow],
    width: int,
    *,
    muted: Collection[SessionKey] = (),
    unseen: Collection[str] = (),
    home: str = "",
    fold_key: str = "z",
    host_states: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Cell, ...]:
    """`NEEDS YOU 3 · 2 muted`, `▸ ✓ DONE 12 · folded, z opens`; of other groups who stands where,
    and of a host how it is connected.

    Those that are `muted`, or that with these `unseen` hosts nothing is heard of, don't count
    there, as in the counters at the top.
    """
    parts: list[Cell] = []
    if group.folded:
        parts.append(Cell("▸ ", "muted"))
    parts.append(Cell(_name(group, group_by, width, home), "strong"))
    parts.append(Cell(f" {len(group.keys):,}", "muted"))
    silenced = sum(key in muted for key in group.keys)
    if silenced:
        parts.append(Cell(f" · {silenced:,} muted", "muted"))
    lost = {key for key in group.keys if key in rows and is_unseen(key, rows[key], unseen)}
    if lost:
        parts.append(Cell(f" · {len(lost):,} unseen", "muted"))
    if group_by != "state":
        counts = Counter(
            standing(rows[key])
            for key in group.keys
            if key in rows and key not in muted and key not in lost
        )
        for each in STANDINGS:
            if counts[each] and each != "done":
                role: Role = "strong" if each == "needs you" else STANDING_ROLES[each]
                parts.append(Cell(f"  {STANDING_MARKS[each]} {counts[each]:,}", role))
    if group_by == "host" and host_states.get(group.name):
        parts.append(Cell(f" · {host_states[group.name]}", "muted"))
    if group.folded:
        hidden = len(group.keys) - len(group.shown)
        # Pinned ones stay in view below: then it says how many don't.
        folded = f"{hidden:,} folded" if group.shown else "folded"
        how = f", {fold_key} opens" if fold_key else ""
        parts.append(Cell(f" · {folded}{how}", "muted"))
    return _cut(parts, width)


def _name(group: Group, group_by: GroupBy, width: int, home: str) -> str:
    match group_by:
        case "state":
            mark = next((STANDING_MARKS[each] for each in STANDINGS if each == group.name), "")
            return f"{mark} {group.name.upper()}" if group.folded else group.name.upper()
        case "directory":
            path = safe_line(group.name)
            return fit_path(path, max(1, width // 2), home) if path else "no directory"
        case "agent":
            return safe_line(group.name, 100) or "agent unknown"
        case "host":
            return safe_line(group.name, 100) or "this machine"


def _cut(parts: list[Cell], width: int) -> tuple[Cell, ...]:
    """`parts` in exactly `width` cells, the last one filled up or cut."""
    found: list[Cell] = []
    left = width
    for text, role, _ in parts:
        size = min(cell_len(text), left)
        found.append(Cell(fit(text, size), role))
        left -= size
    return (*found, Cell(" " * left, "text"))
