"""A row of the list as `ls` reads it: the record's facts, and what is told of them. Pure.

The typed form is `lashd.view.SessionRow`; that one needs msgspec, whose import takes longer than
all of `ls`. What a record of another version lacks, or has in another form, is unknown here.
"""

from __future__ import annotations

from lashtui.text.duration import duration_short
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import earliest, largest, since_of, standing_of, state_word, urgency
from lashtui.text.state_names import state_names
from lashtui.text.unmarked import without_marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

    from lashd.protocol.records import Record

MAX_TEXT: Final = 4096
"""Characters of a text: all of a question, which the daemon cuts at this length."""

_NOTHING: Final[Mapping[str, Any]] = {}


class Row:
    """One session."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.session_id = str(record.get("session_id"))
        self.host = _text(record.get("host")) or ""
        """The name of the host that has it; empty for the one that was asked."""
        self.state = str(record.get("state"))
        self.outcome = _text(record.get("outcome"))
        self.waiting_for = _text(record.get("waiting_for"))
        self.title = _text(record.get("title"))
        self.agent = _text(record.get("agent"))
        self.directory = _text(record.get("directory"))
        self.error = _text(record.get("error"))
        self.last_line = _text(record.get("last_line"))
        self.turn_started_at = _time(record.get("turn_started_at"))
        self.quiet_since = _time(record.get("quiet_since"))
        self.started_at = _time(record.get("started_at"))
        self.updated_at = _time(record.get("updated_at"))
        self.doing = _map(record.get("doing"))
        self.retry = _map(record.get("retry"))
        self.plan = _map(record.get("plan"))
        usage = _map(record.get("usage"))
        context = _map(usage.get("context"))
        self.cost = _number(_map(usage.get("total")).get("cost_usd"))
        self.context_used = _number(context.get("used"))
        self.context_size = _number(context.get("size"))
        self.standing = standing_of(self.state, self.outcome, self.quiet_since)
        self.since = since_of(
            self.standing,
            waiting=_time(record.get("waiting_since")),
            quiet=self.quiet_since,
            doing=_time(self.doing.get("since")),
            turn=self.turn_started_at,
            updated=self.updated_at,
        )
        """Since when it stands there; None if that is not known."""
        self.last_seen_at = _time(_map(record.get("mirror")).get("last_seen_at"))
        """Of a mirror: since when nothing is heard of its home; None while it is heard of."""
        if self.last_seen_at is not None:
            self.since = self.last_seen_at

    @property
    def word(self) -> str:
        """Its state in one word, as the table has it."""
        if self.last_seen_at is not None:
            return "unseen"  # what it is by now nobody here knows
        if self.standing == "failed":
            return "failed"  # a word that `--state` takes; the rest of the line says how
        if self.standing == "done" and self.state != "ended":
            return safe_line(self.state, 20)  # a later version's, perhaps
        return state_word(self.standing, self.state, self.outcome)[1]

    @property
    def turn_since(self) -> int | None:
        """When the turn began that it is at, None between turns."""
        is_at_it = self.standing in ("needs you", "working", "quiet")
        return self.turn_started_at if is_at_it else None

    @property
    def context_share(self) -> float | None:
        """How full the model's context is, 0 to 1; None if its size is not known."""
        if self.context_used is None or not self.context_size:
            return None
        return self.context_used / self.context_size

    def is_any_of(self, states: frozenset[str]) -> bool:
        """Whether it is in one of these, of `lashtui.text.state_names`."""
        names = state_names(
            self.standing,
            self.state,
            self.outcome,
            phase=_text(self.record.get("phase")),
            is_calling=bool(self.doing),
            is_retrying=bool(self.retry),
        )
        return not states.isdisjoint(names)

    def what(self, now_ms: float) -> str:
        """What is to be known of it now: the question, the error, what it does. One safe line."""
        if self.standing == "needs you":
            return _line(self.waiting_for) or "waits for you"
        if self.standing == "failed":
            lost = "cut off: its publisher is gone" if self.outcome == "cut_off" else ""
            code = _number(self.record.get("exit_code"))
            left = f"exit {code:g}" if code else ""
            words = " · ".join(part for part in (left, self._last_words) if part)
            return _line(self.error) or lost or words
        if self.standing == "done":
            return self._last_words
        if self.retry:
            return f"{self._attempt(now_ms)}: {_line(self.error)}".removesuffix(": ")
        done, total = _number(self.plan.get("done")), _number(self.plan.get("total"))
        plan = f"{done:g}/{total:g}" if done is not None and total else ""
        tool = f"{_line(_text(self.doing.get('name')))} {_line(_text(self.doing.get('argument')))}"
        return f"{plan} {tool if self.doing else self._last_words}".strip()

    @property
    def _last_words(self) -> str:
        return without_marks(_line(self.last_line))

    def _attempt(self, now_ms: float) -> str:
        attempt, most = (_number(self.retry.get(key)) for key in ("attempt", "max_attempts"))
        words = "retry" if attempt is None else f"retry {attempt:g}"
        if attempt is not None and most:
            words += f" of {most:g}"
        due = _time(self.retry.get("due_at"))
        if due is None:
            return words
        wait = duration_short(abs(due - now_ms) / 1000)
        return f"{words} in {wait}" if due > now_ms else f"{words}, {wait} overdue"


_VALUES: Final[Mapping[str, Callable[[Row], tuple[object, ...]]]] = {
    "state": lambda row: urgency(row.standing, row.since, row.started_at, row.updated_at),
    "name": lambda row: (),
    "last": lambda row: (largest(row.updated_at),),
    "turn": lambda row: (earliest(row.turn_since),),
    "quiet": lambda row: (earliest(row.updated_at),),
    "context": lambda row: (largest(row.context_share), largest(row.context_used)),
    "cost": lambda row: (largest(row.cost),),
    "directory": lambda row: (row.directory is None, row.directory or ""),
    "agent": lambda row: (row.agent is None, row.agent or ""),
}
"""Longest, largest and latest first, and what is not known last."""


def chosen(rows: Iterable[Row], states: frozenset[str] | None, sort: str) -> list[Row]:
    """The rows in these states, all with None, in order; ties by name."""
    value = _VALUES[sort]
    return sorted(
        (row for row in rows if states is None or row.is_any_of(states)),
        key=lambda row: (*value(row), row.session_id),
    )


def _line(text: str | None) -> str:
    return safe_line(text or "", MAX_TEXT)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    """A number that can be computed with; None for NaN and infinities too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 1e18 else None


def _time(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING
