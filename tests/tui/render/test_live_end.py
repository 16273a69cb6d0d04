"""The lines below the last entry."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.view import Entry, ReadView
from lashtui.render.live_end import LiveEnd, live_end, live_end_lines
from lashtui.render.styles import Line, line_text
from lashtui.text.awaited import Awaited

NOW = 1_790_000_000_000


def lines(awaited: Awaited, width: int = 60, **fields: Any) -> list[Line]:
    """Its lines."""
    return live_end_lines(LiveEnd(awaited, NOW, **fields), width)


def text(awaited: Awaited, width: int = 60, **fields: Any) -> list[str]:
    """What they say."""
    return [line_text(line) for line in lines(awaited, width, **fields)]


@pytest.mark.parametrize(
    ("awaited", "said"),
    [
        (Awaited("model", "thinking", since=NOW - 12_000), "… thinking 0:12"),
        (Awaited("model", "thinking"), "… thinking"),
        (Awaited("tool", "Bash", "npm run e2e", since=NOW - 45_000), "… Bash npm run e2e 0:45"),
        (Awaited("tool", "Bash", "make", 2, NOW - 3_000), "… Bash make +2 more 0:03"),
        (Awaited("retry", "retry 2 of 5 in 8 s"), "↻ retry 2 of 5 in 8 s"),
        (Awaited("person", "waiting for you", since=NOW - 252_000), "‼ waiting for you 4:12"),
        (
            Awaited("model", "thinking", since=NOW - 250_000, quiet_since=NOW - 250_000),
            "⏱ thinking 4:10 · quiet 4 min",
        ),
        (
            Awaited("retry", "retry 2 of 5 · overdue 9 min", quiet_since=NOW),
            "⏱ retry 2 of 5 · overdue 9 min",
        ),
    ],
)
def test_one_line_says_what_is_awaited_and_for_how_long(awaited: Awaited, said: str) -> None:
    """With a mark; what is quiet has one of its own."""
    assert text(awaited) == [said]


def test_the_time_stays_where_cells_are_few() -> None:
    """The argument is cut, then left out."""
    call = Awaited("tool", "Bash", "npm run e2e -- --headed", since=NOW - 45_000)
    assert text(call, 24) == ["… Bash npm run e2e… 0:45"]
    assert text(call, 15) == ["… Bash 0:45"]
    assert len(text(call, 5)[0]) <= 5


def test_a_question_without_an_entry_is_here() -> None:
    """In full; below it where to answer."""
    asks = Awaited("person", "waiting for you")
    found = text(asks, 30, question="may I\nrun make?", place="answer in tmux %12 · pts/7 · pid 4")
    assert found == [
        "‼ waiting for you",
        "  may I",
        "  run make?",
        "  answer in tmux %12 · pts/7 ·",
        "  pid 4",
    ]


def test_where_the_question_stands_just_above_only_the_place_is_said() -> None:
    """Nothing where that is not known."""
    asked = Entry("diagnostic", "q", 1, name="waiting", text="ok?", started_at=NOW)
    view = ReadView("s", state="waiting", waiting_for="ok?", entries=[asked], updated_at=NOW)
    end = live_end(view, [], NOW, place="answer in pts/7", last=view.entries[-1])
    assert end is not None
    assert [line_text(line) for line in live_end_lines(end, 40)] == ["  answer in pts/7"]
    assert live_end(view, [], NOW, last=view.entries[-1]) is None
    end = live_end(view, [], NOW, place="answer in pts/7")
    assert end is not None
    assert len(live_end_lines(end, 40)) == 2


def test_only_what_needs_a_person_stands_out() -> None:
    """Calm else; and calm while nobody knows whether it is still so."""

    def tones(awaited: Awaited, **fields: Any) -> set[str]:
        return {style.tone for line in lines(awaited, **fields) for _, style in line}

    assert tones(Awaited("model", "thinking", since=NOW)) == {"muted"}
    assert tones(Awaited("person", "waiting for you", since=NOW)) == {"waiting"}
    assert tones(Awaited("model", "thinking", quiet_since=NOW)) == {"quiet"}
    assert tones(Awaited("person", "waiting for you", since=NOW), is_old=True) == {"faint"}
