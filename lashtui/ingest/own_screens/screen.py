"""How an agent that draws its own screen is read, and which agents can be.

Nothing of what is drawn is read: the agent gets an option that makes it tell its events as well.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from lashtui.ingest.launch import environment_in
from lashtui.producers import Producer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lashtui.ingest.launch import Launch
    from lashtui.producers import Produced


class Told(Producer, Protocol):
    """One session of the agent. What its screen draws is fed to it, and is nothing to it."""

    @property
    def ids(self) -> Collection[str]:
        """What the agent calls the sessions that are told here, as far as it is known."""
        return ()

    def feed(self, data: bytes) -> list[Produced]:
        """Nothing."""
        return []

    def poll(self) -> list[Produced]:
        """What the agent has told of it since the last call; never waits."""


class OwnScreen(Protocol):
    """An agent that will run with its own screen."""

    command: list[str]
    """With the options that make it tell its events."""
    added: tuple[str, ...]
    """These options."""
    environment: Mapping[str, str]
    """Variables that it needs besides, which the user has not set."""

    @property
    def first(self) -> Told:
        """Its first session; asked for once it runs."""

    def more(self) -> list[Told]:
        """Further sessions that have begun in it since the last call."""

    def close(self) -> None:
        """It has ended: leave nothing behind. What it told until now was read before."""


_SCREENS = {"claude": "claude", "codex": "codex", "opencode": "opencode", "qwen": "qwen"}
"""Module of each agent; it has `open_screen`."""


def open_screen(start: Launch, environment: Mapping[str, str]) -> OwnScreen | None:
    """Prepare to read what the agent tells; None: it can't be made to, or the user has their own
    way with the option.

    Raises:
        OSError: what is needed for that can't be had.
    """
    if not start.screen_at or start.agent not in _SCREENS:
        return None
    module = import_module(f"lashtui.ingest.own_screens.{_SCREENS[start.agent]}")
    screen: OwnScreen | None = module.open_screen(start, environment_in(start.command, environment))
    return screen
