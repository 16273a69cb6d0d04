"""The current entry: which one it is, and moving to others, without a widget."""

from __future__ import annotations

import pytest

from lashd.view import Entry
from lashtui.widgets.transcript.current import Current
from lashtui.widgets.transcript.viewport import Viewport
from tests.tui.widgets.transcript.rows_harness import call, make_rows, plain

HEIGHT = 10


@pytest.fixture(name="viewport")
def _viewport() -> Viewport:
    """Thirty messages, a failed call, and a commit at the end."""
    entries = [plain(number) for number in range(30)]
    entries[12] = call(12, state="failure")
    viewport = Viewport(make_rows([*entries, Entry("commit", "c", 30)]))
    viewport.height = HEIGHT
    viewport.settle()
    return viewport


@pytest.fixture(name="current")
def _current(viewport: Viewport) -> Current:
    return Current(viewport.rows, viewport)


def key_of(current: Current) -> str | None:
    """The entry that keys act on."""
    row = current.row()
    return row.key if row is not None else None


def test_at_the_live_end_it_is_the_last_entry(current: Current) -> None:
    """The commit below it only draws a line."""
    assert key_of(current) == "e29"


def test_held_it_is_the_first_entry_that_begins_in_view(
    current: Current, viewport: Viewport
) -> None:
    """The one at the top began above."""
    viewport.go_to(5, 2)
    assert key_of(current) == "e6"


def test_a_mark_counts_while_it_is_in_view(current: Current, viewport: Viewport) -> None:
    """Out of view it is not forgotten, only not meant."""
    current.mark("e28")
    assert key_of(current) == "e28"
    viewport.go_to(0, 0)
    assert current.marked() is None
    assert key_of(current) == "e0"
    viewport.follow()
    assert key_of(current) == "e28"


def test_moving_begins_at_hand_and_scrolls_as_little_as_it_can(
    current: Current, viewport: Viewport
) -> None:
    """The first move marks what is there; later ones bring the next entry into view."""
    current.move(-1)
    assert key_of(current) == "e29"
    for _ in range(5):
        current.move(-1)
    assert key_of(current) == "e24"
    assert viewport.rows.find(viewport.settle()) == 24
    for _ in range(9):
        current.move(1)
    assert key_of(current) == "e29"
    assert viewport.following


def test_a_jump_holds_its_target_near_the_top(current: Current, viewport: Viewport) -> None:
    """If there is none, it reports that."""
    assert current.can_jump("error", -1)
    assert not current.can_jump("error", 1)
    assert current.jump("error", -1)
    assert key_of(current) == "e12"
    assert viewport.settle() == viewport.rows.start(12)
    assert not current.jump("error", -1)
