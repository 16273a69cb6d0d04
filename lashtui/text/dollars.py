"""A price in the few characters of a column. Pure; alone, since `ls` needs no more."""

from __future__ import annotations


def dollars(amount: float) -> str:
    """`$0.31`, `$4.10`, `$1,204`; empty for what can't be a price."""
    if not 0 <= amount < 1e6:
        return ""
    if 0 < amount < 0.005:
        return "<$0.01"
    return f"${amount:,.0f}" if amount >= 1000 else f"${amount:,.2f}"
