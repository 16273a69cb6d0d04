"""The header: which session this is and what it is doing, always in sight."""

from __future__ import annotations

from textual.content import Content

from lashd.view import ReadView
from lashtui.text.duration import duration_clock
from lashtui.text.format import state_words
from lashtui.text.marks import SESSION_MARKS
from lashtui.text.sanitize import safe_line
from lashtui.widgets.line import TwoEndedLine

MAX_NAME = 40
"""Cells of the session's name; its beginning tells sessions apart."""
STATE_STYLES = {
    "running": "$accent",
    "idle": "$foreground 70%",
    "waiting": "bold $warning reverse",
    "ended": "$foreground 70%",
}


class SessionHeader(TwoEndedLine):
    """Name, state, title, turn; agent, model and directory if there is room."""

    def show_session(self, session_id: str, view: ReadView | None, now_ms: int) -> None:
        """Show the session at `now_ms` (Unix milliseconds)."""
        name = Content.styled(safe_line(session_id, MAX_NAME), "bold")
        if view is None:
            self.show_ends(name, Content(""))
            return
        parts = [name, state_content(view)]
        if view.state in SESSION_MARKS and view.state == "running" and view.started_at:
            elapsed = duration_clock((now_ms - view.started_at) / 1000)
            parts.append(Content.styled(elapsed, "$foreground 70%"))
        if view.title:
            parts.append(Content.styled(safe_line(view.title, 200), "$foreground 70%"))
        directory, turn = _short_directory(view.directory), _turn(view)
        self.show_ends(
            Content("  ").join(parts),
            _right(view.agent, view.model, directory, turn),
            _right(view.agent, directory, turn),
            _right(view.agent, turn),
        )


def _right(*parts: str | None) -> Content:
    words = " · ".join(safe_line(part, 60) for part in parts if part)
    return Content.styled(words, "$foreground 65%")


def state_content(view: ReadView) -> Content:
    """The state by mark and word; waiting for a person stands out."""
    waiting_for = safe_line(view.waiting_for, 80) if view.waiting_for else None
    words = state_words(view.state, view.outcome, view.exit_code, waiting_for)
    style = STATE_STYLES.get(view.state, "")
    if view.state == "ended" and view.outcome in ("failure", "cut_off"):
        style = "bold $error"
    return Content.styled(f" {words} " if view.state == "waiting" else words, style)


def _turn(view: ReadView) -> str:
    running = view.state in ("running", "waiting")
    number = view.turn_index + 1 if running else view.turn_index
    return f"turn {number}" if number else ""


def _short_directory(directory: str | None) -> str:
    # Neutralised first: a part of an escape sequence would be left as litter.
    directory = safe_line(directory or "")
    if not directory:
        return ""
    parts = directory.rstrip("/").rsplit("/", 2)
    return directory if len(directory) <= 30 else "…/" + "/".join(parts[-2:])
