"""Sessions and their memory: which are removed, in which order, and which never are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lashd.limits import DaemonLimits
from lashd.wire_limits import MIB
from tests.daemon.hub.hub_harness import HubHarness, small_limits, view_text


def test_an_unused_session_is_removed_after_its_time() -> None:
    """`forget_after` counts from the last publisher's goodbye."""
    harness = HubHarness(replace(DaemonLimits(), forget_after=100.0))
    publisher = harness.publisher()
    publisher.end()
    publisher.request(type="close")
    harness.advance(90)
    assert "s" in harness.sessions()
    harness.advance(20)
    assert harness.sessions() == {}


@pytest.mark.parametrize("user", ["viewer", "publisher"])
def test_a_used_session_is_never_removed(user: str) -> None:
    """One viewer or one publisher is use enough, also of a session that has ended."""
    harness = HubHarness(replace(DaemonLimits(), forget_after=100.0))
    publisher = harness.publisher()
    publisher.end()
    if user == "viewer":
        publisher.request(type="close")
        harness.viewer().receive()
    harness.advance(1000)
    assert "s" in harness.sessions()


def test_a_new_session_takes_the_place_of_the_oldest_ended_one() -> None:
    """A session that has not ended stays, however old."""
    harness = HubHarness(small_limits(max_sessions=3))
    for name in "abc":
        publisher = harness.publisher(name)
        publisher.prose("x")
        if name != "a":
            publisher.end()
            publisher.request(type="close")
        harness.advance(1)
    assert harness.publisher("d").create()
    assert sorted(harness.sessions()) == ["a", "c", "d"]


def test_without_an_ended_session_a_new_one_is_refused() -> None:
    """An ended one that is watched is in use too."""
    harness = HubHarness(small_limits(max_sessions=2))
    harness.publisher("a").prose("x")
    harness.publisher("b").end()
    harness.viewer("b").receive()
    third = harness.publisher("c")
    reply = third.request(type="append", first=1, events=[])
    assert (reply["type"], reply["code"]) == ("error", "limit")
    assert sorted(harness.sessions()) == ["a", "b"]


def test_over_the_bound_ended_sessions_go_before_events_of_running_ones() -> None:
    """The running one can still be replayed in full."""
    harness = HubHarness(small_limits(max_total_bytes=2 * MIB))
    ended = harness.publisher("ended")
    ended.prose("x" * 200_000)
    ended.end()
    ended.request(type="close")
    living = harness.publisher("living")
    for _ in range(5):
        living.prose("y" * 200_000)
    assert sorted(harness.sessions()) == ["living"]
    assert harness.sessions()["living"]["events"] == 6


def test_events_go_before_views_and_readers_get_one_gap() -> None:
    """What a person sees of a session is never dropped for memory."""
    harness = HubHarness(small_limits(max_total_bytes=2 * MIB))
    publisher = harness.publisher()
    publisher.create()
    viewer = harness.viewer()
    viewer.receive()
    for _ in range(9):
        publisher.prose("y" * 200_000)
        assert harness.hub.sessions.memory() <= 2 * MIB
    records = viewer.receive()
    assert [record["type"] for record in records][:2] == ["gap", "observation"]
    assert len(view_text(records[1])) > 1_000_000


def test_when_views_alone_fill_the_memory_new_sessions_are_refused() -> None:
    """The message says what to do."""
    harness = HubHarness(small_limits(max_total_bytes=MIB))
    publisher = harness.publisher()
    for _ in range(12):
        publisher.prose("y" * 200_000)
    refused = harness.publisher("new").request(type="append", first=1, events=[])
    assert refused["code"] == "limit"
    assert "remove one" in refused["message"]


def test_age_is_swept_also_when_nobody_looks() -> None:
    """Old events of a silent session don't stay in memory."""
    harness = HubHarness(small_limits(max_age=10.0))
    harness.publisher().prose("x")
    assert harness.hub.sessions.store.total_bytes > 0
    harness.advance(20)
    assert harness.hub.sessions.store.total_bytes == 0
