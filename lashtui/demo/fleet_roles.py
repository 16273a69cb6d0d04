"""What the fleet's agents do: the past and the future of each role. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lashd.events import (
    Error,
    ModelRequestStarted,
    Resumed,
    RetryStatus,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    ToolCallStarted,
)
from lashtui.demo import fleet_data as data
from lashtui.demo.fleet_voice import Steps, Voice
from lashtui.demo.script import Step
from lashtui.text.standing import Standing

TURNS: Final = 60
"""Turns that a working agent has before it is done: about an hour, so that a demo that somebody
forgets in a window stops growing."""
MINUTE: Final = 60.0


def _history(voice: Voice, tools: int = 4, slow: float = 12.0) -> Steps:
    """A turn that has gone on for some minutes, in few events."""
    yield voice.opened()
    yield from voice.prompt(voice.cast.prompt)
    yield from voice.think()
    for index in range(tools):
        yield from voice.tool(slow=slow)
        if index % 2:
            yield from voice.say(after=4.0)
    yield voice.usage(voice.random.randint(5, 60))


def _turn(voice: Voice) -> Steps:
    """The rest of a turn."""
    for _ in range(voice.random.randint(2, 4)):
        yield from voice.tool()
        yield from voice.stream(voice.random.randint(1, 3))
        yield voice.usage()
    if voice.random.random() < voice.cast.asks:
        what = voice.random.choice(data.APPROVALS)
        yield voice.ask(f"{voice.kind.shell}: {what}", 1.0)
        yield Step(voice.wait(40.0, 90.0), Resumed())
        yield from voice.call(voice.kind.shell, {"command": what}, "done", 3.0)
    if voice.random.random() < 0.05:
        yield Step(1.0, RetryStatus(8.0, 1, 5, "the model is overloaded"))
        yield Step(8.0, ModelRequestStarted(protocol_iteration=2))
    yield from voice.stream(2)


def _work_on(voice: Voice) -> Steps:
    """Turn after turn."""
    for done in range(TURNS):
        if done:
            yield from voice.prompt(voice.random.choice(data.PROMPTS), voice.wait(3.0, 12.0))
            yield from voice.think()
        yield voice.plan(min(len(data.PLAN), done % (len(data.PLAN) + 1)))
        yield from _turn(voice)
        yield voice.commit()
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))


def _streams(voice: Voice) -> Steps:
    yield from voice.stream(6)
    yield from _work_on(voice)


def _past_with_plan(voice: Voice) -> Steps:
    yield from _history(voice)
    yield voice.plan(3)
    yield from voice.queue()


def _past_with_process(voice: Voice) -> Steps:
    yield from _history(voice)
    yield voice.process(begins=True)


def _past_with_subagents(voice: Voice) -> Steps:
    yield from _history(voice, tools=2)
    yield voice.plan(2)
    yield from voice.subagents(slow=6.0)


def _delegates(voice: Voice) -> Steps:
    yield from voice.subagents()
    yield from _work_on(voice)


def _asks_command(voice: Voice) -> Steps:
    yield from _history(voice)
    yield voice.plan(4)
    yield voice.ask(voice.long_command(), 3.0)


def _asks_question(voice: Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield voice.ask(voice.random.choice(data.QUESTIONS), 2.0)


def _asks_about_plan(voice: Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield voice.plan(0)
    steps = ", ".join(f"{n}. {step.lower()}" for n, step in enumerate(data.PLAN, 1))
    yield voice.ask(f"Approve this plan? {steps}", 2.0)


def _is_answered(voice: Voice) -> Steps:
    yield Step(30.0 + voice.cast.delay, Resumed())
    yield from voice.stream(2)
    yield from _work_on(voice)


def _will_ask(voice: Voice) -> Steps:
    yield from _while(voice, 20.0 + voice.cast.delay)
    yield voice.ask(voice.long_command(), 0.5)
    yield Step(400.0, Resumed())
    yield from _work_on(voice)


def _will_fail(voice: Voice) -> Steps:
    yield from _while(voice, 40.0 + voice.cast.delay)
    yield Step(0.5, Error(data.OVERLOADED))
    yield voice.commit()


def _will_end(voice: Voice) -> Steps:
    yield from _while(voice, 55.0 + voice.cast.delay)
    yield from voice.say("**Done.** Everything passes; the branch is ready to be looked at.")
    yield voice.commit()
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))


def _while(voice: Voice, seconds: float) -> Steps:
    """Work for so long."""
    while True:
        for step in (*voice.tool(slow=0.5), *voice.stream(1)):
            seconds -= step.after
            if seconds < 0:
                return
            yield step


def _failed_529(voice: Voice) -> Steps:
    yield from _history(voice)
    for attempt in range(1, 6):
        yield Step(4.0, RetryStatus(4.0, attempt, 5, "the model is overloaded"))
    yield Step(4.0, Error(data.OVERLOADED))
    yield voice.commit()


def _failed_400(voice: Voice) -> Steps:
    voice.fill_context()
    yield from _history(voice, tools=5)
    limit = voice.kind.context
    yield Step(1.0, Error(data.TOO_LONG.format(asked=round(limit * 1.02), limit=limit)))
    yield voice.commit()


def _crashed(voice: Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield Step(1.0, Error(data.CRASHED))
    yield Step(0.2, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.FAILURE, 2))


def _stuck_in_tool(voice: Voice) -> Steps:
    yield from _history(voice)
    yield voice.plan(2)
    yield voice.start(voice.cast.repo.slow)


def _stuck_subagent(voice: Voice) -> Steps:
    yield from _history(voice, tools=2)
    row = voice.row()
    args = {"description": "Watch the deployment", "prompt": "Tell me when it is live"}
    yield Step(0.4, ToolCallStarted(voice.kind.task, args, row), row)
    inner = voice.row()
    command = {"command": "kubectl rollout status deploy/api --timeout=0"}
    yield Step(1.0, ToolCallStarted(voice.kind.shell, command, inner), inner, row)


def _stuck_in_retry(voice: Voice) -> Steps:
    yield from _history(voice)
    yield Step(2.0, RetryStatus(30.0, 2, 5, "rate limited: 20,000 tokens a minute"))


def _silent_model(voice: Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield Step(0.5, ModelRequestStarted(protocol_iteration=4))


def _idle(voice: Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield from voice.say("That is the first half. Shall I go on with the callers?")
    yield voice.commit()


def _done(voice: Voice) -> Steps:
    yield from _history(voice, tools=5)
    yield voice.plan(len(data.PLAN))
    yield from voice.say("**Done.** 3 files changed, all tests pass.")
    yield voice.commit()
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))


def _cancelled(voice: Voice) -> Steps:
    yield from _history(voice, tools=2)
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.CANCELLED))


def _nothing(_: Voice) -> Steps:
    return iter(())


@dataclass(frozen=True, slots=True)
class Role:
    """What an agent does: its past, how long ago that ended, and what follows."""

    name: str
    standing: Standing
    past: Callable[[Voice], Steps]
    steps: Callable[[Voice], Steps] = _nothing
    silent: tuple[float, float] = (0.0, 2.0)
    """Seconds between the end of its past and the start."""


_WORK: Final = Role("works", "working", _history, _work_on)
_STREAM: Final = Role("writes", "working", _past_with_plan, _streams)
_SERVER: Final = Role("has a process", "working", _past_with_process, _work_on)
_TASKS: Final = Role("has subagents", "working", _past_with_subagents, _delegates)
_IDLE: Final = Role("idle", "done", _idle, silent=(4 * MINUTE, 50 * MINUTE))
_ENDED: Final = Role("done", "done", _done, silent=(6 * MINUTE, 200 * MINUTE))

ROLES: Final = (
    _STREAM,
    Role(
        "asks for a command",
        "needs you",
        _asks_command,
        silent=(2 * MINUTE, 9 * MINUTE),
    ),
    Role("failed: 529", "failed", _failed_529, silent=(3 * MINUTE, 20 * MINUTE)),
    # Longer than the daemon grants a tool (ten minutes) and a model (two).
    Role("stuck in a tool", "quiet", _stuck_in_tool, silent=(20 * MINUTE, 70 * MINUTE)),
    _TASKS,
    _ENDED,
    Role("asks soon", "working", _history, _will_ask),
    Role("stuck in a retry", "quiet", _stuck_in_retry, silent=(4 * MINUTE, 15 * MINUTE)),
    _IDLE,
    Role(
        "is answered soon",
        "needs you",
        _asks_question,
        _is_answered,
        (0.5 * MINUTE, 2 * MINUTE),
    ),
    Role("fails soon", "working", _history, _will_fail),
    _SERVER,
    Role("ends soon", "working", _history, _will_end),
    Role("failed: 400", "failed", _failed_400, silent=(1 * MINUTE, 40 * MINUTE)),
    _WORK,
    _STREAM,
    Role("awaits the model", "quiet", _silent_model, silent=(4 * MINUTE, 9 * MINUTE)),
    _TASKS,
    _ENDED,
    Role(
        "asks about its plan",
        "needs you",
        _asks_about_plan,
        silent=(8 * MINUTE, 25 * MINUTE),
    ),
    _WORK,
    _STREAM,
    Role("exited", "failed", _crashed, silent=(5 * MINUTE, 60 * MINUTE)),
    _WORK,
    _IDLE,
    _SERVER,
    _WORK,
    Role("cancelled", "done", _cancelled, silent=(10 * MINUTE, 90 * MINUTE)),
    _STREAM,
    Role(
        "its subagent is stuck",
        "quiet",
        _stuck_subagent,
        silent=(15 * MINUTE, 50 * MINUTE),
    ),
)
"""Given to the agents in turn. The first twelve have every standing and every change but an end."""
