"""What is typed after `/` in the fleet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Doing, SessionRow
from lashtui.feed.fleet_query import FIELDS, Query
from tests.tui.feed.rows import any_row, key

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
     "model:gpt-5", "agent:codex state:waiting push"],
)  # fmt: skip
def test_it_finds(text: str) -> None:
    """Words anywhere in what is shown, fields in theirs, in any case."""
    assert Query.parse(text).matches(key("web-13"), ROW, "mine")


@pytest.mark.parametrize(
    "text", ["api", "web api", "state:failed", "agent:claude", "dir:login", "host:box", "later:x"]
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
