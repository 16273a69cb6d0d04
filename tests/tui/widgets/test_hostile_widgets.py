"""Whatever the fields of a session hold: panels, lines and lists neither raise nor leak."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lashd.view import Process, QueueItem, ReadView
from lashtui.feed.departures import Departure
from lashtui.feed.state import FeedState
from lashtui.widgets.panels.plan import PlanPanel
from lashtui.widgets.panels.process import ProcessPanel
from lashtui.widgets.panels.queue import QueuePanel
from lashtui.widgets.session_header import SessionHeader
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.summary_strip import SummaryStrip
from lashtui.widgets.tabs import Tab, TabStrip
from tests.tui.records import RecordFactory
from tests.tui.widgets.hostile_text import TEXTS, assert_harmless

NOW = 1_700_000_000_000
TEXT = st.one_of(st.none(), TEXTS)
TIMES = st.one_of(st.none(), st.integers(0, 2**53 - 1))
CODES = st.one_of(st.none(), st.integers(-(2**53) + 1, 2**53 - 1))
NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats())
VALUES = st.one_of(NUMBERS, TEXTS, st.lists(TEXTS, max_size=2))
STEPS: st.SearchStrategy[Any] = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("content", "text", "title", "step", "status"), VALUES)
    ),
    st.builds(dict, content=TEXTS, status=st.sampled_from(["completed", "in_progress", "pending"])),
)
COUNTERS = st.dictionaries(
    st.one_of(st.sampled_from(["input_tokens", "output_tokens", "input"]), TEXTS), VALUES
)
STATES = ["idle", "running", "waiting", "ended"]
VIEWS = st.builds(
    ReadView,
    session_id=TEXTS,
    turn_index=st.integers(0, 2**53 - 1),
    state=st.sampled_from(STATES),
    waiting_for=TEXT,
    outcome=st.sampled_from([None, "success", "failure", "cancelled", "cut_off"]),
    exit_code=CODES,
    title=TEXT,
    agent=TEXT,
    directory=TEXT,
    started_at=TIMES,
    queue=st.lists(st.builds(QueueItem, batch_id=TEXTS, text=TEXT, delivery=TEXT), max_size=4),
    processes=st.lists(
        st.builds(
            Process,
            process_id=TEXTS,
            label=TEXT,
            state=st.sampled_from(["running", "exited", "failed", "cancelled"]),
            exit_code=CODES,
            signal=TEXT,
            started_at=TIMES,
            ended_at=TIMES,
        ),
        max_size=4,
    ),
    plan=st.one_of(st.none(), st.lists(STEPS, max_size=4)),
    usage=st.dictionaries(st.sampled_from(["total", "child", "last", "context"]), COUNTERS),
)
TABS = st.lists(st.builds(Tab, TEXTS, st.sampled_from([None, *STATES])), min_size=2, max_size=8)
HUGE = [
    "x" * 100_000,
    "中" * 100_000,
    "a" + "\u0301" * 100_000,
    "\x1b[" * 50_000,
    "\x9d0;" * 30_000,
]


class Everything(App[None]):
    """All of them below each other."""

    CSS = "Panel { height: 8; }"

    def compose(self) -> ComposeResult:
        """What shows a session without its transcript."""
        yield from (TabStrip(), SessionHeader(), PlanPanel(), QueuePanel(), ProcessPanel())
        yield from (SummaryStrip(), StatusLine())

    def show(self, view: ReadView, tabs: list[Tab]) -> None:
        """Show these."""
        self.query_one(TabStrip).show_tabs(tabs, 1)
        self.query_one(SessionHeader).show_session(view.session_id, view, NOW)
        self.query_one(PlanPanel).show_view(view)
        traces = [Departure(item.text or item.batch_id, "delivered", 9.0) for item in view.queue]
        self.query_one(QueuePanel).show_view(view, traces)
        self.query_one(ProcessPanel).show_view(view, NOW)
        self.query_one(SummaryStrip).show_view(view)
        self.query_one(StatusLine).show_state(state_of(view), following=False, unread=3, now_ms=NOW)

    def drawn(self) -> Iterator[tuple[Widget, list[Strip]]]:
        """Each widget and its lines."""
        for widget in self.screen.children:
            if widget.display and widget.size:
                yield widget, widget.render_lines(Region(0, 0, *widget.size))


def state_of(view: ReadView) -> FeedState:
    """The state of a feed that was given this view, and lost its connection since."""
    records = RecordFactory()
    state = FeedState("build", lambda: 0.0)
    observation = {**records.observation(), "read_view": view.to_wire()}
    state.receive([records.attached(), observation, records.synced()])
    state.connection.lost(view.title or "", 3.0)
    return state


@pytest.mark.parametrize("width", [20, 80, 200])
@given(looks=st.lists(st.tuples(VIEWS, TABS), min_size=4, max_size=4))
@settings(max_examples=12, deadline=None)
async def test_no_field_raises_or_leaks(
    width: int, looks: list[tuple[ReadView, list[Tab]]]
) -> None:
    """Printable characters only, and lines as wide as the widget, at any width."""
    app = Everything()
    async with app.run_test(size=(width, 40)) as pilot:
        for view, tabs in looks:
            app.show(view, tabs)
            await pilot.pause()
            seen = 0
            for widget, strips in app.drawn():
                assert_harmless(strips, widget.size.width)
                seen += len(strips)
            assert seen >= 4
            assert_harmless(app.screen._compositor.render_strips(), width)


@pytest.mark.parametrize("text", HUGE, ids=["letters", "wide", "marks", "sequences", "C1"])
async def test_an_endless_line_costs_little(text: str) -> None:
    """100,000 characters in every field: drawn in a moment, one line where there is one line."""
    view = ReadView(
        "s",
        state="waiting",
        waiting_for=text,
        title=text,
        agent=text,
        directory=text,
        queue=[QueueItem(text, text, text)],
        processes=[Process(text, text, signal=text)],
        plan=[{"content": text, "status": text}, text],
        usage={"total": {"input_tokens": 1}, "context": {"used": text, "size": text}},
        model=text,
    )
    app = Everything()
    async with app.run_test(size=(80, 40)) as pilot:
        begin = time.process_time()
        app.show(view, [Tab(text, "running")] * 3)
        await pilot.pause()
        for widget, strips in app.drawn():
            assert_harmless(strips, widget.size.width)
        assert time.process_time() - begin < 3
