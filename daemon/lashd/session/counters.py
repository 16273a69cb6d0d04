"""Counters of a usage map: numbers, whoever sends them."""

from __future__ import annotations

from itertools import islice

from lashd.exact import MAX_EXACT, exact_number
from lashd.session.events import JsonValue
from lashd.short import short

MAX_COUNTERS = 32
"""Counters of a usage map; the known dialects have under ten."""
MAX_COUNTER = MAX_EXACT - 1
"""What a counter stops at: beyond it sums are no longer exact, and soon no wire carries them."""


def counters(given: dict[str, JsonValue]) -> dict[str, int | float]:
    """The numbers of `given`, few and exact. Anything else is left out: it can't be summed."""
    numbers = ((short(key) or "", exact_number(value)) for key, value in given.items())
    known = ((key, number) for key, number in numbers if number is not None)
    return dict(islice(known, MAX_COUNTERS))
