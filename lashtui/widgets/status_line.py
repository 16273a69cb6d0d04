"""The status line: how true what you see is, whether you follow it, and what it has cost."""

from __future__ import annotations

from textual.content import Content

from lashd.session.view import ReadView
from lashtui.feed_state import FeedState, Link
from lashtui.retry import retry_words
from lashtui.widgets.line import TwoEndedLine
from lashtui.words import tokens

LINK_MARKS = {
    Link.CONNECTING: "○",
    Link.WAITING: "○",
    Link.CATCHING_UP: "↻",
    Link.LIVE: "●",
    Link.RECONNECTING: "↻",
    Link.DISCONNECTED: "✗",
}
LINK_STYLES = {
    Link.LIVE: "$accent",
    Link.RECONNECTING: "bold $warning",
    Link.DISCONNECTED: "bold $error",
}


class StatusLine(TwoEndedLine):
    """Connection, follow state and a waiting agent at the left; usage at the right."""

    def show_state(
        self,
        state: FeedState,
        *,
        following: bool,
        unseen: int,
        now_ms: int = 0,
    ) -> None:
        """Show the connection at `now_ms` (Unix milliseconds), and where the reader is."""
        view = state.view
        link = f"{LINK_MARKS[state.link]} {state.link_text()}"
        parts = [Content.styled(link, LINK_STYLES.get(state.link, "$foreground 70%"))]
        if state.retry_at is not None:
            parts.append(Content.assemble(("r", "bold"), (" retry now", "$foreground 70%")))
        if view is not None and view.state == "waiting":
            parts.append(Content.styled("‼ waiting for you", "bold $warning"))
        retry = retry_words(view, now_ms) if view is not None and state.link is Link.LIVE else ""
        if retry:
            parts.append(Content.styled(f"↻ {retry}", "$warning"))
        if view is not None and not following:
            new = f"{unseen:,} new · " if unseen else "held · "
            parts.append(Content.assemble((f"↓ {new}", "$accent"), ("End", "bold"), " live"))
        if state.new_since is not None and state.new_since.entries and following:
            new = f" {state.new_since.entries:,} new while away"
            parts.append(Content.assemble(("n", "bold"), (new, "$foreground 70%")))
        if state.notice is not None:
            parts.append(Content.styled(state.notice, "$warning"))
        self.show_ends(Content("   ").join(parts), Content.styled(_usage(view), "$foreground 55%"))


def _usage(view: ReadView | None) -> str:
    return tokens(view.usage.get("total", {})) if view is not None else ""
