"""What is said of each agent that runs."""

from __future__ import annotations

import pytest

from lashtui.ingest.agents_here import Here
from lashtui.ingest.sight import Hooks, sentence


def here(agent: str, directory: str = "/home/me/x") -> Here:
    """An agent."""
    return Here(agent, 4711, directory, 0.0, frozenset({4711}), ())


@pytest.mark.parametrize(
    ("agent", "is_live", "line"),
    [
        ("codex", True, "codex 4711 in ~/x: live: text as it is written, questions"),
        (
            "gemini",
            False,
            (
                "gemini 4711 in ~/x: its text, message by message; can't see questions: it doesn't"
                " write them down"
            ),
        ),
        ("kimi", False, "kimi 4711 in ~/x: its text, message by message, and its questions"),
        (
            "claude",
            None,
            (
                "claude 4711 in ~/x: nothing is said in it yet; it is followed from its first"
                " prompt on"
            ),
        ),
        (
            "opencode",
            None,
            (
                "opencode 4711 in ~/x: not seen: it has no server that can be asked; `lashtui run"
                " -- opencode` gives it one"
            ),
        ),
        (
            "aider",
            None,
            "aider 4711 in ~/x: can't be read; `lashtui run -- aider` shows what it prints",
        ),
    ],
)
def test_each_agent_has_a_line(agent: str, is_live: bool | None, line: str) -> None:
    """What is seen, what is not, and what would help."""
    assert sentence(here(agent), is_live=is_live, home="/home/me") == line


def test_other_reasons() -> None:
    """Its files are elsewhere; somebody else publishes it; a sign tells its questions."""
    agent = here("claude", "/srv/\x1b[31mx")
    assert sentence(agent, is_live=None, home="/", elsewhere="/srv/claude/projects") == (
        "claude 4711 in /srv/x: not seen: it keeps its files in /srv/claude/projects;"
        " `lashtui discover /srv/claude/projects` reads them"
    )
    assert sentence(agent, is_live=None, home="/", publisher="build").endswith(
        ": published as build by the program that started it"
    )


@pytest.mark.parametrize(
    ("hooks", "questions", "end"),
    [
        (Hooks.UNKNOWN, True, "its text, message by message, and its questions"),
        (Hooks.THERE, True, "live: text as it is written, questions"),
        (
            Hooks.MISSING,
            True,
            (
                "its text, message by message, and its questions; as it is written with"
                " `lashtui hooks install claude`"
            ),
        ),
        (
            Hooks.MISSING,
            False,
            (
                "its text, message by message; can't see questions: no hooks"
                " (`lashtui hooks install claude`)"
            ),
        ),
        (
            Hooks.LATER,
            True,
            (
                "its text, message by message, and its questions; as it is written with its"
                " hooks, which come with its next start"
            ),
        ),
    ],
)
def test_what_hooks_give(hooks: Hooks, questions: bool, end: str) -> None:
    """And what they would give."""
    line = sentence(here("claude"), is_live=False, home="/", questions=questions, hooks=hooks)
    assert line.endswith(f": {end}")


def test_hooks_that_are_told_questions_alone() -> None:
    """gemini-cli would wait for each piece of its text."""
    agent = Here("gemini", 4711, "/p", 0.0, frozenset(), ())
    line = sentence(agent, is_live=False, home="/home/me", hooks=Hooks.THERE)
    assert line.endswith(": its text, message by message, and its questions")
    line = sentence(agent, is_live=False, home="/home/me", hooks=Hooks.MISSING)
    assert line.endswith("can't see questions: no hooks (`lashtui hooks install gemini`)")
