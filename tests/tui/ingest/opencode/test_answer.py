"""What opencode prints of its progress: its own bytes, without the options for events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashtui.ingest.answer import ERR, OUT
from lashtui.ingest.opencode.answer import OpencodeAnswer

N = "\x1b[0m"
DIM = "\x1b[90m"


def call(name: str, given: Any = None, output: str = "", **state: Any) -> dict[str, Any]:
    """A call that has ended."""
    state = {"status": "completed", "input": given or {}, "output": output, **state}
    return {"type": "tool_use", "sessionID": "s", "part": {"tool": name, "state": state}}


def stderr_of(answer: OpencodeAnswer, *records: dict[str, Any]) -> str:
    """What comes there."""
    prints = [each for record in records for each in answer.read(record)]
    return "".join(text for to, text in prints if to == ERR)


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (call("read", {"filePath": "/p/a.py"}), f"{N}→ {N}Read a.py"),
        (
            call("read", {"filePath": "/q/a.py", "limit": 5, "x": True, "o": {}}),
            f"{N}→ {N}Read /q/a.py{DIM} [limit=5, x=true]{N}",
        ),
        (call("glob", {"pattern": "*"}), f'{N}✱ {N}Glob "*"'),
        (
            call("glob", {"pattern": "*", "path": "/p"}, metadata={"count": 1}),
            f'{N}✱ {N}Glob "*"{DIM} in . · 1 match{N}',
        ),
        (
            call("grep", {"pattern": "x"}, metadata={"matches": 2}),
            f'{N}✱ {N}Grep "x"{DIM} 2 matches{N}',
        ),
        (call("list", {"path": "src"}), f"{N}→ {N}List src"),
        (call("list"), f"{N}→ {N}List"),
        (call("webfetch", {"url": "http://x"}), f"{N}% {N}WebFetch http://x"),
        (
            call("websearch", {"query": "x"}, metadata={"provider": "exa"}),
            f'{N}◈ {N}Exa Web Search "x"',
        ),
        (call("apply_patch", metadata={"files": [1]}), f"{N}% {N}Patch 1 file"),
        (call("question", {"questions": [1, 2]}), f"{N}→ {N}Asked 2 questions"),
        (call("skill", {"name": "x"}), f'{N}→ {N}Skill "x"'),
        (call("mine", {"a": "é", "b": [1]}), f'{N}⚙ {N}mine {{"a":"é","b":[1]}}'),
        (call("mine", {"a": 1}, title="A title"), f"{N}⚙ {N}mine A title"),
        (call("mine"), f"{N}⚙ {N}mine Unknown"),
        (call("glob", {"pattern": "*", "path": 5}), f"{N}⚙ {N}glob"),
        (
            call("task", {"description": "Look", "subagent_type": "general"}),
            f"{N}• {N}Look{DIM} General Agent{N}\n{N}✓ {N}Look{DIM} General Agent{N}",
        ),
        (
            call("read", {"filePath": "a"}, status="error", error="Error: no such file"),
            f"{N}✗ {N}Read a failed\n\x1b[91m\x1b[1mError: {N}no such file",
        ),
    ],
)
def test_a_line_for_each_call(record: dict[str, Any], line: str) -> None:
    """By the tool's own rule; paths as they are called from the directory."""
    assert stderr_of(OpencodeAnswer("/p"), record) == f"{line}\n"


def test_blocks_and_the_line_between_two() -> None:
    """An empty line before and after; never two."""
    todos = [{"content": "A", "status": "completed"}, {"content": "B", "status": "in_progress"}, {}]
    shown = stderr_of(
        OpencodeAnswer("/p", lambda session: ("build", f"model-of-{session}")),
        call("bash", {"command": "ls"}, "\na\nb\n"),
        call("bash", {"command": "true"}, "\n"),
        call("edit", {"filePath": "a"}, "done", metadata={"diff": "-x\n+y\n"}),
        call("write", {"filePath": "/p/d/a"}, "Wrote it."),
        call("todowrite", {"todos": [*todos, {"content": "C"}]}),
        call("invalid", {}, "No such tool"),
    )
    assert shown.replace(N, "") == (
        "\n> build · model-of-s\n\n$ ls\na\nb\n\n$ true\n\n← Edit a\n-x\n+y\n\n\n"
        "← Write d/a\nWrote it.\n\n# Todos\n[✓] A\n[•] B\n[ ] C\n\n✗ Invalid Tool\nNo such tool\n\n"
    )


def test_who_answers_is_said_once_and_first() -> None:
    """Also before an error that comes before all else."""
    error = {"type": "error", "sessionID": "s", "error": {"data": {"message": "no"}}}
    shown = stderr_of(OpencodeAnswer("/p", lambda _: ("build", "m")), error, error)
    assert shown == f"{N}\n> build · m\n{N}\n" + f"\x1b[91m\x1b[1mError: {N}no\n" * 2


def test_an_error_of_the_server_is_shown_in_full() -> None:
    """With the number that its log has."""
    error = {"name": "UnknownError", "data": {"message": "no", "ref": "err_1"}}
    shown = stderr_of(OpencodeAnswer(), {"type": "error", "sessionID": "s", "error": error})
    assert shown == f"\x1b[91m\x1b[1mError: {N}{json.dumps(error, indent=2)}\n"


def test_thoughts_are_part_of_the_answer() -> None:
    """`--thinking`."""
    record = {"type": "reasoning", "part": {"text": " Let me think.\n"}}
    assert OpencodeAnswer().read(record) == [(OUT, "Thinking: Let me think.\n")]


@pytest.mark.parametrize("damage", [None, 3, [], "x", {}, [5], {"content": 5}])
def test_damaged_calls(damage: Any) -> None:
    """Whatever a field holds, something is shown of the call."""
    keys = "filePath path pattern command todos questions subagent_type description url query name"
    names = "bash write edit read glob grep list webfetch task todowrite question x"
    for name in names.split():
        record = call(name, dict.fromkeys(keys.split(), damage), metadata=damage)
        assert stderr_of(OpencodeAnswer("/p"), record)
