"""The two questions of the fleet's screen: what to call a session, and whether to remove it."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from lashtui.saved.fleet_marks import MAX_NAME
from lashtui.text.sanitize import safe_line

Removal: TypeAlias = Literal["remove", "force"]

_CSS = """
    {name} {{ align: center middle; background: $background 40%; }}
    {name} > Vertical {{
        width: 60; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface;
    }}
    {name} Input {{ border: none; height: 1; padding: 0; background: $foreground 9%; }}
    {name} .keys {{ color: $foreground 70%; margin: 1 0 0 0; }}
"""


class RenameScreen(ModalScreen[str | None]):
    """Ends with the new name, empty for the session's own; None: leave it.

    Args:
        session_id: the session's own name.
        name: what the person calls it now.
    """

    DEFAULT_CSS = _CSS.format(name="RenameScreen")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, session_id: str, name: str) -> None:
        super().__init__()
        self._session_id, self._name_now = session_id, name

    def compose(self) -> ComposeResult:
        """A field."""
        with Vertical():
            own = safe_line(self._session_id, 100)
            yield Static(f"Your name for {own}", markup=False)
            field = Input(self._name_now, placeholder=own, compact=True, max_length=MAX_NAME)
            field.cursor_blink = False
            yield field
            yield Static(_keys(("enter", "save"), ("esc", "cancel")), classes="keys", markup=False)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        self.dismiss(message.value)


class RemoveScreen(ModalScreen[Removal | None]):
    """Ends with how to remove the session; None: keep it.

    Args:
        session_id: the session.
        is_live: its agent still publishes, so removing it takes more than a yes.
    """

    DEFAULT_CSS = _CSS.format(name="RemoveScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "dismiss", "Keep"),
        Binding("y", "remove", "Remove"),
        Binding("F", "force", "Remove anyway"),
    ]

    def __init__(self, session_id: str, *, is_live: bool) -> None:
        super().__init__()
        self._session_id, self._is_live = session_id, is_live

    def compose(self) -> ComposeResult:
        """The question, and what it means."""
        name = safe_line(self._session_id, 100)
        with Vertical():
            if self._is_live:
                yield Static(f"{name} is still being published to.", markup=False)
                yield Static("Removed, it comes back when its agent reconnects.", markup=False)
                keys = (("F", "remove anyway"), ("esc", "keep"))
            else:
                yield Static(f"Remove {name}?", markup=False)
                yield Static("The daemon forgets what it holds of it.", markup=False)
                keys = (("y", "remove"), ("esc", "keep"))
            yield Static(_keys(*keys), classes="keys", markup=False)

    def action_remove(self) -> None:
        """Yes; a session that is live takes more."""
        if not self._is_live:
            self.dismiss("remove")

    def action_force(self) -> None:
        """Yes, live or not."""
        self.dismiss("force" if self._is_live else "remove")


def _keys(*keys: tuple[str, str]) -> Content:
    words = [Content.assemble((key, "bold"), f" {what}") for key, what in keys]
    return Content("   ").join(words)
