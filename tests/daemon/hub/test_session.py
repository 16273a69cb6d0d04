"""What is cut for one reader is there for all at its position."""

from __future__ import annotations

from tests.daemon.hub.hub_harness import HubHarness


def test_readers_at_one_position_get_the_same_bytes_object() -> None:
    """A hundred readers cost one copy."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a", "b", "c")
    session = harness.hub.sessions.by_id["s"]
    first, second = session.read(1, 100_000, None), session.read(1, 100_000, None)
    assert first is not None
    assert second is not None
    assert first.blob is second.blob
    assert first.last == 4
    assert first.cursor == harness.sessions()["s"]["cursor"]


def test_a_cut_is_not_used_for_a_reader_that_wants_less_or_much_more() -> None:
    """Each gets at most what it asked for, and never much less than there is."""
    harness = HubHarness()
    harness.publisher().prose("a", "b", "c")
    session = harness.hub.sessions.by_id["s"]
    small = session.read(1, 1, None)
    assert small is not None
    assert small.last == 2
    large = session.read(1, 100_000, None)
    assert large is not None
    assert large.last == 4
    again = session.read(1, 1, None)
    assert again is not None
    assert again.last == 2


def test_at_the_tail_there_is_nothing() -> None:
    """A reader that has everything gets nothing."""
    harness = HubHarness()
    harness.publisher().prose("a")
    session = harness.hub.sessions.by_id["s"]
    assert session.read(session.tail, 1000, None) is None


def test_only_a_few_sessions_keep_their_encoded_snapshot() -> None:
    """Whoever shows all sessions one after the other must not make the daemon hold them all."""
    harness = HubHarness()
    client = harness.connect()
    for number in range(20):
        harness.publisher(f"s{number}", "p").prose("x")
        client.request(type="show", session_id=f"s{number}")
    kept = [
        session
        for session in harness.hub.sessions.by_id.values()
        if session.host._encoded is not None
    ]
    assert [session.session_id for session in kept] == [f"s{number}" for number in range(12, 20)]
    harness.advance(10)
    assert all(session.host._encoded is None for session in kept)


def test_release_frees_what_was_kept_for_other_readers() -> None:
    """Without readers a session costs its ring and its view."""
    harness = HubHarness()
    harness.publisher().prose("a")
    session = harness.hub.sessions.by_id["s"]
    session.read(0, 1000, None)
    session.release()
    assert not session._cuts
