"""Which theme the app starts with, from what the environment says about the terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_LIGHT_BACKGROUNDS = ("7", "15")
"""White in the two numberings of COLORFGBG, which some terminals set."""


def first_theme(environ: Mapping[str, str], configured: str | None = None) -> str:
    """The theme's name. NO_COLOR beats any choice, a choice beats a guess.

    `configured`: the theme in the configuration; one in the environment is for this run, and wins.
    """
    if environ.get("NO_COLOR"):
        # The terminal's own two colours. Any other theme would come out in shades of grey.
        return "ansi-dark"
    if environ.get("TEXTUAL_THEME"):
        return environ["TEXTUAL_THEME"]
    if configured:
        return configured
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "lashtui-light" if background in _LIGHT_BACKGROUNDS else "lashtui-dark"
