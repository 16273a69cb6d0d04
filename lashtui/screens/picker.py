"""The picker: every session of the daemon, live. It starts a daemon if none is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
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
from lashd.errors import ConnectionFailed, LashdError, LifecycleError, VersionMismatch
from lashtui.screens.paint_screen import TypingScreen
from lashtui.text.duration import duration_long
from lashtui.text.format import plural
from lashtui.text.sanitize import safe_line
from lashtui.widgets.key_footer import KeyFooter
from lashtui.widgets.session_list import SessionList

POLL_EVERY = 1.0
"""Seconds between two lists: the ages of young sessions change every second."""
SILENT_AFTER = 1.5
"""Seconds without an answer before that is shown; an answer takes a few milliseconds."""
CHECK_SILENCE_EVERY = 0.25
"""Seconds between two checks of that."""
REPLY_TIMEOUT = 24 * 3600.0
"""Seconds that an answer may take: a stopped daemon answers once it continues, and one that ends
hangs up."""

NO_SESSIONS = """No sessions yet.

Already running agents:  lashtui discover
Watch any command:       lashtui run -- make test
See how it looks:        lashtui demo

Sessions appear here as soon as they start."""


class PickerScreen(TypingScreen):
    """Choose a session: the letters that are typed are its filter.

    Args:
        start: starts a daemon, called once if none is running at first: one that stops later is
            left stopped. May raise LifecycleError. None: start none.
        can_go_back: a session is open that Esc leads back to.
        prefer: the session to highlight first, if it is there.
        silent_after: seconds without an answer before that is shown.
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
        Binding("up,ctrl+k", "up", "Up", show=False, id="picker.up", tooltip="Up"),
        Binding("down,ctrl+j", "down", "Down", show=False, id="picker.down", tooltip="Down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="picker.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="picker.page_down"),
        # Letters are for the filter here, so the app's actions have other keys.
        Binding("ctrl+q", "quit", "Quit", priority=True, id="picker.leave"),
        Binding("f1", "app.help_always", "Help", id="picker.help"),
    ]

    @dataclass
    class Chosen(Message):
        """A session to watch."""

        session_id: str

    class Dismissed(Message):
        """Back to where the reader came from."""

    class Quit(Message):
        """Leave the app."""

    def __init__(
        self,
        socket_path: str | Path,
        *,
        start: Callable[[str], object] | None,
        can_go_back: bool,
        prefer: str | None = None,
        silent_after: float = SILENT_AFTER,
    ) -> None:
        super().__init__()
        self._prefer = prefer
        self._can_go_back = can_go_back
        self._socket_path = str(socket_path)
        self._start = start
        self._silent_after = silent_after
        self._worker: Worker[None] | None = None
        self._count = 0
        self._asked_at: float | None = None
        """When an answer was asked for, by the monotonic clock; None while none is awaited."""

    def compose(self) -> ComposeResult:
        """Title, filter, list, the daemon's state."""
        yield Static("lashtui · sessions", id="title", markup=False)
        # Nothing blinks in this app.
        line = Input(placeholder="type to filter", id="filter", compact=True, select_on_focus=False)
        line.cursor_blink = False
        yield line
        yield SessionList()
        yield Static("connecting", id="nothing", markup=False)
        yield Static("", id="daemon", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Highlight where the reader was last."""
        self.query_one(SessionList).prefer(self._prefer)

    def on_screen_resume(self) -> None:
        """Ask the daemon only while the list is on the screen."""
        self._worker = self.run_worker(self._poll(), name="picker", group="picker", exclusive=True)

    def on_screen_suspend(self) -> None:
        """Another screen is on top: stop asking."""
        if self._worker is not None:
            self._worker.cancel()

    async def _poll(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._list)
            group.start_soon(self._watch_for_silence)

    async def _list(self) -> None:
        while True:
            self._asked_at = time.monotonic()
            try:
                async with Client(self._socket_path, timeout=REPLY_TIMEOUT) as client:
                    while True:
                        self._asked_at = time.monotonic()
                        sessions = await client.list()
                        self._asked_at = None
                        self._show(sessions)
                        await anyio.sleep(POLL_EVERY)
            except VersionMismatch as error:
                self._show_problem(str(error))
            except ConnectionFailed as error:
                self._asked_at = None
                if await self._started():
                    continue
                self._show_problem(str(error))
            except LashdError as error:
                self._show_problem(str(error))
            await anyio.sleep(POLL_EVERY)

    async def _watch_for_silence(self) -> None:
        while True:
            await anyio.sleep(min(CHECK_SILENCE_EVERY, self._silent_after))
            silent = 0.0 if self._asked_at is None else time.monotonic() - self._asked_at
            if silent >= self._silent_after:
                self._show_silence(silent)

    async def _started(self) -> bool:
        """Start a daemon, the first time that none is running."""
        start, self._start = self._start, None
        if start is None:
            return False
        self._show_problem("starting the daemon")
        try:
            await asyncio.to_thread(start, self._socket_path)
        except LifecycleError as error:
            self._show_problem(str(error))
            await anyio.sleep(POLL_EVERY)
            return False
        return True

    def _show(self, sessions: list[dict[str, object]]) -> None:
        self.remove_class("-old")
        self._start = None  # one was running: somebody who stops it wants it stopped
        self._count = len(sessions)
        self.query_one(SessionList).show_sessions(sessions, now_ms())
        self._show_found()
        waiting = sum(record.get("state") == "waiting" for record in sessions)
        asks = f"   ‼ {waiting} waiting" if waiting else ""
        self._update("#daemon", f"● connected   {plural(self._count, 'session')}{asks}")

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
            self._update("#nothing", f"No session matches {words!r}. Esc clears the filter.")

    @on(Input.Changed)
    def _filtered(self, message: Input.Changed) -> None:
        self.query_one(SessionList).filter_by(message.value)
        self.refresh_bindings()
        if self._count:
            self._show_found()

    def _show_problem(self, problem: str) -> None:
        """There is no list to be had: say why. The old list stays, marked as old."""
        self._asked_at = None
        text = safe_line(problem)
        self._mark_old(f"✗ disconnected: {text}", text)

    def _show_silence(self, seconds: float) -> None:
        """The daemon is there and does not answer."""
        for_long = duration_long(seconds)
        self._mark_old(
            f"○ daemon not responding for {for_long}   {self._as_of()}",
            f"The daemon has not answered for {for_long}.",
        )

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
        """Clear the filter; without one, go back to the session that is still open."""
        line = self.query_one(Input)
        if line.value:
            line.value = ""
        elif self._can_go_back:
            self.post_message(self.Dismissed())

    def action_quit(self) -> None:
        """Leave the app. The sessions continue."""
        self.post_message(self.Quit())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """To open needs a session; to go back needs a session behind, or a filter to clear."""
        if action == "open":
            return self.query_one(SessionList).highlighted_session is not None
        if action == "back":
            return self._can_go_back or bool(self.query_one(Input).value)
        return True

    def action_down(self) -> None:
        """Move the highlight down."""
        self.query_one(SessionList).action_cursor_down()

    def action_up(self) -> None:
        """Move the highlight up."""
        self.query_one(SessionList).action_cursor_up()

    def action_page(self, direction: int) -> None:
        """Move the highlight by a screenful."""
        self.query_one(SessionList).page(direction)
