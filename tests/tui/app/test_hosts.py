"""The sessions of two machines in one fleet; here each is a daemon of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import UserMessage, Waiting
from lashtui.app.app import LashApp
from lashtui.saved.cursors import SavedCursors
from lashtui.saved.session_key import SessionKey
from lashtui.widgets.fleet.host_lines import HostLines
from tests.tui.daemons import publisher
from tests.tui.screen_text import screen_text, until_shown
from tests.waiting import wait_until_async


@pytest.fixture(name="box")
def _box() -> Iterator[EmbeddedDaemon]:
    """The other machine's."""
    with EmbeddedDaemon() as box:
        yield box


def app_on_two(daemon: EmbeddedDaemon, box: EmbeddedDaemon, tmp_path: Path) -> LashApp:
    """The app on this machine's daemon, with the other's sessions beside."""
    return LashApp(
        daemon.socket_path,
        start_daemon=False,
        hosts={"box": box.socket_path},
        saved_of=lambda address: SavedCursors(tmp_path / "cursors", daemon=address),
    )


async def test_one_list_and_a_tab_for_each(
    daemon: EmbeddedDaemon, box: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Sessions of one name are two; each opens where it is, and says so."""
    with (
        publisher(daemon.socket_path, "build") as here,
        publisher(box.socket_path, "build") as there,
    ):
        here.publish(UserMessage("said here"))
        there.publish(UserMessage("said there"))
        app = app_on_two(daemon, box, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "box:build", "2 sessions")
            await app.open_session(SessionKey("box", "build"))
            await until_shown(pilot, "said there", "box:build")
            await pilot.press("enter")
            await until_shown(pilot, "Esc Back", "box:build")
            await pilot.press("Y")
            await until_shown(pilot, "lashtui --host box attach build")
            await pilot.press("escape")
            await app.open_session("build")
            await until_shown(pilot, "said here", "1 ", "2 ")
            await app.open_session(SessionKey("box", "build"))
            await until_shown(pilot, "said there")
            await pilot.press("q")
        assert "--host box attach build" in app.ended.message
    assert list((tmp_path / "cursors").glob("*.cursor"))


async def test_whoever_waits_on_another_machine_is_counted_and_gone_to(
    daemon: EmbeddedDaemon, box: EmbeddedDaemon, tmp_path: Path
) -> None:
    """The key that goes to who needs the person goes there."""
    with publisher(daemon.socket_path, "calm"), publisher(box.socket_path, "asks") as there:
        app = app_on_two(daemon, box, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "box:asks")
            there.publish(Waiting("may I?"))
            await until_shown(pilot, "may I?")
            await pilot.press("exclamation_mark")
            await until_shown(pilot, "box:asks", "may I?")
            assert app.screen.query("Transcript")


async def test_a_machine_that_goes_away_and_comes_back(
    daemon: EmbeddedDaemon, box: EmbeddedDaemon, tmp_path: Path
) -> None:
    """A line says since when; its sessions are shown as of then, never as idle."""
    with publisher(daemon.socket_path, "calm"), publisher(box.socket_path, "far") as there:
        there.publish(UserMessage("x"))
        there.commit()
        assert there.flush(20)
        app = app_on_two(daemon, box, tmp_path)
        async with app.run_test(size=(120, 30)) as pilot:
            await until_shown(pilot, "box:far")
            assert not app.screen.query_one(HostLines).lines
            place = box.socket_path
            box.stop()
            await until_shown(pilot, "unseen", "unreachable")
            text = screen_text(app)
            assert "idle" not in next(line for line in text.splitlines() if "box:far" in line)
            assert "? 1 unseen" in text.splitlines()[0]
            with EmbeddedDaemon(socket_path=place):
                await pilot.press("r")
                await wait_until_async(lambda: not app.screen.query_one(HostLines).lines)
                await until_shown(pilot, "box:far")
                assert "unseen" not in screen_text(app)


async def test_a_question_of_a_machine_that_is_not_heard_of(
    daemon: EmbeddedDaemon, box: EmbeddedDaemon, tmp_path: Path
) -> None:
    """It doesn't count and isn't gone to or opened: it may have been answered. The list says so."""
    with publisher(daemon.socket_path, "calm"), publisher(box.socket_path, "asks") as there:
        there.publish(Waiting("may I?"))
        app = app_on_two(daemon, box, tmp_path)
        async with app.run_test(size=(140, 30)) as pilot:
            await until_shown(pilot, "may I?", "‼ 1 needs you", "box:asks")
            box.stop()
            await until_shown(pilot, "NEEDS YOU 1 · 1 unseen", "? 1 unseen")
            assert "needs you" not in screen_text(app)
            assert not app.fleet.counts["needs you"]
            await pilot.press("exclamation_mark")
            await until_shown(pilot, "box:asks needed you when box was last heard of")
            await app.open_session(SessionKey("box", "asks"))
            await until_shown(pilot, "box can't be reached now")
            assert app.open_sessions == []


async def test_one_machine_alone(box: EmbeddedDaemon, tmp_path: Path) -> None:
    """Its sessions bear its name, as among others: what is saved of them, and how to come back."""
    with publisher(box.socket_path, "build") as there:
        there.publish(UserMessage("said there"))
        app = LashApp(
            box.socket_path,
            start_daemon=False,
            host="box",
            saved=SavedCursors(tmp_path / "cursors", daemon=box.socket_path),
        )
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "box:build", "1 session")
            await pilot.press("m")
            await until_shown(pilot, "muted box:build")
            assert SessionKey("box", "build") in app.marks.muted
            await pilot.press("D")
            await until_shown(pilot, "box:build is still being published to.")
            await pilot.press("escape")
            await pilot.press("enter")
            await until_shown(pilot, "said there", "box:build")
            await pilot.press("q")
        assert app.ended.message.endswith("lashtui --host box attach build")
