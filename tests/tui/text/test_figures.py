"""Prices and shares."""

from __future__ import annotations

from lashtui.text.figures import dollars, percent


def test_a_price_is_in_dollars() -> None:
    """Short where it is much; what can't be a price is none."""
    amounts = (0, 0.001, 0.31, 4.1, 999.99, 1204, float("nan"), float("inf"), -1)
    assert [dollars(amount) for amount in amounts] == [
        *("$0.00", "<$0.01", "$0.31", "$4.10", "$999.99", "$1,204", "", "", "")
    ]


def test_a_share_is_rounded_down() -> None:
    """Only what is full is 100 %; short, and empty for what can't be."""
    assert [percent(x) for x in (0.41, 0.999, 1.0, 200.0, float("inf"), float("nan"), -1.0)] == [
        *("41%", "99%", "100%", "999%", "", "", "")
    ]
    assert all(percent(used / 200) == f"{100 * used // 200}%" for used in range(400))
