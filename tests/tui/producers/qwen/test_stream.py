"""qwen's stream: blocks are matched by their order, since their ids say nothing."""

from __future__ import annotations

import pytest

from lashtui.producers.qwen.stream import QwenStreamProducer
from tests.tui.producers.claude.claude_records import (
    answer,
    assistant,
    begins,
    delta,
    ends,
    event,
    init,
    record,
    result,
    rows,
    seen,
    stops,
    text,
    thinking,
    tool,
)
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of


def starts() -> dict[str, object]:
    """A block begins; each says that it is the first."""
    return event({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}})


@pytest.mark.parametrize("case", cases("qwen"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """The last prose is the result's, one turn, the tokens are the result's."""
    view = view_of(produce(case.make(), [case.data], case.outcome))
    last = case.records()[-1]
    assert prose_of(view)[-1] == last["result"]
    assert view.turn_index == 1
    assert view.agent == "qwen"
    assert view.usage["total"]["input_tokens"] == last["usage"]["input_tokens"]


def test_streamed_blocks_and_whole_ones_with_other_ids_are_one_text() -> None:
    """Each block is index 0 of a message of its own."""
    view = seen(
        QwenStreamProducer(),
        init(),
        begins("a"),
        starts(),
        delta(0, "think", "thinking"),
        stops(0),
        ends(),
        assistant("x", thinking("thinking")),
        begins("b"),
        starts(),
        delta(0, "One"),
        stops(0),
        starts(),
        delta(0, "Two"),
        stops(0),
        ends(),
        assistant("y", text("One")),
        assistant("z", text("Two")),
        result("Two"),
    )
    assert rows(view, "reasoning", "prose") == ["thinking", "One", "Two"]


def test_an_attempt_that_did_not_end_is_withdrawn() -> None:
    """The next message begins before the block ended."""
    view = seen(
        QwenStreamProducer(),
        init(),
        begins("a"),
        starts(),
        delta(0, "One tw"),
        begins("b"),
        starts(),
        delta(0, "One two"),
        stops(0),
        assistant("y", text("One two")),
        result("One two"),
    )
    assert rows(view, "prose") == ["One two"]


def test_the_next_turn_begins_anew() -> None:
    """Equal texts in two turns are two texts; ids that repeat drop nothing."""
    view = seen(
        QwenStreamProducer(),
        init(uuid="s"),
        assistant("a", text("Yes."), tool("t")),
        answer("t"),
        result("Yes."),
        init(uuid="s"),
        assistant("a", text("Yes.")),
        result("Yes."),
    )
    assert rows(view, "prose") == ["Yes.", "Yes."]
    assert view.turn_index == 2


def test_an_error_tells_its_message() -> None:
    """qwen keeps it in an object."""
    failed = record(
        "result", subtype="error_during_execution", is_error=True, error={"message": "No quota"}
    )
    view = seen(QwenStreamProducer(), init(), failed)
    assert rows(view, "error") == ["No quota"]
