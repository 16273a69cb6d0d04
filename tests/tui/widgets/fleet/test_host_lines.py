"""What is said of hosts that are not connected."""

from __future__ import annotations

from textual.app import App, ComposeResult

from lashtui.feed.connection import ConnectionStatus
from lashtui.widgets.fleet.host_lines import MAX_LINES, HostLine, HostLines, host_line


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_hosts_states() -> None:
    """Since when, why, and when it is tried again; nothing while it is connected."""
    clock = Clock()
    box = ConnectionStatus("box", clock)
    assert host_line("box", box, "") == HostLine("box", "connecting")
    box.lost("no route", 1.0)
    assert host_line("box", box, "no route") == HostLine(
        "box", "unreachable · retrying in 1 s", "no route"
    )
    box.synced()
    assert host_line("box", box, "") is None
    clock.now = 100.0
    box.lost("cut", 5.0)
    clock.now = 220.0
    assert host_line("box", box, "cut") == HostLine(
        "box", "unreachable for 2 min · retrying", "cut"
    )
    box.synced()
    box.answered(210.0)
    assert host_line("box", box, "") == HostLine("box", "asleep? no answer for 10 s")


def test_what_another_machine_says_is_text() -> None:
    """ssh prints what the far side sends."""
    box = ConnectionStatus("box")
    box.lost("x", 1.0)
    line = host_line("b\x1b[31mox", box, "\x1b]0;title\x07why")
    assert line is not None
    assert (line.name + line.why).isprintable()


class LinesApp(App[None]):
    """The lines alone."""

    def compose(self) -> ComposeResult:
        yield HostLines()


async def test_a_few_lines_at_most() -> None:
    """The sessions need the room more; without trouble there is none."""
    app = LinesApp()
    async with app.run_test(size=(60, 10)) as pilot:
        lines = app.query_one(HostLines)
        assert lines.size.height == 0
        lines.show_hosts([HostLine(f"h{number}", "unreachable") for number in range(9)])
        await pilot.pause()
        assert lines.size.height == MAX_LINES + 1
        assert "6 more hosts" in lines.render().plain
        lines.show_hosts([])
        await pilot.pause()
        assert not lines.display
