"""The table: aligned, short, neutralised."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.cli.ls import table


def session(**fields: Any) -> dict[str, Any]:
    """A session of the list."""
    return {
        "session_id": "build",
        "state": "running",
        "revision": 3,
        "events": 12,
        "viewers": 0,
        "oldest_at_age_s": 65.2,
        "updated_at": 90_000,
        **fields,
    }


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    """Empty columns are left out."""
    lines = table(
        [session(), session(session_id="a-longer-name", revision=1234, events=7)], now_ms=100_000
    ).splitlines()
    assert lines[0].split() == ["SESSION", "STATE", "REV", "EVENTS", "AGE", "LAST", "VIEWERS"]
    assert [line.index("running") for line in lines[1:]] == [lines[0].index("STATE")] * 2
    end = lines[0].index("REV") + 3
    assert [line[:end].split()[-1] for line in lines[1:]] == ["3", "1234"]
    assert lines[1].split()[-3:] == ["1m", "10s", "0"]


def test_wide_characters_take_two_cells() -> None:
    """The columns after them stand where they should."""
    rows = [session(title="漢字"), session(title="four")]
    wide, narrow = table(rows, now_ms=100_000).splitlines()[1:]
    assert wide.replace("漢字", "four") == narrow


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"state": "ended", "outcome": "cut_off"}, "ended (cut off)"),
        ({"state": "waiting", "waiting_for": "approval of rm"}, "waiting: approval of rm"),
        ({"title": "a\x1b[2J\nb"}, "a b"),
        ({"title": "t" * 200}, "t" * 39 + "…"),
        ({"directory": "/home/me/src"}, "~/src"),
        ({"directory": "/home/mean"}, "/home/mean"),
        ({"directory": "/x" * 60}, "…" + ("/x" * 60)[-39:]),
        ({"session_id": "a\x07b"}, "ab"),
        ({"oldest_at_age_s": None}, " - "),
    ],
)
def test_cells(fields: dict[str, Any], told: str) -> None:
    """Each field as a person reads it; a path by its end."""
    assert told in table([session(**fields)], now_ms=100_000, home="/home/me").splitlines()[1]
