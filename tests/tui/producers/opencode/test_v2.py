"""opencode 2: small events; a queue, steering, shells that outlive their call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.auto.signatures import format_of_record
from lashtui.producers.opencode.sse import OpencodeSseProducer
from tests.tui.producers.goldens import prose_of, view_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import events, notes, outcome_of, rows

if TYPE_CHECKING:
    from lashd.protocol.records import Record


def event(kind: str, session: str = "s", /, **data: Any) -> Record:
    """One event."""
    record = {"id": "e", "created": 5, "type": kind, "location": {"directory": "/w"}}
    return {**record, "data": {"sessionID": session, **data}}


def text(kind: str, more: str, session: str = "s", ordinal: int = 0) -> Record:
    """A piece of prose, or its whole."""
    name = "delta" if kind == "delta" else "text"
    where = {"assistantMessageID": "m", "ordinal": ordinal}
    return event(f"session.text.{kind}", session, **where, **{name: more})


def tool(kind: str, call: str = "c", session: str = "s", /, **data: Any) -> Record:
    """A tool's event."""
    return event(f"session.tool.{kind}", session, assistantMessageID="m", id=call, **data)


def queued(name: str, words: str, delivery: str = "queue") -> Record:
    """A message is put into the inbox."""
    item = {"type": "user", "payload": {"text": words}, "delivery": delivery}
    return event("session.inbox.enqueued", inboxID=name, item=item)


def inbox(kind: str, name: str) -> Record:
    """What became of it."""
    return event(f"session.inbox.{kind}", inboxID=name)


def step(cost: float = 0.1, session: str = "s") -> Record:
    """A step's end."""
    tokens = {"input": 3, "output": 1, "reasoning": 0, "cache": {"read": 7, "write": 0}}
    return event("session.step.ended", session, finish="stop", cost=cost, tokens=tokens)


CREATED = event("session.created", title="A title", location={"directory": "/work"})
STARTED = event("session.execution.started")
DONE = event("session.execution.succeeded")
BEGUN = event("session.step.started", assistantMessageID="m")


def view_at(*records: Record) -> ReadView:
    """The view while the server runs."""
    return view_of(OpencodeSseProducer().feed(events(*records)), ended=False)


def test_a_turn() -> None:
    """The prompt comes by the inbox; deltas and their whole are one text."""
    view = view_at(
        CREATED,
        queued("i", "go", "steer"),
        STARTED,
        inbox("delivered", "i"),
        BEGUN,
        text("delta", "Hel"),
        text("ended", "Hello"),
        step(),
        event("session.usage.updated", cost=0.1, tokens={}),
        DONE,
    )
    assert [row.text for row in view.entries if row.text] == ["go", "Hello"]
    assert (view.turn_index, view.state) == (1, "idle")
    assert (view.title, view.directory, view.agent) == ("A title", "/work", "opencode")
    assert view.usage["total"] == {
        "input_tokens": 10,
        "output_tokens": 1,
        "cached_input_tokens": 7,
        "reasoning_tokens": 0,
        "cost_usd": 0.1,
    }


def test_the_queue_is_the_inbox() -> None:
    """What waits is seen to wait, and how it will be delivered; cancelled is not delivered."""
    records = [
        STARTED,
        BEGUN,
        queued("a", "apple"),
        queued("b", "banana"),
        queued("c", "now", "steer"),
    ]
    view = view_at(*records)
    assert [(item.text, item.delivery) for item in view.queue] == [
        ("apple", "queue"),
        ("banana", "queue"),
        ("now", "steer"),
    ]
    view = view_at(*records, inbox("cancelled", "b"), inbox("delivered", "c"))
    assert [item.text for item in view.queue] == ["apple"]
    assert [row.text for row in rows(view, "user")] == ["now"]


def test_tools_are_named_first_and_called_then() -> None:
    """Exit codes and aborts are what they are; older servers say `callID`."""
    view = view_at(
        STARTED,
        tool("input.started", "a", name="shell"),
        tool("called", "a", input={"command": "x"}),
        tool("success", "a", content=[{"type": "text", "text": "out"}], metadata={"exit": 2}),
        tool("input.started", "b", name="shell"),
        tool("failed", "b", error={"type": "aborted", "message": "interrupted"}),
        event("session.tool.called", callID="o", name="read", input={}),
        event("session.tool.success", callID="o", content="text", structured={}),
    )
    outcomes = {row.id: outcome_of(row) for row in rows(view, "tool")}
    assert outcomes["a"]["exit_code"] == 2
    assert outcomes["b"] == {"status": "cancelled", "message": "interrupted"}
    assert outcomes["o"] == {"status": "success", "payload": "text"}
    assert rows(view, "tool")[0].args == {"command": "x"}


def test_only_a_shell_that_outlives_its_call_is_a_process() -> None:
    """It ends when it ends; deleted first and exited then is cancelled."""

    def shell(name: str, call: str, state: str) -> list[Record]:
        info = {"id": name, "command": "sleep 9", "metadata": {"sessionID": "s"}}
        return [
            event("shell.created", info=info),
            tool("success", call, content=[], metadata={"status": state, "shellID": name}),
        ]

    exited = event("shell.exited", id="x", exit=3, status="exited")
    view = view_at(
        STARTED,
        *shell("f", "c1", "completed"),
        *shell("x", "c2", "running"),
        *shell("y", "c3", "running"),
        *shell("z", "c4", "running"),
        exited,
        event("shell.deleted", id="y"),
        event("shell.exited", id="y", status="exited"),
    )
    assert [(each.process_id, each.state, each.label) for each in view.processes] == [
        ("x", "failed", "sleep 9"),
        ("y", "cancelled", "sleep 9"),
        ("z", "running", "sleep 9"),
    ]
    assert view.processes[0].tool_call_id == "c2"


def test_interrupts_and_failures_end_the_turn() -> None:
    """An aborted step is no failure; a failed execution is."""
    aborted = event("session.step.failed", error={"type": "aborted", "message": "x"}, tokens={})
    stopped = view_at(STARTED, BEGUN, aborted, event("session.execution.interrupted"))
    assert (stopped.turn_index, stopped.outcome) == (1, SessionOutcome.SUCCESS)
    assert "interrupted" in notes(stopped)
    failed = view_at(STARTED, BEGUN, event("session.execution.failed", error={"message": "gone"}))
    assert [row.text for row in rows(failed, "error")] == ["gone"]
    assert (failed.turn_index, failed.outcome) == (1, SessionOutcome.FAILURE)


def test_executions_without_a_prompt_are_no_turns() -> None:
    """Clearing a revert is one."""
    assert view_at(CREATED, STARTED, DONE).turn_index == 0


def test_a_subagents_session_stands_below_its_call() -> None:
    """Others are not shown at all."""
    view = view_at(
        STARTED,
        tool("input.started", "t", name="subagent"),
        event("session.created", "kid", parentID="s", title="look"),
        event("session.inbox.enqueued", "kid", inboxID="k", item={"type": "user"}),
        text("ended", "found it", "kid"),
        step(session="kid"),
        event("session.execution.succeeded", "kid"),
        text("ended", "theirs", "other"),
    )
    assert prose_of(view, parent="t") == ["found it"]
    assert prose_of(view) == []
    assert (view.turn_index, view.queue, list(view.usage)) == (0, [], ["child"])


def test_permissions_and_forms_are_waited_for() -> None:
    """Both are answered under their id."""
    asked = event("permission.asked", id="p", action="shell", resources=["echo first"])
    view = view_at(STARTED, BEGUN, asked)
    assert (view.state, view.waiting_for) == ("waiting", "shell echo first")
    replied = event("permission.replied", requestID="p", reply="reject")
    view = view_at(STARTED, BEGUN, asked, replied)
    assert view.state == "running"
    assert "permission_denied" in notes(view)
    form = event("form.created", form={"id": "f", "sessionID": "s", "title": "Which one?"})
    assert view_at(STARTED, BEGUN, form).waiting_for == "Which one?"
    assert view_at(STARTED, BEGUN, form, event("form.replied", id="f")).state == "running"


def test_they_are_recognised() -> None:
    """With a durable place or without."""
    assert format_of_record(text("delta", "x")) == "opencode-sse"
    assert format_of_record({**DONE, "durable": {"seq": 1}}) == "opencode-sse"


def test_the_model_and_its_context() -> None:
    """Each step names its model; its request and answer are in the context."""

    def begun(model: object) -> Record:
        return event("session.step.started", assistantMessageID="m", model=model)

    opus = {"id": "opus", "providerID": "anthropic"}
    records = [CREATED, STARTED, begun(opus), step(), begun(opus), step(), begun("x"), DONE]
    produced = OpencodeSseProducer().feed(events(*records))
    assert news_of(produced) == ["anthropic/opus", {"used": 11}]
