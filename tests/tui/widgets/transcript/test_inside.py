"""A divider inside an entry: behind what had been read, whatever the text is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.render.styles import line_text
from lashtui.widgets.transcript.row import Row
from lashtui.widgets.transcript.rows import RowList
from tests.tui.widgets.transcript.rows_harness import WIDTH, make_rows, plain
from tests.tui.widgets.transcript.transcript_harness import StreamedView, shown
from tests.tui.widgets.transcript.transcript_harness import lines as screen_lines

RULE, OUTSIDE = "new since you left", "new since you left · continued"


def divider(chars: int, anchor: str = "a") -> Divider:
    """One inside an entry."""
    return Divider("new", RULE, 1, anchor, chars=chars, outside=OUTSIDE)


def rows_of(text: str, chars: int, *, width: int = WIDTH, **fields: Any) -> RowList:
    """The rows of one entry with a divider inside."""
    rows = make_rows([], width)
    kind = fields.pop("kind", "prose")
    rows.replace([Entry(kind, "a", 1, text=text, **fields)], [divider(chars)])
    rows.render(0)
    return rows


def lines_of(rows: RowList) -> list[str]:
    """What the first row's lines say; of the rule only its words."""
    row = rows.rows[0]
    lines = [line_text(line).rstrip() for line in row.lines or []]
    return [line.strip("─ ") if "new since" in line else line for line in lines]


def test_it_stands_behind_the_words_that_were_read() -> None:
    """In the middle of a line if need be; the lines before and after it stay as they are."""
    old = "".join(f"old{n} " for n in range(15))
    text = old + "".join(f"new{n} " for n in range(15))
    lines = lines_of(rows_of(text, len(old)))
    at = lines.index(RULE)
    assert " ".join(lines[:at]).split() == old.split()
    assert " ".join(lines[at + 1 :]).split() == text[len(old) :].split()
    whole = lines_of(rows_of(text, 0))[2:]
    assert lines[:1] == whole[:1]
    assert lines[-1] == whole[-1]
    assert lines[at - 1] == lines[at + 1] == ""


@pytest.mark.parametrize(
    ("read", "more", "expected"),
    [
        ("one two", " three", ["one two", "", RULE, "", "three"]),
        ("one tw", "o three", ["one", "", RULE, "", "two three"]),
        ("one.\n\n", "two.", ["one.", "", RULE, "", "two."]),
        ("one.\n", "\ntwo.", ["one.", "", RULE, "", "two."]),
        ("- one\n- two", " more\n- three", ["• one", "• two", "", RULE, "", "more", "• three"]),
        ("```\na = 1\nb", " = 2\n```", ["  a = 1", "", RULE, "", "  b = 2"]),
        ("wor", "d", [OUTSIDE, "", "word"]),
        ("", "all", [OUTSIDE, "", "all"]),
    ],
)
def test_markdown(read: str, more: str, expected: list[str]) -> None:
    """Words, lists and code: never inside a word, nor inside a line of code."""
    assert lines_of(rows_of(read + more, len(read))) == expected


def test_a_table_that_got_wider_is_new_from_its_beginning() -> None:
    """Its columns are others now, so none of its lines were on the screen."""
    read = "above\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    lines = lines_of(rows_of(read + "| a long cell | 4 |\n", len(read)))
    assert lines[:4] == ["above", "", RULE, ""]
    assert lines[4].split() == ["a", "b"]


def test_emphasis_that_was_still_open() -> None:
    """What was read as stars is bold now: the divider stands before that line."""
    assert lines_of(rows_of("a line\n\nso **bo ld** it is", 14))[:3] == ["a line", "", RULE]


def test_a_text_whose_read_part_was_cut_off() -> None:
    """All that is left is new: it is said to go on."""
    assert lines_of(rows_of("the end", 5, cut_chars=100)) == [OUTSIDE, "", "the end"]
    assert RULE in lines_of(rows_of("read and new", 104, cut_chars=100))


def test_reasoning_and_plain_text_too() -> None:
    """A thought that has ended isn't folded while its end is new."""
    text = "".join(f"thought {n}\n" for n in range(20))
    rows = rows_of("\n" + text, 1 + text.index("thought 9"), kind="reasoning", ended_at=5)
    lines = lines_of(rows)
    assert lines.index(RULE) == 10
    assert lines[-1] == "thought 19"
    rows.rows[0].unfolded = False
    rows.invalidate(rows.rows[0])
    rows.render(0)
    assert RULE in lines_of(rows)
    assert lines_of(rows_of("a\nb\nc", 2, format="plain")) == ["a", "", RULE, "", "b", "c"]


def test_it_stays_where_it_is_while_the_text_goes_on() -> None:
    """At the cost of what was added."""
    rows = make_rows([])
    entry = Entry("prose", "a", 1, text="old " * 30)
    rows.replace([entry], [divider(120)])
    entry.text = (entry.text or "") + "new "
    rows.render(0)
    before = lines_of(rows)
    for _ in range(100):
        entry.text = (entry.text or "") + "more "
        rows.update(rows.rows[0], entry)
        rows.render(0)
    now = lines_of(rows)
    assert now[: before.index(RULE) + 1] == before[: before.index(RULE) + 1]


def test_it_is_found_and_placed_again() -> None:
    """As the last divider of its kind, with the blank line above it; in a new view by its entry."""
    rows = make_rows([])
    old = [divider(8, "e1"), Divider("gap", "gap", 0)]
    rows.replace([plain(0), plain(1, 9), plain(2)], old)
    index, line = rows.last_divider("new") or (0, 0)
    assert (rows.rows[index].key, line) == ("e1", 2)
    assert sorted(d.kind for d in rows.dividers()) == ["gap", "new"]
    assert old[0] in rows.dividers()
    rows.replace([plain(2)], rows.dividers())
    assert rows.last_divider("new") == (1, 0)


def test_a_filter_that_hides_the_entry_leaves_the_divider() -> None:
    """It stands where the entry would, and says that this goes on."""
    rows = make_rows([])
    rows.replace([plain(0), plain(1), plain(2)], [divider(8, "e1")])
    assert [row.key for row in rows.rows] == ["e0", "e1", "e2"]
    assert rows.entry_count == 3
    rows.filter(lambda entry: entry.id != "e1")
    index, _ = rows.last_divider("new") or (0, 0)
    assert index == 1
    rows.render(1)
    assert any(OUTSIDE in line_text(line) for line in rows.rows[1].lines or [])
    assert rows.entry_count == 3
    assert [each.chars for each in rows.dividers()] == [8]
    rows.filter(None)
    assert [row.key for row in rows.rows] == ["e0", "e1", "e2"]
    rows.filter(lambda entry: entry.id != "e1")
    rows.drop_head(2, lambda row: None)
    assert [row.key for row in rows.rows if row.entry is not None] == ["e2"]
    rows.filter(None)
    rows.drop_head(1, lambda row: None)
    assert rows.entry_count == 0


@given(
    st.text(st.sampled_from("ab \n*`|-#>1.\x1b[é世"), max_size=120),
    st.integers(0, 130),
    st.integers(1, 40),
    st.sampled_from([None, "plain", "ansi"]),
)
def test_any_text_at_any_cut(text: str, chars: int, width: int, form: Any) -> None:
    """Nothing of it is lost, and there is one divider, at every width."""
    rows = rows_of(text, chars, width=width, format=form)
    row: Row = rows.rows[0]
    assert row.inside is not None
    lines = [line_text(line) for line in row.lines or []]
    rest = lines[: row.inside.line] + lines[row.inside.line + 1 :]
    plain_rows = make_rows([Entry("prose", "a", 1, text=text, format=form)], width)
    plain_rows.render(0)
    plain_lines = [line_text(line) for line in plain_rows.rows[0].lines or []]
    assert "".join("".join(rest).split()) == "".join("".join(plain_lines).split())
    assert "─" in lines[row.inside.line] or width < 12


async def test_the_view_is_held_where_the_reader_was() -> None:
    """More than a screen of one answer is new: its last read line is on top."""
    stream = StreamedView()
    text = "".join(f"line {n}\n\n" for n in range(100))
    entry = Entry("prose", "a", 1, text=text)
    async with shown(stream, (60, 12)) as pilot:
        stream.view.entries.append(entry)
        stream.widget.show_view(stream.view, dividers=[divider(text.index("line 50"))])
        stream.widget.hold_at_new()
        await pilot.pause()
        assert not stream.widget.following
        top = screen_lines(pilot)
        assert "line 49" in top[0]
        assert RULE in top[2]
        stream.widget.follow()
        assert stream.widget.go_to_new()
        await pilot.pause()
        assert RULE in screen_lines(pilot)[1]
