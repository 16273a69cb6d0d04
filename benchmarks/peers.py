"""What the app is compared with: the same session shown by Textual's own widgets.

`python -m benchmarks.peers KIND SOCKET SESSION`, where KIND is `markdown` (a Markdown widget for
each message, streamed with MarkdownStream) or `richlog`. They read the session through the same
client, fold and feed as the app; only the widgets differ. The key x writes `<kN>` into a label, the
cheapest answer that Textual can give.
"""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Markdown, RichLog, Static
from textual.widgets.markdown import MarkdownStream

from lashd.view import Entry, ViewChanges
from lashtui.feed.worker import Feed


def plain(entry: Entry) -> str:
    """An entry as one text."""
    if entry.kind == "tool":
        return f"{entry.name}: {entry.args} -> {entry.output}"
    return entry.text or ""


class PeerTranscript:
    """How one of the peers shows entries."""

    widget: Widget

    async def load(self, entries: list[Entry]) -> None:
        """Show all of these."""
        raise NotImplementedError

    async def apply(self, changes: ViewChanges) -> None:
        """Show what changed."""
        raise NotImplementedError


class Markdowns(PeerTranscript):
    """A widget for each message, as Textual's documentation recommends."""

    def __init__(self) -> None:
        self.widget = VerticalScroll(id="transcript")
        self._streams: dict[str, tuple[MarkdownStream, int]] = {}

    def _widget(self, entry: Entry) -> Widget:
        if entry.kind == "prose":
            return Markdown(plain(entry))
        return Static(Content(plain(entry)))

    async def load(self, entries: list[Entry]) -> None:
        """Mount a widget for each entry, and wait until all are mounted."""
        await self.widget.mount_all([self._widget(entry) for entry in entries])
        assert isinstance(self.widget, VerticalScroll)
        self.widget.anchor()

    async def apply(self, changes: ViewChanges) -> None:
        """Stream into the widget of the message."""
        for key, entry in changes.changed.items():
            if entry.kind != "prose":
                if entry.ended_at is None:
                    await self.widget.mount(self._widget(entry))
                continue
            if key not in self._streams:
                markdown = Markdown("")
                await self.widget.mount(markdown)
                self._streams[key] = (Markdown.get_stream(markdown), 0)
            stream, length = self._streams[key]
            text = plain(entry)
            if len(text) > length:
                self._streams[key] = (stream, len(text))
                await stream.write(text[length:])


class Log(PeerTranscript):
    """RichLog: text without Markdown, line by line."""

    def __init__(self) -> None:
        self.widget = self._log = RichLog(wrap=True, markup=False, id="transcript")
        self._written: dict[str, int] = {}

    async def load(self, entries: list[Entry]) -> None:
        """Write each."""
        for entry in entries:
            self._log.write(plain(entry))

    async def apply(self, changes: ViewChanges) -> None:
        """Write the lines that are complete."""
        for key, entry in changes.changed.items():
            text, done = plain(entry), self._written.get(key, 0)
            end = text.rfind("\n") + 1 if entry.ended_at is None else len(text)
            if end > done:
                self._written[key] = end
                self._log.write(text[done:end].rstrip("\n"))
            elif "STREAMEND" in text:
                self._log.write(text)


class PeerApp(App[None]):
    """A label, and the transcript under it."""

    CSS = "#transcript { height: 1fr; } Markdown { height: auto; } Static { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "key", priority=True),
        Binding("q", "quit", priority=True),
    ]

    def __init__(self, kind: str, socket: str, session: str) -> None:
        super().__init__()
        self._transcript: PeerTranscript = Markdowns() if kind == "markdown" else Log()
        self._feed = Feed(socket, session, cursor=None, on_change=self._due)
        self._presses = 0
        self._pending = False
        self._busy = False

    def compose(self) -> ComposeResult:
        """The label first: it is shown at once."""
        yield Static("READY", id="label")
        yield self._transcript.widget

    def on_mount(self) -> None:
        """Start to watch the session."""
        self._transcript.widget.can_focus = True
        self._transcript.widget.focus()
        self.run_worker(self._feed.run(), group="feed")

    def _due(self) -> None:
        self._pending = True
        if not self._busy:
            self._busy = True
            self.run_worker(self._drain(), group="drain")

    async def _drain(self) -> None:
        try:
            while self._pending:
                self._pending = False
                update = self._feed.state.take_update()
                if update is None:
                    continue
                if update.view is not None:
                    await self._transcript.load(list(update.view.entries))
                elif update.changes is not None:
                    await self._transcript.apply(update.changes)
        finally:
            self._busy = False

    def action_key(self) -> None:
        """Show that a key was pressed."""
        self._presses += 1
        self.query_one("#label", Static).update(f"<k{self._presses}>", layout=False)


if __name__ == "__main__":
    PeerApp(*sys.argv[1:4]).run()
