"""What happened while the reader was away, as rows: where they stand, keys, clicks, folds."""

from __future__ import annotations

from lashtui.feed.divider import Divider
from lashtui.reading.away import Digest, DigestLine
from tests.hostile import ATTACKS
from tests.tui.widgets.transcript.transcript_harness import StreamedView, lines, prose, shown

DIGEST = Digest(
    "while you were away · 12 min",
    (
        DigestLine("✗", "error: overloaded", "p7", urgent=True),
        DigestLine("✎", "calc.py", "p30", "+2 -1"),
        DigestLine("·", "gone", "nowhere"),
    ),
)
NEW = Divider("new", "new since you left · 35 entries", 4)


def stream() -> StreamedView:
    """Forty messages."""
    return StreamedView([prose(number) for number in range(40)])


async def test_it_stands_under_the_divider_and_is_gone_through() -> None:
    """Its lines are marked one by one; Enter goes to what one is about."""
    streamed = stream()
    async with shown(streamed, (60, 20), [NEW]) as pilot:
        widget = streamed.widget
        widget.digest.show(DIGEST)
        widget.hold_at_new()
        await pilot.pause()
        seen = [line.strip() for line in lines(pilot)]
        at = next(n for n, line in enumerate(seen) if "new since you left" in line)
        assert seen[at + 1 : at + 7] == [
            "",
            "while you were away · 12 min",
            "✗ error: overloaded",
            "✎ calc.py  +2 -1",
            "· gone",
            "",
        ]
        assert widget.current is not None  # other keys act on entries
        widget.move_current(1)
        await pilot.pause()
        assert lines(pilot)[at + 3].startswith("▎")
        assert widget.digest.marked is not None
        widget.move_current(1)
        assert widget.digest.follow(widget.digest.marked) == ""
        assert widget.marked is not None
        assert widget.marked.id == "p30"
        assert widget.digest.follow(widget.digest.marked) is None


async def test_a_line_whose_entry_is_not_there_says_so() -> None:
    """Dropped meanwhile, or hidden by a filter."""
    streamed = stream()
    async with shown(streamed, (60, 20), [NEW]) as pilot:
        widget = streamed.widget
        widget.digest.show(DIGEST)
        widget.hold_at_new()
        await pilot.pause()
        for _ in range(3):
            widget.move_current(1)
        assert "filter" in (widget.digest.follow(widget.digest.marked) or "")


async def test_it_folds_to_its_heading() -> None:
    """From any of its lines; Enter on the heading unfolds it again."""
    streamed = stream()
    async with shown(streamed, (60, 20), [NEW]) as pilot:
        widget = streamed.widget
        widget.digest.show(DIGEST)
        widget.hold_at_new()
        await pilot.pause()
        widget.move_current(1)
        assert widget.fold_current()
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "while you were away · 12 min · 3 lines" in text
        assert "calc.py" not in text
        assert widget.digest.follow(widget.digest.marked) == ""
        await pilot.pause()
        assert "calc.py" in "\n".join(lines(pilot))


async def test_a_click_on_a_line_goes_there() -> None:
    """As Enter does."""
    streamed = stream()
    async with shown(streamed, (60, 20), [NEW]) as pilot:
        widget = streamed.widget
        widget.digest.show(DIGEST)
        widget.hold_at_new()
        await pilot.pause()
        row = next(n for n, line in enumerate(lines(pilot)) if "calc.py" in line)
        await pilot.click(widget, offset=(8, row))
        await pilot.pause()
        assert widget.marked is not None
        assert widget.marked.id == "p30"


async def test_it_goes_with_its_divider() -> None:
    """And when it is dismissed; entries are counted without it."""
    streamed = stream()
    async with shown(streamed, (60, 20), [NEW]) as pilot:
        widget = streamed.widget
        widget.digest.show(DIGEST)
        assert widget.digest.shown == DIGEST
        assert widget.counts == (40, 40)
        widget.digest.show(None)
        assert widget.digest.shown is None
        assert "new since you left" in "".join(d.text for d in widget._rows.dividers())
        widget.digest.show(DIGEST)
        streamed.drop(20)
        await pilot.pause()
        assert widget.digest.shown is None
        assert len(widget.entries()) == 20


async def test_before_an_entry_that_the_divider_is_in() -> None:
    """The digest comes first, then what was read of the answer, then the rest."""
    streamed = StreamedView([prose(1), prose(2, words=200)])
    inside = Divider("new", "new since you left", 2, "p2", chars=100, outside="continued")
    async with shown(streamed, (60, 14), [inside]) as pilot:
        widget = streamed.widget
        widget.digest.show(DIGEST)
        widget.hold_at_new()
        await pilot.pause()
        text = [line.strip() for line in lines(pilot)]
        heads = [n for n, line in enumerate(text) if "while you were away" in line]
        rules = [n for n, line in enumerate(text) if "new since you left" in line]
        assert heads[0] < rules[0]
        assert widget.go_to_new()
        await pilot.pause()
        assert "new since you left" in lines(pilot)[1]


async def test_hostile_words_and_any_width() -> None:
    """Lines are cut to the screen; what they are told in stays safe."""
    digest = Digest("while", tuple(DigestLine("✗", "世界" * 50, "p1", "exit 1") for _ in ATTACKS))
    for width in (4, 10, 20):
        streamed = stream()
        async with shown(streamed, (width, 10), [NEW]) as pilot:
            streamed.widget.digest.show(digest)
            streamed.widget.hold_at_new()
            await pilot.pause()
            assert len(lines(pilot)) == 10
