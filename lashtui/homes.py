"""Where agents keep their things, by their environment: the one place that knows it. Pure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOMES: Final = {
    "claude": ("CLAUDE_CONFIG_DIR", ".claude"),
    "codex": ("CODEX_HOME", ".codex"),
    "copilot": ("COPILOT_HOME", ".copilot"),
    "gemini": ("", ".gemini"),
    "kimi": ("KIMI_CODE_HOME", ".kimi-code"),
    "pi": ("PI_CODING_AGENT_DIR", ".pi/agent"),
    "qwen": ("", ".qwen"),
}
"""Of each agent that keeps files of its sessions: the variable that names its directory, and that
directory below the user's own."""
_SESSIONS: Final = {
    "claude": "projects",
    "codex": "sessions",
    "copilot": "session-state",
    "gemini": "tmp",
    "kimi": "sessions",
    "pi": "sessions",
    "qwen": "projects",
}
_PIS_SESSIONS: Final = "PI_CODING_AGENT_SESSION_DIR"


def user_home(environment: Mapping[str, str]) -> str:
    """The user's directory."""
    return environment.get("HOME") or os.path.expanduser("~")


def home_of(agent: str, environment: Mapping[str, str]) -> str:
    """The directory of one of these agents."""
    variable, folder = _HOMES[agent]
    return environment.get(variable) or os.path.join(user_home(environment), folder)


def sessions_of(agent: str, environment: Mapping[str, str]) -> str:
    """Where it keeps the files of its sessions; empty for an agent that keeps none."""
    if agent not in _SESSIONS:
        return ""
    given = environment.get(_PIS_SESSIONS) if agent == "pi" else None
    return given or os.path.join(home_of(agent, environment), _SESSIONS[agent])


def all_sessions(environment: Mapping[str, str]) -> list[str]:
    """Where all agents keep theirs, if they are used."""
    return [sessions_of(agent, environment) for agent in _SESSIONS]
