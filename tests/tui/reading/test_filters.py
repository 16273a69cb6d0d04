"""Filtering by kind."""

from __future__ import annotations

import pytest

from lashd.view import Entry
from lashtui.reading.filters import KINDS, is_failure, make_filter


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


def test_all_is_no_filter_and_none_shows_nothing() -> None:
    """Turning everything off does not show everything."""
    assert make_filter(kind.id for kind in KINDS) is None
    nothing = make_filter([])
    assert nothing is not None
    assert not nothing.shows(Entry("prose", "p", 1, text="x"))
    assert not nothing.shows(Entry("tool", "t", 1, state="failure"))
    assert make_filter(["unheard of"]) == nothing


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("tool", "only tool calls"),
        ("user prose tool", "only your messages, prose, tool calls"),
        ("user reasoning tool code question error other", "prose hidden"),
        ("", "nothing"),
    ],
)
def test_the_shorter_description_is_used(chosen: str, words: str) -> None:
    """What is shown, or what is not."""
    chosen_kinds = make_filter(chosen.split())
    assert chosen_kinds is not None
    assert chosen_kinds.words == words


def test_every_kind_belongs_somewhere() -> None:
    """No entry that no choice shows."""
    kinds = {kind for each in KINDS for kind in each.kinds}
    known = "user prose reasoning tool code value error retry diagnostic commit frame question"
    assert kinds == set(known.split())


def test_questions_are_a_kind_of_their_own() -> None:
    """What a person was asked is found, and hidden, apart from other remarks."""
    question = Entry("diagnostic", "q", 1, name="waiting", text="may I?")
    remark = Entry("diagnostic", "d", 2, name="note", text="noted")
    only, other = make_filter(["question"]), make_filter(["other"])
    assert only is not None
    assert other is not None
    assert [only.shows(question), only.shows(remark)] == [True, False]
    assert [other.shows(question), other.shows(remark)] == [False, True]


def test_a_failed_turn_is_no_failure_beside_its_error() -> None:
    """Who looks for failures finds the error, not also the rule below it."""
    assert is_failure(Entry("error", "e", 1))
    assert is_failure(Entry("tool", "t", 1, state="failure"))
    assert not is_failure(Entry("commit", "c", 2, state="failure"))
