"""To which session a person goes next when somebody needs them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lashd.view import SessionRow
from lashtui.feed.fleet.rows import is_unseen, since, standing
from lashtui.saved.session_key import SessionKey
from lashtui.text.standing import urgency


def asking(
    rows: Mapping[SessionKey, SessionRow], muted: Collection[SessionKey] = ()
) -> list[SessionKey]:
    """The sessions that need a person, or did when they were last heard of, the one that has waited
    for longest first."""
    keys = [key for key, row in rows.items() if standing(row) == "needs you" and key not in muted]
    return sorted(keys, key=lambda key: (_urgency(rows[key]), key))


def needing(
    rows: Mapping[SessionKey, SessionRow],
    muted: Collection[SessionKey] = (),
    unseen: Collection[str] = (),
) -> list[SessionKey]:
    """Those that need one now, as far as it is known: nothing is heard of `unseen` hosts."""
    return [key for key in asking(rows, muted) if not is_unseen(key, rows[key], unseen)]


def next_needing(
    rows: Mapping[SessionKey, SessionRow],
    muted: Collection[SessionKey] = (),
    front: SessionKey | None = None,
    unseen: Collection[str] = (),
) -> SessionKey | None:
    """The one to go to, from the session in front: around the ends, never to where one is."""
    keys = needing(rows, muted, unseen)
    if front in keys:
        place = keys.index(front)
        keys = [*keys[place + 1 :], *keys[:place]]
    return keys[0] if keys else None


def _urgency(row: SessionRow) -> tuple[float, float]:
    return urgency(standing(row), since(row), row.started_at, row.updated_at)
