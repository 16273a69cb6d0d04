"""What two texts have in common."""

from __future__ import annotations

import random
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lashtui.text.linediff import Work, common

ITEMS = st.lists(st.sampled_from("abcde"), max_size=14)


def longest(a: list[str], b: list[str]) -> int:
    """The length of the longest common subsequence, by its definition."""

    @cache
    def rest(x: int, y: int) -> int:
        if x == len(a) or y == len(b):
            return 0
        if a[x] == b[y]:
            return 1 + rest(x + 1, y + 1)
        return max(rest(x + 1, y), rest(x, y + 1))

    return rest(0, 0)


def is_common(a: list[str], b: list[str], pairs: list[tuple[int, int]]) -> bool:
    """Whether `pairs` are equal items in the order of both sides."""
    rising = all(x < right and y < below for (x, y), (right, below) in pairwise(pairs))
    return rising and all(a[x] == b[y] for x, y in pairs)


@given(ITEMS, ITEMS)
def test_as_much_stays_as_can(a: list[str], b: list[str]) -> None:
    """No diff is smaller; difflib's may be larger."""
    pairs, exact = common(a, b, Work())
    assert exact
    assert is_common(a, b, pairs)
    assert len(pairs) == longest(a, b)
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    assert len(pairs) >= sum(block.size for block in blocks)


@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_moved_lines(order: list[int], gone: set[int]) -> None:
    """Lines that are all different are compared exactly, in any order."""
    a, b = [str(n) for n in range(12)], [str(n) for n in order if n not in gone]
    pairs, exact = common(a, b, Work(0))
    assert exact
    assert is_common(a, b, pairs)
    assert len(pairs) == longest(a, b)


@given(ITEMS, ITEMS, st.integers(0, 60))
def test_with_little_work_it_is_still_right(a: list[str], b: list[str], steps: int) -> None:
    """What is found is common to both; only that it is the most isn't claimed."""
    pairs, exact = common(a, b, Work(steps))
    assert is_common(a, b, pairs)
    assert not exact or len(pairs) == longest(a, b)


def test_the_work_is_bounded() -> None:
    """Whatever is compared: what was left is not overdrawn by more than one round."""
    chance = random.Random(1)
    a, b = ([chance.choice("ab{}") for _ in range(5000)] for _ in range(2))
    work = Work()
    pairs, exact = common(a, b, work)
    assert not exact
    assert is_common(a, b, pairs)
    assert work.left > -12_000


def test_few_changes_of_many_lines_are_exact() -> None:
    """However long the text is, and however often its lines occur."""
    a = [str(n % 9) for n in range(20_000)]
    b = [*a[:100], "new", *a[101:15_000], *a[15_003:]]
    pairs, exact = common(a, b, Work())
    assert exact
    assert len(pairs) == len(b) - 1
