"""One row of the digest."""

from __future__ import annotations

import pytest

from lashtui.reading.away import Digest, DigestLine
from lashtui.render.styles import line_text
from lashtui.render.wrap import width_of
from lashtui.widgets.transcript.digest_row import HEADING, digest_rows

DIGEST = Digest("while you were away", (DigestLine("✗", "a long command", "e1", "exit 2"),) * 2)


def test_folded_and_unfolded() -> None:
    """The heading counts what its fold hides."""
    assert [row.key for row in digest_rows(DIGEST, folded=False)] == [
        HEADING,
        f"{HEADING} 0",
        f"{HEADING} 1",
    ]
    (heading,) = digest_rows(DIGEST, folded=True)
    assert line_text(heading.line(60)) == "  while you were away · 2 lines"
    assert heading.target is None


@pytest.mark.parametrize("width", [1, 5, 16, 20, 80])
def test_what_it_is_about_is_cut_before_what_happened(width: int) -> None:
    """At any width it stays in its line."""
    line = digest_rows(DIGEST, folded=False)[1].line(width)
    assert width_of(line) <= width
    if width >= 20:
        assert line_text(line).endswith("exit 2")
