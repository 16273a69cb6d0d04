"""The status line: the connection, who needs you, whether you follow the session, and what it has
used."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.timer import Timer

from lashd.view import ReadView
from lashtui.feed.connection import ConnectionState, ConnectionStatus
from lashtui.feed.state import FeedState
from lashtui.text.format import context, price, tokens, usage_words
from lashtui.text.retry import retry_words
from lashtui.text.standing import Standing
from lashtui.theme import FAILED, FOCUS, NEEDS_YOU, TROUBLE
from lashtui.widgets.fleet_counter import CounterLine, counter_content, next_key, short_counter
from lashtui.widgets.keys import key_of
from lashtui.widgets.line import TwoEndedLine

CONNECTION_MARKS = {
    ConnectionState.CONNECTING: "○",
    ConnectionState.WAITING: "○",
    ConnectionState.CATCHING_UP: "↻",
    ConnectionState.LIVE: "●",
    ConnectionState.RECONNECTING: "↻",
    ConnectionState.DISCONNECTED: "✗",
}
CONNECTION_STYLES = {
    ConnectionState.RECONNECTING: TROUBLE,
    ConnectionState.DISCONNECTED: FAILED,
}

ENDED = Content.styled("○ ended", "$foreground 70%")
"""Instead of the connection where nothing more is to come over it."""
NOTE_FOR = 5.0
"""Seconds that a note is shown: reading a line takes two."""


class StatusLine(TwoEndedLine, CounterLine):
    """Connection, counter of all sessions and follow state on the left; usage on the right.

    For a moment a note about what was just done replaces everything but the connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self._connection = Content("")
        self._after: list[Content] = []
        self._usage: tuple[Content, ...] = (Content(""),)
        self._counters: tuple[Content, ...] = (Content(""),)
        self._note = ""
        self._timer: Timer | None = None

    def show_note(self, text: str, seconds: float = NOTE_FOR) -> None:
        """Say what was done; agent's text in it must be neutralised already."""
        self._note = text
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self.clear_note)
        self._show()

    def clear_note(self) -> None:
        """Show the state again instead of the note."""
        if self._note:
            self._note = ""
            self._show()

    def _show(self) -> None:
        if self._note:
            note = Content.assemble(self._connection, "   ", (self._note, "bold"))
            self.show_ends(note, Content(""))
            return
        lefts = tuple(
            Content("   ").join([self._connection, *filter(len, [counter]), *self._after])
            for counter in self._counters
        )
        self.show_ends(lefts, *self._usage)

    def show_counter(self, counts: Mapping[Standing, int], *, others: bool = False) -> None:
        """So many sessions stand where, this one among them."""
        words = counter_content(counts)
        hinted = counter_content(counts, next_key(self)) if others else words
        self._counters = (hinted, words, short_counter(counts))
        self._show()

    def show_state(
        self,
        state: FeedState,
        *,
        following: bool,
        unread: int,
        now_ms: int = 0,
        awaits: bool = True,
    ) -> None:
        """Show the connection at `now_ms` (Unix milliseconds), and where the reader is.

        `awaits`: say what the session waits for; False where the live end in view says it.
        """
        view = state.view
        connection, new = state.connection, state.missed.new_since
        self._connection = connection_content(connection)
        if view is not None and view.state == "ended" and connection.text() == "connected":
            self._connection = ENDED
        parts: list[Content] = []
        if connection.retry_at is not None:
            key = key_of(self, "retry", "r")
            parts.append(Content.assemble((key, "bold"), (" retry now", "$foreground 70%")))
        counted = bool(self._counters[0].plain)  # that a person is needed is said then
        if awaits and view is not None and view.state == "waiting" and not counted:
            parts.append(Content.styled("‼ waiting for you", NEEDS_YOU))
        retry = retry_words(view, now_ms) if awaits and view is not None else ""
        if retry and connection.is_live:
            parts.append(Content.styled(f"↻ {retry}", TROUBLE))
        if view is not None and not following:
            below = f"{unread:,} new · " if unread else "paused · "
            key = key_of(self, "follow", "End")
            parts.append(Content.assemble((f"↓ {below}", FOCUS), (key, "bold"), " to follow"))
        if new is not None and new.entries and following:
            key = key_of(self, "next_match", "n")
            away = f" {new.entries:,} new while away"
            parts.append(Content.assemble((key, "bold"), (away, "$foreground 70%")))
        if state.notice is not None:
            parts.append(Content.styled(state.notice, TROUBLE))
        self._after = parts
        self._usage = tuple(Content.styled(words, "$foreground 65%") for words in _usage(view))
        self._show()


def connection_content(connection: ConnectionStatus, *, brief: bool = False) -> Content:
    """The connection by mark and word; `brief`: without when the next attempt comes."""
    state = connection.state
    mark, style = CONNECTION_MARKS[state], CONNECTION_STYLES.get(state, "$foreground 70%")
    if connection.silent_since is not None:
        mark = CONNECTION_MARKS[ConnectionState.CONNECTING]
        style = CONNECTION_STYLES[ConnectionState.RECONNECTING]
    return Content.styled(f"{mark} {connection.text(brief=brief)}", style)


def _usage(view: ReadView | None) -> tuple[str, ...]:
    """Tokens, how full the context is, and the cost; where cells are few, the last two alone."""
    if view is None:
        return ("",)
    total, full = view.usage.get("total", {}), context(view.usage)
    spent = price(total)
    return (
        usage_words(view.usage),
        usage_words(view.usage, with_cached=False),
        "  ".join(filter(None, (full, spent))) or tokens(total),
        full or spent or tokens(total),
    )
