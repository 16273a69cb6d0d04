"""In which groups and in which order sessions are shown."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lashd.events import SessionOutcome
from lashd.view import SessionRow
from lashtui.feed.fleet.order import FOLDED_FROM, GROUPS, SORTS, Marks, Wish, arrange
from lashtui.feed.fleet.query import Query
from lashtui.feed.fleet.rows import standing
from lashtui.saved.session_key import SessionKey
from lashtui.text.standing import STANDINGS
from tests.tui.feed.fleet.rows import ROWS, key


def rows_of(*rows: SessionRow) -> dict[SessionKey, SessionRow]:
    """The rows by key."""
    return {key(row.session_id): row for row in rows}


NO_MARKS, NO_WISH = Marks(), Wish()
FAILURE = SessionOutcome.FAILURE


def names(
    rows: Mapping[SessionKey, SessionRow], marks: Marks = NO_MARKS, wish: Wish = NO_WISH
) -> list[str]:
    """The names in order, all groups after each other."""
    return [each.session_id for group in arrange(rows, marks, wish) for each in group.shown]


def test_who_needs_a_person_comes_first() -> None:
    """Then failed, quiet, working and done ones, each in its own order."""
    rows = rows_of(
        SessionRow(session_id="done", state="idle", updated_at=9),
        SessionRow(session_id="done-late", state="ended", updated_at=10),
        SessionRow(session_id="works", state="running", started_at=1),
        SessionRow(session_id="works-young", state="running", started_at=2),
        SessionRow(session_id="stuck", state="running", quiet_since=4),
        SessionRow(session_id="stuck-long", state="running", quiet_since=3),
        SessionRow(session_id="broke", state="ended", outcome=FAILURE, updated_at=5),
        SessionRow(session_id="broke-late", state="idle", outcome=FAILURE, updated_at=6),
        SessionRow(session_id="asks", state="waiting", waiting_since=8),
        SessionRow(session_id="asks-long", state="waiting", waiting_since=7),
    )
    assert names(rows) == [
        "asks-long", "asks", "broke-late", "broke", "stuck-long", "stuck",
        "works-young", "works", "done-late", "done",
    ]  # fmt: skip
    assert [group.name for group in arrange(rows, Marks(), Wish())] == list(STANDINGS)


def test_quiet_time_is_what_its_column_shows() -> None:
    """In every group: how long ago something was last heard of a session."""
    rows = rows_of(
        SessionRow(session_id="a", state="running", updated_at=30),
        SessionRow(session_id="b", state="running", updated_at=10),
        SessionRow(session_id="c", state="running", updated_at=20),
        SessionRow(session_id="d", state="idle", updated_at=3),
        SessionRow(session_id="e", state="idle", updated_at=2),
    )
    assert names(rows, wish=Wish(sort_by="quiet")) == ["b", "c", "a", "e", "d"]


def test_names_are_sorted_as_they_are_shown() -> None:
    """By what the person calls a session, where they do."""
    rows = rows_of(SessionRow(session_id="a"), SessionRow(session_id="b"))
    marks = Marks(names={key("a"): "z"})
    assert names(rows, marks, Wish(sort_by="name")) == ["b", "a"]


def test_many_that_are_done_are_folded_away() -> None:
    """Not when they are all there is, not in a search, and not against the person's will."""
    many = [SessionRow(session_id=f"d{number}") for number in range(FOLDED_FROM)]
    rows = rows_of(SessionRow(session_id="w", state="running"), *many)
    assert names(rows) == ["w"]
    assert names(rows, Marks(pinned={key("d3")})) == ["w", "d3"]
    assert len(names(rows, wish=Wish(opened={"done"}))) == FOLDED_FROM + 1
    assert len(names(rows_of(*many))) == FOLDED_FROM
    assert len(names(rows, wish=Wish(query=Query.parse("d")))) == FOLDED_FROM
    assert names(rows, wish=Wish(folded={"working", "done"})) == []


def test_pinned_first_and_muted_last() -> None:
    """Within their group."""
    rows = rows_of(*(SessionRow(session_id=name, state="running") for name in "abc"))
    assert names(rows, Marks(pinned={key("c")}, muted={key("a")})) == ["c", "b", "a"]


def test_groups_of_directories_begin_with_the_one_that_needs_somebody() -> None:
    """Then by name."""
    rows = rows_of(
        SessionRow(session_id="a", state="running", directory="/a"),
        SessionRow(session_id="b", state="waiting", directory="/z"),
        SessionRow(session_id="c", state="running"),
        SessionRow(session_id="d", state="running", directory="/z"),
    )
    groups = arrange(rows, Marks(), Wish(group_by="directory"))
    assert [group.name for group in groups] == ["/z", "", "/a"]
    assert [each.session_id for each in groups[0].keys] == ["b", "d"]


@given(
    ROWS,
    st.sampled_from(GROUPS),
    st.sampled_from(SORTS),
    st.sets(st.sampled_from([key(name) for name in "abc"])),
    st.sets(st.sampled_from([*STANDINGS, "/a", "codex"])),
)
def test_every_session_is_in_one_group_once(
    rows: dict[SessionKey, SessionRow],
    group_by: str,
    sort_by: str,
    some: set[SessionKey],
    folded: set[str],
) -> None:
    """Whatever is wished; the order is the same each time, whatever order they came in."""
    wish = Wish(group_by=group_by, sort_by=sort_by, folded=folded)  # type: ignore[arg-type]
    marks = Marks(pinned=some)
    groups = arrange(rows, marks, wish)
    listed = [each for group in groups for each in group.keys]
    assert sorted(listed) == sorted(rows)
    assert all(group.keys for group in groups)
    assert all(set(group.shown) >= some & set(group.keys) for group in groups)
    assert groups == arrange(dict(reversed(rows.items())), marks, wish)
    if group_by == "state":
        assert all(standing(rows[each]) == group.name for group in groups for each in group.keys)
