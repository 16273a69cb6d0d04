"""Claude's transcripts: turns without an end line, the queue, subagents, nothing of the vendor."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from tests.tui.producers.claude.claude_records import jsonl, rows, seen, told
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of, wire_of

_seconds = itertools.count()


def line(kind: str, **fields: Any) -> dict[str, Any]:
    """A record; each stands a second after the one before."""
    n = next(_seconds)
    stamp = f"2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000Z"
    usual = {"uuid": f"u{n}", "sessionId": "s", "timestamp": stamp, "cwd": "/work"}
    return {"type": kind, **usual, **fields}


def user(said: str, **fields: Any) -> dict[str, Any]:
    """What a person typed."""
    return line("user", message={"role": "user", "content": said}, **fields)


def said(
    message_id: str, *content: dict[str, Any], stop: str | None = "end_turn", **fields: Any
) -> dict[str, Any]:
    """A block of the agent."""
    usage = {"input_tokens": 3, "output_tokens": 2}
    message = {"id": message_id, "content": list(content), "stop_reason": stop, "usage": usage}
    return line("assistant", message=message, **fields)


def text(words: str) -> dict[str, Any]:
    """A block of prose."""
    return {"type": "text", "text": words}


def tool(call_id: str, name: str = "Bash", **args: Any) -> dict[str, Any]:
    """A call."""
    return {"type": "tool_use", "id": call_id, "name": name, "input": args}


def answer(call_id: str, content: Any = "ok", **fields: Any) -> dict[str, Any]:
    """The result of a call."""
    block = {"type": "tool_result", "tool_use_id": call_id, "content": content}
    return line("user", message={"role": "user", "content": [block]}, **fields)


def queue(operation: str, **fields: Any) -> dict[str, Any]:
    """A queue operation."""
    return line("queue-operation", operation=operation, **fields)


def transcript() -> ClaudeTranscriptProducer:
    """A fresh producer."""
    return ClaudeTranscriptProducer()


# -- recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("claude_transcript"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """Every prose block once; the tokens of the cost line; all queued prompts delivered."""
    view = view_of(produce(case.make(), [case.data], case.outcome))
    blocks = [
        block
        for each in case.records()
        if each["type"] == "assistant"
        for block in each["message"]["content"]
    ]
    assert prose_of(view) == [each["text"] for each in blocks if each["type"] == "text"]
    cost = case.records()[-1]
    models = cost["modelUsage"].values()
    spent = sum(each["outputTokens"] for each in models)
    if case.name == "interactive":  # its subagent has a file of its own, and two answers were cut
        assert view.usage["total"]["output_tokens"] < spent
    else:
        assert view.usage["total"]["output_tokens"] == spent
    assert view.usage["total"]["cost_usd"] == pytest.approx(cost["totalCostUSD"])
    assert view.queue == []
    assert not [row for row in view.entries if row.state == "running" or not row.settled]


@pytest.mark.parametrize("case", cases("claude_transcript"), ids=name_of)
def test_nothing_of_the_vendors_prompts_is_forwarded(case: Case) -> None:
    """What attachments and requests hold stays in the file."""
    assert "redacted" in case.data.decode()
    assert "redacted" not in str(wire_of(produce(case.make(), [case.data], case.outcome)))


def test_unknown_records_are_named_and_not_shown() -> None:
    """They may hold prompts."""
    produced = told(transcript(), user("hi"), line("new-thing", prompt="secret"))
    assert "new-thing" in str(wire_of(produced))
    assert "secret" not in str(wire_of(produced))


# -- turns ---------------------------------------------------------------------------------------


def test_a_message_without_a_call_ends_the_turn_when_anything_follows() -> None:
    """All its blocks belong to it, though each says that it ends; its time is the commit's."""
    produced = told(
        transcript(),
        user("one"),
        said("a", {"type": "thinking", "thinking": "hm"}),
        said("a", text("First.")),
        user("two"),
        said("b", text("Second.")),
    )
    view = view_of(produced, ended=False)
    assert view.turn_index == 2
    assert [row.kind for row in view.entries] == [
        "user",
        "reasoning",
        "prose",
        "commit",
        "user",
        "prose",
        "commit",
    ]
    first = next(each for each in wire_of(produced) if each["type"] == "committed")
    spoken = next(each for each in wire_of(produced) if "First." in str(each))
    assert first["at"] == spoken["at"]


def test_a_message_without_a_call_ends_the_turn_when_nothing_follows() -> None:
    """The file is followed: silence is an end too."""
    producer = transcript()
    produced = producer.feed(jsonl(user("one"), said("a", text("Done."))))
    assert view_of(produced, ended=False).turn_index == 0
    assert view_of(produced + producer.flush(), ended=False).turn_index == 1
    assert producer.flush() == []
    assert producer.finish(SessionOutcome.SUCCESS) == []


def test_a_turn_goes_on_while_calls_are_made() -> None:
    """A stop for tools, or none told, ends nothing."""
    view = seen(
        transcript(),
        user("one"),
        said("a", text("Let me look."), stop=None),
        said("a", tool("t"), stop="tool_use"),
        answer("t"),
        said("b", text("Found."), stop=None),
        outcome=None,
    )
    assert (view.turn_index, view.state) == (0, "running")


@pytest.mark.parametrize(
    "ending",
    [
        line("system", subtype="turn_duration", durationMs=5),
        line("cost-state", totalCostUSD=0.5, modelUsage={}),
        user("next"),
    ],
    ids=["turn_duration", "cost-state", "prompt"],
)
def test_other_ends_of_a_turn(ending: dict[str, Any]) -> None:
    """Older versions tell no stop reason."""
    view = seen(transcript(), user("one"), said("a", text("Done."), stop=None), ending)
    assert view.entries[2].kind == "commit"


def test_an_interrupted_turn_ends_and_did_not_fail() -> None:
    """The program writes it in the person's name."""
    view = seen(
        transcript(),
        user("one"),
        said("a", tool("t"), stop="tool_use"),
        user("[Request interrupted by user for tool use]"),
        outcome=None,
    )
    assert [row.name for row in view.entries if row.kind == "diagnostic"] == ["interrupted"]
    assert rows(view, "error") == []
    assert (view.turn_index, view.outcome) == (1, SessionOutcome.SUCCESS)
    assert rows(view, "user") == ["one"]


def test_an_api_error_is_an_error() -> None:
    """Retries first, then a message that is none."""
    failed = said("a", text("API Error: 500"), stop="stop_sequence", isApiErrorMessage=True)
    retry = line(
        "system", subtype="api_error", retryInMs=500, retryAttempt=1, maxRetries=10, error={}
    )
    view = seen(transcript(), user("one"), retry, failed)
    assert [row.kind for row in view.entries] == ["user", "retry", "error", "commit"]
    assert view.outcome is SessionOutcome.FAILURE


def test_a_file_that_ends_within_a_turn() -> None:
    """Open calls end; whether it was cut off, who follows it must know."""
    records = (user("one"), said("a", tool("t"), stop="tool_use"))
    view = seen(transcript(), *records, outcome=SessionOutcome.CUT_OFF)
    assert [row.state for row in view.entries if row.kind == "tool"] == ["cancelled"]
    assert rows(view, "error") == ["The agent was lost before the turn ended."]


def test_half_a_last_line_waits_for_its_rest() -> None:
    """The file is written while it is read."""
    producer = transcript()
    data = jsonl(user("one"), said("a", text("Done.")))
    produced = producer.feed(data[:-30]) + producer.flush() + producer.feed(data[-30:])
    assert rows(view_of(produced), "prose") == ["Done."]
    assert producer.take_warnings() == []


# -- copies --------------------------------------------------------------------------------------


def test_copied_history_is_told_once() -> None:
    """By the line's id, else by the message and its block."""
    first = said("a", text("Done."))
    view = seen(
        transcript(), user("one", uuid="x"), user("one", uuid="x"), first, {**first, "uuid": "y"}
    )
    assert rows(view, "user", "prose") == ["one", "Done."]
    indexed = [said("a", text("Same."), apiBlockIndex=n, stop=None) for n in (0, 1, 1)]
    assert rows(seen(transcript(), *indexed), "prose") == ["Same.", "Same."]


# -- queue and processes -------------------------------------------------------------------------


def test_a_prompt_typed_ahead_is_queued_and_delivered() -> None:
    """Absorbed into the running turn, it has no line of its own: its removal says it."""
    producer = transcript()
    produced = told(
        producer,
        user("one"),
        queue("enqueue", content="two"),
        said("a", tool("t"), stop="tool_use"),
        outcome=None,
    )
    assert [item.text for item in view_of(produced, ended=False).queue] == ["two"]
    produced += told(
        producer,
        answer("t"),
        queue("remove", content="two", reason="absorbed_mid_turn"),
        said("b", text("Both.")),
    )
    view = view_of(produced, ended=False)
    assert (rows(view, "user"), view.queue, view.turn_index) == (["one", "two"], [], 1)


@pytest.mark.parametrize(
    ("operation", "kind", "spoken"),
    [
        (queue("dequeue"), "delivered", []),
        (queue("remove"), "delivered", ["two"]),
        (queue("remove", reason="user_cancelled"), "cancelled", []),
        (queue("popAll"), "cancelled", []),
    ],
    ids=["dequeue", "remove", "cancelled", "popAll"],
)
def test_how_a_queued_prompt_goes(operation: dict[str, Any], kind: str, spoken: list[str]) -> None:
    """Delivered, unless its reason says that the person took it back."""
    produced = told(transcript(), queue("enqueue", content="two"), operation)
    kinds = [each["kind"] for each in wire_of(produced) if each["type"] == "queue_changed"]
    assert kinds == ["enqueued", kind]
    assert rows(view_of(produced), "user") == spoken


NOTICE = (
    "<task-notification>\n<task-id>b1</task-id>\n<status>{}</status>\n"
    "<summary>it ended (exit code {})</summary>\n</task-notification>"
)


@pytest.mark.parametrize(
    ("status", "code", "state"), [("completed", 0, "exited"), ("failed", 2, "failed")]
)
def test_a_background_task_is_a_process(status: str, code: int, state: str) -> None:
    """Its notice is no prompt of a person, and wakes the agent for another turn."""
    notice = NOTICE.format(status, code)
    view = seen(
        transcript(),
        user("one"),
        said("a", tool("t", description="serve"), stop="tool_use"),
        answer("t", toolUseResult={"backgroundTaskId": "b1"}),
        said("b", text("Started.")),
        queue("enqueue", content=notice),
        queue("dequeue"),
        user(notice, origin={"kind": "task-notification"}),
        said("c", text("It is over.")),
    )
    process = view.processes[0]
    assert (process.label, process.state, process.exit_code) == ("serve", state, code)
    assert rows(view, "user") == ["one"]
    assert view.turn_index == 2


# -- subagents, titles ---------------------------------------------------------------------------


def test_a_subagent_in_its_parents_file_stays_apart() -> None:
    """It is known by its prompt, then by its id; its end is not the turn's."""
    side: dict[str, Any] = {"isSidechain": True, "agentId": "x"}
    view = seen(
        transcript(),
        user("one"),
        said("a", tool("other", "Task", prompt="b"), stop="tool_use"),
        said("a", tool("agent", "Task", prompt="a"), stop="tool_use"),
        user("a", **side),
        said("c", text("I am the child."), **side),
        said("d", tool("inner"), **side, stop="tool_use"),
        answer("inner", **side),
        answer("agent"),
        answer("other"),
        said("e", text("All done.")),
    )
    assert prose_of(view) == ["All done."]
    assert prose_of(view, parent="agent") == ["I am the child."]
    assert view.turn_index == 1
    assert rows(view, "user") == ["one"]
    assert view.usage["child"]["output_tokens"] == 4


def test_a_subagents_own_file_is_a_session() -> None:
    """All its lines are of a sidechain."""
    side: dict[str, Any] = {"isSidechain": True, "agentId": "x"}
    view = seen(transcript(), user("look", **side), said("c", text("Seen."), **side))
    assert rows(view, "user", "prose") == ["look", "Seen."]
    assert view.turn_index == 1


def test_titles_and_directory_are_the_sessions() -> None:
    """A summary names it; a title given by hand too."""
    view = seen(transcript(), line("summary", summary="Fix it"), user("one"))
    assert (view.title, view.directory, view.agent) == ("Fix it", "/work", "claude")
    view = seen(transcript(), user("one"), line("custom-title", customTitle="Mine"))
    assert view.title == "Mine"


def test_summaries_for_the_model_are_no_prompts() -> None:
    """A compacted session begins with one."""
    view = seen(transcript(), user("What was said before", isCompactSummary=True), user("one"))
    assert rows(view, "user") == ["one"]


# -- ends that no line tells ---------------------------------------------------------------------

NULL = [user("Did you push?"), said("m", text("Yes."), stop=None)]


def test_the_hooks_at_the_end_of_a_turn_end_it() -> None:
    """Also where no message says why it stopped."""
    hooks = line("system", subtype="stop_hook_summary", hookCount=1, hookErrors=[])
    view = seen(transcript(), *NULL, hooks, outcome=None)
    assert (view.state, view.turn_index, view.outcome) == ("idle", 1, SessionOutcome.SUCCESS)


def test_a_hook_that_failed_may_send_the_agent_back() -> None:
    """It is one turn then."""
    hooks = line("system", subtype="stop_hook_summary", hookErrors=["run the tests"])
    view = seen(transcript(), *NULL, hooks, said("n", text("They pass.")))
    assert (view.turn_index, rows(view, "prose")) == (1, ["Yes.", "They pass."])


def test_a_message_that_says_no_reason_ends_the_turn_after_a_long_quiet() -> None:
    """A short one is no end: the model may be writing a call's arguments."""
    producer = transcript()
    produced = told(producer, *NULL, outcome=None) + producer.flush()
    assert view_of(produced, ended=False).state == "running"
    produced += producer.rest()
    assert view_of(produced, ended=False).state == "idle"


@pytest.mark.parametrize(
    "last", [said("m", tool("t"), stop=None), said("n", tool("t"), stop=None), user("and?")]
)
def test_a_quiet_is_no_end_while_something_is_awaited(last: dict[str, Any]) -> None:
    """A call, or the model itself."""
    producer = transcript()
    produced = told(producer, *NULL, last, outcome=None) + producer.rest()
    assert view_of(produced, ended=False).state == "running"


@pytest.mark.parametrize(
    "lines",
    [
        [
            user("<command-name>/cost</command-name>"),
            user("<local-command-stdout>$1</local-command-stdout>"),
        ],
        [
            line("system", subtype="local_command", content="<command-name>/cost</command-name>"),
            line(
                "system",
                subtype="local_command",
                content="<local-command-stdout>$1</local-command-stdout>",
            ),
        ],
    ],
)
def test_a_command_of_the_programs_own_is_a_turn_with_its_output(
    lines: list[dict[str, Any]],
) -> None:
    """No model answers it: nothing runs on."""
    view = seen(transcript(), *lines, outcome=None)
    assert (rows(view, "user"), view.state, view.turn_index) == (["/cost"], "idle", 1)
    assert [row.output for row in view.entries if row.kind == "diagnostic"] == ["$1"]


def test_leaving_ends_the_session_and_coming_back_opens_it() -> None:
    """The file may be gone on with later."""
    leave = [
        user("<command-name>/exit</command-name>"),
        user("<local-command-stdout>Bye!</local-command-stdout>"),
    ]
    producer = transcript()
    produced = told(producer, *NULL, *leave, outcome=None)
    view = view_of(produced, ended=False)
    assert (view.state, view.outcome) == ("ended", SessionOutcome.SUCCESS)
    produced += told(producer, user("Still there?"), outcome=None)
    assert view_of(produced, ended=False).state == "running"


# -- counters ------------------------------------------------------------------------------------


def counted(message_id: str, output: int, *blocks: dict[str, Any]) -> dict[str, Any]:
    """A line with the count so far."""
    each = said(message_id, *blocks, stop=None)
    each["message"]["usage"] = {"input_tokens": 3, "output_tokens": output}
    return each


def test_the_last_line_of_a_message_has_its_count() -> None:
    """Each message once, however many lines repeat it and whatever comes between."""
    view = seen(
        transcript(),
        user("Hi"),
        counted("m1", 2, text("a")),
        counted("m1", 2, text("b")),
        counted("m1", 240, tool("t")),
        answer("t"),
        counted("m1", 250, text("late")),
        counted("m2", 1, text("c")),
        counted("m2", 57, text("d")),
    )
    assert view.usage["total"] == {"input_tokens": 6, "output_tokens": 307}


# -- names ---------------------------------------------------------------------------------------


def test_a_session_is_called_by_its_first_prompt_until_it_has_a_name() -> None:
    """Commands are no name; names of the program's own are."""
    first = [user("<command-name>/model</command-name>"), user("\nFix  the tests\nall of them")]
    view = seen(transcript(), *first)
    assert (view.title, view.directory) == ("Fix  the tests", "/work")
    named = [line("ai-title", aiTitle="Tests fixed"), user("more")]
    assert seen(transcript(), *first, *named).title == "Tests fixed"
    assert seen(transcript(), *first, line("agent-name", agentName="fixer")).title == "fixer"


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "end_turn"])
def test_an_end_that_the_agent_did_not_choose_is_told(reason: str) -> None:
    """Once, within the turn."""
    first = [said("a", text("Half"), stop=reason), said("a", text("of it"), stop=reason)]
    view = seen(transcript(), user("one"), *first, user("two"), said("b", text("All.")))
    told = [row.output for row in view.entries if row.kind == "diagnostic"]
    assert told == ([] if reason == "end_turn" else [{"reason": reason}])
    assert [row.kind for row in view.entries][-3:] == ["user", "prose", "commit"]
