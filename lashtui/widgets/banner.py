"""The banner: what the reader must know before trusting the transcript. Usually hidden."""

from __future__ import annotations

from textual.widgets import Static

from lashtui.feed.gaps import GapFacts
from lashtui.widgets.keys import key_of


class Banner(Static):
    """A gap in words, until it is dismissed. Quiet where nothing is lost."""

    DEFAULT_CSS = """
    Banner {
        display: none;
        height: auto;
        max-height: 3;
        padding: 0 1;
        background: $foreground 9%;
        color: $warning;
        text-style: bold;
    }
    Banner.-quiet {
        max-height: 2;
        background: $background;
        color: $foreground 60%;
        text-style: none;
    }
    Banner:ansi { background: transparent; }
    Banner.-quiet:ansi { color: ansi_default; text-style: dim; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._shown: GapFacts | None = None

    def show_gap(self, gap: GapFacts | None) -> None:
        """Show this gap; None hides the banner."""
        if gap == self._shown:
            return
        self._shown = gap
        self.display = gap is not None
        if gap is not None:
            self.set_class(gap.complete, "-quiet")
            mark, key = "·" if gap.complete else "▲", key_of(self, "dismiss_gap", "x")
            self.update(f"{mark} {gap.sentence}  ({key} to dismiss)")

    @property
    def text(self) -> str:
        """What the banner says; empty while hidden."""
        return self._shown.sentence if self._shown is not None else ""
