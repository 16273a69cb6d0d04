"""Prices."""

from __future__ import annotations

from lashtui.text.dollars import dollars


def test_a_price_is_in_dollars() -> None:
    """Short where it is much; what can't be a price is none."""
    amounts = (0, 0.001, 0.31, 4.1, 999.99, 1204, float("nan"), float("inf"), -1)
    assert [dollars(amount) for amount in amounts] == [
        *("$0.00", "<$0.01", "$0.31", "$4.10", "$999.99", "$1,204", "", "", "")
    ]
