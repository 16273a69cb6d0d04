"""Codex's own screen: it talks to a daemon of Codex's, which tells us what it tells the screen.

Codex is started as the user has typed it, before what listens is imported.
"""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from lashtui.ingest.prompt import value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashtui.ingest.launch import Launch
    from lashtui.ingest.own_screens.codex_sessions import Listening
    from lashtui.ingest.own_screens.screen import OwnScreen, Told


def open_screen(start: Launch, environment: Mapping[str, str]) -> OwnScreen | None:
    """Get ready; None if the screen is that of another machine's Codex."""
    if value_of(start.command[start.screen_at :], ("--remote",)) is not None:
        return None
    return CodexScreen(start.command, start.screen_at, environment, start.hint)


class CodexScreen:
    """Codex as the user started it, and what listens beside it."""

    added: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self, command: list[str], place: int, environment: Mapping[str, str], hint: str
    ) -> None:
        """Nothing is looked for before `first`.

        Args:
            command: of the user.
            place: where the words of its screen begin.
            environment: it gets this one.
            hint: what the user can do if nothing tells of it.
        """
        self.command = command
        self._place, self._environment, self._hint = place, environment, hint
        self._is_listening = False

    @cached_property
    def listening(self) -> Listening:
        """What listens, once Codex runs."""
        from lashtui.ingest.own_screens.codex_sessions import Listening

        listening = Listening(self.command, self._place, self._environment, self._hint)
        listening.start()
        self._is_listening = True
        return listening

    @property
    def first(self) -> Told:
        """The session that is there from the beginning."""
        return self.listening.first

    def more(self) -> list[Told]:
        """Sessions that the user went on to since the last call."""
        return self.listening.sessions.take_new()

    def typed(self, data: bytes) -> None:
        """What the user types."""
        self.listening.sessions.typed(data)

    def close(self) -> None:
        """The screen is gone."""
        if self._is_listening:
            self.listening.close()
