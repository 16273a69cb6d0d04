"""Views that no fold has made: whatever decodes can be folded into."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.errors import InvalidEvent
from lashd.session.codec import payload_from_wire
from lashd.session.entries import Entries, entry_size
from lashd.session.events import TURN_EVENTS, Committed, Payload
from lashd.session.facts import MAX_PROCESSES, MAX_QUEUE
from lashd.session.fold import Fold, fold
from lashd.session.repair import key_of, repair_entries
from lashd.session.view import (
    Entry,
    EntryKind,
    ReadView,
    decode_view,
    encode_view,
    view_from_wire,
)

from .histories import histories
from .test_fold import event_at

times = st.none() | st.integers(0, 9)
odd_entries = st.builds(
    Entry,
    st.sampled_from(["prose", "prose", "reasoning", "tool", "code", "user", "retry", "commit"]),
    st.sampled_from(["", "a", "b", "c", "a#5", "a#5.1"]),
    st.integers(0, 9),
    times,
    times,
    st.booleans(),
    st.sampled_from([None, "a", "p" * 1000]),
    st.sampled_from([None, "a", "b", "k" * 1000]),
    st.none() | st.text(max_size=3),
    name=st.sampled_from([None, "", "a", "n" * 1000]),
    state=st.sampled_from([None, "running", "running", "success"]),
    output=st.sampled_from([None, "x", {"attempt": 1}]),
)
odd_views = st.builds(ReadView, st.just("s"), entries=st.lists(odd_entries, max_size=8))


@settings(max_examples=200, deadline=None)
@given(odd_views, histories)
def test_a_copy_of_an_odd_view_goes_on_like_the_original(
    view: ReadView, history: list[Payload]
) -> None:
    """At every cut, as for a view that was folded from its first event."""
    events = [event_at(n, payload) for n, payload in enumerate(history, 10)]
    folding = Fold(view.copy())
    views = [view]
    for event in events:
        folding.apply(event)
        views.append(folding.view.copy())

    for cut, seen in enumerate(views):
        assert fold(seen, *events[cut:]) == folding.view


@settings(max_examples=200, deadline=None)
@given(odd_views)
def test_a_view_in_order_stays_as_it_is(view: ReadView) -> None:
    """Ids are unique, one text is open at most, and each key runs once; a second look is idle."""
    repair_entries(view.entries)

    assert not repair_entries(view.entries)
    assert len({entry.id for entry in view.entries}) == len(view.entries)
    running = [key_of(entry) for entry in view.entries if entry.state == "running"]
    assert len(set(running)) == len(running)


@settings(max_examples=100, deadline=None)
@given(histories)
def test_what_a_fold_has_made_is_in_order(history: list[Payload]) -> None:
    """A restart changes no row of an honest publisher."""
    view = fold(ReadView("s"), *(event_at(n, each) for n, each in enumerate(history, 1)))

    assert not repair_entries(view.entries)


def test_thousands_of_rows_with_one_id_get_ids_of_their_own() -> None:
    """In a time that grows with their number alone; events still find them by that id."""
    view = ReadView("s", entries=[Entry("prose", "a", 5, ended_at=1) for _ in range(16_384)])
    entries = Entries(view)

    assert len({entry.id for entry in view.entries}) == 16_384
    assert max(len(entry.id) for entry in view.entries) < 20
    assert entries.find("prose", "a") is view.entries[-1]


HUGE = [0, 1, 2**31, 2**53 - 2, 2**53 - 1]
wholes = st.sampled_from(HUGE)
maybe_wholes = st.none() | wholes
long_ids = st.sampled_from(["", "a", "b", "x" * 300, "\u00e9" * 5000])
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([-(2**63), -1, 0, 2**53, 2**64 - 1, 1e308, float("nan"), float("inf")])
    | st.sampled_from(["", "running", "x" * 5000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(long_ids, inner, max_size=3),
    max_leaves=5,
)
maps = st.dictionaries(long_ids, junk, max_size=3)


def records(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Maps with all of these keys, and with any of those."""
    return st.fixed_dictionaries(required, optional=optional)


texts = st.sampled_from([None, "", "x", "line\n" * 2000, "\u00e9" * 5000])
wire_entries = records(
    {
        "kind": st.sampled_from(get_args(EntryKind)),
        "id": long_ids,
        "position": wholes,
    },
    {
        **dict.fromkeys(("started_at", "ended_at"), maybe_wholes),
        **dict.fromkeys(("parent", "correlation_id", "name"), st.none() | long_ids),
        **dict.fromkeys(("args", "output"), junk),
        "settled": st.booleans(),
        "text": texts,
        "format": st.sampled_from([None, "plain", "ansi"]),
        "cut_chars": wholes,
        "state": st.sampled_from([None, "running", "success"]),
        "duration_ms": st.sampled_from([None, -1.0, 1e308]),
    },
)
wire_processes = records(
    {"process_id": long_ids},
    {
        "state": st.sampled_from(["running", "exited"]),
        "exit_code": st.none() | st.sampled_from([0, -(2**53) + 1, 2**53 - 1]),
        **dict.fromkeys(("label", "output", "signal", "tool_call_id"), texts),
        **dict.fromkeys(("started_at", "ended_at"), maybe_wholes),
    },
)
wire_queue = records(
    {"batch_id": long_ids},
    {"text": texts, "delivery": texts, "enqueued_at": maybe_wholes},
)
wire_views = records(
    {"session_id": st.just("s")},
    {
        "revision": st.sampled_from([0, 2**64 - 1]),
        "turn_index": wholes,
        "dropped_entries": wholes,
        "max_entries": st.sampled_from([0, 1, 3, 2**53 - 1]),
        "max_bytes": st.sampled_from([0, 700, 2**53 - 1]),
        "state": st.sampled_from(["idle", "running", "waiting", "ended"]),
        "turn": records({}, {"error": st.booleans(), "pending": st.lists(long_ids, max_size=70)}),
        **dict.fromkeys(("title", "directory", "waiting_for", "model", "frame_id"), texts),
        **dict.fromkeys(("started_at", "updated_at"), maybe_wholes),
        "entries": st.lists(wire_entries, max_size=5),
        "queue": st.lists(wire_queue, max_size=3),
        "processes": st.lists(wire_processes, max_size=3),
        "plan": st.none() | st.lists(junk, max_size=3),
        "usage": st.dictionaries(st.sampled_from(["total", "last", "context", "x"]), maps),
    },
)
"""Maps that decode as a view, with numbers at their ends and names that collide."""
wire_events = st.one_of(
    records(
        {"type": st.sampled_from([*TURN_EVENTS, "novel"])},
        {
            **dict.fromkeys(("id", "correlation_id", "parent", "call_id", "graph_key"), long_ids),
            **dict.fromkeys(("text", "message", "kind", "code", "reason", "what"), long_ids),
            **dict.fromkeys(("name", "tool_name", "language"), long_ids),
            **dict.fromkeys(("args", "output", "error", "value", "data", "context"), junk),
            **dict.fromkeys(("usage", "cumulative"), maps),
            "correlation_ids": st.lists(long_ids, max_size=3),
            "duration_ms": st.sampled_from([None, -1.0, float("nan"), 1e308]),
            "success": st.booleans(),
            "format": st.sampled_from([None, "plain", "ansi"]),
        },
    ),
    records({"type": st.just("committed")}, {"read_view": wire_views}),
    records({"type": st.just("agent_frame_switched"), "frame_id": long_ids}, {}),
    records(
        {
            "type": st.just("queue_changed"),
            "kind": st.sampled_from(["enqueued", "cancelled", "delivered"]),
            "batch_ids": st.lists(long_ids, max_size=3),
        },
        {"batches": st.dictionaries(long_ids, maps, max_size=2)},
    ),
    records(
        {
            "type": st.just("process_changed"),
            "kind": st.sampled_from(["started", "cancelled", "exited"]),
            "process_ids": st.lists(long_ids, max_size=3),
        },
        {
            "processes": st.dictionaries(
                long_ids, records({}, dict.fromkeys(("exit_code", "signal", "output"), junk))
            )
        },
    ),
    records(
        {"type": st.just("session_changed"), "kind": st.sampled_from(["opened", "ended"])},
        {
            "exit_code": st.sampled_from([None, -(2**63), 2**64 - 1]),
            **dict.fromkeys(("title", "agent", "directory", "model"), texts),
        },
    ),
)


@settings(max_examples=400, deadline=None)
@given(wire_views, st.lists(wire_events, max_size=6), st.lists(st.none() | times | wholes))
def test_whatever_decodes_folds(
    wire: dict[str, Any], given_events: list[dict[str, Any]], at: list[int | None]
) -> None:
    """No view and no event that are taken break a session, and each view after them is one too."""
    folding = Fold(view_from_wire(wire), track=True)
    for n, given_event in enumerate(given_events, 1):
        try:
            payload = payload_from_wire(given_event)
        except InvalidEvent:
            continue
        event = event_at(n, folding.resolve(payload, f"e{n}"))
        if at:
            event = msgspec.structs.replace(event, at=at[n % len(at)])
        before = folding.view.copy()
        folding.apply(event)
        view = folding.view

        # NaN is not equal to itself, so encoded ones are compared.
        assert encode_view(fold(before, event)) == encode_view(view)
        if isinstance(payload, Committed) and payload.read_view is not None:
            assert folding.settle_with(payload.read_view, n)
        assert encode_view(decode_view(encode_view(view))) == encode_view(view)
        assert len(view.entries) <= max(1, view.max_entries)
        assert folding.size == sum(map(entry_size, view.entries))
        assert folding.size <= view.max_bytes or len(view.entries) == 1
        assert len({entry.id for entry in view.entries}) == len(view.entries)
        assert len(view.queue) <= MAX_QUEUE
        assert len(view.processes) <= MAX_PROCESSES
        parts = msgspec.structs.replace(view, entries=[])
        assert len(encode_view(parts)) < 8 * 1024 * 1024
