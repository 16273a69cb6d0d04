"""The status line."""

from __future__ import annotations

from lashd.events import RetryStatus, SessionOutcome, Usage, Waiting
from lashd.view import Entry
from lashtui.feed.since import Since
from lashtui.feed.state import FeedState
from lashtui.widgets.status_line import StatusLine
from tests.tui.records import SESSION, RecordFactory
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp


async def said(
    state: FeedState, *, following: bool = True, unread: int = 0, now_ms: int = 0
) -> str:
    """The line's text."""
    line = StatusLine()
    async with HostApp(line).run_test(size=(120, 3)):
        line.show_state(state, following=following, unread=unread, now_ms=now_ms)
        return line.text


def live(records: RecordFactory) -> FeedState:
    """A live state."""
    state = FeedState(SESSION, lambda: 0.0)
    state.receive([records.attached(), records.observation(), records.synced()])
    return state


async def test_before_anything() -> None:
    """Connecting is said."""
    assert await said(FeedState(SESSION)) == "○ connecting"


async def test_live_with_usage() -> None:
    """Live at the left, tokens at the right."""
    records = RecordFactory()
    records.host.record_turn_activity(Usage(usage={"input_tokens": 2000, "output_tokens": 30}))
    assert await said(live(records)) == "● connected  in 2.0k  out 30"


async def test_how_full_the_context_is() -> None:
    """Behind the tokens; where cells are few, before them."""
    records = RecordFactory()
    context = {"used": 45_000, "size": 200_000}
    records.host.record_turn_activity(Usage({"input_tokens": 2000}, context=context))
    state = live(records)
    assert await said(state) == "● connected  in 2.0k  context 45k/200k (22 %)"
    line = StatusLine()
    async with HostApp(line).run_test(size=(40, 3)) as pilot:
        line.show_state(state, following=True, unread=0)
        await pilot.pause()
        shown = screen_text(pilot.app).splitlines()[0]
    assert shown.split() == ["●", "connected", "context", "45k/200k", "(22", "%)"]


async def test_what_it_cost_and_what_the_cache_saved() -> None:
    """At the right end; where cells are few, the context and the price stay."""
    records = RecordFactory()
    usage = {"input_tokens": 12_300, "cached_input_tokens": 8_200, "output_tokens": 410}
    context = {"used": 45_000, "size": 200_000}
    records.host.record_turn_activity(Usage({**usage, "cost_usd": 0.314}, context=context))
    state = live(records)
    full = "in 12.3k (8.2k cached)  out 410  context 45k/200k (22 %)  $0.31"
    assert await said(state) == f"● connected  {full}"
    line = StatusLine()
    async with HostApp(line).run_test(size=(50, 3)) as pilot:
        line.show_state(state, following=True, unread=0)
        await pilot.pause()
        shown = screen_text(pilot.app).splitlines()[0]
    assert shown.endswith("context 45k/200k (22 %)  $0.31")


async def test_an_ended_session_is_called_so() -> None:
    """That the connection stands is no news where nothing more is to come."""
    records = RecordFactory()
    records.host.end(SessionOutcome.SUCCESS)
    assert (await said(live(records))).startswith("○ ended")


async def test_lost_connection_names_its_key() -> None:
    """The countdown, and the key that tries at once."""
    state = live(RecordFactory())
    state.connection.lost("gone", 3.0)
    assert await said(state) == "↻ reconnecting in 3 s   r retry now"


async def test_a_silent_daemon_is_not_called_live() -> None:
    """It was asked and has not answered: since when, and that it counts."""
    state = live(RecordFactory())
    state.connection.silent_since = -7.0
    assert state.ticks
    assert await said(state) == "○ daemon not responding for 7 s"
    state.connection.silent_since = None
    assert await said(state) == "● connected"


async def test_a_paused_reader_sees_what_is_new_and_the_way_back() -> None:
    """Scrolled up: how much is new, and the key to the live end."""
    state = live(RecordFactory())
    assert await said(state, following=False, unread=12) == "● connected   ↓ 12 new · End to follow"
    assert await said(state, following=False) == "● connected   ↓ paused · End to follow"


async def test_waiting_agent_is_named() -> None:
    """An agent that needs a person is said here, too."""
    records = RecordFactory()
    records.host.record_turn_activity(Waiting(what="approve"))
    assert "‼ waiting for you" in await said(live(records))


async def test_place_that_cannot_be_kept_is_said() -> None:
    """A full disk doesn't pass in silence."""
    state = live(RecordFactory())
    state.notice = "the cursor can't be saved: No space left on device"
    assert "No space left" in await said(state)


async def test_the_agents_retry_counts_from_its_events_time() -> None:
    """Attached late, the rest of the wait is shown, or that it is overdue; nothing while lost."""
    records = RecordFactory()
    records.host.record_turn_activity(
        RetryStatus(wait_seconds=10.0, attempt=2, max_attempts=5, reason="overloaded")
    )
    state = live(records)
    at = 1_700_000_000_000

    assert "↻ retry 2 of 5 in 3 s" in await said(state, now_ms=at + 7_000)
    assert "↻ retry 2 of 5 · overdue 40 s" in await said(state, now_ms=at + 50_000)
    assert "↻ retry 2 of 5 · overdue 9 min" in await said(state, now_ms=at + 550_000)
    state.connection.lost("gone", 3.0)
    assert "retry 2" not in await said(state, now_ms=at + 7_000)


async def test_what_is_new_is_shown_at_the_live_end() -> None:
    """With the key that leads there; not where nothing begins below the divider."""
    state = live(RecordFactory())
    state.missed.new_since = Since([Entry("prose", f"e{n}", n) for n in range(3002)], None)
    assert await said(state) == "● connected   n 3,002 new while away"
    state.missed.new_since = Since([], None)
    assert await said(state) == "● connected"
