"""Medians, ratios and verdicts of the daemon's benchmark."""

from __future__ import annotations

import pytest

from benchmarks.daemon.stats import OURS, Row, Spread, in_turn


def row(ours: list[float], theirs: list[float], target: float | None = None) -> Row:
    return Row(
        "work",
        "µs",
        {OURS: ours, "redis": theirs},
        {} if target is None else {"redis": target},
    )


def test_a_spread_is_the_median_and_both_ends() -> None:
    """The order of the values says nothing."""
    assert Spread.of([5.0, 1.0, 3.0]) == Spread(3.0, 1.0, 5.0)


def test_ratios_are_taken_round_by_round() -> None:
    """A round in which the machine was slow for both counts as any other."""
    (ratio,) = row([2.0, 20.0, 6.0], [1.0, 10.0, 2.0]).ratios()

    assert (ratio.peer, ratio.spread) == ("redis", Spread(2.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("ours", "target", "verdict"),
    [
        ([1.0, 1.0, 1.0], 1.0, "met"),
        ([1.0, 1.0, 3.0], 2.0, "met (2 of 3)"),
        ([3.0, 3.0, 3.0], 2.0, "missed"),
        ([3.0, 3.0, 1.0], 2.0, "missed (2 of 3)"),
        ([1.0, 1.0, 1.0], None, ""),
    ],
)
def test_the_median_decides_and_rounds_that_disagree_are_counted(
    ours: list[float], target: float | None, verdict: str
) -> None:
    """Whoever reads "met" knows whether every round said so."""
    (ratio,) = row(ours, [1.0, 1.0, 1.0], target).ratios()

    assert ratio.verdict == verdict


def test_a_peer_that_was_not_measured_as_often_has_no_ratio() -> None:
    """Rounds that don't belong together are not divided; nor is anything by nothing."""
    assert row([1.0, 2.0], [1.0]).ratios() == []
    assert row([1.0], [0.0]).ratios() == []
    assert row([], []).ratios() == []


def test_ratios_with_a_target_come_first() -> None:
    """The one that decides is read first."""
    found = Row("work", "µs", {OURS: [1.0], "nats": [1.0], "redis": [1.0]}, {"redis": 1.0})

    assert [ratio.peer for ratio in found.ratios()] == ["redis", "nats"]


def test_the_generators_busiest_run_is_remembered() -> None:
    """One run in which it was the bottleneck spoils the row, and is seen."""
    found = Row("work", "µs")
    for used in (0.2, 0.9, 0.3):
        found.add(OURS, 1.0, used)

    assert found.load_util == 0.9
    assert found.generator_was_busy
    assert not row([1.0], [1.0]).generator_was_busy


def test_each_round_begins_with_another_subject() -> None:
    """Nobody always runs on the warm machine that another left behind."""
    names = ["a", "b", "c"]

    orders = [in_turn(names, number) for number in range(4)]

    assert orders == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]
    assert in_turn([], 3) == []
