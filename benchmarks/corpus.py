"""The transcript that is measured: 10,000 entries, 1 MB, the same ones each time.

60 % Markdown prose (paragraphs, lists, code, headings), 30 % tool calls of a line, 10 % messages
of the user; about 100 characters each.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from lashd.events import (
    AssistantProseDelta,
    Payload,
    ProcessChanged,
    QueueChanged,
    SessionProcessEventKind,
    SessionQueueEventKind,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
)
from lashd.view import Entry, ReadView

END_MARK = "ENDMARK"
"""The word that the last entry ends with: when it is on the screen, the snapshot is."""
DELTA = 24
"""Characters of a delta: what models stream."""
MESSAGE = 2000
"""Characters after which a streamed message ends and the next begins."""

_TEXT = (
    "the agent reads a file and then edits the parser so that each token keeps its source range"
    " while tests run in the background and the queue drains slowly because worker two holds a"
    " lock on the store we should check whether the cache is stale before we write the next"
    " frame to the socket"
)
WORDS = _TEXT.split()


def sentence(r: random.Random, count: int) -> str:
    """A sentence of `count` words, some of them marked up."""
    words = [r.choice(WORDS) for _ in range(count)]
    if count > 5 and r.random() < 0.35:
        at = r.randrange(count)
        words[at] = f"`{words[at]}()`"
    if count > 5 and r.random() < 0.25:
        at = r.randrange(count)
        words[at] = f"**{words[at]}**"
    return " ".join(words).capitalize() + "."


def prose(r: random.Random) -> str:
    """One message in Markdown."""
    kind = r.random()
    if kind < 0.70:
        return sentence(r, r.randint(12, 36))
    if kind < 0.85:
        items = (f"- {sentence(r, r.randint(4, 7))}" for _ in range(r.randint(2, 4)))
        return sentence(r, 8) + "\n\n" + "\n".join(items)
    if kind < 0.95:
        code = f"def f(x: int) -> int:\n    return x + {r.randint(1, 99)}"
        return sentence(r, 6) + f"\n\n```python\n{code}\n```\n"
    return f"## {sentence(r, 3)}\n\n{sentence(r, 14)}\n\n{sentence(r, 20)}"


def activities(count: int, seed: int = 1) -> Iterator[TurnActivity]:
    """The events that make `count` entries."""
    r = random.Random(seed)
    for n in range(count - 1):
        key, kind = f"m{n}", r.random()
        if kind < 0.10:
            yield TurnActivity(key, key, UserMessage(sentence(r, r.randint(6, 14))))
        elif kind < 0.40:
            command = f"pytest -q tests/test_{r.choice(WORDS)}.py"
            yield TurnActivity(key, key, ToolCallStarted("bash", {"command": command}))
            ended = ToolCallCompleted("bash", output="ok", duration_ms=float(r.randint(1, 900)))
            yield TurnActivity(f"{key}e", key, ended)
        else:
            yield TurnActivity(key, key, AssistantProseDelta(prose(r)))
    yield TurnActivity("last", "last", AssistantProseDelta(f"That was all: {END_MARK}"))


def entries(count: int, seed: int = 1) -> list[Entry]:
    """The same as rows of a view."""
    rows: list[Entry] = []
    for activity in activities(count, seed):
        event, n = activity.event, len(rows) + 1
        if isinstance(event, UserMessage):
            rows.append(Entry("user", activity.id, n, 1, 1, True, text=event.text))
        elif isinstance(event, AssistantProseDelta):
            rows.append(Entry("prose", activity.id, n, 1, 1, True, text=event.text))
        elif isinstance(event, ToolCallStarted):
            row = Entry("tool", activity.id, n, 1, 1, True, name=event.name, args=event.args)
            row.state, row.output, row.duration_ms = "success", "ok", 5.0
            rows.append(row)
    return rows


def view(count: int, seed: int = 1) -> ReadView:
    """A view of `count` entries."""
    return ReadView("bench", entries=entries(count, seed))


def deltas(count: int, seed: int = 7) -> Iterator[tuple[str, str]]:
    """(message id, text) of `count` deltas."""
    r = random.Random(seed)
    message, text, at = 0, "", 0
    for _ in range(count):
        while at + DELTA > len(text):
            if at >= MESSAGE:
                message, text, at = message + 1, "", 0
            text += prose(r) + "\n\n"
        yield f"live{message}", text[at : at + DELTA]
        at += DELTA


def mixed(count: int) -> Iterator[Payload]:
    """Events as a busy agent with tools makes them: four of five are deltas."""
    for n, (key, text) in enumerate(deltas(count)):
        step = n % 10
        call = f"call{n - step}"
        if step == 3:
            args = {"command": "make check"}
            yield TurnActivity(call, call, ToolCallStarted("bash", args))
        elif step == 8:
            done = ToolCallCompleted("bash", output="ok", duration_ms=4.0)
            yield TurnActivity(f"{call}e", call, done)
        elif n % 100 == 0:
            batch = {f"b{n}": {"text": "one more thing"}}
            yield QueueChanged(SessionQueueEventKind.ENQUEUED, [f"b{n}"], batch)
        elif n % 100 == 50:
            yield QueueChanged(SessionQueueEventKind.DELIVERED, [f"b{n - 50}"])
        elif n % 100 == 20:
            process = {"p": {"label": "server"}}
            yield ProcessChanged(SessionProcessEventKind.STARTED, ["p"], process)
        else:
            yield TurnActivity(f"d{n}", key, AssistantProseDelta(text))
