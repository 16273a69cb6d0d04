"""The list's stream: which records are told, and when it ends."""

from __future__ import annotations

from lashtui.exit_codes import ExitCode
from lashtui.listing.changes import ListStream
from lashtui.stream.course import PROGRESS_EVERY

from .listed import RUNNING, SYNCED, WAITING, Record, following, record, removed, session

CALM = record("waits")
"""The session that waits, at work again."""


def told(stream: ListStream, *records: Record) -> list[Record]:
    """What is written of them."""
    return [shown for each in records for shown in stream.receive(each, 0.0)]


def test_without_states_all_is_told() -> None:
    """Record by record, as the daemon sent them."""
    records = [following(), session(RUNNING), session(WAITING), SYNCED, removed("works")]
    records += [{"type": "disconnected", "position": "p2", "reason": "r", "retry_in": 1.0}]
    records += [following("replay", "reconnected"), SYNCED, removed("never heard of")]
    assert told(ListStream(), *records) == records


def test_a_session_that_leaves_the_states_is_told_once() -> None:
    """So that a script that keeps those that wait can forget it; and it is told when it returns."""
    stream = ListStream(frozenset(["waiting"]))
    assert told(stream, following(), session(RUNNING), session(WAITING), SYNCED) == [
        following(),
        session(WAITING),
        SYNCED,
    ]
    assert told(stream, session(CALM)) == [session(CALM)]
    assert told(stream, session(CALM)) == []
    assert told(stream, session(WAITING)) == [session(WAITING)]
    assert told(stream, session(RUNNING)) == []


def test_a_removal_is_told_to_who_knew_the_session() -> None:
    """Of one in the states, not of others."""
    stream = ListStream(frozenset(["waiting"]))
    told(stream, following(), session(RUNNING), session(WAITING), SYNCED)
    assert told(stream, removed("works")) == []
    assert told(stream, removed("waits")) == [removed("waits")]
    assert told(stream, removed("waits")) == []


def test_after_a_position_the_reader_may_know_what_we_do_not() -> None:
    """The first record of each session is told: it may have left the states since."""
    stream = ListStream(frozenset(["waiting"]), "p0")
    records = [following("replay"), session(CALM), removed("gone"), SYNCED]
    assert told(stream, *records) == records
    assert told(stream, session(CALM)) == []
    assert told(stream, session(RUNNING)) == [session(RUNNING)]
    assert told(stream, session(RUNNING)) == []


def test_a_snapshot_after_a_position_makes_the_reader_forget() -> None:
    """What it doesn't name is gone, so nothing has to be told of others."""
    stream = ListStream(frozenset(["waiting"]), "p0")
    assert told(stream, following(), session(CALM), SYNCED) == [following(), SYNCED]
    assert told(stream, removed("gone")) == []


def test_a_snapshot_after_a_loss_forgets_what_it_does_not_name() -> None:
    """The sessions are another daemon's now: a namesake that comes later is a new one."""
    stream = ListStream(frozenset(["waiting"]))
    told(stream, following(), session(WAITING), SYNCED)
    told(stream, following("snapshot", "reconnected"), SYNCED)
    assert told(stream, session(CALM)) == []


def test_it_ends_when_all_has_come() -> None:
    """`--until synced`: after that record, and the last one says where to go on."""
    stream = ListStream(until="synced")
    told(stream, following(), session(RUNNING))
    assert stream.ending is None
    told(stream, SYNCED)
    assert stream.ending is not None
    assert stream.ending.code is ExitCode.DONE
    assert stream.end_record() == {"type": "end", "position": "p1", "reason": "synced"}
    assert told(stream, session(WAITING)) == []


def test_it_ends_when_a_session_waits() -> None:
    """One that does already, once all is known; or the first that does, whatever is chosen."""
    stream = ListStream(until="waiting")
    told(stream, following(), session(WAITING))
    assert stream.ending is None
    told(stream, SYNCED)
    assert stream.ending is not None

    stream = ListStream(frozenset(["failed"]), until="waiting")
    told(stream, following(), session(WAITING), session(CALM), SYNCED, session(RUNNING))
    assert stream.ending is None
    told(stream, session(WAITING))
    assert stream.ending is not None
    assert stream.end_record()["reason"] == "waiting"


def test_the_end_of_the_daemon_is_the_end() -> None:
    """With exit code 5, and the position of what was told."""
    stream = ListStream()
    told(stream, following(), SYNCED, {"type": "end", "position": "p9", "reason": "stopped"})
    assert stream.ending is not None
    assert stream.ending.code is ExitCode.NO_DAEMON
    assert stream.end_record() == {"type": "end", "position": "p1", "reason": "stopped"}


def test_progress_is_told_while_nothing_else_is() -> None:
    """A reader who keeps its position gets on."""
    stream = ListStream(frozenset(["waiting"]))
    told(stream, following(), SYNCED)
    assert stream.receive(session(RUNNING, "p7"), 100.0) == []
    due = stream.progress_due()
    assert due is not None
    assert due <= 100.0 + PROGRESS_EVERY
    assert stream.progress(due) == [{"type": "progress", "position": "p7"}]
