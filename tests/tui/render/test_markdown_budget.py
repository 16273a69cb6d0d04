"""The cost of Markdown is counted by lines, however they arrive."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from lashtui.render import markdown_budget
from lashtui.render.markdown_budget import MarkdownBudget, cost_of

LINES = st.lists(
    st.sampled_from(
        ["\n", "a\n", "- - a\n", "|a|b|\n", "|\n", "*a* `b`\n", "[a](b)\n", "> > 1. x\n", "<b>\n"]
    ),
    max_size=12,
)


@given(LINES, LINES)
def test_lines_cost_together_what_each_costs(first: list[str], second: list[str]) -> None:
    """Otherwise it would matter in which pieces a message arrives."""
    both = "".join(first + second)
    assert cost_of(both) == sum(map(cost_of, first)) + sum(map(cost_of, second))


@given(LINES, LINES, st.integers(min_value=0, max_value=60_000))
def test_what_can_be_afforded_is_the_same_in_pieces(
    first: list[str], second: list[str], most: int
) -> None:
    """It is cut at the same line, and nothing is afforded after that."""
    with patch.object(markdown_budget, "MAX_COST", most):
        once, pieces = MarkdownBudget(), MarkdownBudget()
    whole = once.afford("".join(first + second))
    parts = [pieces.afford(line) for line in first + second]
    assert whole == sum(parts)
    assert not any(
        parts[n] and parts[n - 1] < len((first + second)[n - 1]) for n in range(1, len(parts))
    )


def test_a_code_block_is_whole_and_cheap() -> None:
    """Its marks and lines don't count; what it used is missing for the text after it."""
    fence = "```\n" + "*a* |b|\n" * 100 + "```\n"
    with patch.object(markdown_budget, "MAX_COST", cost_of("before\n") + 1):
        budget = MarkdownBudget()
    text = "before\n" + fence
    assert budget.afford(text + "after\n", [(len("before\n"), len(text))]) == len(text)
    assert budget.is_spent
    assert budget.afford("\n") == 0
    assert budget.afford(fence, [(0, len(fence))]) == 0
