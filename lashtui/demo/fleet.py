"""A fleet of scripted agents as data: N of them, in every state that a person has to tell apart.

`fleet(n, seed)` gives the same agents each time. Each has a past, which is over when the demo
begins, and steps that follow: some agents work on, one asks after a while, one is answered, one
fails, one ends. Pure: times are seconds before and after the demo's start.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    Committed,
    Error,
    ModelRequestStarted,
    ProcessChanged,
    QueueChanged,
    ReasoningDelta,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    SessionProcessEventKind,
    SessionQueueEventKind,
    ToolCallCompleted,
    ToolCallStarted,
    Usage,
    UserMessage,
    Waiting,
)
from lashtui.demo import fleet_data as data
from lashtui.demo.script import Step
from lashtui.text.standing import Standing

SEED: Final = 12

TURNS: Final = 60
"""Turns that a working agent has before it is done: about an hour, so that a demo that somebody
forgets in a window stops growing."""
CHUNK_WORDS: Final = 6
CHUNK_SECONDS: Final = 0.7
"""Between two pieces of prose: slow enough that 200 agents at once cost little, and no reader
follows more than one."""
MINUTE: Final = 60.0
EACH_ROUND: Final = 25.0
"""Seconds by which a change comes later for each time that its role has been given before: in a
large fleet they come one after the other."""

Steps: TypeAlias = Iterator[Step]


@dataclass(frozen=True, slots=True)
class Agent:
    """One scripted agent."""

    session: str
    title: str
    agent: str
    directory: str
    role: str
    standing: Standing
    """Where it stands at the start."""
    age: float
    """Seconds before the start at which its past begins; its steps' waits add up from there."""
    past: tuple[Step, ...]
    steps: Callable[[], Steps]
    """What it does from the start on; a fresh iterator of the same steps each time."""


def fleet(n: int, seed: int = SEED) -> list[Agent]:
    """`n` agents. With 12 or more every standing is there; with fewer, as many as fit."""
    names: dict[str, int] = {}
    agents = []
    for index in range(n):
        repo = data.REPOS[index % len(data.REPOS)]
        lap = index // len(data.REPOS)
        slug, prompt = repo.tasks[lap % len(repo.tasks)]
        name = f"{repo.name}-{slug}"
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            name += f"-{names[name]}"
        role = ROLES[index % len(ROLES)]
        cast = _Cast(
            name=name,
            repo=repo,
            kind=data.KINDS[index * 3 % len(data.KINDS)],
            slug=slug,
            prompt=prompt,
            seed=f"{seed}-{index}",
            delay=EACH_ROUND * (index // len(ROLES)),
            # About one question a minute in the whole fleet, whatever its size.
            asks=min(0.05, 1.0 / n),
        )
        agents.append(_agent(cast, role))
    return agents


def _agent(cast: _Cast, role: _Role) -> Agent:
    past = tuple(role.past(_Voice(cast, "past")))
    length = sum(step.after for step in past)
    rest = random.Random(cast.seed).uniform(*role.silent)
    return Agent(
        session=cast.name,
        title=cast.prompt,
        agent=cast.kind.agent,
        directory=cast.repo.directory,
        role=role.name,
        standing=role.standing,
        age=length + rest,
        past=past,
        steps=lambda: role.steps(_Voice(cast, "next")),
    )


# -- one agent's words -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who an agent is, and what it works on."""

    name: str
    repo: data.Repo
    kind: data.Kind
    slug: str
    prompt: str
    seed: str
    delay: float
    asks: float


class _Voice:
    """Makes one agent's steps. `part` keeps the ids of its past and of what follows apart."""

    def __init__(self, cast: _Cast, part: str) -> None:
        self.cast = cast
        self.kind = cast.kind
        self.random = random.Random(f"{cast.seed}-{part}")
        self._part = part
        self._rows = 0
        # The same for both parts: the context goes on filling where the past left it.
        self._used = random.Random(cast.seed).uniform(0.05, 0.55) * min(cast.kind.context, 200_000)
        if part == "next":
            self._used *= 1.3

    def row(self) -> str:
        """A new entry's id."""
        self._rows += 1
        return f"{self._part}-{self._rows}"

    def wait(self, low: float, high: float) -> float:
        """Some seconds."""
        return self.random.uniform(low, high)

    @property
    def file(self) -> str:
        """A file of the repository."""
        return self.random.choice(self.cast.repo.files)

    def opened(self) -> Step:
        """What model it uses."""
        model = random.Random(self.cast.seed).choice(self.kind.models)
        return Step(0.0, SessionChanged(SessionChangeKind.OPENED, model=model))

    def prompt(self, text: str, after: float = 0.5) -> Steps:
        """A person's words, and the request to the model."""
        yield Step(after, UserMessage(text=text))
        yield Step(0.3, ModelRequestStarted(protocol_iteration=1))

    def think(self) -> Steps:
        """A thought, in one piece."""
        yield Step(self.wait(1.0, 3.0), ReasoningDelta(self.random.choice(data.THOUGHTS)))

    def sentence(self) -> str:
        """Something to say."""
        return self.random.choice(data.SENTENCES).format(file=self.file)

    def say(self, text: str | None = None, after: float = 2.0) -> Steps:
        """Prose in one piece."""
        yield Step(after, AssistantProseDelta((text or self.sentence()) + "\n\n"), self.row())

    def stream(self, sentences: int) -> Steps:
        """Prose as it is written, some words at a time."""
        row = self.row()
        words = " ".join(self.sentence() for _ in range(sentences)).split(" ")
        for start in range(0, len(words), CHUNK_WORDS):
            piece = " ".join(words[start : start + CHUNK_WORDS]) + " "
            yield Step(CHUNK_SECONDS, AssistantProseDelta(piece), row)

    def call(
        self,
        name: str,
        args: dict[str, Any],
        output: str,
        seconds: float,
        *,
        ok: bool = True,
        parent: str | None = None,
    ) -> Steps:
        """A tool that runs for `seconds`."""
        row = self.row()
        yield Step(0.4, ToolCallStarted(name, args, row), row, parent)
        yield self.returned(name, row, output, seconds, ok=ok, parent=parent)

    def returned(
        self,
        name: str,
        row: str,
        output: str,
        seconds: float,
        *,
        ok: bool = True,
        parent: str | None = None,
    ) -> Step:
        """The end of a tool's call."""
        outcome = (
            {"status": "success", "payload": output}
            if ok
            else {"status": "failure", "message": output}
        )
        completed = ToolCallCompleted(
            name=name, call_id=row, output={"outcome": outcome}, duration_ms=seconds * 1000
        )
        return Step(seconds, completed, row, parent)

    def start(self, command: str, after: float = 0.4) -> Step:
        """A command that doesn't return."""
        row = self.row()
        return Step(after, ToolCallStarted(self.kind.shell, {"command": command}, row), row)

    def tool(self, *, slow: float = 1.0, parent: str | None = None) -> Steps:
        """Some tool: a file read, searched or changed, or the tests."""
        kind, repo, file = self.kind, self.cast.repo, self.file
        chance = self.random.random()
        if chance < 0.35:
            seconds = self.wait(0.5, 2.0) * slow
            yield from self.call(kind.read, {kind.path: file}, "…\n" * 12, seconds, parent=parent)
        elif chance < 0.5:
            found = f"{file}:42: retry\n{file}:118: retry"
            seconds = self.wait(0.5, 2.0) * slow
            args = {"pattern": "retry|backoff", "path": "."}
            yield from self.call(kind.search, args, found, seconds, parent=parent)
        elif chance < 0.7:
            old, new = "    return None\n", "    return default\n"
            args = {kind.path: file, "old_string": old, "new_string": new}
            seconds = self.wait(0.3, 1.0) * slow
            yield from self.call(kind.edit, args, "1 replacement", seconds, parent=parent)
        else:
            ok = self.random.random() < 0.7
            output = repo.passed if ok else repo.failed
            seconds = self.wait(4.0, 15.0) * slow
            args = {"command": repo.test}
            yield from self.call(kind.shell, args, output, seconds, ok=ok, parent=parent)

    def plan(self, done: int) -> Step:
        """The plan, with `done` of its steps done."""
        states = ["completed"] * done + ["in_progress"] + ["pending"] * len(data.PLAN)
        items = [
            {"content": text, "status": state}
            for text, state in zip(data.PLAN, states, strict=False)
        ]
        return Step(0.3, RuntimeDiagnostic(kind="plan", data={"items": items}))

    def usage(self, requests: int = 1) -> Step:
        """Tokens and dollars of some requests, and how full the context is."""
        limit, price = self.kind.context, self.kind.price
        self._used = min(self._used + self.wait(500, 4000), 0.98 * limit)
        read, written = int(self._used) * requests, 700 * requests
        # Most of what is read was read before, at a tenth of the price.
        cost = round((read * 0.19 + written * 5) * price / 1e6, 4)
        counters = {"input_tokens": read, "output_tokens": written, "cost_usd": cost}
        return Step(0.1, Usage(counters, context={"used": int(self._used), "size": limit}))

    def fill_context(self) -> None:
        """The context is nearly full."""
        self._used = 0.98 * self.kind.context

    def subagents(self, *, slow: float = 1.0) -> Steps:
        """A task given to a subagent, and its work."""
        row = self.row()
        name = self.kind.task
        args = {"description": "Find all callers", "prompt": "Who calls this, and with what?"}
        yield Step(0.4, ToolCallStarted(name, args, row), row)
        for _ in range(3):
            yield from self.tool(slow=slow, parent=row)
        yield Step(0.1, ChildUsage(usage={"input_tokens": 9000, "output_tokens": 420}, source=name))
        yield self.returned(name, row, "14 callers, 2 of them in tests.", 1.0)

    def process(self, *, begins: bool) -> Step:
        """The development server in the background."""
        if not begins:
            exited = SessionProcessEventKind.EXITED
            return Step(0.3, ProcessChanged(exited, ["server"], {"server": {"exit_code": 0}}))
        label = {"server": {"label": self.cast.repo.server}}
        return Step(0.3, ProcessChanged(SessionProcessEventKind.STARTED, ["server"], label))

    def queue(self) -> Steps:
        """What a person has typed ahead."""
        for index, text in enumerate(data.QUEUED):
            batches: dict[str, dict[str, Any]] = {f"q{index}": {"text": text}}
            kind = SessionQueueEventKind.ENQUEUED
            yield Step(0.3, QueueChanged(kind, [f"q{index}"], batches))

    def ask(self, what: str, after: float) -> Step:
        """A person is needed."""
        return Step(after, Waiting(what=what))

    def long_command(self) -> str:
        """A command that is to be allowed, longer than any line."""
        cast = self.cast
        command = data.LONG_COMMAND.format(
            slug=cast.slug, title=cast.prompt[:48], name=cast.repo.name
        )
        return f"{self.kind.shell}: {command}"

    def commit(self) -> Step:
        """The turn ends."""
        return Step(0.3, Committed())


# -- what agents do --------------------------------------------------------------------------------


def _history(voice: _Voice, tools: int = 4, slow: float = 12.0) -> Steps:
    """A turn that has gone on for some minutes, in few events."""
    yield voice.opened()
    yield from voice.prompt(voice.cast.prompt)
    yield from voice.think()
    for index in range(tools):
        yield from voice.tool(slow=slow)
        if index % 2:
            yield from voice.say(after=4.0)
    yield voice.usage(voice.random.randint(5, 60))


def _turn(voice: _Voice) -> Steps:
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


def _work_on(voice: _Voice) -> Steps:
    """Turn after turn."""
    for done in range(TURNS):
        if done:
            yield from voice.prompt(voice.random.choice(data.PROMPTS), voice.wait(3.0, 12.0))
            yield from voice.think()
        yield voice.plan(min(len(data.PLAN), done % (len(data.PLAN) + 1)))
        yield from _turn(voice)
        yield voice.commit()
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))


def _streams(voice: _Voice) -> Steps:
    yield from voice.stream(6)
    yield from _work_on(voice)


def _past_with_plan(voice: _Voice) -> Steps:
    yield from _history(voice)
    yield voice.plan(3)
    yield from voice.queue()


def _past_with_process(voice: _Voice) -> Steps:
    yield from _history(voice)
    yield voice.process(begins=True)


def _past_with_subagents(voice: _Voice) -> Steps:
    yield from _history(voice, tools=2)
    yield voice.plan(2)
    yield from voice.subagents(slow=6.0)


def _delegates(voice: _Voice) -> Steps:
    yield from voice.subagents()
    yield from _work_on(voice)


def _asks_command(voice: _Voice) -> Steps:
    yield from _history(voice)
    yield voice.plan(4)
    yield voice.ask(voice.long_command(), 3.0)


def _asks_question(voice: _Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield voice.ask(voice.random.choice(data.QUESTIONS), 2.0)


def _asks_about_plan(voice: _Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield voice.plan(0)
    steps = ", ".join(f"{n}. {step.lower()}" for n, step in enumerate(data.PLAN, 1))
    yield voice.ask(f"Approve this plan? {steps}", 2.0)


def _is_answered(voice: _Voice) -> Steps:
    yield Step(30.0 + voice.cast.delay, Resumed())
    yield from voice.stream(2)
    yield from _work_on(voice)


def _will_ask(voice: _Voice) -> Steps:
    yield from _while(voice, 20.0 + voice.cast.delay)
    yield voice.ask(voice.long_command(), 0.5)
    yield Step(400.0, Resumed())
    yield from _work_on(voice)


def _will_fail(voice: _Voice) -> Steps:
    yield from _while(voice, 40.0 + voice.cast.delay)
    yield Step(0.5, Error(data.OVERLOADED))
    yield voice.commit()


def _will_end(voice: _Voice) -> Steps:
    yield from _while(voice, 55.0 + voice.cast.delay)
    yield from voice.say("**Done.** Everything passes; the branch is ready to be looked at.")
    yield voice.commit()
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))


def _while(voice: _Voice, seconds: float) -> Steps:
    """Work for so long."""
    while True:
        for step in (*voice.tool(slow=0.5), *voice.stream(1)):
            seconds -= step.after
            if seconds < 0:
                return
            yield step


def _failed_529(voice: _Voice) -> Steps:
    yield from _history(voice)
    for attempt in range(1, 6):
        yield Step(4.0, RetryStatus(4.0, attempt, 5, "the model is overloaded"))
    yield Step(4.0, Error(data.OVERLOADED))
    yield voice.commit()


def _failed_400(voice: _Voice) -> Steps:
    voice.fill_context()
    yield from _history(voice, tools=5)
    limit = voice.kind.context
    yield Step(1.0, Error(data.TOO_LONG.format(asked=round(limit * 1.02), limit=limit)))
    yield voice.commit()


def _crashed(voice: _Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield Step(1.0, Error(data.CRASHED))
    yield Step(0.2, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.FAILURE, 2))


def _stuck_in_tool(voice: _Voice) -> Steps:
    yield from _history(voice)
    yield voice.plan(2)
    yield voice.start(voice.cast.repo.slow)


def _stuck_subagent(voice: _Voice) -> Steps:
    yield from _history(voice, tools=2)
    row = voice.row()
    args = {"description": "Watch the deployment", "prompt": "Tell me when it is live"}
    yield Step(0.4, ToolCallStarted(voice.kind.task, args, row), row)
    inner = voice.row()
    command = {"command": "kubectl rollout status deploy/api --timeout=0"}
    yield Step(1.0, ToolCallStarted(voice.kind.shell, command, inner), inner, row)


def _stuck_in_retry(voice: _Voice) -> Steps:
    yield from _history(voice)
    yield Step(2.0, RetryStatus(30.0, 2, 5, "rate limited: 20,000 tokens a minute"))


def _silent_model(voice: _Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield Step(0.5, ModelRequestStarted(protocol_iteration=4))


def _idle(voice: _Voice) -> Steps:
    yield from _history(voice, tools=3)
    yield from voice.say("That is the first half. Shall I go on with the callers?")
    yield voice.commit()


def _done(voice: _Voice) -> Steps:
    yield from _history(voice, tools=5)
    yield voice.plan(len(data.PLAN))
    yield from voice.say("**Done.** 3 files changed, all tests pass.")
    yield voice.commit()
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))


def _cancelled(voice: _Voice) -> Steps:
    yield from _history(voice, tools=2)
    yield Step(1.0, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.CANCELLED))


def _nothing(_: _Voice) -> Steps:
    return iter(())


@dataclass(frozen=True, slots=True)
class _Role:
    """What an agent does: its past, how long ago that ended, and what follows."""

    name: str
    standing: Standing
    past: Callable[[_Voice], Steps]
    steps: Callable[[_Voice], Steps] = _nothing
    silent: tuple[float, float] = (0.0, 2.0)
    """Seconds between the end of its past and the start."""


_WORK: Final = _Role("works", "working", _history, _work_on)
_STREAM: Final = _Role("writes", "working", _past_with_plan, _streams)
_SERVER: Final = _Role("has a process", "working", _past_with_process, _work_on)
_TASKS: Final = _Role("has subagents", "working", _past_with_subagents, _delegates)
_IDLE: Final = _Role("idle", "done", _idle, silent=(4 * MINUTE, 50 * MINUTE))
_ENDED: Final = _Role("done", "done", _done, silent=(6 * MINUTE, 200 * MINUTE))

ROLES: Final = (
    _STREAM,
    _Role(
        "asks for a command",
        "needs you",
        _asks_command,
        silent=(2 * MINUTE, 9 * MINUTE),
    ),
    _Role("failed: 529", "failed", _failed_529, silent=(3 * MINUTE, 20 * MINUTE)),
    # Longer than the daemon grants a tool (ten minutes) and a model (two).
    _Role("stuck in a tool", "quiet", _stuck_in_tool, silent=(20 * MINUTE, 70 * MINUTE)),
    _TASKS,
    _ENDED,
    _Role("asks soon", "working", _history, _will_ask),
    _Role("stuck in a retry", "quiet", _stuck_in_retry, silent=(4 * MINUTE, 15 * MINUTE)),
    _IDLE,
    _Role(
        "is answered soon",
        "needs you",
        _asks_question,
        _is_answered,
        (0.5 * MINUTE, 2 * MINUTE),
    ),
    _Role("fails soon", "working", _history, _will_fail),
    _SERVER,
    _Role("ends soon", "working", _history, _will_end),
    _Role("failed: 400", "failed", _failed_400, silent=(1 * MINUTE, 40 * MINUTE)),
    _WORK,
    _STREAM,
    _Role("awaits the model", "quiet", _silent_model, silent=(4 * MINUTE, 9 * MINUTE)),
    _TASKS,
    _ENDED,
    _Role(
        "asks about its plan",
        "needs you",
        _asks_about_plan,
        silent=(8 * MINUTE, 25 * MINUTE),
    ),
    _WORK,
    _STREAM,
    _Role("exited", "failed", _crashed, silent=(5 * MINUTE, 60 * MINUTE)),
    _WORK,
    _IDLE,
    _SERVER,
    _WORK,
    _Role("cancelled", "done", _cancelled, silent=(10 * MINUTE, 90 * MINUTE)),
    _STREAM,
    _Role(
        "its subagent is stuck",
        "quiet",
        _stuck_subagent,
        silent=(15 * MINUTE, 50 * MINUTE),
    ),
)
"""Given to the agents in turn. The first twelve have every standing and every change but an end."""
