"""The first theme."""

from __future__ import annotations

import pytest

from lashtui.app.colours import first_theme


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
