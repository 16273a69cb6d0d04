"""Numbers that survive any JSON reader."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from lashd.exact import MAX_EXACT, exact_number, whole_number


@given(st.integers() | st.floats() | st.booleans() | st.text() | st.none())
def test_only_numbers_that_a_double_holds_exactly_pass(value: object) -> None:
    """Whole numbers come back as they were from a reader that knows doubles alone."""
    found = exact_number(value)
    if found is None:
        in_range = isinstance(value, int | float) and -MAX_EXACT < value < MAX_EXACT
        assert isinstance(value, bool) or not in_range
    else:
        assert found is value
        assert math.isfinite(found)
        assert json.loads(json.dumps(found), parse_int=float) == found


def test_the_bounds_themselves_do_not_pass() -> None:
    """2**53 and 2**53 + 1 are one double."""
    assert exact_number(MAX_EXACT) is None
    assert exact_number(-MAX_EXACT) is None
    assert exact_number(MAX_EXACT - 1) == MAX_EXACT - 1


@given(st.integers() | st.floats() | st.booleans() | st.text() | st.none())
def test_a_count_is_whole_and_not_negative(value: object) -> None:
    """A float that is whole is one; nothing else is rounded."""
    found = whole_number(value)
    number = exact_number(value)
    if number is not None and number >= 0 and number % 1 == 0:
        assert isinstance(found, int)
        assert found == number
    else:
        assert found is None
