"""What stands in the cells of one agent's line. Pure: the time is passed in.

All texts of agents are neutralised here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from rich.cells import cell_len

from lashd.view import SessionRow
from lashtui.feed.fleet.rows import context_share, cost, since, standing
from lashtui.render.fit import fit, fit_path, keep_end
from lashtui.saved.session_key import SessionKey
from lashtui.text.awaited import phase_word
from lashtui.text.duration import duration_clock, duration_short
from lashtui.text.figures import dollars, percent
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import state_word
from lashtui.text.unmarked import without_marks
from lashtui.widgets.fleet.columns import Column, Name

Role: TypeAlias = Literal[
    "text", "strong", "muted", "faint", "waiting", "failed", "quiet", "working", "retry", "done"
]
"""What a text means; the theme says how that looks."""

MAX_CHARS: Final = 500
"""Characters of a text: more than the widest column, whatever they are."""
NAME_GAP: Final = 2
"""Blanks between a name and what the session does, where both share a column."""
LEAST_WHAT: Final = 4
"""Cells of what it does from which on it says something."""
_STATUS = re.compile(r"\b([45]\d\d)\b")
"""An HTTP status: what providers' errors are known by."""
_EXIT = re.compile(r"\bexit(?:ed)?(?: with)?(?: code| status)? (\d{1,3})\b")


class Cell(NamedTuple):
    """A text of a column and what it means; with its tail it takes exactly the column's cells."""

    text: str
    role: Role
    tail: str = ""
    """What follows in the same cells and is less important."""


class Facts(NamedTuple):
    """A session as its line shows it."""

    key: SessionKey
    row: SessionRow
    name: str = ""
    """What the person calls it."""
    pinned: bool = False
    muted: bool = False
    unseen_ms: int | None = None
    """For how long nothing was heard of its host; None while it is followed."""


def cells(
    facts: Facts, layout: tuple[Column, ...], now_ms: int, home: str = ""
) -> tuple[Cell, ...]:
    """The cells of a line, one for each column."""
    return tuple(_CELLS[column.name](facts, column, now_ms, home) for column in layout)


# -- the state -------------------------------------------------------------------------------------


def _state(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    mark, word, for_long, role = _state_words(facts.row, now_ms)
    if facts.unseen_ms is not None:  # what it is by now nobody here knows
        mark, word, for_long = "?", "unseen", duration_short(facts.unseen_ms / 1000)
        role = "muted"
    # The time stays: a tool's name can be guessed from its beginning. A state is not cut for it.
    room = column.width - 2 - (len(for_long) + 1 if for_long else 0)
    if role in ("waiting", "done") and len(word) > room:
        text = f"{mark} {word}"
    elif room >= min(4, len(word)):
        word = fit(word, room).rstrip() if len(word) > room or not word.isascii() else word
        text = f"{mark} {word} {for_long}".rstrip()
    else:
        text = f"{mark} {word}"
    return Cell(fit(text, column.width), role)


def _state_words(row: SessionRow, now_ms: int) -> tuple[str, str, str, Role]:
    """Mark, word, for how long, and what it means."""
    place = standing(row)
    mark, word = state_word(place, row.state, row.outcome)
    for_long = _ago(since(row), now_ms)
    match place:
        case "needs you":
            return mark, word, for_long, "waiting"
        case "failed":
            return mark, _failure(row) or word, for_long, "failed"
        case "quiet":
            return mark, *_quiet_words(row, now_ms), "quiet"
        case "working":
            due = row.retry.due_at if row.retry is not None else None
            if row.retry is not None:
                left = "" if due is None else duration_short(max(0, due - now_ms) / 1000)
                return "↻", "retry", left, "retry"
            if row.doing is not None:
                name = safe_line(row.doing.name, 60) or "tool"
                return mark, name, _ago(row.doing.since, now_ms), "working"
            return mark, phase_word(row.phase), "", "working"
        case "done":
            return mark, word, for_long, "done"


def _failure(row: SessionRow) -> str:
    """What kind of failure it was, in a word; empty if that is not known."""
    error = safe_line(row.error or "", MAX_CHARS)
    for pattern, form in ((_EXIT, "exit {}"), (_STATUS, "{}")):
        found = pattern.search(error)
        if found is not None:
            return form.format(found.group(1))
    return f"exit {row.exit_code}" if row.exit_code else ""


def _quiet_words(row: SessionRow, now_ms: int) -> tuple[str, str]:
    if row.retry is not None:
        due = row.retry.due_at
        return "retry", f"+{duration_short((now_ms - due) / 1000)}" if due is not None else ""
    if row.doing is not None:
        name = safe_line(row.doing.name, 60) or "tool"
        return name, _ago(row.doing.since or row.quiet_since, now_ms)
    return "silent", _ago(row.quiet_since, now_ms)


def _ago(then: int | None, now_ms: int) -> str:
    return "" if then is None else duration_short((now_ms - then) / 1000)


# -- who it is -------------------------------------------------------------------------------------


def _flag(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    text = ("★" if facts.pinned else "") + ("☾" if facts.muted else "")
    return Cell(fit(text, column.width, right=True), "strong" if facts.pinned else "muted")


def _session(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    own, host = safe_line(facts.key.session_id, MAX_CHARS), safe_line(facts.key.host, 60)
    text = own
    if facts.name:
        text = f"{safe_line(facts.name, MAX_CHARS)} · {own}"
    if host:
        text = f"{host}:{text}"
    role: Role = "done" if standing(facts.row) == "done" else "strong"
    if column.goes_on:
        room = column.width - cell_len(text) - NAME_GAP
        more = what(facts.row, room)[0] if room >= LEAST_WHAT else ""
        if more:
            return Cell(text + " " * NAME_GAP, role, fit(more, room))
    return Cell(fit(text, column.width), role)


def _directory(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    path = safe_line(facts.row.directory or "", MAX_CHARS)
    return Cell(fit(fit_path(path, column.width, home), column.width), "muted")


def _agent(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    agent = safe_line(facts.row.agent or facts.row.model or "", MAX_CHARS)
    return Cell(fit(agent, column.width), "muted")


# -- what it does ----------------------------------------------------------------------------------


def _what(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    text, role = what(facts.row, column.width)
    return Cell(fit(text, column.width), role)


def what(row: SessionRow, width: int) -> tuple[str, Role]:
    """What is to be known of it now, and what that means; `width`: for the end of a long text."""
    place = standing(row)
    match place:
        case "needs you":
            return _line(row.waiting_for) or "waits for you", "text"
        case "failed":
            error = _line(row.error)
            return (error or keep_end(_words(row.last_line), width) or _outcome(row)), "text"
        case "done":
            return keep_end(_words(row.last_line) or _line(row.title), width), "done"
    if row.retry is not None:
        late = ", overdue" if place == "quiet" else ""
        reason = _line(row.error)
        words = f"{_attempt(row)}{late}"
        return f"{words}: {reason}" if reason else words, "text"
    plan = f"{row.plan.done}/{row.plan.total} " if row.plan is not None else ""
    if row.doing is not None and (row.doing.argument or plan):
        return f"{plan}{_line(row.doing.argument)}", "text"
    last = _words(row.last_line) or _line(row.title)
    return f"{plan}{keep_end(last, width - len(plan))}", "muted" if place == "quiet" else "text"


def _attempt(row: SessionRow) -> str:
    retry = row.retry
    if retry is None or retry.attempt is None:
        return "waits to try again"
    most = f" of {retry.max_attempts}" if retry.max_attempts is not None else ""
    return f"attempt {retry.attempt}{most}"


def _outcome(row: SessionRow) -> str:
    return "cut off: its publisher is gone" if row.outcome == "cut_off" else "failed"


def _line(text: str | None) -> str:
    return safe_line(text, MAX_CHARS) if text else ""


def _words(text: str | None) -> str:
    """Prose, which agents write in Markdown."""
    return without_marks(_line(text))


# -- numbers ---------------------------------------------------------------------------------------


def _turn(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    began = facts.row.turn_started_at
    text = "" if began is None else duration_clock((now_ms - began) / 1000)
    return Cell(fit(text, column.width, right=True), "muted")


def _quiet(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    text = _ago(facts.row.updated_at, now_ms)
    role: Role = "quiet" if facts.row.quiet_since is not None else "muted"
    return Cell(fit(text, column.width, right=True), role)


def _context(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    share = context_share(facts.row)
    text = percent(share) if share is not None else ""
    return Cell(fit(text, column.width, right=True), "muted")


def _cost(facts: Facts, column: Column, now_ms: int, home: str) -> Cell:
    spent = cost(facts.row)
    text = dollars(spent) if spent else ""
    return Cell(fit(text, column.width, right=True), "muted")


_CELLS: Final[Mapping[Name, Callable[[Facts, Column, int, str], Cell]]] = {
    "state": _state,
    "flag": _flag,
    "session": _session,
    "what": _what,
    "directory": _directory,
    "agent": _agent,
    "turn": _turn,
    "quiet": _quiet,
    "context": _context,
    "cost": _cost,
}
