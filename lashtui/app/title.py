"""The terminal's title: the session in front, and how many sessions need a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lashtui.app.notices.notice import MAX_TEXT
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import Standing, counter_words
from lashtui.widgets.tabs import Tab

PUSH_TITLE = "\x1b[22;2t"
POP_TITLE = "\x1b[23;2t"
"""Terminals that can, keep their own title while the app is up."""


class TerminalTitle:
    """What the terminal's title says while the app is up.

    Args:
        write: writes a control sequence to the terminal.
        wanted: whether the app is to set it at all.
    """

    def __init__(self, write: Callable[[str], None], *, wanted: bool) -> None:
        self._write, self._wanted = write, wanted
        self._shown = ""

    def show(self, front: Tab | None, counts: Mapping[Standing, int]) -> None:
        """The session in front (None: the fleet), and how many need a person."""
        needing = counts.get("needs you", 0)
        if front is None:
            title = title_of_fleet(needing)
        else:
            title = title_of(front.name, front.state_word, needing)
        if self._wanted and title != self._shown:
            self._write(title if self._shown else PUSH_TITLE + title)
            self._shown = title

    def restore(self) -> None:
        """The terminal's own again."""
        if self._shown:
            self._shown = ""
            self._write(POP_TITLE)


def title_of(session_id: str, state: tuple[str, str] | None, needing: int = 0) -> str:
    """The sequence that sets the terminal's title to the session and its state, by mark and word,
    after how many sessions need a person."""
    mark = f"{state[0]} " if state is not None else ""
    words = f" · {state[1]}" if state is not None else ""
    first = f"‼{needing:,} · " if needing else ""
    return _title(f"{first}{mark}{safe_line(session_id, 60)}{words} · lashtui")


def title_of_fleet(needing: int) -> str:
    """The sequence for when no session is in front."""
    words = counter_words({"needs you": needing})
    return _title(f"lashtui · {words}" if words else "lashtui")


def _title(text: str) -> str:
    return f"\x1b]2;{safe_line(text, MAX_TEXT)}\x1b\\"
