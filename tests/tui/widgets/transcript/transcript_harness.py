"""Transcripts for tests: a view that is streamed into, and the widget that shows it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from lashd.view import Entry, EntryKind, ReadView, ViewChanges
from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.transcript import Transcript
from lashtui.widgets.transcript.viewport import HeldPlace
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp

NOW = 1_790_000_000_000
WORDS = ["the", "agent", "edits", "`the parser`", "so that", "**each token**", "keeps its", "range"]


class StreamedView:
    """A view, and a widget that is given what happens to it."""

    def __init__(self, entries: Sequence[Entry] = (), *, whole: bool = False) -> None:
        self.view = ReadView("s", entries=list(entries))
        self.now_ms = NOW
        self.widget = Transcript(whole=whole, now_ms=lambda: self.now_ms)
        self.count = len(entries)

    def add(self, kind: EntryKind, text: str | None = None, **fields: Any) -> Entry:
        """Show a new entry."""
        self.count += 1
        fields.setdefault("started_at", NOW)
        entry = Entry(kind, f"e{self.count}", self.count, text=text, **fields)
        self.view.entries.append(entry)
        self.update(entry)
        return entry

    def write(self, entry: Entry, text: str) -> None:
        """More text for an entry."""
        entry.text = (entry.text or "") + text
        self.update(entry)

    def update(self, *entries: Entry) -> None:
        """Show that these entries have changed."""
        self.widget.apply(ViewChanges(changed={entry.id: entry for entry in entries}))

    def drop(self, count: int) -> None:
        """Drop the oldest entries."""
        del self.view.entries[:count]
        self.widget.apply(ViewChanges(dropped=count))

    def remove(self, entry: Entry) -> None:
        """Withdraw an entry."""
        self.view.entries.remove(entry)
        self.widget.apply(ViewChanges(removed=[entry.id]))

    async def hold(self, pilot: Pilot[None], entry: Entry, line: int) -> str:
        """Hold the view at a line of an entry, from 0; returns what is at the top then."""
        self.widget.restore_place(HeldPlace(entry.id, 0, line))
        await pilot.pause()
        return lines(pilot)[0]


def prose(number: int, *, words: int = 40) -> Entry:
    """A finished message."""
    text = f"message {number}: " + " ".join(random.Random(number).choices(WORDS, k=words))
    return Entry("prose", f"p{number}", number, text=text, started_at=NOW, ended_at=NOW)


@asynccontextmanager
async def shown(
    streamed: StreamedView, size: tuple[int, int] = (60, 20), dividers: Sequence[Divider] = ()
) -> AsyncIterator[Pilot[None]]:
    """The view on a screen."""
    async with HostApp(streamed.widget).run_test(size=size) as pilot:
        streamed.widget.show_view(streamed.view, dividers=dividers)
        await pilot.pause()
        yield pilot


def lines(pilot: Pilot[None]) -> list[str]:
    """What is on the screen, without the column of the scrollbar."""
    width = pilot.app.size.width - 1
    return [line[:width].rstrip() for line in screen_text(pilot.app).split("\n")]
