"""A fleet of scripted agents as data: N of them, in every state that a person has to tell apart.

`fleet(n, seed)` gives the same agents each time. Each has a past, which is over when the demo
begins, and steps that follow: some agents work on, one asks after a while, one is answered, one
fails, one ends. Pure: times are seconds before and after the demo's start.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lashtui.demo import fleet_data as data
from lashtui.demo.fleet_roles import ROLES, Role
from lashtui.demo.fleet_voice import Cast, Steps, Voice
from lashtui.demo.script import Step
from lashtui.text.standing import Standing

SEED: Final = 12

EACH_ROUND: Final = 25.0
"""Seconds by which a change comes later for each time that its role has been given before: in a
large fleet they come one after the other."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One scripted agent."""

    session: str
    title: str
    agent: str
    directory: str
    role: str
    standing: Standing
    """Where it stands at the start."""
    age: float
    """Seconds before the start at which its past begins; its steps' waits add up from there."""
    past: tuple[Step, ...]
    steps: Callable[[], Steps]
    """What it does from the start on; a fresh iterator of the same steps each time."""


def fleet(n: int, seed: int = SEED) -> list[Agent]:
    """`n` agents. With 12 or more every standing is there; with fewer, as many as fit."""
    names: dict[str, int] = {}
    agents = []
    for index in range(n):
        repo = data.REPOS[index % len(data.REPOS)]
        lap = index // len(data.REPOS)
        slug, prompt = repo.tasks[lap % len(repo.tasks)]
        name = f"{repo.name}-{slug}"
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            name += f"-{names[name]}"
        role = ROLES[index % len(ROLES)]
        cast = Cast(
            name=name,
            repo=repo,
            kind=data.KINDS[index * 3 % len(data.KINDS)],
            slug=slug,
            prompt=prompt,
            seed=f"{seed}-{index}",
            delay=EACH_ROUND * (index // len(ROLES)),
            # About one question a minute in the whole fleet, whatever its size.
            asks=min(0.05, 1.0 / n),
        )
        agents.append(_agent(cast, role))
    return agents


def _agent(cast: Cast, role: Role) -> Agent:
    past = tuple(role.past(Voice(cast, "past")))
    length = sum(step.after for step in past)
    rest = random.Random(cast.seed).uniform(*role.silent)
    return Agent(
        session=cast.name,
        title=cast.prompt,
        agent=cast.kind.agent,
        directory=cast.repo.directory,
        role=role.name,
        standing=role.standing,
        age=length + rest,
        past=past,
        steps=lambda: role.steps(Voice(cast, "next")),
    )
