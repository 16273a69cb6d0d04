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
    user,
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


def nested(subtype: str, **data: object) -> dict[str, object]:
    """A system record as newer versions write it."""
    return record("system", subtype=subtype, data=data)


def test_a_background_agent_is_a_process() -> None:
    """Its end is told in a user's name too, which is not what a person said."""
    notice = 'Background agent "Look at \\"x\\"" completed.'
    before = [
        init(),
        assistant("m1", tool("c1", "agent", description="Look")),
        nested("task_started", task_id="a1", tool_use_id="c1", description="Look"),
        answer("c1", "Background agent launched successfully.\ntask_id: a1 (internal ID)"),
    ]
    after = [
        user(notice),
        nested("task_notification", task_id="a1", tool_use_id="c1", status="failed"),
        assistant("m2", text("It failed.")),
        result("It failed."),
    ]
    view = seen(QwenStreamProducer(), *before, outcome=None)
    assert [process.label for process in view.processes] == ["Look"]
    view = seen(QwenStreamProducer(), *before, *after)
    assert [process.state for process in view.processes] == ["failed"]
    assert rows(view, "user") == []
    assert prose_of(view) == ["It failed."]


@pytest.mark.parametrize("ended", [True, False])
def test_a_person_may_say_what_the_program_says(ended: bool) -> None:
    """Only the record that follows makes it the program's."""
    said = 'Background agent "x" completed.'
    after = [] if ended else [assistant("m", text("So?")), result("So?")]
    view = seen(QwenStreamProducer(), init(), user(said), *after)
    assert rows(view, "user") == [said]


def test_a_goal_is_told_and_no_goal_is_not() -> None:
    """Goals stand among the frames of messages."""

    def state(goal: object) -> dict[str, object]:
        return event({"type": "goal_state", "goal_state": {"v": 2, "goal": goal}})

    view = seen(
        QwenStreamProducer(),
        init(),
        state(None),
        state({"text": "Ship it"}),
        state({"text": "Ship it"}),
        assistant("m", text("Yes")),
        result("Yes"),
    )
    remarks = [row.output for row in view.entries if row.kind == "diagnostic"]
    assert remarks == [{"goal": {"text": "Ship it"}}]
