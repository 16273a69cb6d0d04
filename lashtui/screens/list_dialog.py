"""What the dialogs with a list have in common: a ground that lets the transcript through, a list
without a frame, a cursor that is seen in every theme, and a line that explains the keys.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.screen import ModalScreen


class ListDialog(ModalScreen[None]):
    """Base of the dialogs that have an OptionList in a Vertical."""

    DEFAULT_CSS = """
    ListDialog { align: center middle; background: $background 40%; }
    ListDialog > Vertical { height: auto; padding: 1 2; background: $surface; }
    ListDialog OptionList { height: auto; border: none; padding: 0; background: transparent; }
    ListDialog OptionList:focus { border: none; background-tint: $foreground 0%; }
    ListDialog OptionList > .option-list--option-highlighted,
    ListDialog OptionList:focus > .option-list--option-highlighted {
        color: $foreground; background: $foreground 9%; text-style: bold;
    }
    ListDialog OptionList:ansi > .option-list--option-highlighted,
    ListDialog OptionList:ansi:focus > .option-list--option-highlighted {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
    }
    ListDialog Static { color: $foreground 70%; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (14, "-high")]  # noqa: RUF012
    """On a screen of 12 rows as much of the list as can be, and the way out, are in view."""


def keys_content(keys: Iterable[tuple[str, str]]) -> Content:
    """`⏎ open  esc close`: what the keys do."""
    return Content("  ").join([Content.assemble((key, "bold"), f" {what}") for key, what in keys])
