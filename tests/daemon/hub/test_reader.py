"""A reader is a position: slowness costs nothing, and a loss is one gap and one snapshot."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.cursor import SessionCursor
from lashd.session.codec import event_from_wire
from lashd.session.fold import fold
from lashd.session.view import view_from_wire
from tests.daemon.hub.hub_harness import HubHarness, kinds, small_limits, texts, view_text


def test_a_slow_reader_loses_nothing_while_the_ring_holds_it() -> None:
    """Reading late costs nothing until the ring has moved on."""
    harness = HubHarness(small_limits(max_events_per_session=100))
    publisher = harness.publisher()
    publisher.create()
    viewer = harness.viewer()
    viewer.receive()
    for number in range(99):
        publisher.prose(f"{number},")
    assert texts(viewer.receive()) == [f"{number}," for number in range(99)]


def test_a_lag_is_one_gap_and_one_snapshot_and_goes_forward_only() -> None:
    """What a reader has lost is counted exactly, and shown as a whole; then it is live again."""
    harness = HubHarness(small_limits(max_events_per_session=10))
    publisher = harness.publisher()
    publisher.create()
    viewer = harness.viewer()
    synced = viewer.receive()[-1]
    publisher.prose(*"abcdefghijklmnopqrst")
    records = viewer.receive()
    assert kinds(records) == ["gap", "observation"]
    gap, observation = records
    assert gap["requested_cursor"] == synced["cursor"]
    assert (gap["reason"], gap["lost"], gap["skipped"]) == ("trimmed", 10, 20)
    assert view_text(observation) == "abcdefghijklmnopqrst"
    assert gap["cursor"] == observation["cursor"]
    publisher.prose("u")
    assert texts(viewer.receive()) == ["u"]


def test_synced_comes_once_even_when_the_replay_is_cut_by_a_lag() -> None:
    """Behind the snapshot, at its position."""
    harness = HubHarness(small_limits(max_events_per_session=10))
    publisher = harness.publisher()
    publisher.prose(*"abcde")
    viewer = harness.viewer(start="start")
    viewer.receive_once(350)  # attached and an event or two
    publisher.prose(*"fghijklmnopqrst")
    records = viewer.receive()
    assert kinds(records).count("synced") == 1
    assert kinds(records).count("gap") == kinds(records).count("observation") == 1
    assert records[-1]["type"] == "synced"
    assert records[-1]["cursor"] == records[-2]["cursor"]


def test_synced_stands_at_the_tail_of_the_attach() -> None:
    """What comes after the attach comes after `synced`, though it is there when it is pulled."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    viewer = harness.viewer(start="start")
    publisher.prose("b")
    records = viewer.receive()
    assert kinds(records)[-3:] == ["turn_activity", "synced", "turn_activity"]
    assert records[-2]["cursor"] == records[-3]["cursor"]


def test_a_publishers_view_after_an_overflow_is_one_gap_for_every_reader() -> None:
    """Wherever it had begun, each reader gets the view that replaces its own."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    viewers = [harness.viewer(), harness.viewer(start="now")]
    for viewer in viewers:
        viewer.receive()
    view = harness.connect().request(type="show", session_id="s")["read_view"]
    view["entries"][0]["text"] = "replaced"
    publisher.request(type="append", first=9, events=[{"type": "usage"}], view=view)
    for viewer in viewers:
        records = viewer.receive()
        assert kinds(records) == ["gap", "observation"]
        assert view_text(records[1]) == "replaced"
    assert publisher.request(type="append", first=10, events=[])["last"] == 9


def test_end_comes_after_everything_that_was_there() -> None:
    """A graceful stop loses no event for a reader that still takes them."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.create()
    viewer = harness.viewer()
    viewer.receive()
    publisher.prose("a", "b")
    harness.hub.stop()
    records = viewer.receive()
    assert texts(records) == ["a", "b"]
    assert records[-1] == {"type": "end", "cursor": records[-2]["cursor"], "reason": "stopped"}
    assert viewer.connection.finished


def position(cursor: str) -> int:
    return SessionCursor(cursor).parse().live_position


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(30, 2000)), max_size=20)
)
def test_whatever_the_pace_the_reader_ends_with_the_sessions_view(
    steps: list[tuple[int, int, int]],
) -> None:
    """Events or one gap with one snapshot, positions rise, and the fold of it all is the view."""
    harness = HubHarness(small_limits(max_events_per_session=8))
    publisher = harness.publisher()
    publisher.create()
    viewer = harness.viewer()
    records = viewer.receive()
    for count, pulls, size in steps:
        publisher.prose(*(f"{publisher.number}.{index} " for index in range(count)))
        for _ in range(pulls):
            viewer.receive_once(size)
    records += viewer.receive()

    assert kinds(records).count("synced") == 1
    last, view, expected_gap = 0, None, False
    for record in records:
        if record["type"] == "gap":
            assert not expected_gap
            expected_gap = True
        elif record["type"] == "observation":
            assert view is None or expected_gap
            assert position(record["cursor"]) > last
            last, view, expected_gap = position(record["cursor"]), record["read_view"], False
            view = view_from_wire(view)
        elif record["type"] == "turn_activity":
            assert not expected_gap
            assert view is not None
            assert position(record["cursor"]) == last + 1
            last += 1
            view = fold(view, event_from_wire(record))
    shown = harness.connect().request(type="show", session_id="s")
    assert view == view_from_wire(shown["read_view"])
    assert last == position(shown["cursor"])
