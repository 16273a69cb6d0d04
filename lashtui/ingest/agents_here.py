"""Which agents run on this machine, by its list of processes, and which files are theirs."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from lashtui.homes import home_of, sessions_of
from lashtui.ingest.growing import changed_at, file_in_projects
from lashtui.ingest.launch import OTHER_COMMANDS
from lashtui.ingest.presence import PROGRAMS, pid_of, told_session
from lashtui.ingest.tailing import about_file
from lashtui.ingest.transcripts import (
    agent_of_format,
    may_be_transcript,
    thread_of,
)
from lashtui.process.others import above, began
from lashtui.process.where import real_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lashtui.process.others import Command, Processes

MAX_HERE: Final = 256
"""Agents that are looked at; nobody runs more."""
MAX_CANDIDATES: Final = 16
"""Files that are looked into to find the one of an agent, the newest first."""
MAX_LISTED: Final = 20_000
"""Files whose times are looked at for that."""

_CODEX: Final = re.compile(r"(?:\A|/)codex(?:\.js)?\Z|@openai/codex")
_OTHERS: Final = re.compile(
    r"(?:\A|/)(amp|droid|cursor-agent|crush|goose|aider|openhands|opencode|cline|vibe)"
    r"(?:\.js|\.exe)?\Z"
)
"""Programs without files that are read here, or whose files another table names."""
_INTERPRETERS: Final = re.compile(
    r"(?:\A|/)(?:node|bun|deno|python[0-9.]*|MainThread|env|sh|bash|dash)\Z"
)
"""Their first word that is no option is the program."""


_SERVERS: Final = ("--cline-hub-daemon",)
"""Options of programs that agents leave running and that are no agents themselves."""


class Here(NamedTuple):
    """An agent that runs."""

    agent: str
    number: int
    """Its process, the outermost if it has several."""
    directory: str
    began: float
    """Seconds since the epoch."""
    numbers: frozenset[int]
    """All its processes."""
    above: tuple[int, ...]
    """Those that started it, the nearest first."""


def agents_here(processes: Processes) -> list[Here]:
    """The agents of this user that run, the oldest first."""
    agents = {each.number: agent_of(each) for each in processes.commands}
    found: dict[int, Here] = {}
    inside: dict[int, set[int]] = {}
    for command in processes.commands:
        agent = agents[command.number]
        if not agent:
            continue
        starters = above(command.number, processes)
        outer = [number for number in starters if agents.get(number) == agent]
        if outer:  # a wrapper's child
            inside.setdefault(outer[-1], set()).add(command.number)
            continue
        start = began(command.number)
        if start is not None and command.directory and len(found) < MAX_HERE:
            found[command.number] = Here(
                agent, command.number, command.directory, start, frozenset(), tuple(starters)
            )
    for number, here in found.items():
        found[number] = here._replace(numbers=frozenset({number, *inside.get(number, ())}))
    return sorted(found.values(), key=lambda each: (each.began, each.number))


def agent_of(command: Command) -> str:
    """Which agent a process is; empty if it is none that works in a session."""
    program, rest = _program(command.words)
    if any(word in _SERVERS for word in command.words):
        return ""
    agent = ""
    for form, pattern in PROGRAMS.items():
        if any(map(pattern.search, program)):
            agent = agent_of_format(form)
    if any(map(_CODEX.search, program)):
        agent = "codex"
    if not agent and (other := next(filter(None, map(_OTHERS.search, program)), None)):
        agent = other[1]
    verb = next((word for word in rest if not word.startswith("-")), "")
    is_other = verb in OTHER_COMMANDS.get(agent, ()) and verb not in _WORKING
    return "" if is_other else agent


_WORKING: Final = frozenset(["exec", "e", "review", "run", "acp", "serve", "web"])
"""Commands of agents that work in a session all the same."""


def files_of(here: Here, processes: Processes, environment: Mapping[str, str]) -> list[str]:
    """The files of the sessions that an agent has open; none where that can't be told."""
    if here.agent == "codex":
        held = [path for path, number in processes.holders.items() if number in here.numbers]
        if found := [path for path in held if thread_of(path)]:
            return found
    if here.agent == "claude":
        home = home_of("claude", environment)
        told = {told_session(home, number) for number in here.numbers} - {""}
        if told:
            projects = sessions_of("claude", environment)
            return [path for each in told if (path := file_in_projects(projects, each))]
    return _newest_in(here, processes, environment)


def says_its_state(here: Here, environment: Mapping[str, str]) -> bool:
    """Whether a Claude says itself when it waits for a person; older versions don't."""
    home = home_of("claude", environment)
    return any(told_session(home, number) for number in here.numbers)


def elsewhere(here: Here, environment: Mapping[str, str], own: Mapping[str, str]) -> str:
    """Where an agent keeps its files, if that is not where they are looked for.

    `environment`: the agent's; `own`: that of who looks.
    """
    their, our = sessions_of(here.agent, environment), sessions_of(here.agent, own)
    return their if os.path.realpath(their) != os.path.realpath(our) else ""


def _program(words: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """The words that name the program, and those after them."""
    program = list(words[:2])
    rest = words[2:]
    if program and _INTERPRETERS.search(program[-1]):
        place = next((n for n, word in enumerate(rest) if not word.startswith("-")), None)
        if place is None or "-c" in rest[:place]:  # a shell's script may name anything
            return program[:1], ()
        return [program[0], rest[place]], rest[place + 1 :]
    return program, rest


def _files_below(place: str) -> Iterator[str]:
    for folder, _, names in os.walk(place, followlinks=False):
        yield from (os.path.join(folder, name) for name in names)


def _newest_in(here: Here, processes: Processes, environment: Mapping[str, str]) -> list[str]:
    """The newest file that was written since the agent began and names its directory.

    Codex's screen leaves its file to a server of its own, which several screens share.
    """
    others = {each.number for each in processes.commands if agent_of(each) == here.agent}
    listed = islice(_files_below(sessions_of(here.agent, environment)), MAX_LISTED)
    newest = [(changed_at(path), path) for path in listed if may_be_transcript(path)]
    newest = [each for each in newest if each[0] >= here.began]
    for _, path in sorted(newest, reverse=True)[:MAX_CANDIDATES]:
        what = about_file(path)
        if what is None or not what.session.startswith(f"{here.agent}-") or not what.directory:
            continue
        if real_directory(what.directory) == here.directory:
            owner = pid_of(path, what, processes)
            if owner not in others - here.numbers:
                return [path]
    return []
