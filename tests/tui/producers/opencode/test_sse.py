"""opencode's server events: one session of many, deltas between snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lashd.view import ReadView
from lashtui.producers.opencode.sse import OpencodeSseProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.tui.producers.pipes import events, outcome_of, rows

if TYPE_CHECKING:
    from lashd.protocol.records import Record


def event(kind: str, session: str = "s", /, **given: Any) -> Record:
    """One event."""
    return {"id": "e", "type": kind, "properties": {"sessionID": session, **given}}


def message(name: str, role: str = "assistant", session: str = "s") -> Record:
    """A message's state."""
    return event("message.updated", session, info={"id": name, "role": role})


def part(kind: str, name: str, session: str = "s", /, **rest: Any) -> Record:
    """A part's snapshot."""
    own = {"id": name, "type": kind, "messageID": "m", "sessionID": session, **rest}
    return event("message.part.updated", session, part=own, time=7)


def text(name: str, whole: str, *, ended: bool = False, session: str = "s") -> Record:
    """A snapshot of prose."""
    time = {"start": 1, "end": 2} if ended else {"start": 1}
    return part("text", name, session, text=whole, time=time)


def delta(name: str, more: str, session: str = "s") -> Record:
    """A piece of a part."""
    return event("message.part.delta", session, partID=name, field="text", delta=more)


def tool(status: str, session: str = "s", /, name: str = "bash", **state: Any) -> Record:
    """A tool's snapshot."""
    return part("tool", "p", session, tool=name, callID="c", state={"status": status, **state})


def view_at(*records: Record, session_id: str = "") -> ReadView:
    """The view while the server runs."""
    producer = OpencodeSseProducer(session_id=session_id)
    return view_of(producer.feed(events(*records)), ended=False)


IDLE = event("session.idle")


@pytest.mark.parametrize("case", cases("opencode_sse"), ids=name_of)
def test_the_view_says_what_the_recorded_agent_said(case: Case) -> None:
    """One turn, text as it was finished, tokens as the server sums them."""
    view = view_of(produce(case.make(), [case.data], case.outcome), ended=False)
    assert [row.text for row in rows(view, "user")] == ["Look at this directory"]
    assert prose_of(view)[0] == "I'll list the files first."
    assert prose_of(view)[1].endswith("Let me know if you want it changed.")
    assert [row.state for row in rows(view, "tool")] == ["success"]
    assert (view.turn_index, view.state, view.title) == (1, "idle", "List the files")
    assert view.usage["total"]["cost_usd"] == pytest.approx(0.005084)
    assert view.usage["total"]["input_tokens"] == 4868 + 128


def test_snapshots_and_deltas_are_one_text() -> None:
    """Empty first, full at the end; a client that came late gets the text by snapshot."""
    whole = view_at(
        message("m"), text("a", ""), delta("a", "Hel"), text("a", "Hello", ended=True), IDLE
    )
    assert prose_of(whole) == ["Hello"]
    late = view_at(delta("a", "lost"), text("a", "Hel"), delta("a", "lo"))
    assert prose_of(late) == ["Hello"]


def test_a_persons_text_is_theirs() -> None:
    """By the message's role, or for want of any time of its own; what was added is not theirs."""
    said = part("text", "u", text="go")
    added = part("text", "v", text="file contents", synthetic=True)
    known = view_at(message("m", "user"), said, said, added)
    assert [row.text for row in rows(known, "user")] == ["go"]
    assert prose_of(known) == []
    assert [row.text for row in rows(view_at(said), "user")] == ["go"]


def test_tools_go_from_pending_to_their_end() -> None:
    """Arguments come with `running`; an exit code is a failure."""
    given = {"command": "ls"}
    view = view_at(
        message("m"),
        tool("pending", input={}),
        tool("running", input=given, time={"start": 10}),
        tool("running", input=given, time={"start": 10}, metadata={"output": "a"}),
        tool(
            "completed",
            input=given,
            output="a",
            metadata={"exit": 1},
            time={"start": 10, "end": 15},
        ),
        tool(
            "completed",
            input=given,
            output="a",
            metadata={"exit": 1},
            time={"start": 10, "end": 15},
        ),
    )
    (row,) = rows(view, "tool")
    assert (row.args, row.duration_ms) == (given, 5)
    assert outcome_of(row)["exit_code"] == 1


def test_other_sessions_of_the_server_are_not_shown() -> None:
    """The first at work is the one, or the one that is asked for."""
    both = (
        text("a", "mine", ended=True),
        text("b", "theirs", ended=True, session="other"),
        delta("b", "more", session="other"),
        event("session.idle", "other"),
    )
    view = view_at(message("m"), message("m", session="other"), *both)
    assert prose_of(view) == ["mine"]
    assert view.state == "running"
    chosen = view_at(message("m", session="other"), *both, session_id="other")
    assert prose_of(chosen) == ["theirs"]
    assert chosen.state == "idle"


def test_a_subagents_session_stands_below_its_task() -> None:
    """Its end is no commit, its tokens are a child's."""
    created = {"id": "kid", "parentID": "s", "title": "look"}
    tokens = {"input": 3, "output": 1, "cache": {}}
    view = view_at(
        message("m"),
        tool("running", name="task", input={"prompt": "look"}),
        event("session.created", "kid", info=created),
        message("n", session="kid"),
        text("k", "found it", ended=True, session="kid"),
        part("step-finish", "f", "kid", reason="stop", tokens=tokens, cost=0.1),
        event("session.idle", "kid"),
    )
    assert prose_of(view, parent="c") == ["found it"]
    assert view.usage == {"child": view.usage["child"]}
    assert (view.turn_index, view.state) == (0, "running")


def test_steps_are_counted_once() -> None:
    """The server repeats itself."""
    step = part("step-finish", "f", reason="stop", tokens={"input": 3, "output": 1}, cost=0.1)
    view = view_at(message("m"), text("a", "x", ended=True), step, step)
    assert view.usage["total"]["cost_usd"] == 0.1


def test_retries_errors_and_ends() -> None:
    """A retry is told; the error is the turn's last word; two ends are one."""
    status = {"type": "retry", "attempt": 2, "message": "overloaded"}
    error = {"name": "APIError", "data": {"message": "gone"}}
    view = view_at(
        message("m"),
        event("session.status", status={"type": "busy"}),
        event("session.status", status=status),
        event("session.error", error=error),
        event("session.status", status={"type": "idle"}),
        IDLE,
    )
    assert [row.text for row in rows(view, "retry")] == ["overloaded"]
    assert [row.text for row in rows(view, "error")] == ["gone"]
    assert (view.turn_index, view.outcome) == (1, "failure")


def test_permissions_are_waited_for() -> None:
    """Until the last is answered."""
    asked = event("permission.asked", id="q", permission="bash", patterns=["rm *"], metadata={})
    waiting = view_at(message("m"), text("a", "x"), asked, asked)
    assert (waiting.state, waiting.waiting_for) == ("waiting", "bash rm *")
    replied = event("permission.replied", requestID="q", reply="once")
    assert view_at(message("m"), text("a", "x"), asked, replied).state == "running"


def test_todos_are_the_plan() -> None:
    """Whole with each change."""
    todos = [{"content": "a", "status": "pending"}]
    view = view_at(message("m"), text("a", "x"), event("todo.updated", todos=todos))
    assert view.plan == [{"text": "a", "status": "pending"}]
