"""Where agents keep their things."""

from __future__ import annotations

from lashtui.homes import all_sessions, home_of, sessions_of


def test_where_sessions_are() -> None:
    """The usual places; the agents' own variables move them."""
    assert all_sessions({"HOME": "/h"}) == [
        "/h/.claude/projects",
        "/h/.codex/sessions",
        "/h/.copilot/session-state",
        "/h/.gemini/tmp",
        "/h/.kimi-code/sessions",
        "/h/.pi/agent/sessions",
        "/h/.qwen/projects",
    ]
    moved = {
        "HOME": "/h",
        "CLAUDE_CONFIG_DIR": "/c",
        "CODEX_HOME": "/x",
        "PI_CODING_AGENT_SESSION_DIR": "/p",
    }
    assert all_sessions(moved)[:2] == ["/c/projects", "/x/sessions"]
    assert (sessions_of("pi", moved), home_of("pi", moved)) == ("/p", "/h/.pi/agent")
    assert sessions_of("aider", moved) == ""
