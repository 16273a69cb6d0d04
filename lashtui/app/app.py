"""The app: which sessions are open, which is in front, what is said of all of them.

Wiring only: the modules beside it decide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.command import Provider
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from lashd.clock import now_ms
from lashtui.app.bindings import APP_BINDINGS, TAB_ACTIONS
from lashtui.app.detach_message import AppExit
from lashtui.app.fleet_opening import fleet_screen, start_daemon_at
from lashtui.app.leaving import LeavingApp
from lashtui.app.notices.tab import NoticeDetector, NoticeFacts
from lashtui.app.notices.watch import FleetWatch
from lashtui.app.open_tabs import MAX_TABS, label
from lashtui.app.side_lists import SideLists
from lashtui.app.startup import SETTLED_AFTER, after_start
from lashtui.app.themed import ThemedApp
from lashtui.feed.fleet.hosts import HostFeeds
from lashtui.feed.fleet.rows import RowChange
from lashtui.feed.fleet.worker import Follow
from lashtui.feed.worker import CursorStore, Feed, left_at
from lashtui.reading.taste import Taste
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.last_session import LastSession
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.view import FleetView
from lashtui.screens.paint_screen import ListScreen
from lashtui.screens.session import SessionScreen
from lashtui.settings import AppSettings, no_such
from lashtui.text.sanitize import safe_line
from lashtui.widgets.fleet_counter import CounterLine, CounterWanted, FleetCounter
from lashtui.widgets.keys import key_of
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.tabs import TabStrip
from lashtui.widgets.textual_private import SteadyStylesheet

if TYPE_CHECKING:
    from lashtui.feed.prefetch import Prefetch
    from lashtui.screens.fleet.screen import FleetScreen

FIRST_PICTURE = 0.25
"""Seconds that a session may take until it is opened without its transcript: an answer takes some
milliseconds, a daemon that hangs must not hold up the keys."""
FLEET_AFTER = 0.25
"""Seconds after the start when a session's first picture is up, and all others are looked after."""
BASE = 2
"""Screens of the stack that are never popped: Textual's blank one, and a session or the fleet."""


def _commands() -> type[Provider]:
    """The palette's contents, imported when it is first opened."""
    from lashtui.app.palette import LashCommands

    return LashCommands


class LashApp(ThemedApp[AppExit], LeavingApp):
    """Watch sessions.

    Args:
        socket_path: the daemon's socket.
        session: the session to watch; None for the fleet.
        cursor: where "new since you left" begins: `saved` or a cursor; None for no divider.
        wait: the session may not exist yet.
        saved: where the reader's place is kept; None for nowhere.
        marks: pins, mutes and names of sessions; None: they hold for this run.
        last_session: where the last session's name is kept; None for nowhere.
        prefetch: the first attach to `session`, begun already.
        start_daemon: the fleet, and `wait`, start a daemon if none is running.
        restart: the command that starts this daemon again, if it is no ordinary one.
        socket_option: what `--socket` must be to come back; None if it isn't needed.
        crash_directory: where a crash is logged; by default the user's state directory.
        settings: the user's configuration.
        clock: seconds, for the countdowns of connections.
        follow: opens the stream of the daemon's list; by default with the async client.
        hosts: other machines whose sessions are in the fleet, name to address.
        host: the name of the machine that `socket_path` reaches; empty: this one.
        saved_of: where the reader's place is kept for sessions at such an address; None: nowhere.

    Raises:
        ConfigError: `settings` names a theme, an action or a key that does not exist.
    """

    TITLE = "lashtui"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "../screens/session.tcss",
        "palette.tcss",
    ]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    BINDINGS: ClassVar[list[BindingType]] = APP_BINDINGS

    def __init__(
        self,
        socket_path: str | Path,
        session: str | None = None,
        *,
        cursor: str | None = "saved",
        wait: bool = False,
        saved: CursorStore | None = None,
        marks: FleetMarks | None = None,
        last_session: LastSession | None = None,
        prefetch: Prefetch | None = None,
        start_daemon: bool = True,
        restart: str = "",
        socket_option: str | None = None,
        crash_directory: Path | None = None,
        settings: AppSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
        follow: Follow | None = None,
        hosts: Mapping[str, str] = MappingProxyType({}),
        host: str = "",
        saved_of: Callable[[str], CursorStore] | None = None,
    ) -> None:
        self.settings = settings or AppSettings()
        super().__init__(
            socket_path,
            socket_option=socket_option,
            crash_directory=crash_directory,
            title=self.settings.title,
        )
        self.stylesheet = SteadyStylesheet(self.stylesheet)
        self._first = (session, cursor, wait)
        self._prefetch = prefetch
        self._saved = saved
        self._last_session = last_session
        self._start_daemon = start_daemon
        self._clock = clock
        self.marks = marks or FleetMarks(None)
        self._fleet_view = FleetView(preview=self.settings.preview)
        self._taste = Taste(side_by_side=self.settings.side_by_side)
        self._detectors: dict[SessionScreen, NoticeDetector] = {}
        self._host, self._hosts, self._saved_of = host, hosts, saved_of
        self.fleet_feed = HostFeeds(
            socket_path,
            hosts,
            host=host,
            start=start_daemon_at if session is None and start_daemon else None,
            restart=restart,
            follow=follow,
            clock=clock,
        )
        self.fleet = FleetWatch(
            self.fleet_feed,
            self.settings.notify,
            now_ms=now_ms,
            write=self._ring,
            say=self._say,
            changed=self._show_counts,
            marks=self.marks,
        )
        self.fleet_feed.listeners.append(self._rows_changed)
        self._side_lists = SideLists(self.fleet_feed, self.marks)
        self._fleet_worker: Worker[None] | None = None
        self._use_settings()

    def _use_settings(self) -> None:
        settings = self.settings
        if settings.theme is not None and settings.theme not in self.available_themes:
            known = sorted(self.available_themes)
            raise no_such(settings.file, "app", "theme", settings.theme, known)
        if settings.keys:
            from lashtui.app.bound_keys import checked_keys

            self.set_keymap(checked_keys(type(self), settings))
        if settings.reduced_motion:
            self.animation_level = "none"

    # -- screens ------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Choose the colours and push the first screen, which paints before the daemon answers."""
        self.choose_theme(self.settings.theme)
        session, cursor, wait = self._first
        if session is None:
            self.push_screen(self._fleet_screen())
        else:
            key = SessionKey(self._host, session)
            screen = self._new_tab(key, cursor=cursor, wait=wait, prefetch=self._prefetch)
            self.push_screen(screen)
            self._brought_to_front(screen)
        self.screen_change_signal.subscribe(self, self._screen_changed)
        # Not before the first picture of a session, which needs none of it.
        if session is None:
            self.call_after_refresh(self._follow_fleet)
        else:
            self.set_timer(FLEET_AFTER, self._follow_fleet)
        if not self.is_headless:
            self._mind_the_end()
            self.set_timer(SETTLED_AFTER, after_start)

    def _fleet_screen(self) -> FleetScreen:
        last = self._last_session
        return fleet_screen(
            self.fleet_feed,
            self.marks,
            self._fleet_view,
            address_of=self._address_of,
            tabs=self._tabs,
            last=last.get() if last is not None else None,
            clock=self._clock,
        )

    def _address_of(self, host: str) -> str:
        return self._hosts.get(host, self.socket_path)

    def _saved_at(self, host: str) -> CursorStore | None:
        """Where the reader's place in sessions of `host` is kept."""
        if host not in self._hosts:
            return self._saved
        return self._saved_of(self._address_of(host)) if self._saved_of is not None else None

    def _new_tab(
        self,
        key: SessionKey,
        *,
        cursor: str | None = "saved",
        wait: bool = False,
        prefetch: Prefetch | None = None,
    ) -> SessionScreen:
        feed = Feed(
            self._address_of(key.host),
            key.session_id,
            cursor=cursor,
            wait=wait,
            start_daemon=self._start_daemon and key.host not in self._hosts,
            restart=self.fleet_feed.connection_of(key.host).restart,
            saved=self._saved_at(key.host),
            prefetch=prefetch,
            clock=self._clock,
        )
        screen = SessionScreen(
            feed,
            host=key.host,
            side=self.settings.side_panel,
            taste=self._taste,
            sessions=self._side_lists.of(key),
            on_change=self._session_changed,
        )
        self._detectors[screen] = NoticeDetector(key.session_id, now_ms(), key.host)
        screen.show_row(self.fleet_feed.fleet.rows.get(screen.key))
        # An installed screen survives that another takes its place in the stack.
        self.install_screen(screen, self._tabs.add(screen))
        return screen

    async def on_session_screen_session_wanted(self, message: SessionScreen.SessionWanted) -> None:
        """Another one was chosen beside the transcript."""
        await self.open_session(message.key)

    @property
    def open_sessions(self) -> list[str]:
        """The names of the open sessions, in the order of their tabs."""
        return [screen.session_id for screen in self._tabs.screens]

    def action_sessions(self) -> None:
        """The fleet, over the session, which continues underneath."""
        if not isinstance(self.screen, ListScreen):
            self.push_screen(self._fleet_screen())

    async def on_fleet_screen_chosen(self, message: FleetScreen.Chosen) -> None:
        """Watch it, in its own tab."""
        await self.open_session(message.key)

    async def open_session(self, session: SessionKey | str) -> None:
        """Bring the session's tab to the front; open one if there is none.

        `session`: by its name alone it is one of this machine. One of a host that can't be reached
        isn't opened: there is nothing to see of it.
        """
        key = SessionKey(self._host, session) if isinstance(session, str) else session
        screen = self._tabs.find(key)
        if screen is None:
            why = self._why_not_reached(key.host)
            if why:
                self._say(f"{key.host} can't be reached now: {why}")
                return
            # What is in front stays until there is something to see in its place.
            prefetch = self._ask_for(key)
            await prefetch.wait_for(FIRST_PICTURE)
            await self._make_room()
            screen = self._new_tab(key, prefetch=prefetch)
        await self._show(screen)

    def _why_not_reached(self, host: str) -> str:
        """Why one needn't try: another host that is lost is tried again by itself."""
        connection = self.fleet_feed.connection_of(host)
        if host not in self._hosts or connection.retry_at is None:
            return ""
        return self.fleet_feed.problem_of(host) or connection.text()

    async def _make_room(self) -> None:
        """For one more tab: close the one that is missed least, its place is kept."""
        while len(self._tabs.screens) >= MAX_TABS:
            unused = self._tabs.to_make_room(lambda screen: screen.standing)
            if unused is None:
                break
            await self._close_tab(unused)

    def _ask_for(self, key: SessionKey) -> Prefetch:
        from lashtui.feed.prefetch import Prefetch

        saved, name = self._saved_at(key.host), key.session_id
        return Prefetch(self._address_of(key.host), name, lambda: left_at("saved", saved, name))

    async def _show(self, screen: Screen[None]) -> None:
        """Put `screen` in place of the session or the first fleet, with nothing over it."""
        while len(self.screen_stack) > BASE:
            await self.pop_screen()
        if self.screen is not screen:
            await self.switch_screen(screen)
        if isinstance(screen, SessionScreen):
            self._brought_to_front(screen)

    def _brought_to_front(self, screen: SessionScreen) -> None:
        self._tabs.bring_to_front(screen)
        if self._last_session is not None and not screen.key.host:
            self._last_session.put(screen.session_id)
        self._session_changed(screen)

    async def on_fleet_screen_dismissed(self) -> None:
        """Back to the session."""
        if self._tabs.front is not None:
            await self._show(self._tabs.front)

    def on_fleet_screen_marks_changed(self) -> None:
        """A session that is muted neither counts nor rings."""
        self.fleet.marks_changed()

    async def on_fleet_screen_quit(self) -> None:
        """Leave the app."""
        await self.action_detach()

    async def on_tab_strip_picked(self, message: TabStrip.Picked) -> None:
        """A click on a tab."""
        await self.action_tab(message.number + 1)

    async def action_tab(self, number: int) -> None:
        """Go to the open session with this number, from 1."""
        if 1 <= number <= len(self._tabs.screens):
            await self._show(self._tabs.screens[number - 1])

    async def action_next_tab(self, step: int) -> None:
        """Go `step` open sessions further, around the ends."""
        screen = self._tabs.beside(step)
        if screen is not None:
            await self._show(screen)

    async def action_close_tab(self) -> None:
        """Close the session's tab and save the reader's place in it. The session continues."""
        front = self._tabs.front
        if front is not None:
            await self._close_tab(front)

    async def _close_tab(self, screen: SessionScreen) -> None:
        """Close it; its neighbour comes to the front, or the fleet if none is left."""
        await screen.close_feed()
        was_front = screen is self._tabs.front
        self._tabs.remove(screen)
        self._detectors.pop(screen, None)
        if was_front:
            await self._show(self._tabs.front or self._fleet_screen())
        self.uninstall_screen(screen)
        await screen.remove()
        if self._tabs.front is not None:
            self._session_changed(self._tabs.front)

    def action_help(self) -> None:
        """Every key of this screen."""
        self.action_help_always()

    def action_help_always(self) -> None:
        """Every key of this screen, from any screen."""
        from lashtui.screens.help import HelpScreen, groups_of

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(groups_of(self, self.screen)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tabs change from a session, and by number from the fleet."""
        if isinstance(self.screen, ListScreen):
            has_tabs = action not in TAB_ACTIONS or bool(self._tabs.screens)
            return has_tabs and action not in ("sessions", "close_tab")
        return action not in TAB_ACTIONS or isinstance(self.screen, SessionScreen)

    # -- notices and the terminal's title -------------------------------------------------------

    def _session_changed(self, screen: SessionScreen) -> None:
        """A session's state was looked at: ring, show the tabs, set the terminal's title."""
        detector = self._detectors.get(screen)
        if detector is None:
            return
        found = detector.detect(NoticeFacts.of(screen.feed.state))
        self.fleet.announce_of_tab(found)
        front = self._tabs.front
        if front is None:
            return
        with suppress(NoMatches):  # not composed yet
            front.show_tabs(self._tabs.labels(), self._tabs.index)
        self._show_title()

    def on_app_focus(self) -> None:
        """The terminal reports its focus."""
        self.fleet.focus_reported(True)

    def on_app_blur(self) -> None:
        """The terminal reports its focus."""
        self.fleet.focus_reported(False)

    def _show_title(self) -> None:
        front = self._session_in_front()
        self._terminal_title.show(label(front) if front is not None else None, self.fleet.counts)

    def _session_in_front(self) -> SessionScreen | None:
        """The session that is shown, perhaps with dialogs over it; None where the list is."""
        for screen in reversed(self.screen_stack):
            if not screen.is_modal:
                return screen if isinstance(screen, SessionScreen) else None
        return None

    # -- all sessions ---------------------------------------------------------------------------

    def _follow_fleet(self) -> None:
        if not self._leaving:
            self._fleet_worker = self.run_worker(self.fleet_feed.run, name="fleet", group="fleet")

    async def _end_fleet(self) -> None:
        """Before the sessions' feeds: of their end the list would bring news while it ends."""
        worker, self._fleet_worker = self._fleet_worker, None
        if worker is not None:
            worker.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()

    async def _close_all(self) -> None:
        await self._end_fleet()
        await super()._close_all()

    def _rows_changed(self, changes: list[RowChange]) -> None:
        """Tabs show what the list alone knows of their sessions."""
        if changes and self._tabs.screens:
            after = {change.key: change.after for change in changes}
            for screen in self._tabs.screens:
                if screen.key in after:
                    screen.show_row(after[screen.key])

    def _show_counts(self) -> None:
        for screen in {*self.screen_stack, *self._tabs.screens}:
            for kind in (StatusLine, FleetCounter):
                for line in screen.query(kind):
                    self._show_counter(line)
        self._show_title()

    def on_counter_wanted(self, message: CounterWanted) -> None:
        """A line with the counter has come."""
        self._show_counter(message.line)

    def _show_counter(self, line: CounterLine) -> None:
        screen = line.screen if isinstance(line.screen, SessionScreen) else self._session_in_front()
        found = self.fleet.next_needing(screen.key if screen is not None else None)
        line.show_counter(self.fleet.counts, others=not isinstance(found, str))

    def _screen_changed(self, _screen: Screen[Any]) -> None:
        self._show_title()

    async def action_next_needs_you(self) -> None:
        """Go to the next session that needs the person, the longest waiting first."""
        front = self._session_in_front()
        found = self.fleet.next_needing(front.key if front is not None else None)
        if isinstance(found, str):
            self._say(found)
        else:
            await self.open_session(found)

    def _say(self, text: str) -> None:
        """A line for a moment: in the status line, or where there is none as a message."""
        words = safe_line(text)
        lines = list(self.screen.query(StatusLine))
        if isinstance(self.screen, ListScreen):
            self.screen.say(words)
        elif lines:
            lines[0].show_note(words)
        else:
            self.notify(words, markup=False)

    # -- the end ------------------------------------------------------------------------------

    def _terminal_is_back(self) -> None:
        super()._terminal_is_back()
        if self._tabs.front is not None:
            self._session_changed(self._tabs.front)

    def action_help_quit(self) -> None:
        """ctrl+c copies, and is pressed out of habit: say which key leaves."""
        if isinstance(self.screen, ListScreen):
            text = f"{key_of(self.screen, 'quit', 'q')} quits; the agents keep running."
        else:
            text = f"{key_of(self.screen, 'detach', 'q')} detaches; the agent keeps running."
        self.notify(text, markup=False)

    async def on_session_screen_refused(self, message: SessionScreen.Refused) -> None:
        """A session can't be shown: end with the reason, or go back to where the reader was."""
        refusal, screen = message.refusal, message.screen
        if self._first[0] == screen.session_id and len(self._tabs.screens) == 1:
            await self._leave(AppExit(refusal.code, f"lashtui: {refusal.message}"))
            return
        self.notify(refusal.message, severity="error", markup=False)
        if screen in self._tabs.screens:
            await self._close_tab(screen)
