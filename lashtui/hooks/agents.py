"""The agents whose hooks can be used, and which of them are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.paths import state_dir
from lashtui.homes import home_of
from lashtui.hooks.spool import LINE

if TYPE_CHECKING:
    from lashd.events import JsonValue

TIMEOUT: Final = 5
"""Seconds after which the agent may give up on a hook; it takes milliseconds."""


class HookedAgent(NamedTuple):
    """An agent with hooks in a settings file: lists of groups by the event's name."""

    name: str
    title: str
    settings: Callable[[Mapping[str, str]], str]
    """The user's settings file, by the environment."""
    events: Mapping[str, Callable[[str], JsonValue]]
    """What is added for each event, given the path of the program to run."""
    adds: str
    """What that gives, for who is asked."""
    ends: frozenset[str] = frozenset()
    """Events after which the agent has left the session."""
    uses_shell: bool = False
    """It has a shell run the program."""
    since: tuple[int, ...] = ()
    """Its first version that knows all these events; an older one shows an error at its start."""

    def place(self, environment: Mapping[str, str]) -> str:
        """Where readers of its hooks have their directories."""
        return os.path.join(folder(environment), f"{self.name}.d")

    def program(self, environment: Mapping[str, str]) -> str:
        """The program that it runs."""
        return os.path.join(folder(environment), f"{self.name}-hook")


def folder(environment: Mapping[str, str]) -> str:
    """Where all that belongs to hooks is kept."""
    return os.path.join(state_dir(environ=environment), "hooks")


def claude_settings(environment: Mapping[str, str]) -> str:
    """Claude Code's settings for all of a user's projects."""
    return os.path.join(home_of("claude", environment), "settings.json")


def _shown(program: str) -> JsonValue:
    return {"hooks": [_command(program, LINE)]}


def _beside(program: str) -> JsonValue:
    """A hook that Claude Code doesn't wait for."""
    return {"hooks": [{**_command(program, "all"), "async": True}]}


def _command(program: str, argument: str) -> dict[str, JsonValue]:
    # With `args` no shell is started. Versions that don't know it run the program without them.
    return {"type": "command", "command": program, "args": [argument], "timeout": TIMEOUT}


CLAUDE: Final = HookedAgent(
    "claude",
    "Claude Code",
    claude_settings,
    {
        "MessageDisplay": _shown,
        "PermissionRequest": _beside,
        "Notification": _beside,
        "Stop": _beside,
        "SubagentStop": _beside,
    },
    "its answers line by line, and its questions at once",
    since=(2, 1, 152),
)

CLAUDE_RUN: Final = CLAUDE._replace(events={**CLAUDE.events, "SessionStart": _beside})
"""For one run of Claude Code: it is also told at once which session that is."""


def gemini_settings(environment: Mapping[str, str]) -> str:
    """gemini-cli's settings for all of a user's projects."""
    return os.path.join(home_of("gemini", environment), "settings.json")


def _waited_for(program: str) -> JsonValue:
    """A hook that gemini-cli waits for: so only for what comes rarely, and never for its model's
    pieces. It shows the name while it does, and counts in milliseconds.
    """
    hook: JsonValue = {
        "type": "command",
        "name": "lashtui",
        "command": program,
        "timeout": TIMEOUT * 1000,
    }
    return {"hooks": [hook]}


GEMINI: Final = HookedAgent(
    "gemini",
    "gemini-cli",
    gemini_settings,
    {"Notification": _waited_for, "AfterAgent": _waited_for, "SessionEnd": _waited_for},
    "its questions at once, and when it leaves a session",
    ends=frozenset({"SessionEnd"}),
    uses_shell=True,
)

AGENTS: Final = {each.name: each for each in (CLAUDE, GEMINI)}
"""By name, as the command takes them."""
