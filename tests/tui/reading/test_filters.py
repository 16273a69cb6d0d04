"""Filtering by kind."""

from __future__ import annotations

from lashd.session.view import Entry
from lashtui.reading.filters import KINDS, make_filter


def test_a_failed_call_is_an_error() -> None:
    """And still a call."""
    failed = Entry("tool", "t", 1, state="failure")
    fine = Entry("tool", "u", 2, state="success")
    errors, tools = make_filter(["error"]), make_filter(["tool"])
    assert errors is not None
    assert tools is not None
    assert errors.shows(failed)
    assert not errors.shows(fine)
    assert errors.shows(Entry("error", "e", 3, text="x"))
    assert tools.shows(failed)
    assert tools.words == "tool calls"


def test_all_and_none_are_no_filter() -> None:
    """Nothing is hidden then."""
    assert make_filter([]) is None
    assert make_filter(kind.id for kind in KINDS) is None
    assert make_filter(["unheard of"]) is None


def test_every_kind_belongs_somewhere() -> None:
    """No entry that no choice shows."""
    kinds = {kind for each in KINDS for kind in each.kinds}
    known = "user prose reasoning tool code value error retry diagnostic commit frame"
    assert kinds == set(known.split())
