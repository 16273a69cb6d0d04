"""The picker: what it shows of daemons that are not there, or do not answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from textual.app import App

from lashd.client.aio import Client
from lashd.daemon import EmbeddedDaemon
from lashd.errors import LifecycleError
from lashtui.screens.picker import SILENT_AFTER, PickerScreen
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import screen_text, until_shown


class PickerApp(App[None]):
    """Shows the picker alone."""

    def __init__(
        self,
        socket_path: str,
        start: Callable[[str], object] | None = None,
        silent_after: float = SILENT_AFTER,
    ) -> None:
        super().__init__()
        self.picker = PickerScreen(
            socket_path, start=start, can_go_back=False, silent_after=silent_after
        )

    def on_mount(self) -> None:
        """Nothing but the picker."""
        self.push_screen(self.picker)


@pytest.fixture
def socket_path() -> Iterator[str]:
    """A path for daemons that come and go."""
    with EmbeddedDaemon() as place:
        yield place.socket_path + "2"


async def test_daemon_is_started_once(socket_path: str) -> None:
    """If none is running one is started, and the empty list says what to do. One that stops later
    is left stopped."""
    started: list[EmbeddedDaemon] = []

    def start(path: str) -> None:
        daemon = EmbeddedDaemon(socket_path=path)
        daemon.start()
        started.append(daemon)

    app = PickerApp(socket_path, start)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "No sessions yet", "lashtui run -- make test", "0 sessions")
        assert "lashtui discover" in screen_text(app), "for agents that are running already"
        assert "Open" not in screen_text(app)
        with publisher(socket_path) as opened:
            say(opened, "hello", "a")
            await until_shown(pilot, "build", "hello", "1 session", "Open")
            started[0].stop()
            await until_shown(pilot, "✗ disconnected")
    assert len(started) == 1


async def test_daemon_that_cannot_be_started_says_why(socket_path: str) -> None:
    """The reason, with the path of its log, instead of an empty list."""

    def fail(path: str) -> None:
        raise LifecycleError("the daemon did not start; its log is /tmp/lashd.log")

    app = PickerApp(socket_path, fail)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "its log is /tmp/lashd.log")


async def test_no_start_means_no_start(socket_path: str) -> None:
    """Asked not to, it starts no daemon and says that there is none."""
    app = PickerApp(socket_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "✗ disconnected", "no daemon")


async def test_a_silent_daemon_is_called_that(
    socket_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old list stays, marked as old, until the answer arrives."""
    proceed = anyio.Event()
    held = False
    ask = Client.list

    async def ask_when_let(client: Client) -> list[dict[str, Any]]:
        if held:
            await proceed.wait()
        return await ask(client)

    monkeypatch.setattr(Client, "list", ask_when_let)
    with EmbeddedDaemon(socket_path=socket_path), publisher(socket_path) as opened:
        say(opened, "hello", "a")
        app = PickerApp(socket_path, silent_after=0.2)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "hello", "● connected", "1 session")
            assert not app.screen.has_class("-old")
            held = True
            silent = "○ daemon not responding for"
            shown = await until_shown(pilot, "hello", silent, "1 session as of then")
            assert "● connected" not in shown
            assert app.screen.has_class("-old")
            held = False
            proceed.set()
            await until_shown(pilot, "hello", "● connected")
            assert not app.screen.has_class("-old")


async def test_a_daemon_that_never_answered_is_called_that_too(socket_path: str) -> None:
    """Silent from the start; and no other daemon is started beside it."""

    def fail(path: str) -> None:
        raise AssertionError("started")

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(socket_path)
        silent.listen()
        app = PickerApp(socket_path, fail, silent_after=0.2)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "The daemon has not answered for")
            assert "○ daemon not responding for" in screen_text(app)
