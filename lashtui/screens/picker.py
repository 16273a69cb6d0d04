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
from textual.widgets import Input, OptionList, Static
from textual.worker import Worker

from lashd.client.aio import Client
from lashd.clock import now_ms
from lashd.connect.launch import ensure_daemon
from lashd.errors import ConnectionFailed, LashdError, LifecycleError, VersionMismatch
from lashtui.screens.paint_screen import TypingScreen
from lashtui.text.duration import duration_long
from lashtui.text.format import plural
from lashtui.text.sanitize import safe_line
from lashtui.widgets.key_footer import KeyFooter
from lashtui.widgets.session_list import SessionList

POLL_EVERY = 1.0
"""Seconds between two lists: ages are shown by the second at first."""
SILENT_AFTER = 1.5
"""Seconds without an answer from which on it is told; one takes a few milliseconds."""
LOOK_EVERY = 0.25
"""Seconds between two looks whether that is so."""
PATIENT = 24 * 3600.0
"""Seconds that an answer may take: it comes once a stopped daemon goes on, and one that ends hangs
up."""

NO_SESSIONS = """No sessions yet.

Watch any command:   lashtui run -- make test
See how it looks:    lashtui demo

They appear here as soon as they begin."""


class PickerScreen(TypingScreen):
    """Choose a session: the letters that are typed are its filter.

    Args:
        prefer: the session to highlight first, if it is there.
        start_daemon: start one if none runs (once; a daemon that stops later is left stopped).
    """

    CSS_PATH = "picker.tcss"
    AUTO_FOCUS = "#filter"
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
        Binding("escape", "back", "Back", id="picker.back", tooltip="Clear the filter, or go back"),
        Binding("up,ctrl+k", "up", "Up", show=False, id="picker.up", tooltip="One up"),
        Binding("down,ctrl+j", "down", "Down", show=False, id="picker.down", tooltip="One down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="picker.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="picker.page_down"),
        # Letters are the filter's here, so that the app's keys have other names.
        Binding("ctrl+q", "leave", "Leave", priority=True, id="picker.leave"),
        Binding("f1", "app.help_always", "Help", id="picker.help"),
    ]

    @dataclass
    class Chosen(Message):
        """A session to watch."""

        session_id: str

    class Dismissed(Message):
        """Back to where the reader came from."""

    class Left(Message):
        """Out of the app."""

    def __init__(
        self,
        socket_path: str | Path,
        *,
        start_daemon: bool,
        can_go_back: bool,
        prefer: str | None = None,
    ) -> None:
        super().__init__()
        self._prefer = prefer
        self._can_go_back = can_go_back
        self._socket_path = str(socket_path)
        self._start_daemon = start_daemon
        self._worker: Worker[None] | None = None
        self._count = 0
        self._asked_at: float | None = None
        """By the monotonic clock; None while no answer is awaited."""

    def compose(self) -> ComposeResult:
        """Title, list, what the daemon is."""
        yield Static("lashtui · sessions", id="title", markup=False)
        # Nothing blinks here, and the mouse's menu is the terminal's own.
        line = Input(placeholder="type to filter", id="filter", compact=True, select_on_focus=False)
        line.cursor_blink = False
        yield line
        yield SessionList()
        yield Static("connecting", id="nothing", markup=False)
        yield Static("", id="daemon", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Where the reader was last."""
        self.query_one(SessionList).prefer(self._prefer)

    def on_screen_resume(self) -> None:
        """Listed only while seen."""
        self._worker = self.run_worker(self._poll(), name="picker", group="picker", exclusive=True)

    def on_screen_suspend(self) -> None:
        """Another screen is on top."""
        if self._worker is not None:
            self._worker.cancel()

    async def _poll(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._list)
            group.start_soon(self._tell_silence)

    async def _list(self) -> None:
        while True:
            self._asked_at = time.monotonic()
            try:
                async with Client(self._socket_path, timeout=PATIENT) as client:
                    while True:
                        self._asked_at = time.monotonic()
                        sessions = await client.list()
                        self._asked_at = None
                        self._show(sessions)
                        await anyio.sleep(POLL_EVERY)
            except VersionMismatch as error:
                self._say(str(error))
            except ConnectionFailed as error:
                self._asked_at = None
                if await self._started():
                    continue
                self._say(str(error))
            except LashdError as error:
                self._say(str(error))
            await anyio.sleep(POLL_EVERY)

    async def _tell_silence(self) -> None:
        while True:
            await anyio.sleep(LOOK_EVERY)
            silent = 0.0 if self._asked_at is None else time.monotonic() - self._asked_at
            if silent >= SILENT_AFTER:
                self._say_silent(silent)

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
        self.remove_class("-old")
        self._start_daemon = False  # one ran: from now on its end is somebody's will
        self._count = len(sessions)
        self.query_one(SessionList).show_sessions(sessions, now_ms())
        self._show_found()
        waiting = sum(record.get("state") == "waiting" for record in sessions)
        asks = f"   ‼ {waiting} waiting" if waiting else ""
        self._update("#daemon", f"● live   {plural(self._count, 'session')}{asks}")

    def _show_found(self) -> None:
        """The list, or why it is empty."""
        listed = self.query_one(SessionList)
        found = listed.option_count > 0
        if found != self.has_class("-some"):
            self.refresh_bindings()
        self.set_class(found, "-some")
        self.set_class(self._count == 0, "-none")
        if not self._count:
            self._update("#nothing", NO_SESSIONS)
        elif not found:
            words = safe_line(listed.words, 60)
            self._update("#nothing", f"No session has {words!r}. Escape clears the filter.")

    @on(Input.Changed)
    def _filtered(self, message: Input.Changed) -> None:
        self.query_one(SessionList).filter_by(message.value)
        self.refresh_bindings()
        if self._count:
            self._show_found()

    def _say(self, problem: str) -> None:
        """No list can be had: say why. The old list stays, marked as old."""
        self._asked_at = None
        text = safe_line(problem)
        self._mark_old(f"✗ disconnected: {text}", text)

    def _say_silent(self, seconds: float) -> None:
        """It is there, and does not answer."""
        since = f"no answer for {duration_long(seconds)}"
        self._mark_old(f"○ {since}   {self._as_of()}", f"The daemon gives {since}.")

    def _as_of(self) -> str:
        return f"{plural(self._count, 'session')} as of then" if self._count else ""

    def _mark_old(self, line: str, nothing: str) -> None:
        self._update("#daemon", line)
        self.add_class("-old")
        if not self.has_class("-some"):
            self._update("#nothing", nothing)

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
        """Clear the filter; without one, back to the session that is still watched."""
        line = self.query_one(Input)
        if line.value:
            line.value = ""
        elif self._can_go_back:
            self.post_message(self.Dismissed())

    def action_leave(self) -> None:
        """Leave the app; what runs goes on."""
        self.post_message(self.Left())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Opening needs a session; going back somewhere to go, or a filter to clear."""
        if action == "open":
            return self.query_one(SessionList).highlighted_session is not None
        if action == "back":
            return self._can_go_back or bool(self.query_one(Input).value)
        return True

    def action_down(self) -> None:
        """One further."""
        self.query_one(SessionList).action_cursor_down()

    def action_up(self) -> None:
        """One back."""
        self.query_one(SessionList).action_cursor_up()

    def action_page(self, direction: int) -> None:
        """A screenful further, or back."""
        self.query_one(SessionList).page(direction)
