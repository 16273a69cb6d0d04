"""The list of sessions."""

from __future__ import annotations

from typing import Any

from lashtui.widgets.session_list import SessionList
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp

NOW = 1_000_000


def record(name: str, state: str = "running", **more: Any) -> dict[str, Any]:
    """A `sessions` record."""
    return {"session_id": name, "state": state, "updated_at": NOW - 5_000, "viewers": 0, **more}


async def test_who_needs_a_person_comes_first() -> None:
    """Waiting, running, idle, ended; each with mark, word, age and its last line."""
    sessions = [
        record("old", "ended", outcome="failure", updated_at=NOW - 7_200_000),
        record("rests", "idle"),
        record("works", title="Fix it", agent="claude", viewers=2, last_line="making it"),
        record("asks", "waiting", waiting_for="approve"),
    ]
    widget = SessionList()
    async with HostApp(widget).run_test(size=(110, 20)) as pilot:
        widget.show_sessions(sessions, NOW)
        await pilot.pause()
        lines = [line.strip() for line in screen_text(pilot.app).splitlines() if line.strip()]
    names = [line.strip("│▊▌ ").split()[0] for line in widget.text.splitlines()[::2]]

    assert names == ["asks", "works", "rests", "old"]
    text = "\n".join(lines)
    for part in ("‼ waiting for you: approve", "● running", "5 s", "2 watching", "Fix it · claude"):
        assert part in text
    assert "making it" in text
    assert "■ ended · failure" in text
    assert "2 h 00" in text


async def test_highlight_stays_with_its_session() -> None:
    """When the order changes, the reader's finger stays where it was."""
    widget = SessionList()
    async with HostApp(widget).run_test(size=(80, 20)):
        widget.show_sessions([record("a", started_at=2), record("b", started_at=1)], NOW)
        widget.action_cursor_down()
        assert widget.highlighted_session == "b"
        widget.show_sessions([record("a"), record("b", "waiting"), record("c")], NOW)
        assert widget.highlighted_session == "b"
        widget.show_sessions([record("a")], NOW)
        assert widget.highlighted_session == "a"
        widget.show_sessions([], NOW)
        assert widget.highlighted_session is None


async def test_names_are_data() -> None:
    """Names that look like markup or ids, or hide escapes, are shown as what they are."""
    widget = SessionList()
    async with HostApp(widget).run_test(size=(80, 20)) as pilot:
        widget.show_sessions([record("[red]x[/]"), record("a b/ü", last_line="\x1b[2Jgone")], NOW)
        await pilot.pause()
        text = screen_text(pilot.app)
    assert "[red]x[/]" in text
    assert "a b/ü" in text
    assert "\x1b" not in text
