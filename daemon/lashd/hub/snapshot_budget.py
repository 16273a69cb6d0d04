"""Which large replies readers have begun but not finished to take, and what they cost together.

A snapshot is encoded once and shared by everyone who takes it, so it counts once. Over the bound
the readers of the stalest one lose their connection; they come back and take the newest instead.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Holder = TypeVar("Holder")


class Ledger(Generic[Holder]):
    """Large blobs by identity, oldest first, with who still takes them."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.total = 0
        self._blobs: dict[int, tuple[bytes, dict[Holder, int]]] = {}

    def begin(self, blob: bytes, holder: Holder) -> list[Holder]:
        """`holder` starts to take `blob`. Returns who must be closed, so that the bound holds.

        The newest blob is never given up: with a bound below one snapshot nobody could attach.
        """
        entry = self._blobs.get(id(blob))
        if entry is None:
            entry = self._blobs[id(blob)] = (blob, {})
            self.total += len(blob)
        entry[1][holder] = entry[1].get(holder, 0) + 1
        stale: list[Holder] = []
        over = self.total - self.max_bytes
        for other, holders in self._blobs.values():
            if over <= 0 or other is blob:
                break
            over -= len(other)
            stale.extend(holders)
        return stale

    def finish(self, blob: bytes, holder: Holder) -> None:
        """`holder` has taken `blob`, or will not."""
        entry = self._blobs.get(id(blob))
        if entry is None or holder not in entry[1]:
            return
        holders = entry[1]
        holders[holder] -= 1
        if not holders[holder]:
            del holders[holder]
        if not holders:
            del self._blobs[id(blob)]
            self.total -= len(blob)
