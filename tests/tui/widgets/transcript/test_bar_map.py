"""The scrollbar's map."""

from __future__ import annotations

import time

from lashd.view import Entry, ViewChanges
from lashtui.reading.search import Query
from lashtui.widgets.transcript.bar_map import GLYPHS, MapRender, spots
from lashtui.widgets.transcript.rows import RowList
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.screen_text import until
from tests.tui.widgets.transcript.rows_harness import make_renderer
from tests.tui.widgets.transcript.transcript_harness import StreamedView, prose, shown


def bar(view: Transcript) -> MapRender | None:
    """What draws the scrollbar, if it has a map."""
    found = view.vertical_scrollbar.renderer
    return found if isinstance(found, MapRender) else None


def test_each_cell_says_what_matters_most() -> None:
    """A failure before a match before a turn; nothing where there is none of them."""
    rows = RowList(make_renderer())
    rows.replace(
        [
            Entry("user", "a", 1, text="go"),
            *(prose(number) for number in range(20, 60)),
            Entry("tool", "b", 2, name="bash", state="failure"),
            *(prose(number) for number in range(60, 100)),
        ],
        (),
    )
    found = spots(rows, 10, {"b", "nowhere"})
    assert found[0] == "turn"
    assert sorted(found.values()) == ["failed", "turn"]
    assert "found" in spots(rows, 100, {rows.rows[30].key}).values()


def test_it_is_made_in_a_moment_for_the_largest_view() -> None:
    """Of 16,384 entries, once a second at most."""
    rows = RowList(make_renderer())
    rows.replace([Entry("tool", str(n), n, name="x", state="success") for n in range(16384)], ())
    rows.total()
    began = time.process_time()
    spots(rows, 60, ())
    assert time.process_time() - began < 0.2


async def test_failures_and_matches_stand_in_the_bar() -> None:
    """Drawn over it; text that grows makes no new map."""
    entries = [prose(number) for number in range(40)]
    entries[20:20] = [Entry("tool", "b", 500, name="bash", state="failure")]
    async with shown(StreamedView(entries), (60, 12)) as pilot:
        view = pilot.app.query_one(Transcript)
        await until(pilot, lambda: bar(view) is not None)
        first = bar(view)
        assert first is not None
        assert [glyph for glyph, _ in first.marks.values()] == [GLYPHS["failed"]]
        column = [
            strip[-1].text for strip in map(list, pilot.app.screen._compositor.render_strips())
        ]
        assert GLYPHS["failed"] in column

        last = entries[-1]
        last.text = f"{last.text} more"
        view.apply(ViewChanges(changed={last.id: last}))
        await pilot.pause()
        assert bar(view) is first

        view.highlight(Query("word"), {entries[0].id})
        found = bar(view)
        assert found is not None
        assert GLYPHS["found"] in [glyph for glyph, _ in found.marks.values()]

        view.found_in({entries[0].id, entries[30].id})
        await until(pilot, lambda: bar(view) is not found)
        renewed = bar(view)
        assert renewed is not None
        assert len(renewed.marks) > len(found.marks)


async def test_no_map_without_a_scrollbar() -> None:
    """Where everything fits, a mark would be a dash beside the text; it comes with the bar."""
    entries = [Entry("user", "a", 1, text="go"), prose(2)]
    async with shown(StreamedView(entries), (60, 12)) as pilot:
        view = pilot.app.query_one(Transcript)
        view.highlight(Query("go"), {"a"})
        await pilot.pause()
        found = bar(view)
        assert found is None or not found.marks
        more = {entry.id: entry for entry in map(prose, range(10, 40))}
        view.apply(ViewChanges(changed=more))
        await until(pilot, lambda: getattr(bar(view), "marks", None) not in (None, {}))
