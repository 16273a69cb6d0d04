"""Which key does something now: what is said of keys must be true for those who chose others."""

from __future__ import annotations

from textual.widget import Widget


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
