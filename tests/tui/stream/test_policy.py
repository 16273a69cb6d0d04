"""When a stream ends and with which code; which cursor a reader may store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lashtui.exit_codes import ExitCode
from lashtui.stream.course import PROGRESS_EVERY
from lashtui.stream.policy import Stream, StreamOptions

if TYPE_CHECKING:
    from lashtui.stream.policy import Until

Record = dict[str, Any]


def cursor(n: int) -> str:
    """A cursor's text."""
    return f"lashsc1:0:{n}:s"


def control(kind: str, n: int, **rest: object) -> Record:
    """A control record."""
    return {"type": kind, "cursor": cursor(n), **rest}


def activity(n: int, tag: str = "assistant_prose_delta", **rest: object) -> Record:
    """A turn activity."""
    return {"type": "turn_activity", "cursor": cursor(n), "activity": {"type": tag, **rest}}


def committed(n: int, **rest: object) -> Record:
    """A commit."""
    return {"type": "committed", "cursor": cursor(n), **rest}


def ended(n: int, outcome: str = "success") -> Record:
    """The session's end."""
    return {"type": "session_changed", "kind": "ended", "outcome": outcome, "cursor": cursor(n)}


def observation(n: int, state: str, **view: object) -> Record:
    """A snapshot."""
    return control("observation", n, read_view={"state": state, "entries": [], **view})


def stream(until: Until | None = None, **options: Any) -> Stream:
    """A stream that wants `until`."""
    return Stream(StreamOptions(until=until, **options))


def feed(target: Stream, *records: Record, now: float = 0.0) -> list[Record]:
    """What is shown of `records`."""
    return [shown for record in records for shown in target.receive(record, now)]


def reason(target: Stream) -> tuple[str, int] | None:
    """(reason, code) of the end."""
    return None if target.ending is None else (target.ending.reason, int(target.ending.code))


def test_without_until_it_follows_across_an_end_and_a_reopening() -> None:
    """Nothing of the session ends a stream that was not asked to end."""
    target = stream()
    opened = {"type": "session_changed", "kind": "opened", "cursor": cursor(5)}
    records = [observation(1, "ended"), control("synced", 1), activity(2), ended(3), opened]
    assert feed(target, *records) == records
    assert target.ending is None
    assert target.cursor == cursor(5)


def test_until_synced() -> None:
    """All that there was, and no more."""
    target = stream("synced")
    feed(target, control("attached", 0), activity(1), control("synced", 1), activity(2))
    assert reason(target) == ("synced", 0)
    assert target.end_record() == {"type": "end", "cursor": cursor(1), "reason": "synced"}


@pytest.mark.parametrize(
    ("state", "turn_index", "met"),
    [
        ("idle", 1, True),
        ("idle", 0, False),
        ("running", 3, False),
        ("waiting", 3, False),
        ("ended", 0, True),
    ],
)
def test_turn_end_is_met_by_a_snapshot_without_a_running_turn(
    state: str, turn_index: int, met: bool
) -> None:
    """A turn that is over counts at once; one that runs, or never was, is waited for."""
    target = stream("turn-end")
    feed(target, observation(4, state, turn_index=turn_index), control("synced", 4))
    assert (target.ending is not None) is met
    feed(target, committed(5))
    assert reason(target) == ("turn-end", 0)
    assert target.cursor == cursor(4 if met else 5)


def test_turn_end_is_the_first_in_a_replay() -> None:
    """Also before `synced`; what comes after it is not taken."""
    target = stream("turn-end")
    shown = feed(target, activity(1), committed(2), activity(3), committed(4))
    assert [record["cursor"] for record in shown] == [cursor(1), cursor(2)]


def test_a_session_that_ends_in_mid_turn_ends_the_turn() -> None:
    """An agent that was killed never commits; nobody waits for it."""
    target = stream("turn-end", exit_status=True)
    feed(target, observation(1, "running"), ended(2, "cut_off"))
    assert reason(target) == ("turn-end", 6)


@pytest.mark.parametrize("outcome", ["failure", "cut_off"])
def test_exit_status_of_a_failed_session(outcome: str) -> None:
    """6 with the option, 0 without, whether an event or a snapshot says it."""
    for wanted in (True, False):
        by_event = stream("end", exit_status=wanted)
        feed(by_event, control("synced", 0), ended(1, outcome))
        by_view = stream("end", exit_status=wanted)
        feed(by_view, observation(1, "ended", outcome=outcome), control("synced", 1))
        assert reason(by_event) == reason(by_view) == ("session-ended", 6 if wanted else 0)


@pytest.mark.parametrize("outcome", ["success", "cancelled"])
def test_exit_status_of_a_session_that_did_not_fail(outcome: str) -> None:
    """What a person cancelled has not failed."""
    target = stream("end", exit_status=True)
    feed(target, control("synced", 0), ended(1, outcome))
    assert reason(target) == ("session-ended", 0)


def test_exit_status_of_a_turn_whose_last_word_is_an_error() -> None:
    """The same rule as the view's: an error that the agent got over doesn't count."""
    failed = stream("turn-end", exit_status=True)
    feed(failed, activity(1), activity(2, "error", message="x"), activity(3, "usage"), committed(4))
    assert reason(failed) == ("turn-end", 6)
    recovered = stream("turn-end", exit_status=True)
    feed(recovered, activity(1, "error", message="x"), activity(2), committed(3))
    assert reason(recovered) == ("turn-end", 0)
    seen_before = stream("turn-end", exit_status=True)
    feed(seen_before, observation(3, "running", turn={"error": True}), committed(4))
    assert reason(seen_before) == ("turn-end", 6)


def test_exit_status_is_what_the_commit_says() -> None:
    """A stream resumed within a turn has not seen an error before its cursor."""
    failed = stream("turn-end", exit_status=True)
    feed(failed, activity(2, "usage"), committed(3, outcome="failure"))
    assert reason(failed) == ("turn-end", 6)
    recovered = stream("turn-end", exit_status=True)
    feed(recovered, activity(1, "error", message="x"), committed(2, outcome="success"))
    assert reason(recovered) == ("turn-end", 0)


def test_until_end_waits_for_synced() -> None:
    """An end that was followed by a reopening in the replay is none."""
    target = stream("end")
    opened = {"type": "session_changed", "kind": "opened", "cursor": cursor(2)}
    feed(target, ended(1), opened, control("synced", 2))
    assert target.ending is None
    feed(target, ended(3))
    assert reason(target) == ("session-ended", 0)
    replayed = stream("end")
    feed(replayed, ended(1), control("synced", 1))
    assert reason(replayed) == ("session-ended", 0)


def test_until_waiting_is_about_now() -> None:
    """A wait that was answered before `synced` is over; a later one counts."""
    target = stream("waiting")
    feed(target, activity(1, "waiting"), activity(2, "resumed"), control("synced", 2))
    assert target.ending is None
    feed(target, activity(3, "waiting", what="approval"))
    assert reason(target) == ("waiting", 0)
    at_once = stream("waiting")
    feed(at_once, observation(3, "waiting"), control("synced", 3))
    assert reason(at_once) == ("waiting", 0)


def test_at_the_tail_the_state_comes_with_attached() -> None:
    """After a cursor at the tail nothing else says whether the session has ended already."""
    target = stream("end", exit_status=True)
    feed(target, control("attached", 5, served="replay", state="ended", outcome="failure"))
    assert target.ending is None
    feed(target, control("synced", 5))
    assert reason(target) == ("session-ended", 6)


def test_an_older_daemon_says_no_state() -> None:
    """The stream then goes by what comes."""
    target = stream("end")
    feed(target, control("attached", 5, served="replay"), control("synced", 5), activity(6))
    assert target.ending is None
    assert target.state == "running"


def test_a_gap_is_passed_only_with_its_observation() -> None:
    """A cursor stored between the two would lose the events of the gap."""
    target = Stream(StreamOptions(), cursor(3))
    gap = control("gap", 90, reason="trimmed", lost=40)
    feed(target, control("attached", 90, served="gap"), gap)
    assert target.cursor == cursor(3)
    feed(target, observation(90, "idle"))
    assert target.cursor == cursor(90)


def test_on_gap_fail_stays_before_the_gap() -> None:
    """The gap record is shown, the end is 3, and the cursor can be tried again."""
    target = Stream(StreamOptions(fail_on_gap=True), cursor(3))
    gap = control("gap", 90, reason="trimmed", lost=40)
    assert feed(target, gap, observation(90, "idle")) == [gap]
    assert reason(target) == ("gap", 3)
    assert target.end_record()["cursor"] == cursor(3)
    assert target.ending is not None
    assert "40 events" in target.ending.message


@pytest.mark.parametrize(("why", "code"), [("forgotten", 4), ("stopped", 5)])
def test_an_end_by_the_daemon_is_not_a_success(why: str, code: int) -> None:
    """The stream was cut: the code and a sentence say so, the record is the daemon's."""
    target = stream()
    assert feed(target, activity(4), control("end", 9, reason=why)) == [activity(4)]
    assert reason(target) == (why, code)
    assert target.end_record() == control("end", 4, reason=why)
    assert target.ending is not None
    assert target.ending.message


def test_the_first_reason_stays() -> None:
    """A signal after the end doesn't change it."""
    target = stream("synced")
    feed(target, control("synced", 1))
    target.stop("interrupted", ExitCode.INTERRUPTED)
    assert reason(target) == ("synced", 0)


def test_only_filters_events_and_entries_but_no_control_record() -> None:
    """And the end is judged before the filter."""
    target = stream("turn-end", only=frozenset({"tools"}))
    entries = [{"kind": "prose", "id": "a"}, {"kind": "tool", "id": "b"}, {"kind": "value"}]
    shown = feed(
        target,
        control("attached", 0),
        observation(1, "running", entries=entries),
        control("synced", 1),
        activity(2),
        activity(3, "tool_call_started", name="x"),
        committed(4),
    )
    assert [record["type"] for record in shown] == [
        "attached",
        "observation",
        "synced",
        "turn_activity",
    ]
    assert [entry["kind"] for entry in shown[1]["read_view"]["entries"]] == ["tool", "value"]
    assert shown[1]["read_view"]["state"] == "running"
    assert reason(target) == ("turn-end", 0)
    assert target.end_record()["cursor"] == cursor(4)


def test_progress_reports_the_cursor_while_all_is_filtered() -> None:
    """At most every five seconds, only when the cursor moved, never without `--only`."""
    target = stream(only=frozenset({"tools"}))
    assert feed(target, control("synced", 0), now=100.0) == [control("synced", 0)]
    assert target.progress_due() is None
    assert feed(target, activity(1), now=101.0) == []
    assert target.progress_due() == 100.0 + PROGRESS_EVERY
    assert target.progress(104.9) == []
    assert target.progress(105.0) == [control("progress", 1)]
    assert target.progress(200.0) == []
    shown = [
        record
        for step in range(1, 101)
        for record in feed(target, activity(step + 1), now=200.0 + step / 10)
    ]
    assert [record["type"] for record in shown] == ["progress", "progress"]
    assert shown[-1]["cursor"] == target.cursor or target.progress_due() is not None
