"""How a run ended, and that everything that judges a turn says the same of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lashd.cursor import SessionCursor
from lashd.events import (
    AssistantProseDelta,
    Committed,
    Error,
    ModelAttemptReset,
    Payload,
    ReasoningDelta,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    Usage,
    UserMessage,
    event_to_wire,
    payload_from_wire,
)
from lashd.limits import ViewLimits
from lashd.session.draft import Draft
from lashd.store import InMemoryLiveReplayStore, ObservationReplayed, SessionHost
from lashtui.exit_codes import ExitCode
from lashtui.ingest.outcome import LastTurn, pipe_outcome, run_outcome
from lashtui.stream.policy import Stream, StreamOptions
from tests.daemon.session.histories import histories, ids, maybe_ids, others


def test_exit_codes() -> None:
    """0 is success, what a person sends is cancelled, the rest failed."""
    outcomes = [str(run_outcome(code)) for code in (0, 1, 130, 143, 129, 137, 139)]
    assert outcomes == [
        "success",
        "failure",
        "cancelled",
        "cancelled",
        "cancelled",
        "failure",
        "failure",
    ]


def test_an_exit_code_of_0_is_no_proof() -> None:
    """What failed by the agent's own records has failed."""
    assert str(run_outcome(0, turn_failed=True)) == "failure"
    assert str(run_outcome(0, turn_failed=False)) == "success"


def test_interrupted() -> None:
    """What fails after a signal was cancelled; what ends well in spite of it ended well."""
    assert str(run_outcome(0, turn_failed=True, interrupted=True)) == "cancelled"
    assert str(run_outcome(0, turn_stopped=True, interrupted=True)) == "cancelled"
    assert str(run_outcome(0, turn_stopped=True)) == "success"
    assert str(run_outcome(1, interrupted=True)) == "cancelled"
    assert str(run_outcome(0, interrupted=True)) == "success"


def test_whether_the_last_turn_was_stopped() -> None:
    """Until the next one begins; what a subagent was stopped at is its parent's business."""
    last = LastTurn()
    stop = RuntimeDiagnostic("interrupted", None)
    last.take(TurnActivity("", None, stop, "call"))
    assert not last.was_stopped
    last.take(TurnActivity("", None, stop))
    last.take(TurnActivity("", None, ToolCallCompleted("t", None, None, "c")))
    last.take(Committed())
    last.take(TurnActivity("", None, Usage({"input_tokens": 1})))
    assert last.was_stopped
    last.take(TurnActivity("", None, UserMessage("more")))
    assert not last.was_stopped


ENDED = SessionChanged(SessionChangeKind.ENDED)


class Judges:
    """One history through everything that says how a turn ended.

    A publisher's own draft, the daemon's view with few entries, the events that it records, the
    rule as it is written, and streams of JSON records: from each event on, one that begins with a
    snapshot and one that begins with a replay.
    """

    def __init__(self) -> None:
        self.draft = Draft("s", prefix="p", now_ms=lambda: 0)
        store = InMemoryLiveReplayStore()
        limits = ViewLimits(max_entries=2)
        self.host = SessionHost(store, "s", now_ms=lambda: 0, limits=limits)
        self.streams: list[Stream] = []
        self.said: list[set[str]] = []
        """Per commit: all that was said of it."""
        self._cursors: list[SessionCursor] = []
        """Before each event."""
        self._ends: list[tuple[int, bool]] = []
        """Of each turn: how many events came before its end, and whether that is a failure."""
        self._number = 0
        self._turn: list[TurnActivity] = []

    def take(self, payload: Payload) -> None:
        """One event, judged by all."""
        self._attach()
        self._cursors.append(self.host.cursor)
        self._number += 1
        body = self.draft.take(payload, self._number)
        wire = msgspec.msgpack.decode(body)
        event = self.host.record(payload_from_wire(wire))
        record = json.loads(json.dumps(event_to_wire(event)))
        shown = [each for stream in self.streams for each in stream.receive(record, 0.0)]
        if isinstance(event.payload, TurnActivity):
            self._turn.append(event.payload)
        elif isinstance(payload, Committed):
            view = self.host.view
            own = run_outcome(0, turn_failed=self.draft.turn_failed)
            said = {str(view.outcome), str(view.entries[-1].state), str(own)}
            assert isinstance(event.payload, Committed)
            said |= {str(event.payload.outcome)}
            said |= {str(each["outcome"]) for each in shown}
            self.said.append(said | {judged_plainly(self._turn)})
        is_end = isinstance(payload, SessionChanged) and payload.kind is SessionChangeKind.ENDED
        if is_end or isinstance(payload, Committed):
            self._turn = []
            failed = self.host.view.outcome in ("failure", "cut_off")
            self._ends.append((self._number - 1, failed))
        self._leave()

    def check_replays(self) -> None:
        """Streams that begin with a replay know nothing of a turn's part before their cursor."""
        for before, cursor in enumerate(self._cursors):
            resumed = self.host.resume_session_observation(cursor)
            assert isinstance(resumed, ObservationReplayed)
            records = [event_to_wire(event) for event in resumed.events]
            stream = Stream(StreamOptions())
            shown = [each for record in records for each in stream.receive(record, 0.0)]
            outcomes = [str(each["outcome"]) for each in shown if each["type"] == "committed"]
            assert outcomes == [*map(min, self.said)][len(self.said) - len(outcomes) :]

            stream = Stream(StreamOptions(until="turn-end", exit_status=True))
            for record in records:
                stream.receive(record, 0.0)
            failed = next(failed for end, failed in self._ends if end >= before)
            assert stream.ending is not None
            assert (stream.ending.code is ExitCode.AGENT_FAILED) == failed

    def _attach(self) -> None:
        view = self.host.current_session_observation().read_view
        wire: Any = json.loads(json.dumps(view.to_wire()))
        for until in (None, "turn-end"):
            options = StreamOptions(until=until, exit_status=True)
            stream = Stream(options)
            stream.receive({"type": "observation", "read_view": wire, "cursor": "c"}, 0.0)
            self.streams.append(stream)
        self._leave()

    def _leave(self) -> None:
        """Streams to a turn's end leave there with the exit code that its outcome has."""
        failed = self.host.view.outcome in ("failure", "cut_off")
        for stream in self.streams:
            if stream.ending is not None:
                assert (stream.ending.code is ExitCode.AGENT_FAILED) == failed
        self.streams = [stream for stream in self.streams if stream.ending is None]


_TEXTS = ("assistant_prose_delta", "reasoning_delta")
_WORDS = (
    *_TEXTS,
    *("tool_call_started", "tool_call_completed", "code_block_started", "code_block_completed"),
    *("submitted_value", "tool_value"),
)


def judged_plainly(events: list[TurnActivity]) -> str:
    """The rule as it is written, with a whole turn in hand and every id known."""
    left: list[TurnActivity] = []
    for event in events:
        if isinstance(event.event, ModelAttemptReset):
            gone = event.event.correlation_ids
            left = [
                each
                for each in left
                if each.event.tag not in _TEXTS or each.correlation_id not in gone
            ]
        elif not event.parent and event.event.tag in (*_WORDS, "error"):
            left.append(event)
    errors = [number for number, each in enumerate(left) if each.event.tag == "error"]
    return "failure" if errors and errors[-1] == len(left) - 1 else "success"


def activity(event: Any, key: str | None = None, parent: str | None = None) -> TurnActivity:
    return TurnActivity("", key, event, parent)


ERROR, PROSE = activity(Error("no")), activity(AssistantProseDelta("yes"))
OUTCOMES: list[tuple[list[Payload], str]] = [
    ([], "success"),
    ([ERROR], "failure"),
    ([ERROR, activity(RetryStatus())], "failure"),
    (
        [
            activity(ToolCallStarted("t", None, "c")),
            ERROR,
            activity(ToolCallCompleted("t", None, None, "c")),
        ],
        "success",
    ),
    ([ERROR, activity(ToolCallCompleted("t", None, None, "unknown"))], "success"),
    ([ERROR, activity(SubmittedValue(1))], "success"),
    ([PROSE, activity(Error("no"), parent="call")], "success"),
    ([ERROR, activity(UserMessage("well?"))], "failure"),
    ([ERROR, PROSE], "success"),
    (
        [ERROR, activity(ReasoningDelta("hm"), "r"), activity(ModelAttemptReset(["r"]))],
        "failure",
    ),
    ([ERROR, ENDED], "success"),
    ([ERROR, Committed()], "success"),
    ([ERROR, activity(Usage({}))], "failure"),
    ([ERROR, Committed(outcome=SessionOutcome.SUCCESS), ERROR], "failure"),
]


@pytest.mark.parametrize(("history", "outcome"), OUTCOMES)
def test_the_outcome_of_a_turn(history: list[Payload], outcome: str) -> None:
    """The view, a publishing command and `attach --exit-status` give this answer."""
    judges = Judges()
    for payload in [*history, Committed()]:
        judges.take(payload)

    assert judges.said[-1] == {outcome}
    judges.check_replays()


_words_and_errors: st.SearchStrategy[Payload] = st.builds(
    activity,
    st.builds(AssistantProseDelta, st.just("x"))
    | st.builds(ReasoningDelta, st.just("x"))
    | st.builds(Error, st.just("no"))
    | st.builds(ToolCallStarted, st.just("t"), st.none(), maybe_ids)
    | st.builds(ModelAttemptReset, st.lists(ids, min_size=1, max_size=2)),
    maybe_ids,
    st.none() | maybe_ids,
)


@settings(max_examples=150, deadline=None)
@given(histories | st.lists(_words_and_errors | _words_and_errors | others, max_size=12))
@example(
    [ERROR, activity(AssistantProseDelta("x"), "a"), PROSE, activity(ModelAttemptReset(["a"]))]
)
def test_all_say_the_same_of_every_history(history: list[Payload]) -> None:
    """Whatever happened, wherever a reader came in and whatever the view still holds."""
    judges = Judges()
    for payload in [*history, Committed()]:
        judges.take(payload)

    assert [len(said) for said in judges.said] == [1] * len(judges.said)
    judges.check_replays()


@pytest.mark.parametrize(
    ("says_ends", "turn_failed", "in_turn", "expected"),
    [
        (True, False, False, "success"),
        (True, False, True, None),
        (False, False, False, None),
        (False, True, False, "failure"),
        (True, True, True, "failure"),
    ],
)
def test_a_bare_pipe_claims_no_more_than_it_knows(
    says_ends: bool, turn_failed: bool, in_turn: bool, expected: str | None
) -> None:
    """Plain text, or records that stop within a turn, end with no outcome."""
    outcome = pipe_outcome(says_ends=says_ends, turn_failed=turn_failed, in_turn=in_turn)
    assert outcome == expected
