"""Clocks that jump, and time that passes while the machine is suspended."""

from __future__ import annotations

import pytest

from tests.daemon.hub.hub_harness import HubHarness, kinds, texts, view_text

DAY = 86_400.0


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_a_step_of_the_wall_clock_trims_nothing_and_ends_nothing(step: float) -> None:
    """What is kept, and for how long, goes by a clock that nobody sets."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    cursor = publisher.prose("before")["cursor"]
    harness.clock_on_the_wall = step
    harness.advance(1.0)
    publisher.prose("after")
    reader = harness.viewer(start="cursor", cursor=cursor)
    records = reader.receive()
    assert kinds(records)[:2] == ["attached", "turn_activity"]
    assert texts(records) == ["after"]
    harness.clock_on_the_wall = 0.0
    publisher.prose("back")
    assert texts(reader.receive()) == ["back"]
    assert harness.sessions()["s"]["state"] == "running"


def test_an_hour_of_suspension_costs_a_gap_that_says_so() -> None:
    """The replay is over by then; who stayed connected goes on, who comes back gets a snapshot."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    cursor = publisher.prose("a")["cursor"]
    publisher.prose("b")
    stayed = harness.viewer(start="now")
    stayed.receive()
    harness.advance(3600.0)
    assert harness.sessions()["s"]["state"] == "running"
    publisher.prose("c")
    assert texts(stayed.receive()) == ["c"]
    attached, gap, observation, *_ = harness.viewer(start="cursor", cursor=cursor).receive()
    assert attached["served"] == "gap"
    assert (gap["reason"], gap["lost"], gap["skipped"]) == ("trimmed", 1, 2)
    assert view_text(observation) == "abc"
