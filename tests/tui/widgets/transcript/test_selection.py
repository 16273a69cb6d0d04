"""Selecting with the mouse and copying."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from lashtui.widgets.transcript.parts import Part
from lashtui.widgets.transcript.selection import (
    MAX_LINES,
    clicked_span,
    paint_selection,
    selected_text,
)
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.widgets.transcript.transcript_harness import NOW, StreamedView, lines, prose, shown


def no_mark(_line: int) -> Part:
    """Lines that are text from their first character on, and of which none was wrapped."""
    return Part()


def test_the_selection_lies_over_the_segments_own_style() -> None:
    """Otherwise the segment's background would hide it."""
    own, chosen = Style(bgcolor="black", bold=True), Style(bgcolor="blue")
    strip = Strip([Segment("abc", own), Segment("def   ", own)])
    selection = Selection(Offset(1, 7), Offset(5, 7))
    painted = paint_selection([strip, strip], 7, selection, chosen, no_mark)
    assert painted[1] is strip
    seen = [
        (text, style.bgcolor.name if style and style.bgcolor else "")
        for text, style, _ in painted[0]
    ]
    assert seen == [("a", "black"), ("bc", "blue"), ("de", "blue"), ("f   ", "black")]


def test_spaces_up_to_the_edge_are_not_selected() -> None:
    """On each line of a selection the text is selected, not the space behind it."""
    strip = Strip([Segment("ab    ", Style(bgcolor="black"))])
    painted = paint_selection([strip], 0, Selection(None, None), Style(bgcolor="blue"), no_mark)
    assert [segment.text for segment in painted[0]] == ["ab", "    "]


def test_the_text_of_a_selection() -> None:
    """From the first character to the last; without a start or an end, from or to the edge."""
    texts = ["zero", "one", "two", "three"]

    def get(first: int, stop: int) -> list[str]:
        return texts[first:stop]

    assert selected_text(Selection(Offset(1, 1), Offset(2, 2)), 4, get, no_mark) == (
        "ne\ntw",
        "\n",
    )
    assert selected_text(Selection(Offset(1, 1), Offset(2, 1)), 4, get, no_mark) == (
        "n",
        "\n",
    )
    assert selected_text(Selection(None, None), 4, get, no_mark) == (
        "zero\none\ntwo\nthree",
        "\n",
    )
    assert selected_text(Selection(Offset(0, 9), None), 4, get, no_mark) is None


def test_marks_and_a_common_indent_are_not_copied() -> None:
    """Output is copied as its tool wrote it; a line is copied from where the selection begins."""
    texts = ["  ✓ Bash", "        if x:", "          y", "        else:"]

    def get(first: int, stop: int) -> list[str]:
        return texts[first:stop]

    def after_mark(_line: int) -> Part:
        return Part(4)

    def copied(x: int, y: int) -> str:
        got = selected_text(Selection(Offset(x, y), None), 4, get, after_mark)
        assert got is not None
        return got[0]

    assert copied(0, 0) == "Bash\n    if x:\n      y\n    else:"
    assert copied(2, 1) == copied(8, 1) == "if x:\n  y\nelse:"
    assert copied(10, 1) == " x:\n  y\nelse:"
    assert copied(0, 3) == "else:"


def test_a_copy_is_bounded() -> None:
    """Selecting all of a huge transcript renders no more than a clipboard holds."""
    asked: list[int] = []

    def get(first: int, stop: int) -> list[str]:
        asked.append(stop - first)
        return ["x"] * (stop - first)

    assert selected_text(Selection(None, None), 10**6, get, no_mark) is not None
    assert asked == [MAX_LINES]


def test_two_clicks_select_a_word_and_three_a_line() -> None:
    """A path is one word; between words, and on an empty line, nothing is selected."""
    text = "  see src/a.py:12 now"
    assert clicked_span(text, 8, 2) == (6, 17)
    assert clicked_span(text, 5, 2) is None
    assert clicked_span(text, 5, 3) == (2, 21)
    assert clicked_span("  ", 1, 3) is None
    assert clicked_span("\u4e2d\u6587 word", 6, 2) == (3, 7)


async def test_drag_selects_and_copies_what_is_seen() -> None:
    """With the mouse, within one widget; a drag folds nothing."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        streamed.add(
            "tool", name="Bash", args={"command": "make all"}, state="success", output="out"
        )
        streamed.add("prose", "first words\n\nsecond words", ended_at=NOW)
        await pilot.pause()
        before = lines(pilot)
        y = next(n for n, line in enumerate(before) if "first words" in line)
        await pilot.mouse_down(Transcript, offset=(3, y))
        await pilot.hover(Transcript, offset=(8, y + 2))
        await pilot.mouse_up(Transcript, offset=(8, y + 2))
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "first words\n\nsecond"
        colours = {
            segment.style.bgcolor
            for segment in streamed.widget.render_lines(streamed.widget.size.region)[y]
            if segment.style and segment.text.strip()
        }
        assert colours == {pilot.app.screen.get_component_rich_style("screen--selection").bgcolor}
        await pilot.mouse_down(Transcript, offset=(3, 0))
        await pilot.hover(Transcript, offset=(9, 0))
        await pilot.mouse_up(Transcript, offset=(9, 0))
        await pilot.pause()
        assert lines(pilot) == before


async def test_a_click_makes_the_entry_current() -> None:
    """Keys act on it from then on, and go on from there; one that folds folds as well."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        for number in range(3):
            streamed.add("prose", f"message {number}", ended_at=NOW)
            streamed.add("tool", name=f"Tool{number}", state="success", output="out")
        await pilot.pause()
        widget = streamed.widget

        async def click(text: str) -> None:
            y = next(n for n, line in enumerate(lines(pilot)) if text in line)
            await pilot.click(Transcript, offset=(6, y))
            await pilot.pause(0.6)  # two clicks soon after another would be one of two

        assert widget.marked is None
        await click("message 1")
        assert widget.marked is not None
        assert widget.marked.text == "message 1"
        await click("Tool0")
        assert any("out" in line for line in lines(pilot))
        assert widget.marked.name == "Tool0"
        widget.move_current(1)
        assert widget.marked.text == "message 1"


async def test_without_a_mark_in_view_moving_begins_in_the_view() -> None:
    """An old mark far away leads nowhere; at the live end, from the end."""
    streamed = StreamedView([prose(number) for number in range(40)])
    async with shown(streamed) as pilot:
        widget = streamed.widget
        await pilot.click(Transcript, offset=(6, 18))
        first = widget.marked
        await streamed.hold(pilot, streamed.view.entries[4], 0)
        widget.move_current(1)
        assert widget.marked is streamed.view.entries[4]
        widget.action_scroll_end()
        await pilot.pause()
        assert widget.following
        widget.move_current(1)
        assert widget.following
        assert widget.marked is streamed.view.entries[-1]
        assert first is not None


LONG = " ".join(f"word{number}" for number in range(30))
COMMAND = "for f in a b; do  grep -rn 'two  spaces' \"$f\" | sort --unique > /tmp/" + "x" * 90


async def test_soft_wraps_are_not_copied() -> None:
    """Prose, items, quotes, code, commands, messages: one line of the source is one of the copy."""
    streamed = StreamedView()
    async with shown(streamed, (60, 60)) as pilot:
        streamed.add("user", f"{LONG}\nsecond", ended_at=NOW)
        text = f"{LONG}\n\n- {LONG}\n  1. {LONG}\n\n> {LONG}\n\n```sh\n{COMMAND}\n  x\n```\n"
        streamed.add("prose", text, ended_at=NOW)
        streamed.add("error", LONG, ended_at=NOW)
        call = streamed.add(
            "tool", name="Bash", args={"command": COMMAND}, state="success", output=f"\t{LONG}\nend"
        )
        streamed.widget.toggle(call.id)
        await pilot.pause()
        pilot.app.screen.selections = {streamed.widget: Selection(Offset(0, 0), None)}
        copied = pilot.app.screen.get_selected_text()
        assert copied is not None
        seen = [line.strip() for line in copied.split("\n") if line.strip()]
        assert seen[:2] == [LONG, "second"]
        assert seen[2:6] == [LONG, f"\u2022 {LONG}", f"1. {LONG}", f"\u258f {LONG}"]
        assert seen[6:8] == [COMMAND, "x"]
        assert seen[8:10] == ["error", LONG]
        assert [f"command: {COMMAND}", "output", LONG, "end"] == seen[12:]


async def test_a_wrapped_command_is_copied_from_its_middle() -> None:
    """A selection that begins and ends within wrapped lines is one line too."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        streamed.add("prose", f"```\n{COMMAND}\n```", ended_at=NOW)
        await pilot.pause()
        widget = streamed.widget
        first = next(n for n, line in enumerate(lines(pilot)) if "for f" in line)
        begin = lines(pilot)[first].index("for f")
        part = Selection(Offset(begin + 4, first), Offset(begin + 6, first + 1))
        pilot.app.screen.selections = {widget: part}
        copied = pilot.app.screen.get_selected_text()
        assert copied is not None
        assert "\n" not in copied
        assert COMMAND[4:].startswith(copied)
        assert len(copied) > 50


async def test_cells_of_a_table_are_not_joined() -> None:
    """What stands beside each other in its lines is no text that goes on."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        row = f"| {LONG[:60]} | {LONG[:50]} |"
        streamed.add("prose", f"| a | b |\n|---|---|\n{row}\n", ended_at=NOW)
        await pilot.pause()
        pilot.app.screen.selections = {streamed.widget: Selection(Offset(0, 0), None)}
        copied = pilot.app.screen.get_selected_text()
        assert copied is not None
        assert len(copied.rstrip().split("\n")) == sum(1 for line in lines(pilot) if line.strip())


async def test_numbers_of_lines_are_not_copied() -> None:
    """Only what stands in the file, with its indentation."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        args = {"file_path": "x.py", "content": f"if x:\n    y({LONG!r})\n"}
        streamed.add("tool", name="Write", args=args, state="success", output="")
        await pilot.pause()
        assert streamed.widget.fold_current()
        await pilot.pause()
        y = next(n for n, line in enumerate(lines(pilot)) if "if x:" in line)
        last = next(n for n, line in enumerate(lines(pilot)) if "word29" in line)
        part = Selection(Offset(0, y), Offset(80, last))
        pilot.app.screen.selections = {streamed.widget: part}
        assert pilot.app.screen.get_selected_text() == f"if x:\n    y({LONG!r})"
