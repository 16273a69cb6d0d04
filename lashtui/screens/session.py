"""The session screen: one session, watched. Shows what its feed's state says, at a pace of its own.

The feed calls `_feed_changed` as often as it likes; the widgets are given what changed at most
once a frame. With nothing new and nothing running, nothing is painted.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from lashtui.feed import Feed, Refusal
from lashtui.feed_state import Link, Mark
from lashtui.widgets.banner import Banner
from lashtui.widgets.plan_panel import PlanPanel
from lashtui.widgets.process_panel import ProcessPanel
from lashtui.widgets.queue_panel import QueuePanel
from lashtui.widgets.session_header import SessionHeader
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.summary_strip import SummaryStrip
from lashtui.widgets.transcript import Divider, Transcript

FRAME = 1 / 60
"""Seconds between two handings-over to the widgets: Textual paints no faster."""


class SessionScreen(Screen[None]):
    """Header, banner, transcript with side panels, status line.

    Args:
        feed: where the session comes from; the screen runs it and hears from it.
    """

    AUTO_FOCUS = "Transcript"
    # Textual declares it with `None` outside of its ClassVar, so that it can't be repeated here.
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (60, "-medium"),
        (100, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "end,G",
            "follow",
            "Live",
            key_display="End",
            tooltip="Back to the live end",
            id="session.follow",
        ),
        Binding("b", "toggle_side", "Panels", tooltip="Show or hide the side", id="session.side"),
        Binding(
            "n",
            "go_to_new",
            "New",
            tooltip="To what is new since you left",
            show=False,
            id="session.new",
        ),
        Binding(
            "r", "retry", "Retry", tooltip="Try to connect at once", show=False, id="session.retry"
        ),
        Binding(
            "x", "dismiss_gap", "Hide", tooltip="Hide the banner", show=False, id="session.dismiss"
        ),
    ]

    @dataclass
    class Refused(Message):
        """The session can't be shown at all."""

        refusal: Refusal

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        feed.on_change = self._feed_changed
        feed.on_refusal = self._feed_refused
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._drained_at = 0.0
        self._drain_due = False
        self._unseen = 0
        self._following = True

    @property
    def session_id(self) -> str:
        """The session's name."""
        return self.feed.state.session_id

    def compose(self) -> ComposeResult:
        """Everything is there from the first paint on; what is empty takes no room."""
        yield SessionHeader()
        yield Banner()
        with Horizontal(id="body"):
            with Vertical(id="main"):
                yield Static("", id="placeholder", markup=False)
                yield Transcript()
            with Vertical(id="side"):
                yield PlanPanel()
                yield QueuePanel()
                yield ProcessPanel()
        yield SummaryStrip()
        yield StatusLine()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Paint first, then connect."""
        self._ticker = self.set_interval(1.0, self._show_state, pause=True)
        self._show_state()
        self._worker = self.run_worker(
            self.feed.run(), name=f"feed {self.session_id}", group="feed"
        )

    async def close_feed(self) -> None:
        """Stop watching and keep the reader's place. At exit Textual waits for no worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()
        self.feed.save()

    # -- from the feed to the widgets ---------------------------------------------------------

    def _feed_changed(self) -> None:
        if self._drain_due or not self.is_mounted:
            return
        wait = self._drained_at + FRAME - time.monotonic()
        if wait <= 0:
            self._drain()
        else:
            self._drain_due = True
            self.set_timer(wait, self._drain)

    def _feed_refused(self, refusal: Refusal) -> None:
        self.post_message(self.Refused(refusal))

    def _drain(self) -> None:
        self._drain_due = False
        self._drained_at = time.monotonic()
        update = self.feed.state.take_update()
        with self.app.batch_update():
            if update is not None:
                transcript = self.query_one(Transcript)
                if update.view is not None:
                    transcript.show_view(
                        update.view,
                        dividers=[_divider(mark) for mark in update.marks],
                        keep_place=True,
                    )
                elif update.changes is not None:
                    transcript.apply(update.changes)
            self._show_state()

    def _show_state(self) -> None:
        """Everything but the transcript; each widget repaints only if it says something else."""
        state = self.feed.state
        view, now_ms = state.view, int(time.time() * 1000)
        self.query_one(SessionHeader).show_session(self.session_id, view, now_ms)
        self.query_one(Banner).show_gap(state.gap)
        self.query_one(PlanPanel).show_view(view)
        self.query_one(QueuePanel).show_view(view)
        self.query_one(ProcessPanel).show_view(view, now_ms)
        self.query_one(SummaryStrip).show_view(view)
        self._show_status()
        side_is_empty = view is None or not (view.queue or view.processes or view.plan)
        self.set_class(side_is_empty, "-side-empty")
        self._show_placeholder()
        if self._ticker is not None:
            if state.ticks:
                self._ticker.resume()
            else:
                self._ticker.pause()

    def _show_status(self) -> None:
        self.query_one(StatusLine).show_state(
            self.feed.state, following=self._following, unseen=self._unseen
        )

    def _show_placeholder(self) -> None:
        state = self.feed.state
        empty = state.view is None or not state.view.entries
        transcript = self.query_one(Transcript)
        if transcript.display == empty:
            self.set_class(empty, "-empty")
            transcript.display = not empty
            if not empty:
                transcript.focus()
        if empty:
            text = "Nothing has happened yet." if state.link is Link.LIVE else state.link_text()
            placeholder = self.query_one("#placeholder", Static)
            if placeholder.content != text:
                placeholder.update(text)

    @on(Transcript.Followed)
    def _followed(self, message: Transcript.Followed) -> None:
        self._following, self._unseen = message.following, message.unseen
        self._show_status()

    # -- keys ---------------------------------------------------------------------------------

    def action_follow(self) -> None:
        """Back to the live end."""
        self.query_one(Transcript).follow()

    def action_go_to_new(self) -> None:
        """To where the reader left the session last time."""
        self.query_one(Transcript).go_to_divider("new")

    def action_toggle_side(self) -> None:
        """Show or hide the side panels; the strip stands in for them."""
        self.toggle_class("-side-hidden")

    def action_retry(self) -> None:
        """Try to connect at once."""
        self.feed.retry_now()

    def action_dismiss_gap(self) -> None:
        """Hide the banner; the divider in the transcript stays."""
        self.feed.state.dismiss_gap()
        self._show_state()


def _divider(mark: Mark) -> Divider:
    return Divider(mark.kind, mark.text, mark.position, mark.anchor)
