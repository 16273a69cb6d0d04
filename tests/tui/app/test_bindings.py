"""The app's own keys."""

from __future__ import annotations

from pathlib import Path

from textual.binding import Binding

from lashtui.app.bindings import APP_BINDINGS
from lashtui.screens.fleet.bindings import FLEET_BINDINGS
from lashtui.widgets.fleet.side_list import SideList

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_lists_each_action_that_can_have_another_key() -> None:
    """Those that stand by for habit, and the tabs' numbers, are left out."""
    text = README.read_text()
    for binding in Binding.make_bindings(APP_BINDINGS):
        name = binding.id or ""
        if not name.endswith(".always") and not name[-1].isdecimal():
            assert f"`{name}`" in text


def test_the_readme_lists_the_actions_of_the_lists() -> None:
    """By the last part of their ids, after the first."""
    listed = README.read_text().partition("Actions you can rebind:")[2].partition("\n\n")[0]
    for declared in (FLEET_BINDINGS, SideList.BINDINGS):
        for binding in Binding.make_bindings(declared):
            if binding.id is not None:
                first, _, rest = binding.id.partition(".")
                assert f"`{rest}`" in listed.partition(f"`{first}.`")[2].partition("; and")[0]
