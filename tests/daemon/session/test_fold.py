"""The fold: what events do to a view, wherever a reader came in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lashd.cursor import SessionCursor, SessionRevision
from lashd.session.arrivals import TurnArrival
from lashd.session.codec import payload_to_wire
from lashd.session.entries import Entries, ViewChanges, entry_size
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    CodeBlockCompleted,
    CodeBlockStarted,
    Committed,
    Error,
    ModelAttemptReset,
    Payload,
    ProcessChanged,
    QueueChanged,
    ReasoningDelta,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionObservationEvent,
    SessionOutcome,
    SessionProcessEventKind,
    SessionQueueEventKind,
    TextFormat,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    TurnEvent,
    UnknownTurnEvent,
    Usage,
    UserMessage,
    Waiting,
)
from lashd.session.facts import MAX_PROCESSES, MAX_QUEUE
from lashd.session.fold import MAX_OUTPUT_BYTES, MAX_PLAIN_ENTRY, Fold, fold
from lashd.session.view import Entry, ReadView, decode_view, encode_view, view_from_wire
from lashd.short import SMALL

from .histories import colliding_histories, histories, turn_events

SUCCESS = {"outcome": {"status": "success", "payload": "ok"}}
FAILURE = {"outcome": {"status": "failure", "message": "no"}}


class FoldedSession:
    """A view that takes payloads; positions and times count up."""

    def __init__(self, **bounds: Any) -> None:
        self.fold = Fold(ReadView("s", **bounds), track=True)
        self.n = 0

    def take(self, *payloads: Payload | AnyTurnEvent, key: str | None = None) -> ReadView:
        """Fold them in; the view after that. `key`: correlation id of the turn events."""
        for given_payload in payloads:
            self.n += 1
            payload: Any = given_payload
            if isinstance(given_payload, TurnEvent | UnknownTurnEvent):
                payload = TurnActivity(f"a{self.n}", key, given_payload)
            self.fold.apply(event_at(self.n, payload))
        return self.fold.view


def event_at(n: int, payload: Payload) -> SessionObservationEvent:
    """The payload as event n."""
    revision = SessionRevision(0)
    return SessionObservationEvent(
        "s", revision, SessionCursor.new("s", revision, n), payload, 1000 + n
    )


def kinds_and_texts(view: ReadView) -> list[tuple[str, str | None]]:
    """Of each entry."""
    return [(entry.kind, entry.text) for entry in view.entries]


@settings(max_examples=150, deadline=None)
@given(histories, st.sampled_from([(16_384, 4_194_304), (4, 4_194_304), (50, 2_000), (3, 700)]))
def test_it_never_matters_where_a_reader_came_in(
    history: list[Payload], bounds: tuple[int, int]
) -> None:
    """fold(view at c, events after c) == view now, for every c, also through the wire form."""
    events = [event_at(n, payload) for n, payload in enumerate(history, 1)]
    folding = Fold(ReadView("s", max_entries=bounds[0], max_bytes=bounds[1]))
    views = [folding.view.copy()]
    for event in events:
        folding.apply(event)
        views.append(folding.view.copy())

    for cut, view in enumerate(views):
        assert fold(decode_view(encode_view(view)), *events[cut:]) == folding.view


@settings(max_examples=100, deadline=None)
@given(histories)
def test_the_bounds_hold_after_each_event(history: list[Payload]) -> None:
    """A view never has more entries, nor much more content, than it says; sizes stay exact."""
    folding = Fold(ReadView("s", max_entries=5, max_bytes=2_000))
    for n, payload in enumerate(history, 1):
        folding.apply(event_at(n, payload))

        view = folding.view
        assert len(view.entries) <= 5
        assert folding.size == sum(entry_size(entry) for entry in view.entries)
        assert folding.size <= 2_000 or len(view.entries) == 1
        assert len({entry.id for entry in view.entries}) == len(view.entries)


def prose(text: str, key: str | None = None) -> TurnActivity:
    """A piece of prose."""
    return TurnActivity("", key, AssistantProseDelta(text))


REUSED_AFTER_A_DROP: list[Payload] = [
    TurnActivity("", None, Usage({})),
    prose(""),
    prose("", "b"),
    *[Committed()] * 5,
    QueueChanged(SessionQueueEventKind.ENQUEUED, []),
    prose(""),
    TurnActivity("", None, ToolCallStarted("a", call_id="b")),
]
"""The id of an entry that was dropped from the head is used again by another one."""
REUSED_AND_WITHDRAWN: list[Payload] = [
    prose("", "b"),
    *[Committed()] * 6,
    prose("", "b"),
    TurnActivity("", None, ModelAttemptReset(["b"])),
]
"""The same, and that one is withdrawn at once."""


def apply_changes(mirror: dict[str, Entry], changes: ViewChanges, view: ReadView) -> None:
    """Update a mirror as `ViewChanges` says."""
    if changes.reset:
        mirror.clear()
        mirror.update((entry.id, entry) for entry in view.entries)
        return
    for entry_id in changes.removed:
        del mirror[entry_id]
    for entry_id in list(mirror)[: changes.dropped]:
        del mirror[entry_id]
    assert changes.added == changes.changed.keys() - mirror.keys()
    mirror.update(changes.changed)


@settings(max_examples=300, deadline=None)
@given(st.one_of(histories, colliding_histories), st.integers(1, 6), st.sets(st.integers(1, 25)))
@example(REUSED_AFTER_A_DROP, 6, {3, 6, 9})
@example(REUSED_AND_WITHDRAWN, 6, {3})
def test_the_changes_are_complete(
    history: list[Payload], max_entries: int, taken_after: set[int]
) -> None:
    """A mirror that applies each batch of changes has the view's entries, whenever it takes them.

    What is new in a batch is exactly what the mirror does not have.
    """
    folding = Fold(ReadView("s", max_entries=max_entries), track=True)
    mirror: dict[str, Entry] = {}
    for n, payload in enumerate(history, 1):
        folding.apply(event_at(n, payload))
        if n in taken_after or n == len(history):
            apply_changes(mirror, folding.take_changes(), folding.view)
            assert list(mirror.values()) == folding.view.entries
            assert list(mirror) == [entry.id for entry in folding.view.entries]


def test_deltas_without_ids_join_the_open_entry_of_their_kind() -> None:
    """Prose continues its entry until something else is shown."""
    view = FoldedSession().take(
        AssistantProseDelta("Hel"),
        AssistantProseDelta("lo"),
        ReasoningDelta("hm"),
        AssistantProseDelta("again"),
    )

    assert kinds_and_texts(view) == [("prose", "Hello"), ("reasoning", "hm"), ("prose", "again")]
    assert [entry.ended_at is None for entry in view.entries] == [False, False, True]


def test_text_ends_where_the_end_of_an_unknown_call_comes() -> None:
    """A call whose start was not told has no beginning, and yet a place in time."""
    view = FoldedSession().take(AssistantProseDelta("so"), ToolCallCompleted("read"))

    assert [(entry.started_at, entry.ended_at) for entry in view.entries] == [
        (1001, 1002),
        (None, 1002),
    ]


def test_deltas_of_a_known_entry_go_there_whatever_came_between() -> None:
    """Two answers that interleave stay apart by their correlation ids."""
    session = FoldedSession()
    session.take(AssistantProseDelta("a1"), key="a")
    session.take(AssistantProseDelta("b1"), key="b")
    view = session.take(AssistantProseDelta("a2"), key="a")

    assert kinds_and_texts(view) == [("prose", "a1a2"), ("prose", "b1")]


def test_a_subagents_text_stays_under_its_call() -> None:
    """Entries of another parent are never joined."""
    session = FoldedSession()
    child = TurnActivity("x", None, AssistantProseDelta("child"), parent="t1")
    view = session.take(AssistantProseDelta("mine"), child, AssistantProseDelta("mine too"))

    assert [(entry.text, entry.parent) for entry in view.entries] == [
        ("mine", None),
        ("child", "t1"),
        ("mine too", None),
    ]


def test_a_commit_settles_and_the_same_id_begins_another_entry() -> None:
    """An agent that counts its items from 0 in each turn doesn't write into the last turn."""
    session = FoldedSession()
    session.take(AssistantProseDelta("one"), key="item_0")
    session.take(Committed())
    view = session.take(AssistantProseDelta("two"), key="item_0")

    assert kinds_and_texts(view) == [("prose", "one"), ("commit", None), ("prose", "two")]
    assert view.turn_index == 1
    assert [entry.settled for entry in view.entries] == [True, True, False]
    assert view.state == "running"


def test_a_retried_attempt_is_withdrawn() -> None:
    """`model_attempt_reset` removes the text of its entries, and only that."""
    session = FoldedSession()
    session.take(AssistantProseDelta("wrong"), key="m1")
    session.take(ReasoningDelta("kept"), key="m0")
    session.fold.take_changes()
    view = session.take(ModelAttemptReset(["m1"]))

    assert kinds_and_texts(view) == [("reasoning", "kept")]
    assert session.fold.take_changes() == ViewChanges(removed=["m1"])


def test_a_retry_says_that_its_attempt_is_withdrawn() -> None:
    """The newest retry after the text, never one before it."""
    session = FoldedSession()
    session.take(AssistantProseDelta("wrong"), key="m1")
    session.take(RetryStatus(1.0, 1, 3, "busy"), key="r1")
    session.take(RetryStatus(1.0, 2, 3, "busy"), key="r2")
    session.fold.take_changes()
    view = session.take(ModelAttemptReset(["m1"]))
    said = {"wait_seconds": 1.0, "max_attempts": 3}
    assert [entry.output for entry in view.entries] == [
        {**said, "attempt": 1},
        {**said, "attempt": 2, "withdrawn": True},
    ]
    assert list(session.fold.take_changes().changed) == ["r2"]
    # What comes after the retry is no part of the attempt before it.
    session.take(AssistantProseDelta("later"), key="m2")
    session.take(RetryStatus(1.0, 3, 3, "busy"), key="r3")
    session.take(AssistantProseDelta("last"), key="m3")
    view = session.take(ModelAttemptReset(["m3"]))
    assert view.entries[-1].output == {**said, "attempt": 3}


def test_parallel_tools_end_in_any_order() -> None:
    """Each completion finds its own call, with its state and duration."""
    session = FoldedSession()
    session.take(ToolCallStarted("bash", {"c": 1}, "t1"), ToolCallStarted("bash", {"c": 2}, "t2"))
    view = session.take(
        ToolCallCompleted("bash", None, FAILURE, "t2"),
        ToolCallCompleted("bash", None, SUCCESS, "t1", 7.5),
    )

    assert [(entry.id, entry.state, entry.duration_ms) for entry in view.entries] == [
        ("t1", "success", 7.5),
        ("t2", "failure", 1.0),
    ]


def test_a_tool_may_end_after_its_turn() -> None:
    """A background call that ends after the commit updates its entry."""
    session = FoldedSession()
    session.take(ToolCallStarted("bash", None, "t1"), Committed())
    view = session.take(ToolCallCompleted("bash", None, SUCCESS, "t1"))

    assert [(entry.kind, entry.state) for entry in view.entries] == [
        ("tool", "success"),
        ("commit", "success"),
    ]


def test_a_completion_without_a_start_is_shown_once() -> None:
    """Formats that report only the end, even twice, give one entry."""
    done = ToolCallCompleted("grep", {"q": "x"}, SUCCESS, "t9", 3.0)
    view = FoldedSession().take(done, done)

    assert [(entry.id, entry.args, entry.state) for entry in view.entries] == [
        ("t9", {"q": "x"}, "success")
    ]


def test_the_end_closes_what_is_open() -> None:
    """Nothing will report their ends any more, so running calls and processes are cancelled."""
    session = FoldedSession()
    session.take(
        AssistantProseDelta("half"),
        ToolCallStarted("bash", None, "t1"),
        ProcessChanged(SessionProcessEventKind.STARTED, ["p1"]),
    )
    view = session.take(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.CUT_OFF, 137))

    assert (view.state, view.outcome, view.exit_code) == ("ended", "cut_off", 137)
    assert view.entries[1].state == "cancelled"
    assert view.processes[0].state == "cancelled"
    assert view.turn_index == 0


def test_reopening_forgets_how_it_ended() -> None:
    """Opened after it ended, a session is idle again, with the new title."""
    session = FoldedSession()
    session.take(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.FAILURE, 1))
    view = session.take(SessionChanged(SessionChangeKind.OPENED, title="again"))

    assert (view.state, view.outcome, view.exit_code, view.title) == ("idle", None, None, "again")


def test_only_turn_activity_starts_a_turn() -> None:
    """Queue, process and frame changes leave the session idle."""
    session = FoldedSession()
    view = session.take(
        QueueChanged(SessionQueueEventKind.ENQUEUED, ["q"]),
        ProcessChanged(SessionProcessEventKind.STARTED, ["p"]),
    )
    assert view.state == "idle"

    assert session.take(UserMessage("hi")).state == "running"


def test_an_error_as_a_turns_last_word_is_its_failure() -> None:
    """No event says that a turn failed: an error with no word after it does."""
    session = FoldedSession()
    assert session.take(Error("boom"), Committed()).outcome is SessionOutcome.FAILURE
    assert (
        session.take(Error("boom"), AssistantProseDelta("well"), Committed()).outcome == "success"
    )


def test_waiting_and_resumed() -> None:
    """A person is needed, then no longer."""
    session = FoldedSession()
    view = session.take(Waiting("may I rm?"))
    assert (view.state, view.waiting_for) == ("waiting", "may I rm?")

    view = session.take(Resumed())
    assert (view.state, view.waiting_for) == ("running", None)


def questions(view: ReadView) -> list[tuple[str | None, int | None, int | None]]:
    """Text, beginning and end of what a person was asked."""
    return [
        (entry.text, entry.started_at, entry.ended_at)
        for entry in view.entries
        if entry.kind == "diagnostic" and entry.name == "waiting" and entry.format == "plain"
    ]


def test_a_question_is_an_entry_until_the_session_goes_on() -> None:
    """Old viewers show it as a diagnostic; asked again while it is open, it is the same one."""
    session = FoldedSession()
    view = session.take(AssistantProseDelta("so"), Waiting("may I\nrm?"), Waiting("may I\nrm?"))
    assert questions(view) == [("may I\nrm?", 1002, None)]
    assert questions(session.take(Resumed())) == [("may I\nrm?", 1002, 1004)]
    view = session.take(Waiting("may I\nrm?"))
    assert questions(view)[1:] == [("may I\nrm?", 1005, None)]
    view = session.take(Waiting("and that?"))
    assert questions(view)[1:] == [("may I\nrm?", 1005, 1006), ("and that?", 1006, None)]
    view = session.take(Committed())
    assert questions(view)[2:] == [("and that?", 1006, 1007)]
    assert view.entries[-2].settled
    ended = session.take(Waiting(""), SessionChanged(SessionChangeKind.ENDED))
    assert questions(ended)[3:] == [("", 1008, 1009)]
    changes = session.fold.take_changes()
    assert [entry.ended_at for entry in changes.changed.values()][-1] == 1009


def test_a_question_is_no_word_of_the_agent() -> None:
    """A turn whose error nothing followed has failed, whatever was asked since."""
    view = FoldedSession().take(Error("x"), Waiting("go on?"), Resumed(), Committed())
    assert view.outcome == "failure"


def test_a_question_is_kept_in_full_up_to_its_bound() -> None:
    """4 KiB, whatever its characters take."""
    for text in ("x" * 4096, "é" * 2048, "😀" * 1024):
        view = FoldedSession().take(Waiting(text))
        assert view.waiting_for == view.entries[-1].text == text
        view = FoldedSession().take(Waiting(text + "!"))
        assert view.waiting_for is not None
        assert view.waiting_for == view.entries[-1].text
        assert 4000 < len(view.waiting_for.encode()) <= 4096
        assert view.waiting_for.endswith("…")


def test_a_question_that_was_dropped_or_never_had_an_entry_gets_one_when_asked_again() -> None:
    """A view of an earlier version has none, and bounds may drop it."""
    older = Fold(ReadView("s", state="waiting", waiting_for="ok?"))
    older.apply(event_at(1, TurnActivity("", None, Waiting("ok?"))))
    assert questions(older.view) == [("ok?", 1001, None)]
    full = FoldedSession(max_entries=2)
    view = full.take(Waiting("ok?"), UserMessage("a"), UserMessage("b"), Waiting("ok?"))
    assert questions(view) == [("ok?", 1004, None)]


def test_of_several_open_questions_the_last_is_asked() -> None:
    """In a view that no fold has made."""
    view = ReadView("s", state="waiting", waiting_for="b")
    for n, text in enumerate("ab", 1):
        asked = Entry("diagnostic", text, n, n, name="waiting", text=text, format="plain")
        view.entries.append(asked)
    folding = Fold(view)
    folding.apply(event_at(3, TurnActivity("", None, Waiting("b"))))
    assert questions(view) == [("a", 1, 1), ("b", 2, None)]
    folding.apply(event_at(4, Committed(read_view=None)))
    assert questions(view) == [("a", 1, 1), ("b", 2, 1004)]


def test_an_agents_own_diagnostic_of_that_name_is_no_question() -> None:
    """It has data and no text."""
    session = FoldedSession()
    view = session.take(RuntimeDiagnostic("waiting", "for a lock"), Waiting("ok?"), Resumed())
    assert questions(view) == [("ok?", 1002, 1003)]
    assert view.entries[0].output == "for a lock"


def test_queue_items_come_and_go() -> None:
    """Delivered and cancelled items leave the queue."""
    session = FoldedSession()
    session.take(
        QueueChanged(SessionQueueEventKind.ENQUEUED, ["1", "2"], {"1": {"text": "fix it"}}),
    )
    view = session.take(QueueChanged(SessionQueueEventKind.DELIVERED, ["2"]))

    assert [(item.batch_id, item.text) for item in view.queue] == [("1", "fix it")]


def test_processes_show_how_they_ended() -> None:
    """Exit code 0 is exited, any other failed; a second end changes nothing."""
    session = FoldedSession()
    session.take(
        ProcessChanged(SessionProcessEventKind.STARTED, ["1", "2"], {"1": {"label": "make"}})
    )
    exited = SessionProcessEventKind.EXITED
    session.take(ProcessChanged(exited, ["1", "2"], {"1": {"exit_code": 0}, "2": {"exit_code": 2}}))
    view = session.take(ProcessChanged(SessionProcessEventKind.CANCELLED, ["1"]))

    assert [(p.label, p.state, p.exit_code) for p in view.processes] == [
        ("make", "exited", 0),
        (None, "failed", 2),
    ]


def test_a_process_keeps_the_end_of_what_it_printed() -> None:
    """That is where a failure stands; anything but text is no output."""
    session = FoldedSession()
    ended, long = SessionProcessEventKind.EXITED, "x" * 9000 + "end"
    session.take(ProcessChanged(ended, ["1"], {"1": {"output": long}}))
    view = session.take(ProcessChanged(ended, ["2"], {"2": {"output": 1}}))
    first, second = view.processes
    assert first.output is not None
    assert (first.output[-4:], len(first.output), second.output) == ("xend", 4096, None)


def test_queue_and_processes_are_bounded() -> None:
    """The oldest queued and the oldest ended go first."""
    session = FoldedSession()
    for number in range(600):
        session.take(QueueChanged(SessionQueueEventKind.ENQUEUED, [str(number)]))
        session.take(ProcessChanged(SessionProcessEventKind.STARTED, [f"p{number}"]))
        if number:
            session.take(ProcessChanged(SessionProcessEventKind.EXITED, [f"p{number}"]))
    view = session.fold.view

    assert len(view.queue) == MAX_QUEUE
    assert view.queue[-1].batch_id == "599"
    assert len(view.processes) == MAX_PROCESSES
    assert view.processes[0].process_id == "p0"


def test_usage_is_summed() -> None:
    """Counters of all requests add up; the last request's are kept as well."""
    session = FoldedSession()
    view = session.take(Usage({"input_tokens": 3}), Usage({"input_tokens": 4, "note": "x"}))

    assert view.usage == {"total": {"input_tokens": 7}, "last": {"input_tokens": 4}}


def test_the_context_is_a_gauge() -> None:
    """The newest of each number stands; nothing is summed, and no request's counters change."""
    session = FoldedSession()
    session.take(Usage({"input_tokens": 3}, context={"used": 3, "size": 10}))
    view = session.take(Usage(context={"used": 5}))

    assert view.usage == {
        "total": {"input_tokens": 3},
        "last": {"input_tokens": 3},
        "context": {"used": 5, "size": 10},
    }


@pytest.mark.parametrize(
    "hostile", [-1, True, 1.5, 2**53, 2**64 - 1, float("inf"), float("nan"), "9", None, [1], {}]
)
def test_what_is_no_count_is_left_out_of_the_context(hostile: object) -> None:
    """The other number is taken, and so are the request's counters."""
    session = FoldedSession()
    view = session.take(Usage({"n": 1}, context={"used": hostile, "size": 200_000, "x": 1}))
    assert view.usage == {"total": {"n": 1}, "last": {"n": 1}, "context": {"size": 200_000}}
    view = session.take(Usage({"n": 1}, context=hostile))
    assert view.usage["total"] == {"n": 2}
    assert view.usage["context"] == {"size": 200_000}
    assert decode_view(encode_view(view)) == view


def test_the_context_of_a_subagent_is_not_the_sessions() -> None:
    """Its counters are summed as before; the gauge is the agent's own."""
    session = FoldedSession()
    session.take(Usage(context={"used": 5, "size": 10}))
    view = session.take(TurnActivity("", None, Usage({"n": 1}, context={"used": 1}), "call"))

    assert view.usage == {"context": {"used": 5, "size": 10}, "total": {"n": 1}, "last": {"n": 1}}


def test_the_model_is_the_newest_one() -> None:
    """What says nothing of it leaves it; a long name is cut."""
    session = FoldedSession()
    session.take(SessionChanged(SessionChangeKind.OPENED, title="t", model="m1"))
    view = session.take(SessionChanged(SessionChangeKind.OPENED, agent="a"))
    assert (view.title, view.agent, view.model) == ("t", "a", "m1")
    session.take(SessionChanged(SessionChangeKind.OPENED, model="m2"))
    view = session.take(SessionChanged(SessionChangeKind.ENDED, model="m3"))
    assert (view.title, view.model) == ("t", "m2")
    view = session.take(SessionChanged(SessionChangeKind.OPENED, model="m" * 5000))
    assert view.model is not None
    assert len(view.model) == SMALL


def test_another_models_context_has_another_size() -> None:
    """Its size is unknown until it is told; how much is used stays the newest that is known."""
    session = FoldedSession()
    session.take(Usage(context={"used": 5, "size": 10}))
    view = session.take(SessionChanged(SessionChangeKind.OPENED, model="m1"))
    assert view.usage["context"] == {"used": 5, "size": 10}
    view = session.take(SessionChanged(SessionChangeKind.OPENED, model="m2"))
    assert view.usage["context"] == {"used": 5}


def test_a_view_from_before_models_were_told_is_valid() -> None:
    """An older publisher restores its session as ever."""
    wire = ReadView("s").to_wire()
    del wire["model"]
    assert view_from_wire(wire).model is None


def test_what_comes_and_goes_within_a_batch_is_no_change() -> None:
    """Changes that nobody takes stay as small as the view."""
    session = FoldedSession()
    for _ in range(100):
        session.take(AssistantProseDelta("attempt"), key="m")
        session.take(ModelAttemptReset(["m"]))
    session.take(AssistantProseDelta("at last"), key="m")
    changes = session.fold.take_changes()

    assert (list(changes.changed), changes.removed) == (["m"], [])
    assert kinds_and_texts(session.fold.view) == [("prose", "at last")]


def test_absurd_counters_break_no_snapshot() -> None:
    """A sum that the wire can't carry starts over; what is not a finite number is left out."""
    session = FoldedSession()
    for value in (2**64 - 1, 2**53 - 1, 2**53 - 1, float("inf"), float("nan"), 1 - 2**53):
        view = session.take(Usage({"input_tokens": value, "sane": 1}))
        assert decode_view(encode_view(view)) == view

    assert view.usage["total"] == {"sane": 6, "input_tokens": 0}


def test_the_plan_is_not_an_entry() -> None:
    """Each plan replaces the last one."""
    session = FoldedSession()
    session.take(RuntimeDiagnostic("plan", {"items": [{"text": "a"}]}))
    view = session.take(RuntimeDiagnostic("plan", [{"text": "b", "status": "done"}]))

    assert view.plan == [{"text": "b", "status": "done"}]
    assert view.entries == []


def test_an_unknown_event_is_shown_as_a_diagnostic() -> None:
    """Nothing is dropped because it is new."""
    view = FoldedSession().take(UnknownTurnEvent("warp", {"factor": 9}))

    entry = view.entries[0]
    assert (entry.kind, entry.name, entry.output) == ("diagnostic", "warp", {"factor": 9})


def test_a_huge_output_is_cut_with_a_mark() -> None:
    """One tool's output can't push the prose out of the view."""
    huge = {"outcome": {"status": "failure", "payload": "x" * 900_000 + " the end"}}
    session = FoldedSession()
    view = session.take(
        AssistantProseDelta("kept"),
        ToolCallStarted("cat", None, "t"),
        ToolCallCompleted("cat", None, huge, "t"),
    )

    output = view.entries[1].output["outcome"]
    assert output["status"] == "failure"
    assert output["payload"].endswith("xxx the end")
    assert "characters cut" in output["payload"]
    assert entry_size(view.entries[1]) < MAX_OUTPUT_BYTES + 2000
    assert view.entries[0].text == "kept"


def test_long_plain_output_continues_in_new_entries() -> None:
    """It is split at a line's end, and no character is lost."""
    session = FoldedSession()
    line = "x" * 99 + "\n"
    for _ in range(3 * MAX_PLAIN_ENTRY // 100):
        session.take(AssistantProseDelta(line, "plain"), key="out")
    view = session.fold.view

    assert len(view.entries) == 3
    assert "".join(entry.text or "" for entry in view.entries) == line * (
        3 * MAX_PLAIN_ENTRY // 100
    )
    assert all((entry.text or "").endswith("\n") for entry in view.entries)


def test_formats_never_mix() -> None:
    """Neither in the open entry nor in one that is named; colours would be shown as text."""
    session = FoldedSession()
    for form in (None, "ansi", "ansi", "plain"):
        session.take(AssistantProseDelta("a", form), ReasoningDelta("r", form))
    assert [(entry.format, entry.text) for entry in session.fold.view.entries] == [
        (form, text) for form in (None, "ansi", "ansi", "plain") for text in "ar"
    ]
    session = FoldedSession()
    forms: tuple[TextFormat, ...] = ("plain", "plain", "ansi", "ansi", "plain")
    for form in forms:
        session.take(AssistantProseDelta("a", form), key="out")
    entries = session.fold.view.entries
    assert [(entry.format, entry.text) for entry in entries] == [
        ("plain", "aa"),
        ("ansi", "aa"),
        ("plain", "a"),
    ]
    assert session.take(ModelAttemptReset(["out"])).entries == []


def test_text_with_colours_is_cut_between_lines() -> None:
    """A sequence that is cut in two would be shown."""
    session = FoldedSession(max_bytes=4096)
    for number in range(200):
        session.take(AssistantProseDelta(f"\x1b[38;5;{number}mline\x1b[0m\n", "ansi"), key="m")
    assert (session.fold.view.entries[0].text or "").startswith("\x1b[38;5;")


def test_one_entry_over_the_bound_keeps_its_newer_part() -> None:
    """The head of a single enormous text is cut, and the view says how much."""
    session = FoldedSession(max_bytes=4096)
    text = "".join(f"{number:04d}" for number in range(2000))
    for start in range(0, len(text), 100):
        session.take(AssistantProseDelta(text[start : start + 100]), key="m")
    view = session.fold.view

    entry = view.entries[0]
    assert len(view.entries) == 1
    assert text == text[: entry.cut_chars] + (entry.text or "")
    assert entry.cut_chars > 0
    assert not view.complete


def test_dropped_entries_are_counted() -> None:
    """The view says how many entries its bound has dropped; changes count only those taken."""
    session = FoldedSession(max_entries=3)
    session.take(UserMessage("0"), UserMessage("1"))
    session.fold.take_changes()
    for number in range(2, 10):
        session.take(UserMessage(str(number)))
    view = session.fold.view

    assert [entry.text for entry in view.entries] == ["7", "8", "9"]
    assert view.dropped_entries == 7
    assert not view.complete
    assert session.fold.take_changes().dropped == 2


def test_code_blocks_run_and_end() -> None:
    """Executed code is an entry with its source, then its output."""
    session = FoldedSession()
    session.take(CodeBlockStarted("python", "1+1"))
    activity = session.fold.resolve(TurnActivity("", None, CodeBlockCompleted("python", "2")), "f")
    view = session.take(activity)

    entry = view.entries[0]
    assert (entry.kind, entry.name, entry.text, entry.state) == ("code", "python", "1+1", "success")
    assert entry.output == {"output": "2", "error": None}
    assert len(view.entries) == 1


def test_resolve_gives_the_ids_that_the_fold_would_use() -> None:
    """A delta gets the open entry's id; a completion the running call's; anything else its own."""
    session = FoldedSession()
    session.take(AssistantProseDelta("a"), key="m1")
    resolve = session.fold.resolve

    assert resolve(TurnActivity("", None, AssistantProseDelta("b")), "f1") == TurnActivity(
        "f1", "m1", AssistantProseDelta("b")
    )
    assert resolve(TurnActivity("", None, ReasoningDelta("b")), "f2") == TurnActivity(
        "f2", "f2", ReasoningDelta("b")
    )
    session.take(ToolCallStarted("bash"), key="call")
    assert resolve(TurnActivity("", None, ToolCallCompleted("bash")), "f3") == TurnActivity(
        "f3", "call", ToolCallCompleted("bash")
    )


@settings(max_examples=80, deadline=None)
@given(histories)
def test_indexes_are_derived_from_the_view(history: list[Payload]) -> None:
    """An index made from a copy equals the one that was kept up to date."""
    folding = Fold(ReadView("s", max_entries=6))
    for n, payload in enumerate(history, 1):
        folding.apply(event_at(n, payload))
    kept, copied = folding._entries, Entries(folding.view)

    assert kept.open is copied.open
    assert kept.unsettled == copied.unsettled
    assert {key: entry.id for key, entry in kept.running.items()} == {
        key: entry.id for key, entry in copied.running.items()
    }
    assert {key: entry.id for key, entry in kept._by_key.items()} == {
        key: entry.id for key, entry in copied._by_key.items()
    }
    assert marks_of(kept) == marks_of(copied)


def marks_of(entries: Entries) -> list[object]:
    """All that a row is made of, in order."""
    marks = entries.landmarks
    found = [marks.error, marks.committed_error, marks.question, marks.doing]
    ids: list[object] = [entry and entry.id for entry in found]
    return [*ids, list(marks.said), list(marks._running), list(marks._own_running)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            TurnActivity,
            st.sampled_from(["1", "2"]),
            st.sampled_from(["a", "b"]),
            st.builds(AssistantProseDelta, st.sampled_from(["", "x", "ü" * 40, "z" * 90]))
            | st.builds(AssistantProseDelta, st.just("$\n"), st.sampled_from(["plain", "ansi"]))
            | turn_events.filter(lambda event: not isinstance(event, UnknownTurnEvent)),
            st.sampled_from([None, None, "p"]),
        ),
        max_size=30,
    ),
    st.lists(st.integers(1, 8), min_size=30, max_size=30),
    st.integers(1, 6),
    st.sampled_from([300, 700, 4096]),
)
def test_a_run_folds_as_its_events_one_by_one(
    history: list[TurnActivity], lengths: list[int], max_entries: int, max_bytes: int
) -> None:
    """Wherever runs begin and end, and whatever the bounds drop or cut in the middle of one."""
    start = ReadView("s", max_entries=max_entries, max_bytes=max_bytes)
    one_by_one, by_runs = Fold(start.copy()), Fold(start.copy())
    for n, activity in enumerate(history, 1):
        one_by_one.apply(event_at(n, activity))
    turns = [turn_of(n, activity) for n, activity in enumerate(history, 1)]
    n = 1
    for length in lengths:
        by_runs.apply_turns(turns[n - 1 : n - 1 + length], n)
        n += length
    assert by_runs.view == one_by_one.view
    assert by_runs.size == one_by_one.size


def turn_of(n: int, activity: TurnActivity) -> TurnArrival:
    """The event as it arrives, at the time that `event_at` gives it."""
    wire = {**payload_to_wire(activity), "at": event_at(n, activity).at}
    return msgspec.msgpack.decode(msgspec.msgpack.encode(wire), type=TurnArrival)
