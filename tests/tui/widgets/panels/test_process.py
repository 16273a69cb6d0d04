"""The process panel."""

from __future__ import annotations

from lashd.view import Process, ReadView
from lashtui.widgets.panels.process import ProcessPanel
from tests.tui.widgets.widget_app import HostApp

PROCESSES = [
    Process("p1", label="build", state="exited", started_at=1_000, ended_at=9_000, exit_code=0),
    Process("p2", label="lint", state="failed", started_at=1_000, ended_at=4_000, exit_code=2),
    Process("p3", label="serve", started_at=3_000),
    Process("p4", state="cancelled"),
    Process("p5", label="watch", state="failed", signal="SIGKILL"),
]


async def test_how_each_one_ended() -> None:
    """Running first with its time; then the ended, each with how."""
    panel = ProcessPanel()
    async with HostApp(panel).run_test(size=(40, 30)):
        panel.show_view(ReadView("build", processes=PROCESSES), now_ms=70_000)
        assert panel.text.splitlines() == [
            "PROCESSES 1 running",
            "● serve",
            "  running · 1:07",
            "✗ watch",
            "  failed, SIGKILL",
            "⊘ p4",
            "  cancelled",
            "✗ lint",
            "  failed, exit 2 · 3s",
            "✓ build",
            "  exited · 8s",
        ]


async def test_the_last_line_it_printed() -> None:
    """Where the process says what it printed."""
    panel = ProcessPanel()
    done = Process("p", label="make", state="exited", output="one\ntwo\n")
    async with HostApp(panel).run_test(size=(40, 30)):
        panel.show_view(ReadView("build", processes=[done]), now_ms=0)
        assert panel.text.splitlines()[1:] == ["✓ make", "  exited", "  two"]
