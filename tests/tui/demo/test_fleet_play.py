"""Playing a fleet: each agent at its own pace."""

from __future__ import annotations

import threading
import time

import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.events import AnyTurnEvent, AssistantProseDelta, Payload
from lashtui.demo.fleet import fleet
from lashtui.demo.fleet_play import Player, play_fleet, run
from lashtui.demo.host import limits_for
from lashtui.demo.script import Step
from lashtui.text.standing import standing_of
from tests.waiting import wait_until


class Recorder:
    """A publisher that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Remember its text."""
        self.said.append(getattr(event, "text", ""))


def steps(name: str, *waits: float) -> list[Step]:
    """Prose that says its number."""
    return [Step(wait, AssistantProseDelta(f"{name}{i}")) for i, wait in enumerate(waits)]


def test_each_agent_keeps_its_own_pace() -> None:
    """What is due is published, in the order in which it is; nothing before."""
    recorder = Recorder()
    parts = [(recorder, iter(steps("a", 1, 1, 1))), (recorder, iter(steps("b", 1.5, 10)))]
    player = Player(parts, 1.0, 100.0)
    assert player.due == 101.0
    player.play(100.9)
    assert recorder.said == []
    player.play(101.6)
    assert recorder.said == ["a0", "b0"]
    player.play(102.5)
    player.play(103.1)
    assert recorder.said == ["a0", "b0", "a1", "a2"]
    assert player.due == 111.5
    player.play(111.5)
    assert player.due is None


def test_speed_shortens_waits() -> None:
    """Three times as fast."""
    assert Player([(Recorder(), iter(steps("a", 6)))], 3.0, 0.0).due == 2.0


def test_hours_in_which_the_machine_slept_are_not_played_at_once() -> None:
    """One step that was due, and then again at its pace."""
    recorder = Recorder()
    player = Player([(recorder, iter(steps("a", *[1.0] * 50)))], 1.0, 0.0)
    player.play(10_000.0)
    assert recorder.said == ["a0"]
    assert player.due == 10_001.0


def test_it_stops_at_once() -> None:
    """When the demo is over, nobody waits for the next step."""
    recorder = Recorder()
    stop = threading.Event()
    stop.set()
    run(Player([(recorder, iter(steps("a", 3600)))], 1.0, 0.0), stop, lambda: 0.0)
    assert recorder.said == []
    run(Player([], 1.0, 0.0), threading.Event(), lambda: 0.0)


@pytest.mark.parametrize("n", [1, 30])
def test_a_fleet_on_a_daemon(n: int) -> None:
    """All are there from the first moment, with the times of their pasts, and go on."""
    agents = fleet(n)
    with EmbeddedDaemon(limits=limits_for(n)) as daemon:
        before = time.time() * 1000
        with play_fleet(daemon.socket_path, agents, 50.0), Client(daemon.socket_path) as client:
            rows = {str(row["session_id"]): row for row in client.list()}
            assert set(rows) == {agent.session for agent in agents}
            for agent in agents:
                row = rows[agent.session]
                assert (row["title"], row["agent"]) == (agent.title, agent.agent)
                quiet = row["quiet_since"]
                assert standing_of(row["state"], row["outcome"], quiet) == agent.standing
                silent = agent.age - sum(step.after for step in agent.past)
                if silent > 30 and agent.standing != "needs you":
                    assert before - row["updated_at"] == pytest.approx(silent * 1000, abs=20_000)
            first = agents[0].session
            wait_until(
                lambda: any(
                    row["session_id"] == first and row["turn_index"] > 0 for row in client.list()
                ),
                lambda: "the first agent's turn to end",
            )


def test_a_fleet_closes_quickly_when_its_daemon_is_gone() -> None:
    """What can't be delivered is not waited for, agent by agent."""
    with EmbeddedDaemon() as daemon, play_fleet(daemon.socket_path, fleet(20), 1.0):
        daemon.stop()
        began = time.monotonic()
    assert time.monotonic() - began < 8.0
