"""Answers of the store: plain values that compare, and reasons as the wire names them."""

from __future__ import annotations

import pytest

from lashd.session.gaps import LiveReplayGapReason
from lashd.session.results import Gap, Replayed


def test_reasons_are_the_words_of_the_wire() -> None:
    """They are strings, so that a record can carry them as they are."""
    assert [str(reason) for reason in LiveReplayGapReason] == ["trimmed", "unavailable"]
    assert LiveReplayGapReason("trimmed") is LiveReplayGapReason.TRIMMED


def test_answers_compare_by_value_and_unpack_in_a_match() -> None:
    """An empty replay is not a gap, and no two reasons are one."""
    assert Replayed([]) == Replayed([])
    assert Gap(LiveReplayGapReason.TRIMMED) != Gap(LiveReplayGapReason.UNAVAILABLE)
    match Gap(LiveReplayGapReason.TRIMMED):
        case Gap(reason):
            assert reason == "trimmed"
        case _:
            pytest.fail("a gap is a Gap")
