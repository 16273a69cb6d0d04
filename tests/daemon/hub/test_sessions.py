"""Sessions and their memory: who is forgotten, in which order, and who never is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lashd.limits import MIB, DaemonLimits
from tests.daemon.hub.hub_harness import House, small_limits, view_text


def test_an_unused_session_is_forgotten_after_a_day() -> None:
    house = House(replace(DaemonLimits(), forget_after=100.0))
    publisher = house.publisher()
    publisher.end()
    publisher.ask(type="close")
    house.after(90)
    assert "s" in house.sessions()
    house.after(20)
    assert house.sessions() == {}


@pytest.mark.parametrize("who", ["viewer", "publisher"])
def test_a_used_session_is_never_forgotten(who: str) -> None:
    house = House(replace(DaemonLimits(), forget_after=100.0))
    publisher = house.publisher()
    publisher.end()
    if who == "viewer":
        publisher.ask(type="close")
        house.viewer().take()
    house.after(1000)
    assert "s" in house.sessions()


def test_a_new_session_takes_the_place_of_the_oldest_ended_one() -> None:
    house = House(small_limits(max_sessions=3))
    for name in "abc":
        publisher = house.publisher(name)
        publisher.say("x")
        if name != "a":
            publisher.end()
            publisher.ask(type="close")
        house.after(1)
    assert house.publisher("d").born()
    assert sorted(house.sessions()) == ["a", "c", "d"]


def test_without_an_ended_session_a_new_one_is_refused() -> None:
    house = House(small_limits(max_sessions=2))
    house.publisher("a").say("x")
    house.publisher("b").end()
    house.viewer("b").take()
    third = house.publisher("c")
    reply = third.ask(type="append", first=1, events=[])
    assert (reply["type"], reply["code"]) == ("error", "limit")
    assert sorted(house.sessions()) == ["a", "b"]


def test_over_the_bound_ended_sessions_go_before_events_of_the_living() -> None:
    house = House(small_limits(max_total_bytes=2 * MIB))
    ended = house.publisher("ended")
    ended.say("x" * 200_000)
    ended.end()
    ended.ask(type="close")
    living = house.publisher("living")
    for _ in range(5):
        living.say("y" * 200_000)
    assert sorted(house.sessions()) == ["living"]
    assert house.sessions()["living"]["events"] == 6


def test_events_go_before_views_and_readers_get_one_gap() -> None:
    house = House(small_limits(max_total_bytes=2 * MIB))
    publisher = house.publisher()
    publisher.born()
    viewer = house.viewer()
    viewer.take()
    for _ in range(9):
        publisher.say("y" * 200_000)
        assert house.hub.registry.memory() <= 2 * MIB
    records = viewer.take()
    assert [record["type"] for record in records][:2] == ["gap", "observation"]
    assert len(view_text(records[1])) > 1_000_000


def test_when_views_alone_fill_the_memory_new_sessions_are_refused() -> None:
    house = House(small_limits(max_total_bytes=MIB))
    publisher = house.publisher()
    for _ in range(12):
        publisher.say("y" * 200_000)
    refused = house.publisher("new").ask(type="append", first=1, events=[])
    assert refused["code"] == "limit"
    assert "remove one" in refused["message"]


def test_age_is_swept_also_when_nobody_looks() -> None:
    house = House(small_limits(max_age=10.0))
    house.publisher().say("x")
    assert house.hub.registry.store.total_bytes > 0
    house.after(20)
    assert house.hub.registry.store.total_bytes == 0
