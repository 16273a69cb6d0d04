"""Vibe's entries: whole, and the last of them ends the turn."""

from __future__ import annotations

import json
from typing import Any

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers.vibe.stream import VibeProducer
from tests.tui.producers.goldens import produce, prose_of, view_of


def entry(kind: str, key: str, **more: Any) -> dict[str, Any]:
    """One entry."""
    return {"id": key, "type": kind, "createdAt": 1000, "updatedAt": 1500, **more}


def said(role: str, text: str, **more: Any) -> dict[str, Any]:
    """A message."""
    return entry("message", text, role=role, content=[{"type": "text", "text": text}], **more)


def effect(status: str, **state: Any) -> dict[str, Any]:
    """A tool's work."""
    detail = {"toolName": "file_system.bash", "input": {"command": "make"}}
    return entry("effect", "e", detail=detail, state={"status": status, **state})


def view(*records: dict[str, Any], outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
    """What they make."""
    data = "".join(json.dumps(each) + "\n" for each in records).encode()
    return view_of(produce(VibeProducer(), [data], outcome), ended=False)


def test_each_prompt_begins_a_turn() -> None:
    """Vibe doesn't say when one ends; what is said within it is none."""
    start = {"source": "turn_start"}
    found = view(
        said("user", "1", **start),
        said("assistant", "A"),
        said("user", "and", source="steering"),
        said("user", "2", **start),
        said("assistant", "B"),
    )
    assert prose_of(found) == ["A", "B"]
    assert [row.kind for row in found.entries].count("commit") == 2


def test_how_calls_end() -> None:
    """A command that failed is completed to Vibe."""
    ends: list[tuple[dict[str, Any], str]] = [
        (effect("completed", outputText="a", display={"success": True}), "success"),
        (effect("completed", outputText="bad", display={"success": False}), "failure"),
        (effect("failed", error="no"), "failure"),
        (effect("denied"), "cancelled"),
    ]
    for record, state in ends:
        (row,) = [row for row in view(record).entries if row.kind == "tool"]
        assert (row.name, row.state, row.duration_ms) == ("bash", state, 500)


def test_a_message_that_was_interrupted_says_so() -> None:
    """It stays, and nothing failed."""
    cut = {"outcome": {"type": "discarded", "cause": "interrupt"}}
    found = view(said("assistant", "Hal", **cut), outcome=SessionOutcome.CANCELLED)
    assert prose_of(found) == ["Hal"]
    assert [row.kind for row in found.entries if row.kind == "error"] == []


def test_a_time_that_is_none_is_no_time() -> None:
    """The call is shown without it."""
    shown = view({**effect("completed"), "createdAt": -(10**400)})
    assert [row.state for row in shown.entries if row.name] == ["success"]
