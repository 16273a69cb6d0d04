"""Which key does something now: what is said of keys must be true for those who chose others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from lashtui.widgets.textual_private import binding_chain

EDITING: Final = frozenset(each.action for each in Binding.make_bindings(Input.BINDINGS))
"""What any line of input can do. Nobody looks that up."""
SCROLLING: Final = ("scroll_", "page_")
"""Beginnings of actions that a line of input has as well, where they do nothing."""


def useful_keys(screen: Screen[Any]) -> Iterator[ActiveBinding]:
    """What keys do on `screen` now, without what any line of input can do with them."""
    for found in screen.active_bindings.values():
        action = found.binding.action
        is_line = isinstance(found.node, Input)
        if is_line and action.startswith(SCROLLING):
            # It has nothing to scroll, and leaves the key to the screen.
            yield from _own(screen, found.binding.key)
        elif not is_line or action not in EDITING:
            yield found


def _own(screen: Screen[Any], key: str) -> Iterator[ActiveBinding]:
    """What the screen itself does with `key`."""
    for node, bindings in binding_chain(screen):
        if node is screen:
            for each in bindings.key_to_bindings.get(key, ()):
                yield ActiveBinding(screen, each, True, each.tooltip)


def key_of(widget: Widget, action: str, default: str = "") -> str:
    """The key that `action` has on the widget's screen, as the footer writes it.

    `default` where none has it, or before there is a screen.
    """
    if not widget.is_attached:
        return default
    found = [
        binding
        for _node, binding, _enabled, _tooltip in widget.screen.active_bindings.values()
        if binding.action.rpartition(".")[2] == action
    ]
    # One that the footer shows, rather than one that stands by for habit.
    found.sort(key=lambda binding: not binding.show)
    return widget.app.get_key_display(found[0]) if found else default


def written(key: str) -> str:
    """`Home` and `F2`, as they stand on a keyboard; a letter, alone or with ^, as it is."""
    return key.capitalize() if len(key) > 1 and key.isalnum() else key
