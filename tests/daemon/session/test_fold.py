"""The fold: what events do to a view, and that it never matters where a reader came in."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lashd.cursor import SessionCursor, SessionRevision
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
from lashd.session.view import Entry, ReadView, decode_view, encode_view

from .histories import colliding_histories, histories

SUCCESS = {"outcome": {"status": "success", "payload": "ok"}}
FAILURE = {"outcome": {"status": "failure", "message": "no"}}


class Story:
    """A fold that is told payloads; positions and times count up."""

    def __init__(self, **bounds: Any) -> None:
        self.fold = Fold(ReadView("s", **bounds), track=True)
        self.n = 0

    def tell(self, *payloads: Payload | AnyTurnEvent, key: str | None = None) -> ReadView:
        for given_payload in payloads:
            self.n += 1
            payload: Any = given_payload
            if isinstance(given_payload, TurnEvent | UnknownTurnEvent):
                payload = TurnActivity(f"a{self.n}", key, given_payload)
            self.fold.apply(event_at(self.n, payload))
        return self.fold.view


def event_at(n: int, payload: Payload) -> SessionObservationEvent:
    revision = SessionRevision(0)
    return SessionObservationEvent(
        "s", revision, SessionCursor.new("s", revision, n), payload, 1000 + n
    )


def rows_of(view: ReadView) -> list[tuple[str, str | None]]:
    return [(row.kind, row.text) for row in view.entries]


@settings(max_examples=150, deadline=None)
@given(histories, st.sampled_from([(16_384, 4_194_304), (4, 4_194_304), (50, 2_000), (3, 700)]))
def test_it_never_matters_where_a_reader_came_in(
    history: list[Payload], bounds: tuple[int, int]
) -> None:
    """fold(view at c, events after c) == view now, for every c, also through the wire form."""
    events = [event_at(n, payload) for n, payload in enumerate(history, 1)]
    engine = Fold(ReadView("s", max_entries=bounds[0], max_bytes=bounds[1]))
    views = [engine.view.copy()]
    for event in events:
        engine.apply(event)
        views.append(engine.view.copy())

    for cut, view in enumerate(views):
        assert fold(decode_view(encode_view(view)), *events[cut:]) == engine.view


@settings(max_examples=100, deadline=None)
@given(histories)
def test_the_bounds_hold_after_each_event(history: list[Payload]) -> None:
    """A view never has more entries, nor much more content, than it says; sizes stay exact."""
    engine = Fold(ReadView("s", max_entries=5, max_bytes=2_000))
    for n, payload in enumerate(history, 1):
        engine.apply(event_at(n, payload))

        view = engine.view
        assert len(view.entries) <= 5
        assert engine.size == sum(entry_size(row) for row in view.entries)
        assert engine.size <= 2_000 or len(view.entries) == 1
        assert len({row.id for row in view.entries}) == len(view.entries)


def prose(text: str, key: str | None = None) -> TurnActivity:
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
    """What `ViewChanges` tells a mirror to do."""
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
    engine = Fold(ReadView("s", max_entries=max_entries), track=True)
    mirror: dict[str, Entry] = {}
    for n, payload in enumerate(history, 1):
        engine.apply(event_at(n, payload))
        if n in taken_after or n == len(history):
            apply_changes(mirror, engine.take_changes(), engine.view)
            assert list(mirror.values()) == engine.view.entries
            assert list(mirror) == [entry.id for entry in engine.view.entries]


def test_deltas_without_ids_join_the_open_row_of_their_kind() -> None:
    """Prose goes on in one row until something else is seen."""
    view = Story().tell(
        AssistantProseDelta("Hel"),
        AssistantProseDelta("lo"),
        ReasoningDelta("hm"),
        AssistantProseDelta("again"),
    )

    assert rows_of(view) == [("prose", "Hello"), ("reasoning", "hm"), ("prose", "again")]
    assert [row.ended_at is None for row in view.entries] == [False, False, True]


def test_deltas_of_a_known_row_go_there_whatever_came_between() -> None:
    """Two answers that interleave stay apart by their correlation ids."""
    story = Story()
    story.tell(AssistantProseDelta("a1"), key="a")
    story.tell(AssistantProseDelta("b1"), key="b")
    view = story.tell(AssistantProseDelta("a2"), key="a")

    assert rows_of(view) == [("prose", "a1a2"), ("prose", "b1")]


def test_a_subagents_text_stays_under_its_call() -> None:
    """Rows of another parent are never joined."""
    story = Story()
    child = TurnActivity("x", None, AssistantProseDelta("child"), parent="t1")
    view = story.tell(AssistantProseDelta("mine"), child, AssistantProseDelta("mine too"))

    assert [(row.text, row.parent) for row in view.entries] == [
        ("mine", None),
        ("child", "t1"),
        ("mine too", None),
    ]


def test_a_commit_settles_and_the_same_id_begins_anew() -> None:
    """An agent that counts its items from 0 in each turn doesn't write into the last turn."""
    story = Story()
    story.tell(AssistantProseDelta("one"), key="item_0")
    story.tell(Committed())
    view = story.tell(AssistantProseDelta("two"), key="item_0")

    assert rows_of(view) == [("prose", "one"), ("commit", None), ("prose", "two")]
    assert view.turn_index == 1
    assert [row.settled for row in view.entries] == [True, True, False]
    assert view.state == "running"


def test_a_retried_attempt_is_withdrawn() -> None:
    """model_attempt_reset takes back the text of its rows, and only that."""
    story = Story()
    story.tell(AssistantProseDelta("wrong"), key="m1")
    story.tell(ReasoningDelta("kept"), key="m0")
    story.fold.take_changes()
    view = story.tell(ModelAttemptReset(["m1"]))

    assert rows_of(view) == [("reasoning", "kept")]
    assert story.fold.take_changes() == ViewChanges(removed=["m1"])


def test_a_retry_says_that_its_attempt_is_withdrawn() -> None:
    """The newest one told after the text, and not one told before it."""
    story = Story()
    story.tell(AssistantProseDelta("wrong"), key="m1")
    story.tell(RetryStatus(1.0, 1, 3, "busy"), key="r1")
    story.tell(RetryStatus(1.0, 2, 3, "busy"), key="r2")
    story.fold.take_changes()
    view = story.tell(ModelAttemptReset(["m1"]))
    said = {"wait_seconds": 1.0, "max_attempts": 3}
    assert [row.output for row in view.entries] == [
        {**said, "attempt": 1},
        {**said, "attempt": 2, "withdrawn": True},
    ]
    assert list(story.fold.take_changes().changed) == ["r2"]
    # What comes after the retry is no part of the attempt before it.
    story.tell(AssistantProseDelta("later"), key="m2")
    story.tell(RetryStatus(1.0, 3, 3, "busy"), key="r3")
    story.tell(AssistantProseDelta("last"), key="m3")
    view = story.tell(ModelAttemptReset(["m3"]))
    assert view.entries[-1].output == {**said, "attempt": 3}


def test_parallel_tools_end_in_any_order() -> None:
    """Each completion finds its own call; failure and duration are told."""
    story = Story()
    story.tell(ToolCallStarted("bash", {"c": 1}, "t1"), ToolCallStarted("bash", {"c": 2}, "t2"))
    view = story.tell(
        ToolCallCompleted("bash", None, FAILURE, "t2"),
        ToolCallCompleted("bash", None, SUCCESS, "t1", 7.5),
    )

    assert [(row.id, row.state, row.duration_ms) for row in view.entries] == [
        ("t1", "success", 7.5),
        ("t2", "failure", 1.0),
    ]


def test_a_tool_may_end_after_its_turn() -> None:
    """A background call that ends after the commit still finds its row."""
    story = Story()
    story.tell(ToolCallStarted("bash", None, "t1"), Committed())
    view = story.tell(ToolCallCompleted("bash", None, SUCCESS, "t1"))

    assert [(row.kind, row.state) for row in view.entries] == [
        ("tool", "success"),
        ("commit", "success"),
    ]


def test_a_completion_without_a_start_is_shown_once() -> None:
    """Formats that only tell the end, twice even, give one row."""
    done = ToolCallCompleted("grep", {"q": "x"}, SUCCESS, "t9", 3.0)
    view = Story().tell(done, done)

    assert [(row.id, row.args, row.state) for row in view.entries] == [
        ("t9", {"q": "x"}, "success")
    ]


def test_the_end_closes_what_is_open() -> None:
    """Nobody will tell of running calls and processes any more, so they don't go on running."""
    story = Story()
    story.tell(
        AssistantProseDelta("half"),
        ToolCallStarted("bash", None, "t1"),
        ProcessChanged(SessionProcessEventKind.STARTED, ["p1"]),
    )
    view = story.tell(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.CUT_OFF, 137))

    assert (view.state, view.outcome, view.exit_code) == ("ended", "cut_off", 137)
    assert view.entries[1].state == "cancelled"
    assert view.processes[0].state == "cancelled"
    assert view.turn_index == 0


def test_reopening_forgets_how_it_ended() -> None:
    """opened after ended gives an idle session again, with what is newly known of it."""
    story = Story()
    story.tell(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.FAILURE, 1))
    view = story.tell(SessionChanged(SessionChangeKind.OPENED, title="again"))

    assert (view.state, view.outcome, view.exit_code, view.title) == ("idle", None, None, "again")


def test_only_turn_activity_starts_a_turn() -> None:
    """Queue, process and frame changes leave the session idle."""
    story = Story()
    view = story.tell(
        QueueChanged(SessionQueueEventKind.ENQUEUED, ["q"]),
        ProcessChanged(SessionProcessEventKind.STARTED, ["p"]),
    )
    assert view.state == "idle"

    assert story.tell(UserMessage("hi")).state == "running"


def test_an_error_as_a_turns_last_word_is_its_failure() -> None:
    """No event says that a turn failed; an error that nothing follows does."""
    story = Story()
    assert story.tell(Error("boom"), Committed()).outcome is SessionOutcome.FAILURE
    assert story.tell(Error("boom"), AssistantProseDelta("well"), Committed()).outcome == "success"


def test_waiting_and_resumed() -> None:
    """A person is needed, then not any more."""
    story = Story()
    view = story.tell(Waiting("may I rm?"))
    assert (view.state, view.waiting_for) == ("waiting", "may I rm?")

    view = story.tell(Resumed())
    assert (view.state, view.waiting_for) == ("running", None)


def test_queue_items_come_and_go() -> None:
    """Delivered and cancelled items leave the queue."""
    story = Story()
    story.tell(
        QueueChanged(SessionQueueEventKind.ENQUEUED, ["1", "2"], {"1": {"text": "fix it"}}),
    )
    view = story.tell(QueueChanged(SessionQueueEventKind.DELIVERED, ["2"]))

    assert [(item.batch_id, item.text) for item in view.queue] == [("1", "fix it")]


def test_processes_tell_how_they_ended() -> None:
    """Zero is exited, anything else failed; a second end changes nothing."""
    story = Story()
    story.tell(
        ProcessChanged(SessionProcessEventKind.STARTED, ["1", "2"], {"1": {"label": "make"}})
    )
    exited = SessionProcessEventKind.EXITED
    story.tell(ProcessChanged(exited, ["1", "2"], {"1": {"exit_code": 0}, "2": {"exit_code": 2}}))
    view = story.tell(ProcessChanged(SessionProcessEventKind.CANCELLED, ["1"]))

    assert [(p.label, p.state, p.exit_code) for p in view.processes] == [
        ("make", "exited", 0),
        (None, "failed", 2),
    ]


def test_a_process_keeps_the_end_of_what_it_printed() -> None:
    """That is where a failure stands; anything but text is no output."""
    story = Story()
    ended, long = SessionProcessEventKind.EXITED, "x" * 9000 + "end"
    story.tell(ProcessChanged(ended, ["1"], {"1": {"output": long}}))
    view = story.tell(ProcessChanged(ended, ["2"], {"2": {"output": 1}}))
    first, second = view.processes
    assert first.output is not None
    assert (first.output[-4:], len(first.output), second.output) == ("xend", 4096, None)


def test_queue_and_processes_are_bounded() -> None:
    """The oldest queued and the oldest ended go first."""
    story = Story()
    for number in range(600):
        story.tell(QueueChanged(SessionQueueEventKind.ENQUEUED, [str(number)]))
        story.tell(ProcessChanged(SessionProcessEventKind.STARTED, [f"p{number}"]))
        if number:
            story.tell(ProcessChanged(SessionProcessEventKind.EXITED, [f"p{number}"]))
    view = story.fold.view

    assert len(view.queue) == MAX_QUEUE
    assert view.queue[-1].batch_id == "599"
    assert len(view.processes) == MAX_PROCESSES
    assert view.processes[0].process_id == "p0"


def test_usage_is_summed() -> None:
    """Counters of all requests add up; the last request's stand beside."""
    story = Story()
    view = story.tell(Usage({"input_tokens": 3}), Usage({"input_tokens": 4, "note": "x"}))

    assert view.usage == {"total": {"input_tokens": 7}, "last": {"input_tokens": 4}}


def test_what_comes_and_goes_within_a_batch_is_no_change() -> None:
    """The changes of a session that nobody looks at stay as small as its view."""
    story = Story()
    for _ in range(100):
        story.tell(AssistantProseDelta("attempt"), key="m")
        story.tell(ModelAttemptReset(["m"]))
    story.tell(AssistantProseDelta("at last"), key="m")
    changes = story.fold.take_changes()

    assert (list(changes.changed), changes.removed) == (["m"], [])
    assert rows_of(story.fold.view) == [("prose", "at last")]


def test_absurd_counters_cost_nobody_the_session() -> None:
    """A sum that no wire carries would make each snapshot fail; what is no number is left out."""
    story = Story()
    for value in (2**64 - 1, 2**53, 2**53, float("inf"), float("nan"), -(2**53)):
        view = story.tell(Usage({"input_tokens": value, "sane": 1}))
        assert decode_view(encode_view(view)) == view

    assert view.usage["total"] == {"sane": 6, "input_tokens": 0}


def test_the_plan_is_no_row() -> None:
    """A plan replaces the plan before."""
    story = Story()
    story.tell(RuntimeDiagnostic("plan", {"items": [{"text": "a"}]}))
    view = story.tell(RuntimeDiagnostic("plan", [{"text": "b", "status": "done"}]))

    assert view.plan == [{"text": "b", "status": "done"}]
    assert view.entries == []


def test_an_unknown_event_is_shown_as_a_diagnostic() -> None:
    """Nothing is dropped because it is new."""
    view = Story().tell(UnknownTurnEvent("warp", {"factor": 9}))

    row = view.entries[0]
    assert (row.kind, row.name, row.output) == ("diagnostic", "warp", {"factor": 9})


def test_a_huge_output_is_cut_with_a_mark() -> None:
    """One tool's output can't push the prose out of the view."""
    huge = {"outcome": {"status": "failure", "payload": "x" * 900_000}}
    story = Story()
    view = story.tell(
        AssistantProseDelta("kept"),
        ToolCallStarted("cat", None, "t"),
        ToolCallCompleted("cat", None, huge, "t"),
    )

    output = view.entries[1].output["outcome"]
    assert output["status"] == "failure"
    assert output["payload"].endswith("characters cut)")
    assert entry_size(view.entries[1]) < MAX_OUTPUT_BYTES + 2000
    assert view.entries[0].text == "kept"


def test_long_plain_output_goes_on_in_new_rows() -> None:
    """No character is lost where a long plain row is continued, at a line's end."""
    story = Story()
    line = "x" * 99 + "\n"
    for _ in range(3 * MAX_PLAIN_ENTRY // 100):
        story.tell(AssistantProseDelta(line, "plain"), key="out")
    view = story.fold.view

    assert len(view.entries) == 3
    assert "".join(row.text or "" for row in view.entries) == line * (3 * MAX_PLAIN_ENTRY // 100)
    assert all((row.text or "").endswith("\n") for row in view.entries)


def test_one_row_over_the_bound_keeps_its_newer_part() -> None:
    """The head of a single enormous text is cut, and the view says how much."""
    story = Story(max_bytes=4096)
    text = "".join(f"{number:04d}" for number in range(2000))
    for start in range(0, len(text), 100):
        story.tell(AssistantProseDelta(text[start : start + 100]), key="m")
    view = story.fold.view

    row = view.entries[0]
    assert len(view.entries) == 1
    assert text == text[: row.cut_chars] + (row.text or "")
    assert row.cut_chars > 0
    assert not view.complete


def test_dropped_entries_are_counted() -> None:
    """What left the view for its bound is reported as a number; unseen entries don't count."""
    story = Story(max_entries=3)
    story.tell(UserMessage("0"), UserMessage("1"))
    story.fold.take_changes()
    for number in range(2, 10):
        story.tell(UserMessage(str(number)))
    view = story.fold.view

    assert [row.text for row in view.entries] == ["7", "8", "9"]
    assert view.dropped_entries == 7
    assert not view.complete
    assert story.fold.take_changes().dropped == 2


def test_code_blocks_run_and_end() -> None:
    """Executed code is a row with its source, then its output."""
    story = Story()
    story.tell(CodeBlockStarted("python", "1+1"))
    activity = story.fold.resolve(TurnActivity("", None, CodeBlockCompleted("python", "2")), "f")
    view = story.tell(activity)

    row = view.entries[0]
    assert (row.kind, row.name, row.text, row.state) == ("code", "python", "1+1", "success")
    assert row.output == {"output": "2", "error": None}
    assert len(view.entries) == 1


def test_resolve_gives_the_ids_that_the_fold_would_use() -> None:
    """A delta gets the open row's id; a completion the running call's; anything else its own."""
    story = Story()
    story.tell(AssistantProseDelta("a"), key="m1")
    resolve = story.fold.resolve

    assert resolve(TurnActivity("", None, AssistantProseDelta("b")), "f1") == TurnActivity(
        "f1", "m1", AssistantProseDelta("b")
    )
    assert resolve(TurnActivity("", None, ReasoningDelta("b")), "f2") == TurnActivity(
        "f2", "f2", ReasoningDelta("b")
    )
    story.tell(ToolCallStarted("bash"), key="call")
    assert resolve(TurnActivity("", None, ToolCallCompleted("bash")), "f3") == TurnActivity(
        "f3", "call", ToolCallCompleted("bash")
    )


@settings(max_examples=80, deadline=None)
@given(histories)
def test_indexes_are_derived_from_the_view(history: list[Payload]) -> None:
    """Rows indexed from a copy equal the rows that lived through it all."""
    engine = Fold(ReadView("s", max_entries=6))
    for n, payload in enumerate(history, 1):
        engine.apply(event_at(n, payload))
    lived, copied = engine._entries, Entries(engine.view)

    assert lived.open is copied.open
    assert lived.unsettled == copied.unsettled
    assert {key: row.id for key, row in lived.running.items()} == {
        key: row.id for key, row in copied.running.items()
    }
    assert {key: row.id for key, row in lived._by_key.items()} == {
        key: row.id for key, row in copied._by_key.items()
    }
