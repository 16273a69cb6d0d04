"""Which lines, or words, two texts have in common: the most of them, for bounded work. Pure.

Myers' algorithm ("An O(ND) Difference Algorithm", 1986) on what occurs on both sides. Where that
would take too long, items that occur only once on either side are matched first; what is between
them and still too much counts as replaced.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from math import isqrt
from typing import Final

MAX_STEPS: Final = 60_000
"""Steps of one comparison, about 15 ms: enough for 340 lines that were moved or repeated, whatever
the length of the texts. Lines that are only on one side cost nothing."""

Pair = tuple[int, int]
"""The places of an item that both sides have."""


class Work:
    """Steps that are left to one comparison, or to several."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps


def common(old: Sequence[str], new: Sequence[str], work: Work) -> tuple[list[Pair], bool]:
    """What stays, in order; and whether that is the most that could stay."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    # What only one side has can't stay: without it most comparisons are small.
    shared = set(before).intersection(after)
    olds = [head + at for at, item in enumerate(before) if item in shared]
    news = [head + at for at, item in enumerate(after) if item in shared]
    pairs, exact = _matched([old[at] for at in olds], [new[at] for at in news], work)
    middle = [(olds[x], news[y]) for x, y in pairs]
    ends = [(len(old) - at, len(new) - at) for at in range(tail, 0, -1)]
    return [(at, at) for at in range(head)] + middle + ends, exact


def _matched(a: Sequence[str], b: Sequence[str], work: Work) -> tuple[list[Pair], bool]:
    if not a or not b:
        return [], True
    if len(set(a)) == len(a) and len(set(b)) == len(b):
        return _anchors(a, b), True
    found = _shortest_edit(a, b, work)
    if found is not None:
        return found, True
    pairs: list[Pair] = []
    x = y = 0
    for right, below in [*_anchors(a, b), (len(a), len(b))]:
        found = _shortest_edit(a[x:right], b[y:below], work)
        pairs += [(x + i, y + j) for i, j in found or ()]
        if right < len(a):
            pairs.append((right, below))
        x, y = right + 1, below + 1
    return pairs, False


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[Pair]:
    """Items that are once in `a` and once in `b`: the most of them that are in the same order."""
    in_a, in_b = Counter(a), Counter(b)
    place = {item: at for at, item in enumerate(b) if in_b[item] == 1}
    best: list[int] = []
    """By length: the smallest place in `b` that a sequence of this length ends with."""
    ends: list[int] = []
    seen: list[tuple[int, int, int]] = []
    """Place in `a`, place in `b`, the item of `seen` before it."""
    for at, item in enumerate(a):
        below = place.get(item) if in_a[item] == 1 else None
        if below is None:
            continue
        length = bisect_left(best, below)
        seen.append((at, below, ends[length - 1] if length else -1))
        if length == len(best):
            best.append(below)
            ends.append(len(seen) - 1)
        else:
            best[length], ends[length] = below, len(seen) - 1
    found: list[Pair] = []
    last = ends[-1] if ends else -1
    while last >= 0:
        at, below, last = seen[last]
        found.append((at, below))
    return found[::-1]


def _shortest_edit(a: Sequence[str], b: Sequence[str], work: Work) -> list[Pair] | None:
    """What stays where as little as possible is deleted and added; None if it takes too long."""
    n, m = len(a), len(b)
    if not n or not m:
        return []
    most = min(n + m, isqrt(2 * max(0, work.left)) + 1)
    centre = most + 1
    reach = [0] * (2 * most + 3)
    """By diagonal: how far one gets in `a` with so many changes."""
    trace: list[list[int]] = []
    for d in range(most + 1):
        if work.left <= 0:
            return None
        trace.append(reach[centre - d - 1 : centre + d + 2])
        steps = d + 1
        # Diagonals that have left the table are not followed.
        for k in range(-(d - 2 * max(0, d - m)), d - 2 * max(0, d - n) + 1, 2):
            left, right = reach[centre + k - 1], reach[centre + k + 1]
            begin = x = right if k == -d or (k != d and left < right) else left + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x += 1
                y += 1
            steps += x - begin
            reach[centre + k] = x
            if x >= n and y >= m:
                work.left -= steps
                return _walked_back(trace, n, m)
        work.left -= steps
    return None


def _walked_back(trace: list[list[int]], x: int, y: int) -> list[Pair]:
    pairs: list[Pair] = []
    for d in range(len(trace) - 1, -1, -1):
        reach, k = trace[d], x - y
        left, right = reach[d + k], reach[d + k + 2]
        goes_down = k == -d or (k != d and left < right)
        before = right if goes_down else left + 1
        while x > before:
            x -= 1
            y -= 1
            pairs.append((x, y))
        if d:
            x, y = (x, y - 1) if goes_down else (x - 1, y)
    return pairs[::-1]
