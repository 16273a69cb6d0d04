"""The table: aligned, neutralised, as wide as there is room."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from lashtui.listing.row import Row
from lashtui.listing.table import COLUMNS, cell_width, keep_end, keep_start, table
from lashtui.text.sanitize import HOSTILE

from .listed import ALL, NOW, RUNNING, WAITING, ago, record


def shown(*records: dict[str, Any], **options: Any) -> list[str]:
    """The table's lines."""
    return table([Row(each) for each in records], now_ms=NOW, **options)


FULL = record(
    "web-13",
    title="Make the checkout usable with the keyboard alone",
    agent="claude",
    directory="/home/me/src/a-long-way-down/to/the/packages/web",
    turn_started_at=ago(724),
    usage={"total": {"cost_usd": 1.234}, "context": {"used": 82_000, "size": 200_000}},
    doing={"name": "Bash", "argument": "npx vitest run " + "x" * 150, "since": ago(5)},
)


def test_a_whole_row() -> None:
    """Everything that a person asks of a session, the longest last."""
    head, line = shown(FULL, home="/home/me")
    assert head.split() == list(COLUMNS)
    assert line.split()[:3] == ["web-13", "running", "5s"]
    for told in ("12m", "41%", "$1.23", "10s", "claude", "…src/a-long", "ages/web", "Bash npx"):
        assert told in line


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    """Empty columns are left out."""
    head, *lines = shown(WAITING, record("a-longer-name", updated_at=ago(7000)))
    assert head.split() == ["SESSION", "STATE", "TURN", "LAST", "DOING"]
    assert [line.index("waiting" if "waits" in line else "running") for line in lines] == [
        head.index("STATE")
    ] * 2
    end = head.index("LAST") + 4
    assert [line[:end].split()[-1] for line in lines] == ["10s", "1h"]


def test_wide_characters_take_two_cells() -> None:
    """The columns after them stand where they should."""
    wide, narrow = shown(record(title="漢字"), record(title="four"))[1:]
    assert wide.replace("漢字", "four") == narrow


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"title": "a\x1b[2J\nb"}, "a b"),
        ({"title": "t" * 200}, "t" * 39 + "…"),
        ({"directory": "/home/me/src"}, "~/src"),
        ({"directory": "/home/mean"}, "/home/mean"),
        ({"directory": "/x" * 60}, "…" + ("/x" * 60)[-39:]),
        ({"session_id": "a\x07b"}, "ab"),
        ({"usage": {"context": {"used": 45_000}}}, "45k"),
        ({"usage": {"context": {"used": 199, "size": 200}}}, "99%"),
        ({"usage": {"total": {"cost_usd": 1234.5}}}, "$1,234"),
        ({"turn_started_at": NOW + 5000}, "0s"),
    ],
)
def test_cells(fields: dict[str, Any], told: str) -> None:
    """Each field as a person reads it; a path by its end."""
    assert told in shown(record(**fields), home="/home/me")[1]


@pytest.mark.parametrize("width", [*range(1, 60), 80, 120, 200, 400])
@pytest.mark.parametrize("extra", [record("n" * 70), record("漢" * 30, title="漢" * 50), RUNNING])
def test_no_line_is_wider_than_the_terminal(width: int, extra: dict[str, Any]) -> None:
    """But for a session's name, which is never cut."""
    head, *lines = shown(FULL, extra, *ALL, width=width)
    for line, each in zip(lines, (FULL, extra, *ALL), strict=True):
        name = each["session_id"]
        assert line.startswith(name)
        assert cell_width(line) <= max(width, cell_width(name))
    assert len(head) <= max(width, len("SESSION"))


def test_what_says_least_goes_first() -> None:
    """Session and state stay, then what it does; nobody needs the agent's name first."""
    heads = [shown(FULL, width=width)[0].split() for width in (200, 100, 80, 60, 30)]
    assert heads[0] == list(COLUMNS)
    assert "AGENT" not in heads[2]
    assert heads[3][:2] == ["SESSION", "STATE"]
    assert "DOING" in heads[3]
    assert heads[4] == ["SESSION", "STATE"]
    assert all(len(narrow) <= len(wide) for wide, narrow in pairwise(heads))


def test_what_room_there_is_is_used() -> None:
    """In a wide terminal nothing is cut that would fit."""
    line = shown(FULL, width=400)[1]
    assert "x" * 150 in line
    assert len(shown(FULL, width=120)[1]) == 120


def test_a_terminal_shows_states_in_colour_as_well() -> None:
    """The word stays; only the state has a colour, and nothing moves by it."""
    plain, coloured = shown(*ALL), shown(*ALL, colour=True)
    assert plain[0] == coloured[0]
    assert "\x1b[1;33mwaiting 4m\x1b[m" in coloured[-1]
    for before, after in zip(plain[1:], coloured[1:], strict=True):
        assert HOSTILE.search(before) is None
        assert after.count("\x1b") == 2
        assert len(after) - len(before) < 12


@pytest.mark.parametrize("text", ["plain text", "漢字とかな", "a漢b字c", "e\u0301tude"])
@pytest.mark.parametrize("width", range(1, 14))
def test_cuts_are_never_too_wide(text: str, width: int) -> None:
    """In cells, at either end, and marked."""
    for cut in (keep_start, keep_end):
        found = cut(text, width)
        assert cell_width(found) <= width
        assert found == text or "…" in found


def test_a_flood_of_marks_stays_in_its_cell() -> None:
    """A title is no longer than it looks, and what stands beside it is seen."""
    flood = "e" + "\u0301" * 400
    (_, line) = shown(record("s", title=flood, waiting_for=None), width=100)
    assert line.count("\u0301") < 10
    assert "running" in line
