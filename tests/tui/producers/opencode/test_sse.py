"""opencode's server events: one session of many, deltas between snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lashd.view import ReadView
from lashtui.producers.opencode.sse import OpencodeSseProducer
from tests.tui.producers.goldens import cases, produce, prose_of, view_of
from tests.tui.producers.news import news_of
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


def test_the_view_says_what_the_recorded_agent_said() -> None:
    """One turn, text as it was finished, tokens as the server sums them."""
    (case,) = (each for each in cases("opencode_sse") if each.name == "tool")
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
    other = event("permission.asked", id="r", permission="edit", patterns=["a"], metadata={})
    first = event("permission.replied", requestID="r", reply="once")
    view = view_at(message("m"), text("a", "x"), asked, other, first)
    assert (view.state, view.waiting_for) == ("waiting", "bash rm *")


def test_todos_are_the_plan() -> None:
    """Whole with each change."""
    todos = [{"content": "a", "status": "pending"}]
    view = view_at(message("m"), text("a", "x"), event("todo.updated", todos=todos))
    assert view.plan == [{"text": "a", "status": "pending"}]


# -- stopped turns -------------------------------------------------------------------------------

BUSY = event("session.status", status={"type": "busy"})
STATUS_IDLE = event("session.status", status={"type": "idle"})
STOPPED = {"name": "MessageAbortedError", "data": {"message": "The operation was aborted."}}
ABORTED = event("session.error", error=STOPPED)


def state(name: str, role: str = "assistant", **rest: Any) -> Record:
    """A message's state, with its times as the server tells them."""
    info = {"id": name, "role": role, "time": {"created": 1}, **rest}
    return event("message.updated", info=info)


def prompt(words: str, name: str = "u") -> list[Record]:
    """A person's message."""
    said = {"id": f"{name}-0", "type": "text", "messageID": name, "sessionID": "s", "text": words}
    return [state(name, "user"), event("message.part.updated", part=said)]


def turns_of(view: ReadView) -> list[list[str]]:
    """Kinds, and names of diagnostics, of each turn's rows; the commit is its last."""
    turns: list[list[str]] = [[]]
    for row in view.entries:
        turns[-1].append(f"{row.name}" if row.kind == "diagnostic" else row.kind)
        if row.kind == "commit":
            turns.append([])
    return turns if turns[-1] else turns[:-1]


RUNNING = tool("running", input={"command": "sleep 100"}, time={"start": 1})
ENDS: list[list[Record]] = [
    [STATUS_IDLE, IDLE, ABORTED, STATUS_IDLE, IDLE, state("m", error=STOPPED)],
    [ABORTED, STATUS_IDLE, IDLE, state("m", error=STOPPED)],
    [IDLE, state("m", error=STOPPED), ABORTED, IDLE],
    [state("m", error=STOPPED), IDLE, IDLE],
]


@pytest.mark.parametrize("work", [[], [RUNNING], [text("a", "So far")]])
@pytest.mark.parametrize("end", ENDS)
def test_a_stopped_turn_says_so_itself(end: list[Record], work: list[Record]) -> None:
    """Whatever comes first, idle or the error; nothing of it is in the next turn."""
    first = [BUSY, *prompt("Run it"), state("m"), part("step-start", "b"), *work, *end]
    again = [
        *prompt("Thanks", "v"),
        BUSY,
        state("n"),
        text("z", "Bye", ended=True),
        state("n", time={"created": 1, "completed": 2}),
        IDLE,
    ]
    view = view_at(*first, *again)
    kinds = turns_of(view)
    assert len(kinds) == 2
    assert kinds[0][0] == "user"
    assert kinds[0].count("interrupted") == 1
    assert kinds[1] == ["user", "prose", "commit"]
    assert all(row.state == "cancelled" for row in rows(view, "tool"))


def test_a_stopped_turn_ends_when_nothing_more_comes() -> None:
    """Or with the stream."""
    records = [BUSY, *prompt("Run it"), state("m"), part("step-start", "b"), RUNNING, IDLE]
    producer = OpencodeSseProducer()
    produced = producer.feed(events(*records))
    assert view_of(produced, ended=False).turn_index == 0
    assert view_of(produced + producer.flush(), ended=False).turn_index == 1
    assert producer.flush() == []


LATE: list[list[Record]] = [
    [],
    [state("m", error=STOPPED)],
    [ABORTED],
    [ABORTED, state("m", error=STOPPED)],
]


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("work", [[], [RUNNING], [text("a", "So far")]])
def test_the_word_of_an_abort_may_come_after_the_next_prompt(
    work: list[Record], late: list[Record]
) -> None:
    """Or not at all: what is idle with unfinished work was stopped."""
    first = [BUSY, *prompt("Run it"), state("m"), part("step-start", "b"), *work, STATUS_IDLE, IDLE]
    done = state("n", time={"created": 1, "completed": 2})
    again = [BUSY, state("n"), text("z", "Bye", ended=True), done, IDLE]
    kinds = turns_of(view_at(*first, *prompt("Thanks", "v"), *late, *again))
    assert [each.count("interrupted") for each in kinds] == [1, 0]
    assert kinds[1] == ["user", "prose", "commit"]


def test_the_next_turn_may_be_stopped_too() -> None:
    """Its own abort is not taken for the late word of the one before."""
    first = [BUSY, *prompt("Run it"), state("m"), RUNNING, STATUS_IDLE, IDLE]
    again = [*prompt("Thanks", "v"), BUSY, state("n"), text("z", "Bye"), ABORTED, IDLE]
    kinds = turns_of(view_at(*first, *again))
    assert [each.count("interrupted") for each in kinds] == [1, 1]


def test_an_error_that_only_its_message_tells_is_told() -> None:
    """Once, where the session tells it as well; never of the turn after it."""
    broken = {"name": "APIError", "data": {"message": "no credit"}}
    failed, told = state("m", error=broken), event("session.error", error=broken)
    begun = [BUSY, *prompt("Run it"), state("m"), text("a", "So far", ended=True)]
    for end in ([failed], [failed, told], [told, failed], [failed, failed]):
        view = view_at(*begun, *end, IDLE, failed)
        assert [row.text for row in rows(view, "error")] == ["no credit"]
        assert turns_of(view) == [["user", "prose", "error", "commit"]]
        assert [row.state for row in rows(view, "commit")] == ["failure"]
    done = state("m", time={"created": 1, "completed": 2})
    late = view_at(*begun, done, IDLE, *prompt("Thanks", "v"), failed, failed)
    assert turns_of(late)[1] == ["user", "earlier_turn_failed"]


def test_an_end_that_was_reached_is_one_at_once() -> None:
    """A late word of an abort is not told of the next turn."""
    done = state("m", time={"created": 1, "completed": 2})
    view = view_at(BUSY, state("m"), text("a", "x", ended=True), done, IDLE, ABORTED)
    assert (view.turn_index, turns_of(view)) == (1, [["prose", "commit"]])


# -- what is taken back --------------------------------------------------------------------------


def test_a_removed_text_is_withdrawn() -> None:
    """Finished or not; text that was removed stays away."""
    gone = event("message.part.removed", messageID="m", partID="a")
    for old in (text("a", "Old words"), text("a", "Old words", ended=True)):
        assert prose_of(view_at(message("m"), old, gone, text("b", "New words"))) == ["New words"]


def test_a_removed_message_and_a_revert_are_marked() -> None:
    """What was said before stays readable."""
    begun = [*prompt("Do it"), message("m"), text("a", "Done", ended=True), IDLE]
    removed = event("message.removed", messageID="m")
    view = view_at(*begun, removed, *prompt("Again", "v"))
    assert prose_of(view) == ["Done"]
    assert [row.name for row in rows(view, "diagnostic")] == ["message_removed"]
    back = event("session.updated", info={"id": "s", "revert": {"messageID": "m"}})
    view = view_at(*begun, back, back, removed, *prompt("Again", "v"))
    assert [row.name for row in rows(view, "diagnostic")] == ["rewound"]
    forth = event("session.updated", info={"id": "s"})
    view = view_at(*begun, back, forth, *prompt("Again", "v"))
    assert [row.name for row in rows(view, "diagnostic")] == ["rewound", "rewind_undone"]


# -- what a person gave and is asked -------------------------------------------------------------


def test_a_prompts_files_are_named() -> None:
    """With type and size where they are told; never with their bytes."""
    picture = {"mime": "image/png", "filename": "a.png", "url": "data:image/png;base64,AAAA"}
    file = part("file", "f", **picture)
    view = view_at(message("m", "user"), part("text", "t", text="Look"), file, file)
    assert [row.text for row in rows(view, "user")] == [
        "Look",
        "[image: a.png, image/png, 3 bytes]",
    ]
    assert rows(view_at(message("m"), file), "user") == []


def test_a_question_is_asked_in_full() -> None:
    """All its questions; a permission's command, from its call if need be."""
    questions = [{"question": "Which one?"}, {"question": "And when?"}]
    asked = event("question.asked", id="q", questions=questions)
    assert view_at(message("m"), text("a", "x"), asked).waiting_for == "Which one?\nAnd when?"
    given = {"permission": "bash", "patterns": ["rm *", "ls *"]}
    asked = event("permission.asked", id="q", **given)
    assert view_at(message("m"), asked).waiting_for == "bash rm *, ls *"
    call = {"messageID": "m", "callID": "c"}
    asked = event("permission.asked", id="q", tool=call, **given)
    assert view_at(message("m"), RUNNING, asked).waiting_for == "sleep 100"


# -- subagents and other sessions ----------------------------------------------------------------


def task(call: str, description: str, session: str = "") -> Record:
    """A call that has a subagent work."""
    known = {"metadata": {"sessionId": session}} if session else {}
    given = {"status": "running", "input": {"description": description}, **known}
    return part("tool", call, tool="task", callID=call, state=given)


def child(session: str, title: str) -> Record:
    """A subagent's session."""
    return event("session.created", session, info={"id": session, "parentID": "s", "title": title})


@pytest.mark.parametrize("tells", [True, False])
def test_parallel_subagents_stand_below_their_own_calls(tells: bool) -> None:
    """By the session that the call tells, else by what it is to do."""
    view = view_at(
        message("m"),
        task("c1", "Look at tree"),
        task("c2", "Read notes"),
        child("k2", "Read notes (@general subagent)"),
        child("k1", "Look at tree (@general subagent)"),
        *([task("c1", "Look at tree", "k1"), task("c2", "Read notes", "k2")] if tells else []),
        message("n2", session="k2"),
        text("b", "notes", ended=True, session="k2"),
        message("n1", session="k1"),
        text("a", "tree", ended=True, session="k1"),
    )
    assert (prose_of(view, parent="c1"), prose_of(view, parent="c2")) == (["tree"], ["notes"])


def test_a_session_that_is_not_shown_is_named_once() -> None:
    """On standard error; the one that is shown is left alone."""
    producer = OpencodeSseProducer()
    producer.feed(
        events(message("m"), message("o", session="other"), message("p", session="other"))
    )
    (warning,) = producer.take_warnings()
    assert "session other is not shown" in warning


def test_unlisted_kinds_are_not_dropped() -> None:
    """Parts and events of a session; those of windows and plugins are nobody's news."""
    view = view_at(
        message("m"),
        text("a", "x"),
        part("poem", "x", text="Roses"),
        event("session.sang", song="la"),
        event("plugin.added", id="x"),
    )
    assert [row.name for row in rows(view, "diagnostic")] == ["unknown_record"] * 2


def test_the_model_and_its_context() -> None:
    """Its messages name it; a step's request and answer are in its context. Not a subagent's."""

    def answers(name: str, model: object, session: str = "s") -> Record:
        info = {"id": name, "role": "assistant", "modelID": model, "providerID": "anthropic"}
        return event("message.updated", session, info=info)

    def step(name: str, used: int, session: str = "s") -> Record:
        tokens = {"input": 40, "output": 10, "cache": {"read": used - 50}}
        return part("step-finish", name, session, reason="stop", tokens=tokens)

    created = {"id": "child", "parentID": "s", "title": "Look"}
    records = [
        answers("m", "opus"),
        text("p", "Hi."),
        step("s1", 100),
        step("s1", 100),
        tool(
            "running", name="task", input={"description": "Look"}, metadata={"sessionId": "child"}
        ),
        event("session.created", "child", info=created),
        answers("c", "haiku", "child"),
        step("s2", 70, "child"),
        answers("m", "opus"),
        answers("n", "sonnet"),
        answers("n", None),
        step("s3", 200),
    ]
    assert news_of(OpencodeSseProducer().feed(events(*records))) == [
        "anthropic/opus",
        {"used": 100},
        "anthropic/sonnet",
        {"used": 200},
    ]
