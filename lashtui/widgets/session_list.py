"""The list of sessions: a row of facts and a row of latest words for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lashtui.text.duration import duration_long
from lashtui.text.format import state_words
from lashtui.text.sanitize import safe_line

MAX_NAME = 24
"""Cells of a session's name in the list; the session's own screen shows more of it."""
WIDE = 60
"""Cells of a row from which there is room for the number of viewers."""

LINES = 2
"""Lines of a session in the list."""

_ORDER = {"waiting": 0, "running": 1, "idle": 2, "ended": 3}
_STYLES = {"running": "$accent", "waiting": "bold $warning", "idle": "$foreground 70%"}


class SessionList(OptionList, can_focus=False):
    """Sessions that wait for a person come first, then running, idle and ended ones."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._records: list[dict[str, Any]] = []
        self._now_ms = 0
        self._shown: dict[str, Content] = {}
        self._words = ""
        self._wanted: str | None = None

    def show_sessions(self, sessions: Sequence[dict[str, Any]], now_ms: int) -> None:
        """Show these `sessions` records of the daemon; the highlight stays with its session."""
        self._records, self._now_ms = sorted(sessions, key=_rank), now_ms
        self._show()

    def prefer(self, session_id: str | None) -> None:
        """Highlight this session when it is first seen: where the reader was last."""
        self._wanted = session_id

    @property
    def words(self) -> str:
        """The filter: words that a session must have, each anywhere in what is known of it."""
        return self._words

    def filter_by(self, words: str) -> None:
        """Show the sessions that have all of `words`."""
        if words != self._words:
            self._words = words
            self._show()

    def on_resize(self) -> None:
        """Redraw: ages stand at the right edge."""
        self._show()

    def _show(self) -> None:
        found = [record for record in self._records if matches(record, self._words)]
        names = [safe_line(str(record["session_id"]), MAX_NAME) for record in found]
        columns = (_widest(names, 8, MAX_NAME), self.scrollable_content_region.width - 2)
        before = self.highlighted_session
        if self._wanted is not None and self._wanted in {str(r["session_id"]) for r in found}:
            before, self._wanted = self._wanted, None
        order = [str(record["session_id"]) for record in found]
        front = before if before in order else next(iter(order), None)
        rows = {
            name: session_row(record, self._now_ms, columns, front=name == front)
            for name, record in zip(order, found, strict=True)
        }
        if order == list(self._shown):
            self._repaint(rows)
        else:
            self._shown = rows
            self.clear_options()
            self.add_options([Option(row, id=_key(name)) for name, row in rows.items()])
        self.highlighted = order.index(front) if front is not None else None

    def _repaint(self, rows: dict[str, Content]) -> None:
        shown, self._shown = self._shown, rows
        for index, (name, row) in enumerate(rows.items()):
            if not row.is_same(shown[name]):
                self.replace_option_prompt_at_index(index, row)

    @on(OptionList.OptionHighlighted)
    def _mark_highlight(self) -> None:
        """Move the mark at the left with the highlight."""
        self._show()

    @property
    def highlighted_session(self) -> str | None:
        """The name of the highlighted session."""
        if self.highlighted is None or self.highlighted >= len(self._shown):
            return None
        return list(self._shown)[self.highlighted]

    def page(self, direction: int) -> None:
        """Move the highlight by a screenful."""
        if self.highlighted is None:
            return
        rows = max(1, self.size.height // LINES)
        last = len(self._shown) - 1
        self.highlighted = min(last, max(0, self.highlighted + direction * rows))

    @property
    def text(self) -> str:
        """All rows as text."""
        return "\n".join(row.plain for row in self._shown.values())


def matches(record: dict[str, Any], words: str) -> bool:
    """Whether each of `words` occurs in one of the fields that a person knows the session by."""
    keys = ("session_id", "title", "agent", "model", "directory", "state", "outcome", "last_line")
    text = " ".join(str(record.get(key) or "") for key in keys).casefold()
    return all(word in text for word in words.casefold().split())


def session_row(
    record: dict[str, Any], now_ms: int, columns: tuple[int, int], *, front: bool = False
) -> Content:
    """Two lines for one `sessions` record of the daemon.

    `columns`: cells of the names' column, and of the whole row. `front`: under the highlight.
    """
    name_cells, width = columns
    name = safe_line(str(record["session_id"]), MAX_NAME)
    state = str(record.get("state"))
    style = _STYLES.get(state, "$foreground 60%")
    if record.get("outcome") in ("failure", "cut_off") and state == "ended":
        style = "bold $error"
    updated = record.get("updated_at")
    age = _age(now_ms - updated) if isinstance(updated, int) else ""
    viewers = int(record.get("viewers") or 0)
    watching = f"{viewers} watching   " if viewers and width >= WIDE else ""
    # Right-aligned under each other; where cells are dear, no wider than need be.
    right = Content.styled(f"{watching}{age:>7}" if width >= WIDE else age, "$foreground 65%")
    left = Content.assemble(
        _mark(front), (_fit(name, name_cells), "bold"), "  ", (_state(record), style)
    )
    room = max(0, width - right.cell_length - 1)
    facts = left.truncate(room, ellipsis=True, pad=True).append(" ").append(right)
    known = [record.get(key) for key in ("title", "agent", "model")]
    about = [safe_line(str(each), 80) for each in known if each]
    last = safe_line(_doing(record) or str(record.get("last_line") or ""), 300)
    words = Content.assemble(
        _mark(front),
        "  ",
        (" · ".join(about), "$foreground 80%"),
        ("   " if about and last else "", ""),
        (last, "$foreground 60%"),
    )
    return Content("\n").join([facts, words.truncate(max(0, width), ellipsis=True)])


def _doing(record: dict[str, Any]) -> str:
    """The tool that runs, with its argument."""
    doing = record.get("doing")
    parts = (doing.get("name"), doing.get("argument")) if isinstance(doing, dict) else ()
    return "  ".join(str(part) for part in parts if part)


def _age(milliseconds: int) -> str:
    return "now" if milliseconds < 1000 else duration_long(milliseconds / 1000)


def _mark(front: bool) -> tuple[str, str]:
    return ("▌ ", "$accent") if front else ("  ", "")


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
