"""What a row says of a session: what its view holds, however it was kept."""

from __future__ import annotations

import time
from typing import Any
from unicodedata import category

import msgspec
import pytest
from hypothesis import given, settings

from lashd.gist import plan_step
from lashd.limits import QuietLimits
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    CodeBlockStarted,
    Committed,
    Error,
    ModelAttemptReset,
    Payload,
    ReasoningDelta,
    Resumed,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
    Waiting,
)
from lashd.session.fold import Fold
from lashd.session.landmarks import is_asked
from lashd.session.row import Doing, PlanCount
from lashd.session.summary import MAX_ARGUMENT, MAX_ERROR, MAX_LINE, Summary
from lashd.session.view import Entry, ReadView

from .histories import histories
from .test_fold import event_at
from .test_quiet import after, under

QUIET = QuietLimits()


def summary(folding: Fold, now_ms: int = 10_000) -> dict[str, Any]:
    """Made anew."""
    return Summary().of(folding.view, folding.landmarks, now_ms, QUIET)


def plain_doing(view: ReadView) -> Entry | None:
    """The newest running call of this turn, the agent's own before a subagent's."""
    running = [each for each in view.entries if each.state == "running" and not each.settled]
    own = [each for each in running if not each.parent]
    return next(reversed(own or running), None)


def plain_error(view: ReadView) -> str | None:
    """The last error of the turn that runs, or else of the last one if that failed."""
    turns: list[list[Entry]] = [[]]
    for entry in view.entries:
        turns[-1].append(entry)
        if entry.kind == "commit":
            turns.append([])
    if view.state in ("running", "waiting"):
        found = [entry for entry in turns[-1] if not entry.settled]
    elif view.outcome != SessionOutcome.FAILURE:
        found = []
    elif view.state == "ended" and turns[-1]:
        found = turns[-1]
    else:
        found = turns[-2] if len(turns) > 1 else []
    texts = [entry.text for entry in found if entry.kind == "error" and not entry.parent]
    return texts[-1] if texts else None


@settings(max_examples=200, deadline=None)
@given(histories)
def test_it_is_what_a_look_at_the_whole_view_finds(history: list[Payload]) -> None:
    """After each event, packed and unpacked, from what is remembered and from a copy alike."""
    plain, packed = Fold(ReadView("s")), Fold(ReadView("s"), packed=True)
    remembers = Summary()
    for n, payload in enumerate(history, 1):
        event = event_at(n, payload)
        plain.apply(event)
        packed.apply(event)
        view, found = plain.view, summary(plain)
        assert found == remembers.of(packed.view, packed.landmarks, 10_000, QUIET)
        assert found == summary(Fold(packed.view.copy()))
        at_work = view.state in ("running", "waiting")
        doing = plain_doing(view) if at_work else None
        assert (found["doing"] is None) == (doing is None)
        if doing is not None:
            assert found["doing"].name == (doing.name or doing.kind)
            assert found["doing"].since == doing.started_at
        assert found["error"] == plain_error(view)
        assert found["turn_started_at"] == (view.started_at if at_work else None)
        asked = [entry.started_at for entry in view.entries if is_asked(entry)]
        assert [found["waiting_since"]] == (asked if view.state == "waiting" else [None])
        assert found["waiting_for"] == view.waiting_for
        steps = [plan_step(step)[1] for step in view.plan or []]
        plan = PlanCount(steps.count("done"), len(steps)) if steps else None
        assert found["plan"] == plan
        said = [
            entry.text or "" for entry in view.entries if entry.kind == "prose" and not entry.parent
        ]
        line = found["last_line"] or ""
        assert not line or any(is_within(line, text) for text in said)


def is_within(line: str, text: str) -> bool:
    """Whether the characters of `line` stand in `text`, in order."""
    rest = iter(text)
    told = [each for each in line if not each.isspace()]
    return all(category(each) != "Cc" and each in rest for each in told)


def doing_after(*events: Any) -> Doing | None:
    """What the session does after these, as it is kept in a daemon."""
    folding = Fold(after(*events).view, packed=True)
    doing: Doing | None = summary(folding)["doing"]
    return doing


BASH = ToolCallStarted("Bash", {"description": "run", "command": "make\n  all"}, "t1")
READ = ToolCallStarted("Read", {"file_path": "/a/b.py"}, "t2")


@pytest.mark.parametrize(
    ("events", "doing"),
    [
        ([BASH], Doing("Bash", "make all", 1001)),
        ([BASH, READ], Doing("Read", "/a/b.py", 1002)),
        ([BASH, READ, ToolCallCompleted("Read", call_id="t2")], Doing("Bash", "make all", 1001)),
        ([BASH, under("t1", READ)], Doing("Bash", "make all", 1001)),
        ([under("t0", READ)], Doing("Read", "/a/b.py", 1001)),
        ([BASH, ToolCallStarted("Shell", None, "t1"), READ], Doing("Read", "/a/b.py", 1003)),
        ([READ, BASH, ToolCallStarted("Shell", None, "t2")], Doing("Bash", "make all", 1002)),
        ([ToolCallStarted("ls")], Doing("ls", None, 1001)),
        ([ToolCallStarted("ls", {"n": 3, "x": [1]})], Doing("ls", "n=3 x=[1]", 1001)),
        ([CodeBlockStarted("python", "print(1)\n")], Doing("python", "print(1)", 1001)),
        ([BASH, Waiting("ok?")], Doing("Bash", "make all", 1001)),
        ([BASH, Committed()], None),
        ([BASH, Committed(), AssistantProseDelta("on")], None),
        ([BASH, SessionChanged(SessionChangeKind.ENDED)], None),
        ([AssistantProseDelta("x")], None),
    ],
)
def test_what_it_does_is_the_newest_call_with_its_argument(
    events: list[Any], doing: Doing | None
) -> None:
    """The agent's own before a subagent's; nothing that an earlier turn left open."""
    assert doing_after(*events) == doing


def test_a_second_start_gives_the_argument_that_the_first_lacked() -> None:
    """What is remembered of a call is forgotten with its arguments."""
    folding, remembers = after(ToolCallStarted("Bash", None, "t")), Summary()
    fields = remembers.of(folding.view, folding.landmarks, 0, QUIET)
    assert fields["doing"].argument is None
    folding.apply(event_at(2, TurnActivity("", None, ToolCallStarted("", {"cmd": "ls"}, "t"))))
    fields = remembers.of(folding.view, folding.landmarks, 0, QUIET)
    assert fields["doing"] == Doing("Bash", "ls", 1001)


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        ([], None),
        (["one\ntwo"], "two"),
        (["Look.\n\n```\n"], "Look."),
        (["said", "  \n", ""], "said"),
        ([" \n", "---"], None),
        (["a\tb  c"], "a b c"),
        (["\x1b[1;31mred\x1b[0m \x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\\n"], "red link"),
        (["a\x1b]0;title\x07b\x1b[2Jc\u202ed\x1b[3"], "abcd"),
        (["50 %\r60 %"], "60 %"),
        (["It is short. So it is given whole."], "It is short. So it is given whole."),
        (["word " * 20 + "end. Now I run the tests"], "Now I run the tests"),
        (["word " * 60 + "end."], "…" + "word " * 39 + "end."),
        (["x" * 500], "…" + "x" * 199),
        (["See e.g. this " * 10 + "for more"], "See e.g. this " * 10 + "for more"),
    ],
)
def test_the_last_line_is_the_end_of_what_was_said(texts: list[str], line: str | None) -> None:
    """Never a piece from the middle of a word where words have spaces between them."""
    events = [TurnActivity(f"{n}", f"{n}", AssistantProseDelta(t)) for n, t in enumerate(texts)]
    found = summary(after(*events))["last_line"]
    assert found == line
    assert found is None or len(found) <= MAX_LINE


def test_only_the_agents_own_prose_is_what_it_said() -> None:
    """Not what it thinks, what a subagent or a person says, nor what is withdrawn."""
    folding = after(
        TurnActivity("", "a", AssistantProseDelta("mine")),
        ReasoningDelta("hm"),
        under("t", AssistantProseDelta("child")),
        UserMessage("no"),
        TurnActivity("", "b", AssistantProseDelta("gone")),
        ModelAttemptReset(["b"]),
    )
    assert summary(folding)["last_line"] == "mine"


FAILED = SessionChanged(SessionChangeKind.ENDED, SessionOutcome.FAILURE)


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([Error("a"), Error("b")], "b"),
        ([Error("a"), AssistantProseDelta("well")], "a"),
        ([under("t", Error("child's"))], None),
        ([Error("a"), Committed()], "a"),
        ([Error("a"), AssistantProseDelta("well"), Committed()], None),
        ([Error("a"), Committed(), AssistantProseDelta("again")], None),
        ([Error("a"), Committed(), AssistantProseDelta("again"), FAILED], None),
        ([Error("a"), Committed(), FAILED], "a"),
        ([Error("a"), FAILED], "a"),
        ([Error("a"), Committed(), AssistantProseDelta("x"), Committed(), FAILED], None),
        ([Error("x" * 1000)], "x" * (MAX_ERROR - 1) + "…"),
    ],
)
def test_an_error_is_of_the_turn_that_runs_or_of_the_last_if_it_failed(
    events: list[Any], error: str | None
) -> None:
    """What an earlier turn failed of is its own business."""
    assert summary(after(*events))["error"] == error


def test_a_plan_is_counted() -> None:
    """Again when it changes, and not at all when it is taken away."""
    items: list[Any] = [{"content": "a", "status": "completed"}, {"step": "b"}, "c", {"status": []}]
    events: list[AnyTurnEvent] = [RuntimeDiagnostic("plan", {"items": items})]
    assert summary(after(*events))["plan"] == PlanCount(1, 4)
    folding, remembers = Fold(after(*events).view, packed=True), Summary()
    assert remembers.of(folding.view, folding.landmarks, 0, QUIET)["plan"] == PlanCount(1, 4)
    for n, (given_plan, count) in enumerate([(items[:1], PlanCount(1, 1)), ([], None)], 2):
        change = RuntimeDiagnostic("plan", {"items": given_plan})
        folding.apply(event_at(n, TurnActivity("", None, change)))
        assert remembers.of(folding.view, folding.landmarks, 0, QUIET)["plan"] == count


def test_it_says_since_when_a_person_is_asked() -> None:
    """The same question again is the same wait; another is a new one."""
    events: list[AnyTurnEvent] = [Waiting("a?"), Waiting("a?"), Waiting("b?"), Resumed()]
    since = [summary(after(*events[:n]))["waiting_since"] for n in range(1, 5)]
    assert since == [1001, 1001, 1003, None]


def test_a_row_of_a_vast_session_is_made_at_once() -> None:
    """With 16,384 entries, 10,000 calls that run, and the largest arguments and plan."""
    view = ReadView("s", state="running", updated_at=1, started_at=1)
    for n in range(16_383):
        call = n % 2 or n > 12_000
        entry = Entry("tool" if call else "reasoning", f"{n}", n, n, None if call else n)
        entry.state, entry.parent = "running" if call else None, "p" if call else None
        view.entries.append(entry)
    view.entries.append(Entry("tool", "own", 99, 99, args={"command": "ü" * 60_000}))
    view.entries[-1].state = "running"
    view.plan = [{"content": "x" * 50, "status": "done"}] * 1000
    folding, remembers = Fold(view, packed=True), Summary()
    folding.enforce_bounds()
    fields = remembers.of(view, folding.landmarks, 5, QUIET)
    assert fields["doing"] == Doing("tool", "ü" * (MAX_ARGUMENT - 1) + "…", 99)
    begin = time.perf_counter()
    for _ in range(100):
        remembers.of(view, folding.landmarks, 5, QUIET)
    assert (time.perf_counter() - begin) / 100 < 0.002  # some 10 us on a machine that is not busy
    kept: Any = view.plan
    assert type(kept) is msgspec.Raw
