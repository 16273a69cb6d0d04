"""Shared blobs count once; over the bound the stalest one's readers go, never the newest's."""

from __future__ import annotations

from lashd.hub.snapshot_budget import Ledger


def test_a_shared_blob_counts_once_until_the_last_has_taken_it() -> None:
    ledger: Ledger[str] = Ledger(100)
    blob = b"x" * 60
    assert ledger.begin(blob, "a") == ledger.begin(blob, "b") == []
    assert ledger.total == 60
    ledger.finish(blob, "a")
    assert ledger.total == 60
    ledger.finish(blob, "b")
    assert ledger.total == 0


def test_over_the_bound_the_stalest_readers_are_named() -> None:
    ledger: Ledger[str] = Ledger(100)
    blobs = [bytes([number]) * 40 for number in range(4)]
    assert ledger.begin(blobs[0], "a") == []
    assert ledger.begin(blobs[0], "b") == []
    assert ledger.begin(blobs[1], "c") == []
    assert ledger.begin(blobs[2], "d") == ["a", "b"]


def test_the_newest_is_never_given_up() -> None:
    ledger: Ledger[str] = Ledger(10)
    assert ledger.begin(b"x" * 50, "a") == []


def test_finishing_what_was_never_begun_changes_nothing() -> None:
    ledger: Ledger[str] = Ledger(10)
    ledger.finish(b"x", "a")
    assert ledger.total == 0
