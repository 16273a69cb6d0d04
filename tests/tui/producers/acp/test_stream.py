"""The Agent Client Protocol: turns by request and response, calls from patches, both sides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers import Produced
from lashtui.producers.acp.stream import AcpProducer
from lashtui.producers.acp.tools import Printed
from lashtui.producers.dedupe import MAX_OUTPUT
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import Side, kinds, notes, outcome_of, rows, talk

if TYPE_CHECKING:
    from lashd.protocol.records import Record

Message = tuple[Side, dict[str, Any]]


def asks(request: int | str, method: str, side: Side = "client", **params: Any) -> Message:
    """A request."""
    record = {"jsonrpc": "2.0", "id": request, "method": method, "params": params}
    return side, record


def answers(request: int | str, side: Side = "agent", **rest: Any) -> Message:
    """A response."""
    return side, {"jsonrpc": "2.0", "id": request, **rest}


def prompts(request: int | str, text: str = "go", session: str = "s") -> Message:
    """A person's turn."""
    blocks = [{"type": "text", "text": text}]
    return asks(request, "session/prompt", sessionId=session, prompt=blocks)


def ends(request: int | str, reason: str = "end_turn", **rest: Any) -> Message:
    """The agent's answer to a prompt."""
    return answers(request, result={"stopReason": reason, **rest})


def tells(kind: str, session: str = "s", /, **update: Any) -> Message:
    """A session update."""
    params = {"sessionId": session, "update": {"sessionUpdate": kind, **update}}
    return "agent", {"jsonrpc": "2.0", "method": "session/update", "params": params}


def says(text: str, message: str = "m", session: str = "s", **rest: Any) -> Message:
    """A piece of prose."""
    content = {"type": "text", "text": text}
    return tells("agent_message_chunk", session, content=content, messageId=message, **rest)


def view_at(*messages: Message) -> ReadView:
    """The view while the conversation goes on."""
    return view_of(talk(AcpProducer(), *messages), ended=False)


def finished(
    *messages: Message, outcome: SessionOutcome = SessionOutcome.SUCCESS
) -> tuple[ReadView, list[Produced]]:
    """The view after the pipe was closed, and all that was told."""
    producer = AcpProducer()
    produced = talk(producer, *messages) + producer.finish(outcome)
    return view_of(produced, ended=False), produced


# -- recordings ----------------------------------------------------------------------------------


def messages_of(case: Case) -> list[Record]:
    """The messages of both sides, with who sent them."""
    return [{**json.loads(each["line"]), "dir": each["dir"]} for each in case.records()]


@pytest.mark.parametrize("case", cases("acp"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """Prose and thoughts are all the pieces, one commit a prompt, failure is failure."""
    messages = messages_of(case)
    updates = [
        each["params"]["update"] for each in messages if each.get("method") == "session/update"
    ]
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    for kind, chunk in (("prose", "agent_message_chunk"), ("reasoning", "agent_thought_chunk")):
        pieces = [each["content"]["text"] for each in updates if each["sessionUpdate"] == chunk]
        said = "".join(pieces).replace("****\n", "")
        assert "".join(row.text or "" for row in rows(view, kind)) == said
    asked = [each for each in messages if each.get("method") == "session/prompt"]
    assert [row.text for row in rows(view, "user")] == [
        each["params"]["prompt"][0]["text"] for each in asked
    ]
    assert view.turn_index == len(asked)
    assert view.state == "idle"
    failed = any("error" in each for each in messages if not each["dir"].startswith("client"))
    assert view.outcome is (SessionOutcome.FAILURE if failed else SessionOutcome.SUCCESS)
    calls = [each["toolCallId"] for each in updates if each["sessionUpdate"] == "tool_call"]
    calls = list(dict.fromkeys(calls))
    assert [row.id for row in rows(view, "tool")] == calls
    assert all(row.state != "running" for row in rows(view, "tool"))


@pytest.mark.parametrize("case", cases("acp"), ids=name_of)
def test_the_agents_side_alone_shows_the_same_work(case: Case) -> None:
    """Only what the person typed is missing."""
    producer = AcpProducer()
    data = "".join(
        each["line"] + "\n" for each in case.records() if not each["dir"].startswith("client")
    )
    alone = view_of(producer.feed(data.encode()) + producer.finish(case.outcome), ended=False)
    both = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    for kind in ("prose", "reasoning", "tool", "error"):
        assert [row.text or row.output for row in rows(alone, kind)] == [
            row.text or row.output for row in rows(both, kind)
        ]
    assert (alone.turn_index, alone.state) == (both.turn_index, both.state)


# -- turns ---------------------------------------------------------------------------------------


def test_ids_are_counted_on_each_side_by_itself() -> None:
    """A client's answer under the prompt's id ends nothing; 3 and "3" are two ids."""
    view = view_at(
        prompts(3),
        asks(3, "fs/read_text_file", side="agent", path="/x"),
        answers(3, side="client", result={"stopReason": "end_turn", "content": "secret"}),
        answers("3", result={"stopReason": "end_turn"}),
        says("still at it"),
    )
    assert view.turn_index == 1  # the string id is nobody's: a bare end still is one
    assert view.state == "running"
    assert "secret" not in str(view.to_wire())


def test_a_failed_turn_is_committed_as_one() -> None:
    """The error's last word is for people; its copy in the prose is taken back."""
    text = "API Error: 400 bad request"
    view, produced = finished(
        prompts(1),
        says(text),
        answers(1, error={"code": -32603, "message": f"Internal error: {text}"}),
    )
    assert prose_of(view) == []
    assert [row.text for row in rows(view, "error")] == [f"Internal error: {text}"]
    assert view.outcome is SessionOutcome.FAILURE
    assert kinds(produced).count("committed") == 1


def test_an_errors_copy_is_known_as_it_was_written() -> None:
    """With the provider's JSON in it."""
    text = 'API Error: 400 {"error":{"message":"bad request"}}'
    error = {"code": -32603, "message": f"Internal error: {text}"}
    view = view_at(prompts(1), says(f"{text}\n"), answers(1, error=error))
    assert prose_of(view) == []
    assert [row.text for row in rows(view, "error")] == [
        "Internal error: API Error: 400 bad request"
    ]


def test_a_providers_json_is_unwrapped() -> None:
    """What stands inside the message of a message."""
    inner = json.dumps({"error": {"code": 400, "message": "bad request"}})
    view = view_at(prompts(1), answers(1, error={"code": 400, "message": inner}))
    assert [row.text for row in rows(view, "error")] == ["bad request"]


@pytest.mark.parametrize(
    ("reason", "note"), [("cancelled", "interrupted"), ("max_tokens", "stop_reason")]
)
def test_other_ends_are_noted(reason: str, note: str) -> None:
    """A turn that was stopped is committed; a call that it left open is cancelled."""
    view = view_at(
        prompts(1),
        tells("tool_call", toolCallId="t", title="sleep", kind="execute", status="in_progress"),
        ends(1, reason),
    )
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert (view.turn_index, view.state) == (1, "idle")
    assert note in notes(view)


def test_a_prompt_during_a_turn_waits_in_the_queue() -> None:
    """It is delivered when the turn before it ends, and is a turn of its own."""
    producer = AcpProducer()
    produced = talk(producer, prompts(1, "first"), says("a"), prompts(2, "second"))
    view = view_of(produced, ended=False)
    assert [item.text for item in view.queue] == ["second"]
    assert [row.text for row in rows(view, "user")] == ["first"]
    produced += talk(producer, ends(1), says("b"), ends(2))
    view = view_of(produced, ended=False)
    assert view.queue == []
    assert [row.text for row in view.entries if row.text] == ["first", "a", "second", "b"]
    assert view.turn_index == 2


def test_what_comes_after_the_end_opens_no_endless_turn() -> None:
    """Late text is shown, and settles when nothing more comes; a late call's end is nothing."""
    producer = AcpProducer()
    produced = talk(
        producer,
        prompts(1),
        tells("tool_call", toolCallId="t", title="x", status="pending"),
        ends(1),
        tells("tool_call_update", toolCallId="t", status="completed"),
        tells("usage_update", used=1, size=2),
        tells("session_info_update", title="A title"),
    )
    assert view_of(produced, ended=False).state == "idle"
    produced += talk(producer, says("one more thing"))
    produced += producer.flush()
    view = view_of(produced, ended=False)
    assert (view.state, view.turn_index, view.title) == ("idle", 2, "A title")
    assert prose_of(view) == ["one more thing"]
    assert producer.flush() == []


def test_history_told_again_is_settled_by_its_own_response() -> None:
    """`session/load`: both sides of the old conversation, one commit, no running turn."""
    said = {"type": "text", "text": "old question"}
    view = view_at(
        asks(1, "session/load", sessionId="s", cwd="/work"),
        tells("user_message_chunk", content=said),
        says("old answer"),
        answers(1, result={}),
    )
    assert [row.text for row in view.entries if row.text] == ["old question", "old answer"]
    assert (view.turn_index, view.state, view.directory) == (1, "idle", "/work")


def test_an_echo_of_the_prompt_is_not_told_twice() -> None:
    """The client's side told it already."""
    echo = {"type": "text", "text": "go"}
    view = view_at(prompts(1), tells("user_message_chunk", content=echo), ends(1))
    assert len(rows(view, "user")) == 1


def test_two_sessions_on_one_pipe_keep_their_rows_and_calls() -> None:
    """Text in turns stays apart; one's end closes only its own calls."""
    view = view_at(
        prompts(1, session="a"),
        prompts(2, session="b"),
        says("a1", session="a"),
        says("b1", session="b"),
        says("a2", session="a"),
        tells("tool_call", "a", toolCallId="ta", title="x"),
        tells("tool_call", "b", toolCallId="tb", title="y"),
        ends(1),
    )
    assert prose_of(view) == ["a1a2", "b1"]
    assert {row.id: row.state for row in rows(view, "tool")} == {
        "ta": "cancelled",
        "tb": "running",
    }


def test_a_pipe_that_breaks_within_a_turn_says_so() -> None:
    """No commit, and an error; a pipe closed between turns is no failure."""
    view, produced = finished(prompts(1), says("half"), outcome=SessionOutcome.CUT_OFF)
    assert [row.text for row in rows(view, "error")] == [
        "The agent was lost before the turn ended."
    ]
    assert "committed" not in kinds(produced)
    view, _ = finished(prompts(1), says("whole"), ends(1), outcome=SessionOutcome.CUT_OFF)
    assert rows(view, "error") == []


# -- text ----------------------------------------------------------------------------------------


def test_text_around_a_call_is_two_rows() -> None:
    """One message id may span a call; an update of a call is no boundary."""
    view = view_at(
        prompts(1),
        says("before"),
        tells("tool_call", toolCallId="t", title="x"),
        says(""),
        says("after"),
        tells("tool_call_update", toolCallId="t", status="completed"),
        says(" all"),
    )
    shown = [row.text or row.kind for row in view.entries]
    assert shown == ["go", "before", "tool", "after all"]


def test_a_subagents_work_stands_below_its_call() -> None:
    """claude-agent-acp names the parent in its own extension."""
    meta = {"claudeCode": {"parentToolUseId": "task"}}
    view = view_at(
        prompts(1),
        tells("tool_call", toolCallId="task", title="Task"),
        says("mine", _meta=meta),
        says("own"),
        says(" too", _meta=meta),
    )
    assert prose_of(view, parent="task") == ["mine too"]
    assert prose_of(view) == ["own"]


def test_geminis_thoughts_lose_their_empty_heading() -> None:
    """Each is whole; two in a row are two paragraphs."""

    def thinks(text: str) -> Message:
        return tells("agent_thought_chunk", content={"type": "text", "text": text})

    view = view_at(prompts(1), thinks("****\nFirst."), thinks("****\nSecond."), ends(1))
    assert [row.text for row in rows(view, "reasoning")] == ["First.\n\nSecond."]


# -- calls ---------------------------------------------------------------------------------------


def test_patches_fill_in_a_call() -> None:
    """Name and arguments come late; repeats are not told again."""
    started = tells("tool_call", toolCallId="t", title="Terminal", kind="execute", rawInput={})
    filled = tells("tool_call_update", toolCallId="t", title="ls", rawInput={"command": "ls"})
    produced = talk(AcpProducer(), prompts(1), started, filled, filled, filled)
    assert kinds(produced).count("tool_call_started") == 2
    (row,) = rows(view_of(produced, ended=False), "tool")
    assert (row.name, row.args) == ("execute", {"command": "ls"})


@pytest.mark.parametrize(
    ("update", "state", "payload"),
    [
        ({"status": "completed", "rawOutput": "text"}, "success", "text"),
        ({"status": "completed", "content": []}, "success", None),
        (
            {"status": "completed", "rawOutput": {"output": "gone", "metadata": {"exit": 3}}},
            "failure",
            "gone",
        ),
        (
            {"status": "completed", "rawOutput": {"stdout": "a", "stderr": "b", "exit_code": 0}},
            "success",
            "a\nb",
        ),
        (
            {
                "status": "completed",
                "content": [{"type": "content", "content": {"type": "text", "text": "shown"}}],
            },
            "success",
            "shown",
        ),
        ({"status": "failed", "rawOutput": {"a": 1}}, "failure", {"a": 1}),
    ],
)
def test_each_agents_output_is_found(update: Record, state: str, payload: object) -> None:
    """In `rawOutput`, in content, with an exit code or without."""
    view = view_at(prompts(1), tells("tool_call_update", toolCallId="t", title="x", **update))
    (row,) = rows(view, "tool")
    assert row.state == state
    assert outcome_of(row).get("payload") == payload


def test_the_tag_around_an_error_is_not_shown() -> None:
    """Claude's program puts one around errors of its own."""
    told = "<tool_use_error>No such tool</tool_use_error>"
    view = view_at(
        prompts(1), tells("tool_call_update", toolCallId="t", status="failed", rawOutput=told)
    )
    assert outcome_of(rows(view, "tool")[0])["message"] == "No such tool"


def test_a_failed_calls_text_is_its_message() -> None:
    """What a rejected or broken call says is why it failed."""
    view = view_at(
        prompts(1),
        tells("tool_call_update", toolCallId="t", status="failed", rawOutput="Permission denied\n"),
    )
    assert outcome_of(rows(view, "tool")[0]) == {
        "status": "failure",
        "message": "Permission denied",
    }


def test_a_clients_terminal_gives_a_calls_output() -> None:
    """Some agents run commands in the client: its answers hold what was printed."""
    terminal = {"type": "terminal", "terminalId": "term"}
    view = view_at(
        prompts(1),
        tells("tool_call", toolCallId="t", title="make", kind="execute", content=[terminal]),
        asks(7, "terminal/output", side="agent", sessionId="s", terminalId="term"),
        answers(7, side="client", result={"output": "boom", "exitStatus": {"exitCode": 2}}),
        tells("tool_call_update", toolCallId="t", status="completed"),
    )
    (row,) = rows(view, "tool")
    assert outcome_of(row) == {
        "status": "failure",
        "message": "exit code 2",
        "payload": "boom",
        "exit_code": 2,
    }


def test_an_edit_shows_its_old_and_new_text() -> None:
    """The diff of a call's content stands where its arguments don't tell it."""
    diff = {"type": "diff", "path": "/a.py", "oldText": "x", "newText": "y"}
    view = view_at(prompts(1), tells("tool_call", toolCallId="t", title="Edit", content=[diff]))
    args = rows(view, "tool")[0].args
    assert isinstance(args, dict)
    assert {**args, "title": None} == {
        "title": None,
        "path": "/a.py",
        "old_text": "x",
        "new_text": "y",
    }


# -- a person ------------------------------------------------------------------------------------

OPTIONS = [
    {"optionId": "yes", "kind": "allow_once", "name": "Allow"},
    {"optionId": "no", "kind": "reject_once", "name": "Reject"},
]


def asks_leave(request: int, call: str) -> Message:
    """The agent asks for a permission."""
    return asks(
        request,
        "session/request_permission",
        side="agent",
        sessionId="s",
        toolCall={"toolCallId": call, "title": f"run {call}", "rawInput": {"command": call}},
        options=OPTIONS,
    )


def decides(request: int, option: str) -> Message:
    """The person answers."""
    outcome = {"outcome": "selected", "optionId": option}
    return answers(request, side="client", result={"outcome": outcome})


def test_a_permission_is_waited_for_until_the_last_is_answered() -> None:
    """Two at once; a refusal is noted; the request completes a call's arguments."""
    producer = AcpProducer()
    begun = tells("tool_call", toolCallId="b", title="b", rawInput={"cwd": "/"})
    produced = talk(producer, prompts(1), begun, asks_leave(0, "a"), asks_leave(1, "b"))
    view = view_of(produced, ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "run b")
    produced += talk(producer, decides(0, "yes"))
    assert view_of(produced, ended=False).state == "waiting"
    produced += talk(producer, decides(1, "no"))
    view = view_of(produced, ended=False)
    assert (view.state, view.waiting_for) == ("running", None)
    denied = {"what": "run b", "answer": "Reject"}
    assert notes(view) == {"waiting": None, "permission_denied": denied}
    assert {row.id: row.args for row in rows(view, "tool")} == {
        "a": {"command": "a"},
        "b": {"command": "b", "cwd": "/"},
    }


def test_without_the_clients_side_work_means_that_it_was_answered() -> None:
    """Nothing else tells."""
    producer = AcpProducer()
    produced = talk(producer, asks_leave(0, "a"))
    assert view_of(produced, ended=False).state == "waiting"
    produced += talk(producer, tells("tool_call_update", toolCallId="a", status="completed"))
    assert view_of(produced, ended=False).state == "running"


# -- the rest ------------------------------------------------------------------------------------


def test_a_plan_replaces_the_one_before() -> None:
    """The whole list each time."""
    entry = {"content": "look", "priority": "high", "status": "in_progress"}
    view = view_at(prompts(1), tells("plan", entries=[entry]))
    assert view.plan == [{"text": "look", "status": "in_progress"}]


def test_costs_are_told_as_what_they_grew_by() -> None:
    """The agent tells a session's total; usage is a turn's, cached input within the input."""
    usage = {"inputTokens": 10, "outputTokens": 5, "cachedReadTokens": 100, "totalTokens": 115}

    def costs(amount: float) -> Message:
        return tells("usage_update", used=1, size=2, cost={"amount": amount, "currency": "USD"})

    view = view_at(
        prompts(1),
        costs(0.1),
        costs(0.25),
        ends(1, usage=usage),
        prompts(2),
        costs(0.25),
        costs(0.5),
        ends(2),
    )
    total = view.usage["total"]
    assert total["cost_usd"] == pytest.approx(0.5)
    assert (total["input_tokens"], total["cached_input_tokens"]) == (110, 100)


def test_unknown_updates_are_noted_once() -> None:
    """New kinds come with each release; extensions are nobody's business."""
    extension: Message = ("agent", {"jsonrpc": "2.0", "method": "_zed/thing", "params": {}})
    view = view_at(prompts(1), tells("brand_new", x=1), tells("brand_new", x=2), extension)
    noted = rows(view, "diagnostic")
    assert [row.name for row in noted] == ["unknown_record"]


def test_the_second_version_ends_turns_by_state() -> None:
    """The prompt is answered at once; whole messages follow their pieces; state tells the end."""
    view = view_at(
        asks(0, "initialize", protocolVersion=2),
        answers(0, result={"protocolVersion": 2, "info": {"name": "agent"}}),
        prompts(1),
        answers(1, result={}),
        tells("state_update", state="running"),
        says("Hel"),
        tells("agent_message", messageId="m", content=[{"type": "text", "text": "Hello"}]),
        tells("tool_call_update", toolCallId="t", name="Bash", status="in_progress"),
        tells(
            "tool_call_content_chunk",
            toolCallId="t",
            content={"type": "content", "content": {"type": "text", "text": "out"}},
        ),
        tells("tool_call_update", toolCallId="t", status="completed"),
        tells("plan_update", plan={"entries": [{"content": "p", "status": "pending"}]}),
        tells("state_update", state="idle", stopReason="end_turn"),
    )
    assert prose_of(view) == ["Hello"]
    (row,) = rows(view, "tool")
    assert (row.name, outcome_of(row)["payload"]) == ("Bash", "out")
    assert view.plan == [{"text": "p", "status": "pending"}]
    assert (view.turn_index, view.state, view.agent) == (1, "idle", "agent")


def test_everything_kept_is_bounded() -> None:
    """Requests never answered, calls never ended, prompts without end."""
    producer = AcpProducer()
    for n in range(3000):
        talk(
            producer,
            prompts(n),
            asks(n, "fs/write_text_file", side="agent", content="x" * 100),
            tells("tool_call", f"s{n}", toolCallId=f"t{n}", title="x"),
            says("y", session=f"s{n}"),
        )
    sizes = [len(producer._prompts), len(producer._tools), len(producer._lanes)]
    assert max(*sizes, *map(len, producer._asked.values()), len(producer.calls.open)) <= 1024


# -- what a call gave back -----------------------------------------------------------------------


def runs(call: str, title: str = "make test", kind: str = "execute", **rest: Any) -> Message:
    """A call begins."""
    return tells("tool_call", toolCallId=call, title=title, kind=kind, **rest)


def patches(call: str, status: str = "", **rest: Any) -> Message:
    """More of a call, or its end."""
    known = {"status": status} if status else {}
    return tells("tool_call_update", toolCallId=call, **known, **rest)


def result_of(*messages: Message) -> Any:
    """The outcome of the only call."""
    view, _ = finished(prompts(1), *messages, ends(1))
    (row,) = rows(view, "tool")
    assert isinstance(row.output, dict)
    return row.output["outcome"]


@pytest.mark.parametrize("key", ["terminal_output", "terminal_output_delta"])
def test_a_terminal_of_the_agents_own_tells_output_and_exit_code(key: str) -> None:
    """Output comes in pieces; an exit code other than 0 is a failure, whatever the status says."""
    assert result_of(
        runs("t"),
        patches("t", _meta={key: {"data": "one\n", "terminal_id": "t"}}),
        patches("t", _meta={key: {"data": "FAILED 3\n"}}),
        patches("t", "completed", _meta={"terminal_exit": {"exit_code": 2, "signal": None}}),
    ) == {
        "status": "failure",
        "message": "exit code 2",
        "payload": "one\nFAILED 3\n",
        "exit_code": 2,
    }


def test_a_command_that_was_killed_has_failed() -> None:
    """There is no exit code then, but a signal."""
    end = {"exit_code": None, "signal": "SIGKILL"}
    outcome = result_of(runs("t"), patches("t", "completed", _meta={"terminal_exit": end}))
    assert (outcome["status"], outcome["message"]) == ("failure", "killed by signal SIGKILL")


def test_long_output_keeps_its_beginning_and_its_end() -> None:
    """The failure stands at the end."""
    printed = Printed()
    for piece in ("first", *["x" * 100_000] * 20, "the failure"):
        printed.add(piece)
    assert printed.text().startswith("first")
    assert printed.text().endswith("the failure")
    assert "characters left out" in printed.text()
    assert len(printed.text()) < MAX_OUTPUT


def test_the_clients_terminal_tells_its_exit_code_when_the_agent_waits_for_it() -> None:
    """Without the output being asked for, or after it."""
    terminal = [{"type": "terminal", "terminalId": "term"}]
    ids = {"sessionId": "s", "terminalId": "term"}
    outcome = result_of(
        runs("t", content=terminal),
        asks(7, "terminal/output", side="agent", **ids),
        answers(7, side="client", result={"output": "so far\n", "truncated": False}),
        asks(8, "terminal/wait_for_exit", side="agent", **ids),
        answers(8, side="client", result={"exitCode": 3, "signal": None}),
        patches("t", "completed"),
    )
    assert (outcome["status"], outcome["exit_code"]) == ("failure", 3)
    assert outcome["payload"] == "so far\n"


@pytest.mark.parametrize("status", ["failed", "completed"])
@pytest.mark.parametrize("wrap", [None, "result", "Err"])
def test_an_mcp_result_says_whether_and_why_it_failed(status: str, wrap: str | None) -> None:
    """Its text is the message; `isError` counts whatever the status says."""
    result = {"content": [{"type": "text", "text": "no such table"}], "isError": True}
    raw = {wrap: result} if wrap else result
    assert result_of(runs("t", "query", "other"), patches("t", status, rawOutput=raw)) == {
        "status": "failure",
        "message": "no such table",
    }


def test_an_mcp_result_is_its_text() -> None:
    """Blocks in a row; pictures are named with type and size."""
    blocks = [
        {"type": "text", "text": "two rows"},
        {"type": "image", "mimeType": "image/png", "data": "A" * 16384},
    ]
    raw = {"content": blocks, "isError": False}
    outcome = result_of(runs("t", "query", "other"), patches("t", "completed", rawOutput=raw))
    assert outcome == {"status": "success", "payload": "two rows\n[image: image/png, 12 KiB]"}


def test_an_exit_code_within_a_list_of_results_counts() -> None:
    """Copilot tells it beside the text."""
    raw = {"content": "bad\n", "contents": [{"type": "shell_exit", "exitCode": 3}]}
    outcome = result_of(runs("t"), patches("t", "completed", rawOutput=raw))
    assert (outcome["status"], outcome["payload"]) == ("failure", "bad\n")


@pytest.mark.parametrize(("told", "status"), [("3", "failure"), ("0", "success"), ("?", "success")])
def test_an_exit_code_that_is_text_counts(told: str, status: str) -> None:
    """Some agents write it so; what is no number says nothing."""
    raw = {"output": "bad\n", "exitCode": told}
    outcome = result_of(runs("t"), patches("t", "completed", rawOutput=raw))
    assert (outcome["status"], outcome.get("exit_code")) == (status, 3 if told == "3" else None)


def test_a_tool_that_opencode_does_not_have_has_failed() -> None:
    """It calls a stand-in instead, which always succeeds."""
    args = {"tool": "nope", "error": "There is no tool nope."}
    outcome = result_of(
        runs("t", "nope", "other"),
        patches("t", "completed", title="Invalid Tool", rawInput=args, rawOutput={"output": "x"}),
    )
    assert outcome == {"status": "failure", "message": "There is no tool nope."}


# -- names and plans -----------------------------------------------------------------------------


def test_a_calls_name_stays_what_it_was_called_first() -> None:
    """Later titles say what became of it; its own name, once told, is better than any."""
    view = view_at(prompts(1), runs("t", "todowrite", "other"), patches("t", title="2 todos"))
    assert [row.name for row in rows(view, "tool")] == ["todowrite"]
    view = view_at(prompts(1), runs("t", "ls", ""), patches("t", name="Bash", title="done"))
    assert [row.name for row in rows(view, "tool")] == ["Bash"]


@pytest.mark.parametrize("text", ["content", "description", "title"])
def test_a_call_that_sets_the_plan_is_read_for_it(text: str) -> None:
    """Under the names that agents give a step; only when it has worked."""
    todos = [{text: "one", "status": "completed"}, {text: "two", "status": "in_progress"}]
    call = runs("t", "todowrite", "other", rawInput={"todos": todos})
    view = view_at(prompts(1), call, patches("t", "completed"))
    assert view.plan == [
        {"text": "one", "status": "completed"},
        {"text": "two", "status": "in_progress"},
    ]
    assert view_at(prompts(1), call, patches("t", "failed")).plan is None
    cleared = [runs("u", "todowrite", "other", rawInput={"todos": []}), patches("u", "completed")]
    assert view_at(prompts(1), call, patches("t", "completed"), *cleared).plan is None


# -- waiting -------------------------------------------------------------------------------------


def permits(request: int, call: str, session: str = "s", /, **rest: Any) -> Message:
    """A person is asked."""
    params = {"sessionId": session, "toolCall": {"toolCallId": call, **rest}, "options": []}
    return asks(request, "session/request_permission", side="agent", **params)


@pytest.mark.parametrize(
    ("asked", "known", "shown"),
    [
        ({"title": "rm x"}, {"command": "rm x"}, "rm x"),
        ({"title": "runs it", "rawInput": {"command": "rm -r x"}}, {}, "runs it: rm -r x"),
        ({"rawInput": {"command": ["rm", "a b"]}}, {}, "make test: rm 'a b'"),
        ({}, {"command": "make test -j2"}, "make test -j2"),
        ({"title": "Edit file", "rawInput": {"fileName": "/a.py"}}, {}, "Edit file: /a.py"),
        ({"title": "Edit", "locations": [{"path": "/a.py"}]}, {}, "Edit: /a.py"),
        ({"title": "query", "rawInput": {"sql": "select 1"}}, {}, "query: select 1"),
        (
            {"title": "Look", "rawInput": {"description": "Look", "prompt": "Look at x"}},
            {},
            "Look at x",
        ),
        (
            {
                "title": "Bash",
                "content": [{"type": "content", "content": {"type": "text", "text": "Allow ls?"}}],
            },
            {},
            "Bash: Allow ls?",
        ),
    ],
)
def test_waiting_says_for_what(asked: Record, known: Record, shown: str) -> None:
    """The command, file or question in full, wherever the agent puts it."""
    view = view_at(prompts(1), runs("t", rawInput=known), permits(9, "t", **asked))
    assert (view.state, view.waiting_for) == ("waiting", shown)


def test_a_question_is_shown_in_full() -> None:
    """Up to the bound of the view."""
    question = "Which one? " + "x" * 1500
    view = view_at(prompts(1), asks(9, "elicitation/create", side="agent", message=question))
    assert view.waiting_for == question


def test_a_request_that_is_taken_back_waits_no_more() -> None:
    """By the agent, or with the call that it is about."""
    back = {"jsonrpc": "2.0", "method": "$/cancel_request", "params": {"requestId": 50}}
    begun = [prompts(1), runs("t", "rm x"), permits(50, "t", title="rm x")]
    assert view_at(*begun).state == "waiting"
    assert view_at(*begun, ("agent", back)).state == "running"
    assert view_at(*begun, patches("t", "failed", rawOutput="cancelled")).state == "running"
    assert view_at(*begun, says("Something else.")).state == "waiting"


def test_another_request_that_waits_is_shown_when_the_first_is_answered() -> None:
    """Both are open; the newest is shown, then the one that is left."""
    begun = [
        prompts(1),
        runs("t", "one"),
        runs("u", "two"),
        permits(8, "t", title="one"),
        permits(9, "u", title="two"),
    ]
    assert view_at(*begun).waiting_for == "two"
    chosen = {"outcome": {"outcome": "selected", "optionId": "y"}}
    view = view_at(*begun, answers(9, side="client", result=chosen))
    assert (view.state, view.waiting_for) == ("waiting", "one")


def test_a_cancelled_turn_waits_for_nobody() -> None:
    """From the person's own cancel on; another session's request still waits."""
    cancel = {"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": "s"}}
    begun = [prompts(1), prompts(2, session="other"), permits(8, "t", title="one")]
    assert view_at(*begun, ("client", cancel)).state == "running"
    other = permits(9, "u", "other", title="two")
    view = view_at(*begun, other, ("client", cancel))
    assert (view.state, view.waiting_for) == ("waiting", "two")


# -- what persons say ----------------------------------------------------------------------------


def hears(content: Any, session: str = "s", /, **rest: Any) -> Message:
    """A piece of a person's message."""
    content = {"type": "text", "text": content} if isinstance(content, str) else content
    return tells("user_message_chunk", session, content=content, **rest)


def said_in(view: ReadView) -> list[str | None]:
    """A person's rows."""
    return [row.text for row in rows(view, "user")]


def test_the_pieces_of_a_replayed_message_are_one() -> None:
    """By their message id, or as they follow each other; the agent's words end it."""
    link = {"type": "resource_link", "name": "a.py", "uri": "file:///a.py"}
    view = view_at(
        asks(1, "session/load", sessionId="s", cwd="/"),
        hears("Look at ", messageId="u1"),
        hears(link, messageId="u1"),
        tells("usage_update", used=1, size=2),
        hears(" and fix it.", messageId="u1"),
        hears("At once.", messageId="u2"),
        says("Fixed."),
        hears("Now "),
        hears("test it."),
        runs("t", "pytest"),
        hears("Thanks."),
        answers(1, result={}),
    )
    assert said_in(view) == [
        "Look at [a.py](file:///a.py) and fix it.",
        "At once.",
        "Now test it.",
        "Thanks.",
    ]


def test_a_prompt_from_elsewhere_is_shown_once() -> None:
    """Between turns and within one; the echo of the client's own prompt is not told again."""
    view = view_at(
        prompts(1, "Commit it"),
        hears("Commit ", messageId="u1"),
        hears("it", messageId="u1"),
        says("Committing."),
        hears("and push", messageId="u2"),
        says("Pushed.", "n"),
        ends(1),
        hears("Thanks"),
        says("Welcome.", "o"),
    )
    assert said_in(view) == ["Commit it", "and push", "Thanks"]
    view = view_at(prompts(1, "yes"), hears("yes"), says("a"), hears("yes"), says("b", "n"))
    assert said_in(view) == ["yes", "yes"]


def test_what_a_person_answers_to_a_question_is_shown() -> None:
    """The texts of a form."""
    view = view_at(
        prompts(1),
        asks(9, "elicitation/create", side="agent", sessionId="s", message="Name?"),
        answers(9, side="client", result={"action": "accept", "content": {"name": "Ada"}}),
    )
    assert (said_in(view), view.state) == (["go", "Ada"], "running")


# -- commands in the background ------------------------------------------------------------------


def in_terminal(call: str, command: str = "sleep 3") -> Message:
    """A command starts, in a terminal that the agent has for it."""
    block = {"type": "terminal", "terminalId": call}
    return runs(call, rawInput={"command": command}, content=[block])


def test_a_command_that_outlives_its_turn_is_a_process() -> None:
    """Until it ends, with what it printed; its late end opens no turn."""
    before = [prompts(1), in_terminal("t"), says("It runs; I go on."), ends(1)]
    view = view_at(*before)
    (row,) = rows(view, "tool")
    assert (row.state, outcome_of(row)["payload"]) == ("success", "It runs on in the background.")
    (process,) = view.processes
    assert (process.label, process.state, process.tool_call_id) == ("sleep 3", "running", "t")
    printed = patches("t", _meta={"terminal_output_delta": {"data": "done\n"}})
    for code, state in ((0, "exited"), (3, "failed")):
        over = patches("t", "completed", rawOutput={"exit_code": code})
        view = view_at(*before, printed, over, patches("t", "completed"))
        (process,) = view.processes
        assert (process.state, process.exit_code, process.output) == (state, code, "done\n")
        assert (view.state, view.turn_index) == ("idle", 1)
        assert len(rows(view, "tool")) == 1


def test_how_a_process_can_end() -> None:
    """Killed, or stopped by the agent."""
    before = [prompts(1), in_terminal("t"), ends(1)]
    killed = patches("t", "failed", _meta={"terminal_exit": {"signal": "SIGKILL"}})
    (process,) = view_at(*before, killed).processes
    assert (process.state, process.signal) == ("failed", "SIGKILL")
    (process,) = view_at(*before, patches("t", "cancelled")).processes
    assert process.state == "cancelled"


def test_what_it_printed_within_its_turn_is_the_calls_output() -> None:
    """Later output is the process's."""
    printed = patches("t", _meta={"terminal_output_delta": {"data": "listening"}})
    (row,) = rows(view_at(prompts(1), in_terminal("t"), printed, ends(1)), "tool")
    assert outcome_of(row)["payload"] == "listening"


def test_other_calls_that_are_open_at_a_turns_end_are_cancelled() -> None:
    """So is a command of a turn that a person stopped, or one without a terminal."""
    for messages in (
        [in_terminal("t"), ends(1, "cancelled")],
        [runs("t", rawInput={"command": "x"}), ends(1)],
        [runs("t", "fetch", "fetch", content=[{"type": "terminal", "terminalId": "t"}]), ends(1)],
    ):
        view = view_at(prompts(1), *messages)
        assert ([row.state for row in rows(view, "tool")], view.processes) == (["cancelled"], [])


def test_only_the_ended_sessions_commands_go_to_the_background() -> None:
    """Another session is within its turn."""
    terminal = [{"type": "terminal", "terminalId": "u"}]
    other = tells("tool_call", "other", toolCallId="u", kind="execute", content=terminal)
    view = view_at(prompts(1), prompts(2, session="other"), in_terminal("t"), other, ends(1))
    assert [process.tool_call_id for process in view.processes] == ["t"]
    assert [row.state for row in rows(view, "tool")] == ["success", "running"]


# -- what calls are called and gave --------------------------------------------------------------


def test_a_subagent_or_a_review_is_called_by_its_title() -> None:
    """The protocol calls both thinking."""
    for rest, name in (
        ({"title": "task"}, "task"),
        ({"title": "Agent", "_meta": {"toolName": "agent"}}, "agent"),
        ({}, "tool"),
    ):
        view = view_at(prompts(1), tells("tool_call", toolCallId="t", kind="think", **rest))
        assert rows(view, "tool")[0].name == name


def test_words_for_a_person_go_before_a_record_without_any() -> None:
    """A review's raw output repeats what it was about; its content says why it was denied."""
    block = {"type": "content", "content": {"type": "text", "text": "Status: Denied"}}
    told = {"content": [block], "rawOutput": {"reviewId": "r", "review": {"status": "denied"}}}
    assert result_of(runs("t", "Review", "think"), patches("t", "failed", **told)) == {
        "status": "failure",
        "message": "Status: Denied",
    }


def test_a_list_of_content_is_read() -> None:
    """Of a subagent that goes on in the background only that is told."""
    blocks = [{"type": "text", "text": "Async agent launched successfully. (Never say so.)"}]
    agent = runs("t", "Agent", "think", rawInput={"subagent_type": "x"})
    assert result_of(agent, patches("t", "completed", rawOutput=blocks)) == {
        "status": "success",
        "payload": "Async agent launched successfully.",
    }
    assert result_of(runs("t"), patches("t", "completed", rawOutput=[1, 2]))["payload"] == [1, 2]


def test_an_agents_own_notices_are_nobodys_words() -> None:
    """Those that it has for its own clients; others are noted."""

    def notice(method: str) -> Message:
        return "agent", {"jsonrpc": "2.0", "method": method, "params": {"text": "News."}}

    assert rows(view_at(prompts(1), notice("qwen/notify/session/mode-update")), "diagnostic") == []
    assert len(rows(view_at(prompts(1), notice("other/news")), "diagnostic")) == 1


# -- qwen ----------------------------------------------------------------------------------------


def test_a_notice_is_no_part_of_what_follows() -> None:
    """A message that is whole ends there."""
    meta = {"qwenDiscreteMessage": True, "source": "background_notification"}
    view = view_at(prompts(1), says("Ended.", "", _meta=meta), says("I go ", ""), says("on.", ""))
    assert prose_of(view) == ["Ended.", "I go on."]


def test_a_background_agents_end_is_told_once() -> None:
    """qwen tells it twice, under two names."""
    note = {"qwenDiscreteMessage": True, "backgroundTask": {"taskId": "a1"}}
    text = 'Background agent "x" completed.'
    view = view_at(
        prompts(1),
        says("Started.", ""),
        says(text, "", _meta={"source": "background_task_completed", **note}),
        says(text, "", _meta={"source": "background_notification", **note}),
    )
    assert prose_of(view) == ["Started.", text]


def test_tokens_that_pieces_of_text_tell_are_added_up() -> None:
    """Unless the prompt's answer tells the sum; a subagent's count for themselves."""
    usage = {"inputTokens": 100, "outputTokens": 10, "totalTokens": 115, "thoughtTokens": 5}
    told = [prompts(1), says("", _meta={"usage": usage}), says("", _meta={"usage": usage})]
    view = view_at(*told, ends(1))
    assert view.usage["total"]["input_tokens"] == 200
    assert view.usage["total"]["output_tokens"] == 30
    sum_of = {"inputTokens": 7, "outputTokens": 1, "totalTokens": 8}
    assert view_at(*told, ends(1, usage=sum_of)).usage["total"]["input_tokens"] == 7


# -- the model and its context -------------------------------------------------------------------


def uses(used: object, size: object = 200_000, **rest: Any) -> Message:
    """How full the context is."""
    return tells("usage_update", used=used, size=size, **rest)


def test_the_context_is_told_when_it_changes() -> None:
    """At once within a turn; else the next turn begins with it. Never a subagent's."""
    child = {"_meta": {"claudeCode": {"parentToolUseId": "call"}}}
    given = [uses(0), prompts(1), uses(100), uses(100), uses(7, 9, **child), says("Hi."), uses(200)]
    produced = talk(AcpProducer(), *given, ends(1), uses(300), prompts(2), ends(2))
    assert news_of(produced) == [
        {"size": 200_000},
        {"used": 100, "size": 200_000},
        {"used": 200, "size": 200_000},
        {"used": 300, "size": 200_000},
    ]
    view = view_at(*given, ends(1), uses(300))
    assert (view.state, view.turn_index) == ("idle", 1)


@pytest.mark.parametrize("number", [-1, None, "9", 1.5, True, 2**70, [1]])
def test_what_is_no_number_is_no_context(number: object) -> None:
    """The other number stands."""
    view = view_at(prompts(1), uses(number), uses(5, number), says("Hi."))
    assert view.usage["context"] == {"used": 5, "size": 200_000}


def options(model: str) -> dict[str, Any]:
    """A session's settings."""
    mode = {"id": "mode", "category": "mode", "currentValue": "model"}
    chosen = {"id": "llm", "category": "model", "currentValue": model}
    return {"configOptions": [mode, chosen]}


@pytest.mark.parametrize("given", [options("opus"), {"models": {"currentModelId": "opus"}}])
def test_the_model_is_the_one_that_is_chosen(given: dict[str, Any]) -> None:
    """With the session, and whenever a person chooses another one."""
    produced = talk(
        AcpProducer(),
        asks(1, "session/new", cwd="/work"),
        answers(1, result={"sessionId": "s", **given}),
        tells("config_option_update", **options("opus")),
        asks(2, "session/set_model", sessionId="s", modelId="haiku"),
        answers(2, result={}),
        asks(3, "session/set_model", sessionId="s", modelId="nothing"),
        answers(3, error={"code": -1, "message": "no such model"}),
        tells("config_option_update", **options("sonnet")),
        asks(4, "session/set_config_option", sessionId="s", configId="llm", value="opus"),
        answers(4, result=options("opus")),
        tells("current_model_update", currentModelId="haiku"),
        tells("config_option_update", **options("default")),
    )
    assert news_of(produced) == ["opus", "haiku", "sonnet", "opus", "haiku"]


def test_messages_and_the_end_of_a_turn_name_the_model() -> None:
    """Where settings do not; a variant of it is no other one, nor is one among several."""

    def quota(*models: str) -> dict[str, Any]:
        return {"quota": {"model_usage": [{"model": model} for model in models]}}

    by_text = says("Hi.", _meta={"_claude/model": "opus"})
    child = {"_claude/model": "haiku", "claudeCode": {"parentToolUseId": "call"}}
    produced = talk(
        AcpProducer(),
        answers(1, result={"sessionId": "s", **options("opus[1m]")}),
        prompts(2),
        by_text,
        says("Ho.", "m2", _meta=child),
        ends(2, _meta=quota("haiku", "opus")),
        prompts(3),
        ends(3, _meta=quota("sonnet")),
    )
    assert news_of(produced) == ["opus[1m]", "sonnet"]


@pytest.mark.parametrize("key", ["rawOutput", "content"])
def test_an_output_with_a_number_that_is_too_large_is_shown(key: str) -> None:
    """As all else that the wire can't carry."""
    producer = AcpProducer()
    value: Any = [{"type": "content", "content": {"type": "text", "text": "out"}, "n": 10**30}]
    call = {"toolCallId": "c", "title": "t", "status": "completed", key: value}
    produced = talk(producer, prompts(2), tells("tool_call", **call))
    assert [row.state for row in view_of(produced, ended=False).entries if row.name] == ["success"]
    assert producer.take_warnings() == []
