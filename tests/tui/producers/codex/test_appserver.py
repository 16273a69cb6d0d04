"""`codex app-server`: deltas, approvals, threads below threads; one side is enough."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.codex.appserver import CodexAppServerProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import Side, kinds, notes, outcome_of, rows, talk

if TYPE_CHECKING:
    pass

Message = tuple[Side, dict[str, Any]]


def tells(method: str, thread: str = "t", /, **params: Any) -> Message:
    """A notification."""
    return "agent", {"method": method, "params": {"threadId": thread, **params}}


def item(kind: str, name: str, thread: str = "t", /, *, ended: bool = True, **rest: Any) -> Message:
    """An item begins or ends."""
    method = "item/completed" if ended else "item/started"
    return tells(method, thread, item={"type": kind, "id": name, **rest}, turnId="turn")


def says(text: str, name: str = "m", thread: str = "t") -> Message:
    """A piece of prose."""
    return tells("item/agentMessage/delta", thread, itemId=name, delta=text)


def ends(status: str = "completed", thread: str = "t", **turn: Any) -> Message:
    """A turn's end."""
    return tells("turn/completed", thread, turn={"id": "turn", "status": status, **turn})


def begins(thread: str = "t") -> Message:
    """A turn's beginning."""
    return tells("turn/started", thread, turn={"id": "turn"})


def view_at(*messages: Message) -> ReadView:
    """The view while it goes on."""
    return view_of(talk(CodexAppServerProducer(), *messages), ended=False)


# -- recordings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("codex_appserver"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """Finished messages as they were finished, one commit a turn, each call once."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    messages = [json.loads(each["line"]) for each in case.records()]
    told = [each["params"]["item"] for each in messages if each.get("method") == "item/completed"]
    texts = [each["text"] for each in told if each["type"] == "agentMessage"]
    assert prose_of(view) == texts
    assert [row.text for row in rows(view, "user")] == [
        each["content"][0]["text"] for each in told if each["type"] == "userMessage"
    ]
    ended = [each for each in messages if each.get("method") == "turn/completed"]
    assert (view.turn_index, view.state) == (len(ended), "idle")
    calls = [each["id"] for each in told if "status" in each]
    assert sorted(row.id for row in rows(view, "tool")) == sorted(calls)
    usage = [each for each in messages if each.get("method") == "thread/tokenUsage/updated"]
    requests = {json.dumps(each["params"]["tokenUsage"]["total"]): each for each in usage}
    used = [each["params"]["tokenUsage"]["last"] for each in requests.values()]
    assert view.usage["total"]["input_tokens"] == sum(each["inputTokens"] for each in used)
    assert view.usage["total"]["output_tokens"] == sum(each["outputTokens"] for each in used)


@pytest.mark.parametrize("case", cases("codex_appserver"), ids=name_of)
def test_the_servers_side_alone_shows_the_same(case: Case) -> None:
    """Except who asked for the turn to be stopped."""
    producer = CodexAppServerProducer()
    data = "".join(
        each["line"] + "\n" for each in case.records() if not each["dir"].startswith("client")
    )
    alone = view_of(producer.feed(data.encode()) + producer.finish(case.outcome), ended=False)
    both = view_of(produce(case.make(), [case.data], case.outcome), ended=False)

    def shown(view: ReadView) -> list[object]:
        asked = [row for row in view.entries if row.name == "cancel_requested"]
        return [(row.kind, row.text, row.output) for row in view.entries if row not in asked]

    assert shown(alone) == shown(both)


# -- turns ---------------------------------------------------------------------------------------


def test_a_failed_turn_is_one() -> None:
    """The error, once, and the commit."""
    view = view_at(
        begins(),
        tells("error", error={"message": "gone"}, willRetry=False),
        ends("failed", error={"message": "gone"}),
    )
    assert [row.text for row in rows(view, "error")] == ["gone"]
    assert (view.outcome, view.turn_index) == (SessionOutcome.FAILURE, 1)


def test_an_error_that_is_tried_again_is_a_retry() -> None:
    """What the lost attempt said goes when the next says it again."""
    view = view_at(
        begins(),
        says("It hol", "a"),
        item("agentMessage", "a", text="It hol"),
        tells("error", error={"message": "stream lost"}, willRetry=True),
        says("It holds.", "b"),
        item("agentMessage", "b", text="It holds."),
        ends(),
    )
    assert prose_of(view) == ["It holds."]
    assert [row.text for row in rows(view, "retry")] == ["stream lost"]


def test_a_lost_attempt_that_never_ended_goes_too() -> None:
    """Its message was told in pieces only."""
    lost = tells("error", error={"message": "stream lost"}, willRetry=True)
    view = view_at(
        begins(),
        says("It hol", "a"),
        lost,
        says("It holds.", "b"),
        item("agentMessage", "b", text="It holds."),
        ends(),
    )
    assert prose_of(view) == ["It holds."]


def test_an_interrupted_turn_keeps_what_was_said() -> None:
    """The open message never ends; the open call is cancelled."""
    interrupts: Message = ("client", {"id": 5, "method": "turn/interrupt", "params": {}})
    view = view_at(
        begins(),
        says("half a sen"),
        item("commandExecution", "c", ended=False, command="sleep 9", status="inProgress"),
        interrupts,
        ends("interrupted"),
    )
    assert prose_of(view) == ["half a sen"]
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert notes(view).keys() == {"cancel_requested", "interrupted"}
    assert (view.turn_index, view.state) == (1, "idle")


def test_a_request_in_vain_is_an_error() -> None:
    """`turn/start` answered with an error: there is no turn to tell of it."""
    view = view_at(
        ("client", {"id": 3, "method": "turn/start", "params": {}}),
        ("agent", {"id": 3, "error": {"code": -32600, "message": "thread not found"}}),
    )
    assert [row.text for row in rows(view, "error")] == ["thread not found"]
    assert view.state == "idle"


# -- text ----------------------------------------------------------------------------------------


def test_without_deltas_the_whole_message_is_told() -> None:
    """Some providers send none; an empty beginning wipes nothing."""
    view = view_at(
        begins(),
        item("agentMessage", "m", ended=False, text=""),
        item("agentMessage", "m", text="All of it."),
        item("agentMessage", "m", ended=False, text=""),
        ends(items=[{"type": "agentMessage", "id": "m", "text": "All of it."}]),
    )
    assert prose_of(view) == ["All of it."]


def test_a_summary_in_the_end_gives_what_no_item_told() -> None:
    """A server without item events: the turn's own items."""
    view = view_at(begins(), ends(items=[{"type": "agentMessage", "id": "m", "text": "Hi."}]))
    assert prose_of(view) == ["Hi."]


def test_parts_of_a_thought_are_paragraphs() -> None:
    """The final copy joins them alike; of summary and thought only one is shown."""

    def thinks(text: str, part: int) -> Message:
        method = "item/reasoning/summaryTextDelta"
        return tells(method, itemId="r", delta=text, summaryIndex=part)

    raw = tells("item/reasoning/textDelta", itemId="r", delta="raw", contentIndex=0)
    view = view_at(
        begins(),
        thinks("One", 0),
        raw,
        thinks(".", 0),
        thinks("Two.", 1),
        item("reasoning", "r", summary=["One.", "Two."], content=["raw"]),
    )
    assert [row.text for row in rows(view, "reasoning")] == ["One.\n\nTwo."]


# -- a person ------------------------------------------------------------------------------------


def asks(request: int, name: str, **params: Any) -> Message:
    """The server asks for an approval."""
    method = f"item/{name}/requestApproval"
    return "agent", {"method": method, "id": request, "params": {"threadId": "t", **params}}


def test_approvals_are_waited_for_until_the_last_is_resolved() -> None:
    """By the server's word alone."""
    producer = CodexAppServerProducer()
    change: dict[str, Any] = {
        "changes": [{"path": "/a", "kind": {"type": "add"}}],
        "status": "inProgress",
    }
    produced = talk(
        producer,
        begins(),
        item("fileChange", "f", ended=False, **change),
        asks(0, "fileChange", itemId="f", reason=None),
        asks(1, "commandExecution", itemId="c", command="bash -lc 'rm x'"),
    )
    view = view_of(produced, ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "rm x")
    assert kinds(produced).count("waiting") == 2
    produced += talk(producer, tells("serverRequest/resolved", requestId=1))
    view = view_of(produced, ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "apply_patch /a")
    produced += talk(producer, tells("serverRequest/resolved", requestId=0))
    assert view_of(produced, ended=False).state == "running"


def test_a_status_without_waiting_means_that_nobody_waits() -> None:
    """Whatever became of the request."""
    status = {"type": "active", "activeFlags": []}
    view = view_at(
        begins(),
        asks(0, "fileChange", itemId="f", reason="to write"),
        tells("thread/status/changed", status=status),
    )
    assert view.state == "running"


def test_a_declined_command_is_cancelled() -> None:
    """It never ran."""
    view = view_at(begins(), item("commandExecution", "c", command="rm x", status="declined"))
    assert outcome_of(rows(view, "tool")[0])["status"] == "cancelled"


# -- the rest ------------------------------------------------------------------------------------


def test_a_spawned_thread_stands_below_its_call() -> None:
    """Its text and calls have a parent, its tokens are a child's, its end is no commit."""
    spawned: dict[str, Any] = {
        "tool": "spawnAgent",
        "prompt": "look",
        "receiverThreadIds": ["child"],
        "agentsStates": {"child": {"status": "running"}},
        "status": "completed",
    }
    counts = {"inputTokens": 7, "outputTokens": 1}
    view = view_at(
        begins(),
        item("collabAgentToolCall", "spawn", **spawned),
        tells("thread/started", thread={"id": "child", "parentThreadId": "t"}),
        begins("child"),
        says("found it", "x", "child"),
        item("commandExecution", "y", "child", command="ls", exitCode=0, status="completed"),
        tells("thread/tokenUsage/updated", "child", tokenUsage={"total": counts, "last": counts}),
        ends("completed", "child"),
        says("done"),
    )
    assert prose_of(view, parent="spawn") == ["found it"]
    assert prose_of(view) == ["done"]
    assert {row.id: row.parent for row in rows(view, "tool")} == {"spawn": None, "y": "spawn"}
    assert view.usage["child"]["input_tokens"] == 7
    assert "total" not in view.usage
    assert [(each.process_id, each.state) for each in view.processes] == [("child", "exited")]
    assert (view.turn_index, view.state) == (0, "running")


def test_tokens_are_told_when_they_change() -> None:
    """Repeated unchanged after an interrupt; a resumed thread's total is not this session's."""

    def counts(total: int, last: int) -> Message:
        usage = {"total": {"inputTokens": total}, "last": {"inputTokens": last}}
        return tells("thread/tokenUsage/updated", tokenUsage=usage)

    view = view_at(begins(), counts(1000, 10), counts(1000, 10), counts(1005, 5))
    assert view.usage["total"]["input_tokens"] == 15


def test_a_plan_is_the_views_plan() -> None:
    """Steps in camel case."""
    plan = [{"step": "a", "status": "inProgress"}]
    view = view_at(begins(), tells("turn/plan/updated", plan=plan))
    assert view.plan == [{"text": "a", "status": "in_progress"}]


def test_only_unknown_items_and_turns_are_noted() -> None:
    """Accounts, apps and windows are nobody's business here."""
    view = view_at(
        begins(),
        tells("account/updated"),
        tells("brandNew/thing"),
        tells("item/commandExecution/outputDelta", itemId="c", delta="x"),
        tells("item/brandNew", x=1),
    )
    assert [row.output["type"] for row in rows(view, "diagnostic")] == ["item/brandNew"]


# -- children that newer servers name by an activity ----------------------------------------------


def activity(kind: str, name: str, child: str = "kid", thread: str = "t") -> Message:
    """What the agent did with a child."""
    return item(
        "subAgentActivity", name, thread, kind=kind, agentThreadId=child, agentPath="/root/ada"
    )


def test_a_child_known_by_an_activity_alone_is_one() -> None:
    """Its words stand below the call that began it, and its end is not its parent's."""
    view = view_at(
        tells("thread/started", "t", thread={"id": "t", "cwd": "/w"}),
        begins(),
        activity("started", "c"),
        begins("kid"),
        says("Found it.", "k", "kid"),
        item("agentMessage", "k", "kid", text="Found it."),
        tells("turn/plan/updated", "kid", plan=[{"step": "mine", "status": "pending"}]),
        tells("error", "kid", error={"message": "lost"}, willRetry=False),
        ends("completed", "kid"),
        activity("completed", "d"),
        item("agentMessage", "m", text="Done."),
        ends(),
    )
    (call,), (process,) = rows(view, "tool"), view.processes
    assert (call.id, call.name, call.args) == ("c", "spawn_agent", {"agent": "/root/ada"})
    assert [(row.text, row.parent) for row in rows(view, "prose")] == [
        ("Found it.", "c"),
        ("Done.", None),
    ]
    assert (process.state, process.tool_call_id, process.label) == ("exited", "c", "/root/ada")
    assert (view.turn_index, view.outcome, view.plan) == (1, SessionOutcome.SUCCESS, None)


def test_a_thread_that_speaks_within_a_turn_is_a_child() -> None:
    """Even before the server says so."""
    view = view_at(begins(), says("a", "k", "kid"), ends("completed", "kid"), ends())
    assert rows(view, "prose")[0].parent == "thread-kid"
    assert view.turn_index == 1


def test_a_child_may_work_on_after_its_parents_turn() -> None:
    """Its words are shown, and when it has ended nothing is left running."""
    view = view_at(
        begins(),
        activity("started", "c"),
        ends(),
        begins("kid"),
        item("agentMessage", "k", "kid", text="Late."),
        ends("completed", "kid"),
    )
    assert [(row.text, row.parent) for row in rows(view, "prose")] == [("Late.", "c")]
    assert view.state == "idle"


def test_a_running_command_becomes_a_process_at_the_turns_end() -> None:
    """With what it printed so far; its real end and whole output are told when they come."""
    run = {"command": "bash -lc serve"}
    view = view_at(
        begins(),
        item("commandExecution", "c", ended=False, status="inProgress", **run),
        tells("item/commandExecution/outputDelta", itemId="c", delta="up\n"),
        ends(),
        item("commandExecution", "c", status="completed", aggregatedOutput="up\nbye\n", exitCode=0),
    )
    (row,), (process,) = rows(view, "tool"), view.processes
    assert outcome_of(row) == {"status": "success", "payload": "up\n"}
    assert (process.label, process.state, process.output) == ("serve", "exited", "up\nbye\n")
    assert (process.exit_code, view.state, view.turn_index) == (0, "idle", 1)


def test_an_interrupted_turn_stops_its_commands() -> None:
    """They are cancelled."""
    start = item("commandExecution", "c", ended=False, status="inProgress", command="x")
    view = view_at(begins(), start, ends("interrupted"))
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert view.processes == []


def test_what_a_review_and_an_image_say_is_shown() -> None:
    """The review once, also where the agent's message repeats it; the image by its path."""
    view = view_at(
        begins(),
        item("exitedReviewMode", "r", review="- [P1] Off by one"),
        item("agentMessage", "m", text="- [P1] Off by one"),
        item("imageGeneration", "i", status="completed", revisedPrompt="a cat", result="AAAA"),
        item("contextCompaction", "k"),
        tells("thread/compacted"),
        ends(),
    )
    assert prose_of(view) == ["- [P1] Off by one"]
    (row,) = rows(view, "tool")
    assert (row.args, outcome_of(row)["payload"]) == ({"prompt": "a cat"}, "[image]")
    assert [row.name for row in rows(view, "diagnostic")] == ["compacted"]


def test_a_warning_that_is_sent_twice_is_shown_once() -> None:
    """In a turn; the next one may bring it again."""
    warning = tells("warning", message="slow")
    view = view_at(begins(), warning, warning, ends(), begins(), warning, ends())
    assert len(rows(view, "diagnostic")) == 2


def test_the_model_and_its_context() -> None:
    """The thread's own model, or one that stands in for it; a child's are not the session's."""

    def counts(total: int, used: int, thread: str = "t") -> Message:
        last = {"inputTokens": used - 5, "outputTokens": 5}
        usage = {"total": {"inputTokens": total}, "last": last, "modelContextWindow": 200_000}
        return tells("thread/tokenUsage/updated", thread, tokenUsage=usage)

    child = {"id": "child", "parentThreadId": "t", "model": "gpt-6-mini"}
    thread = {"id": "t", "cwd": "/w", "model": "gpt-6"}
    produced = talk(
        CodexAppServerProducer(),
        ("client", {"id": 1, "method": "thread/start", "params": {}}),
        ("agent", {"id": 1, "result": {"thread": thread, "model": "gpt-6"}}),
        tells("thread/started", thread=thread),
        begins(),
        counts(100, 100),
        counts(100, 100),
        tells("thread/started", thread=child),
        tells("model/rerouted", "child", toModel="gpt-5"),
        counts(50, 50, "child"),
        counts(300, 200),
        tells("model/rerouted", toModel="gpt-5"),
        counts(600, 300),
    )
    assert news_of(produced) == [
        "gpt-6",
        {"used": 100, "size": 200_000},
        {"used": 200, "size": 200_000},
        "gpt-5",
        {"used": 300, "size": 200_000},
    ]
