"""Where each agent's hooks go, and what they run."""

from __future__ import annotations

import pytest

from lashtui.hooks.agents import AGENTS, HookedAgent

HOME = {"HOME": "/home/me"}


@pytest.mark.parametrize("agent", AGENTS.values(), ids=list(AGENTS))
def test_all_hooks_of_an_agent_run_its_own_program(agent: HookedAgent) -> None:
    """That is how they are known again among those of the user."""
    program = agent.program(HOME)

    assert program == f"/home/me/.local/state/lashtui/hooks/{agent.name}-hook"
    assert all(program in repr(group(program)) for group in agent.events.values())
    assert agent.settings(HOME).startswith("/home/me/")


def test_claude_codes_own_directory_counts() -> None:
    """Some keep several of them."""
    settings = AGENTS["claude"].settings({**HOME, "CLAUDE_CONFIG_DIR": "/etc/mine"})

    assert settings == "/etc/mine/settings.json"
    assert AGENTS["claude"].settings(HOME) == "/home/me/.claude/settings.json"
