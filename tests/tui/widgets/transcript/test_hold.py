"""A held view: the line at the top stays while the reader has scrolled up."""

from __future__ import annotations

import random
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.events import MouseScrollDown, MouseScrollUp

from lashd.view import Entry, ViewChanges
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.screen_text import until
from tests.tui.widgets.transcript.transcript_harness import NOW, StreamedView, lines, prose, shown

PIECES = [
    "word ",
    "**bold** ",
    "\n\n",
    "- item\n",
    "# Head\n",
    "```\n",
    "| a | b |\n|-|-|\n",
    "`x",
    "\n",
]


async def test_scrolling_up_holds_the_view() -> None:
    """Text arriving below moves nothing and counts as unread."""
    streamed = StreamedView([prose(number) for number in range(30)])
    async with shown(streamed) as pilot:
        await pilot.press("pageup")
        before = lines(pilot)
        assert not streamed.widget.following
        answer = streamed.add("prose", "")
        for _ in range(50):
            streamed.write(answer, "more and more text\n\n")
        streamed.add("tool", name="Bash", state="success")
        await pilot.pause()
        assert lines(pilot) == before
        assert streamed.widget.unread == 2


async def test_one_line_up_is_one_line() -> None:
    """Also through rows that were never drawn, whose heights are estimates."""
    streamed = StreamedView([prose(number, words=10 + number * 7 % 90) for number in range(40)])
    async with shown(streamed) as pilot:
        before = lines(pilot)
        for _ in range(150):
            streamed.widget.action_scroll_up()
            await pilot.pause()
            now = lines(pilot)
            assert now[1:] == before[:-1]
            before = now
        for _ in range(40):
            streamed.widget.action_scroll_down()
            await pilot.pause()
            now = lines(pilot)
            assert now[:-1] == before[1:]
            before = now


async def test_a_page_up_keeps_one_line_in_sight() -> None:
    """No line is skipped."""
    streamed = StreamedView([prose(number, words=10 + number * 7 % 90) for number in range(40)])
    async with shown(streamed) as pilot:
        for _ in range(8):
            before = lines(pilot)
            streamed.widget.action_page_up()
            await pilot.pause()
            assert lines(pilot)[-1] == before[0]


LONG_WORDS = "\n\n".join(["supercalifragilistic " * 2] * 9)
"""Three times as high as its estimate at 24 columns."""
ROW_OF_ROWS = "\n".join(["a"] * 30)
"""One paragraph: a tenth of its estimate."""


@pytest.mark.parametrize(
    ("text", "count", "height"), [(LONG_WORDS, 12, 10), (ROW_OF_ROWS, 12, 10), (ROW_OF_ROWS, 4, 20)]
)
async def test_reading_down_by_pages_shows_each_line_and_ends_live(
    text: str, count: int, height: int
) -> None:
    """Wherever the estimates of the rows not yet drawn put the end."""
    made = [
        Entry("prose", f"p{n}", n, text=f"begin{n} {text}", started_at=NOW) for n in range(count)
    ]
    streamed = StreamedView(made)
    async with shown(streamed, size=(24, height)) as pilot:
        await pilot.press("home")
        seen = lines(pilot)
        for _ in range(400):
            if streamed.widget.following:
                break
            before = lines(pilot)
            await pilot.press("pagedown")
            now = lines(pilot)
            if not streamed.widget.following:
                assert now[0] == before[-1]
            seen += now
        assert streamed.widget.following
        assert {f"begin{n}" for n in range(count)} <= set(" ".join(seen).split())


async def test_the_wheel_reaches_the_live_end_too() -> None:
    """Even if the scrollbar, by its estimate, ends short of it."""
    streamed = StreamedView(
        [Entry("prose", f"p{n}", n, text=LONG_WORDS, started_at=NOW) for n in range(4)]
    )
    async with shown(streamed, size=(24, 10)) as pilot:
        await pilot.press("home")
        for _ in range(200):
            if streamed.widget.following:
                break
            _turn_wheel(streamed.widget, 1)
            await pilot.pause()
        assert streamed.widget.following
        assert streamed.widget.scroll_offset.y == streamed.widget.max_scroll_y


async def test_end_goes_back_to_live() -> None:
    """By key, and by scrolling down to the end; then nothing is unread."""
    streamed = StreamedView([prose(number) for number in range(30)])
    async with shown(streamed) as pilot:
        await pilot.press("pageup")
        streamed.add("user", "latest")
        await pilot.pause()
        assert streamed.widget.unread == 1
        await pilot.press("end")
        assert streamed.widget.following
        assert streamed.widget.unread == 0
        assert "latest" in lines(pilot)[-1]
        await pilot.press("up")
        assert not streamed.widget.following
        await pilot.press("down")
        assert streamed.widget.following


async def test_a_message_is_posted_when_it_changes() -> None:
    """`Followed` says whether the view is live or held, and how much is unread."""
    streamed = StreamedView([prose(number) for number in range(30)])
    posted: list[tuple[bool, int]] = []
    async with shown(streamed) as pilot:
        original = streamed.widget.post_message

        def record(message: object) -> bool:
            if isinstance(message, Transcript.Followed):
                posted.append((message.following, message.unread))
                return True
            return original(message)  # type: ignore[arg-type]

        streamed.widget.post_message = record  # type: ignore[method-assign]
        streamed.widget.action_page_up()
        streamed.add("user", "one")
        streamed.add("user", "two")
        streamed.widget.follow()
        await pilot.pause()
    assert posted == [(False, 0), (False, 1), (False, 2), (True, 0)]


async def test_home_goes_to_the_first_line_and_holds() -> None:
    """However far it is."""
    streamed = StreamedView([prose(number) for number in range(2000)])
    async with shown(streamed) as pilot:
        await pilot.press("home")
        assert "message 0:" in lines(pilot)[0]
        assert not streamed.widget.following


async def test_unread_entries_that_were_dropped_do_not_count() -> None:
    """The count is of entries that can still be read."""
    streamed = StreamedView([prose(number) for number in range(30)])
    async with shown(streamed) as pilot:
        await pilot.press("up")
        for _ in range(50):
            streamed.add("user", "more")
            streamed.drop(1)
        await pilot.pause()
        assert not streamed.widget.following
        assert streamed.widget.unread == 30


async def test_entries_dropped_from_the_head_move_nothing() -> None:
    """As long as the entry at the top is there; after that the oldest one is shown."""
    streamed = StreamedView([prose(number) for number in range(60)])
    async with shown(streamed) as pilot:
        await pilot.press("pageup")
        before = lines(pilot)
        streamed.drop(20)
        await pilot.pause()
        assert lines(pilot) == before
        streamed.drop(39)
        await pilot.pause()
        assert "message 59" in "\n".join(lines(pilot))


async def test_resize_keeps_the_reading_position() -> None:
    """The entry at the top stays at the top, narrower or wider."""
    streamed = StreamedView([prose(number, words=80) for number in range(60)])
    async with shown(streamed) as pilot:
        for _ in range(4):
            await pilot.press("pageup")
        place = streamed.widget.place()
        assert place is not None
        for size in ((40, 20), (100, 20), (60, 12), (60, 30)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_has_height, streamed, size[1]), "resized")
            found = streamed.widget.place()
            assert found is not None
            assert found.key == place.key
            assert not streamed.widget.following


async def test_resize_while_following_stays_at_the_end() -> None:
    """The last words are visible at any size."""
    streamed = StreamedView([prose(number, words=80) for number in range(60)])
    async with shown(streamed) as pilot:
        for size in ((40, 20), (100, 20), (60, 12)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_has_height, streamed, size[1]), "resized")
            assert streamed.widget.following
            assert (streamed.view.entries[-1].text or "").split()[-1].strip("*`") in lines(pilot)[
                -1
            ]


async def test_reasoning_does_not_fold_under_the_readers_eyes() -> None:
    """A held view stays within reasoning that has ended."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        thought = streamed.add("reasoning", "\n".join(f"step {n}" for n in range(60)))
        await pilot.pause()
        await pilot.press("pageup")
        before = lines(pilot)
        thought.ended_at = NOW
        streamed.update(thought)
        streamed.add("prose", "so")
        await pilot.pause()
        assert lines(pilot) == before


async def test_open_markdown_that_would_change_the_top_line_waits() -> None:
    """A late second mark would take the first one from the line at the top; moving shows it."""
    streamed = StreamedView([prose(1)])
    async with shown(streamed) as pilot:
        answer = streamed.add("prose", "**begun " + "and more words " * 100)
        await pilot.pause()
        while "begun" not in lines(pilot)[0]:
            streamed.widget.action_scroll_up()
            await pilot.pause()
        before = lines(pilot)
        streamed.write(answer, "ended** ")
        await pilot.pause()
        assert lines(pilot)[0] == before[0]
        assert "**begun" in before[0]
        streamed.widget.action_scroll_up()
        await pilot.pause()
        assert "**" not in "".join(lines(pilot))
        assert "begun" in "".join(lines(pilot))


async def test_a_replaced_view_keeps_the_readers_place() -> None:
    """A commit that brings its own view does not scroll to either end."""
    streamed = StreamedView([prose(number) for number in range(60)])
    async with shown(streamed) as pilot:
        for _ in range(3):
            await pilot.press("pageup")
        before = lines(pilot)
        streamed.view.entries = [prose(number) for number in range(70)]
        streamed.widget.apply(ViewChanges(reset=True))
        await pilot.pause()
        assert lines(pilot) == before
        assert not streamed.widget.following
        streamed.view.entries = [prose(number + 1000) for number in range(70)]
        streamed.widget.apply(ViewChanges(reset=True))
        await pilot.pause()
        assert not streamed.widget.following
        assert 0 < streamed.widget.scroll_offset.y < streamed.widget.max_scroll_y


async def test_wheel_and_scrollbar_hold_too() -> None:
    """However the reader scrolls."""
    streamed = StreamedView([prose(number) for number in range(60)])
    async with shown(streamed) as pilot:
        _turn_wheel(streamed.widget, -1)
        await pilot.pause()
        assert not streamed.widget.following
        streamed.widget.follow()
        streamed.widget.scroll_to(y=5, animate=False)
        await pilot.pause()
        assert not streamed.widget.following
        before = lines(pilot)
        streamed.add("user", "more")
        await pilot.pause()
        assert lines(pilot) == before


def _has_height(streamed: StreamedView, height: int) -> bool:
    return streamed.widget.size.height == height


def _turn_wheel(widget: Transcript, by: int) -> None:
    """Turn the mouse wheel down (1) or up (-1)."""
    kind = MouseScrollDown if by > 0 else MouseScrollUp
    widget.post_message(kind(widget, 3, 3, 0, by, 0, False, False, False))


def _mixed_view(seed: int) -> StreamedView:
    random_ = random.Random(seed)
    entries: list[Entry] = []
    for number in range(40):
        if random_.random() < 0.3:
            name, state = "Bash", "success"
            entries.append(Entry("tool", f"p{number}", number, name=name, state=state))  # type: ignore[arg-type]
        else:
            entries.append(prose(number, words=random_.randint(1, 120)))
    streamed = StreamedView(entries)
    streamed.count = 1000
    return streamed


@pytest.mark.parametrize("inside", [False, True], ids=["above the open message", "within it"])
@given(
    seed=st.integers(min_value=0, max_value=1000),
    up=st.integers(min_value=1, max_value=45),
    deltas=st.lists(
        st.tuples(
            st.sampled_from(["write", "new", "drop", "tool", "think", "withdraw", "again"]),
            st.integers(0, 99),
        ),
        min_size=5,
        max_size=40,
    ),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_top_line_never_changes_while_held(
    inside: bool, seed: int, up: int, deltas: list[tuple[str, int]]
) -> None:
    """Whatever is streamed, added, withdrawn, dropped or replaced."""
    streamed = _mixed_view(seed)
    random_ = random.Random(seed)
    async with shown(streamed, size=(50, 15)) as pilot:
        answer = streamed.add("prose", "")
        if inside:
            for _ in range(60):
                streamed.write(answer, random_.choice(PIECES) * random_.randint(1, 4))
        await pilot.pause()
        streamed.widget.move(-up)
        await pilot.pause()
        if streamed.widget.following:
            return
        top = lines(pilot)[0]
        left = 10
        for name, value in deltas:
            if name == "write":
                streamed.write(answer, PIECES[value % len(PIECES)] * (1 + value % 3))
            elif name == "new":
                answer.ended_at = NOW
                streamed.update(answer)
                answer = streamed.add("prose", "next ")
            elif name == "drop" and left:
                left -= 1
                streamed.drop(1)
            elif name == "tool":
                streamed.add("tool", name="Read", state="running")
            elif name == "think":
                thought = streamed.add("reasoning", "a thought\n" * (value % 12))
                thought.ended_at = NOW
                streamed.update(thought)
            elif name == "withdraw":
                attempt = streamed.add("prose", "an attempt\n\n" * (value % 12))
                if value % 3:
                    await pilot.pause()
                streamed.remove(attempt)
            elif name == "again" and not inside:
                # Open Markdown may look different when it is rendered from the start.
                streamed.widget.show_view(streamed.view, keep_place=True)
            if value % 2:
                await pilot.pause()
                assert lines(pilot)[0] == top
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert not streamed.widget.following
