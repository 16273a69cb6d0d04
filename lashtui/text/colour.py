"""Whether what a command prints on a terminal has colours. Pure; the app has themes instead."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def has_colour(environ: Mapping[str, str]) -> bool:
    """Not if the person wants none, nor where the terminal says that it can't."""
    return not environ.get("NO_COLOR") and environ.get("TERM", "") not in ("", "dumb")
