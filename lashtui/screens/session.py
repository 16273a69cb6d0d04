"""The session screen: one session, watched. Shows what its feed's state says, at its own pace.

The feed calls `_schedule_frame` as often as it likes; the widgets are given what changed at most
once a frame. With nothing new and nothing running, nothing is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from lashd.clock import now_ms
from lashd.view import ReadView, SessionRow
from lashtui.feed.pace import FRAME
from lashtui.feed.state import FeedUpdate
from lashtui.feed.worker import Feed, Refusal
from lashtui.process.panes import GoThere
from lashtui.process.tools import run_tool
from lashtui.reading.taste import Taste
from lashtui.render.code import colour_now
from lashtui.render.live_end import live_end
from lashtui.saved.session_key import SessionKey
from lashtui.screens.filter import FilterScreen
from lashtui.screens.frame_pacer import FramePacer
from lashtui.screens.homecoming import Homecoming
from lashtui.screens.links import LinksScreen
from lashtui.screens.listed import Listed
from lashtui.screens.paint_screen import BlankHorizontal, BlankVertical
from lashtui.screens.reading import ReadingScreen, reading_bindings
from lashtui.screens.session_bindings import SESSION_BINDINGS
from lashtui.screens.session_hints import hinted
from lashtui.text.awaited import standing_of_view
from lashtui.text.format import state_words
from lashtui.text.standing import Standing
from lashtui.widgets.banner import Banner
from lashtui.widgets.fleet.side_list import SideList
from lashtui.widgets.fleet.table import FleetTable
from lashtui.widgets.key_footer import KeyFooter
from lashtui.widgets.keys import key_of
from lashtui.widgets.panels.panel import Panel
from lashtui.widgets.panels.plan import PlanPanel
from lashtui.widgets.panels.process import ProcessPanel
from lashtui.widgets.panels.queue import QueuePanel
from lashtui.widgets.panels.side import Side
from lashtui.widgets.search_bar import FilterLine, SearchBar
from lashtui.widgets.session_header import SessionHeader
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.summary_strip import SummaryStrip
from lashtui.widgets.tabs import Tab, TabStrip
from lashtui.widgets.transcript.transcript import Transcript

SEE_THROUGH = (FilterScreen, LinksScreen)
"""Dialogs that leave the transcript in view."""
SETTLE = 0.05
"""Seconds after the first view until work that can wait is done: the view is painted by then."""
WIDTHS = [(0, "-narrow"), (60, "-medium"), (100, "-wide"), (160, "-broad")]
"""From how many cells on the screen has which class."""
NO_LIST = "the daemon sends no list of sessions"
LIST_NEEDS = f"the list of sessions needs {WIDTHS[-1][0]} columns"


class SessionScreen(ReadingScreen):
    """Header, banner, transcript between the list of sessions and side panels, status line.

    Args:
        feed: where the session comes from; the screen runs it and is called by it.
        side: whether the side panels are shown at first.
        taste: how the person likes to read.
        sessions: the list for screens with room for it; None for one that stays empty.
        on_change: called in the loop after the state was looked at, in front or behind.
    """

    AUTO_FOCUS = "Transcript"
    # Textual declares it with `None` outside of its ClassVar, so that it can't be repeated here.
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [
        *SESSION_BINDINGS,
        *reading_bindings(),
        # The last of this key: where nothing is to be cancelled here.
        Binding("escape", "app.sessions", show=False),
    ]

    @dataclass
    class SessionWanted(Message):
        """Another session was chosen from the list beside the transcript."""

        key: SessionKey

    @dataclass
    class Refused(Message):
        """The session can't be shown at all."""

        screen: SessionScreen
        refusal: Refusal

    def __init__(
        self,
        feed: Feed,
        *,
        host: str = "",
        side: bool = True,
        taste: Taste | None = None,
        sessions: SideList | None = None,
        on_change: Callable[[SessionScreen], None] = lambda _screen: None,
    ) -> None:
        super().__init__(taste, classes="" if side else "-side-hidden")
        self._host = host
        self.feed = feed
        self._sessions = sessions or SideList(None, self.key)
        self.on_change = on_change
        feed.on_change = self._schedule_frame
        feed.on_refusal = self._feed_refused
        self._worker: Worker[None] | None = None
        self._pacer = FramePacer()
        self._frames: Timer | None = None
        """Runs while a frame is due in front."""
        self._seconds: Timer | None = None
        """Runs while what is shown changes with the clock."""
        self._unread = 0
        self._following = True
        self._shown_before = False
        self._listed = Listed(self.key)
        self.elsewhere = self._listed.elsewhere
        self._stood: Standing | None = None  # when that was shown last
        self._hinted: Sequence[str] = ()
        self._shown: tuple[object, ...] = ()
        self._told: tuple[object, ...] = ()
        """What of the feed's state is shown beside the transcript, and told to the app."""
        self._homecoming = Homecoming(feed.state, lambda: self.transcript)

    @property
    def _is_empty(self) -> bool:
        view = self.feed.state.view
        return view is None or not (view.entries or view.state == "waiting")

    @property
    def _side_is_empty(self) -> bool:
        view, left = self.feed.state.view, self.feed.state.departures
        return not left and not (view and (view.queue or view.processes or view.plan))

    @property
    def session_id(self) -> str:
        """The session's name."""
        return self.feed.state.session_id

    @property
    def key(self) -> SessionKey:
        """The session among those of all hosts."""
        return SessionKey(self._host, self.session_id)

    def compose(self) -> ComposeResult:
        """Everything is there from the first paint on; what is empty takes no room."""
        self.feed.begin()
        # Before the widgets are there: each change of a class restyles all of them.
        width = self.app.size.width
        now = [name for least, name in WIDTHS if width >= least][-1:]
        self.update_classes({name: name in now for _, name in WIDTHS}, update=False)
        self.set_class(self._side_is_empty, "-side-empty", update=False)
        self.set_class(self._is_empty, "-empty", update=False)
        yield TabStrip()
        yield SessionHeader()
        yield Banner()
        with BlankHorizontal(id="body"):
            yield self._sessions
            with BlankVertical(id="main"):
                yield Static("", id="placeholder", markup=False)
                yield FilterLine()
                yield Transcript(now_ms=self._then_ms)
            with Side(id="side"):
                yield PlanPanel()
                yield QueuePanel()
                yield ProcessPanel()
        yield SummaryStrip()
        yield SearchBar()
        yield StatusLine()
        yield KeyFooter(self._keys_that_matter)

    def on_mount(self) -> None:
        """Paint what has arrived already, then connect."""
        self._seconds = self.set_interval(1.0, self._show_second, pause=True)
        self._frames = self.set_interval(FRAME, self._show_frame, pause=True)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        self.transcript.display = not self._is_empty
        update = self.feed.state.take_update()
        if update is not None:
            self._update_transcript(update)
        self._show_state()
        # Not earlier: changes that the feed reports before the screen is mounted would be lost.
        if self._shown_before:
            self.set_timer(SETTLE, self._connect)
        else:
            self.call_after_refresh(self._connect)

    def _connect(self) -> None:
        self._worker = self.run_worker(self.feed.run, name=f"feed {self.session_id}", group="feed")

    async def close_feed(self) -> None:
        """Stop watching and save the reader's place. At exit Textual waits for no worker."""
        if self.is_attached and self.is_readable and self.transcript.at_live_end:
            self.feed.state.looked_away()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()
        self.feed.close()
        self.feed.save()

    def on_unmount(self) -> None:
        """The app ends: nobody connects any more."""
        self.feed.close()

    # -- from the feed to the widgets ---------------------------------------------------------

    def _schedule_frame(self) -> None:
        """The feed has changed: show it with the next frame."""
        if not self.is_mounted or self._frames is None:
            return
        if self.is_in_front:
            # One timer for all frames: at once, but not sooner than a frame after its last.
            self._frames.resume()
            return
        wait = self._pacer.wait_hidden()
        if wait is not None:
            self.set_timer(wait, self._show_frame)

    def _feed_refused(self, refusal: Refusal) -> None:
        self.post_message(self.Refused(self, refusal))

    def _show_frame(self) -> None:
        """Show what has changed since the last frame, if the screen is in front."""
        if self._frames is not None:
            self._frames.pause()
        self._pacer.looked()
        if self.is_in_front:
            self._show_changes()
        # Behind, the feed's state keeps what changed, once for each entry, for
        # `on_screen_resume` to take.
        beside = self.feed.state.beside
        if beside != self._told or not self.is_in_front:
            self._told = beside
            self.on_change(self)

    def _show_changes(self) -> None:
        state = self.feed.state
        update = state.take_update()
        with self.frame():
            if update is not None:
                self._update_transcript(update)
            if self.is_readable and self._homecoming.returned():
                update = state.take_update()
                if update is not None:
                    self._update_transcript(update)
            self._mark_read()
            self._show_state_soon(
                at_once=update is not None and update.view is not None,
                text_alone=update is not None and state.beside == self._shown,
            )

    def _mark_read(self) -> None:
        """Only what arrived while the reader was looking at the live end counts as read."""
        if self.is_readable and (self._is_empty or self.transcript.at_live_end):
            self.feed.state.mark_read()
            if self.transcript.new_was_visited:
                self.feed.state.missed.dismiss_new()

    def _update_transcript(self, update: FeedUpdate, *, hold: bool = True) -> None:
        """`hold`: what happened while the reader was away is brought before them."""
        transcript = self.transcript
        if update.view is not None:
            transcript.show_view(update.view, dividers=update.dividers, keep_place=True)
            if not self._shown_before:
                self._shown_before = True
                self._show_live_end(now_ms())  # what stands there takes room from what is new
                transcript.hold_at_new()
                self.set_timer(SETTLE, self._colour)
            self._homecoming.tell(hold=hold)
        elif update.changes is not None:
            transcript.apply(update.changes)
        self.transcript_changed(update.changes)
        view = self.feed.state.view
        for screen in self.app.screen_stack:
            if isinstance(screen, ReadingScreen) and view is not None:
                screen.session_changed(view, update.changes if update.view is None else None)

    def _colour(self) -> None:
        if colour_now():
            self.transcript.redraw()

    @property
    def is_readable(self) -> bool:
        """Whether the transcript can be read: some dialogs leave it in view."""
        above = self.above
        return above is not None and all(isinstance(screen, SEE_THROUGH) for screen in above)

    def on_screen_resume(self) -> None:
        """In front again: catch up with what was not painted meanwhile."""
        if self._seconds is not None:  # None: it comes to the front before its widgets are there
            self._show_frame()
            self._sessions.look()

    def on_screen_suspend(self) -> None:
        """Behind another screen no clock ticks, and nothing is read."""
        if self._seconds is None:
            return
        if not self.is_readable:
            self._homecoming.left()
        if not self.is_in_front:
            self._seconds.pause()

    def _show_state_soon(self, *, at_once: bool = False, text_alone: bool = False) -> None:
        """Show the state now, or in a moment if it has just been shown: text streams faster."""
        wait = self._pacer.wait_for_state(at_once=at_once, text_alone=text_alone)
        if wait == 0:
            self._show_state()
        elif wait is not None:
            self.set_timer(wait, self._show_state)

    def _show_second(self) -> None:
        """A second passed: one paint for everything that shows it."""
        with self.app.batch_update():
            self._show_state()
            self.transcript.tick()

    def _show_state(self) -> None:
        """Show everything but the transcript; each widget repaints only if it has changed."""
        if not self.is_attached:  # its tab was closed before this moment came
            return
        self._pacer.state_shown()
        state = self.feed.state
        self._shown = state.beside
        view, at = state.view, now_ms()
        self._show_header(at)
        self._show_live_end(at)
        self.query_one(Banner).show_gap(state.gap)
        self.query_one(PlanPanel).show_view(view)
        self.query_one(QueuePanel).show_view(view, state.departures)
        self.query_one(ProcessPanel).show_view(view, at)
        self.query_one(SummaryStrip).show_view(view)
        self._show_status()
        for screen in self.app.screen_stack:
            if isinstance(screen, ReadingScreen) and screen.is_mounted:
                screen.show_session_state(state, at, self._listed.known)
        if self._side_is_empty != self.has_class("-side-empty"):
            self.set_class(self._side_is_empty, "-side-empty")
            self.refresh_bindings()
        self._show_placeholder()
        self._show_hints()
        if self._seconds is not None:
            if state.ticks and self.is_in_front:
                self._seconds.resume()
            else:
                self._seconds.pause()

    def _show_header(self, now_ms: int) -> None:
        self.query_one(SessionHeader).show_session(
            self.key.shown,
            self.feed.state.view,
            now_ms,
            in_tabs=self.query_one(TabStrip).is_shown,
            stale_for=self.feed.state.connection.stale_for,
            known=self._listed.known,
        )
        if self.standing != self._stood:
            # Quiet comes with the clock, and with the list: tabs and title show it, too.
            self._stood = self.standing
            self.on_change(self)

    def _show_live_end(self, now_ms: int) -> None:
        """What is awaited, below the last entry: as it was when the daemon was last heard of."""
        view = self.feed.state.view
        end = live_end(
            view,
            self.transcript.running_entries(),
            now_ms,
            row=self._listed.row,
            stale_for=self.feed.state.connection.stale_for,
            place=self._listed.answer_place(
                view.directory if view is not None else None, key_of(self, "go_there", "o")
            ),
            last=self.transcript.last_entry,
        )
        self.transcript.show_live_end(end)

    @property
    def standing(self) -> Standing | None:
        """Where the session stands, by the rule of the fleet; None before anything is known."""
        view = self.feed.state.view
        return None if view is None else standing_of_view(view, self._then_ms(), self._listed.known)

    def _then_ms(self) -> int:
        return self.feed.state.connection.as_of(now_ms())

    def show_row(self, row: SessionRow | None) -> None:
        """What the list says of the session: where it runs, and whether it is quiet."""
        is_news = self._listed.take(row)
        self.elsewhere = self._listed.elsewhere
        if self.is_mounted and is_news:
            self._show_state_soon()

    def show_tabs(self, tabs: Sequence[Tab], front: int) -> None:
        """Show the open sessions; what they say of this one the header doesn't repeat."""
        strip = self.query_one(TabStrip)
        before = strip.is_shown
        strip.show_tabs(tabs, front)
        if strip.is_shown != before:
            self._show_header(now_ms())

    def _keys_that_matter(self) -> Sequence[str]:
        """For the footer: what one does in this state first; none while another key leads on."""
        view, focused = self.feed.state.view, self.focused
        searching = self.is_mounted and self.query_one(SearchBar).is_open
        if searching or (focused is not None and not isinstance(focused, Transcript)):
            return ()
        there = isinstance(self._listed.way_there, GoThere)
        return hinted(view, following=self._following, can_go_there=there)

    def _show_hints(self) -> None:
        keys = self._keys_that_matter()
        if keys != self._hinted:
            self._hinted = keys
            self.refresh_bindings()

    async def action_go_there(self) -> None:
        """Bring the agent's pane of this tmux to the front, or say why not."""
        way = self._listed.way_there
        failed = way if isinstance(way, str) else await run_tool(way.argv, hears=True)
        if failed:
            self._show_note(failed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Panels that aren't there have no keys."""
        if action in ("toggle_side", "fold_panel"):
            return not self._side_is_empty
        return super().check_action(action, parameters)

    def has_use(self, action: str) -> bool:
        """Whether an action would do something now; its key else says why it doesn't."""
        if action == "retry":
            return self.feed.state.connection.retry_at is not None
        if action == "toggle_list":
            return self.has_class("-broad") and self._sessions.has_source
        if action == "dismiss_gap":
            shown = self.is_mounted and self.transcript.digest.shown is not None
            return shown or self.feed.state.missed.gap is not None
        return super().has_use(action)

    def failed_end(self) -> str:
        """How the session ended, if it failed."""
        view = self.feed.state.view
        if view is None or view.state != "ended" or view.outcome not in ("failure", "cut_off"):
            return ""
        return state_words(view.state, view.outcome, view.exit_code, None)

    @property
    def has_unread(self) -> bool:
        """Whether a divider marks what is new since the reader left."""
        return self.feed.state.missed.has_new

    def _show_status(self) -> None:
        self.query_one(StatusLine).show_state(
            self.feed.state,
            following=self._following,
            unread=self._unread,
            now_ms=now_ms(),
            awaits=not self._following or self._is_empty,
        )

    def _show_placeholder(self) -> None:
        state, empty = self.feed.state, self._is_empty
        transcript = self.transcript
        if transcript.display == empty:
            self.set_class(empty, "-empty")
            transcript.display = not empty
            if not empty:
                transcript.focus()
        if empty:
            connection = state.connection
            text = "Nothing has happened yet." if connection.is_live else connection.text()
            placeholder = self.query_one("#placeholder", Static)
            if placeholder.content != text:
                placeholder.update(text)

    @on(Transcript.Followed)
    def _followed(self, message: Transcript.Followed) -> None:
        self._following, self._unread = message.following, message.unread
        self._homecoming.tell()
        self._mark_read()
        self._show_status()
        self._show_hints()

    def _focus_changed(self, focused: bool) -> None:
        """The terminal has the focus or lost it: who was away is told what happened."""
        if not self.is_readable:
            return
        if not focused:
            self._homecoming.blurred()
        elif self._homecoming.focused():
            update = self.feed.state.take_update()
            if update is not None:
                self._update_transcript(update, hold=False)
            self._show_state()

    # -- keys ---------------------------------------------------------------------------------

    def action_follow(self) -> None:
        """To the live end, and follow it."""
        self.transcript.follow()

    def read_view(self) -> ReadView | None:
        """The session's view."""
        return self.feed.state.view

    def read_cursor(self) -> str | None:
        """The cursor up to which the transcript goes."""
        return self.feed.state.cursor

    def read_key(self) -> SessionKey:
        """The session."""
        return self.key

    def action_open_entry(self) -> None:
        """Give the current entry the whole screen."""
        from lashtui.screens.entry import EntryScreen

        said = self.transcript.digest.follow(self.transcript.digest.marked)
        if said is not None:
            self._show_note(said)
            return
        entry, view = self.transcript.mark_current(), self.read_view()
        if entry is not None and view is not None:
            screen = EntryScreen(
                entry, view, self.key, self.read_cursor, found=self.found, taste=self.taste
            )
            screen.elsewhere = self.elsewhere
            self.app.push_screen(screen)
            self.call_after_refresh(self._show_state)

    def action_toggle_side(self) -> None:
        """Show or hide the side panels; the strip stands in for them."""
        self.toggle_class("-side-hidden")

    def action_toggle_list(self) -> None:
        """Show or hide the list of sessions, here and on the screens of the others."""
        if not self.has_use("toggle_list"):
            self._show_note(NO_LIST if self.has_class("-broad") else LIST_NEEDS)
            return
        if self._sessions.has_focus:
            self.transcript.focus()
        self._sessions.toggle()

    @on(FleetTable.Chosen)
    def _session_chosen(self, message: FleetTable.Chosen) -> None:
        # Not where the list keeps the focus: the reader comes back to the transcript.
        self.transcript.focus()
        if message.key != self.key:
            self.post_message(self.SessionWanted(message.key))

    def action_fold_panel(self, kind: str) -> None:
        """Fold or unfold one of the side panels."""
        self.query_one(kind, Panel).action_fold()

    def action_retry(self) -> None:
        """Try to connect at once."""
        if not self.has_use("retry"):
            self._show_note("nothing to retry")
            return
        self.feed.retry_now()

    def action_dismiss_gap(self) -> None:
        """Hide the banner and what happened while away; the divider in the transcript stays."""
        if not self.has_use("dismiss_gap"):
            self._show_note("nothing to dismiss")
            return
        self.transcript.digest.show(None)
        self.feed.state.missed.dismiss_gap()
        self._show_state()
