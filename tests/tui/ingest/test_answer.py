"""What each agent prints on a pipe: its own bytes, on its own descriptors.

The expectations are what the agents printed, each run with and without the options for events.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import pytest

from lashtui.ingest.answer import ANSWERS, ERR, OUT
from lashtui.ingest.opencode.answer import OpencodeAnswer
from tests.tui.producers.goldens import Case, cases, name_of

Record: TypeAlias = dict[str, Any]


def printed(agent: str, *records: Record) -> dict[int, str]:
    """What comes on stdout and stderr."""
    answer = OpencodeAnswer() if agent == "opencode" else ANSWERS[agent]()
    prints = [each for record in records for each in answer.read(record)] + answer.finish()
    return {target: "".join(text for to, text in prints if to == target) for target in (OUT, ERR)}


def claude(text: str | None, subtype: str = "success", **more: Any) -> Record:
    """A result."""
    return {"type": "result", "subtype": subtype, "result": text, **more}


def codex(text: str) -> Record:
    """A message."""
    return {"type": "item.completed", "item": {"type": "agent_message", "text": text}}


def gemini(text: str) -> Record:
    """A delta."""
    return {"type": "message", "role": "assistant", "content": text, "delta": True}


def opencode(text: str) -> Record:
    """A text."""
    return {"type": "text", "part": {"type": "text", "text": text}}


def pi(text: str, reason: str = "stop", **more: Any) -> Record:
    """An answer."""
    content = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": text}]
    message = {"role": "assistant", "content": content, "stopReason": reason, **more}
    return {"type": "message_end", "message": message}


def vibe(text: str, outcome: str = "committed") -> Record:
    """A message."""
    content = [{"type": "text", "text": text}]
    kind = {"type": "message", "role": "assistant", "content": content}
    return {**kind, "outcome": {"type": outcome}}


SETTLED = {"type": "agent_settled"}
DONE = {"type": "turn.completed"}
SUCCESS = {"type": "result", "status": "success"}
CASES: list[tuple[str, list[Record], str, str]] = [
    ("claude", [claude("A")], "A\n", ""),
    ("claude", [claude("A"), claude("A"), claude("B\n")], "A\n\nA\n\nB\n", ""),
    ("claude", [claude("API Error: 400 no", is_error=True)], "API Error: 400 no\n", ""),
    ("claude", [claude(None, "error_during_execution")], "Execution error", ""),
    ("claude", [claude("A"), claude(None, "error_during_execution")], "A\n\nExecution error", ""),
    (
        "claude",
        [claude(None, "error_max_turns", errors=["Reached maximum number of turns (3)"])],
        "Error: Reached max turns (3)",
        "",
    ),
    ("claude", [claude(None, "error_max_turns")], "Error: Reached max turns ()", ""),
    ("claude", [{"type": "assistant", "message": {}}], "", ""),
    ("codex", [codex("one"), codex("two"), DONE], "two\n", ""),
    ("codex", [codex("one")], "", ""),
    ("codex", [DONE], "", ""),
    (
        "codex",
        [
            {"type": "error", "message": "bad"},
            {"type": "turn.failed", "error": {"message": "bad"}},
        ],
        "",
        "ERROR: bad\nERROR: bad\n",
    ),
    ("gemini", [gemini("a"), gemini("b"), SUCCESS], "ab\n", ""),
    ("gemini", [gemini("a\n"), SUCCESS], "a\n", ""),
    ("gemini", [gemini("a"), {"type": "tool_use"}, gemini("b"), SUCCESS], "a\nb\n", ""),
    ("gemini", [gemini("a\n"), gemini("stopped in a li")], "a\nstopped in a li", ""),
    ("gemini", [{"type": "message", "role": "user", "content": "hi"}], "", ""),
    (
        "gemini",
        [gemini("a"), {"type": "result", "status": "error", "error": {"message": "bad"}}],
        "a\n",
        "bad\n",
    ),
    ("opencode", [opencode(" a\n"), opencode("\n"), opencode("b")], "a\nb\n", ""),
    (
        "opencode",
        [{"type": "error", "error": {"name": "APIError", "data": {"message": "bad"}}}],
        "",
        "\x1b[91m\x1b[1mError: \x1b[0mbad\n",
    ),
    ("pi", [pi("one"), pi("two"), SETTLED], "two\n", ""),
    ("pi", [pi("one"), SETTLED, {"type": "agent_start"}, pi("two")], "", ""),
    ("pi", [pi("half", "error", errorMessage="bad"), SETTLED], "", "bad\n"),
    ("pi", [pi("half", "aborted"), SETTLED], "", "Request aborted\n"),
    (
        "pi",
        [pi("half", "length"), SETTLED],
        "half\n",
        "Response was truncated: the model reached its output token limit.\n",
    ),
    ("pi", [{"type": "message_end", "message": {"role": "toolResult"}}, SETTLED], "", ""),
    ("vibe", [vibe("one"), vibe("two")], "two\n", ""),
    ("vibe", [vibe("one"), {"type": "effect"}], "", ""),
    ("vibe", [vibe("half", "discarded")], "", ""),
    ("qwen", [{"type": "result", "is_error": False, "result": "A"}], "A\n", ""),
    ("qwen", [{"type": "result", "is_error": True, "error": {"message": "bad"}}], "", "bad\n"),
]


@pytest.mark.parametrize(("agent", "records", "out", "err"), CASES)
def test_what_is_printed(agent: str, records: list[Record], out: str, err: str) -> None:
    """Answers, separators, errors."""
    assert printed(agent, *records) == {OUT: out, ERR: err}


NAMES = {"codex_exec": "codex"}


@pytest.mark.parametrize(
    "case", cases("claude", "codex_exec", "gemini", "opencode", "pi", "qwen", "vibe"), ids=name_of
)
def test_recordings(case: Case) -> None:
    """No recording breaks it, and what it prints is no JSON."""
    records = []
    for line in case.data.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    shown = printed(NAMES.get(case.agent, case.agent), *records)
    assert not shown[OUT].startswith("{")


@pytest.mark.parametrize("agent", [*ANSWERS, "opencode"])
@pytest.mark.parametrize("damage", [None, 3, [], "x", {}, {"message": 5, "text": [], "data": 1}])
def test_damaged_records(agent: str, damage: Any) -> None:
    """Whatever a field holds, nothing fails."""
    kinds = ("result", "item.completed", "turn.failed", "error", "message", "text", damage)
    keys = ("subtype", "result", "errors", "error", "item", "part", "message", "content", "status")
    printed(agent, *({"type": kind, **dict.fromkeys(keys, damage)} for kind in kinds))
