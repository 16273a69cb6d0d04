"""Shared blobs count once; over the bound the stalest one's readers go, never the newest's."""

from __future__ import annotations

from lashd.hub.snapshot_budget import SnapshotBudget


def test_a_shared_blob_counts_once_until_the_last_has_taken_it() -> None:
    """What is shared costs as much as what is not."""
    budget: SnapshotBudget[str] = SnapshotBudget(100)
    blob = b"x" * 60
    assert budget.begin(blob, "a") == budget.begin(blob, "b") == []
    assert budget.total == 60
    budget.finish(blob, "a")
    assert budget.total == 60
    budget.finish(blob, "b")
    assert budget.total == 0


def test_over_the_bound_the_stalest_readers_are_named() -> None:
    """All readers of the oldest snapshot, and no others."""
    budget: SnapshotBudget[str] = SnapshotBudget(100)
    blobs = [bytes([number]) * 40 for number in range(4)]
    assert budget.begin(blobs[0], "a") == []
    assert budget.begin(blobs[0], "b") == []
    assert budget.begin(blobs[1], "c") == []
    assert budget.begin(blobs[2], "d") == ["a", "b"]


def test_the_newest_is_never_given_up() -> None:
    """Even alone over the bound: otherwise nobody could attach."""
    budget: SnapshotBudget[str] = SnapshotBudget(10)
    assert budget.begin(b"x" * 50, "a") == []


def test_finishing_what_was_never_begun_changes_nothing() -> None:
    """Closing may report the same blob twice."""
    budget: SnapshotBudget[str] = SnapshotBudget(10)
    budget.finish(b"x", "a")
    assert budget.total == 0
