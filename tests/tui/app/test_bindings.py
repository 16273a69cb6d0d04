"""The app's own keys."""

from __future__ import annotations

from pathlib import Path

from textual.binding import Binding

from lashtui.app.bindings import APP_BINDINGS

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_lists_each_action_that_can_have_another_key() -> None:
    """Those that stand by for habit, and the tabs' numbers, are left out."""
    text = README.read_text()
    for binding in Binding.make_bindings(APP_BINDINGS):
        name = binding.id or ""
        if not name.endswith(".always") and not name[-1].isdecimal():
            assert f"`{name}`" in text
