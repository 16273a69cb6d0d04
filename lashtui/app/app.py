"""The app: wiring only. Which screen is up, how it ends, and what a signal or a crash does."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path, PurePath
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from lashd.io.paths import state_dir
from lashtui.app.colours import first_theme
from lashtui.app.crash import write_crash_log
from lashtui.app.driver import LashDriver
from lashtui.app.farewell import Farewell, detached
from lashtui.exit_codes import ExitCode
from lashtui.feed import CursorStore, Feed
from lashtui.screens.help import HelpScreen
from lashtui.screens.picker import PickerScreen
from lashtui.screens.session import SessionScreen
from lashtui.theme import DARK, THEMES

SIDEWAYS = ("scroll_left", "scroll_right", "page_left", "page_right")
"""Every scrolling widget has these; nothing here scrolls sideways."""
HANGUP = 129
"""Exit code after SIGHUP, as shells count (128 + 1)."""


class LashApp(App[Farewell]):
    """Watch sessions.

    Args:
        socket_path: the daemon's socket.
        session: the session to watch; None for the picker.
        cursor: `saved`, or a cursor, where "new since you left" begins; None for no divider.
        wait: the session may not exist yet.
        saved: where the reader's place is kept; None for nowhere.
        start_daemon: the picker, and waiting, start one if none runs.
        socket_option: how `--socket` must be given to come back; None if it need not be.
        crash_directory: where a crash is logged; by default the user's state directory.
    """

    TITLE = "lashtui"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        f"../screens/{name}.tcss" for name in ("session", "picker", "help")
    ]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "detach", "Detach", id="app.detach", tooltip="Leave; the session goes on"),
        Binding("ctrl+q", "detach", show=False, priority=True, id="app.detach.always"),
        Binding("s", "sessions", "Sessions", id="app.sessions", tooltip="Choose a session"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
    ]

    def __init__(
        self,
        socket_path: str | Path,
        session: str | None = None,
        *,
        cursor: str | None = "saved",
        wait: bool = False,
        saved: CursorStore | None = None,
        start_daemon: bool = True,
        socket_option: str | None = None,
        crash_directory: Path | None = None,
    ) -> None:
        super().__init__(driver_class=LashDriver)
        self.socket_path = str(socket_path)
        self._first = (session, cursor, wait)
        self._saved = saved
        self._start_daemon = start_daemon
        self._socket_option = socket_option
        self._crash_directory = crash_directory
        self._leaving = False

    # -- screens ------------------------------------------------------------------------------

    def _first_screen(self) -> Screen[None]:
        """The one that was asked for."""
        session, cursor, wait = self._first
        if session is None:
            return PickerScreen(
                self.socket_path, start_daemon=self._start_daemon, can_go_back=False
            )
        return self._session_screen(session, cursor=cursor, wait=wait)

    def _session_screen(
        self, session_id: str, *, cursor: str | None = "saved", wait: bool = False
    ) -> SessionScreen:
        feed = Feed(
            self.socket_path,
            session_id,
            cursor=cursor,
            wait=wait,
            start_daemon=self._start_daemon,
            saved=self._saved,
        )
        return SessionScreen(feed)

    @property
    def session_screen(self) -> SessionScreen | None:
        """The session that is watched, also while another screen is on top of it."""
        for screen in self.screen_stack:
            if isinstance(screen, SessionScreen):
                return screen
        return None

    def on_mount(self) -> None:
        """Colours, the first screen, signals. It paints before the socket has answered."""
        self._choose_theme()
        self.push_screen(self._first_screen())
        if not self.is_headless:
            self._handle_signals()

    def _choose_theme(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        wanted = first_theme({**os.environ, "NO_COLOR": "1"} if self.no_color else os.environ)
        self.theme = wanted if wanted in self.available_themes else DARK.name

    def action_sessions(self) -> None:
        """The picker, over the session, which goes on underneath."""
        if not isinstance(self.screen, PickerScreen):
            self.push_screen(PickerScreen(self.socket_path, start_daemon=False, can_go_back=True))

    async def on_picker_screen_chosen(self, message: PickerScreen.Chosen) -> None:
        """Watch another session instead; the same one just comes back to the front."""
        watched = self.session_screen
        if watched is not None and watched.session_id == message.session_id:
            await self.pop_screen()
            return
        if watched is not None:
            await watched.close_feed()
            await self.pop_screen()
        await self.switch_screen(self._session_screen(message.session_id))

    async def on_picker_screen_dismissed(self) -> None:
        """Back to the session."""
        if self.session_screen is not None:
            await self.pop_screen()

    def action_help(self) -> None:
        """Every key of this screen."""
        if isinstance(self.screen, HelpScreen):
            return
        keys: dict[str, list[str]] = {}
        # Reversed: the app's keys first, then the screen's, then those of the widget in focus.
        for _node, binding, enabled, tooltip in reversed(self.screen.active_bindings.values()):
            what = tooltip or binding.description
            if what and enabled and binding.action not in SIDEWAYS:
                keys.setdefault(what, []).append(self.get_key_display(binding))
        self.push_screen(HelpScreen([(" ".join(names), what) for what, names in keys.items()]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The picker is no way to the picker."""
        return not (action == "sessions" and isinstance(self.screen, PickerScreen))

    # -- the end ------------------------------------------------------------------------------

    async def action_detach(self) -> None:
        """Leave; the session goes on."""
        watched = self.session_screen
        message = detached(watched.session_id, self._socket_option) if watched else ""
        await self._leave(Farewell(ExitCode.DONE, message))

    async def action_quit(self) -> None:
        """Quitting is detaching: what is watched is not ours to end."""
        await self.action_detach()

    def action_help_quit(self) -> None:
        """Ctrl+C is for copying and habit: say which key leaves."""
        self.notify("q detaches; the session goes on.", markup=False)

    async def on_session_screen_refused(self, message: SessionScreen.Refused) -> None:
        """There is nothing to show: end with the reason, or go back to the picker."""
        session, _, _ = self._first
        if session is None:
            self.notify(message.refusal.message, severity="error", markup=False)
            await self.switch_screen(
                PickerScreen(self.socket_path, start_daemon=False, can_go_back=False)
            )
            return
        await self._leave(Farewell(message.refusal.code, f"lashtui: {message.refusal.message}"))

    async def _leave(self, farewell: Farewell) -> None:
        """Stop the feed and wait for it, then exit: Textual cancels workers without waiting."""
        if self._leaving:
            return
        self._leaving = True
        for screen in self.screen_stack:
            if isinstance(screen, SessionScreen):
                await screen.close_feed()
        self.exit(farewell, return_code=farewell.code)

    def _handle_signals(self) -> None:
        """A lost terminal or a request to end is a detach: Textual would leave the terminal raw."""
        loop = asyncio.get_running_loop()
        for number, code in ((signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGHUP, HANGUP)):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._on_signal, int(code))

    def _on_signal(self, code: int) -> None:
        watched = self.session_screen
        message = ""
        if watched is not None:
            watched.feed.save()  # first of all: the rest may meet a terminal that is gone
            message = detached(watched.session_id, self._socket_option)
        self.call_later(self._leave, Farewell(code, "" if code == HANGUP else message))

    # -- a crash ------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """One line and a private log, where Textual would print the transcript with its locals."""
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error
        message = "lashtui: internal error"
        if error is not None:
            message += f" ({type(error).__name__})"
            path = write_crash_log(error, self._crash_directory or state_dir())
            message += f"; details are in {path}" if path else "; its log could not be written"
        watched = self.session_screen if self._screen_stacks else None
        if watched is not None:
            watched.feed.save()
        self._return_value = Farewell(ExitCode.FAILURE, message)
        self._close_messages_no_wait()

    @property
    def farewell(self) -> Farewell:
        """What to leave with, after the app has run."""
        return self.return_value or Farewell(self.return_code or 0)
