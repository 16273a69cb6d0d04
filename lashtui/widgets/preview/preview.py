"""The preview: a session's head and the live end of its transcript, to look at only.

Until the session's view is there, it shows what the list knows: the question, or the last words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from lashd.view import ReadView
from lashtui.feed.fleet.heard import Heard
from lashtui.render.live_end import live_end
from lashtui.saved.session_key import SessionKey
from lashtui.text.awaited import open_question
from lashtui.text.sanitize import safe_line, safe_text
from lashtui.widgets.preview.head import head_lines
from lashtui.widgets.transcript.transcript import Transcript
from lashtui.widgets.transcript.viewport import HeldPlace

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lashd.view import SessionRow, ViewChanges
    from lashtui.feed.divider import Divider

MAX_CALL = 500
"""Characters of a running call: more than anyone reads in passing."""
MARK = 6
"""Cells beside the text of a question: mark, margins, scrollbar."""
AROUND = 3
"""Lines around a question: its heading, and what is awaited below it."""


class PreviewHead(Widget):
    """Who the session is, where it stands and where it runs."""

    DEFAULT_CSS = """
    PreviewHead { height: auto; padding: 0 1; background: $foreground 6%; text-wrap: nowrap; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._make: Callable[[int], list[Content]] = lambda _width: []
        self._lines: list[Content] = []
        self._width = 0

    def show_lines(self, make: Callable[[int], list[Content]]) -> None:
        """Show what `make` gives for a width."""
        before = self._lines
        self._make = make
        self._lines = make(self._width) if self._width else []
        same = len(before) == len(self._lines) and all(map(Content.is_same, before, self._lines))
        if not same or not self._width:
            self.refresh(layout=len(before) != len(self._lines) or not self._width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row for each line."""
        self._wrap(width)
        return len(self._lines)

    def render(self) -> Content:
        """The lines at the current width."""
        self._wrap(self.content_size.width)
        return Content("\n").join(self._lines)

    def _wrap(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self._lines = self._make(width)


class Preview(Widget):
    """One session at a time; nothing in it takes the focus.

    Args:
        heard: when what the list says was so.
        home: the directory that `~` stands for.
    """

    DEFAULT_CSS = """
    Preview { layout: vertical; }
    Preview #words { height: 1fr; padding: 1 3; color: $foreground 80%; }
    Preview Transcript { display: none; }
    Preview.-there Transcript { display: block; }
    Preview.-there #words { display: none; }
    """

    def __init__(self, heard: Heard | None = None, *, home: str = "") -> None:
        super().__init__()
        self._heard = heard or Heard()
        self._now_ms = self._heard.now_ms
        self._home = home
        self._head = PreviewHead()
        self._words = Static("", id="words", markup=False)
        self.transcript = Transcript(now_ms=self._view_ms)
        self.transcript.can_focus = False
        self._shown: tuple[SessionRow, str, str, str] | None = None
        self._view: ReadView | None = None
        self._heard_at: int | None = None
        """When the daemon was last heard of, in Unix milliseconds; None while it answers."""
        self._held: str | None = None
        """The question whose first line is held at the top, being longer than there is room."""

    def compose(self) -> ComposeResult:
        """Head, and one of words and transcript."""
        yield self._head
        yield self._words
        yield self.transcript

    def show_row(
        self,
        row: SessionRow | None,
        *,
        name: str = "",
        host: str = "",
        place: str = "",
    ) -> None:
        """What the list says of the session now; None for no session.

        `name`: what the person calls it. `place`: where it runs or is answered, neutralised.
        """
        self._shown = (row, name, host, place) if row is not None else None
        self.tick()
        if not self.has_class("-there"):
            self._show_words(_known(row))

    def show_view(self, view: ReadView, dividers: Sequence[Divider]) -> None:
        """The session's view: at its live end the first time."""
        self._view = view
        self.transcript.show_view(view, dividers=dividers, keep_place=True)
        self._changed()

    def apply(self, changes: ViewChanges) -> None:
        """What has happened to the view since."""
        self.transcript.apply(changes)
        self._changed()

    def _changed(self) -> None:
        view = self._view
        is_there = view is not None and bool(view.entries)
        if is_there != self.has_class("-there"):
            self.set_class(is_there, "-there")
        self._show_end()
        self.call_after_refresh(self._show_question)

    def show_stale(self, stale_for: float | None) -> None:
        """Seconds since the daemon was last heard of; None while it answers."""
        heard = None if stale_for is None else self._now_ms() - round(stale_for * 1000)
        self._heard_at = heard
        self._show_end()

    def _view_ms(self) -> int:
        """The transcript was so then."""
        return self._now_ms() if self._heard_at is None else self._heard_at

    def _show_end(self) -> None:
        """What is awaited, below the last entry. Where to answer is in the head."""
        row = self._shown[0] if self._shown is not None else None
        running = self.transcript.running_entries()
        end = live_end(
            self._view,
            running,
            self._view_ms(),
            row=row,
            stale_for=None if self._heard_at is None else 0.0,
            last=self.transcript.last_entry,
        )
        self.transcript.show_live_end(end)

    def _show_question(self) -> None:
        """A question that is longer than there is room is read from its beginning."""
        question = open_question(self._view) if self._view is not None else None
        asked = question.id if question is not None else None
        if asked == self._held:
            return
        if asked is None or question is None:
            self._held = None
            self.transcript.follow()
            return
        width, height = self.transcript.scrollable_content_region.size
        text = (question.text or "").split("\n")
        lines = sum(1 + len(line) // max(1, width - MARK) for line in text)
        if width and lines > height - AROUND:
            self._held = asked
            self.transcript.restore_place(HeldPlace(asked, 0, 0))

    def show_problem(self, text: str) -> None:
        """Why the session can't be shown; neutralised."""
        self.remove_class("-there")
        self._show_words(text)

    def forget(self) -> None:
        """Another session comes: nothing of this one is left, what was unfolded either."""
        self._view = self._held = self._heard_at = None
        if self.has_class("-there"):
            self.remove_class("-there")
            self.transcript.show_view(ReadView(""))
            self.transcript.show_live_end(None)

    def tick(self) -> None:
        """A second has passed."""
        shown, heard = self._shown, self._heard
        if shown is None:
            self._head.show_lines(lambda _width: [])
            return
        row, name, host, place = shown
        key = SessionKey(host, row.session_id)
        at, since = heard.as_of(key, row), heard.unseen_since(key, row)
        unseen = None if since is None else max(0, heard.now_ms() - since)
        self._head.show_lines(
            lambda width: head_lines(
                row,
                at,
                width,
                name=name,
                host=host,
                place=place,
                home=self._home,
                unseen_ms=unseen,
            )
        )
        if self.has_class("-there"):
            self.transcript.tick()
            self._show_end()

    def _show_words(self, text: str) -> None:
        if self._words.content != text:
            self._words.update(text)


def _known(row: SessionRow | None) -> str:
    """What the list knows of what the session says and does."""
    if row is None:
        return ""
    if row.state == "waiting":
        return safe_text(row.waiting_for or "")
    parts = [safe_text(row.last_line or "")]
    if row.doing is not None:
        call = f"{row.doing.name} {row.doing.argument or ''}"
        parts.append(f"… {safe_line(call, MAX_CALL)}")
    return "\n\n".join(part for part in parts if part.strip())
