"""The app's parts without a terminal: CPU time in one process, the peers in the same run.

There is less noise than with a pseudo-terminal; only writing escape sequences is left out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Markdown

from benchmarks.corpus import deltas, entries, view
from benchmarks.peers import Log, Markdowns, PeerTranscript
from lashd.view import Entry, ViewChanges
from lashtui.render.markdown_doc import MarkdownDoc
from lashtui.screens.paint_screen import PaintScreen
from lashtui.theme import DARK
from lashtui.widgets.transcript.transcript import Transcript

SIZE = (120, 40)
FRAMES = 200
PER_FRAME = 2
"""Deltas between two frames: 100 a second are 1.7."""


class TranscriptScreen(PaintScreen):
    """The app's transcript alone, on a screen that paints as the app's do."""

    def compose(self) -> ComposeResult:
        """The transcript."""
        yield Transcript()


class TranscriptApp(App[None]):
    """The app's transcript alone."""

    def get_default_screen(self) -> Screen[None]:
        """The one with the transcript."""
        return TranscriptScreen()

    def on_mount(self) -> None:
        """With the app's colours."""
        self.register_theme(DARK)
        self.theme = DARK.name


class PeerApp(App[None]):
    """A peer's transcript alone."""

    CSS = "#transcript { height: 1fr; } Static { height: auto; }"

    def __init__(self, transcript: PeerTranscript) -> None:
        super().__init__()
        self.transcript = transcript

    def compose(self) -> ComposeResult:
        """The transcript's widget."""
        yield self.transcript.widget


@dataclass
class Measured:
    """One way to show `count` entries."""

    name: str
    count: int
    load: float
    """Milliseconds of CPU to hand over all entries, and to paint them."""
    painted: float
    per_thousand: float
    """Milliseconds of CPU for 1,000 deltas, PER_FRAME to a frame."""


async def measure_app(count: int) -> Measured:
    """The app's transcript."""
    app = TranscriptApp()
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.screen.query_one(Transcript)
        shown = view(count)
        begun = time.process_time()
        transcript.show_view(shown)
        load = time.process_time() - begun
        await pilot.pause()
        painted = time.process_time() - begun
        streamed: dict[str, Entry] = {}

        def apply(step: list[tuple[str, str]]) -> None:
            changes = ViewChanges()
            for key, text in step:
                changes.changed[key] = _grown(streamed, key, text, len(shown.entries))
            transcript.apply(changes)

        cost = await _stream(apply, pilot.pause)
    return Measured("lashtui", count, load * 1000, painted * 1000, cost)


async def measure_peer(kind: str, count: int) -> Measured:
    """One of Textual's widgets: `markdown` or `richlog`."""
    transcript: PeerTranscript = Markdowns() if kind == "markdown" else Log()
    app = PeerApp(transcript)
    async with app.run_test(size=SIZE) as pilot:
        begun = time.process_time()
        await transcript.load(entries(count))
        load = time.process_time() - begun
        await pilot.pause()
        painted = time.process_time() - begun
        streamed: dict[str, Entry] = {}
        pending: list[ViewChanges] = []

        def apply(step: list[tuple[str, str]]) -> None:
            changes = ViewChanges()
            for key, text in step:
                changes.changed[key] = _grown(streamed, key, text, count)
            pending.append(changes)

        async def paint() -> None:
            while pending:
                await transcript.apply(pending.pop(0))
            await pilot.pause()

        frames = FRAMES if kind == "richlog" or count <= 100 else FRAMES // 10
        cost = await _stream(apply, paint, frames)
    return Measured(kind, count, load * 1000, painted * 1000, cost)


def _grown(streamed: dict[str, Entry], key: str, text: str, position: int) -> Entry:
    """The entry `key` with more text; a new one ends all others."""
    entry = streamed.get(key)
    if entry is None:
        for other in streamed.values():
            other.ended_at = other.ended_at or 2
        entry = streamed[key] = Entry("prose", key, position + len(streamed) + 1, 1, text="")
    entry.text = (entry.text or "") + text
    return entry


async def _stream(
    apply: Callable[[list[tuple[str, str]]], None],
    paint: Callable[[], object],
    frames: int = FRAMES,
) -> float:
    """Milliseconds of CPU for 1,000 deltas."""
    source = list(deltas(frames * PER_FRAME))
    begun = time.process_time()
    for frame in range(frames):
        apply(source[frame * PER_FRAME : (frame + 1) * PER_FRAME])
        waiting = paint()
        assert asyncio.iscoroutine(waiting)
        await waiting
    return (time.process_time() - begun) * 1e6 / len(source)


# -- one long block -----------------------------------------------------------------------

LONG = 800
"""Lines of the open block."""


def long_block(kind: str, lines: int = LONG) -> str:
    """An open fence, list or table."""
    if kind == "fence":
        rows = (f"    value_{n} = compute(value_{n - 1}, {n})" for n in range(lines))
        return "```python\n" + "\n".join(rows) + "\n"
    if kind == "list":
        return "\n".join(f"- item {n} with a few words of **text** in it" for n in range(lines))
    head = "| name | value | what it is |\n|---|---|---|\n"
    return head + "\n".join(f"| row {n} | {n * n} | a few words |" for n in range(lines))


def open_block(kind: str, times: int = 60) -> float:
    """Milliseconds that one more delta of 5 characters costs at the end of it, the median."""
    doc, text = MarkdownDoc(100), long_block(kind)
    doc.feed(text, final=False)
    costs = []
    for n in range(times):
        text += " word" if n % 12 else ("\n- more" if kind == "list" else "\n| a | b |")
        begun = time.perf_counter()
        doc.feed(text, final=False)
        costs.append((time.perf_counter() - begun) * 1000)
    return median(costs)


async def open_block_of_textual(kind: str, lines: int, times: int = 3) -> float:
    """The same with Textual's `Markdown.append`, for a block of `lines` lines."""

    class One(App[None]):
        def compose(self) -> ComposeResult:
            yield Markdown(long_block(kind, lines))

    app = One()
    costs = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for _ in range(times):
            begun = time.process_time()
            await app.query_one(Markdown).append(" word")
            await pilot.pause()
            costs.append((time.process_time() - begun) * 1000)
    return median(costs)


async def lines_moved(frames: int = 100) -> int:
    """Lines by which the held view moved while text streamed below: the sum over all frames."""
    app = TranscriptApp()
    moved = 0
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.screen.query_one(Transcript)
        shown = view(2000)
        transcript.show_view(shown)
        await pilot.pause()
        for _ in range(3):
            transcript.action_page_up()
            await pilot.pause()
        top = transcript.render_line(0).text
        streamed: dict[str, Entry] = {}
        source = list(deltas(frames * 5))
        for frame in range(frames):
            changes = ViewChanges()
            for key, text in source[frame * 5 : frame * 5 + 5]:
                changes.changed[key] = _grown(streamed, key, text, 2000)
            transcript.apply(changes)
            await pilot.pause()
            moved += transcript.render_line(0).text != top
    return moved
