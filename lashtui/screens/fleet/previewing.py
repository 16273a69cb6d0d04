"""Which session the preview shows: attaches to it once the choice rests, one at a time.

Nothing of a preview counts as read: its feeds have no place of the reader to keep. A session that
is open in a tab is shown from the tab's own feed, so that nobody attaches to it twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lashtui.feed.worker import Feed, Refusal
from lashtui.render.code import colour_now
from lashtui.saved.session_key import SessionKey
from lashtui.widgets.preview.preview import Preview

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.worker import Worker

REST = 0.15
"""Seconds that a choice rests before its session is attached to: longer than the time between two
repeats of a key, shorter than a person waits for."""
FRAME = 1 / 20
"""Seconds between two looks at what has come: text that one reads along streams no faster, and the
list beside it is drawn too."""
SETTLE = 0.05
"""Seconds after the first view until its code is coloured: the view is painted by then."""


@dataclass(frozen=True)
class PreviewFeeds:
    """Where the feeds of previews come from."""

    of_tab: Callable[[SessionKey], Feed | None]
    """The feed of a session that is open in a tab; None if it is in none."""
    new: Callable[[SessionKey], Feed]
    """A feed without a place of the reader, not yet run."""


class Previewing:
    """Fills a `Preview`, which is mounted before `choose` is called."""

    def __init__(self, preview: Preview, feeds: PreviewFeeds) -> None:
        self._preview = preview
        self._feeds = feeds
        self._key: SessionKey | None = None
        self._feed: Feed | None = None
        self._worker: Worker[None] | None = None
        """Runs the feed; None if it is a tab's."""
        self._rest: Timer | None = None
        self._frames: Timer | None = None
        self._is_active = False
        self._is_first = True

    @property
    def feed(self) -> Feed | None:
        """The feed that is shown now."""
        return self._feed

    def set_active(self, is_active: bool) -> None:
        """Whether the preview can be seen: while it can't, nothing is attached to."""
        if is_active == self._is_active:
            return
        self._is_active = is_active
        if is_active:
            self._begin()
        else:
            self._drop()

    def choose(self, key: SessionKey | None) -> None:
        """The session to show; None for none."""
        if key == self._key:
            return
        self._drop()
        self._key = key
        self._preview.forget()
        self._begin()

    def _begin(self) -> None:
        if self._is_active and self._key is not None:
            self._rest = self._preview.set_timer(REST, self._attach)

    def _drop(self) -> None:
        """Leave the session that is shown, at once."""
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        if self._frames is not None:
            self._frames.stop()
            self._frames = None
        feed, self._feed = self._feed, None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
        elif feed is not None:
            feed.watcher = None
            # What was shown here has not been shown in the tab, which may be in front by now and
            # hears of nothing else until its agent does something.
            feed.state.give_all()
            feed.on_change()

    def _attach(self) -> None:
        self._rest = None
        if self._key is None or not self._is_active:
            return
        self._is_first = True
        self._frames = self._preview.set_interval(FRAME, self._show, pause=True)
        feed = self._feed = self._feeds.of_tab(self._key)
        if feed is not None:
            feed.watcher = self._frames.resume
            feed.state.give_all()
            self._show()
            return
        feed = self._feed = self._feeds.new(self._key)
        feed.on_change = self._frames.resume
        feed.on_refusal = lambda refusal: self._refused(feed, refusal)
        self._worker = self._preview.run_worker(feed.run, name="preview", group="preview")

    def _show(self) -> None:
        """Show what has come since the last look."""
        if self._frames is not None:
            self._frames.pause()
        if self._feed is None:
            return
        self._preview.show_stale(self._feed.state.connection.stale_for)
        update = self._feed.state.take_update()
        if update is None:
            return
        with self._preview.app.batch_update():
            if update.view is not None:
                self._preview.show_view(update.view, update.dividers)
            elif update.changes is not None:
                self._preview.apply(update.changes)
        if self._is_first:
            self._is_first = False
            self._preview.set_timer(SETTLE, self._colour)

    def tick(self) -> None:
        """A second has passed."""
        if self._is_active:
            if self._feed is not None:
                self._preview.show_stale(self._feed.state.connection.stale_for)
            self._preview.tick()

    def _colour(self) -> None:
        if colour_now():
            self._preview.transcript.redraw()

    def _refused(self, feed: Feed, refusal: Refusal) -> None:
        if feed is self._feed:
            self._preview.show_problem(refusal.message)
