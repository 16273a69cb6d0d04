"""Formats without a reader of their own: named once, and shown as far as a person can read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.auto.outline import OUTLINED, sentence
from lashtui.producers.auto.producer import AutoProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of, wire_of

RECORDED = cases("openhands")


@pytest.mark.parametrize("case", RECORDED, ids=name_of)
def test_what_has_no_reader_is_named_once_and_shown_in_outline(case: Case) -> None:
    """One sentence; words and calls of both sides, no remark for each line."""
    producer = AutoProducer()
    produced = produce(producer, [case.data], case.outcome)
    assert producer.chosen == case.agent
    (warning,) = producer.take_warnings()
    assert "in outline only" in warning
    assert wire_of(produced) == wire_of(produce(case.make(), [case.data], case.outcome))
    view = view_of(produced, ended=False)
    assert "The tool has run." in prose_of(view) or prose_of(view)[-1].startswith("# Findings")
    calls = [row for row in view.entries if row.kind == "tool"]
    assert calls
    assert [row for row in calls if row.state in ("cancelled", "running")] == []
    assert len([row for row in view.entries if row.kind == "diagnostic"]) <= 1


CURSOR: list[dict[str, Any]] = [
    {"type": "system", "subtype": "init", "permissionMode": "default", "model": "Auto"},
    {
        "type": "user",
        "message": {"role": "user", "content": [{"type": "text", "text": "Read a.py"}]},
    },
    *(
        {
            "type": "assistant",
            "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
            **stamp,
        }
        for text, stamp in (
            ("I ", {"timestamp_ms": 1}),
            ("will.", {"timestamp_ms": 2}),
            ("I will.", {}),
        )
    ),
    {
        "type": "tool_call",
        "subtype": "started",
        "call_id": "c",
        "tool_call": {"shellToolCall": {"args": {"command": "make"}}},
    },
    {
        "type": "tool_call",
        "subtype": "completed",
        "call_id": "c",
        "tool_call": {
            "shellToolCall": {
                "args": {"command": "make"},
                "result": {"success": {"exitCode": 2, "stdout": "bad"}},
            }
        },
    },
]


def test_a_stream_that_only_looks_like_claudes_is_not_taken_for_it() -> None:
    """cursor-agent begins alike; its prose is there once, and so are its calls."""
    data = "".join(json.dumps({**each, "session_id": "s"}) + "\n" for each in CURSOR).encode()
    producer = AutoProducer()
    view = view_of(produce(producer, [data], SessionOutcome.SUCCESS), ended=False)
    assert producer.chosen == "cursor"
    rows = [(row.kind, row.text or row.name, row.state) for row in view.entries[:3]]
    assert rows == [
        ("user", "Read a.py", None),
        ("prose", "I will.", None),
        ("tool", "shell", "failure"),
    ]


@pytest.mark.parametrize("name", OUTLINED)
def test_each_is_said_to_be_what_it_is(name: str) -> None:
    """With what gives more."""
    assert OUTLINED[name][0] in sentence(name)
    assert "lashtui" in sentence(name)
