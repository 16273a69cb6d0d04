"""What stands below the last entry: what the session waits for, for how long, and where to answer.

Pure: the time is passed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.render.entry import GUTTER, question_text
from lashtui.render.styles import FAINT, MUTED, QUIET, TEXT, WAITING, Line, Run
from lashtui.render.wrap import cap_marks, cut, indent, width_of, wrap_plain
from lashtui.text.awaited import Awaited, Known, awaited, is_open_question, open_question
from lashtui.text.duration import duration_long, duration_timer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lashd.view import Entry, ReadView, SessionRow
    from lashtui.text.awaited import What

_MARKS: Final[dict[What, str]] = {"person": "‼", "model": "…", "tool": "…", "retry": "↻"}
_QUIET: Final = "⏱"
_MIN_ABOUT: Final = 6
"""Cells below which a cut argument says nothing."""


class LiveEnd(msgspec.Struct, frozen=True):
    """What is awaited, and what a person needs to know of it."""

    awaited: Awaited
    now_ms: int
    """When this was so, in Unix milliseconds."""
    question: str = ""
    """What is asked, where no entry says it."""
    place: str = ""
    """Where to answer; neutralised."""
    is_headed: bool = True
    """Say what is awaited; not where the entry just above does."""
    is_old: bool = False
    """The daemon does not answer: nobody knows whether it is still so."""


def live_end(
    view: ReadView | None,
    running: Iterable[Entry],
    now_ms: int,
    *,
    row: SessionRow | None = None,
    stale_for: float | None = None,
    place: str = "",
    last: Entry | None = None,
) -> LiveEnd | None:
    """What stands below the entries of `view`; None if nothing is awaited.

    `running`: the entries that run now. `row`: what the list says of the session. `stale_for`:
    seconds since the daemon was last heard of: what is shown was so then. `place`: where to answer.
    `last`: the entry above. Where that is the open question, only `place` is said.
    """
    then_ms = now_ms - round((stale_for or 0) * 1000)
    known = Known(row.quiet_since) if row is not None else None
    what = awaited(view, running, then_ms, known) if view is not None else None
    if view is None or what is None:
        return None
    asks = what.what == "person"
    if asks and last is not None and is_open_question(last):
        if not place:
            return None
        return LiveEnd(what, then_ms, "", place, is_headed=False, is_old=stale_for is not None)
    question = view.waiting_for if asks and open_question(view) is None else None
    return LiveEnd(
        what, then_ms, question or "", place if asks else "", is_old=stale_for is not None
    )


def live_end_lines(end: LiveEnd, width: int) -> list[Line]:
    """The lines, at most `width` cells each: one, unless there is a question to answer."""
    lines = [_first(end, width)] if end.is_headed else []
    lines += question_text(end.question, width)
    if end.place:
        wrapped = wrap_plain(end.place, max(1, width - GUTTER), MUTED)
        lines += indent(wrapped, ("  ", MUTED), ("  ", MUTED))
    return lines


def _first(end: LiveEnd, width: int) -> Line:
    now, what = end.now_ms, end.awaited
    is_quiet = what.quiet_since is not None
    loud = QUIET if is_quiet else WAITING if what.what == "person" else MUTED
    style = FAINT if end.is_old else loud
    mark = _QUIET if is_quiet else _MARKS[what.what]
    tail: list[Run] = []
    if what.more:
        tail.append((f" +{what.more:,} more", style))
    if what.since is not None:
        tail.append((f" {duration_timer((now - what.since) / 1000)}", style))
    if what.quiet_since is not None and what.what != "retry":
        tail.append((f" · quiet {duration_long((now - what.quiet_since) / 1000)}", style))
    head: list[Run] = [(f"{mark} ", style), (cap_marks(what.words), style)]
    room = width - width_of([*head, *tail]) - 1
    if what.about and room >= _MIN_ABOUT:
        head += [
            (" ", TEXT),
            *cut(((cap_marks(what.about), FAINT if end.is_old else MUTED),), room),
        ]
    return cut([*head, *tail], width)


def shown_of(row: SessionRow | None) -> tuple[object, ...] | None:
    """What is shown of a row beside the session itself; the rest changes with every event."""
    return None if row is None else (row.where, row.directory, row.quiet_since)
