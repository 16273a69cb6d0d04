"""Fixtures that every test of the program has."""

from __future__ import annotations

import pytest

from lashtui.render import code
from lashtui.render.colour_budget import ColourBudget


@pytest.fixture(autouse=True)
def _no_colours_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours depend on no clock: a slow machine would lose some."""
    monkeypatch.setattr(code, "_BUDGET", ColourBudget(lambda: 0.0))
