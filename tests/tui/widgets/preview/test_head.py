"""The head of a preview."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Mirrored, PlanCount, SessionRow
from lashtui.widgets.preview.head import head_lines
from tests.tui.widgets.hostile_text import BAD, BIDI, TEXTS

NOW = 1_700_000_000_000
BUSY = SessionRow(
    session_id="web-13",
    state="running",
    title="Fix the build",
    agent="claude",
    model="opus",
    directory="/home/me/src/web",
    turn_started_at=NOW - 64_000,
    plan=PlanCount(3, 5),
)


def shown(row: SessionRow, width: int = 60, **options: Any) -> list[str]:
    return [line.plain.rstrip() for line in head_lines(row, NOW, width, **options)]


def test_it_says_who_where_and_what() -> None:
    """Name and state with the turn's time, the plan; title; agent, model and directory."""
    first, title, facts = shown(BUSY, home="/home/me")
    assert first == "web-13  ● running 1:04" + " " * 30 + "plan 3/5"
    assert title == "Fix the build"
    assert facts == "claude · opus · ~/src/web"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "waiting", "waiting_since": NOW - 240_000}, "‼ waiting for you 4:00"),
        ({"state": "running", "quiet_since": NOW - 600_000}, "⏱ quiet 10:00"),
        ({"state": "ended", "outcome": "failure"}, "✗ failed"),
        ({"state": "ended", "outcome": "cut_off"}, "✗ cut off"),
        ({"state": "ended", "outcome": "success"}, "✓ done"),
        ({"state": "ended", "outcome": "cancelled"}, "⊘ cancelled"),
        ({"state": "idle"}, "○ idle"),
    ],
)
def test_a_state_is_mark_and_words(fields: dict[str, Any], words: str) -> None:
    """As the list groups it, with the time that matters there."""
    row = SessionRow(session_id="a", **fields)
    assert words in shown(row)[0]
    assert len(shown(row)) == 1


def test_it_says_what_a_mirror_has_kept_out() -> None:
    """Somebody writes where the session's home should."""
    row = SessionRow(session_id="a", mirror=Mirrored("box", foreign_at=NOW - 180_000))
    assert shown(row)[1] == "kept out 3m ago: something that its home did not write"


def test_where_to_answer_is_not_cut() -> None:
    """It has lines of its own, which wrap."""
    place = "answer in tmux %12 · pts/7 · ~/code/monorepo/services/billing/api"
    row = SessionRow(session_id="a", state="waiting", agent="claude")
    lines = shown(row, 40, place=place)
    assert lines[1] == "claude"
    assert " ".join(lines[2:]).replace(" ", "") == place.replace(" ", "")


def test_it_says_where_to_answer_and_what_the_person_calls_it() -> None:
    """The place stands for the directory, which it names; a name goes before the session's own."""
    lines = shown(BUSY, name="the web one", host="box", place="answer in tmux %12 · ~/src/web")
    assert lines[0].startswith("box:the web one · web-13")
    assert lines[2] == "claude · opus · answer in tmux %12 · ~/src/web"


@given(TEXTS, st.integers(0, 70))
def test_hostile_texts_stay_in_their_lines(text: str, width: int) -> None:
    """Whatever an agent says of itself, no line is too wide or moves the cursor."""
    row = SessionRow(
        session_id=text or "x",
        state="running",
        title=text,
        agent=text,
        model=text,
        directory=text,
        plan=PlanCount(1, 2),
    )
    for line in head_lines(row, NOW, width):
        assert line.cell_length <= max(1, width)
        assert not any(unicodedata.category(c) in BAD or c in BIDI for c in line.plain)
