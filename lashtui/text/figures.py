"""Prices and shares in the few characters of a column. Pure; alone, since `ls` needs no more."""

from __future__ import annotations

from math import isfinite


def dollars(amount: float) -> str:
    """`$0.31`, `$4.10`, `$1,204`; empty for what can't be a price."""
    if not 0 <= amount < 1e6:
        return ""
    if 0 < amount < 0.005:
        return "<$0.01"
    return f"${amount:,.0f}" if amount >= 1000 else f"${amount:,.2f}"


def percent(share: float) -> str:
    """`41%`, `999%` at most; rounded down: only what is full is 100%."""
    if not isfinite(share) or share < 0:
        return ""
    # 58 of 200 is 29%, though 0.29 times 100 is a little less as a float.
    return f"{int(min(share, 9.99) * 100 + 1e-9)}%"
