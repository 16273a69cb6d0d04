"""The keys that move about a transcript as in vim and less, besides arrows and page keys."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

MOVES: Final[list[BindingType]] = [
    Binding("g", "to_top", "Top", show=False, id="moving.top"),
    Binding("ctrl+d", "by_pages(0.5)", "Half a page down", show=False, id="moving.half_down"),
    Binding("ctrl+u", "by_pages(-0.5)", "Half a page up", show=False, id="moving.half_up"),
    Binding("ctrl+f", "by_pages(1)", "Page down", show=False, id="moving.page_down"),
    Binding("ctrl+b", "by_pages(-1)", "Page up", show=False, id="moving.page_up"),
    Binding("ctrl+e", "by_lines(1)", "Scroll down", show=False, id="moving.line_down"),
    Binding("ctrl+y", "by_lines(-1)", "Scroll up", show=False, id="moving.line_up"),
]
FOLDS: Final[list[BindingType]] = [
    Binding("h", "set_fold(True)", "Fold", show=False, id="reading.fold", tooltip="Fold"),
    Binding("l", "set_fold(False)", "Unfold", show=False, id="reading.unfold", tooltip="Unfold"),
]
PALETTE: Final = Binding(
    "colon",
    "app.command_palette",
    "Commands",
    key_display=":",
    show=False,
    id="app.commands",
    tooltip="Choose among all actions",
)
