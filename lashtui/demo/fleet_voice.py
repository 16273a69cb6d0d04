"""What one agent of the fleet says and does, a step at a time. Pure: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    Committed,
    ModelRequestStarted,
    ProcessChanged,
    QueueChanged,
    ReasoningDelta,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
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

CHUNK_WORDS: Final = 6
CHUNK_SECONDS: Final = 0.7
"""Between two pieces of prose: slow enough that 200 agents at once cost little, and no reader
follows more than one."""

Steps: TypeAlias = Iterator[Step]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who an agent is, and what it works on."""

    name: str
    repo: data.Repo
    kind: data.Kind
    slug: str
    prompt: str
    seed: str
    delay: float
    asks: float


class Voice:
    """Makes one agent's steps. `part` keeps the ids of its past and of what follows apart."""

    def __init__(self, cast: Cast, part: str) -> None:
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
