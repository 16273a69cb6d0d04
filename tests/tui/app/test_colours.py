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
