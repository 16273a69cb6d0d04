"""What is seen of each agent that runs, and what is not and why, in a line for people. Pure."""

from __future__ import annotations

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
_ASK_IN_FILES: Final = ("copilot", "kimi")
"""Agents whose files tell what a person is asked."""
_SOURCES: Final = {
    "opencode": "it has no server that can be asked; `lashtui run -- opencode` gives it one",
}
"""Agents that only a live source tells of, and why it doesn't."""
MAX_PATH: Final = 300


def sentence(
    here: Here,
    *,
    is_live: bool | None,
    home: str,
    elsewhere: str = "",
    publisher: str = "",
    questions: bool = False,
) -> str:
    """The line of one agent.

    Args:
        here: the agent.
        is_live: a live source tells its session; False: its file does; None: nothing does.
        home: the user's, which is shortened.
        elsewhere: where it keeps its files, if that isn't looked at.
        publisher: the session in which another program publishes it.
        questions: a sign tells when it waits for a person.
    """
    directory = short_home(safe_line(here.directory, MAX_PATH), home)
    return f"{here.agent} {here.number} in {directory}: " + _what(
        here, is_live, elsewhere, publisher, questions=questions
    )


def _what(
    here: Here, is_live: bool | None, elsewhere: str, publisher: str, *, questions: bool
) -> str:
    if publisher:
        return f"published as {safe_line(publisher, MAX_PATH)} by the program that started it"
    if is_live:
        return WRITTEN
    if is_live is False:
        if questions or here.agent in _ASK_IN_FILES:
            return f"{FINISHED}, and its questions"
        why = _NO_QUESTIONS.get(here.agent, "")
        return f"{FINISHED}; can't see questions" + (f": {why}" if why else "")
    if elsewhere:
        place = safe_line(elsewhere, MAX_PATH)
        return f"not seen: it keeps its files in {place}; `lashtui discover {place}` reads them"
    if here.agent in _READ:
        return "nothing is said in it yet; it is followed from its first prompt on"
    if here.agent in _SOURCES:
        return f"not seen: {_SOURCES[here.agent]}"
    return f"can't be read; `lashtui run -- {here.agent}` shows what it prints"
