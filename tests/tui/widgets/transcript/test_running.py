"""Which entries are running."""

from __future__ import annotations

from lashd.view import Entry
from lashtui.widgets.transcript.row import Row
from lashtui.widgets.transcript.running import Running, mark_elapsed


def running(key: str, *, started_at: int | None = 1) -> Entry:
    """A running tool call."""
    return Entry("tool", key, 1, name="Bash", state="running", started_at=started_at)


def test_a_clock_is_needed_as_long_as_an_entry_runs() -> None:
    """Until it ends, is removed, or other entries are shown."""
    state = Running()
    assert not state.is_any
    first = running("a")
    state.replace([first, running("b")])
    first.state = "success"
    state.update(first)
    assert state.is_any
    state.remove("b")
    assert not state.is_any
    state.update(running("c"))
    assert state.is_any
    state.replace([])
    assert not state.is_any


def test_only_rows_that_show_a_time_are_drawn_again() -> None:
    """Those that are running since a known time."""
    ended = Entry("tool", "c", 1, state="success", started_at=1)
    rows = [Row(e.id, e) for e in (running("a"), running("b", started_at=None), ended)]
    assert mark_elapsed(rows)
    assert [row.dirty for row in rows] == [True, False, False]
    assert not mark_elapsed(rows[1:])
