"""The fleet's scripts: every state is there, and the same each time."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from typing import Any

import pytest

from lashd.cursor import check_session_id
from lashd.events import (
    PAYLOADS,
    Error,
    Resumed,
    SessionChanged,
    ToolCallStarted,
    TurnActivity,
    Waiting,
)
from lashd.store import InMemoryLiveReplayStore, SessionHost
from lashd.view import ReadView
from lashtui.demo.fleet import Agent, fleet
from lashtui.demo.fleet_play import publish_past
from lashtui.demo.fleet_roles import ROLES, TURNS
from lashtui.demo.script import Step
from lashtui.text.standing import STANDINGS, standing_of

START = 1_700_000_000_000
MINUTE = 60_000


class Recorder:
    """A publisher into a host of its own."""

    def __init__(self) -> None:
        self.host = SessionHost(InMemoryLiveReplayStore(), "s", now_ms=lambda: START)
        self.times: list[int | None] = []

    def publish(
        self,
        event: Any,
        *,
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Record it."""
        is_payload = isinstance(event, tuple(PAYLOADS.values()))
        payload = event if is_payload else TurnActivity("", correlation_id, event, parent)
        self.times.append(at)
        self.host.record(payload, at=at)


def view_at_start(agent: Agent) -> ReadView:
    """What its past has left."""
    recorder = Recorder()
    publish_past(recorder, agent, START)
    return recorder.host.view


def quiet_since(view: ReadView) -> int | None:
    """By the daemon's defaults: two minutes without a tool or a retry, ten with one."""
    has_tool = any(entry.kind == "tool" and entry.state == "running" for entry in view.entries)
    last = view.updated_at or 0
    return last if START - last >= (10 if has_tool else 2) * MINUTE else None


def standing(agent: Agent) -> str:
    """Where a person finds it when the demo begins."""
    view = view_at_start(agent)
    return standing_of(view.state, view.outcome, quiet_since(view))


def whole(agent: Agent, most: int = 100_000) -> list[Step]:
    """All that an agent does from the start on."""
    steps = list(islice(agent.steps(), most))
    assert len(steps) < most
    return steps


@pytest.mark.parametrize("role", range(len(ROLES)), ids=[role.name for role in ROLES])
def test_every_agent_begins_where_its_role_says(role: int) -> None:
    """Waiting, failed, quiet, working or done, as its events and their times tell."""
    for agent in fleet(3 * len(ROLES))[role :: len(ROLES)]:
        assert standing(agent) == agent.standing, agent.session


@pytest.mark.parametrize("n", [12, 30, 31, 200, 500])
def test_a_fleet_has_every_standing(n: int) -> None:
    """Also a small one; in a large one most work, and a few need a person."""
    counts = Counter(agent.standing for agent in fleet(n))
    assert set(counts) == set(STANDINGS)
    assert counts["working"] >= n // 3
    assert counts["needs you"] <= n // 5


@pytest.mark.parametrize("n", range(1, 64))
def test_a_fleet_of_any_size_has_distinct_names(n: int) -> None:
    """As many agents as asked for, each a session of its own with a name that can be typed."""
    names = [agent.session for agent in fleet(n)]
    assert len(set(names)) == len(names) == n
    for name in names:
        check_session_id(name)
        assert len(name) <= 24


def test_the_largest_fleet_has_distinct_names() -> None:
    """Five hundred."""
    assert len({agent.session for agent in fleet(500)}) == 500


def test_it_is_the_same_each_time() -> None:
    """Pasts and steps depend on the seed alone, and steps can be taken again."""
    first, second, other = fleet(30, seed=1), fleet(30, seed=1), fleet(30, seed=2)
    for a, b in zip(first, second, strict=True):
        assert (a.session, a.past, a.age) == (b.session, b.past, b.age)
        steps = list(islice(a.steps(), 300))
        assert steps == list(islice(b.steps(), 300)) == list(islice(a.steps(), 300))
    assert [agent.past for agent in first] != [agent.past for agent in other]


def test_pasts_lie_in_the_past_and_in_order() -> None:
    """From minutes to hours ago; what works was heard of a moment ago."""
    for agent in fleet(60):
        recorder = Recorder()
        publish_past(recorder, agent, START)
        times = [at for at in recorder.times if at is not None]
        assert len(times) == len(agent.past)
        assert times == sorted(times)
        assert START - 24 * 60 * MINUTE < times[0] < START - 30_000
        assert times[-1] <= START
        if agent.standing == "working":
            assert START - times[-1] < 5000


def test_a_question_is_longer_than_a_line() -> None:
    """A command to be allowed has about 180 characters."""
    asked = [view_at_start(agent).waiting_for or "" for agent in fleet(30)]
    assert max(map(len, asked)) > 170


def test_there_is_something_of_everything_to_show() -> None:
    """Plans, subagents, processes, queues, costs and contexts, errors of several kinds."""
    agents = fleet(30)
    views = [view_at_start(agent) for agent in agents]
    assert len({agent.agent for agent in agents}) == 5
    assert len({agent.directory for agent in agents}) >= 8
    assert any(view.plan for view in views)
    assert any(view.queue for view in views)
    assert any(process.state == "running" for view in views for process in view.processes)
    assert any(entry.parent for view in views for entry in view.entries)
    assert all(view.model and view.usage["context"]["size"] for view in views)
    assert all(view.usage["total"]["cost_usd"] > 0 for view in views)
    assert {view.exit_code for view in views} == {None, 2}
    errors = {entry.text for view in views for entry in view.entries if entry.kind == "error"}
    assert len(errors) == 3


def test_a_fleet_changes_while_it_is_watched() -> None:
    """One asks after some 20 s, one is answered, one fails after 40 s, one ends."""
    by_role = {agent.role: agent for agent in fleet(30)}

    def happens(role: str, kind: type[object]) -> float:
        at = 0.0
        for step in by_role[role].steps():
            at += step.after
            if isinstance(step.what, kind):
                return at
        raise AssertionError(role)

    assert 15 < happens("asks soon", Waiting) < 25
    assert 25 < happens("is answered soon", Resumed) < 35
    assert 25 < happens("fails soon", Error) < 45
    assert 40 < happens("ends soon", SessionChanged) < 70
    assert happens("works", ToolCallStarted) < 10


def test_changes_of_a_large_fleet_come_one_after_the_other() -> None:
    """Not eight questions in the same moment."""
    times = []
    for agent in fleet(200):
        if agent.role == "asks soon":
            at = 0.0
            for step in agent.steps():
                at += step.after
                if isinstance(step.what, Waiting):
                    break
            times.append(at)
    assert len(times) > 5
    assert all(b - a > 10 for a, b in pairwise(times))


def test_a_forgotten_demo_comes_to_an_end() -> None:
    """Each agent is done after an hour or two, so that nothing grows for ever."""
    for agent in fleet(30):
        steps = whole(agent)
        assert sum(step.after for step in steps) < 200 * TURNS
        assert sum(len(getattr(step.what, "text", "")) for step in steps) < 200_000


def test_agents_say_little_at_a_time() -> None:
    """About one event a second for each agent that works, in the mean."""
    for agent in fleet(30):
        steps = whole(agent)
        if len(steps) > 200:
            assert len(steps) / sum(step.after for step in steps) < 1.2
