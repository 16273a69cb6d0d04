"""Fixtures that every test of the program has."""

from __future__ import annotations

import pytest
from textual.app import App

from lashtui.render import code
from lashtui.render.colour_budget import ColourBudget
from lashtui.theme import role_variables


@pytest.fixture(autouse=True)
def _no_colours_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours depend on no clock: a slow machine would lose some."""
    monkeypatch.setattr(code, "_BUDGET", ColourBudget(lambda: 0.0))


@pytest.fixture(autouse=True)
def _no_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests copy nothing into the tmux, or onto the desktop, that they are run from."""
    for name in ("TMUX", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _roles_have_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a bare app around one widget."""
    monkeypatch.setattr(App, "get_theme_variable_defaults", lambda _: role_variables(dark=True))
