"""What a call gave back, as a rollout writes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lashtui.producers.codex.rollout_items import output_of
from lashtui.producers.dedupe import cancelled, succeeded
from tests.tui.producers.codex.rollout_records import (
    END,
    START,
    asked,
    gave,
    view_at,
)
from tests.tui.producers.pipes import outcome_of, rows

if TYPE_CHECKING:
    from lashd.protocol.records import Record


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        (
            "Chunk ID: 2af\nWall time: 0 seconds\nProcess exited with code 0\nOutput:\none\n",
            {"status": "success", "payload": "one\n"},
        ),
        (
            "Exit code: 2\nWall time: 1 seconds\nOutput:\nboom",
            {"status": "failure", "message": "exit code 2", "payload": "boom", "exit_code": 2},
        ),
        (
            '{"output":"old","metadata":{"exit_code":1,"duration_seconds":0.1}}',
            {"status": "failure", "message": "exit code 1", "payload": "old", "exit_code": 1},
        ),
        (
            "unsupported call: frobnicate",
            {"status": "failure", "message": "unsupported call: frobnicate"},
        ),
        ({"content": "no", "success": False}, {"status": "failure", "message": "no"}),
        (
            "Wall time: 3 s\nno header",
            {"status": "success", "payload": "Wall time: 3 s\nno header"},
        ),
        ("Exit code: none of ours", {"status": "success", "payload": "Exit code: none of ours"}),
        (
            [{"text": "Wall time: 0.1 seconds\nOutput:"}, {"text": "echo"}],
            {"status": "success", "payload": "echo"},
        ),
    ],
)
def test_what_a_call_gave_back_is_read(output: object, outcome: Record) -> None:
    """The header that is meant for the model is taken off, and tells the exit code."""
    view = view_at(START, asked("exec_command", {"cmd": "x"}), gave(output), END)
    (row,) = rows(view, "tool")
    assert (row.name, row.args) == ("shell", {"command": "x"})
    assert outcome_of(row) == outcome


@pytest.mark.parametrize(
    "output", ["Wall time: 2.8 seconds\naborted by user", "aborted by user after 1.2s"]
)
def test_a_call_that_a_person_refused_is_no_success(output: str) -> None:
    """Nothing of it ran."""
    assert output_of(output).outcome == cancelled("aborted by the user")
    assert output_of(f"it says:\n{output}").outcome == succeeded(f"it says:\n{output}")
