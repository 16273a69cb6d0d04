"""A child's rollout begins with its parent's history, which is not its own work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.producers.codex.rollout_records import (
    CHILD,
    END,
    LATER,
    PARENT,
    START,
    asked,
    meta,
    told,
    view_at,
)
from tests.tui.producers.pipes import rows

if TYPE_CHECKING:
    from lashd.protocol.records import Record


SPAWNED: Record = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT}}}


def test_a_childs_file_begins_with_its_parents_history() -> None:
    """Which is not the child's own work, nor cancelled or interrupted."""
    copied = [
        meta(PARENT),
        told("task_started", turn_id=PARENT),
        told("user_message", message="parent's prompt"),
        asked("spawn_agent", {"message": "look"}),
        told("turn_aborted", reason="interrupted"),
    ]
    own = [told("task_started", turn_id=LATER), told("agent_message", message="mine"), END]
    view = view_at(meta(CHILD, source=SPAWNED), *copied, *own)
    assert [row.kind for row in view.entries] == ["diagnostic", "prose", "commit"]
    assert rows(view, "diagnostic")[0].output == {"from": "", "lines": 5}
    numbered = [
        {**each, "ordinal": place}
        for place, each in enumerate(
            [meta("x", source=SPAWNED, subagent_history_start_ordinal=6), *copied, *own]
        )
    ]
    assert [row.text for row in view_at(*numbered).entries if row.text] == ["mine"]


def test_history_that_a_person_forked_is_shown() -> None:
    """As their screen shows it."""
    view = view_at(meta(CHILD, forked_from_id=PARENT), meta(PARENT), START, END, START, END)
    assert view.turn_index == 2
