"""Numbers that every JSON reader holds exactly."""

from __future__ import annotations

MAX_EXACT = 2**53
"""From here on a double, which is what many JSON readers make of a number, skips whole numbers."""


def exact_number(value: object) -> int | float | None:
    """`value` if it is a number closer to 0 than `MAX_EXACT`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -MAX_EXACT < value < MAX_EXACT else None


def whole_number(value: object) -> int | None:
    """`value` if it is a count: a whole number from 0 to below `MAX_EXACT`; else None."""
    number = exact_number(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None
