"""Whatever an agent sends, nothing raises, nothing controls the terminal, and work is bounded."""

from __future__ import annotations

import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Region
from textual.strip import Strip

from lashd.view import Entry, EntryKind
from lashtui.feed.divider import Divider
from lashtui.theme import DARK, ROLES_DARK, Palette
from lashtui.widgets.transcript.row_renderer import RowRenderer
from lashtui.widgets.transcript.rows import RowList
from tests.tui.widgets.hostile_text import NASTY, TEXTS, assert_harmless
from tests.tui.widgets.transcript.transcript_harness import NOW, StreamedView, shown

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["outcome", "command", "diff", "text", "stdout"]), TEXTS),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
STATES = st.sampled_from([None, "running", "success", "failure", "cancelled"])
TIMES = st.one_of(st.none(), st.integers(min_value=-(2**62), max_value=2**62))
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from(get_args(EntryKind)),
    id=st.just("x"),
    position=st.just(1),
    started_at=TIMES,
    ended_at=TIMES,
    settled=st.booleans(),
    text=st.one_of(st.none(), TEXTS),
    format=st.sampled_from([None, "plain", "ansi"]),
    name=st.one_of(st.none(), TEXTS),
    args=VALUES,
    state=STATES,
    output=VALUES,
    duration_ms=st.one_of(st.none(), st.floats(min_value=0, max_value=1e12)),
)


def drawn(entry: Entry, width: int, *, unfolded: bool) -> list[Strip]:
    """All strips of an entry."""
    renderer = RowRenderer(lambda: NOW)
    renderer.width = width
    background, foreground = DARK.to_color_system().background, DARK.to_color_system().foreground
    assert background is not None
    assert foreground is not None
    renderer.palette = Palette(background, foreground, ROLES_DARK)
    rows = RowList(renderer)
    row = rows.append("x", entry)
    row.unfolded = unfolded
    return renderer.strips(row, 0, rows.render(0))


@given(ENTRIES, st.sampled_from([3, 12, 60, 200]), st.booleans())
@settings(max_examples=80, deadline=None)
def test_no_entry_raises_or_leaks(entry: Entry, width: int, unfolded: bool) -> None:
    """Any kind, folded or not, at any width, gives printable lines of exactly that width."""
    assert_harmless(drawn(entry, width, unfolded=unfolded), width)


HUGE = {
    "one long line": "x" * 100_000,
    "one long line of words": "word " * 20_000,
    "wide characters": "\u4e2d" * 100_000,
    "zero width": "a" + "\u200b" * 100_000,
    "many lines": "some line of text\n" * 6000,
    "brackets": "[" * 20_000,
    "stars": "**a " * 10_000,
    "backticks": "`" * 20_000 + " " + "``` " * 5000,
    "quotes": ">" * 20_000,
    "pipes": "|a" * 20_000 + "\n" + "|-" * 20_000,
    "nested list": "\n".join("  " * (n % 60) + "- x" for n in range(3000)),
    "open fence": "```python\n" + "x = 1\n" * 10_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_messages_take_bounded_time(name: str) -> None:
    """The worst 100,000 characters are drawn in about a second, even on a loaded machine."""
    entry = Entry("prose", "x", 1, text=HUGE[name], ended_at=NOW)
    begin = time.process_time()
    strips = drawn(entry, 80, unfolded=False)
    assert time.process_time() - begin < 5
    assert_harmless(strips[:2000], 80)


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("kind", ["tool", "code", "value", "diagnostic", "user", "error"])
def test_megabyte_outputs_are_folded(kind: EntryKind, unfolded: bool) -> None:
    """Folded to a few lines; unfolded to some hundreds, with the number of the others."""
    text = "a line of output\n" * 60_000
    entry = Entry(kind, "x", 1, text=text, name="n", output=text, args={"big": text})
    begin = time.process_time()
    strips = drawn(entry, 80, unfolded=unfolded)
    assert time.process_time() - begin < 2
    assert len(strips) < 1300
    if unfolded:
        assert any("more lines" in strip.text for strip in strips)


async def test_through_the_whole_widget() -> None:
    """Every kind of entry with hostile text, and dividers, on a real screen."""
    text = "\n".join(NASTY)
    kinds = get_args(EntryKind)
    entries = [
        Entry(
            kind,
            f"e{n}",
            n,
            text=text,
            name=text,
            args={text: text},
            output=text,
            parent=f"e{n - 1}",
        )
        for n, kind in enumerate(kinds)
    ]
    streamed = StreamedView(entries)
    async with shown(streamed, size=(70, 25), dividers=[Divider("gap", text, 3)]) as pilot:
        for entry in entries:
            streamed.widget.toggle(entry.id)
        await pilot.pause()
        widget = streamed.widget
        total = widget.virtual_size.height
        for y in range(0, total, 20):
            widget.scroll_to(y=y, animate=False, force=True)
            width = widget.scrollable_content_region.width
            region = Region(0, 0, width, widget.size.height)
            assert_harmless(widget.render_lines(region), width)
