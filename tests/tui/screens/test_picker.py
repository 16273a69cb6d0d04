"""The picker: daemons that are not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from lashd.client.aio import Client
from lashd.daemon import EmbeddedDaemon
from lashd.errors import LifecycleError
from lashtui.app.app import LashApp
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import screen_text, until_shown


@pytest.fixture
def socket_path() -> Iterator[str]:
    """A path for daemons that come and go."""
    with EmbeddedDaemon() as place:
        yield place.socket_path + "2"


async def test_daemon_is_started_once(socket_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """None runs: one is started, and the empty list says what to do. One that stops later stays."""
    started: list[EmbeddedDaemon] = []

    def start(path: str) -> bool:
        daemon = EmbeddedDaemon(socket_path=path)
        daemon.start()
        started.append(daemon)
        return True

    monkeypatch.setattr("lashtui.screens.picker.ensure_daemon", start)
    app = LashApp(socket_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "No sessions yet", "lashtui run -- make test", "0 sessions")
        assert "Open" not in screen_text(app)
        with publisher(socket_path) as opened:
            say(opened, "hello", "a")
            await until_shown(pilot, "build", "hello", "1 session", "Open")
            started[0].stop()
            await until_shown(pilot, "✗ disconnected")
    assert len(started) == 1


async def test_daemon_that_cannot_be_started_says_why(
    socket_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason, with the way to its log, instead of an empty list."""

    def fail(path: str) -> bool:
        raise LifecycleError("the daemon did not start; its log is /tmp/lashd.log")

    monkeypatch.setattr("lashtui.screens.picker.ensure_daemon", fail)
    app = LashApp(socket_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "its log is /tmp/lashd.log")


async def test_no_start_means_none(socket_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told not to, it starts nothing and says what is the matter."""

    def fail(path: str) -> bool:
        raise AssertionError("started")

    monkeypatch.setattr("lashtui.screens.picker.ensure_daemon", fail)
    app = LashApp(socket_path, start_daemon=False)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "✗ disconnected", "no daemon")


async def test_a_daemon_that_does_not_answer_is_called_that(
    socket_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old list stays, marked as old, until the answer comes."""
    go_on = anyio.Event()
    held = False
    ask = Client.list

    async def ask_when_let(client: Client) -> list[dict[str, Any]]:
        if held:
            await go_on.wait()
        return await ask(client)

    monkeypatch.setattr("lashtui.screens.picker.SILENT_AFTER", 0.2)
    monkeypatch.setattr(Client, "list", ask_when_let)
    with EmbeddedDaemon(socket_path=socket_path), publisher(socket_path) as opened:
        say(opened, "hello", "a")
        app = LashApp(socket_path, start_daemon=False)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "hello", "● live", "1 session")
            assert not app.screen.has_class("-old")
            held = True
            shown = await until_shown(pilot, "hello", "○ no answer for", "1 session as of then")
            assert "live" not in shown
            assert app.screen.has_class("-old")
            held = False
            go_on.set()
            await until_shown(pilot, "hello", "● live")
            assert not app.screen.has_class("-old")


async def test_a_daemon_that_never_answered_is_called_that_too(
    socket_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start; and no other one is started beside it."""

    def fail(path: str) -> bool:
        raise AssertionError("started")

    monkeypatch.setattr("lashtui.screens.picker.SILENT_AFTER", 0.2)
    monkeypatch.setattr("lashtui.screens.picker.ensure_daemon", fail)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(socket_path)
        silent.listen()
        app = LashApp(socket_path)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "The daemon gives no answer for", "○ no answer for")
