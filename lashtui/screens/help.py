"""The help screen: every key of the screen under it, from the bindings themselves, in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from lashtui.reading.actions import READING_ACTIONS
from lashtui.screens.paint_screen import NEXT_NEEDS_YOU
from lashtui.text.marks import LEGEND
from lashtui.widgets.fleet_counter import FleetCounter
from lashtui.widgets.keys import useful_keys, written

GROUPS = (
    ("fleet.", "Fleet"),
    ("reading.", "Reading"),
    ("session.", "Session"),
    ("app.tab.", "Tabs"),
    ("panel.", "Panels"),
    ("app.", "App"),
    ("moving.", "Moving"),
    ("", "Moving"),
)
"""Prefixes of bindings' ids, with the name of their group; the first that matches counts."""
SIDEWAYS = ("scroll_left", "scroll_right", "page_left", "page_right")
"""Every scrolling widget binds these; nothing here scrolls sideways."""
FOREIGN = ("app.focus", "screen.copy_text", "copy_text")
"""Textual's own: we have other keys for them, or they move between panels."""
NAMES = {each.action: each.name for each in READING_ACTIONS} | {
    "scroll_up": "Scroll up",
    "scroll_down": "Scroll down",
    "page_up": "Page up",
    "page_down": "Page down",
    "scroll_home": "Top",
    "scroll_end": "",
}
"""What actions are called. Empty: left out; the session has its own key for the live end."""
READING = {each.action: number for number, each in enumerate(READING_ACTIONS)}
"""The reader's actions, in their order."""
PALETTE = "command_palette"
"""What both keys of the palette do: ours, which can be rebound, and Textual's."""
NUMBERED = "app.tab."
"""Prefix of the tabs by number: one line stands for all of them."""


@dataclass(slots=True)
class Group:
    """Keys that belong together, each with what it does."""

    title: str
    keys: list[tuple[str, str]] = field(default_factory=list)


def groups_of(app: App[Any], screen: Screen[Any]) -> list[Group]:
    """The keys that work on `screen` now, but for those of any line of input; and the marks."""
    found: dict[str, dict[str, list[str]]] = {title: {} for _, title in GROUPS}
    for _node, binding, enabled, tooltip in useful_keys(screen):
        what = NAMES.get(binding.action, tooltip or binding.description)
        unknown = binding.id is None and binding.action.startswith((*SIDEWAYS, *FOREIGN))
        if not what or not enabled or unknown:
            continue
        identity = binding.id or ""
        title = next(title for start, title in GROUPS if identity.startswith(start))
        if binding.action in READING:
            title = "Reading"
        if binding.action.removeprefix("app.") == PALETTE:
            title, what = "App", "Choose among all actions"
        key = written(app.get_key_display(binding))
        if identity.startswith(NUMBERED) and identity[len(NUMBERED) :].isdecimal():
            key, what = "1 … 8", "Go to tab 1–8"
        keys = found[title].setdefault(what, [])
        if key not in keys:
            keys.append(key)
    order = {each.name: number for number, each in enumerate(READING_ACTIONS)}
    groups = [
        Group(
            title,
            [
                (" ".join(keys), what)
                for what, keys in sorted(
                    lines.items(), key=lambda line: order.get(line[0], len(order))
                )
            ],
        )
        for title, lines in found.items()
        if lines
    ]
    return [*groups, Group("Marks", list(LEGEND))]


class HelpScreen(ModalScreen[None]):
    """Keys and what they do; any of escape, q and ? closes it.

    Args:
        groups: in the order to be shown.
    """

    CSS_PATH = "help.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,question_mark,f1", "dismiss", "Close"),
        NEXT_NEEDS_YOU,
    ]

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Two columns where there is room."""
        width = max((len(key) for group in self._groups for key, _ in group.keys), default=0)
        left, right = _columns(self._groups)
        with VerticalScroll(id="help"):
            title = Content.assemble(("Keys", "bold"), ("   Esc to close", "$foreground 60%"))
            yield Static(title, markup=False)
            yield FleetCounter()
            with Horizontal(id="groups"):
                yield Static(_block(left, width), markup=False)
                yield Static(_block(right, width), markup=False)


def _columns(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """`groups` in their order, in two halves of about the same height."""
    heights = [len(group.keys) + 2 for group in groups]
    cuts = range(len(groups) + 1)
    cut = min(cuts, key=lambda at: (max(sum(heights[:at]), sum(heights[at:])), -at))
    return list(groups[:cut]), list(groups[cut:])


def _block(groups: Sequence[Group], width: int) -> Content:
    lines: list[Content] = []
    for group in groups:
        lines += [Content(""), Content.styled(group.title, "$foreground 60%")]
        for key, text in group.keys:
            lines.append(Content.assemble((f"{key:<{width}}", "bold"), "  ", text))
    return Content("\n").join(lines)
