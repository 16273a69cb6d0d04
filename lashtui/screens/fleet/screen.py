"""The fleet: every agent on one screen, a line for each. The first screen of the app."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from lashd.clock import now_ms as wall_clock_ms
from lashtui.feed.fleet.heard import Heard
from lashtui.feed.fleet.next import needing
from lashtui.feed.fleet.order import GROUPS, SORTS, Group, Marks, arrange
from lashtui.feed.fleet.query import FIELDS, Query
from lashtui.feed.fleet.rows import RowChange
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.bindings import FLEET_BINDINGS
from lashtui.screens.fleet.handling import Handling
from lashtui.screens.fleet.pacer import FleetPacer
from lashtui.screens.fleet.preview import FleetPreview
from lashtui.screens.fleet.previewing import PreviewFeeds
from lashtui.screens.fleet.status import NOT_SHOWN, SORT_WORDS, status_ends
from lashtui.screens.fleet.view import FleetView, FollowedFleet, Zoomed
from lashtui.screens.paint_screen import ListScreen
from lashtui.text.sanitize import safe_line
from lashtui.widgets.fleet.counters import FleetCounters
from lashtui.widgets.fleet.head import FleetHead
from lashtui.widgets.fleet.host_lines import HostLines, host_line
from lashtui.widgets.fleet.table import FleetTable
from lashtui.widgets.key_footer import KeyFooter
from lashtui.widgets.keys import key_of
from lashtui.widgets.line import TwoEndedLine
from lashtui.widgets.query_field import QueryField
from lashtui.widgets.status_line import NOTE_FOR

Each = TypeVar("Each")

PREVIEW_FROM = 120
"""Cells of the screen from which on there is room for the preview."""
NO_SESSIONS = """No sessions yet.

Already running agents:  lashtui up
Watch any command:       lashtui run -- make test
See how it looks:        lashtui demo

Sessions appear here as soon as they start."""


class FleetScreen(ListScreen):
    """Every agent, a line for each, those that need the person first.

    Args:
        feed: the fleet, kept up to date by the app.
        marks: pins, mutes and names.
        view: how the person has arranged it.
        remove: removes a session from its daemon, also a live one if told to. May raise LashdError.
        feeds: where the preview's feeds come from; None: there is no preview.
        can_go_back: a session is open that Esc leads back to.
        prefer: where the cursor is at first, unless a session needs the person.
        clock: seconds, for what is to be shown when.
        now_ms: Unix milliseconds, for how long something has been so.
    """

    CSS_PATH = "fleet.tcss"
    AUTO_FOCUS = "FleetTable"
    # Textual declares it with `None` outside of its ClassVar, so that it can't be repeated here.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (PREVIEW_FROM, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = FLEET_BINDINGS

    @dataclass
    class Chosen(Message):
        """A session to watch."""

        key: SessionKey

    class Dismissed(Message):
        """Back to where the reader came from."""

    class Quit(Message):
        """Leave the app."""

    class MarksChanged(Message):
        """A session was pinned, muted or renamed."""

    def __init__(
        self,
        feed: FollowedFleet,
        marks: FleetMarks,
        view: FleetView,
        *,
        remove: Callable[[SessionKey, bool], Awaitable[None]],
        feeds: PreviewFeeds | None = None,
        can_go_back: bool = False,
        prefer: SessionKey | None = None,
        clock: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        # Before its first layout: the table's columns don't change once they are seen.
        super().__init__(classes="" if feeds is not None and view.preview else "-preview-hidden")
        self._feed, self._marks, self._view = feed, marks, view
        self._handling = Handling(
            self, marks, feed.connection_of, remove=remove, marked=self._marked, say=self.say
        )
        self._can_go_back = can_go_back
        self._prefer = prefer
        self._heard = Heard(feed, now_ms)
        self._preview = FleetPreview(feeds, self._heard)
        self._pacer = FleetPacer(clock)
        self._is_placed = False
        """Whether the cursor is where the person wants it, or where it is to begin."""
        self._warned = 0
        self._news = feed.news
        self._note = ""
        self._note_timer: Timer | None = None
        self._could: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Counters, filter, table, connection, keys."""
        yield FleetCounters()
        fields = " ".join(f"{field}:" for field in FIELDS)
        # Nothing blinks in this app.
        line = QueryField(
            self._view.query,
            placeholder=f"words, or {fields}",
            id="filter",
            compact=True,
            select_on_focus=False,
        )
        line.cursor_blink = False
        yield line
        yield HostLines()
        with Horizontal(id="body"):
            with Vertical(id="fleet"):
                yield FleetHead()
                yield FleetTable(self._heard, home=os.path.expanduser("~"))
                yield Static("connecting", id="nothing", markup=False)
            yield self._preview
        yield TwoEndedLine(id="status")
        yield KeyFooter(labels=self._key_labels)

    def on_mount(self) -> None:
        """Show what is known; later what changes, and what the clock says."""
        self._table = self.query_one(FleetTable)
        self._feed.listeners.append(self._changed)
        self.set_interval(1.0, self._second)
        self._arrange()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        if self._changed in self._feed.listeners:
            self._feed.listeners.remove(self._changed)

    def on_screen_resume(self) -> None:
        """In front again: show what has changed meanwhile, by other apps too."""
        if self._marks.read():
            self.post_message(self.MarksChanged())
        self._show()

    def on_screen_suspend(self) -> None:
        """Behind another screen, but for a dialog, nothing is previewed."""
        if not self.is_in_front:
            self._preview.leave()

    def on_resize(self) -> None:
        """There may be room for the preview now, or none any more."""
        self.call_after_refresh(self._show_preview)

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def selected(self) -> SessionKey | None:
        """The session with the cursor."""
        return self._table.current

    def _changed(self, _changes: list[RowChange]) -> None:
        """The fleet or the connection to it has changed."""
        if not self.is_in_front:
            return
        wait = self._pacer.wait()
        if wait == 0.0:
            self._show()
        elif wait is not None:
            self.set_timer(wait, self._show)

    def _show_hosts(self) -> None:
        feed = self._feed
        if not feed.hosts:
            return
        lines = {
            host: host_line(host, feed.connection_of(host), feed.problem_of(host))
            for host in feed.hosts
        }
        self.query_one(HostLines).show_hosts([line for line in lines.values() if line is not None])
        self._table.host_states = {
            host: line.state if line is not None else "connected" for host, line in lines.items()
        }

    def _second(self) -> None:
        if self.is_in_front:
            if self._marks.read():  # another app has changed them
                self.post_message(self.MarksChanged())
                self._show()
            self._show_hosts()
            self._table.tick()
            self._preview.second()
            self._show_status()

    def _show(self) -> None:
        """Show the fleet as it is; in its order, unless the person is pressing keys."""
        if not self.is_in_front:
            return
        self._pacer.shown()
        if self._pacer.is_held:
            self._table.show_rows(self._feed.fleet.rows, self._seen_marks())
            wait = self._pacer.wait_for_order()
            if wait is not None:
                self.set_timer(wait, self._show)
            # Not the counters: with those of the headings they would not add up.
            self._show_around()
        else:
            self._arrange()

    def _arrange(self) -> None:
        """Order the fleet now."""
        rows, marks, wish = self._feed.fleet.rows, self._seen_marks(), self._view.wish
        # A session may have come that the table doesn't know yet: a key doesn't wait for the pace.
        self._table.show_rows(rows, marks)
        self._table.show_groups(arrange(rows, marks, wish), wish)
        fleet = self._feed.fleet
        unseen = self._feed.unseen
        self.query_one(FleetCounters).show_counts(
            fleet.counts(self._marks.muted, unseen), fleet.totals(), fleet.count_unseen(unseen)
        )
        self._place_cursor()
        self._show_around()

    def _place_cursor(self) -> None:
        """At the top if anybody waits, else where the person was last."""
        if self._is_placed or not self._feed.fleet.is_synced(self._feed.host):
            return
        self._is_placed = True
        waits = bool(needing(self._feed.fleet.rows, self._marks.muted, self._feed.unseen))
        zoomed = self._view.zoomed
        if zoomed is not None and self._table.select(zoomed.key):
            # Back from a session: what has come meanwhile, the counters say.
            self._table.show_from(zoomed.top)
        elif waits or not self._table.select(self._prefer):
            self._table.show_top()

    def _seen_marks(self) -> Marks:
        return Marks.of(self._marks)

    def _show_around(self) -> None:
        """Everything but the table and its counters."""
        self.query_one(FleetHead).show_sort(self._view.wish.sort_by)
        self._show_hosts()
        found = bool(self._table.board.lines)
        self.set_class(not found, "-nothing")
        self.set_class(not self._feed.fleet.rows, "-empty")
        self.query_one("#filter", Input).display = bool(self._view.query) or self._is_typing
        if not found:
            self._show_nothing()
        self._show_status()
        self._show_preview()
        able: tuple[object, ...] = (
            *(self.check_action(each, ()) for each in ("open", "pin", "back")),
            self._key_labels(),
        )
        if able != self._could:
            self._could = able
            self.refresh_bindings()
            self._table.fold_key = key_of(self, "fold", "z")
        for warning in self._marks.warnings[self._warned :]:
            self.notify(warning, severity="warning", markup=False)
        self._warned = len(self._marks.warnings)
        news, self._news = self._news, self._feed.news
        if self._news and self._news != news:
            self.say(self._news)

    def _show_preview(self) -> None:
        """The session with the cursor, where there is room for it."""
        wanted = self._view.preview and self._preview.has_feeds
        self.set_class(not wanted, "-preview-hidden")
        seen = self.is_in_front and wanted and self.has_class("-wide")
        key = self.selected
        row = self._feed.fleet.rows.get(key) if key is not None else None
        name = self._marks.names.get(key, "") if key is not None else ""
        self._preview.show_session(key, row, name, seen=seen and bool(self._table.board.lines))

    def action_toggle_preview(self) -> None:
        """Show or hide the preview, or say why there is none."""
        if not self._has_room_for_preview:
            self.say(f"the preview needs {PREVIEW_FROM} columns")
            return
        self._view.preview = not self._view.preview
        self._show_preview()

    def _show_nothing(self) -> None:
        """Why the table is empty."""
        feed = self._feed
        if feed.fleet.rows:
            words = safe_line(self._view.query, 60)
            query = self._view.wish.query
            why = safe_line(query.unknown_state or query.unknown_field, 200)
            text = (
                f"No session matches {words!r}{f': {why}' if why else ''}. Esc clears the filter."
            )
        elif feed.is_starting:
            text = "starting the daemon"
        elif feed.connection.is_live:
            text = NO_SESSIONS
        elif feed.problem:
            text = safe_line(feed.problem)
        else:
            text = feed.connection.text()
        nothing = self.query_one("#nothing", Static)
        if nothing.content != text:
            nothing.update(text)

    def _show_status(self) -> None:
        """The connection, and how the fleet is arranged; for a moment what was just done."""
        connection, total = self._feed.connection, len(self._feed.fleet.rows)
        self._table.set_old(not connection.is_seen and total > 0)
        found = None
        if self._view.query:
            found = sum(len(group.keys) for group in self._table.groups)
        left, right = status_ends(
            connection,
            self._view.wish,
            total=total,
            found=found,
            note=self._note,
            retry_key=key_of(self, "retry", "r"),
            is_shown=self._table.shows(self._view.wish.sort_by),
        )
        self.query_one("#status", TwoEndedLine).show_ends(left, *right)

    def say(self, text: str) -> None:
        """Say for a moment what was done; agents' text in it must be neutralised already."""
        self._note = text
        if self._note_timer is not None:
            self._note_timer.stop()
        self._note_timer = self.set_timer(NOTE_FOR, self._unsay)
        self._show_status()

    def _unsay(self) -> None:
        self._note = ""
        self._show_status()

    # -- moving and choosing ----------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._table.move(by)

    def action_page(self, share: float) -> None:
        """Move by a share of a screenful."""
        self._table.page(share)

    def action_first(self) -> None:
        """To the top."""
        self._table.first()

    def action_last(self) -> None:
        """To the bottom."""
        self._table.last()

    def action_open(self) -> None:
        """Watch the session; open or fold a group."""
        key = self.selected
        if key is not None:
            self._choose(key)
        else:
            self.action_fold()

    def _choose(self, key: SessionKey) -> None:
        self._view.zoomed = Zoomed(key, self._table.board.top)
        self.post_message(self.Chosen(key))

    @on(FleetTable.Touched)
    def _touched(self) -> None:
        self._is_placed = True
        self._pacer.touched()

    @on(FleetTable.Moved)
    def _moved(self) -> None:
        if self.is_in_front:
            self._show_around()

    @on(FleetTable.Chosen)
    def _clicked(self, message: FleetTable.Chosen) -> None:
        self._choose(message.key)

    @on(FleetTable.FoldWanted)
    def _fold_clicked(self, message: FleetTable.FoldWanted) -> None:
        self._fold(message.group)

    def action_fold(self) -> None:
        """Fold or open the group under the cursor."""
        group = self._table.board.group
        if group is not None:
            self._fold(group)

    def _fold(self, group: Group) -> None:
        wish, name = self._view.wish, {group.name}
        opened, folded = frozenset(wish.opened), frozenset(wish.folded)
        if group.folded:
            self._want(opened=opened | name, folded=folded - name)
            self._table.select(next(iter(group.keys), None))
        else:
            self._want(opened=opened - name, folded=folded | name)
            self._table.select(group)

    # -- arranging --------------------------------------------------------------------------------

    def _want(self, **changes: object) -> None:
        """The person wants the fleet in another way: at once."""
        self._view.wish = msgspec.structs.replace(self._view.wish, **changes)
        self._pacer.touched()
        self._arrange()

    def action_sort(self) -> None:
        """By the next column."""
        sort_by = _next(SORTS, self._view.wish.sort_by)
        self._want(sort_by=sort_by)
        unseen = "" if self._table.shows(sort_by) else NOT_SHOWN
        self.say(f"sorted by {SORT_WORDS[sort_by]}{unseen}")

    def action_group(self) -> None:
        """By the next thing that sessions have in common."""
        group_by = _next(GROUPS, self._view.wish.group_by)
        self._want(group_by=group_by)
        self.say(f"grouped by {group_by}")

    def action_narrow(self) -> None:
        """Type what the sessions must have."""
        line = self.query_one("#filter", Input)
        line.display = True
        # At once: what is typed next is meant for it, though it is a key of the list's, too.
        self.set_focus(line)

    @on(Input.Changed, "#filter")
    def _typed(self, message: Input.Changed) -> None:
        if message.value != self._view.query:
            self._view.query = message.value
            self._want(query=Query.parse(message.value))

    @on(Input.Submitted, "#filter")
    def _typed_all(self) -> None:
        """Keep the filter and go back to the list."""
        self.set_focus(self._table)  # at once, as the next key may have arrived already
        self.call_after_refresh(self._show_around)

    def action_back(self) -> None:
        """Clear the filter; without one, go back to the session that is still open."""
        line = self.query_one("#filter", Input)
        if self._view.query or line.has_focus:
            line.value = ""
            self._table.focus()
            self.call_after_refresh(self._show_around)
        elif self._can_go_back:
            self.post_message(self.Dismissed())

    # -- what is done to a session ----------------------------------------------------------------

    def action_pin(self) -> None:
        """Keep the session first in its group, also in one that is folded."""
        if self.selected is not None:
            self._handling.pin(self.selected)

    def action_mute(self) -> None:
        """Leave the session out of the counters and notices."""
        if self.selected is not None:
            self._handling.mute(self.selected)

    def action_rename(self) -> None:
        """Call the session something else, for this user."""
        if self.selected is not None:
            self._handling.rename(self.selected)

    def action_remove(self) -> None:
        """Let the daemon forget the session, once that is confirmed."""
        key = self.selected
        row = self._feed.fleet.rows.get(key) if key is not None else None
        if key is not None and row is not None:
            self._handling.remove(key, is_live=row.publishers > 0)

    def _marked(self, text: str) -> None:
        self._pacer.touched()
        self._arrange()
        self.say(text)
        self.post_message(self.MarksChanged())

    # -- the rest ---------------------------------------------------------------------------------

    def action_retry(self) -> None:
        """Connect now, not when the countdown ends."""
        self._feed.retry_now()

    def action_quit(self) -> None:
        """Leave the app. The agents keep running."""
        self.post_message(self.Quit())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What a key does needs something to do it to; a letter typed into the filter is one, also
        if it was typed before the filter had the focus."""
        if self._is_typing and action not in ("move", "page", "back"):
            return False
        if action in ("pin", "mute", "rename", "remove"):
            return self._has_lines and self.selected is not None
        if action == "toggle_preview":
            return self._preview.has_feeds
        if action in ("open", "fold"):
            return self._has_lines
        if action == "back":
            return self._can_go_back or bool(self._view.query) or self._is_typing
        if action == "retry":
            hosts = ("", *self._feed.hosts)
            return any(self._feed.connection_of(host).retry_at is not None for host in hosts)
        return True

    def has_use(self, action: str) -> bool:
        """Whether an action would do something now; its key else says why it doesn't."""
        return action != "toggle_preview" or self._has_room_for_preview

    def _key_labels(self) -> Mapping[str, str]:
        """What keys do now, where it is not what they do at other times; empty: nothing."""
        labels = {}
        if self._view.query or self._is_typing:
            labels["back"] = "Clear"
        if self._is_typing:
            labels["submit"] = "Done"
        if not self._has_room_for_preview:
            labels["toggle_preview"] = ""
        return labels

    @property
    def _has_room_for_preview(self) -> bool:
        return self.app.size.width >= PREVIEW_FROM

    @property
    def _has_lines(self) -> bool:
        return self.is_mounted and self._table.board.cursor is not None

    @property
    def _is_typing(self) -> bool:
        return isinstance(self.focused, Input)


def _next(order: Sequence[Each], present: Each) -> Each:
    return order[(order.index(present) + 1) % len(order)]
