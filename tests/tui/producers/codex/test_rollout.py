"""Codex's rollouts: everything stands there twice, and once in the view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.codex.rollout import CodexRolloutProducer
from tests.tui.producers.codex.rollout_records import (
    END,
    STAMP,
    START,
    asked,
    gave,
    line,
    meta,
    said,
    told,
    view_at,
)
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of, wire_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import lines, outcome_of, rows

if TYPE_CHECKING:
    from lashd.protocol.records import Record


OWN = [case for case in cases("codex_rollout") if not case.name.endswith("_child")]
"""Recordings of sessions that a person began."""


@pytest.mark.parametrize("case", OWN, ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """Prose, prompts and calls once; the last message is the turn's own."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    payloads = [each["payload"] for each in case.records()]
    (end,) = [each for each in payloads if each.get("type") == "task_complete"]
    assert prose_of(view)[-1] == end["last_agent_message"]
    items = [each["item"] for each in payloads if each.get("type") == "item_completed"]
    texts = [each["content"][0]["text"] for each in items if each["type"] == "AgentMessage"]
    assert prose_of(view) == texts
    called = ("function_call", "custom_tool_call")
    calls = [each["call_id"] for each in payloads if each.get("type") in called]
    own = [row for row in view.entries if row.kind in ("tool", "code") and not row.parent]
    assert [row.id for row in own] == calls
    assert (view.turn_index, view.state) == (1, "idle")
    counts = [each["info"] for each in payloads if each.get("type") == "token_count"]
    total = counts[-1]["total_token_usage"]
    assert view.usage["total"]["input_tokens"] == total["input_tokens"]
    assert view.usage["total"]["output_tokens"] == total["output_tokens"]


@pytest.mark.parametrize("case", cases("codex_rollout"), ids=name_of)
def test_instructions_never_leave_the_file(case: Case) -> None:
    """The vendor's prompts, tool schemas and the state of the world."""
    wire = json.dumps(wire_of(produce(case.make(), [case.data], case.outcome)))
    assert "redacted" in case.data.decode()
    assert "redacted" not in wire
    assert "environment_context" not in wire


def test_an_unknown_line_is_noted_without_what_it_holds() -> None:
    """It may be the vendor's."""
    view = view_at(START, line("brand_new", secret="prompt"), END)
    assert "brand_new" in str(rows(view, "diagnostic"))
    assert "secret" not in str(view.to_wire())


def test_a_plan_counts_where_the_call_was_taken() -> None:
    """Some versions refuse it."""
    steps = {"plan": [{"step": "a", "status": "completed"}]}
    taken = view_at(START, asked("update_plan", steps), gave("Plan updated"), END)
    assert taken.plan == [{"text": "a", "status": "completed"}]
    refused = view_at(START, asked("update_plan", steps), gave("unsupported call: x"), END)
    assert refused.plan is None


def test_an_aborted_turn_settles() -> None:
    """Its open call is cancelled; nothing failed."""
    view = view_at(START, asked("f", {}), told("turn_aborted", reason="interrupted"))
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert (view.turn_index, view.outcome) == (1, SessionOutcome.SUCCESS)


def test_a_turn_lost_with_its_process_is_cut_off() -> None:
    """The next one in the same file begins; so does a file that ends."""
    said = told("item_completed", item={"type": "AgentMessage", "id": "a", "content": "half"})
    view = view_at(START, said, START, END)
    assert [row.text for row in rows(view, "error")] == ["The turn was cut off."]
    assert view.turn_index == 2
    assert len(rows(view_at(START, said), "error")) == 1


def test_older_versions_write_messages_and_no_ends() -> None:
    """A person's next message ends the turn before it, and the file's end the last."""
    view = view_at(
        line("session_meta", id="s", cwd="/work", instructions="vendor"),
        told("user_message", message="one"),
        told("agent_reasoning", text="hm"),
        asked("shell", {"command": ["bash", "-lc", "ls"]}),
        gave('{"output":"a","metadata":{"exit_code":0}}'),
        told("agent_message", message="first"),
        told("user_message", message="two"),
        told("agent_message", message="second"),
        told("token_count", info=None),
    )
    assert [row.text for row in view.entries if row.text] == [
        "one",
        "hm",
        "first",
        "two",
        "second",
    ]
    assert rows(view, "tool")[0].args == {"command": "ls"}
    assert (view.turn_index, view.state, view.directory) == (2, "idle", "/work")


def test_a_version_that_writes_both_families_is_read_once() -> None:
    """The first that speaks in a turn is followed."""
    view = view_at(
        START,
        told("item_completed", item={"type": "UserMessage", "id": "u", "content": "go"}),
        told("user_message", message="go"),
        told("agent_message", message="done"),
        told("item_completed", item={"type": "AgentMessage", "id": "a", "content": "done"}),
        END,
    )
    assert [row.text for row in view.entries if row.text] == ["go", "done"]


def test_a_subagents_file_has_its_name() -> None:
    """It is a session of its own."""
    source = {"subagent": {"thread_spawn": {"parent_thread_id": "p", "agent_nickname": "Ada"}}}
    assert view_at(line("session_meta", cwd="/w", source=source), START, END).title == "Ada"


def test_older_events_of_calls_are_read() -> None:
    """Begin and end by call id; MCP's result inside `Ok` or `Err`."""
    call = {"server": "s", "tool": "t", "arguments": {"a": 1}}
    view = view_at(
        START,
        told("exec_command_begin", call_id="e", command=["bash", "-lc", "ls"]),
        told("exec_command_end", call_id="e", command=["ls"], stdout="x", exit_code=3),
        told("mcp_tool_call_begin", call_id="m", invocation=call),
        told("mcp_tool_call_end", call_id="m", invocation=call, result={"Err": "no server"}),
        told("patch_apply_begin", call_id="p", changes={"/a": {"type": "add"}}),
        told("patch_apply_end", call_id="p", success=False, stderr="no such file"),
        END,
    )
    messages = [outcome_of(row)["message"] for row in rows(view, "tool")]
    assert messages == ["exit code 3", "no server", "no such file"]


@pytest.mark.parametrize(
    "late",
    [
        told("item_completed", item={"type": "AgentMessage", "id": "z", "content": "late"}),
        told("agent_message", message="late"),
        told("error", message="late"),
        told("patch_apply_end", call_id="p", success=True, changes={"late": {"type": "add"}}),
    ],
)
def test_what_comes_between_turns_leaves_none_open(late: Record) -> None:
    """It is shown, and settled at once."""
    said = (
        told("agent_message", message="done")
        if late["payload"]["type"] != "item_completed"
        else late
    )
    view = view_at(START, said, END, late)
    assert view.state == "idle"
    assert view_at(START, END, late).state == "idle"


def test_items_tell_what_no_event_does() -> None:
    """In their order; what the program says in a person's place is not shown."""
    thought = [{"type": "summary_text", "text": "hm"}]
    view = view_at(
        meta("s"),
        said("developer", "vendor"),
        said("user", "<environment_context>\n<cwd>/w</cwd>\n</environment_context>"),
        said("user", "go"),
        line("response_item", type="reasoning", summary=thought, encrypted_content="z"),
        asked("f", {}),
        gave("x"),
        said("assistant", "first"),
        said("user", "<div> is a tag, isn't it?"),
        said("assistant", "second"),
    )
    assert [row.text for row in view.entries if row.text] == [
        "go",
        "hm",
        "first",
        "<div> is a tag, isn't it?",
        "second",
    ]
    assert [row.kind for row in view.entries][:4] == ["user", "reasoning", "tool", "prose"]
    assert (view.turn_index, view.state, view.title) == (2, "idle", "go")


def test_items_that_an_event_tells_are_not_told_again() -> None:
    """In whatever order the two come."""
    view = view_at(
        START,
        said("user", "go"),
        told("user_message", message="go"),
        said("assistant", "hi"),
        told("agent_message", message="hi"),
        asked("f", {}),
        gave("x"),
        told("agent_message", message="done"),
        said("assistant", "done"),
        END,
    )
    assert [row.text for row in view.entries if row.text] == ["go", "hi", "done"]


def test_a_version_that_writes_events_may_go_on_with_a_file() -> None:
    """Of an older one, which wrote items alone: nothing of either is lost or told twice."""
    older = [meta("s"), said("user", "go"), asked("f", {}), gave("x"), said("assistant", "hi")]
    prompted, answered = (
        told("user_message", message="on"),
        told("agent_message", message="yes"),
    )
    for newer in (
        [prompted, answered],
        [said("user", "on"), prompted, said("assistant", "yes"), answered],
        [prompted, said("user", "on"), answered, said("assistant", "yes")],
        [
            told("item_completed", item={"type": "UserMessage", "id": "u", "content": "on"}),
            told("item_completed", item={"type": "AgentMessage", "id": "a", "content": "yes"}),
        ],
    ):
        view = view_at(*older, *newer)
        assert [row.text for row in view.entries if row.text] == ["go", "hi", "on", "yes"]


def test_a_turns_last_message_is_not_lost() -> None:
    """Where only its end tells it."""
    view = view_at(START, told("task_complete", last_agent_message="All done."))
    assert prose_of(view) == ["All done."]


def test_one_compaction_is_told_once() -> None:
    """However many kinds of records tell of it; two are two."""
    once = [line("compacted", message=""), told("context_compacted")]
    view = view_at(START, *once, told("agent_message", message="on"), *once, *once, END)
    assert [row.name for row in rows(view, "diagnostic")] == ["compacted"] * 3


def test_turns_that_were_rolled_back_are_marked() -> None:
    """With the prompts that no longer count."""
    turn = [START, told("user_message", message="no"), END]
    kept = [START, told("user_message", message="yes"), END]
    view = view_at(*kept, *turn, told("thread_rolled_back", num_turns=1), *kept)
    assert [row.output for row in rows(view, "diagnostic")] == [{"turns": 1, "prompts": ["no"]}]


def test_a_session_is_called_after_its_first_prompt_or_its_name() -> None:
    """Until it is given one."""
    prompt = told("user_message", message="Fix the build\nplease")
    assert view_at(meta("s"), START, prompt, END).title == "Fix the build"
    named = told("thread_name_updated", thread_name="Build")
    assert view_at(meta("s"), START, prompt, named, END).title == "Build"


def test_files_of_mid_2025_are_read() -> None:
    """A line is the item itself; only the first one has a time."""
    first = {"id": "x", "timestamp": STAMP, "instructions": None}
    items = [
        said("user", "<environment_context>\n<cwd>/home/app</cwd>\n</environment_context>"),
        said("user", "List"),
        asked("shell", {"command": ["bash", "-lc", "ls"]}),
        gave('{"output":"a.py","metadata":{"exit_code":0}}'),
        said("assistant", "There is a.py."),
    ]
    view = view_at(first, {"record_type": "state"}, *(each["payload"] for each in items))
    assert [row.kind for row in view.entries] == ["user", "tool", "prose", "commit"]
    assert (view.directory, view.title, view.state) == ("/home/app", "List", "idle")


def test_tokens_are_counted_once_by_whichever_record_tells_them() -> None:
    """The event and the record of one request have the same total."""
    used, total = {"input_tokens": 5, "output_tokens": 1}, {"input_tokens": 5, "output_tokens": 1}
    record = line("token_usage_record", usage=used, thread_token_usage=total)
    event = told("token_count", info={"total_token_usage": total, "last_token_usage": used})
    for given in ([record, event], [event], [record], [event, event]):
        assert view_at(START, *given, END).usage["total"]["input_tokens"] == 5


def test_every_payload_has_the_time_of_its_line() -> None:
    """Commits included; a line without one is about as old as the one before it."""
    lines_ = [meta("s"), START, {**told("agent_message", message="x"), "timestamp": None}, END]
    assert {each.at for each in CodexRolloutProducer().feed(lines(*lines_))} == {1795339365685}


def test_the_model_and_its_context() -> None:
    """Each turn names its model; each count tells what its request left in the context."""

    def counted(total: int, used: int, size: object = 200_000) -> Record:
        last = {"input_tokens": used - 5, "output_tokens": 5, "total_tokens": used}
        info = {"total_token_usage": {"input_tokens": total}, "last_token_usage": last}
        return told("token_count", info={**info, "model_context_window": size})

    def turn(model: object, *records: Record) -> list[Record]:
        return [START, line("turn_context", cwd="/w", model=model), *records, END]

    records = [
        *turn("gpt-6", counted(100, 100), counted(100, 100), counted(300, 200)),
        *turn("gpt-6", counted(600, 300), told("token_count", info=None)),
        *turn("gpt-6-mini", counted(700, 400, 100_000)),
        *turn(7, counted(800, 500, "many")),
    ]
    produced = CodexRolloutProducer().feed(lines(*records))
    assert news_of(produced) == [
        "gpt-6",
        {"used": 100, "size": 200_000},
        {"used": 200, "size": 200_000},
        {"used": 300, "size": 200_000},
        "gpt-6-mini",
        {"used": 400, "size": 100_000},
        {"used": 500, "size": 100_000},
    ]
    view = view_of(produced, ended=False)
    assert (view.model, view.usage["context"]) == ("gpt-6-mini", {"used": 500, "size": 100_000})


def test_an_older_file_names_its_model_at_the_beginning() -> None:
    """The turn's own is the same one."""
    configured = told("session_configured", model="gpt-5", session_id="s")
    records = [configured, START, line("turn_context", cwd="/w", model="gpt-5"), END]
    assert news_of(CodexRolloutProducer().feed(lines(*records))) == ["gpt-5"]


def test_a_context_that_was_compacted() -> None:
    """It is told by a count that counts no request."""
    last = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 40}
    total = {"input_tokens": 9}
    given = [
        told("token_count", info={"total_token_usage": total, "last_token_usage": each})
        for each in ({"input_tokens": 90, "output_tokens": 10, "total_tokens": 100}, last)
    ]
    view = view_at(START, *given, END)
    assert view.usage["context"] == {"used": 40}
