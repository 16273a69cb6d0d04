"""What is seen of each agent that runs, and what is not and why, in a line for people. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from lashtui.ingest.presence import PROGRAMS
from lashtui.ingest.transcripts import agent_of_format
from lashtui.text.place import short_home
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashtui.ingest.agents_here import Here

WRITTEN: Final = "live: text as it is written, questions"
FINISHED: Final = "its text, message by message"
_NO_QUESTIONS: Final = {
    "codex": "its app server is not there (older than 0.170, or it was turned off)",
    "gemini": "it doesn't write them down",
    "pi": "only its extensions ask, and they don't write it down",
    "qwen": "it doesn't write them down; `lashtui run -- qwen` shows them",
}
"""Why questions that wait for a person are not seen of those that only files tell of."""
_READ: Final = ("codex", *map(agent_of_format, PROGRAMS))
"""Agents whose files are read."""
_WRITTEN_BY_HOOKS: Final = ("claude",)
"""Agents whose hooks are told text as it is written, and not questions alone."""
_ASK_IN_FILES: Final = ("copilot", "kimi")
"""Agents whose files tell what a person is asked."""
_SOURCES: Final = {
    "opencode": "it has no server that can be asked; `lashtui run -- opencode` gives it one",
}
"""Agents that only a live source tells of, and why it doesn't."""
MAX_PATH: Final = 300


class Hooks(Enum):
    """Whether an agent calls hooks of ours."""

    UNKNOWN = auto()
    """There are none for it."""
    MISSING = auto()
    LATER = auto()
    """They were added after it began."""
    THERE = auto()


def sentence(
    here: Here,
    *,
    is_live: bool | None,
    home: str,
    elsewhere: str = "",
    publisher: str = "",
    questions: bool = False,
    hooks: Hooks = Hooks.UNKNOWN,
) -> str:
    """The line of one agent.

    Args:
        here: the agent.
        is_live: a live source tells its session; False: its file does; None: nothing does.
        home: the user's, which is shortened.
        elsewhere: where it keeps its files, if that isn't looked at.
        publisher: the session in which another program publishes it.
        questions: it says elsewhere when it waits for a person.
        hooks: whether it calls any.
    """
    directory = short_home(safe_line(here.directory, MAX_PATH), home)
    if publisher:
        what = f"published as {safe_line(publisher, MAX_PATH)} by the program that started it"
    elif is_live or (is_live is False and hooks is Hooks.THERE and here.agent in _WRITTEN_BY_HOOKS):
        what = WRITTEN
    elif is_live is False:
        are_told = hooks is Hooks.THERE or here.agent in _ASK_IN_FILES
        what = _of_file(here.agent, hooks, questions=questions or are_told)
    else:
        what = _unseen(here.agent, elsewhere)
    return f"{here.agent} {here.number} in {directory}: {what}"


def _of_file(agent: str, hooks: Hooks, *, questions: bool) -> str:
    """Of one whose file is followed."""
    more = {
        Hooks.MISSING: f"`lashtui hooks install {agent}`",
        Hooks.LATER: "its hooks, which come with its next start",
    }.get(hooks, "")
    if questions:
        live = f"; as it is written with {more}" if more else ""
        return f"{FINISHED}, and its questions{live}"
    why = f"no hooks ({more})" if more else _NO_QUESTIONS.get(agent, "")
    return f"{FINISHED}; can't see questions" + (f": {why}" if why else "")


def _unseen(agent: str, elsewhere: str) -> str:
    """Of one of which nothing is told."""
    if elsewhere:
        place = safe_line(elsewhere, MAX_PATH)
        return f"not seen: it keeps its files in {place}; `lashtui discover {place}` reads them"
    if agent in _READ:
        return "nothing is said in it yet; it is followed from its first prompt on"
    if agent in _SOURCES:
        return f"not seen: {_SOURCES[agent]}"
    return f"can't be read; `lashtui run -- {agent}` shows what it prints"
