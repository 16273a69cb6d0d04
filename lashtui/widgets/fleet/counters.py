"""The line above the fleet: how many stand where, and what all of them have used."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from lashtui.feed.fleet.rows import Totals
from lashtui.text.figures import dollars
from lashtui.text.format import count
from lashtui.text.standing import STANDING_MARKS, STANDINGS, Standing, counted
from lashtui.theme import STANDING_STYLES
from lashtui.widgets.line import TwoEndedLine


class FleetCounters(TwoEndedLine):
    """`‼ 3 need you  ✗ 3 failed  ● 12 working      in 1.2M  out 96k  $4.10`."""

    def show_counts(self, counts: Mapping[Standing, int], totals: Totals, unseen: int = 0) -> None:
        """Show these. `unseen`: how many more there are, of hosts that are not heard of."""
        words = [_words(each, counts.get(each, 0)) for each in STANDINGS if counts.get(each)]
        short = [
            _words(each, counts.get(each, 0), short=each != "needs you")
            for each in STANDINGS
            if counts.get(each)
        ]
        if unseen:
            lost = Content.styled(f"? {unseen:,} unseen", "$foreground 65%")
            words, short = [*words, lost], [*short, lost]
        used = [
            f"{word} {count(number)}"
            for word, number in (("in", totals.input_tokens), ("out", totals.output_tokens))
            if number
        ]
        price = dollars(totals.cost) if totals.cost else ""
        style = "$foreground 65%"
        self.show_ends(
            # Who needs the person is said in words in any case.
            (Content("  ").join(words), Content("  ").join(short)) if words else Content("lashtui"),
            Content.styled("  ".join(filter(None, [*used, price])), style),
            Content.styled(price, style),
            Content(""),
        )


def _words(standing: Standing, number: int, *, short: bool = False) -> Content:
    words = f"{STANDING_MARKS[standing]} {number:,}" if short else counted(standing, number)
    return Content.styled(words, STANDING_STYLES[standing])
