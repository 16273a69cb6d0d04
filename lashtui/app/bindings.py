"""The app's keys, which work on every screen."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from lashtui.app.open_tabs import MAX_TABS

TAB_ACTIONS: Final = ("tab", "next_tab", "close_tab")
"""What changes the tab: works only with a session in front."""

APP_BINDINGS: Final[list[BindingType]] = [
    Binding("q", "detach", "Detach", id="app.detach", tooltip="Detach; the agent keeps running"),
    Binding("ctrl+q", "detach", show=False, priority=True, id="app.detach.always"),
    Binding("s", "sessions", "Sessions", id="app.sessions", tooltip="Choose a session"),
    Binding(
        "exclamation_mark",
        "next_needs_you",
        "Next needs you",
        key_display="!",
        show=False,
        id="app.next_needs_you",
        tooltip="Next session that needs you",
    ),
    Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
    Binding("f1", "help_always", show=False, id="app.help.always"),
    Binding(
        "ctrl+z",
        "suspend_process",
        show=False,
        priority=True,
        id="app.suspend",
        tooltip="Suspend (fg to resume)",
    ),
    Binding(
        "greater_than_sign,ctrl+pagedown",
        "next_tab(1)",
        show=False,
        id="app.tab.next",
        tooltip="Next tab",
    ),
    Binding(
        "less_than_sign,ctrl+pageup",
        "next_tab(-1)",
        show=False,
        id="app.tab.previous",
        tooltip="Previous tab",
    ),
    Binding(
        "ctrl+w",
        "close_tab",
        show=False,
        id="app.tab.close",
        tooltip="Close this session's tab",
    ),
    *(
        Binding(
            str(number),
            f"tab({number})",
            show=False,
            id=f"app.tab.{number}",
            tooltip="Go to this tab",
        )
        for number in range(1, MAX_TABS + 1)
    ),
]
