"""The picker: every session of the daemon, live. It starts a daemon if none runs, and says so."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import anyio
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.worker import Worker

from lashd.errors import ConnectionFailed, LashdError, LifecycleError, VersionMismatch
from lashd.io.client import Client
from lashd.io.start import ensure_daemon
from lashtui.sanitize import safe_line
from lashtui.widgets.session_list import SessionList

POLL_EVERY = 1.0
"""Seconds between two lists: ages are shown by the second at first."""

NO_SESSIONS = """No sessions yet.

Watch any command:   lashtui run -- make test
See how it looks:    lashtui demo"""


class PickerScreen(Screen[None]):
    """Choose a session.

    Args:
        start_daemon: start one if none runs (once; a daemon that stops later is left stopped).
    """

    AUTO_FOCUS = "SessionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "Open",
            id="picker.open",
            tooltip="Watch this session",
            # The list has a key of that name, which no footer shows.
            priority=True,
        ),
        Binding("escape", "back", "Back", id="picker.back", tooltip="Back to the session"),
        Binding("j", "down", "Down", show=False, id="picker.down"),
        Binding("k", "up", "Up", show=False, id="picker.up"),
    ]

    @dataclass
    class Chosen(Message):
        """A session to watch."""

        session_id: str

    class Dismissed(Message):
        """Back to where the reader came from."""

    def __init__(self, socket_path: str | Path, *, start_daemon: bool, can_go_back: bool) -> None:
        super().__init__()
        self._socket_path = str(socket_path)
        self._start_daemon = start_daemon
        self._can_go_back = can_go_back
        self._worker: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Title, list, what the daemon is."""
        yield Static("lashtui · sessions", id="title", markup=False)
        yield SessionList()
        yield Static("connecting", id="nothing", markup=False)
        yield Static("", id="daemon", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_screen_resume(self) -> None:
        """Listed only while seen."""
        self._worker = self.run_worker(self._poll(), name="picker", group="picker", exclusive=True)

    def on_screen_suspend(self) -> None:
        """Another screen is on top."""
        if self._worker is not None:
            self._worker.cancel()

    async def _poll(self) -> None:
        while True:
            try:
                async with Client(self._socket_path) as client:
                    while True:
                        self._show(await client.list())
                        await anyio.sleep(POLL_EVERY)
            except VersionMismatch as error:
                self._say(str(error))
            except ConnectionFailed as error:
                if await self._started():
                    continue
                self._say(str(error))
            except LashdError as error:
                self._say(str(error))
            await anyio.sleep(POLL_EVERY)

    async def _started(self) -> bool:
        """Start a daemon, the first time that none is there."""
        if not self._start_daemon:
            return False
        self._start_daemon = False
        self._say("starting the daemon")
        try:
            await asyncio.to_thread(ensure_daemon, self._socket_path)
        except LifecycleError as error:
            self._say(str(error))
            await anyio.sleep(POLL_EVERY)
            return False
        return True

    def _show(self, sessions: list[dict[str, object]]) -> None:
        self._start_daemon = False  # one ran: from now on its end is somebody's will
        self.query_one(SessionList).show_sessions(sessions, int(time.time() * 1000))
        self.set_class(bool(sessions), "-some")
        count = len(sessions)
        self._update("#nothing", NO_SESSIONS)
        self._update("#daemon", f"● live   {count} session{'' if count == 1 else 's'}")

    def _say(self, problem: str) -> None:
        """No list can be had: say why. The old list stays, marked as old."""
        text = safe_line(problem)
        self._update("#daemon", f"✗ disconnected: {text}")
        if not self.has_class("-some"):
            self._update("#nothing", text)

    def _update(self, selector: str, text: str) -> None:
        static = self.query_one(selector, Static)
        if static.content != text:
            static.update(text)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Watch the highlighted session."""
        name = self.query_one(SessionList).highlighted_session
        if name is not None:
            self.post_message(self.Chosen(name))

    def action_back(self) -> None:
        """Back to the session that is still watched."""
        self.post_message(self.Dismissed())

    def action_down(self) -> None:
        """One further."""
        self.query_one(SessionList).action_cursor_down()

    def action_up(self) -> None:
        """One back."""
        self.query_one(SessionList).action_cursor_up()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Going back needs somewhere to go."""
        return self._can_go_back if action == "back" else True
