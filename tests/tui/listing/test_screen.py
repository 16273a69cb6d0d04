"""The picture of `ls --watch`."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.listing.screen import Board
from lashtui.listing.table import cell_width

from .listed import ALL, NOW, WAITING, record

FOLLOWING = {"type": "following", "served": "snapshot"}
SYNCED = {"type": "synced"}


def session(row: dict[str, Any]) -> dict[str, Any]:
    """A session's record."""
    return {"type": "session", "session": row}


def board(*rows: dict[str, Any]) -> Board:
    """A board that knows these sessions."""
    made = Board()
    made.receive([FOLLOWING, *map(session, rows), SYNCED], 0.0)
    return made


def picture(made: Board, width: int = 100, height: int = 20, **options: Any) -> list[str]:
    """Its lines."""
    return made.picture(width, height, now=10.0, now_ms=NOW, **options)


def test_counts_stand_over_the_table() -> None:
    """How many need a person, failed and went quiet; then each of them."""
    lines = picture(board(*ALL))
    assert lines[0] == "6 sessions  ‼ 1 needs you  ✗ 1 failed  ⏱ 1 quiet"
    assert lines[1].split()[:2] == ["SESSION", "STATE"]
    assert [line.split()[0] for line in lines[2:]] == [
        *("waits", "fails", "stuck", "works", "idles", "over")
    ]


def test_states_and_keys_choose_and_order() -> None:
    """The counts are still those of all sessions."""
    lines = picture(board(*ALL), states=frozenset(["waiting", "running"]), sort="name")
    assert lines[0].startswith("6 sessions")
    assert [line.split()[0] for line in lines[2:]] == ["waits", "works"]
    assert picture(board(*ALL), states=frozenset(["ended"]))[2].startswith("over")
    assert (
        picture(board(WAITING), states=frozenset(["quiet", "idle"]))[1] == "none is idle or quiet"
    )
    assert picture(board()) == ["0 sessions", "no sessions"]


@pytest.mark.parametrize("height", range(1, 12))
@pytest.mark.parametrize("width", [1, 10, 40, 200])
def test_it_is_never_larger_than_the_terminal(width: int, height: int) -> None:
    """What has no room is counted."""
    rows = [record(f"s{number}", title="漢字" * 9) for number in range(30)]
    lines = picture(board(*rows), width, height)
    assert len(lines) <= height
    assert all(cell_width(line) <= max(width, 3, len("SESSION")) for line in lines)
    if height >= 3 and width >= 10:
        assert lines[-1] == f"+{30 - (height - 3)} more"


def test_what_just_fits_is_shown() -> None:
    """No line is spent on `+1 more`."""
    assert picture(board(*ALL), height=8)[-1].startswith("over")
    assert picture(board(*ALL), height=7)[-1] == "+2 more"


def test_columns_stand_still() -> None:
    """A column that has become wider, or is empty for once, keeps its place."""
    made = board(record("a", agent="claude", title="long enough"), record("b"))
    before = picture(made)
    made.receive([session(record("a"))], 1.0)
    assert picture(made)[1] == before[1]


def test_changes_are_taken_in() -> None:
    """New, changed and removed sessions."""
    made = board(WAITING, record("gone"))
    made.receive(
        [
            session({**WAITING, "state": "idle"}),
            {"type": "session_removed", "session_id": "gone"},
            session(record("new")),
        ],
        1.0,
    )
    lines = picture(made)
    assert lines[0] == "2 sessions"
    assert [line.split()[:2] for line in lines[2:]] == [["new", "running"], ["waits", "idle"]]


def test_a_lost_connection_is_said_and_the_list_stays() -> None:
    """As of when; a snapshot of the daemon that comes after it replaces all."""
    made = board(WAITING)
    made.receive([{"type": "disconnected", "reason": "it\x1b[2J is gone", "retry_in": 1}], 3.0)
    made.receive([{"type": "disconnected", "reason": "it is gone", "retry_in": 2}], 6.0)
    assert picture(made)[0] == "disconnected, as of 7s ago: it is gone"
    assert picture(made)[2].startswith("waits")
    made.receive([{**FOLLOWING, "type": "reconnected"}, session(record("other"))], 8.0)
    assert picture(made)[0].startswith("disconnected")
    made.receive([SYNCED], 8.0)
    assert picture(made)[0] == "1 session"
    assert len(picture(made)) == 3
    made.receive([{"type": "reconnected", "served": "replay"}, SYNCED], 9.0)
    assert len(picture(made)) == 3


def test_there_is_something_to_show_once_all_is_known() -> None:
    """Or once it is known why not."""
    made = Board()
    made.receive([FOLLOWING, session(WAITING)], 0.0)
    assert not made.has_news
    made.receive([SYNCED], 0.0)
    assert made.has_news
    lost = Board()
    lost.receive([{"type": "disconnected", "reason": "r"}], 0.0)
    assert lost.has_news


def test_what_is_cut_is_marked() -> None:
    """A name that is wider than the terminal too: nothing ends without a sign of it."""
    made = board(record("a" * 100), record("short"))
    for width in (20, 40, 80):
        lines = picture(made, width)
        assert max(map(cell_width, lines)) <= width
        assert any(line.startswith("aaaa") and "a…" in line for line in lines)
