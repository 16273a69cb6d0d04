"""The session screen: how often it paints, and what keeps the reader's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.events import (
    AssistantProseDelta,
    Committed,
    ProcessChanged,
    QueueChanged,
    RuntimeDiagnostic,
    SessionProcessEventKind,
    SessionQueueEventKind,
    Usage,
)
from lashd.publish.publisher import Publisher
from lashd.view import ViewChanges
from lashtui.app.app import LashApp
from lashtui.feed.prefetch import Prefetch
from lashtui.saved.cursors import SavedCursors
from lashtui.widgets.banner import Banner
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.daemons import PATIENCE, SMALL, publisher, say
from tests.tui.screen_text import screen_text, top_line, until, until_shown


async def test_a_burst_is_handed_over_in_few_pieces(
    daemon: EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many events come, the widgets are given them at most once a frame; none is lost."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "start ", "a")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "start", "● connected")
            transcript = app.screen.query_one(Transcript)
            pieces: list[object] = []
            apply = transcript.apply

            def counted(changes: ViewChanges) -> None:
                pieces.append(changes)
                apply(changes)

            monkeypatch.setattr(transcript, "apply", counted)
            for n in range(1000):
                opened.publish(AssistantProseDelta(f"{n} "), correlation_id="a")
            assert opened.flush(PATIENCE)
            await until_shown(pilot, "998 999")
            assert 1 <= len(pieces) < 300


async def test_gap_in_a_running_app_keeps_the_held_place() -> None:
    """A reader who fell behind gets banner and divider; the line they read stays on top."""
    with EmbeddedDaemon(limits=SMALL) as daemon, publisher(daemon.socket_path) as opened:
        for n in range(40):
            opened.publish(AssistantProseDelta(f"row {n}"), correlation_id=f"r{n}")
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "row 39", "● connected")
            await pilot.press("pageup")
            await until_shown(pilot, "End to follow")
            top = top_line(app)
            screen = app.session_screen
            assert screen is not None
            # The reader stops reading for longer than the ring: what a stalled connection gives.
            await _stall(app)
            for n in range(40):
                opened.publish(Usage(usage={"n": n}))
            say(opened, "after the gap", "late")
            await _go_on(app)
            await until(pilot, lambda: app.screen.query_one(Banner).text != "")
            await until_shown(pilot, "history trimmed")
            assert top_line(app) == top
            await pilot.press("end")
            shown = await until_shown(pilot, "after the gap", "trimmed")
            lines = shown.splitlines()
            gap = next(i for i, line in enumerate(lines) if "── gap: " in line)
            last = next(i for i, line in enumerate(lines) if "row 39" in line)
            late = next(i for i, line in enumerate(lines) if "after the gap" in line)
            assert last < gap < late


async def _stall(app: LashApp) -> None:
    """Let the feed's worker end; its state stays."""
    screen = app.session_screen
    assert screen is not None
    await screen.close_feed()


async def _go_on(app: LashApp) -> None:
    """Run the feed again on the state that it has."""
    screen = app.session_screen
    assert screen is not None
    screen._worker = screen.run_worker(screen.feed.run(), group="feed")


async def test_dismissed_banner_stays_away_and_its_divider_stays(daemon: EmbeddedDaemon) -> None:
    """x hides the banner; another key does not bring it back."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "words", "a")
        opened.publish(Committed())
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "words", "● connected")
            assert "x" not in screen_text(app).splitlines()[-1].split()
            await pilot.press("x")
            assert app.screen.query_one(Banner).text == ""


async def test_a_key_with_nothing_to_do_says_so(daemon: EmbeddedDaemon) -> None:
    """Silence would leave one in doubt about the key. The palette leaves such actions out."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "words", "a")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "words", "● connected")
            for key, said in (
                ("n", "no search yet: / begins one"),
                ("x", "nothing to dismiss"),
                ("r", "nothing to retry"),
                ("N", "no search yet: / begins one"),
            ):
                await pilot.press(key)
                await until_shown(pilot, said)
            screen = app.session_screen
            assert screen is not None
            assert not any(map(screen.has_use, ("next_match", "retry", "dismiss_gap")))


async def test_a_failed_end_counts_as_an_error(daemon: EmbeddedDaemon) -> None:
    """A command that exits with 2 may leave no failed entry: the next error is its end."""
    with publisher(daemon.socket_path) as opened:
        for n in range(40):
            say(opened, f"row {n}", f"r{n}")
        opened.end("failure", exit_code=2)
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "✗ failed (exit 2)", "row 39")
            await pilot.press("home")
            await until_shown(pilot, "row 0")
            await pilot.press("e")
            await until_shown(pilot, "✗ failed (exit 2): this is where it ended", "row 39")
            await pilot.press("e")
            await until_shown(pilot, "✗ failed (exit 2) at the end; no more errors above")


async def test_comes_back_to_where_the_reader_left(daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """More than a screen came while away: held at its beginning; one key leads there again.

    A reader who was there and came to the end is not sent there again.
    """
    with publisher(daemon.socket_path) as opened:
        saved = SavedCursors(tmp_path)
        say(opened, "read already", "a")
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "read already", "● connected")
            await pilot.press("q")
        for n in range(40):
            opened.publish(AssistantProseDelta(f"row {n}"), correlation_id=f"r{n}")
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            shown = await until_shown(
                pilot, "new since you left · 40 entries", "row 0", "40 new · End"
            )
            assert "row 39" not in shown
            assert "new since" in "".join(shown.splitlines()[:6])
            await pilot.press("end")
            await until_shown(pilot, "row 39", "n 40 new while away")
            await pilot.press("n")
            await until_shown(pilot, "new since you left · 40 entries", "row 0")
            await pilot.press("end")
            shown = await until_shown(pilot, "row 39", "● connected")
            assert "while away" not in shown


async def test_a_gap_at_a_reattach_has_its_divider(tmp_path: Path) -> None:
    """Too much came while away: the banner says how much and when. Nothing is lost, so what is new
    has the only divider."""
    with EmbeddedDaemon(limits=SMALL) as daemon, publisher(daemon.socket_path) as opened:
        saved = SavedCursors(tmp_path)
        say(opened, "read already", "a")
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "read already", "● connected")
            await pilot.press("q")
        for n in range(20):
            opened.publish(Usage(usage={"n": n}))
        _rows(opened, 0, 1)
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            shown = await until_shown(pilot, "history trimmed: 13 events", "row 0")
            places = [
                shown.index(text)
                for text in (
                    "transcript complete · ",
                    "read already",
                    "new since you left · 1 entry",
                    "row 0",
                )
            ]
            assert places == sorted(places)
            assert "gap:" not in shown
            assert app.screen.query_one(Banner).has_class("-quiet")


async def test_the_divider_stands_where_the_reader_was_in_an_answer(
    daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Behind the words that were read, before those that came while away."""
    with publisher(daemon.socket_path) as opened:
        saved = SavedCursors(tmp_path)
        say(opened, " ".join(f"old{n}" for n in range(60)), "a")
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "old59", "● connected")
            await pilot.press("q")
        say(opened, " " + " ".join(f"new{n}" for n in range(60)), "a")
        say(opened, "a later entry", "b")
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 30)) as pilot:
            shown = await until_shown(pilot, "new since you left · 1 entry", "a later entry")
            before, _, after = shown.partition("new since you left")
            assert "old59" in before
            assert "new0" not in before
            assert "old" not in after
            assert "new59" in after


async def test_what_was_new_and_read_to_the_end_is_told_no_more(
    daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Reading on from where it begins is as good as coming back to it."""
    with publisher(daemon.socket_path) as opened:
        saved = SavedCursors(tmp_path)
        say(opened, "read already", "a")
        with Client(daemon.socket_path) as client:
            saved.put("build", client.show("build")["cursor"])
        _rows(opened, 0, 20)
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "20 new · End")
            for _ in range(6):
                await pilot.press("pagedown")
            shown = await until_shown(pilot, "row 19")
            assert "End to follow" not in shown
            assert "while away" not in shown


@pytest.mark.parametrize("size", [(120, 40), (100, 24)])
async def test_a_long_plan_leaves_room_for_queue_and_processes(
    daemon: EmbeddedDaemon, size: tuple[int, int]
) -> None:
    """Each panel has its share; the plan shows the present step, and each says what is left out."""
    steps = [
        {"content": f"step {n} of a plan that has more of them than there are rows", "status": how}
        for n, how in enumerate(["completed"] * 22 + ["in_progress"] + ["pending"] * 7)
    ]
    with publisher(daemon.socket_path) as opened:
        opened.publish(RuntimeDiagnostic(kind="plan", data={"items": steps}))
        for n in range(6):
            batches = {f"q{n}": {"text": f"message {n}"}}
            opened.publish(QueueChanged(SessionQueueEventKind.ENQUEUED, [f"q{n}"], batches))
        for n in range(12):
            details = {f"p{n}": {"label": f"job {n}"}}
            opened.publish(ProcessChanged(SessionProcessEventKind.STARTED, [f"p{n}"], details))
        say(opened, "here", "a")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=size) as pilot:
            shown = await until_shown(pilot, "PLAN 22/30", "QUEUE 6", "PROCESSES 12 running")
    for text in ("✓ 22 done", "▸ step 22", "◇ message 0", "● job 0", "more"):
        assert text in shown


def _rows(opened: Publisher, first: int, count: int) -> None:
    """Publish rows of prose, and wait until the daemon has them."""
    for n in range(first, first + count):
        opened.publish(AssistantProseDelta(f"row {n}"), correlation_id=f"r{n}")
    assert opened.flush(PATIENCE)


async def test_what_came_while_held_is_new_at_the_next_attach(
    daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """A reader who scrolled up and left has not read what came below, whatever was saved since."""
    with publisher(daemon.socket_path) as opened:
        saved = SavedCursors(tmp_path)
        _rows(opened, 0, 30)
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "row 29", "● connected")
            await pilot.press("pageup")
            await until_shown(pilot, "paused")
            _rows(opened, 30, 9)
            await until_shown(pilot, "9 new · End")
            screen = app.session_screen
            assert screen is not None
            screen.feed.save()  # as every few seconds
            await pilot.press("q")
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 28)) as pilot:
            shown = await until_shown(pilot, "new since you left · 9", "row 38", "● connected")
            lines = shown.splitlines()
            (at,) = (i for i, line in enumerate(lines) if "new since" in line)
            assert any("row 30" in line for line in lines[at:])
            assert not any("row 30" in line for line in lines[:at])
            await pilot.press("q")
        app = LashApp(daemon.socket_path, "build", saved=saved, start_daemon=False)
        async with app.run_test(size=(100, 28)) as pilot:
            shown = await until_shown(pilot, "row 38", "● connected")
            assert "new since" not in shown


async def test_a_first_look_at_an_idle_session_is_kept(
    daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Nothing comes after the first picture: what it shows is read all the same."""
    with publisher(daemon.socket_path) as opened:
        saved = SavedCursors(tmp_path)
        say(opened, "words", "a")
        app = LashApp(
            daemon.socket_path,
            "build",
            saved=saved,
            start_daemon=False,
            prefetch=Prefetch(daemon.socket_path, "build"),
        )
        async with app.run_test(size=(100, 20)) as pilot:
            await until_shown(pilot, "words", "● connected")
            screen = app.session_screen
            assert screen is not None
            await until(pilot, lambda: screen.feed.state.read_to == screen.feed.state.cursor)
