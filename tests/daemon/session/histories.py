"""Random histories of a session: every payload of the vocabulary, with few ids, so they collide."""

from __future__ import annotations

from hypothesis import strategies as st

from lashd.session.events import (
    AgentFrameSwitched,
    AssistantProseDelta,
    ChildUsage,
    CodeBlockCompleted,
    CodeBlockStarted,
    Committed,
    Error,
    ModelAttemptReset,
    ModelRequestStarted,
    Payload,
    ProcessChanged,
    QueueChanged,
    QueuedWorkStarted,
    ReasoningDelta,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    SessionProcessEventKind,
    SessionQueueEventKind,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    ToolValue,
    TurnActivity,
    UnknownTurnEvent,
    Usage,
    UserMessage,
    Waiting,
)

ids = st.sampled_from(["a", "b", "c"])
maybe_ids = st.none() | ids
texts = st.text(max_size=12) | st.sampled_from(["# head\n", "| a | b |\n", "\x1b[31m", "ünï"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ids, inner, max_size=2),
    max_leaves=4,
)
outputs = st.builds(
    lambda status, payload: {"outcome": {"status": status, "payload": payload}},
    st.sampled_from(["success", "failure", "cancelled"]),
    values,
)
contexts = st.none() | st.dictionaries(st.sampled_from(["used", "size", "x"]), values) | values
counters = st.dictionaries(st.sampled_from(["input_tokens", "output_tokens"]), st.integers(0, 9))

turn_events = st.one_of(
    st.builds(AssistantProseDelta, texts, st.sampled_from([None, None, "plain", "ansi"])),
    st.builds(AssistantProseDelta, texts),
    st.builds(ReasoningDelta, texts, st.sampled_from([None, None, "ansi"])),
    st.builds(ToolCallStarted, ids, values, maybe_ids),
    st.builds(ToolCallCompleted, ids, values, outputs, maybe_ids),
    st.builds(CodeBlockStarted, ids, texts, maybe_ids),
    st.builds(
        CodeBlockCompleted, ids, values, values, st.booleans(), st.none(), st.just([]), maybe_ids
    ),
    st.builds(ModelAttemptReset, st.lists(ids, max_size=2)),
    st.builds(ModelRequestStarted),
    st.builds(QueuedWorkStarted, st.lists(ids, max_size=2)),
    st.builds(SubmittedValue, values),
    st.builds(ToolValue, ids, values),
    st.builds(Usage, counters, st.none(), st.none(), contexts),
    st.builds(ChildUsage, counters),
    st.builds(RetryStatus, st.just(1.5), st.integers(0, 3), st.none(), texts),
    st.builds(Error, texts),
    st.builds(
        RuntimeDiagnostic, st.sampled_from(["plan", "events_dropped", "x", "waiting"]), values
    ),
    st.builds(UserMessage, texts),
    st.builds(Waiting, texts),
    st.builds(Resumed),
    st.builds(UnknownTurnEvent, st.just("novel"), st.dictionaries(ids, values, max_size=2)),
)
activities = st.builds(TurnActivity, st.just("") | ids, maybe_ids, turn_events, maybe_ids)
details = st.dictionaries(
    ids,
    st.fixed_dictionaries(
        {}, optional={"text": texts, "label": texts, "exit_code": st.integers(0, 2)}
    ),
    max_size=2,
)
turn_outcomes = st.sampled_from([None, SessionOutcome.SUCCESS, SessionOutcome.FAILURE])
"""What a publisher may say of its turn; what the host records is its own."""
others = st.one_of(
    st.builds(Committed, st.none(), turn_outcomes),
    st.builds(AgentFrameSwitched, ids),
    st.builds(
        QueueChanged, st.sampled_from(SessionQueueEventKind), st.lists(ids, max_size=3), details
    ),
    st.builds(
        ProcessChanged, st.sampled_from(SessionProcessEventKind), st.lists(ids, max_size=3), details
    ),
    st.builds(
        SessionChanged,
        st.sampled_from(SessionChangeKind),
        st.none() | st.sampled_from(SessionOutcome),
        st.none() | st.integers(0, 3),
        maybe_ids,
        model=maybe_ids,
    ),
)
payloads: st.SearchStrategy[Payload] = st.one_of(activities, activities, activities, others)
histories = st.lists(payloads, max_size=25)

colliding_texts = st.builds(
    TurnActivity,
    st.just(""),
    maybe_ids,
    st.builds(AssistantProseDelta, st.sampled_from(["", "x"]))
    | st.builds(ModelAttemptReset, st.lists(ids, min_size=1, max_size=2))
    | st.builds(ToolCallStarted, st.just("t"), st.none(), maybe_ids)
    | st.builds(RetryStatus, st.just(1.0), st.just(1), st.none(), st.just("why")),
)
colliding_histories: st.SearchStrategy[list[Payload]] = st.lists(
    colliding_texts | st.builds(Committed), max_size=25
)
"""Few ids, written, withdrawn, settled and dropped for the bounds again and again."""
