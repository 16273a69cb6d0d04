"""Which theme the app starts with, from what the environment says about the terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_NAMED = ("truecolor", "24bit")
"""Values of COLORTERM of terminals that have all colours."""
_LIGHT_BACKGROUNDS = ("7", "15")
"""White in the two numberings of COLORFGBG, which some terminals set."""


def first_theme(
    environ: Mapping[str, str], configured: str | None = None, *, has_few_colours: bool = False
) -> str:
    """The theme's name. NO_COLOR beats any choice, a choice beats a guess.

    `configured`: the theme in the configuration; one in the environment is for this run, and wins.
    `has_few_colours`: the terminal has sixteen, in which ours can't be told apart.
    """
    if environ.get("NO_COLOR"):
        # The terminal's own two colours. Any other theme would come out in shades of grey.
        return "ansi-dark"
    if environ.get("TEXTUAL_THEME"):
        return environ["TEXTUAL_THEME"]
    if configured:
        return configured
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    family = "ansi" if has_few_colours else "lashtui"
    return f"{family}-light" if background in _LIGHT_BACKGROUNDS else f"{family}-dark"


def has_few_colours(environ: Mapping[str, str]) -> bool:
    """Whether no more than sixteen colours will reach the terminal: as Rich decides it, which
    writes them.
    """
    if environ.get("TEXTUAL_COLOR_SYSTEM", "auto") != "auto":
        return environ["TEXTUAL_COLOR_SYSTEM"] == "standard"
    if environ.get("COLORTERM", "").strip().lower() in _NAMED:
        return False
    term = environ.get("TERM", "").strip().lower()
    return bool(term) and not term.endswith(("-256color", "kitty"))
