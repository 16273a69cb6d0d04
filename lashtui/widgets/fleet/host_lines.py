"""The hosts that are not connected, a line each above the table: since when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from textual.content import Content
from textual.widget import Widget

from lashtui.feed.connection import ConnectionState, ConnectionStatus
from lashtui.text.duration import duration_long
from lashtui.text.format import plural
from lashtui.text.sanitize import safe_line

MAX_LINES: Final = 3
"""Of hosts: the sessions need the room more. How many more there are is said in one line."""
MAX_NAME: Final = 32


class HostLine(msgspec.Struct, frozen=True):
    """A host that isn't connected, in words."""

    name: str
    state: str
    why: str = ""


def host_line(name: str, connection: ConnectionStatus, problem: str) -> HostLine | None:
    """What is to be known of it; None while it is connected.

    `asleep`: the connection stands, and nothing answers, as when its machine was suspended.
    """
    shown = safe_line(name, MAX_NAME)
    if connection.silent_since is not None:
        silent = duration_long(connection.stale_for or 0)
        return HostLine(shown, f"asleep? no answer for {silent}")
    if connection.state is ConnectionState.LIVE:
        return None
    if connection.state is ConnectionState.CATCHING_UP or (
        connection.state is ConnectionState.CONNECTING and not problem
    ):
        return HostLine(shown, connection.state.value)
    age = connection.stale_for
    since = f"unreachable for {duration_long(age)}" if age is not None else "unreachable"
    again = connection.retry_in
    retry = f" · retrying in {again} s" if again else " · retrying"
    return HostLine(shown, since + retry, safe_line(problem, 200))


class HostLines(Widget):
    """The troubled ones; without any it takes no room."""

    DEFAULT_CSS = """
    HostLines { height: auto; max-height: 4; display: none; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[HostLine, ...] = ()

    @property
    def lines(self) -> tuple[HostLine, ...]:
        """What is shown."""
        return self._lines

    def show_hosts(self, lines: Sequence[HostLine]) -> None:
        """Show these."""
        found = tuple(lines)
        if found == self._lines:
            return
        resized = min(len(found), MAX_LINES + 1) != min(len(self._lines), MAX_LINES + 1)
        self._lines = found
        self.display = bool(found)
        self.refresh(layout=resized)

    def render(self) -> Content:
        """A line each, the first ones only."""
        width = max(20, self.content_size.width)
        shown = [_content(line).truncate(width, ellipsis=True) for line in self._lines[:MAX_LINES]]
        more = len(self._lines) - MAX_LINES
        if more > 0:
            words = f"  and {plural(more, 'more host')}: lashtui ls --all-hosts lists them"
            shown.append(Content.styled(words, "$foreground 65%").truncate(width, ellipsis=True))
        return Content("\n").join(shown)


def _content(line: HostLine) -> Content:
    parts: list[str | tuple[str, str]] = ["  ", (line.name, "bold"), "  ", (line.state, "$warning")]
    if line.why:
        parts.append((f" · {line.why}", "$foreground 65%"))
    return Content.assemble(*parts)
