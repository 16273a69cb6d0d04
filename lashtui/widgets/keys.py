"""Which key does something now: texts about keys must be true for people who remapped them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from lashtui.widgets.textual_private import binding_chain

EDITING: Final = frozenset(each.action for each in Binding.make_bindings(Input.BINDINGS))
"""Actions of any line of input. Nobody looks those up."""
SCROLLING: Final = ("scroll_", "page_")
"""Prefixes of actions that a line of input has too, where they do nothing."""


def useful_keys(screen: Screen[Any]) -> Iterator[ActiveBinding]:
    """The keys that work on `screen` now, without those of any line of input."""
    for found in screen.active_bindings.values():
        action = found.binding.action
        is_line = isinstance(found.node, Input)
        if is_line and action.startswith(SCROLLING):
            # A line has nothing to scroll, so the key is the screen's.
            yield from _own(screen, found.binding.key)
        elif not is_line or action not in EDITING:
            yield found


def _own(screen: Screen[Any], key: str) -> Iterator[ActiveBinding]:
    """The screen's own binding of `key`."""
    for node, bindings in binding_chain(screen):
        if node is screen:
            for each in bindings.key_to_bindings.get(key, ()):
                yield ActiveBinding(screen, each, True, each.tooltip)


def key_of(widget: Widget, action: str, default: str = "") -> str:
    """The key that `action` has on the widget's screen, as the footer writes it.

    `default` if no key has it, or if the widget is on no screen yet.
    """
    if not widget.is_attached:
        return default
    found = [
        binding
        for _node, binding, _enabled, _tooltip in widget.screen.active_bindings.values()
        if binding.action.rpartition(".")[2] == action
    ]
    # A key that the footer shows is better than an alternative.
    found.sort(key=lambda binding: not binding.show)
    return widget.app.get_key_display(found[0]) if found else default


def written(key: str) -> str:
    """`Home` and `F2` as on a keyboard; a letter, alone or with ^, unchanged."""
    return key.capitalize() if len(key) > 1 and key.isalnum() else key
