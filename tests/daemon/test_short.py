"""Names and ids are cut, with a mark."""

from __future__ import annotations

from lashd.short import SMALL, short


def test_only_a_long_text_is_cut() -> None:
    """To the limit, its mark included."""
    assert short(None) is None
    assert short("a" * SMALL) == "a" * SMALL
    assert short("a" * 300) == "a" * (SMALL - 1) + "…"
    assert short("abcdef", 3) == "ab…"
