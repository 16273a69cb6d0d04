"""Where a stream begins, and what comes in which order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.cursor import SessionCursor
from tests.daemon.hub.hub_harness import HubHarness, kinds, prose, small_limits, texts, view_text


def test_a_snapshot_comes_first_then_synced_then_live_events() -> None:
    """A plain attach shows the whole session, says that it is live, and then follows it."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a", "b")
    viewer = harness.viewer()
    attached, observation, synced = viewer.receive()
    assert (attached["type"], attached["served"]) == ("attached", "snapshot")
    assert attached["daemon"] == {"incarnation": 7, "version": "test"}
    assert view_text(observation) == "ab"
    assert (synced["type"], synced["cursor"]) == ("synced", observation["cursor"])
    publisher.prose("c")
    assert texts(viewer.receive()) == ["c"]


@pytest.mark.parametrize("start", ["snapshot", "start", "now"])
def test_attached_carries_the_state_as_of_the_synced_that_follows(start: str) -> None:
    """A reader knows whether the session runs and how it ended, wherever its stream begins."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    attached = harness.viewer(start=start).receive()[0]
    assert (attached["state"], attached["outcome"]) == ("running", None)
    publisher.end("failure")
    attached = harness.viewer(start=start).receive()[0]
    assert (attached["state"], attached["outcome"]) == ("ended", "failure")


def test_a_waiting_reader_learns_the_state_the_session_is_created_with() -> None:
    """Nothing is said while there is no session; `attached` then has the state it starts in."""
    harness = HubHarness()
    viewer = harness.viewer(wait=True)
    harness.publisher().create()
    attached = viewer.receive()[0]
    assert (attached["state"], attached["outcome"]) == ("idle", None)


def test_a_cursor_resumes_exactly_after_it() -> None:
    """From any event's cursor a reader gets each later event once, and none before."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a", "b", "c")
    first = harness.viewer(start="start")
    events = [record for record in first.receive() if record["type"] == "turn_activity"]
    for index, event in enumerate(events):
        records = harness.viewer(None, cursor=event["cursor"], start="cursor").receive()
        assert records[0]["served"] == "replay"
        assert records[0]["cursor"] == event["cursor"]
        assert texts(records) == ["a", "b", "c"][index + 1 :]
        assert kinds(records).count("synced") == 1
        assert records[-1]["type"] == "synced"


def test_a_cursor_alone_begins_after_it() -> None:
    """`start` may be left out: a cursor says where to begin."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    cursor = harness.sessions()["s"]["cursor"]
    publisher.prose("b")
    assert texts(harness.viewer(None, cursor=cursor).receive()) == ["b"]


def test_now_gives_only_what_comes() -> None:
    """`start: now` replays nothing."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    viewer = harness.viewer(start="now")
    assert kinds(viewer.receive()) == ["attached", "synced"]
    publisher.prose("b")
    assert texts(viewer.receive()) == ["b"]


def test_start_gives_all_that_is_retained_and_last_cuts_it() -> None:
    """`last` counts from the end, and implies a replay; more than there is gives everything."""
    harness = HubHarness(small_limits(max_events_per_session=4))
    publisher = harness.publisher()
    publisher.prose(*"abcdefgh")
    assert texts(harness.viewer(start="start").receive()) == ["e", "f", "g", "h"]
    assert texts(harness.viewer(start="start", last=2).receive()) == ["g", "h"]
    assert texts(harness.viewer(last=1).receive()) == ["h"]
    assert texts(harness.viewer(last=0).receive()) == []
    assert texts(harness.viewer(last=99).receive()) == ["e", "f", "g", "h"]


def test_revisions_never_fall_along_a_stream() -> None:
    """The cursor made up for the start of a replay fits before the first event."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    publisher.publish({"type": "committed"})
    publisher.prose("b")
    publisher.publish({"type": "committed"})
    records = harness.viewer(start="start").receive()
    revisions = [SessionCursor(record["cursor"]).parse().revision.n for record in records]
    assert revisions == [0, 0, 0, 1, 1, 2, 2]


def test_a_trimmed_cursor_gets_one_gap_with_exact_numbers_and_one_snapshot() -> None:
    """The gap counts what exists nowhere any more, and what the snapshot stands for."""
    harness = HubHarness(small_limits(max_events_per_session=4))
    publisher = harness.publisher()
    publisher.prose("a")
    cursor = harness.sessions()["s"]["cursor"]
    publisher.prose(*"bcdefgh")
    records = harness.viewer(None, cursor=cursor).receive()
    assert kinds(records) == ["attached", "gap", "observation", "synced"]
    attached, gap, observation, _ = records
    assert attached["served"] == "gap"
    assert attached["cursor"] == gap["requested_cursor"] == cursor
    assert (gap["reason"], gap["lost"], gap["skipped"]) == ("trimmed", 3, 7)
    assert gap["latest_cursor"] == gap["cursor"] == observation["cursor"]
    assert view_text(observation) == "abcdefgh"


@pytest.mark.parametrize("position", [(8 << 40) + 1, (7 << 40) + 999, 1])
def test_a_cursor_of_elsewhere_is_unavailable(position: int) -> None:
    """Another incarnation, or ahead of the tail: never an empty replay."""
    harness = HubHarness()
    harness.publisher().prose("a")
    records = harness.viewer(None, cursor=f"lashsc1:0:{position}:s").receive()
    assert kinds(records) == ["attached", "gap", "observation", "synced"]
    assert (records[1]["reason"], records[1]["lost"]) == ("unavailable", None)


def test_a_removed_namesake_is_never_taken_for_this_session() -> None:
    """A cursor of the session that was removed is unavailable in the new one of its name."""
    harness = HubHarness()
    harness.publisher().prose("a", "b")
    cursor = harness.sessions()["s"]["cursor"]
    assert harness.connect().request(type="remove", session_id="s", force=True)["type"] == "removed"
    harness.publisher(publisher_id="q").prose("c")
    records = harness.viewer(None, cursor=cursor).receive()
    assert records[1]["reason"] == "unavailable"
    assert view_text(records[2]) == "c"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"session_id": "nobody"}, "no_session"),
        ({"cursor": "lashsc1:0:1:nobody"}, "no_session"),
        ({"session_id": "nobody", "cursor": "rubbish"}, "malformed_cursor"),
        ({"session_id": "nobody", "cursor": "lashsc1:0:1:s"}, "wrong_session"),
        ({"session_id": "s", "cursor": "lashsc1:0:1:t", "wait": True}, "wrong_session"),
        ({"session_id": "x\n"}, "no_session"),
    ],
)
def test_a_refused_attach_says_why_and_leaves_the_connection_usable(
    request_: dict[str, Any], code: str
) -> None:
    """A cursor is judged before it is looked for the session."""
    harness = HubHarness()
    harness.publisher().prose("a")
    client = harness.connect()
    reply = client.request(type="attach", **request_)
    assert (reply["type"], reply["code"]) == ("error", code)
    assert client.request(type="ping")["type"] == "pong"
    client.send(type="attach", session_id="s")
    assert kinds(client.receive()) == ["attached", "observation", "synced"]


def test_without_a_name_there_must_be_exactly_one_session() -> None:
    """With none or several the request is refused, not guessed."""
    harness = HubHarness()
    assert harness.connect().request(type="attach")["code"] == "no_session"
    harness.publisher().prose("a")
    assert view_text(harness.viewer(None).receive()[1]) == "a"
    harness.publisher("t").prose("b")
    assert harness.connect().request(type="attach")["code"] == "no_session"


def test_a_waiting_reader_is_served_when_the_session_is_created() -> None:
    """Whatever it asked for, it misses nothing: it was there before the first event."""
    harness = HubHarness()
    plain, now = harness.viewer(wait=True), harness.viewer(wait=True, start="now")
    assert plain.receive() == now.receive() == []
    publisher = harness.publisher()
    assert plain.receive() == []
    publisher.prose("a")
    records = plain.receive()
    assert kinds(records)[:3] == ["attached", "observation", "synced"]
    assert texts(records) == ["a"]
    records = now.receive()
    assert kinds(records) == ["attached", "session_changed", "synced", "turn_activity"]


def test_waiting_creates_nothing() -> None:
    """A reader that waits for a session does not make it exist."""
    harness = HubHarness()
    harness.viewer("ghost", wait=True)
    harness.advance(100)
    assert harness.sessions() == {}


def test_a_waiting_reader_that_leaves_is_not_served() -> None:
    """The session that comes later has no viewer."""
    harness = HubHarness()
    viewer = harness.viewer(wait=True)
    viewer.disconnect()
    harness.publisher().prose("a")
    assert harness.sessions()["s"]["viewers"] == 0


@pytest.mark.parametrize("start", ["start", "now"])
def test_a_waiting_reader_gets_a_gap_for_a_restored_past(start: str) -> None:
    """The past that a restore brings can't be replayed; the reader gets a gap for it."""
    harness = HubHarness()
    source = harness.publisher("source")
    source.prose("past")
    view = harness.connect().request(type="show", session_id="source")["read_view"]
    viewer = harness.viewer(wait=True, start=start)
    publisher = harness.publisher()
    publisher.request(type="restore", view=view, last=1)
    records = viewer.receive()
    assert kinds(records) == ["attached", "gap", "observation", "synced"]
    assert view_text(records[2]) == "past"


def test_a_waiting_reader_with_a_cursor_of_before_gets_one_gap_after_the_restore() -> None:
    """Its cursor is another daemon's; the restored past comes as a snapshot, then live events."""
    harness = HubHarness()
    source = harness.publisher("source")
    source.prose("past")
    view = harness.connect().request(type="show", session_id="source")["read_view"]
    viewer = harness.viewer(cursor=f"lashsc1:0:{(3 << 40) + 5}:s", wait=True)
    publisher = harness.publisher()
    assert viewer.receive() == []
    publisher.request(type="restore", view=view, last=1)
    publisher.request(type="append", first=2, events=[prose("present")])
    records = viewer.receive()
    assert kinds(records) == ["attached", "gap", "observation", "synced", "turn_activity"]
    assert view_text(records[2]) == "past"
    assert texts(records) == ["present"]


def test_removal_ends_the_stream_and_closes() -> None:
    """`end` says why nothing more comes, with the position the viewer has reached."""
    harness = HubHarness()
    harness.publisher().prose("a")
    viewer = harness.viewer()
    cursor = viewer.receive()[-1]["cursor"]
    harness.connect().request(type="remove", session_id="s", force=True)
    assert viewer.receive() == [{"type": "end", "cursor": cursor, "reason": "forgotten"}]
    assert viewer.connection.finished


def test_a_contradictory_attach_closes_the_connection() -> None:
    """A negative `last`, and `start: cursor` without one."""
    harness = HubHarness()
    harness.publisher().prose("a")
    client = harness.connect()
    assert client.request(type="attach", session_id="s", last=-1)["code"] == "bad_request"
    assert client.connection.finished
    client = harness.connect()
    assert client.request(type="attach", session_id="s", start="cursor")["code"] == "bad_request"


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(1, 400)), max_size=9
    )
)
def test_a_cursor_gives_exactly_what_follows_or_a_gap_whatever_is_appended_meanwhile(
    steps: list[tuple[int, int, int]],
) -> None:
    """Invariants: replay and cut. Readers attach at any cursor, at any moment, and read slowly."""
    harness = HubHarness(small_limits(max_events_per_session=12))
    publisher = harness.publisher().create()
    start = SessionCursor(harness.sessions()["s"]["cursor"]).parse().live_position
    readers = []
    for count, back, appetite in steps:
        publisher.prose(*("x" for _ in range(count)))
        tail = start + publisher.number
        wanted = max(start, tail - back)
        first = max(start, tail - 11)
        reader = harness.viewer(None, cursor=f"lashsc1:0:{wanted}:s", start="cursor")
        readers.append((reader, wanted, wanted < first - 1))
        for other, _, _ in readers:
            other.receive_once(appetite)
    end = start + publisher.number
    for reader, wanted, gap_expected in readers:
        records = reader.receive()
        assert records[0]["served"] == ("gap" if gap_expected else "replay")
        assert kinds(records).count("synced") == 1
        assert kinds(records).count("gap") == kinds(records).count("observation")
        position = wanted
        for record in records[1:]:
            if record["type"] == "gap":
                assert SessionCursor(record["requested_cursor"]).parse().live_position == position
            found = SessionCursor(record["cursor"]).parse().live_position
            if record["type"] == "turn_activity":
                assert found == position + 1
            assert found >= position
            if record["type"] != "gap":
                position = found
        assert position == end
