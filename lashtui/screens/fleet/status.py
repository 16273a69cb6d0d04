"""The fleet's status line: the connection, what was just done, how the fleet is arranged. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.order import SortBy, Wish
from lashtui.text.duration import duration_long
from lashtui.text.format import plural
from lashtui.text.sanitize import safe_line
from lashtui.widgets.status_line import connection_content

SORT_WORDS: Final[dict[SortBy, str]] = {
    "urgency": "urgency",
    "name": "name",
    "last": "last activity",
    "turn": "time of the turn",
    "quiet": "quiet time",
    "context": "context used",
    "cost": "cost",
}


NOT_SHOWN = ", which isn't shown"


def status_ends(
    connection: ConnectionStatus,
    wish: Wish,
    *,
    total: int,
    found: int | None,
    note: str,
    retry_key: str,
    is_shown: bool = True,
) -> tuple[tuple[Content, ...], tuple[Content, ...]]:
    """What may stand at its left and at its right, the longest first. Nothing is said twice.

    `total`: sessions that are known; `found`: those that the filter leaves, None without one.
    `note`: what was just done, neutralised. `is_shown`: whether the column of the order is.
    """
    how = []
    if found is not None:
        how.append(f"{found:,} of {total:,}")
    if wish.query.unknown_state:
        how.append(safe_line(wish.query.unknown_state, 60))
    if wish.group_by != "state":
        how.append(f"by {wish.group_by}")
    if wish.sort_by != "urgency":
        how.append(f"sorted by {SORT_WORDS[wish.sort_by]}{'' if is_shown else NOT_SHOWN}")
    how = [words for words in how if not note.endswith(words)]
    age = connection.stale_for if total else None
    if not how and age is None:
        how.append(plural(total, "session"))
    return _lefts(connection, total, age, note, retry_key), _rights(how)


def _lefts(
    connection: ConnectionStatus, total: int, age: float | None, note: str, retry_key: str
) -> tuple[Content, ...]:
    rest = []
    if connection.retry_at is not None:
        rest.append(Content.assemble((retry_key, "bold"), (" retry now", "$foreground 70%")))
    if note:
        rest.append(Content.styled(note, "bold"))
    whole = connection_content(connection)
    if age is None:
        return (_joined([whole, *rest]),)
    old = Content(f"as of {duration_long(age)} ago")
    counted = Content(f"{plural(total, 'session')} {old.plain}")
    # How old it is, and what to do, are needed more than the countdown, and that more than why.
    without_countdown = connection_content(connection, brief=True)
    return (
        _joined([whole, counted, *rest]),
        _joined([whole, old, *rest]),
        _joined([without_countdown, old, *rest]),
        _joined([without_countdown.truncate(len("✗ disconnected")), old, *rest]),
    )


def _rights(how: Sequence[str]) -> tuple[Content, ...]:
    style = "$foreground 65%"
    found = [Content.styled(" · ".join(how), style)]
    if len(how) > 1:
        found.append(Content.styled(how[0], style))
    return (*found, Content(""))


def _joined(parts: Sequence[Content]) -> Content:
    return Content("   ").join(parts)
