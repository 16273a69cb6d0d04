"""The list of sessions: a row of facts and a row of latest words for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lashtui.sanitize import safe_line
from lashtui.words import duration, state_words

MAX_NAME = 24
"""Cells of a session's name in the list; longer ones are cut, and shown whole once opened."""
MAX_STATE = 40
"""Cells of a state: what an agent waits for is the most interesting part of a list."""

_ORDER = {"waiting": 0, "running": 1, "idle": 2, "ended": 3}
_STYLES = {"running": "$accent", "waiting": "bold $warning", "idle": "$foreground 70%"}


class SessionList(OptionList):
    """Who needs a person comes first, then who works, then who rests, then what has ended."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: dict[str, Content] = {}

    def show_sessions(self, sessions: Sequence[dict[str, Any]], now_ms: int) -> None:
        """Show these `sessions` records of the daemon; the highlight stays with its session."""
        ordered = sorted(sessions, key=_rank)
        names = [safe_line(str(record["session_id"]), MAX_NAME) for record in ordered]
        states = [_state(record) for record in ordered]
        columns = (_widest(names, 8, MAX_NAME), _widest(states, 10, MAX_STATE))
        rows = {
            str(record["session_id"]): session_row(record, now_ms, columns) for record in ordered
        }
        if list(rows) == list(self._shown):
            for name, row in rows.items():
                if not row.is_same(self._shown[name]):
                    self.replace_option_prompt_at_index(self.get_option_index(_key(name)), row)
        else:
            before = self.highlighted_session
            self.clear_options()
            self.add_options([Option(row, id=_key(name)) for name, row in rows.items()])
            order = list(rows)
            if order:
                self.highlighted = order.index(before) if before in rows else 0
        self._shown = rows

    @property
    def highlighted_session(self) -> str | None:
        """The name under the highlight."""
        if self.highlighted is None or self.highlighted >= len(self._shown):
            return None
        return list(self._shown)[self.highlighted]

    @property
    def text(self) -> str:
        """All rows as text."""
        return "\n".join(row.plain for row in self._shown.values())


def session_row(record: dict[str, Any], now_ms: int, columns: tuple[int, int]) -> Content:
    """Two lines for one `sessions` record of the daemon; `columns`: cells of name and state."""
    name = safe_line(str(record["session_id"]), MAX_NAME)
    style = _STYLES.get(str(record.get("state")), "$foreground 70%")
    if record.get("outcome") in ("failure", "cut_off") and record.get("state") == "ended":
        style = "bold $error"
    updated = record.get("updated_at")
    age = duration((now_ms - updated) / 1000) if isinstance(updated, int) else ""
    viewers = int(record.get("viewers") or 0)
    about = [safe_line(str(record[key]), 80) for key in ("title", "agent") if record.get(key)]
    last = safe_line(str(record.get("last_line") or ""), 300)
    facts = Content.assemble(
        (_fit(name, columns[0]), "bold"),
        "  ",
        (_fit(_state(record), columns[1]), style),
        (f" {age:>7}", "$foreground 55%"),
        (f"   {viewers} watching" if viewers else "", "$foreground 55%"),
    )
    words = Content.assemble(
        (" · ".join(about), "$foreground 70%"),
        ("  " if about and last else "", ""),
        (last, "$foreground 55%"),
    )
    return Content("\n").join([facts, Content("  ").append(words)])


def _state(record: dict[str, Any]) -> str:
    waiting_for = record.get("waiting_for")
    return state_words(
        str(record.get("state")),
        record.get("outcome"),
        None,
        safe_line(str(waiting_for), 60) if waiting_for else None,
    )


def _widest(texts: Sequence[str], least: int, most: int) -> int:
    return min(most, max([least, *(Content(text).cell_length for text in texts)]))


def _rank(record: dict[str, Any]) -> tuple[int, int, str]:
    began = record.get("started_at")
    return (
        _ORDER.get(str(record.get("state")), 9),
        -(began if isinstance(began, int) else 0),
        str(record["session_id"]),
    )


def _key(name: str) -> str:
    return f"session-{name}"


def _fit(text: str, width: int) -> str:
    return Content(text).truncate(width, ellipsis=True, pad=True).plain
