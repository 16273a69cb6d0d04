"""The list as a stream: snapshot, replay, what comes, and exactness whatever happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.hub.listing.follower import ROWS_A_CHUNK
from lashd.hub.listing.rows import MAX_REMOVALS
from lashd.hub.session import LiveSession
from lashd.session.row import SessionRow
from tests.daemon.hub.hub_harness import Client, HubHarness, Publisher, kinds, small_limits
from tests.daemon.hub.listing.hub_follower import Follower

LONG_AFTER = 10.0
"""Seconds after which everything has been announced: swept, looked at, and its turn has come."""


def names(records: list[dict[str, Any]]) -> list[str]:
    """The sessions that rows are about."""
    return [record["session"]["session_id"] for record in records if "session" in record]


def gathered(kind: str, **fields: Any) -> dict[str, Any]:
    """An activity with its ids: such ones are folded only when somebody asks."""
    activity = {"id": "e", "correlation_id": "c", "type": kind, **fields}
    return {"type": "turn_activity", "activity": activity}


def assert_same(follower: Follower) -> None:
    """The follower's table is what `list` gives."""
    assert follower.table.differences(follower.harness.sessions().values()) == []


class TestWhereItBegins:
    """What `following` says, and what comes up to `synced`."""

    def test_without_a_position_every_session_comes_once(self) -> None:
        """Then `synced`, with the position to resume from."""
        harness = HubHarness()
        for name in "abc":
            harness.publisher(name, name).create()
        follower = Follower(harness).connect()
        records = follower.take()

        assert kinds(records) == ["following", "session", "session", "session", "synced"]
        assert records[0]["served"] == "snapshot"
        assert names(records) == ["a", "b", "c"]
        assert_same(follower)

    def test_an_empty_list_is_synced_at_once(self) -> None:
        """And can be resumed from."""
        follower = Follower(HubHarness()).connect()
        assert kinds(follower.take()) == ["following", "synced"]
        follower.connect()
        assert kinds(follower.take()) == ["following", "synced"]
        assert follower.table.served == "replay"

    def test_a_replay_has_what_changed_and_nothing_else(self) -> None:
        """Rows of used sessions, and removals, since the position."""
        harness = HubHarness()
        a, b, _ = (harness.publisher(name, name).create() for name in "abc")
        follower = Follower(harness).connect()
        follower.take()
        follower.lose()
        a.prose("x")
        b.end()
        b.disconnect()
        b.hub.sessions.remove(b.hub.sessions.by_id["b"])
        records = follower.connect().take()

        assert kinds(records) == ["following", "session_removed", "session", "synced"]
        assert follower.table.served == "replay"
        assert records[1]["session_id"] == "b"
        assert names(records) == ["a"]
        assert_same(follower)

    def test_a_namesake_replaces_the_removed_session(self) -> None:
        """Removed and born again while the follower was away: it has the new one."""
        harness = HubHarness()
        harness.publisher("a", title="old").create()
        follower = Follower(harness).connect()
        follower.take()
        follower.lose()
        harness.hub.sessions.remove(harness.hub.sessions.by_id["a"])
        harness.publisher("a", "q", title="new").create()
        assert kinds(follower.connect().take()) == ["following", "session", "synced"]
        assert follower.table.rows["a"]["title"] == "new"
        assert_same(follower)

    def test_a_position_of_another_daemon_gets_a_snapshot(self) -> None:
        """Its numbers mean nothing here."""
        harness = HubHarness(incarnation=8)
        harness.publisher("a").create()
        follower = Follower(harness)
        follower.table.position, follower.table.rows = (
            "lashl1:7:1",
            {"gone": {"session_id": "gone"}},
        )
        follower.connect().take()

        assert follower.table.served == "snapshot"
        assert_same(follower)

    @pytest.mark.parametrize("n", [0, 100])
    def test_a_position_that_nobody_was_given_gets_a_snapshot(self, n: int) -> None:
        """Also one from the future."""
        records = HubHarness().follower(f"lashl1:7:{n}").receive()
        assert records[0]["served"] == "snapshot"

    def test_one_that_missed_a_forgotten_removal_gets_a_snapshot(self) -> None:
        """The removals that are remembered are bounded."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        early, late = Follower(harness).connect(), Follower(harness)
        early.take()
        early.lose()
        for number in range(MAX_REMOVALS + 1):
            publisher = harness.publisher(f"s{number}", "q").create()
            if number == 0:
                late.connect().take()
                late.lose()
            publisher.disconnect()
            harness.follower().disconnect()
            harness.hub.sessions.remove(harness.hub.sessions.by_id[f"s{number}"])

        assert early.connect().take()[0]["served"] == "snapshot"
        assert late.connect().take()[0]["served"] == "snapshot"
        assert_same(early)
        harness.hub.sessions.remove(harness.hub.sessions.by_id["a"])
        records = late.connect().take()
        assert kinds(records) == ["following", "session_removed", "synced"]

    def test_a_snapshot_that_was_cut_off_is_served_again(self) -> None:
        """A part of it is not the list."""
        harness = HubHarness()
        for number in range(20):
            harness.publisher(f"s{number}").create()
        follower = Follower(harness).connect()
        while "session" not in kinds(follower.records):
            follower.take_once(2000)
        follower.connect().take()

        assert follower.table.served == "snapshot"
        assert len(follower.table.rows) == 20

    def test_a_malformed_position_is_refused_and_the_connection_goes_on(self) -> None:
        """It can still ask for something else."""
        client = HubHarness().connect()
        assert client.request(type="follow", after="x")["code"] == "malformed_position"
        assert client.request(type="list")["type"] == "sessions"

    def test_many_rows_are_made_in_steps(self) -> None:
        """Others have their turn in between."""
        harness = HubHarness()
        for number in range(2 * ROWS_A_CHUNK + 1):
            harness.publisher(f"s{number}").create()
        client = harness.follower()
        client.receive_once(10_000_000)
        assert len(names(client.whole())) == ROWS_A_CHUNK
        assert client.connection in harness.hub.take_dirty()
        rest = client.receive()
        assert len(names(rest)) == ROWS_A_CHUNK + 1
        assert rest[-1]["type"] == "synced"


class TestWhatComes:
    """Rows after `synced`."""

    def test_what_presses_comes_at_once_and_what_moved_within_a_second_or_so(self) -> None:
        """A question can't wait, a counter can."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        follower = Follower(harness).connect()
        harness.advance(LONG_AFTER)
        follower.take()

        publisher.publish({"type": "waiting", "what": "Yes?"})
        harness.advance(0.25)
        (row,) = follower.take()
        assert row["session"]["state"] == "waiting"
        publisher.publish({"type": "usage", "usage": {"input_tokens": 3}})
        harness.advance(0.25)
        assert follower.take() == []
        harness.advance(1.25)
        assert names(follower.take()) == ["a"]
        assert_same(follower)

    def test_what_presses_is_seen_behind_words_that_come_after_it(self) -> None:
        """Words alone change no state, but what came before them may have."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        publisher.prose("x")
        follower = Follower(harness).connect()
        follower.take()
        harness.advance(LONG_AFTER)
        publisher.prose("y")
        harness.advance(0.25)
        follower.take()
        publisher.publish({"type": "waiting", "what": "Yes?"})
        publisher.publish({"type": "session_changed", "kind": "opened", "model": "m"})
        publisher.publish(*[gathered("assistant_prose_delta", text="more")] * 2)
        harness.advance(0.25)
        (row,) = follower.take()
        assert row["session"]["state"] == "waiting"

    def test_where_an_agent_runs_is_told_at_once_when_it_comes_back_elsewhere(self) -> None:
        """A person wants to go there; no event says it."""
        harness = HubHarness()
        harness.publisher("a", where={"host": "here"}).create().prose("x")
        follower = Follower(harness).connect()
        harness.advance(LONG_AFTER)
        follower.take()
        harness.publisher("a", "q", where={"host": "there"})
        harness.advance(0.25)
        (row,) = follower.take()
        assert row["session"]["where"]["host"] == "there"

    def test_a_snapshot_for_another_takes_no_change_from_a_follower(self) -> None:
        """It is made of the newest, which the first has not got: it is told as soon as ever."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        first = Follower(harness).connect()
        first.take()
        first.lose()
        first.connect().take()
        harness.advance(0.1)
        publisher.publish({"type": "waiting", "what": "Yes?"})
        Follower(harness).connect().take()
        harness.advance(0.25)
        assert names(first.take()) == ["a"]

    def test_birth_and_removal_are_told_at_once(self) -> None:
        """They are what the list is."""
        harness = HubHarness()
        follower = Follower(harness).connect()
        follower.take()
        harness.publisher("a").create()
        harness.advance(0.25)
        assert names(follower.take()) == ["a"]
        harness.hub.sessions.remove(harness.hub.sessions.by_id["a"])
        assert kinds(follower.take()) == ["session_removed"]

    def test_one_session_has_at_most_four_rows_a_second(self) -> None:
        """However often its state changes."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        follower = Follower(harness).connect()
        harness.advance(LONG_AFTER)
        follower.take()
        for number in range(100):
            event: dict[str, Any] = {"type": "resumed"}
            publisher.publish({"type": "waiting", "what": str(number)}, event)
            publisher.publish({"type": "waiting", "what": f"{number}?"})
            harness.advance(0.02)
            follower.take()
        assert 6 <= len(names(follower.records[2:])) <= 9
        harness.advance(LONG_AFTER)
        follower.take()
        assert_same(follower)

    def test_rows_that_only_moved_have_a_bound_for_all_sessions(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each has its turn; a session that presses doesn't wait for it."""
        monkeypatch.setattr("lashd.hub.listing.pace.MOVED_A_SECOND", 4)
        harness = HubHarness()
        publishers = [harness.publisher(f"s{number}").create() for number in range(16)]
        for publisher in publishers:
            publisher.prose("x")
        follower = Follower(harness).connect()
        harness.advance(LONG_AFTER)
        follower.take()
        began = len(follower.records)
        for _ in range(80):
            for publisher in publishers:
                publisher.prose("x")
            harness.advance(0.1)
            follower.take()
        rows = names(follower.records[began:])
        assert 28 <= len(rows) <= 34
        assert {rows.count(f"s{number}") for number in range(16)} <= {1, 2, 3}
        publishers[9].publish({"type": "waiting", "what": "Yes?"})
        harness.advance(0.25)
        assert "s9" in names(follower.take())

    def test_a_slow_follower_gets_the_newest_row_only(self) -> None:
        """Nothing is queued for it."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        follower = Follower(harness).connect()
        follower.take()
        for number in range(20):
            publisher.publish({"type": "waiting", "what": str(number)})
            harness.advance(1.0)
        (row,) = follower.take()
        assert row["session"]["waiting_for"] == "19"

    def test_followers_share_one_encoded_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many there are, a row is made once."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        made: list[str] = []

        def note(session: LiveSession) -> SessionRow:
            made.append(session.session_id)
            return describe(session)

        pace = harness.hub._list._pace
        describe = pace._describe
        monkeypatch.setattr(pace, "_describe", note)
        followers = [Follower(harness).connect() for _ in range(3)]
        for follower in followers:
            follower.take()
        assert made == ["a"]
        publisher.publish({"type": "waiting", "what": "Yes?"})
        harness.advance(1.0)
        for follower in followers:
            assert names(follower.take()) == ["a"]
        assert made == ["a", "a"]

    def test_without_a_follower_nothing_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A used session is only marked."""
        harness = HubHarness()
        harness.follower().disconnect()

        def fail(session: object) -> None:
            raise AssertionError(session)

        monkeypatch.setattr(harness.hub._list._pace, "_look_at", fail)
        monkeypatch.setattr(harness.hub._list._pace, "_describe", fail)
        publisher = harness.publisher("a").create()
        publisher.prose("x")
        harness.advance(3.0)
        assert publisher.hub.deadline > harness.clock.now + 1

    @pytest.mark.parametrize("words", ["", "and more"])
    def test_a_session_that_becomes_quiet_is_told_without_an_event(self, words: str) -> None:
        """And so is one that is quiet no more."""
        harness = HubHarness(small_limits(max_age=10_000.0))
        publisher = harness.publisher("a").create()
        publisher.prose("x")
        follower = Follower(harness).connect()
        follower.take()
        harness.advance(2.0)
        if words:
            publisher.publish(gathered("assistant_prose_delta", text=words))
        harness.advance(100.0)
        follower.take()
        harness.advance(14.0)
        assert follower.take() == []
        harness.advance(7.0)
        assert names(follower.take()) == ["a"]
        harness.advance(100.0)
        assert follower.take() == []
        publisher.prose("x")
        harness.advance(0.25)
        assert names(follower.take()) == ["a"]

    def test_one_that_became_quiet_while_nobody_followed_is_replayed(self) -> None:
        """It changed, though nothing happened to it."""
        harness = HubHarness(small_limits(max_age=1000.0))
        publishers = [harness.publisher(name, name).create() for name in "abc"]
        publishers[1].prose("x")
        follower = Follower(harness).connect()
        harness.advance(2.0)
        follower.take()
        follower.lose()
        harness.advance(130.0)
        follower.connect()
        assert names(follower.take()) == ["b"]

    def test_text_after_a_retry_that_is_due_late_can_be_quiet_before_that(self) -> None:
        """Text ends the retry, and from then on the model is awaited."""
        harness = HubHarness(small_limits(max_age=10_000.0))
        publisher = harness.publisher("a").create()
        publisher.publish({"type": "retry_status", "wait_seconds": 3600, "attempt": 1})
        follower = Follower(harness).connect()
        follower.take()
        harness.advance(200.0)
        publisher.prose("x")
        harness.advance(2.0)
        follower.take()
        harness.advance(110.0)
        assert follower.take() == []
        harness.advance(10.0)
        assert names(follower.take()) == ["a"]

    def test_events_that_are_trimmed_by_age_are_told(self) -> None:
        """A row says how many events are held."""
        harness = HubHarness(small_limits(max_age=20.0))
        harness.publisher("a").create().prose("x")
        follower = Follower(harness).connect()
        follower.take()
        harness.advance(60.0)
        assert follower.table.rows["a"]["events"] == 2
        follower.take()
        assert follower.table.rows["a"]["events"] == 0
        assert_same(follower)


class TestTheConnection:
    """A follower is a connection as any viewer."""

    def test_pings_are_answered_and_nothing_else_is_taken(self) -> None:
        """It can't publish, and can't ask."""
        client = HubHarness().follower()
        client.receive()
        assert client.request(type="ping")["type"] == "pong"
        assert client.request(type="list")["code"] == "bad_request"

    def test_status_tells_how_many_follow(self) -> None:
        """And of the connections."""
        harness = HubHarness()
        harness.follower()
        status = harness.connect().request(type="status")
        assert (status["followers"], status["viewers"], status["connections"]) == (1, 0, 2)

    def test_a_stop_ends_it_after_what_is_due(self) -> None:
        """With its reason and the position."""
        harness = HubHarness()
        publisher = harness.publisher("a").create()
        follower = Follower(harness).connect()
        follower.take()
        publisher.prose("x")
        harness.hub.stop()
        records = follower.take()
        assert kinds(records) == ["session", "end"]
        assert records[1] == {
            "type": "end",
            "position": follower.table.position,
            "reason": "stopped",
        }
        assert follower.client is not None
        assert follower.client.connection.finished


STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from("abcd"), st.sampled_from("pdwWrRceEu")),
    st.tuples(st.sampled_from(["open", "leave", "close"]), st.sampled_from("abcd")),
    st.tuples(st.sampled_from(["watch", "unwatch", "remove"]), st.sampled_from("abcd")),
    st.tuples(st.just("advance"), st.sampled_from([0.02, 0.2, 0.3, 1.1, 6.0, 30.0])),
    st.tuples(st.sampled_from(["follow", "lose", "take"]), st.integers(0, 2)),
    st.tuples(st.just("sip"), st.integers(0, 2), st.sampled_from([7, 300, 3000])),
    st.tuples(st.just("squeeze"), st.integers(0, 1)),
)

EVENTS: dict[str, dict[str, Any]] = {
    "p": {"type": "assistant_prose_delta", "text": "some prose"},
    "d": gathered("assistant_prose_delta", text="more"),
    "W": gathered("waiting", what="No?"),
    "R": gathered("resumed"),
    "E": gathered("error", message="no"),
    "w": {"type": "waiting", "what": "Yes?"},
    "r": {"type": "resumed"},
    "c": {"type": "committed"},
    "e": {"type": "error", "message": "no"},
    "u": {"type": "usage", "usage": {"input_tokens": 5}},
}


class World:
    """Publishers, viewers and followers of one hub, driven by steps."""

    def __init__(self) -> None:
        limits = small_limits(max_age=5.0, max_sessions=3, max_events_per_session=6)
        self.harness = HubHarness(replace(limits, forget_after=40.0, publisher_grace=2.0))
        self.followers = [Follower(self.harness) for _ in range(3)]
        self.publishers: dict[str, Publisher] = {}
        self.viewers: dict[str, Client] = {}
        self._ids = 0

    def step(self, action: str, *of: Any) -> None:
        """Do one of `STEPS`; what makes no sense now is nothing."""
        getattr(self, f"_{action}")(*of)

    def _say(self, name: str, kind: str) -> None:
        publisher = self.publishers.get(name)
        if publisher is not None and not publisher.connection.protocol.closed:
            publisher.publish(EVENTS[kind])

    def _open(self, name: str) -> None:
        if name not in self.publishers:
            self._ids += 1
            publisher = self.harness.publisher(name, f"p{self._ids}")
            publisher.request(type="append", first=1, events=[])
            self.publishers[name] = publisher

    def _leave(self, name: str) -> None:
        if name in self.publishers:
            self.publishers.pop(name).disconnect()

    def _close(self, name: str) -> None:
        publisher = self.publishers.pop(name, None)
        if publisher is not None:
            if not publisher.connection.protocol.closed:
                publisher.end()
                publisher.request(type="close")
            publisher.disconnect()

    def _watch(self, name: str) -> None:
        if name not in self.viewers:
            self.viewers[name] = self.harness.viewer(name, wait=True)

    def _unwatch(self, name: str) -> None:
        if name in self.viewers:
            self.viewers.pop(name).disconnect()

    def _remove(self, name: str) -> None:
        client = self.harness.connect()
        client.send(type="remove", session_id=name, force=True)
        client.disconnect()

    def _advance(self, seconds: float) -> None:
        self.harness.advance(seconds)

    def _follow(self, index: int) -> None:
        self.followers[index].connect()

    def _lose(self, index: int) -> None:
        self.followers[index].lose()

    def _take(self, index: int) -> None:
        if self.followers[index].client is not None:
            self.followers[index].take()

    def _sip(self, index: int, max_bytes: int) -> None:
        if self.followers[index].client is not None:
            self.followers[index].take_once(max_bytes)

    def _squeeze(self, kept: int) -> None:
        self.harness.hub.sessions.store.drop_oldest(10_000 if kept else 100)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_every_follower_ends_with_what_list_gives(steps: list[tuple[Any, ...]]) -> None:
    """Whatever happened meanwhile, and however often each was away."""
    world = World()
    for step in steps:
        world.step(*step)
    for follower in world.followers:
        if follower.client is None:
            follower.connect()
    world.harness.advance(LONG_AFTER)
    for follower in world.followers:
        follower.take()
        assert follower.table.is_synced
        assert_same(follower)
