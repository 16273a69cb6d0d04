"""qwen's stream: blocks are matched by their order, since their ids say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.events import SessionOutcome
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
    told,
    tool,
    user,
)
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of


def starts() -> dict[str, object]:
    """A block begins; each says that it is the first."""
    return event({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}})


RUNS = [case for case in cases("qwen") if case.name != "screen"]


@pytest.mark.parametrize("case", RUNS, ids=name_of)
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


def nested(subtype: str, **data: object) -> dict[str, Any]:
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


# -- what its own screen writes ------------------------------------------------------------------


def opens() -> dict[str, Any]:
    """The beginning of a screen's file."""
    return nested("session_start", protocol_version=2)


def turn(prompt: str, message: str, *blocks: dict[str, Any]) -> list[dict[str, Any]]:
    """A prompt and the message that answers it."""
    usage = {"input_tokens": 20, "output_tokens": 6, "cache_read_input_tokens": 8}
    said = assistant(message, *blocks)
    said["message"]["usage"] = usage
    return [user(prompt), begins(message), said, ends()]


def test_the_recorded_screen_shows_two_turns() -> None:
    """The second one's call was never allowed: the program was left while it waited."""
    (case,) = [each for each in cases("qwen") if each.name == "screen"]
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    assert rows(view, "user") == ["SCN:simple", "SCN:tool please"]
    assert [row.state for row in view.entries if row.kind in ("tool", "commit")] == [
        "success",
        "cancelled",
        "success",
    ]
    assert [row.name for row in view.entries if row.kind in ("error", "diagnostic")] == ["waiting"]
    assert (view.title, view.agent, view.state) == ("SCN:simple", "qwen", "idle")
    assert view.usage["total"] == {
        "input_tokens": 4000,
        "cached_input_tokens": 1600,
        "output_tokens": 120,
    }


def test_a_turn_of_a_screen_ends_with_a_message_that_calls_nothing() -> None:
    """When the next prompt comes, the file ends, or nothing comes for a while."""
    first = turn("one", "m1", text("First."))
    producer = QwenStreamProducer()
    produced = told(producer, opens(), *first, outcome=None)
    assert view_of(produced, ended=False).state == "running"
    produced += producer.flush()
    assert view_of(produced, ended=False).state == "idle"
    produced += told(producer, *turn("two", "m2", text("Second.")))
    view = view_of(produced, ended=False)
    assert (view.turn_index, prose_of(view)) == (2, ["First.", "Second."])
    assert view.usage["total"]["output_tokens"] == 12
    assert [row.kind for row in view.entries if row.kind == "error"] == []


def test_a_message_that_calls_ends_no_turn_of_a_screen() -> None:
    """The model is asked again with what the call gave."""
    producer = QwenStreamProducer()
    calls = turn("one", "m1", tool("t", "run_shell_command", command="ls"))
    produced = told(producer, opens(), *calls, outcome=None)
    produced += producer.flush()
    produced += told(producer, answer("t"), begins("m2"), assistant("m2", text("Done.")), ends())
    view = view_of(produced, ended=False)
    assert (view.turn_index, prose_of(view)) == (1, ["Done."])


def test_a_screens_result_is_no_second_end() -> None:
    """Versions that write one tell the same tokens again."""
    done = result("First.", usage={"input_tokens": 20, "output_tokens": 6})
    view = seen(QwenStreamProducer(), opens(), *turn("one", "m1", text("First.")), done)
    assert (view.turn_index, view.usage["total"]["output_tokens"]) == (1, 6)
    producer = QwenStreamProducer()
    produced = told(producer, opens(), *turn("one", "m1", text("First.")), outcome=None)
    produced += producer.flush() + told(producer, done)
    view = view_of(produced, ended=False)
    assert (view.turn_index, view.usage["total"]["output_tokens"]) == (1, 6)


def test_a_question_of_a_screen_waits_until_its_answer() -> None:
    """The call itself may take long after that."""
    request = {"subtype": "can_use_tool", "tool_name": "run_shell_command", "tool_use_id": "t"}
    asked = {"type": "control_request", "request_id": "r", "request": request}
    allowed = {"subtype": "success", "request_id": "r", "response": {"allowed": True}}
    before: list[dict[str, Any]] = [
        opens(),
        *turn("one", "m1", tool("t", "run_shell_command", command="make")),
        asked,
    ]
    assert seen(QwenStreamProducer(), *before, outcome=None).state == "waiting"
    answered = {"type": "control_response", "response": allowed}
    assert seen(QwenStreamProducer(), *before, answered, outcome=None).state == "running"


def retried(**data: object) -> dict[str, object]:
    """A request is made again."""
    return nested("retry", discardedToolCalls=0, **data)


def test_a_retry_is_told_and_keeps_what_the_agent_keeps() -> None:
    """An answer that was cut goes on within the same block."""
    view = seen(
        QwenStreamProducer(),
        init(),
        begins("a"),
        starts(),
        delta(0, "One"),
        retried(reason="retry", preserveText=True),
        delta(0, " two"),
        retried(reason="retry", preserveText=True, attempt=4, maxRetries=7, delayMs=1500),
        delta(0, " three"),
        stops(0),
        assistant("x", text("One two three")),
        result("One two three"),
    )
    assert rows(view, "prose") == ["One two three"]
    told = [row.output for row in view.entries if row.kind == "retry"]
    assert told == [
        {"wait_seconds": 0.0, "attempt": 1, "max_attempts": None},
        {"wait_seconds": 1.5, "attempt": 4, "max_attempts": 7},
    ]
    assert rows(view, "diagnostic") == []


def test_a_retry_withdraws_what_the_agent_discards() -> None:
    """Of that message alone, although its copy came already."""
    view = seen(
        QwenStreamProducer(),
        init(),
        begins("a"),
        starts(),
        delta(0, "First."),
        stops(0),
        assistant("x", text("First."), tool("t")),
        answer("t"),
        begins("b"),
        starts(),
        delta(0, "Second, wro"),
        stops(0),
        assistant("y", text("Second, wro")),
        ends(),
        retried(reason="model_fallback", preserveText=False),
        begins("c"),
        starts(),
        delta(0, "Second."),
        stops(0),
        assistant("z", text("Second.")),
        result("Second."),
    )
    assert rows(view, "prose") == ["First.", "Second."]
    assert rows(view, "retry") == ["model fallback"]


def test_an_error_that_is_told_as_an_answer_too_is_told_once() -> None:
    """As an error; an answer that only ends with it stays whole."""
    message = "[API Error: 400 no]"
    failed = record(
        "result", subtype="error_during_execution", is_error=True, error={"message": message}
    )
    for said, kept in ((message, []), (f"It was {message}", [f"It was {message}"])):
        view = seen(
            QwenStreamProducer(),
            init(),
            begins("a"),
            starts(),
            delta(0, said),
            stops(0),
            assistant("x", text(said)),
            failed,
        )
        assert rows(view, "prose") == kept
        assert rows(view, "error") == [message]
        assert view.outcome is SessionOutcome.FAILURE


def test_a_failed_command_tells_its_exit_code_and_its_output() -> None:
    """Not the report that the model gets."""
    report = (
        "Command: x\nDirectory: (root)\nOutput: bad\nError: (none)\nExit Code: 3\nSignal: (none)"
    )
    view = seen(
        QwenStreamProducer(),
        init(),
        assistant("m", tool("c", "run_shell_command", command="x")),
        answer("c", report, is_error=True),
        assistant("n", text("Done.")),
        result("Done."),
    )
    (row,) = (row for row in view.entries if row.kind == "tool")
    outcome = {"status": "failure", "message": "exit code 3", "payload": "bad", "exit_code": 3}
    assert row.output == {"outcome": outcome}
