"""The header: which session this is and what it is doing, always in sight."""

from __future__ import annotations

from textual.content import Content

from lashd.view import ReadView
from lashtui.text.awaited import Known, quiet_of_view, standing_of_view, waiting_since
from lashtui.text.duration import duration_clock, duration_long, duration_timer
from lashtui.text.format import state_words
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import URGENT, state_word
from lashtui.theme import STANDING_STYLES, TROUBLE
from lashtui.widgets.line import GAP, TwoEndedLine

MAX_NAME = 40
"""Cells of the session's name; its beginning tells sessions apart."""
MIN_TITLE = 10
"""Cells below which a cut title says nothing."""
_DIM = "$foreground 40%"


class SessionHeader(TwoEndedLine):
    """Name, state, title, turn; agent, model and directory if there is room."""

    def show_session(
        self,
        session_id: str,
        view: ReadView | None,
        now_ms: int,
        *,
        in_tabs: bool = False,
        stale_for: float | None = None,
        known: Known | None = None,
    ) -> None:
        """Show the session at `now_ms` (Unix milliseconds).

        `in_tabs`: the tabs above say its name and state already. `stale_for`: seconds since the
        daemon was last heard of; what is shown was so then. `known`: what the list says of how
        quiet the session is.
        """
        name = Content.styled(safe_line(session_id, MAX_NAME), "bold")
        if view is None:
            self.show_ends(name, Content(""))
            return
        then_ms = now_ms - round((stale_for or 0) * 1000)
        parts = [] if in_tabs else [name]
        standing = standing_of_view(view, then_ms, known)
        if not in_tabs or standing in URGENT or view.state == "ended":
            parts.append(state_content(view, then_ms, known))
        if standing == "working" and view.started_at:
            elapsed = duration_clock((then_ms - view.started_at) / 1000)
            parts.append(
                Content.styled(elapsed, _DIM if stale_for is not None else "$foreground 70%")
            )
        if stale_for is not None and stale_for >= 1:
            parts.append(Content.styled(f"as of {duration_long(stale_for)} ago", TROUBLE))
        title = Content.styled(safe_line(view.title or "", 200), "$foreground 70%")
        directory, turn = _short_directory(view.directory), _turn(view)
        rights = [
            _right(view.agent, view.model, directory, turn),
            _right(view.agent, directory, turn),
            _right(view.agent, directory),
            _right(directory),
            _right(view.agent),
        ]
        if view.state == "waiting":
            # Where to answer is needed more than what the session is called.
            left = Content("  ").join(parts)
            room = self.content_size.width - left.cell_length - rights[1].cell_length - 2 * GAP
            if title.plain and room >= MIN_TITLE:
                left = Content("  ").join([left, title.truncate(room, ellipsis=True)])
            self.show_ends(left, *rights)
            return
        if title.plain:
            parts.append(title)
        elif not parts:
            parts.append(name)
        self.show_ends(Content("  ").join(parts), *rights[:2], _right(view.agent, turn))


def _right(*parts: str | None) -> Content:
    words = " · ".join(safe_line(part, 60) for part in parts if part)
    return Content.styled(words, "$foreground 65%")


def state_content(view: ReadView, now_ms: int, known: Known | None = None) -> Content:
    """The state by mark and word; who waits for a person or is quiet, with the time since."""
    standing = standing_of_view(view, now_ms, known)
    mark, word = state_word(standing, view.state, view.outcome)
    style = STANDING_STYLES[standing]
    if standing == "needs you":
        clock = _clock(waiting_since(view), now_ms)
        return Content.styled(f" {mark} {word} for you{clock} ", style)
    if standing == "quiet":
        clock = _clock(quiet_of_view(view, now_ms, known), now_ms)
        return Content.styled(f"{mark} {word}{clock}", style)
    if view.state == "ended":
        return Content.styled(state_words(view.state, view.outcome, view.exit_code, None), style)
    return Content.styled(f"{mark} {word}", style)


def _clock(since: int | None, now_ms: int) -> str:
    return f" {duration_timer((now_ms - since) / 1000)}" if since is not None else ""


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
