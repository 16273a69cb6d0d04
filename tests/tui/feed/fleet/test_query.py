"""What is typed after `/` in the fleet."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.events import SessionOutcome
from lashd.view import Doing, Retry, SessionRow
from lashtui.feed.fleet.query import FIELDS, Query
from lashtui.listing.row import Row
from lashtui.listing.words import parse_states
from lashtui.text.state_names import STATE_NAMES
from tests.tui.feed.fleet.rows import any_row, key

ROW = SessionRow(
    session_id="web-13",
    state="waiting",
    title="Fix the login",
    agent="codex 0.171",
    directory="/home/dev/src/web",
    model="gpt-5",
    waiting_for="May I push?",
    doing=Doing("Bash", "git push"),
)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "web", "WEB login", "git push", "may", "state:needs", "state:waiting", "state:",
     "agent:codex", "dir:src/web", "name:13", "name:mine", "mine", "title:fix", "host:local",
     "model:gpt-5", "agent:codex state:waiting push",
     "state:needs,failed", "state:failed,asks", "state:nee", "agent:claude,codex", "asks"],
)  # fmt: skip
def test_it_finds(text: str) -> None:
    """Words anywhere in what is shown, fields in theirs, in any case."""
    assert Query.parse(text).matches(key("web-13"), ROW, "mine")


@pytest.mark.parametrize(
    "text",
    [
        "api",
        "web api",
        "state:failed",
        "agent:claude",
        "dir:login",
        "host:box",
        "later:x",
        "state:eeds",
    ],
)
def test_it_leaves_out(text: str) -> None:
    """All of it must match; an unknown field is a word like others."""
    assert not Query.parse(text).matches(key("web-13"), ROW, "mine")


@given(st.text(), st.sampled_from(("", "a", "state")).flatmap(lambda name: any_row(name or "n")))
def test_any_text_is_a_query(text: str, row: SessionRow) -> None:
    """None is an error, and an empty one finds everything."""
    query = Query.parse(text)
    query.matches(key(row.session_id), row)
    assert query or query.matches(key(row.session_id), row)


def test_every_field_finds_what_is_unknown_as_nothing() -> None:
    """A session that doesn't say is no error."""
    bare = SessionRow(session_id="x")
    for field in FIELDS:
        assert not Query.parse(f"{field}:zzz").matches(key("x"), bare)


@pytest.mark.parametrize("word", sorted(STATE_NAMES))
def test_a_state_is_the_same_in_ls(word: str) -> None:
    """One word means one set of sessions."""
    rows = [
        SessionRow(
            session_id="s",
            state=state,
            outcome=outcome,
            quiet_since=quiet,
            doing=doing,
            retry=retry,
            phase=phase,
        )
        for state in ("idle", "running", "waiting", "ended")
        for outcome in (None, *SessionOutcome)
        for quiet in (None, 1)
        for doing in (None, Doing("Bash", None))
        for retry in (None, Retry(1, 2, None))
        for phase in (None, "writing", "running")
    ]
    query, states = Query.parse(f"state:{word}"), parse_states(word)
    found = [row for row in rows if query.matches(key("s"), row)]
    assert found == [row for row in rows if Row(msgspec.to_builtins(row)).is_any_of(states)]
    assert found


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("stopped", SessionRow(session_id="s", state="ended", outcome=SessionOutcome.CANCELLED)),
        ("thinking", SessionRow(session_id="s", state="running")),
        ("done", SessionRow(session_id="s", state="ended", outcome=SessionOutcome.SUCCESS)),
        ("stuck", SessionRow(session_id="s", state="running", quiet_since=1)),
        ("idle", SessionRow(session_id="s", state="idle")),
    ],
)
def test_words_of_the_screen_are_found(word: str, row: SessionRow) -> None:
    """As a state and as a word."""
    assert Query.parse(f"state:{word}").matches(key("s"), row)
    assert Query.parse(word).matches(key("s"), row)


def test_what_is_no_state_or_field_is_said() -> None:
    """With those that there are; what is being typed may still become one."""
    assert Query.parse("state:stuk").unknown_state.startswith("no state `stuk`; states: waiting, f")
    assert Query.parse("state:needs,stuk").unknown_state
    assert not Query.parse("state:stu agent:stuk").unknown_state
    assert Query.parse("stat:failed").unknown_field.startswith("no field `stat`; fields: state, ")
    assert not Query.parse("failed 12:30 state:x").unknown_field
