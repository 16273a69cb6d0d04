"""What an agent's line says."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from lashd.events import SessionOutcome
from lashd.view import Doing, PlanCount, Retry, SessionRow
from lashtui.saved.session_key import SessionKey
from lashtui.widgets.fleet.cells import Facts, cells, what
from lashtui.widgets.fleet.columns import columns
from tests.tui.widgets.fleet.rows import (
    ALL,
    ASKS,
    ENDED,
    EXITED,
    FAILED,
    HOME,
    IDLE,
    LOST,
    NOW,
    READS,
    RETRYING,
    STOPPED,
    STUCK,
    WAITS_TO_RETRY,
    WRITES,
    ago,
)
from tests.tui.widgets.hostile_text import BAD, BIDI, TEXTS

TIMES = st.none() | st.integers(-(2**63), 2**63 - 1)
TEXT = st.none() | TEXTS
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats()
ANY = st.builds(
    SessionRow,
    session_id=TEXTS,
    state=st.sampled_from(("idle", "running", "waiting", "ended")),
    outcome=st.sampled_from((None, *SessionOutcome)),
    waiting_for=TEXT,
    waiting_since=TIMES,
    quiet_since=TIMES,
    turn_started_at=TIMES,
    updated_at=TIMES,
    title=TEXT,
    agent=TEXT,
    model=TEXT,
    directory=TEXT,
    error=TEXT,
    last_line=TEXT,
    doing=st.none() | st.builds(Doing, TEXTS, TEXT, TIMES),
    retry=st.none() | st.builds(Retry, st.none() | st.integers(), st.none() | st.integers(), TIMES),
    plan=st.none() | st.builds(PlanCount, st.integers(), st.integers()),
    usage=st.dictionaries(
        st.sampled_from(("total", "context")),
        st.dictionaries(st.sampled_from(("cost_usd", "used", "size", "input")), NUMBERS),
    ),
)


def line(row: SessionRow, width: int = 119, name: str = "") -> str:
    """The line of a session."""
    facts = Facts(SessionKey("", row.session_id), row, name)
    layout = columns(width)
    parts = zip(layout, cells(facts, layout, NOW, HOME), strict=True)
    return "".join(" " * column.gap + cell.text + cell.tail for column, cell in parts)


def state(row: SessionRow, width: int = 119) -> str:
    """The cell of its state."""
    facts = Facts(SessionKey("", row.session_id), row)
    return cells(facts, columns(width), NOW)[0].text.rstrip()


@settings(max_examples=200)
@given(row=ANY, host=TEXTS, name=TEXTS, width=st.integers(1, 220))
def test_any_row_fills_its_columns_exactly(
    row: SessionRow, host: str, name: str, width: int
) -> None:
    """At any width, whatever the agent says: nothing beyond its column, nothing that harms."""
    layout = columns(width)
    facts = Facts(SessionKey(host, row.session_id), row, name, pinned=True, muted=True)
    for column, cell in zip(layout, cells(facts, layout, NOW, HOME), strict=True):
        text = cell.text + cell.tail
        assert cell_len(text) == column.width
        assert BIDI.isdisjoint(text)
        assert not [char for char in text if unicodedata.category(char) in BAD]


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (ASKS, "‼ waiting 4m"),
        (FAILED, "✗ 529 9m"),
        (EXITED, "✗ exit 2 30s"),
        (LOST, "✗ cut off 30s"),
        (STUCK, "⏱ Bash 45m"),
        (RETRYING, "⏱ retry +9m"),
        (READS, "● Read 12s"),
        (WRITES, "● writing"),
        (SessionRow(session_id="s", state="running"), "● thinking"),
        (SessionRow(session_id="s", state="running", phase="running"), "● running"),
        (WAITS_TO_RETRY, "↻ retry 8s"),
        (IDLE, "○ idle 3m"),
        (ENDED, "✓ done 2h"),
        (STOPPED, "⊘ cancelled"),
    ],
    ids=lambda value: value.session_id if isinstance(value, SessionRow) else "",
)
def test_states(row: SessionRow, shown: str) -> None:
    """By mark and word, and for how long."""
    assert state(row) == shown


def test_a_silent_model_and_a_failure_without_words() -> None:
    """Both say so."""
    silent = SessionRow(session_id="s", state="running", quiet_since=ago(240))
    assert state(silent) == "⏱ silent 4m"
    failed = SessionRow(session_id="s", outcome=SessionOutcome.FAILURE)
    assert state(failed) == "✗ failed"
    ended = SessionRow(session_id="s", state="ended", outcome=SessionOutcome.FAILURE, exit_code=3)
    assert state(ended) == "✗ exit 3"
    assert state(msgspec.structs.replace(ended, error="overloaded (529)")) == "✗ 529"


def test_the_time_stays_where_a_tool_has_a_long_name() -> None:
    """The name is cut, in a narrow table too."""
    row = SessionRow(
        session_id="s",
        state="running",
        doing=Doing("mcp__github__create_pull_request", None, ago(12)),
    )
    assert state(row) == "● mcp__gi… 12s"
    assert state(row, 39) == "● mcp__g… 12s"


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (ASKS, "Bash: may I run `git push --force-with-lease origin main`?"),
        (FAILED, "provider answered 529: overloaded"),
        (LOST, "cut off: its publisher is gone"),
        (STUCK, "npm run e2e -- --headed"),
        (RETRYING, "attempt 2 of 5, overdue: rate limited"),
        (WAITS_TO_RETRY, "attempt 1 of 3: connection reset"),
        (READS, "3/5 src/module_887.py"),
        (WRITES, "…the tests of the parser are next"),
        (IDLE, "All tests pass."),
    ],
    ids=lambda value: value.session_id if isinstance(value, SessionRow) else "",
)
def test_what_it_does(row: SessionRow, shown: str) -> None:
    """The question, the error, the tool's argument, or the end of what it said last."""
    assert what(row, 36)[0] == shown


def test_a_whole_line() -> None:
    """As wide as the terminal lets it be."""
    assert " ".join(line(ASKS).split()) == (
        "‼ waiting 4m web-13 Bash: may I run `git push --force-… ~/web 12:04 4m 41% $0.31"
    )
    assert line(ASKS, 49) == "‼ waiting 4m   web-13           Bash: may I run…"


def test_a_narrow_line_goes_on_with_what_it_does() -> None:
    """After the whole name, as far as there is room; the name's column is the same."""
    assert line(ASKS, 39) == "‼ waiting 4m   web-13  Bash: may I ru…"
    assert line(ASKS, 39, "the-deployment") == "‼ waiting 4m   the-deployment · web-13"
    facts = Facts(SessionKey("", "web-13"), ASKS)
    name = cells(facts, columns(39), NOW)[2]
    assert (name.text, name.tail) == ("web-13  ", "Bash: may I ru…")


def test_a_session_is_both_pinned_and_muted() -> None:
    """Both marks are shown, and either of them in one place."""
    key, layout = SessionKey("", "web-13"), columns(119)
    flags = [
        cells(Facts(key, ASKS, "", pinned, muted), layout, NOW)[1].text
        for pinned, muted in ((True, True), (True, False), (False, True), (False, False))
    ]
    assert flags == ["★☾", " ★", " ☾", "  "]


def test_prose_is_shown_without_its_marks() -> None:
    """What a person is told is not Markdown."""
    row = SessionRow(session_id="s", last_line="**Done.** See `fix.py`")
    assert what(row, 60)[0] == "Done. See fix.py"


def test_my_name_for_it_comes_first() -> None:
    """And the session's own where there is room."""
    assert "deploy · web-13" in line(ASKS, 199, "deploy")
    assert line(ASKS, 49, "deploy-it")[15:31] == "deploy-it · web…"


def test_every_state_has_a_line_at_every_width() -> None:
    """All of a row's facts at once."""
    for row in ALL:
        for width in (39, 79, 99, 119, 199):
            assert cell_len(line(row, width)) == width - 1
