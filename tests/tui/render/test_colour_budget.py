"""Time for colouring."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lashtui.render.colour_budget import MAX_COLOURING, PER_BLOCK, PER_CHARACTER, ColourBudget

BLOCKS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=64 * 1024),
        st.lists(st.floats(min_value=0, max_value=0.03), max_size=20),
    ),
    max_size=20,
)
"""Of each block, how many characters it has, and the seconds that its tokens take."""


@given(BLOCKS)
def test_blocks_never_use_more_time_than_they_add(blocks: list[tuple[int, list[float]]]) -> None:
    """Except for the initial budget, and the token during which it runs out."""
    now = brought = longest = 0.0
    budget = ColourBudget(lambda: now)
    for characters, tokens in blocks:
        begun = now
        brought += PER_BLOCK + PER_CHARACTER * characters
        budget.begin(characters)
        for seconds in tokens:
            if budget.is_spent():
                break
            now += seconds
            longest = max(longest, seconds)
        budget.end()
        assert now - begun <= MAX_COLOURING + longest + 1e-9
        assert now <= MAX_COLOURING + brought + longest + 1e-9


@given(st.lists(st.integers(min_value=0, max_value=64 * 1024), max_size=50))
def test_ordinary_code_never_runs_out(blocks: list[int]) -> None:
    """However many blocks there are: it takes up to three microseconds per character."""
    now = 0.0
    budget = ColourBudget(lambda: now)
    for characters in blocks:
        budget.begin(characters)
        now += min(characters * 3e-6, MAX_COLOURING * 0.9)
        assert not budget.is_spent()
        budget.end()


def test_time_between_blocks_does_not_count() -> None:
    """Other work of the thread is not colouring."""
    now = 0.0
    budget = ColourBudget(lambda: now)
    for _ in range(10):
        now += 10
        budget.begin(10)
        assert not budget.is_spent()
        budget.end()
