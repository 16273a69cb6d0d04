"""The demo's session as data: what an agent does in three turns, and how long each step takes.

It exercises everything the app can show: prose with Markdown, reasoning, tools that succeed
and fail, a subagent, a plan, queued work, background processes, a retry whose attempt is
withdrawn, waiting for a person. Nothing in it is real.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    Committed,
    ModelAttemptReset,
    ModelRequestStarted,
    Payload,
    ProcessChanged,
    QueueChanged,
    QueuedWorkStarted,
    ReasoningDelta,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionProcessEventKind,
    SessionQueueEventKind,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    Usage,
    UserMessage,
    Waiting,
)

SESSION = "demo"
TITLE = "Fix the flaky tokenizer test"
AGENT = "demo agent"
MODEL = "demo-large"
CONTEXT = 200_000
"""Tokens that the model's context holds."""
DIRECTORY = "~/src/calc"

CHUNK = 14
"""Characters per delta: about what a model sends at once."""
CHUNK_SECONDS = 0.06
"""Between two deltas: about 230 characters a second, a fast model."""


@dataclass(frozen=True, slots=True)
class Step:
    """Wait `after` seconds, then publish."""

    after: float
    what: Payload | AnyTurnEvent
    correlation_id: str | None = None
    parent: str | None = None


def script() -> Iterator[Step]:
    """The whole session, in order."""
    yield Step(0.0, SessionChanged(SessionChangeKind.OPENED, model=MODEL))
    yield from _first_turn()
    yield from _second_turn()
    yield from _third_turn()


# -- steps -----------------------------------------------------------------------------------------


def _stream(
    kind: type[AssistantProseDelta | ReasoningDelta], row: str, text: str
) -> Iterator[Step]:
    for start in range(0, len(text), CHUNK):
        yield Step(CHUNK_SECONDS, kind(text[start : start + CHUNK]), row)


def _prose(row: str, text: str) -> Iterator[Step]:
    return _stream(AssistantProseDelta, row, text)


def _reasoning(row: str, text: str) -> Iterator[Step]:
    return _stream(ReasoningDelta, row, text)


def _tool(
    row: str,
    name: str,
    args: dict[str, Any],
    output: str,
    *,
    seconds: float,
    ok: bool = True,
    parent: str | None = None,
) -> Iterator[Step]:
    yield Step(0.25, ToolCallStarted(name=name, args=args, call_id=row), row, parent)
    outcome = (
        {"status": "success", "payload": output} if ok else {"status": "failure", "message": output}
    )
    yield Step(
        seconds,
        ToolCallCompleted(
            name=name,
            call_id=row,
            output={"outcome": outcome},
            duration_ms=seconds * 1000,
        ),
        row,
        parent,
    )


def _plan(*items: tuple[str, str]) -> Step:
    rows = [{"content": text, "status": status} for text, status in items]
    return Step(0.2, RuntimeDiagnostic(kind="plan", data={"items": rows}))


def _queue(kind: SessionQueueEventKind, batch_id: str, text: str = "") -> Step:
    batches = {batch_id: {"text": text, "delivery": "after this turn"}} if text else {}
    return Step(0.4, QueueChanged(kind, [batch_id], batches))


def _process(kind: SessionProcessEventKind, process_id: str, **details: Any) -> Step:
    return Step(0.3, ProcessChanged(kind, [process_id], {process_id: details} if details else {}))


def _usage(read: int, written: int) -> Step:
    counters = {"input_tokens": read, "output_tokens": written}
    context = {"used": read + written, "size": CONTEXT}
    return Step(0.1, Usage(counters, context=context))


# -- the turns -------------------------------------------------------------------------------------

_ENQUEUED = SessionQueueEventKind.ENQUEUED
_DELIVERED = SessionQueueEventKind.DELIVERED
_STARTED = SessionProcessEventKind.STARTED
_EXITED = SessionProcessEventKind.EXITED


def _first_turn() -> Iterator[Step]:
    yield Step(
        0.3, UserMessage(text="test_tokens fails about once in ten runs. Find out why and fix it.")
    )
    yield Step(0.3, ModelRequestStarted(protocol_iteration=1))
    yield from _reasoning(
        "think-1",
        "A test that fails one time in ten smells of order or time. I should run it often before I "
        "read anything, then look at what the tokenizer shares between runs.",
    )
    yield _plan(
        ("Reproduce the failure", "in_progress"),
        ("Find what is shared between runs", "pending"),
        ("Fix it", "pending"),
        ("Run the suite a hundred times", "pending"),
    )
    yield from _tool(
        "call-1",
        "bash",
        {"command": "pytest tests/test_tokens.py --count 20 -q"},
        "...F.......F........\n"
        "FAILED tests/test_tokens.py::test_keywords - AssertionError: 'let' is an identifier\n"
        "2 failed, 18 passed in 1.92s",
        seconds=1.9,
        ok=False,
    )
    yield _process(_STARTED, "watch", label="pytest-watch tests/")
    yield from _prose(
        "prose-1",
        "It fails **2 times in 20**, always in `test_keywords`, and always in the same way: a "
        "keyword comes out as an identifier. Let me see how the table of keywords is made.\n",
    )
    yield from _tool(
        "call-2",
        "read_file",
        {"path": "calc/tokens.py", "lines": "1-40"},
        "KEYWORDS: set[str] = set()\n\n\ndef tokens(text: str) -> Iterator[Token]:\n"
        "    if not KEYWORDS:\n        threading.Thread(target=_load_keywords).start()\n    ...",
        seconds=0.4,
    )
    yield _queue(_ENQUEUED, "q-1", "Then add a line to the changelog, please.")
    yield from _tool(
        "call-3",
        "grep",
        {"pattern": "KEYWORDS", "path": "calc/"},
        "calc/tokens.py:3:KEYWORDS: set[str] = set()\ncalc/tokens.py:7:    if not KEYWORDS:\n"
        "calc/tokens.py:21:    KEYWORDS.update(_read_table())",
        seconds=0.3,
    )
    yield _plan(
        ("Reproduce the failure", "completed"),
        ("Find what is shared between runs", "completed"),
        ("Fix it", "in_progress"),
        ("Run the suite a hundred times", "pending"),
    )
    yield Step(0.2, ModelRequestStarted(protocol_iteration=2))
    # This attempt breaks off; the reset that follows withdraws it.
    yield from _prose(
        "prose-2", "The keywords are loaded in a thread that nobody waits for, so the f"
    )
    yield Step(
        0.5,
        RetryStatus(wait_seconds=2.0, attempt=1, max_attempts=5, reason="the model is overloaded"),
    )
    yield Step(2.0, ModelAttemptReset(correlation_ids=["prose-2"]))
    yield from _prose(
        "prose-3",
        "Found it. `tokens()` starts a thread that loads the keywords, and **doesn't wait** for "
        "it. Whoever asks first may see an empty table:\n\n"
        "| caller | table | `let` is |\n"
        "|---|---|---|\n"
        "| first, thread still loading | empty | an identifier |\n"
        "| first, thread was quick | full | a keyword |\n"
        "| any later one | full | a keyword |\n\n"
        "The table is a constant, so the fix is to have no thread at all:\n\n"
        "```python\n"
        "@cache\n"
        "def keywords() -> frozenset[str]:\n"
        '    """The reserved words, read once."""\n'
        "    return frozenset(_read_table())\n"
        "```\n",
    )
    yield _queue(_ENQUEUED, "q-2", "And rename Token.kind to Token.type")
    yield from _tool(
        "call-4",
        "edit_file",
        {
            "path": "calc/tokens.py",
            "old": "    if not KEYWORDS:\n"
            "        threading.Thread(target=_load_keywords).start()\n",
            "new": "    words = keywords()\n",
        },
        "--- calc/tokens.py\n+++ calc/tokens.py\n@@ -5,2 +5,1 @@\n-    if not KEYWORDS:\n"
        "-        threading.Thread(target=_load_keywords).start()\n+    words = keywords()",
        seconds=0.2,
    )
    yield _process(_STARTED, "suite", label="pytest --count 100 -q")
    yield _process(_STARTED, "mypy", label="mypy calc/")
    yield _process(_EXITED, "watch", exit_code=0)
    yield from _prose("prose-4", "The whole suite now runs a hundred times in the background.\n")
    yield _process(_EXITED, "mypy", exit_code=1)
    yield _usage(18_450, 1_120)
    yield Step(0.3, Committed())


def _second_turn() -> Iterator[Step]:
    yield _queue(_DELIVERED, "q-1")
    yield Step(0.1, QueuedWorkStarted(batch_ids=["q-1"]))
    yield Step(0.1, UserMessage(text="Then add a line to the changelog, please."))
    yield Step(0.3, ModelRequestStarted(protocol_iteration=1))
    yield from _reasoning(
        "think-2", "mypy found something too. A subagent can look at that meanwhile."
    )
    yield Step(
        0.2,
        ToolCallStarted(name="task", args={"prompt": "Why does mypy fail?"}, call_id="call-5"),
        "call-5",
    )
    yield from _tool(
        "call-6",
        "bash",
        {"command": "mypy calc/"},
        'calc/tokens.py:21: error: "frozenset[str]" has no attribute "update"',
        seconds=1.1,
        ok=False,
        parent="call-5",
    )
    yield from _tool(
        "call-7",
        "edit_file",
        {"path": "calc/tokens.py"},
        "removed _load_keywords()",
        seconds=0.3,
        parent="call-5",
    )
    yield Step(0.1, ChildUsage(usage={"input_tokens": 6_200, "output_tokens": 310}, source="task"))
    yield Step(
        0.4,
        ToolCallCompleted(
            name="task",
            call_id="call-5",
            output={
                "outcome": {
                    "status": "success",
                    "payload": "_load_keywords() was left over; it is gone and mypy is content.",
                }
            },
            duration_ms=2900,
        ),
        "call-5",
    )
    yield from _tool(
        "call-8",
        "edit_file",
        {"path": "CHANGELOG.md"},
        "Added: Keywords are never taken for identifiers any more.",
        seconds=0.2,
    )
    yield _process(_EXITED, "suite", exit_code=0)
    yield _queue(SessionQueueEventKind.CANCELLED, "q-2")
    yield _plan(
        ("Reproduce the failure", "completed"),
        ("Find what is shared between runs", "completed"),
        ("Fix it", "completed"),
        ("Run the suite a hundred times", "completed"),
        ("Push the branch", "in_progress"),
    )
    yield from _prose(
        "prose-5",
        "A hundred runs of the suite, **no failure**. Left to do:\n\n"
        "1. push the branch `fix-keywords`\n"
        "2. open the pull request\n"
        "   - with the table above, so that the *why* stays findable\n"
        "   - and a link to the issue\n",
    )
    yield Step(0.3, Waiting(what="approve: git push origin fix-keywords"))
    yield Step(5.0, Resumed())
    yield from _tool(
        "call-9",
        "bash",
        {"command": "git push origin fix-keywords"},
        "To github.com:example/calc\n * [new branch]      fix-keywords -> fix-keywords",
        seconds=1.4,
    )
    yield _plan(
        ("Reproduce the failure", "completed"),
        ("Find what is shared between runs", "completed"),
        ("Fix it", "completed"),
        ("Run the suite a hundred times", "completed"),
        ("Push the branch", "completed"),
    )
    yield _usage(24_900, 860)
    yield Step(0.3, Committed())


def _third_turn() -> Iterator[Step]:
    yield Step(1.0, UserMessage(text="Does it start faster now, too?"))
    yield Step(0.3, ModelRequestStarted(protocol_iteration=1))
    yield _process(_STARTED, "profiler", label="py-spy record -- calc --version")
    yield from _tool(
        "call-10",
        "bash",
        {"command": "hyperfine 'calc --version'"},
        "Time (mean ± σ):   31.2 ms ±  0.8 ms    [was 33.9 ms ±  4.1 ms]",
        seconds=1.8,
    )
    yield _process(SessionProcessEventKind.CANCELLED, "profiler")
    yield from _prose(
        "prose-6",
        "A little: **31 ms** instead of 34, and the spread is gone with the thread "
        "(`± 0.8` instead of `± 4.1`). I stopped the profiler, there is nothing left to find.\n",
    )
    yield Step(0.2, SubmittedValue(value={"fixed": True, "tests": "100 × 412 passed"}))
    yield _usage(26_300, 240)
    yield Step(0.3, Committed())
