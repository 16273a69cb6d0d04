"""The list of sessions: a row of facts and a row of latest words for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lashtui.sanitize import safe_line
from lashtui.words import duration, state_words

NAME_WIDTH = 24
"""Cells of a session's name in the list; longer ones are cut, and shown whole once opened."""
STATE_WIDTH = 26

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
        rows = {str(record["session_id"]): session_row(record, now_ms) for record in ordered}
        if list(rows) == list(self._shown):
            for name, row in rows.items():
                if not row.is_same(self._shown[name]):
                    self.replace_option_prompt_at_index(self.get_option_index(_key(name)), row)
        else:
            before = self.highlighted_session
            self.clear_options()
            self.add_options([Option(row, id=_key(name)) for name, row in rows.items()])
            names = list(rows)
            if names:
                self.highlighted = names.index(before) if before in rows else 0
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


def session_row(record: dict[str, Any], now_ms: int) -> Content:
    """Two lines for one `sessions` record of the daemon."""
    state = str(record.get("state"))
    waiting_for = record.get("waiting_for")
    name = safe_line(str(record["session_id"]), NAME_WIDTH)
    words = state_words(
        state, record.get("outcome"), None, safe_line(waiting_for, 60) if waiting_for else None
    )
    style = _STYLES.get(state, "$foreground 70%")
    if record.get("outcome") in ("failure", "cut_off") and state == "ended":
        style = "bold $error"
    updated = record.get("updated_at")
    age = duration((now_ms - updated) / 1000) if isinstance(updated, int) else ""
    viewers = int(record.get("viewers") or 0)
    about = " · ".join(
        safe_line(str(record[key]), 80) for key in ("title", "agent") if record.get(key)
    )
    last = safe_line(str(record.get("last_line") or ""), 300)
    facts = Content.assemble(
        (_fit(name, NAME_WIDTH), "bold"),
        "  ",
        (_fit(words, STATE_WIDTH), style),
        (f" {age:>8}", "$foreground 55%"),
        (f"  {viewers} watching" if viewers else "            ", "$foreground 55%"),
        (f"  {about}" if about else "", "$foreground 70%"),
    )
    return facts.append(Content.styled(f"\n  {last or '…'}", "$foreground 55%"))


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
