"""The footer: as many keys as there is room for, the way out and the help first.

A screen may say which keys matter now; then only a few are shown, those among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.keys import key_to_character
from textual.widget import Widget
from textual.widgets import Input

FIRST = ("detach", "quit", "dismiss", "back", "help", "app.help_always", "sessions")
"""Actions that nobody should have to look for: they stay if there is room for only a few."""
NEXT = (
    "end_search",
    "next_match",
    "step(1)",
    "jump('error', 1)",
    "copy_entry",
    "search",
    "open_entry",
    "next_entry",
    "follow",
    "filter",
)
"""Next, what one does with what is in view: find what failed, copy it, read all of it."""
MOST_CHOSEN = 6
"""Keys shown where a screen says which matter: more are not read, but searched."""
RANKS = {action: rank for rank, action in enumerate((*FIRST, *NEXT))}
GAP = 2
"""Cells between two keys."""


class KeyFooter(Widget):
    """Keys in their order; if not all fit, the less needed ones are left to the help screen."""

    DEFAULT_CSS = """
    KeyFooter { dock: bottom; height: 1; padding: 0 1; background: transparent; }
    """

    def __init__(
        self,
        matter: Callable[[], Sequence[str]] = lambda: (),
        labels: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`matter`: gives the actions that matter now, the most needed first; none: all do.
        `labels`: what actions are called now, where it isn't what their keys say; empty: not shown.
        """
        super().__init__()
        self._matter = matter
        self._labels = labels
        self._shown: list[_Key] = []

    def on_mount(self) -> None:
        """Keys change with the focus and with what is on the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: object) -> None:
        if self.screen.is_active:
            self.refresh()

    def render(self) -> Content:
        """The keys that fit."""
        keys = self._keys()
        room = self.content_size.width + GAP
        most = len(keys)
        matter = self._matter()
        if matter:
            most = MOST_CHOSEN
            ranks = {action: rank for rank, action in enumerate((*FIRST[:-1], *matter))}
            keys = [
                msgspec.structs.replace(key, rank=ranks[key.action])
                for key in keys
                if key.action in ranks
            ]
        chosen: set[int] = set()
        # The ranked ones first, then the others in their order.
        for rank, index in sorted((key.rank, index) for index, key in enumerate(keys)):
            needed = keys[index].content.cell_length + GAP
            if needed <= room and len(chosen) < most:
                room -= needed
                chosen.add(index)
            elif rank >= len(FIRST):
                break
        self._shown = [key for index, key in enumerate(keys) if index in chosen]
        return Content(" " * GAP).join([key.content for key in self._shown])

    def _keys(self) -> list[_Key]:
        found: dict[str, _Key] = {}
        typing = isinstance(self.screen.focused, Input)
        labels = self._labels()
        for _node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            label = labels.get(binding.action, binding.description if binding.show else "")
            if not label or not enabled or binding.action in found:
                continue
            name = self.app.get_key_display(binding)
            if typing and _is_typed(binding.key, name):
                continue
            rank = RANKS.get(binding.action, len(RANKS))
            content = Content.assemble((name, "bold"), (f" {label}", "$foreground 60%"))
            found[binding.action] = _Key(rank, binding.key, binding.action, content)
        if "end_search" not in found:
            # Without a search this key goes to what is new; the status line says so.
            found.pop("next_match", None)
        return list(found.values())

    def on_click(self, event: events.Click) -> None:
        """A click on a key presses it."""
        left = self.styles.padding.left
        for key in self._shown:
            right = left + key.content.cell_length
            if left <= event.x < right:
                self.app.simulate_key(key.key)
            left = right + GAP


def _is_typed(key: str, shown: str) -> bool:
    """Whether a field takes the key as text. `shown`: how the footer writes it; Textual knows the
    character of `slash` only from there."""
    character = key_to_character(key) or (shown if shown.isascii() and len(shown) == 1 else "")
    return bool(character) and character.isprintable()


class _Key(msgspec.Struct, frozen=True):
    """A key with its label."""

    rank: int
    key: str
    action: str
    content: Content
