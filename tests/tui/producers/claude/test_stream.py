"""Claude's stream: text once, turns by their results, failure as failure, tasks as processes."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.claude.blocks import MAX_ROWS
from lashtui.producers.claude.narration import SUMMARY
from lashtui.producers.claude.stream import ClaudeStreamProducer
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
    system,
    text,
    thinking,
    told,
    tool,
    user,
)
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of, wire_of

CUT = "Your response above was cut off mid-stream. Resume directly from where it stops."


def stream() -> ClaudeStreamProducer:
    """A fresh producer."""
    return ClaudeStreamProducer()


# -- recordings against what else is known of them -----------------------------------------------


@pytest.mark.parametrize("case", cases("claude"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """One commit a result; the last prose is the result's; failure is failure."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    results = [each for each in case.records() if each["type"] == "result"]
    assert view.turn_index == len(results)
    assert view.state == "idle"
    last = results[-1]
    if last["terminal_reason"].startswith("aborted"):
        assert [row.name for row in view.entries].count("interrupted") == 1
        assert view.outcome is SessionOutcome.SUCCESS
        return
    if last["is_error"]:
        assert view.outcome is SessionOutcome.FAILURE
        return
    assert view.outcome is SessionOutcome.SUCCESS
    assert prose_of(view)[-1] == last["result"]
    lines = [each for each in case.records() if each["type"] == "assistant"]
    own = [each for each in lines if each.get("parent_tool_use_id") is None]
    blocks = [block for each in own for block in each["message"]["content"]]
    said = [text for text in prose_of(view) if not text.endswith(SUMMARY)]
    assert said == [block["text"] for block in blocks if block["type"] == "text"]
    calls = {b["id"] for e in lines for b in e["message"]["content"] if b["type"] == "tool_use"}
    assert {row.id for row in view.entries if row.kind == "tool"} == calls
    assert view.usage["total"]["output_tokens"] == sum(e["usage"]["output_tokens"] for e in results)
    assert view.usage["total"]["cost_usd"] == pytest.approx(last["total_cost_usd"])


# -- text ----------------------------------------------------------------------------------------


def test_deltas_and_their_whole_copy_are_one_text() -> None:
    """The final copy gives only what no delta gave."""
    view = seen(
        stream(),
        init(),
        begins("m"),
        delta(0, "think", "thinking"),
        assistant("m", thinking("thinking")),
        stops(0),
        delta(1, "Hel"),
        delta(1, "lo"),
        assistant("m", text("Hello!")),
        stops(1),
        ends(),
        result("Hello!"),
    )
    assert rows(view, "reasoning", "prose") == ["thinking", "Hello!"]


def test_a_final_copy_that_says_something_else_replaces_the_deltas() -> None:
    """The copy is what the agent meant."""
    view = seen(stream(), begins("m"), delta(0, "Helo"), assistant("m", text("Hello")))
    assert rows(view, "prose") == ["Hello"]


def test_deltas_that_come_after_their_whole_copy_say_nothing_new() -> None:
    """Lines out of order don't double a text."""
    view = seen(
        stream(), begins("m"), assistant("m", text("Hello")), delta(0, "Hello"), result("Hello")
    )
    assert rows(view, "prose") == ["Hello"]


def test_a_doubled_line_is_told_once() -> None:
    """By the record's own id."""
    said, called = assistant("m", text("Hello")), assistant("m", tool("t"))
    view = seen(stream(), said, said, called, called, answer("t"), result("Hello"))
    assert [row.kind for row in view.entries] == ["prose", "tool", "commit"]


def test_a_message_whose_start_was_lost_is_told_once() -> None:
    """Its deltas have no id then, and its whole copy has."""
    view = seen(stream(), delta(0, "Hel"), delta(0, "lo"), assistant("m", text("Hello")))
    assert rows(view, "prose") == ["Hello"]


def test_a_message_that_is_repeated_while_it_grows_is_told_once() -> None:
    """Some programs between the agent and us print all blocks so far."""
    first, second = text("One."), text("Two.")
    view = seen(
        stream(),
        assistant("m", first),
        assistant("m", first, second),
        assistant("m", first, second, tool("t")),
        answer("t"),
        result("Two."),
    )
    assert rows(view, "prose") == ["One.", "Two."]


def test_an_attempt_that_failed_while_it_streamed_is_withdrawn() -> None:
    """The next message of the same agent begins before the block ended."""
    view = seen(
        stream(),
        init(),
        begins("a"),
        delta(0, "Half an ans"),
        system("api_retry", attempt=1, max_retries=3, retry_delay_ms=500, error="overloaded"),
        begins("b"),
        delta(0, "Half an answer"),
        assistant("b", text("Half an answer")),
        result("Half an answer"),
    )
    assert rows(view, "prose") == ["Half an answer"]
    assert [row.kind for row in view.entries] == ["retry", "prose", "commit"]


def test_a_second_start_of_the_same_message_withdraws_nothing() -> None:
    """Providers repeat it."""
    view = seen(stream(), begins("a"), delta(0, "One "), begins("a"), delta(0, "two"))
    assert rows(view, "prose") == ["One two"]


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("The answer is", "The answer is"),
        ("The answer is 42.", "The answer is 42."),
        (" 42.", "The answer is 42."),
        ("The answer", "The answer is"),
    ],
)
def test_after_a_cut_the_answer_is_there_once(partial: bool, second: str, expected: str) -> None:
    """Repeated from its beginning, repeated in part, or continued: one row in any case."""

    def attempt(message_id: str, said: str) -> list[dict[str, Any]]:
        if not partial:
            return [assistant(message_id, text(said))]
        pieces = [delta(0, said[i : i + 3]) for i in range(0, len(said), 3)]
        whole = assistant(message_id, text(said))
        return [begins(message_id), *pieces, whole, stops(0), ends()]

    view = seen(
        stream(),
        init(),
        *attempt("a", "The answer is"),
        user(CUT, isSynthetic=True),
        *attempt("b", second),
        result(second),
    )
    assert rows(view, "prose") == [expected]
    assert [row.text for row in view.entries if row.kind == "retry"] == [
        "the response was cut off mid-stream"
    ]


def test_a_repeated_cut_is_still_one_answer() -> None:
    """Four attempts, then the whole."""
    cut = user(CUT, isSynthetic=True)
    again = {**cut, "uuid": "another"}
    view = seen(
        stream(),
        begins("a"),
        delta(0, "One tw"),
        assistant("a", text("One tw")),
        cut,
        begins("b"),
        delta(0, "One"),
        delta(0, " tw"),
        assistant("b", text("One tw")),
        again,
        begins("c"),
        delta(0, "o three"),
        assistant("c", text("o three")),
        result("o three"),
    )
    assert rows(view, "prose") == ["One two three"]


@pytest.mark.parametrize("second", ["The answer is 42.", " answer is 42."])
def test_a_cut_block_that_was_never_whole_is_gone_on_from(second: str) -> None:
    """Its deltas are what survived; an earlier text has nothing to do with it."""
    view = seen(
        stream(),
        assistant("a", text("Let me look.")),
        assistant("a", tool("t")),
        answer("t"),
        begins("b"),
        delta(0, "The"),
        user(CUT, isSynthetic=True),
        begins("c"),
        delta(0, second),
        assistant("c", text(second)),
        result(second),
    )
    assert rows(view, "prose") == ["Let me look.", "The answer is 42."]


def test_a_cut_before_anything_was_said_joins_nothing() -> None:
    """The answer to come stands alone."""
    view = seen(
        stream(),
        assistant("a", text("Let me look."), tool("t")),
        answer("t"),
        begins("b"),
        user(CUT, isSynthetic=True),
        begins("c"),
        delta(0, "Found."),
        assistant("c", text("Found.")),
        result("Found."),
    )
    assert rows(view, "prose") == ["Let me look.", "Found."]


def test_blocks_without_end_fill_no_memory() -> None:
    """A hostile stream gives each delta an index of its own."""
    producer = stream()
    deltas = [delta(n, f"{n} ") for n in range(5000)]
    view = seen(producer, begins("m"), *deltas, result("x"))
    assert "".join(rows(view, "prose")) == "".join(f"{n} " for n in range(5000))
    message = next(iter(producer.blocks._messages.values()))
    assert max(len(message.rows), len(message.open)) < 2 * MAX_ROWS


def test_another_text_after_a_tool_is_no_rest_of_a_cut_one() -> None:
    """The cut answer may go on with a call instead."""
    view = seen(
        stream(),
        assistant("a", text("Let me look")),
        user(CUT, isSynthetic=True),
        assistant("b", tool("t")),
        answer("t"),
        assistant("c", text("Let me look")),
        result("Let me look"),
    )
    assert rows(view, "prose") == ["Let me look", "Let me look"]


def test_a_subagents_lines_within_its_parents_block_stay_apart() -> None:
    """Keyed by (parent, message, index)."""
    child = {"parent_tool_use_id": "agent"}
    view = seen(
        stream(),
        assistant("p", tool("agent", "Agent", prompt="look")),
        begins("m"),
        delta(0, "Meanwhile "),
        user("look", **child),
        assistant("c", text("I am the child."), **child),
        assistant("c", tool("inner"), **child),
        delta(0, "I go on."),
        answer("inner", **child),
        assistant("m", text("Meanwhile I go on.")),
        answer("agent"),
        result("Meanwhile I go on."),
    )
    assert prose_of(view) == ["Meanwhile I go on."]
    assert prose_of(view, parent="agent") == ["I am the child."]
    assert {row.id: row.parent for row in view.entries if row.kind == "tool"} == {
        "agent": None,
        "inner": "agent",
    }
    assert rows(view, "user") == []


def test_a_result_that_is_the_only_copy_is_said() -> None:
    """The program's own commands answer with a result alone."""
    view = seen(stream(), init(), result("Total cost: $0.01"))
    assert rows(view, "prose") == ["Total cost: $0.01"]


# -- people --------------------------------------------------------------------------------------


def test_only_what_a_person_said_is_a_users_message() -> None:
    """Replayed prompts are; notes of the program in a person's name are not."""
    view = seen(
        stream(),
        user("Do it.<system-reminder>Be nice.</system-reminder>", isReplay=True),
        user("Continue from where you left off.", isMeta=True),
        user("A task ended", origin={"kind": "task-notification"}),
        user("<local-command-stdout>x</local-command-stdout>"),
        user("<command-name>/review</command-name><command-args>12</command-args>"),
        result(),
    )
    assert rows(view, "user") == ["Do it.", "/review 12"]


def test_a_question_waits_for_its_answer() -> None:
    """AskUserQuestion needs a person until its result."""
    asked = assistant("m", tool("q", "AskUserQuestion", questions=[{"question": "Which one?"}]))
    producer = stream()
    produced = told(producer, init(), asked, outcome=None)
    view = view_of(produced, ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "Which one?")
    produced += told(producer, answer("q", "the left"), outcome=None)
    view = view_of(produced, ended=False)
    assert (view.state, view.waiting_for) == ("running", None)


def test_a_request_for_permission_waits() -> None:
    """Until the call has its result, or the request is taken back."""
    request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "rm x"}}
    asked = {"type": "control_request", "request_id": "r", "request": request}
    view = seen(stream(), init(), asked, outcome=None)
    assert (view.state, view.waiting_for) == ("waiting", "permission for Bash: rm x")
    cancelled = {"type": "control_cancel_request", "request_id": "r"}
    assert seen(stream(), init(), asked, cancelled, outcome=None).state == "running"
    named = {**asked, "request": {**request, "tool_use_id": "t"}}
    called = assistant("m", tool("t"))
    runs = record("tool_progress", tool_use_id="t")
    assert seen(stream(), called, named, runs, outcome=None).state == "running"
    assert seen(stream(), called, named, answer("t"), outcome=None).state == "running"
    assert seen(stream(), called, named, cancelled, outcome=None).state == "running"
    answered = {"type": "control_response", "response": {"subtype": "success", "request_id": "r"}}
    assert seen(stream(), called, named, answered, outcome=None).state == "running"
    other = {"type": "control_response", "response": {"subtype": "success", "request_id": "x"}}
    assert seen(stream(), called, named, other, outcome=None).state == "waiting"


def test_of_several_requests_the_one_that_is_still_open_is_shown() -> None:
    """Also when the newest is answered first."""
    asked = [
        {
            "type": "control_request",
            "request_id": name,
            "request": {"subtype": "elicitation", "message": f"{name}?"},
        }
        for name in ("a", "b")
    ]
    answered = {"type": "control_response", "response": {"subtype": "success", "request_id": "b"}}
    assert seen(stream(), init(), *asked, outcome=None).waiting_for == "b?"
    assert seen(stream(), init(), *asked, answered, outcome=None).waiting_for == "a?"


def test_a_state_that_requires_action_waits() -> None:
    """session_state_changed says so, and when it is over."""
    needs = system("session_state_changed", state="requires_action")
    assert seen(stream(), init(), needs, outcome=None).state == "waiting"
    goes_on = system("session_state_changed", state="running")
    assert seen(stream(), init(), needs, goes_on, outcome=None).state == "running"


# -- turns ---------------------------------------------------------------------------------------


def test_several_turns_in_a_stream_are_several_turns() -> None:
    """Each result commits; the cost is cumulative, the tokens are not."""
    view = seen(
        stream(),
        init(),
        assistant("a", text("One.")),
        result("One.", total_cost_usd=0.03),
        init(),
        assistant("b", text("Two.")),
        result("Two.", total_cost_usd=0.05, result_index=1),
    )
    assert view.turn_index == 2
    assert rows(view, "prose") == ["One.", "Two."]
    assert view.usage["total"]["cost_usd"] == pytest.approx(0.05)
    assert view.usage["last"]["cost_usd"] == pytest.approx(0.02)
    assert view.usage["total"]["input_tokens"] == 30  # what came from the cache included
    assert view.usage["total"]["cached_input_tokens"] == 10


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"is_error": True, "result": "API Error: 400"}, "API Error: 400"),
        ({"is_error": True, "subtype": "error_max_turns", "errors": ["Too many"]}, "Too many"),
        ({"is_error": True, "subtype": "error_during_execution"}, "error_during_execution"),
        ({"subtype": "error_max_budget_usd", "errors": ["a", "b"]}, "a; b"),
    ],
)
def test_a_failed_result_is_a_failed_turn(fields: dict[str, Any], message: str) -> None:
    """Whatever its subtype says; its words come from where they are."""
    view = seen(stream(), init(), assistant("m", text("So far.")), result(**fields))
    assert rows(view, "error") == [message]
    assert view.outcome is SessionOutcome.FAILURE
    assert view.turn_index == 1


@pytest.mark.parametrize("mark", [[], [user("[Request interrupted by user]")]])
def test_a_turn_that_a_person_stopped_did_not_fail(mark: list[dict[str, Any]]) -> None:
    """Though the program calls that an error; it is said once."""
    stopped = result(is_error=True, subtype="error_during_execution", terminal_reason="aborted_x")
    view = seen(stream(), init(), assistant("m", text("So far.")), *mark, stopped)
    assert [row.kind for row in view.entries] == ["prose", "diagnostic", "commit"]
    assert view.entries[1].name == "interrupted"
    assert view.outcome is SessionOutcome.SUCCESS


def test_a_synthetic_message_is_an_error_and_told_once() -> None:
    """The result repeats its text."""
    failed = assistant("m", text("API Error: lost"), is_api_error_message=True, error="x")
    failed["message"]["model"] = "<synthetic>"
    view = seen(stream(), init(), failed, result("API Error: lost", is_error=True))
    assert rows(view, "prose") == []
    assert rows(view, "error") == ["API Error: lost"]


def test_a_stream_without_a_result_is_cut_off() -> None:
    """Open calls end, the turn is no success, and what it used so far is told."""
    usage = {"input_tokens": 4, "output_tokens": 3}
    view = seen(
        stream(),
        init(),
        begins("m"),
        assistant("m", tool("t", command="sleep")),
        event({"type": "message_delta", "delta": {}, "usage": usage}),
        outcome=SessionOutcome.CANCELLED,
    )
    call = next(row for row in view.entries if row.kind == "tool")
    assert call.state == "cancelled"
    assert rows(view, "error") == ["The agent was stopped before the turn ended."]
    assert view.turn_index == 0
    assert view.usage["total"] == {"input_tokens": 4, "output_tokens": 3}


def test_a_clean_exit_within_a_turn_is_no_end_of_it() -> None:
    """The exit code 0 is no proof."""
    view = seen(stream(), init(), assistant("m", text("And")), outcome=SessionOutcome.SUCCESS)
    assert rows(view, "error") == ["The output ended before the turn did."]
    assert view.turn_index == 0


def test_a_call_of_a_background_agent_may_outlive_the_turn() -> None:
    """It ends with the stream, and the turn stays the success that it was."""
    child = assistant("c", tool("inner"), parent_tool_use_id="agent")
    produced = told(stream(), init(), child, result("Started."))
    view = view_of(produced)
    assert [row.state for row in view.entries if row.kind == "tool"] == ["cancelled"]
    assert rows(view, "error") == []


def test_remarks_between_turns_begin_none() -> None:
    """They come with the next turn; a stream that ends after its result has ended well."""
    late = system("notification", message="done")
    view = seen(stream(), init(), result("x"), late, system("session_state_changed", state="idle"))
    assert view.state == "idle"
    assert rows(view, "error") == []
    view = seen(stream(), init(), result("x"), late, init(), result("y"))
    assert [row.name for row in view.entries if row.kind == "diagnostic"] == ["notification"]


def test_an_unknown_record_is_a_diagnostic_once() -> None:
    """New kinds come with each release."""
    new = [record("teleported", where="x"), record("teleported"), system("dreamt")]
    view = seen(stream(), init(), *new, result("x"))
    kinds = [row.output["type"] for row in view.entries if row.kind == "diagnostic"]
    assert kinds == ["teleported", "system/dreamt"]


# -- calls ---------------------------------------------------------------------------------------


def test_results_in_any_order_go_to_their_calls() -> None:
    """By id; a result may come before the message's end."""
    view = seen(
        stream(),
        assistant("m", tool("a")),
        assistant("m", tool("b")),
        answer("b", "second"),
        answer("a", "Exit code 3\nno", is_error=True),
        result("x"),
    )
    calls = {row.id: row for row in view.entries if row.kind == "tool"}
    assert calls["b"].output == {"outcome": {"status": "success", "payload": "second"}}
    assert calls["a"].output["outcome"]["status"] == "failure"
    assert calls["a"].output["outcome"]["exit_code"] == 3


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"tool_use_result": "User rejected tool use"}, "cancelled"),
        ({"tool_result_meta": [{"id": "t", "non_execution_kind": "user-rejected"}]}, "cancelled"),
        (
            {
                "tool_result_meta": [
                    {
                        "id": "t",
                        "non_execution_kind": "user-rejected",
                        "permission_decision": {"decision": "reject"},
                    }
                ]
            },
            "failure",
        ),
        ({"tool_use_result": "Error: it broke"}, "failure"),
    ],
)
def test_a_refused_call_is_cancelled_and_a_denied_one_failed(
    fields: dict[str, Any], status: str
) -> None:
    """A person stops a call; a rule makes it fail."""
    refused = answer("t", "<tool_use_error>no</tool_use_error>", is_error=True, **fields)
    view = seen(stream(), assistant("m", tool("t")), refused, result("x"))
    call = next(row for row in view.entries if row.kind == "tool")
    assert (call.state, call.output["outcome"]["status"]) == (status, status)


def test_what_the_program_adds_to_a_result_is_not_shown() -> None:
    """Reminders to the model are no output of the tool; images are named."""
    source = {"type": "base64", "media_type": "image/png", "data": "A"}
    image: dict[str, Any] = {"type": "image", "source": source}
    said = "file\n<system-reminder>\nDo not tell.\n</system-reminder>"
    view = seen(
        stream(),
        assistant("m", tool("t"), tool("i"), tool("j")),
        answer("t", said),
        answer("i", [text("see"), image]),
        answer("j", [{**image, "source": {**image["source"], "data": "AAAA"}}]),
        result("x"),
    )
    outputs = [row.output["outcome"]["payload"] for row in view.entries if row.kind == "tool"]
    assert outputs == ["file", "see\n[image: image/png]", "[image: image/png, 3 bytes]"]


def test_todos_are_the_plan() -> None:
    """Each list replaces the one before; a subagent's is its own business."""
    todos = [{"content": "look", "status": "in_progress"}, {"content": "act", "status": "pending"}]
    child = tool("c", "TodoWrite", todos=[])
    view = seen(
        stream(),
        assistant("m", tool("t", "TodoWrite", todos=todos)),
        answer("t"),
        assistant("n", child, parent_tool_use_id="x"),
        result("x"),
    )
    assert view.plan == [
        {"text": "look", "status": "in_progress"},
        {"text": "act", "status": "pending"},
    ]


def test_a_huge_result_is_cut_with_a_mark() -> None:
    """An event never outgrows what the daemon takes."""
    produced = told(
        stream(),
        assistant("m", tool("t", content="y" * 2_000_000)),
        answer("t", "x" * 3_000_000),
        assistant("n", text("z" * 300_000)),
        result("x"),
    )
    assert max(len(str(each)) for each in wire_of(produced)) < 1_000_000
    view = view_of(produced, ended=False)
    assert rows(view, "prose") == ["z" * 300_000]
    call = next(row for row in view.entries if row.kind == "tool")
    assert "characters cut" in str(call.output)


def test_open_calls_are_bounded() -> None:
    """A stream that never ends its calls fills no memory; each is ended in the view."""
    calls = [assistant(f"m{n}", tool(f"t{n}")) for n in range(400)]
    producer = stream()
    view = seen(producer, *calls, result("x"))
    assert {row.state for row in view.entries if row.kind == "tool"} == {"cancelled"}


# -- tasks ---------------------------------------------------------------------------------------

TASK = {"task_id": "b1", "task_type": "local_bash", "description": "serve", "tool_use_id": "t"}


def test_a_background_task_starts_once_and_ends_once() -> None:
    """Listed, started, updated and notified: one process."""
    produced = told(
        stream(),
        init(),
        system("background_tasks_changed", tasks=[TASK]),
        system("task_started", is_backgrounded=True, **TASK),
        result("x"),
        system("task_updated", task_id="b1", patch={"status": "completed"}),
        system("task_notification", task_id="b1", status="completed", summary="(exit code 0)"),
        system("background_tasks_changed", tasks=[]),
        init(),
        result("y"),
    )
    kinds = [each["kind"] for each in wire_of(produced) if each["type"] == "process_changed"]
    assert kinds == ["started", "exited"]
    process = view_of(produced).processes[0]
    assert (process.label, process.tool_call_id, process.state) == ("serve", "t", "exited")


@pytest.mark.parametrize(
    ("updates", "state", "exit_code"),
    [
        ([{"status": "killed"}], "cancelled", None),
        ([{"status": "failed"}, "failed (exit code 7)"], "failed", 7),
        ([{"status": "failed"}], "failed", 1),
        ([{"status": "failed", "exit_code": 3}], "failed", 3),
        ([{"status": "completed"}], "exited", None),
        (["stopped by hand"], "exited", None),
    ],
)
def test_how_a_task_ended(updates: list[Any], state: str, exit_code: int | None) -> None:
    """A killed task is cancelled, a failed one failed, and any other exited."""
    ends_of = [
        system("task_updated", task_id="b1", patch=each)
        if isinstance(each, dict)
        else system(
            "task_notification",
            task_id="b1",
            status="failed" if "failed" in each else "completed",
            summary=each,
        )
        for each in updates
    ]
    view = seen(stream(), init(), system("task_started", **TASK), *ends_of, result("x"))
    assert [(each.state, each.exit_code) for each in view.processes] == [(state, exit_code)]


def test_a_subagent_in_the_foreground_is_no_process() -> None:
    """Its call shows it; sent to the background it becomes one."""
    agent = {**TASK, "task_type": "local_agent", "is_backgrounded": False}
    assert seen(stream(), init(), system("task_started", **agent), result("x")).processes == []
    moved = system("task_updated", task_id="b1", patch={"is_backgrounded": True})
    view = seen(stream(), init(), system("task_started", **agent), moved, result("x"))
    assert [each.state for each in view.processes] == ["running"]


def test_a_listed_task_that_nothing_else_tells_of_is_a_process() -> None:
    """The list alone is enough."""
    view = seen(stream(), init(), system("background_tasks_changed", tasks=[TASK]), result("x"))
    assert [each.process_id for each in view.processes] == ["b1"]


def test_what_subagents_used_is_told_apart() -> None:
    """All models' tokens less those of the agent itself."""
    models = {"m": {"inputTokens": 25, "cacheReadInputTokens": 5, "outputTokens": 9}}
    child = assistant("c", tool("i"), parent_tool_use_id="agent")
    view = seen(stream(), init(), child, answer("i"), result("x", modelUsage=models))
    assert view.usage["child"] == {"input_tokens": 15, "output_tokens": 7}


def test_denials_that_only_the_result_tells_are_told() -> None:
    """Older versions have no record of their own for them."""
    denied = system("permission_denied", tool_name="Bash", tool_use_id="a", message="no")
    denials = [{"tool_name": "Bash", "tool_use_id": each} for each in ("a", "b")]
    view = seen(stream(), init(), denied, result("x", permission_denials=denials))
    told_of = [row.output["tool_call_id"] for row in view.entries if row.kind == "diagnostic"]
    assert told_of == ["a", "b"]


# -- damaged recordings --------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("claude", "claude_transcript"), ids=name_of)
def test_doubled_lines_change_nothing(case: Case) -> None:
    """Each line twice gives the events of each once."""
    doubled = b"".join(line + b"\n" + line + b"\n" for line in case.data.splitlines())
    once = produce(case.make(), [case.data], case.outcome)
    assert wire_of(produce(case.make(), [doubled], case.outcome)) == wire_of(once)


@pytest.mark.parametrize(
    # Where a cut is told before the text that it cuts, nothing tells what was repeated.
    "case",
    [case for case in cases("claude") if b"cut off mid-stream" not in case.data],
    ids=name_of,
)
def test_swapped_neighbours_leave_the_answer_whole(case: Case) -> None:
    """Deltas out of order are put right by the whole copy; a text is never there twice."""
    lines = case.data.splitlines()
    expected = sorted(prose_of(view_of(produce(case.make(), [case.data], case.outcome))))
    for at in range(len(lines) - 2):
        swapped = [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]
        produced = produce(case.make(), [b"\n".join(swapped)], case.outcome)
        assert sorted(prose_of(view_of(produced))) == expected


def test_todos_that_were_refused_are_no_plan() -> None:
    """The plan is what it was before."""
    todos = [{"content": "one", "status": "pending"}]
    good = [assistant("m", tool("a", "TodoWrite", todos=todos)), answer("a")]
    bad = [assistant("n", tool("b", "TodoWrite", todos=[])), answer("b", is_error=True)]
    assert seen(stream(), init(), *good, *bad, result("x")).plan == [
        {"text": "one", "status": "pending"}
    ]


def test_what_came_from_elsewhere_says_from_where() -> None:
    """A prompt that was sent through a channel, and an event from outside that nobody said."""
    view = seen(
        stream(),
        init(),
        user("Stop", origin={"kind": "channel", "server": "telegram"}),
        user("The build is red", origin={"kind": "task-notification"}),
        result("x"),
    )
    remarks = [(row.name, row.output) for row in view.entries if row.kind == "diagnostic"]
    assert rows(view, "user") == ["Stop"]
    assert remarks == [
        ("from", "telegram (channel)"),
        ("notification", {"message": "The build is red"}),
    ]


def abandons(message_id: str, first: int) -> dict[str, Any]:
    """The program stopped reading a message, whose blocks from `first` on are none."""
    cut = {"api_message_id": message_id, "from_block_index": first}
    return event({"type": "message_stop"}, message_id, abandoned_blocks=cut)


@pytest.mark.parametrize("second", ["Two", "One. Two", "One. "])
def test_blocks_of_a_cut_message_stay_up_to_the_first_that_was_abandoned(second: str) -> None:
    """What follows goes on from them, or repeats them."""
    view = seen(
        stream(),
        init(),
        begins("a"),
        delta(0, "hm", "thinking"),
        stops(0),
        assistant("a", thinking("hm")),
        delta(1, "One. "),
        assistant("a", text("One. ")),
        stops(1),
        delta(2, "Tw"),
        abandons("a", 2),
        begins("b"),
        delta(0, second),
        assistant("b", text(second)),
        stops(0),
        ends(),
        result(second),
    )
    expected = "One. " if second == "One. " else "One. Two"
    assert (rows(view, "reasoning"), prose_of(view)) == (["hm"], [expected])
    assert view.outcome is SessionOutcome.SUCCESS


def test_a_whole_message_can_be_abandoned() -> None:
    """Also what had ended of it, but no whole line; an index beyond it takes nothing."""
    lost = [begins("a"), delta(0, "hm", "thinking"), stops(0), delta(1, "Wro"), abandons("a", 0)]
    right = [begins("b"), delta(0, "Right"), assistant("b", text("Right")), stops(0), ends()]
    view = seen(stream(), init(), *lost, *right, result("Right"))
    assert (rows(view, "reasoning"), prose_of(view)) == ([], ["Right"])
    kept = [begins("a"), delta(0, "Half"), abandons("a", 9)]
    view = seen(stream(), init(), *kept, result("", is_error=True, errors=["lost"]))
    assert (prose_of(view), rows(view, "error")) == (["Half"], ["lost"])


@pytest.mark.parametrize("end", ["abandoned", "begun again"])
def test_a_text_that_stays_survives_what_goes_on_with_it(end: str) -> None:
    """The message that goes on from it may be cut too: only its own words are taken back."""
    cut = [abandons("b", 0)] if end == "abandoned" else []
    view = seen(
        stream(),
        init(),
        begins("a"),
        delta(0, "One. "),
        stops(0),
        delta(1, "Tw"),
        abandons("a", 1),
        begins("b"),
        delta(0, "Two fa"),
        *cut,
        begins("c"),
        delta(0, "Two."),
        assistant("c", text("Two.")),
        stops(0),
        ends(),
        result("Two."),
    )
    assert prose_of(view) == ["One. Two."]
