"""How the app ends: by a key, a signal, a refusal or a crash, with the terminal as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import WorkerFailed

from lashd.paths import state_dir
from lashtui.app import jobs
from lashtui.app.crash import crash_message
from lashtui.app.detach_message import AppExit, ask_resumable, detach_message
from lashtui.app.driver import LashDriver
from lashtui.app.end_signals import HANGUP, EndSignals
from lashtui.app.lending import LendingApp
from lashtui.app.open_tabs import OpenTabs
from lashtui.app.title import TerminalTitle
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from lashtui.screens.session import SessionScreen


class LeavingApp(LendingApp[AppExit]):
    """Leaves the sessions running, keeps the reader's places, and says how to come back.

    Args:
        socket_path: the daemon's socket.
        socket_option: what `--socket` must be to come back; None if it isn't needed.
        crash_directory: where a crash is logged; by default the user's state directory.
        title: whether the terminal's title is set.
    """

    def __init__(
        self,
        socket_path: str | Path,
        *,
        socket_option: str | None,
        crash_directory: Path | None,
        title: bool,
    ) -> None:
        super().__init__(driver_class=LashDriver)
        self.socket_path = str(socket_path)
        self.socket_option = socket_option
        self._crash_directory = crash_directory
        self._leaving = False
        self._tabs = OpenTabs()
        self._terminal_title = TerminalTitle(self._ring, wanted=title)
        self.end_signals = EndSignals(self._on_signal, self._give_up)

    @property
    def session_screen(self) -> SessionScreen | None:
        """The session in front, also while another screen is on top of it."""
        return self._tabs.front

    def write_control(self, sequence: str) -> None:
        """Write a control sequence between two frames; its text must be neutralised already."""
        if sequence and self._driver is not None and not self.is_headless:
            self._driver.write(sequence)
            self._driver.flush()

    def _ring(self, sequence: str) -> None:
        self.write_control(sequence)

    def _mind_the_end(self) -> None:
        """From now on a lost terminal or a signal to end is a detach. Textual would leave the
        terminal raw."""
        self.end_signals.install(asyncio.get_running_loop())
        if isinstance(self._driver, LashDriver):
            self._driver.before_stop = self._terminal_title.restore
            self._driver.after_stop = self._terminal_is_back
            self._driver.is_ending = lambda: self.end_signals.is_received

    def action_suspend_process(self) -> None:
        """Stop until the shell's `fg`."""
        if isinstance(self._driver, LashDriver):
            jobs.stop_group()

    def _terminal_is_back(self) -> None:
        """We have the terminal again after a stop: nothing of ours is on it."""
        self.refresh(layout=True)

    def _end_fleet(self) -> Awaitable[None]:
        """Stop following all sessions, before those that are watched."""
        raise NotImplementedError

    # -- by a key -----------------------------------------------------------------------------

    async def action_detach(self) -> None:
        """Leave. The session continues."""
        watched = self.session_screen
        message = ""
        if watched is not None:
            address = self._address_of(watched.key.host)
            resumable = await ask_resumable(address, watched.feed.state)
            message = self._detach_message(watched, resumable)
        await self._leave(AppExit(ExitCode.DONE, message))

    async def action_quit(self) -> None:
        """Quitting is detaching: the session isn't ours to end."""
        await self.action_detach()

    def _detach_message(self, watched: SessionScreen, resumable: str = "") -> str:
        gone = watched.feed.state.connection.is_gone
        host, option = watched.key.host, self.socket_option
        return detach_message(watched.session_id, option, resumable, gone=gone, host=host)

    def _address_of(self, host: str) -> str:
        """Where the daemon of `host` is; empty: of this machine."""
        raise NotImplementedError

    async def _leave(self, ended: AppExit) -> None:
        """Stop the feeds and wait for them, then exit: Textual cancels workers without waiting."""
        if self._leaving:
            return
        self._leaving = True
        await self._end_fleet()
        for screen in self._tabs.screens:
            await screen.close_feed()
        self._terminal_title.restore()
        self.exit(ended, return_code=ended.code)

    # -- by a signal --------------------------------------------------------------------------

    def _on_signal(self, code: int) -> None:
        self._save_places()  # first of all: the rest may meet a terminal that is gone
        watched = self.session_screen
        message = self._detach_message(watched) if watched is not None and code != HANGUP else ""
        self.call_later(self._leave, AppExit(code, message))

    def _give_up(self) -> None:
        """The terminal has stopped reading: save the readers' places, restore its modes."""
        if isinstance(self._driver, LashDriver):
            self._driver.restore_modes()
        self._save_places()

    def _save_places(self) -> None:
        for screen in self._tabs.screens:
            screen.feed.save()

    # -- by a crash ---------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """One line and a private log. Textual would print local variables: the transcript."""
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error
        message = crash_message(error, self._crash_directory or state_dir())
        self._save_places()
        self._terminal_title.restore()
        self._return_value = AppExit(ExitCode.FAILURE, message)
        self._close_messages_no_wait()

    @property
    def ended(self) -> AppExit:
        """How the app ended, after it has run."""
        return self.return_value or AppExit(self.return_code or 0)
