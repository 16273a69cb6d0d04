"""When the user's command is run, and what it is told."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lashtui.app.notices.notice import Notice
from lashtui.app.notices.queue import EVERY, NotifyQueue
from lashtui.saved.session_key import SessionKey
from lashtui.settings import OCCASIONS, Occasion


def notice(occasion: Occasion = "waiting", text: str = "a: asks", name: str = "a") -> Notice:
    """A notice of this machine."""
    return Notice(occasion, text, SessionKey("", name))


def test_the_first_is_told_at_once() -> None:
    """With all there is to know."""
    queue = NotifyQueue()
    assert queue.wait(0.0) is None
    queue.offer([Notice("failed", "a: failed: no", SessionKey("box", "a"))])
    assert queue.wait(100.0) == 0.0
    assert queue.begin(100.0) == {
        "LASHTUI_KIND": "failed",
        "LASHTUI_SESSION": "a",
        "LASHTUI_HOST": "box",
        "LASHTUI_TEXT": "a: failed: no",
    }


def test_what_comes_meanwhile_is_told_together() -> None:
    """The most urgent of it, the first of those, and how many more there are."""
    queue = NotifyQueue()
    queue.offer([notice()])
    queue.begin(100.0)
    queue.offer([notice("turn-end", "b: done", "b"), notice("waiting", "c: asks", "c")])
    queue.offer([notice("waiting", "d: asks", "d"), notice("quiet", "e: quiet", "e")])
    assert queue.wait(101.0) is None
    queue.end()
    assert queue.wait(101.0) == EVERY - 1
    assert queue.wait(107.0) == 0.0
    told = queue.begin(107.0)
    assert (told["LASHTUI_KIND"], told["LASHTUI_SESSION"]) == ("waiting", "c")
    assert told["LASHTUI_TEXT"] == "c: asks (and 3 more)"


def test_a_long_text_leaves_room_for_the_rest() -> None:
    """500 characters in all."""
    queue = NotifyQueue()
    queue.offer([notice(text="x" * 500), notice()])
    text = queue.begin(0.0)["LASHTUI_TEXT"]
    assert text.endswith("x… (and 1 more)")
    assert len(text) == 500


@given(st.lists(st.tuples(st.floats(0, 20), st.lists(st.sampled_from(OCCASIONS), max_size=3))))
def test_each_is_told_once_and_never_too_often(
    steps: list[tuple[float, list[Occasion]]],
) -> None:
    """Runs are apart, and what they say adds up."""
    queue, now = NotifyQueue(), 100.0
    begun: list[float] = []
    told = offered = 0
    for wait, occasions in [*steps, (100.0, [])]:
        now += wait
        queue.offer([notice(occasion) for occasion in occasions])
        offered += len(occasions)
        if queue.wait(now) == 0.0:
            begun.append(now)
            text = queue.begin(now)["LASHTUI_TEXT"]
            told += 1 + (int(text.split("and ")[1].split()[0]) if "more" in text else 0)
            queue.end()
    assert told == offered
    assert all(later - before >= EVERY for before, later in pairwise(begun))
