"""The total size of large replies that are still being read.

A snapshot is encoded once and shared by all its readers, so it counts once. Over the bound the
readers of the stalest one are disconnected; they come back and take the newest instead.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Holder = TypeVar("Holder")


class SnapshotBudget(Generic[Holder]):
    """Large blobs by identity, oldest first, each with the holders that are still taking it."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.total = 0
        """Bytes of all blobs, each counted once."""
        self._blobs: dict[int, tuple[bytes, dict[Holder, int]]] = {}

    def begin(self, blob: bytes, holder: Holder) -> list[Holder]:
        """`holder` starts to take `blob`. Returns the holders to disconnect to keep the bound.

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
        """`holder` has taken `blob`, or never will."""
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
