"""The first theme."""

from __future__ import annotations

import pytest
from rich.console import Console

from lashtui.app.colours import first_theme, has_few_colours


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({}, "lashtui-dark"),
        ({"COLORFGBG": "0;15"}, "lashtui-light"),
        ({"COLORFGBG": "15;default;0"}, "lashtui-dark"),
        ({"COLORFGBG": "0;15", "TEXTUAL_THEME": "nord"}, "nord"),
        ({"NO_COLOR": "1", "TEXTUAL_THEME": "nord"}, "ansi-dark"),
        ({"NO_COLOR": ""}, "lashtui-dark"),
    ],
)
def test_what_the_environment_says(environ: dict[str, str], theme: str) -> None:
    """NO_COLOR beats a wish, a wish beats a guess, without a hint it is dark."""
    assert first_theme(environ) == theme


def test_what_the_configuration_says() -> None:
    """It beats the guess; the environment is for this run, and beats it."""
    assert first_theme({"COLORFGBG": "0;15"}, "nord") == "nord"
    assert first_theme({"TEXTUAL_THEME": "dracula"}, "nord") == "dracula"
    assert first_theme({"NO_COLOR": "1"}, "nord") == "ansi-dark"


@pytest.mark.parametrize(
    ("environ", "few"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "linux"}, True),
        ({"TERM": "screen"}, True),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "xterm-kitty"}, False),
        ({"TERM": "xterm-256color", "TEXTUAL_COLOR_SYSTEM": "standard"}, True),
        ({}, False),
    ],
)
def test_a_terminal_of_sixteen_colours(environ: dict[str, str], few: bool) -> None:
    """Known from what the terminal says of itself, as Rich reads it."""
    assert has_few_colours(environ) is few
    if "TERM" in environ and "TEXTUAL_COLOR_SYSTEM" not in environ:
        system = Console(force_terminal=True, _environ=environ).color_system
        assert (system == "standard") is few


def test_sixteen_colours_are_the_terminals_own() -> None:
    """Ours would all come out as white; a wish is still a wish."""
    assert first_theme({}, has_few_colours=True) == "ansi-dark"
    assert first_theme({"COLORFGBG": "0;15"}, has_few_colours=True) == "ansi-light"
    assert first_theme({}, "nord", has_few_colours=True) == "nord"
