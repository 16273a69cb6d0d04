"""Holding still: the line at the top stays while the reader has scrolled up."""

from __future__ import annotations

import random
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lashd.view import Entry, ViewChanges
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.screen_text import until
from tests.tui.widgets.transcript.transcript_harness import NOW, Story, lines, prose, shown

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
    """Text that comes below moves nothing, and is counted."""
    story = Story([prose(number) for number in range(30)])
    async with shown(story) as pilot:
        await pilot.press("pageup")
        before = lines(pilot)
        assert not story.widget.following
        answer = story.add("prose", "")
        for _ in range(50):
            story.write(answer, "more and more text\n\n")
        story.add("tool", name="Bash", state="success")
        await pilot.pause()
        assert lines(pilot) == before
        assert story.widget.unseen == 2


async def test_one_line_up_is_one_line() -> None:
    """Through rows never seen before, whose heights were guessed, line by line."""
    story = Story([prose(number, words=10 + number * 7 % 90) for number in range(40)])
    async with shown(story) as pilot:
        before = lines(pilot)
        for _ in range(150):
            story.widget.action_scroll_up()
            await pilot.pause()
            now = lines(pilot)
            assert now[1:] == before[:-1]
            before = now
        for _ in range(40):
            story.widget.action_scroll_down()
            await pilot.pause()
            now = lines(pilot)
            assert now[:-1] == before[1:]
            before = now


async def test_a_page_up_keeps_one_line_in_sight() -> None:
    """Nothing is jumped over."""
    story = Story([prose(number, words=10 + number * 7 % 90) for number in range(40)])
    async with shown(story) as pilot:
        for _ in range(8):
            before = lines(pilot)
            story.widget.action_page_up()
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
    """Wherever the estimates of what is not drawn yet have the end."""
    made = [
        Entry("prose", f"p{n}", n, text=f"begin{n} {text}", started_at=NOW) for n in range(count)
    ]
    story = Story(made)
    async with shown(story, size=(24, height)) as pilot:
        await pilot.press("home")
        seen = lines(pilot)
        for _ in range(400):
            if story.widget.following:
                break
            before = lines(pilot)
            await pilot.press("pagedown")
            now = lines(pilot)
            if not story.widget.following:
                assert now[0] == before[-1]
            seen += now
        assert story.widget.following
        assert {f"begin{n}" for n in range(count)} <= set(" ".join(seen).split())


async def test_the_wheel_reaches_the_live_end_too() -> None:
    """Where the scrollbar ends short of it by its estimate."""
    story = Story([Entry("prose", f"p{n}", n, text=LONG_WORDS, started_at=NOW) for n in range(4)])
    async with shown(story, size=(24, 10)) as pilot:
        await pilot.press("home")
        for _ in range(200):
            if story.widget.following:
                break
            story.widget._on_mouse_scroll_down(_wheel_down(story.widget))
            await pilot.pause()
        assert story.widget.following
        assert story.widget.scroll_offset.y == story.widget.max_scroll_y


async def test_end_goes_back_to_live() -> None:
    """By key, and by scrolling down to the end; the count is gone then."""
    story = Story([prose(number) for number in range(30)])
    async with shown(story) as pilot:
        await pilot.press("pageup")
        story.add("user", "news")
        await pilot.pause()
        assert story.widget.unseen == 1
        await pilot.press("end")
        assert story.widget.following
        assert story.widget.unseen == 0
        assert "news" in lines(pilot)[-1]
        await pilot.press("up")
        assert not story.widget.following
        await pilot.press("down")
        assert story.widget.following


async def test_the_app_is_told_when_it_changes() -> None:
    """`Followed` says live or held, and how much is new below."""
    story = Story([prose(number) for number in range(30)])
    told: list[tuple[bool, int]] = []
    async with shown(story) as pilot:
        original = story.widget.post_message

        def note(message: object) -> bool:
            if isinstance(message, Transcript.Followed):
                told.append((message.following, message.unseen))
                return True
            return original(message)  # type: ignore[arg-type]

        story.widget.post_message = note  # type: ignore[method-assign]
        story.widget.action_page_up()
        story.add("user", "one")
        story.add("user", "two")
        story.widget.follow()
        await pilot.pause()
    assert told == [(False, 0), (False, 1), (False, 2), (True, 0)]


async def test_home_goes_to_the_first_line_and_holds() -> None:
    """However far it is."""
    story = Story([prose(number) for number in range(2000)])
    async with shown(story) as pilot:
        await pilot.press("home")
        assert "message 0:" in lines(pilot)[0]
        assert not story.widget.following


async def test_what_was_dropped_unseen_is_not_counted() -> None:
    """The badge counts entries that can still be read."""
    story = Story([prose(number) for number in range(30)])
    async with shown(story) as pilot:
        await pilot.press("up")
        for _ in range(50):
            story.add("user", "more")
            story.drop(1)
        await pilot.pause()
        assert not story.widget.following
        assert story.widget.unseen == 30


async def test_entries_dropped_from_the_head_move_nothing() -> None:
    """As long as what is at the top is still there; then it is the oldest that is."""
    story = Story([prose(number) for number in range(60)])
    async with shown(story) as pilot:
        await pilot.press("pageup")
        before = lines(pilot)
        story.drop(20)
        await pilot.pause()
        assert lines(pilot) == before
        story.drop(39)
        await pilot.pause()
        assert "message 59" in "\n".join(lines(pilot))


async def test_resize_keeps_the_reading_position() -> None:
    """The entry at the top stays at the top, narrower or wider."""
    story = Story([prose(number, words=80) for number in range(60)])
    async with shown(story) as pilot:
        for _ in range(4):
            await pilot.press("pageup")
        hit = story.widget.row_at(0)
        assert hit is not None
        for size in ((40, 20), (100, 20), (60, 12), (60, 30)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_has_height, story, size[1]), "resized")
            found = story.widget.row_at(0)
            assert found is not None
            assert found[0] is hit[0]
            assert not story.widget.following


async def test_resize_while_following_stays_at_the_end() -> None:
    """The last words are in sight at any size."""
    story = Story([prose(number, words=80) for number in range(60)])
    async with shown(story) as pilot:
        for size in ((40, 20), (100, 20), (60, 12)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_has_height, story, size[1]), "resized")
            assert story.widget.following
            assert (story.view.entries[-1].text or "").split()[-1].strip("*`") in lines(pilot)[-1]


async def test_reasoning_does_not_fold_under_the_readers_eyes() -> None:
    """What is at the top while held stays, though it is over now."""
    story = Story()
    async with shown(story) as pilot:
        thought = story.add("reasoning", "\n".join(f"step {n}" for n in range(60)))
        await pilot.pause()
        await pilot.press("pageup")
        before = lines(pilot)
        thought.ended_at = NOW
        story.tell(thought)
        story.add("prose", "so")
        await pilot.pause()
        assert lines(pilot) == before


async def test_open_markdown_that_turns_out_otherwise_waits_for_the_reader() -> None:
    """A late second mark would take the first one from the line at the top; moving shows it."""
    story = Story([prose(1)])
    async with shown(story) as pilot:
        answer = story.add("prose", "**begun " + "and more words " * 100)
        await pilot.pause()
        while "begun" not in lines(pilot)[0]:
            story.widget.action_scroll_up()
            await pilot.pause()
        before = lines(pilot)
        story.write(answer, "ended** ")
        await pilot.pause()
        assert lines(pilot)[0] == before[0]
        assert "**begun" in before[0]
        story.widget.action_scroll_up()
        await pilot.pause()
        assert "**" not in "".join(lines(pilot))
        assert "begun" in "".join(lines(pilot))


async def test_a_replaced_view_keeps_the_readers_place() -> None:
    """A commit that brings its own view does not throw him to either end."""
    story = Story([prose(number) for number in range(60)])
    async with shown(story) as pilot:
        for _ in range(3):
            await pilot.press("pageup")
        before = lines(pilot)
        story.view.entries = [prose(number) for number in range(70)]
        story.widget.apply(ViewChanges(reset=True))
        await pilot.pause()
        assert lines(pilot) == before
        assert not story.widget.following
        story.view.entries = [prose(number + 1000) for number in range(70)]
        story.widget.apply(ViewChanges(reset=True))
        await pilot.pause()
        assert not story.widget.following
        assert 0 < story.widget.scroll_offset.y < story.widget.max_scroll_y


async def test_wheel_and_scrollbar_hold_too() -> None:
    """However the reader scrolls."""
    story = Story([prose(number) for number in range(60)])
    async with shown(story) as pilot:
        story.widget._on_mouse_scroll_up(_wheel(story.widget))
        await pilot.pause()
        assert not story.widget.following
        story.widget.follow()
        story.widget.scroll_to(y=5, animate=False)
        await pilot.pause()
        assert not story.widget.following
        before = lines(pilot)
        story.add("user", "more")
        await pilot.pause()
        assert lines(pilot) == before


def _has_height(story: Story, height: int) -> bool:
    return story.widget._port.height == height


def _wheel(widget: Transcript):  # type: ignore[no-untyped-def]
    from textual.events import MouseScrollUp

    return MouseScrollUp(widget, 3, 3, 0, -1, 0, False, False, False)


def _wheel_down(widget: Transcript):  # type: ignore[no-untyped-def]
    from textual.events import MouseScrollDown

    return MouseScrollDown(widget, 3, 3, 0, 1, 0, False, False, False)


def _story(seed: int) -> Story:
    random_ = random.Random(seed)
    entries: list[Entry] = []
    for number in range(40):
        if random_.random() < 0.3:
            name, state = "Bash", "success"
            entries.append(Entry("tool", f"p{number}", number, name=name, state=state))  # type: ignore[arg-type]
        else:
            entries.append(prose(number, words=random_.randint(1, 120)))
    story = Story(entries)
    story.count = 1000
    return story


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
    """Whatever streams in below, is new, thought, withdrawn or dropped, or comes again."""
    story = _story(seed)
    random_ = random.Random(seed)
    async with shown(story, size=(50, 15)) as pilot:
        answer = story.add("prose", "")
        if inside:
            for _ in range(60):
                story.write(answer, random_.choice(PIECES) * random_.randint(1, 4))
        await pilot.pause()
        story.widget._move(-up)
        await pilot.pause()
        if story.widget.following:
            return
        top = lines(pilot)[0]
        left = 10
        for name, value in deltas:
            if name == "write":
                story.write(answer, PIECES[value % len(PIECES)] * (1 + value % 3))
            elif name == "new":
                answer.ended_at = NOW
                story.tell(answer)
                answer = story.add("prose", "next ")
            elif name == "drop" and left:
                left -= 1
                story.drop(1)
            elif name == "tool":
                story.add("tool", name="Read", state="running")
            elif name == "think":
                thought = story.add("reasoning", "a thought\n" * (value % 12))
                thought.ended_at = NOW
                story.tell(thought)
            elif name == "withdraw":
                attempt = story.add("prose", "an attempt\n\n" * (value % 12))
                if value % 3:
                    await pilot.pause()
                story.remove(attempt)
            elif name == "again" and not inside:
                # An open message of Markdown may look different when it is drawn anew.
                story.widget.show_view(story.view, keep_place=True)
            if value % 2:
                await pilot.pause()
                assert lines(pilot)[0] == top
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert not story.widget.following
