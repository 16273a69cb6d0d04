"""The command palette: every action that the screen under it has, sessions by name, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, cast

import anyio
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from lashd.client.aio import Client
from lashd.errors import LashdError
from lashtui.reading.actions import READING_ACTIONS
from lashtui.screens.paint_screen import PaintScreen
from lashtui.screens.session import SessionScreen
from lashtui.text.sanitize import safe_line
from lashtui.widgets.keys import useful_keys, written

ASK_FOR = 1.0
"""Seconds that the palette waits for the daemon's list; without an answer it lists no sessions."""
MOTIONS = (
    "scroll_",
    "page_",
    "page(",
    "move(",
    "cursor_",
    "delete_",
    "tab(",
    "command_palette",
    "app.focus",
    "screen.copy_text",
    "panel.",
    "by_",
    "to_top",
    "set_fold(",
)
"""Prefixes of actions that are movements, not commands that one would look up."""
STEPS = ("first", "last")
"""More of them, by their whole names."""


class SessionApp(Protocol):
    """What the palette needs of the app."""

    socket_path: str

    @property
    def open_sessions(self) -> list[str]: ...
    async def open_session(self, session_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the palette. `name` and `help` are neutralised."""

    name: str
    help: str
    run: Callable[[], Any]
    rare: bool = False
    """Found by typing only."""


class LashCommands(Provider):
    """Every action of the screen and the app, sessions and themes."""

    async def startup(self) -> None:
        """Ask which sessions there are, before the first search."""
        self._sessions: list[str] = []
        with anyio.move_on_after(ASK_FOR):
            try:
                async with Client(self._sessions_app.socket_path) as client:
                    self._sessions = [str(each["session_id"]) for each in await client.list()]
            except LashdError:
                pass

    @property
    def _sessions_app(self) -> SessionApp:
        return cast("SessionApp", self.app)

    async def discover(self) -> Hits:
        """What is listed before anything is typed."""
        for command in self.commands():
            if not command.rare:
                name = Content(command.name)
                yield DiscoveryHit(name, command.run, command.name, escape(command.help))

    async def search(self, query: str) -> Hits:
        """What matches `query`."""
        matcher = self.matcher(query)
        for command in self.commands():
            # The matcher's own highlighting reads markup, and a session's name may look like it.
            score, found = matcher.fuzzy_search.match(query, command.name)
            if score > 0:
                name = Content(command.name)
                for at in found:
                    name = name.stylize(matcher.match_style, at, at + 1)
                yield Hit(score, name, command.run, command.name, escape(command.help))

    def commands(self) -> Iterator[Command]:
        """All of them, each action once. In the fleet sessions come before the app's actions."""
        screens, apps = self._actions()
        yield from screens
        if isinstance(self.screen, SessionScreen):
            yield from apps
        for number, name in enumerate(self._sessions_app.open_sessions, 1):
            shown = safe_line(name, 60)
            go = partial(self.app.run_action, f"tab({number})")
            yield Command(f"Go to tab {number}: {shown}", "It is open already", go)
        for name in self._sessions:
            if name not in self._sessions_app.open_sessions:
                watch = partial(self._sessions_app.open_session, name)
                yield Command(
                    f"Open session {safe_line(name, 60)}", "Watch it in its own tab", watch
                )
        if not isinstance(self.screen, SessionScreen):
            yield from apps
        for theme in sorted(self.app.available_themes):
            choose = partial(setattr, self.app, "theme", theme)
            yield Command(
                f"Theme: {theme}",
                "This run only; set theme in config.toml to keep it",
                choose,
                rare=True,
            )
        yield Command("Choose a theme", "See each as you go", self.app.search_themes)

    def _actions(self) -> tuple[list[Command], list[Command]]:
        """The screen's actions (to follow, the reader's in their order, others), and the app's."""
        order = {each.action: number for number, each in enumerate(READING_ACTIONS)}
        found: dict[str, tuple[int, Command]] = {}
        for node, binding, enabled, tooltip in useful_keys(self.screen):
            action = binding.action
            rank = order.get(action, len(order) + (node is self.app))
            reading = READING_ACTIONS[rank] if action in order else None
            if action == "follow":
                rank = -1
            is_motion = action in STEPS or action.startswith(MOTIONS)
            if not enabled or action in found or (is_motion and not reading):
                continue
            if isinstance(node, PaintScreen) and not node.has_use(action):
                continue
            name = reading.name if reading else tooltip or binding.description
            if name:
                about = written(self.app.get_key_display(binding))
                if reading and reading.help != name:
                    about = f"{about}   {reading.help}"
                run = partial(self.app.run_action, action, default_namespace=node)
                found[action] = (rank, Command(name, about, run))
        if isinstance(self.screen, SessionScreen):
            for each in READING_ACTIONS:
                if each.action not in found and self.screen.has_use(each.action):
                    run = partial(self.app.run_action, each.action, default_namespace=self.screen)
                    found[each.action] = (order[each.action], Command(each.name, each.help, run))
        ranked = sorted(found.values(), key=lambda pair: pair[0])
        last = len(order)
        return (
            [command for rank, command in ranked if rank <= last],
            [command for rank, command in ranked if rank > last],
        )
