"""The sessions of the fleet beside a session's transcript, on a screen with room for both.

The cursor is on the session in front; with the focus it goes where the person moves it, and no line
moves meanwhile. Hidden it costs nothing, and without a session to show it takes no room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.binding import Binding, BindingType

from lashd.clock import now_ms as wall_clock_ms
from lashtui.feed.fleet.heard import Connections, Heard
from lashtui.feed.fleet.order import Marks, Wish, arrange
from lashtui.widgets.fleet.table import FleetTable

if TYPE_CHECKING:
    from textual import events
    from textual.timer import Timer

    from lashtui.feed.fleet.rows import Fleet, RowChange
    from lashtui.saved.session_key import SessionKey

SHOW_EVERY = 0.5
"""Seconds between two looks at the fleet: it is seen from the corner of an eye."""


class Followed(Connections, Protocol):
    """A fleet that is kept up to date: what is needed of `FleetFeed`."""

    @property
    def fleet(self) -> Fleet: ...
    @property
    def is_followed(self) -> bool: ...
    @property
    def listeners(self) -> list[Callable[[list[RowChange]], None]]: ...


class ListChoice:
    """Whether the person wants to see the list: one choice for the screens of all sessions."""

    is_hidden = False


class SideList(FleetTable):
    """The fleet in a narrow column.

    Args:
        source: the fleet; None for none, with which the list stays empty.
        front: the session whose screen it stands on.
        marks: what the person has said about sessions, whenever the list is shown.
        choice: shared with the lists on the screens of other sessions.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", id="list.open", tooltip="Go to this session"),
        Binding("down,j", "step(1)", "Down", show=False, id="list.down"),
        Binding("up,k", "step(-1)", "Up", show=False, id="list.up"),
        Binding("pagedown", "leaf(1)", "Page down", show=False, id="list.page_down"),
        Binding("pageup", "leaf(-1)", "Page up", show=False, id="list.page_up"),
        Binding("home,g", "top", "Top", show=False, id="list.top"),
        Binding("end,G", "bottom", "Bottom", show=False, id="list.bottom"),
        Binding(
            "escape,right",
            "leave",
            "Transcript",
            show=False,
            id="list.leave",
            tooltip="Back to the transcript",
        ),
    ]

    def __init__(
        self,
        source: Followed | None,
        front: SessionKey,
        *,
        marks: Callable[[], Marks] = Marks,
        choice: ListChoice | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
        home: str = "",
    ) -> None:
        super().__init__(Heard(source, now_ms), home=home, id="sessions")
        self._source = source
        self._front = front
        self._own_marks = marks
        self._choice = choice or ListChoice()
        self.set_class(self._is_hidden, "-hidden")
        self._due: Timer | None = None
        self._seconds: Timer | None = None

    def on_mount(self) -> None:
        """Look at the fleet as long as the list can be seen."""
        self._due = self.set_interval(SHOW_EVERY, self._show, pause=True)
        self._seconds = self.set_interval(1.0, self._second, pause=True)
        if self._source is not None:
            self._source.listeners.append(self._changed)

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        if self._source is not None and self._changed in self._source.listeners:
            self._source.listeners.remove(self._changed)

    @property
    def has_source(self) -> bool:
        """Whether there is a fleet to show: none is known before the daemon has said so."""
        return self._source is not None and bool(self._source.fleet.rows)

    @property
    def is_seen(self) -> bool:
        """Whether it is on the screen, perhaps with a dialog over it."""
        stack = self.app.screen_stack
        if not self.is_attached or self.screen not in stack or not self.size.width:
            return False
        above = stack[stack.index(self.screen) + 1 :]
        return self.display and all(screen.is_modal for screen in above)

    @property
    def _is_hidden(self) -> bool:
        return self._choice.is_hidden or not self.has_source

    def toggle(self) -> None:
        """Show or hide it, here and on the screens of the other sessions."""
        self._choice.is_hidden = not self._choice.is_hidden
        self.look()

    def _changed(self, _changes: list[RowChange]) -> None:
        if self._is_hidden != self.has_class("-hidden"):
            self.look()
        if self._due is not None and self.is_seen:
            self._due.resume()

    def look(self) -> None:
        """It may have come into sight: show the fleet as it is now."""
        if self._is_hidden and self.has_focus:
            self.action_leave()
        self.set_class(self._is_hidden, "-hidden")
        if self.is_seen:
            self._show()

    def on_show(self) -> None:
        """It was hidden."""
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        """It may have been hidden."""
        self.look()

    def _second(self) -> None:
        if self.is_seen:
            self.tick()
        elif self._seconds is not None:
            self._seconds.pause()

    def _show(self) -> None:
        if self._due is None or self._seconds is None or self._source is None:
            return
        self._due.pause()
        if not self.is_seen:
            return
        self._seconds.resume()
        rows, marks = self._source.fleet.rows, self._own_marks()
        self.show_rows(rows, marks)
        self.set_old(not self._source.is_followed and bool(rows))
        if self.has_focus:
            return
        wish = Wish()
        groups = arrange(rows, marks, wish)
        hidden = [group for group in groups if self._front in group.keys and group.folded]
        if hidden:
            wish = Wish(opened={group.name for group in hidden})
            groups = arrange(rows, marks, wish)
        self.show_groups(groups, wish)
        self.select(self._front)

    def on_blur(self) -> None:
        """The cursor goes back to the session in front, and the lines into their order."""
        self.call_later(self._show)

    # -- keys and mouse ----------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        self.move(by)

    def action_leaf(self, by: int) -> None:
        """Move by a screenful."""
        self.page(by)

    def action_top(self) -> None:
        """To the first session."""
        self.first()

    def action_bottom(self) -> None:
        """To the last session."""
        self.last()

    def action_choose(self) -> None:
        """Go to the session with the cursor."""
        if self.current is not None:
            self.post_message(self.Chosen(self.current))

    def action_leave(self) -> None:
        """Back to the transcript."""
        self.post_message(self.Chosen(self._front))

    def on_click(self, event: events.Click) -> None:
        """A click goes there at once: the transcript beside it shows which session it is."""
        number = self.board.top + event.y
        line = self.board.lines[number] if 0 <= number < len(self.board.lines) else None
        if event.button == 1 and isinstance(line, tuple):
            event.prevent_default()
            self.post_message(self.Chosen(line))
