"""A follower of a hub in a test, which keeps the list as a table."""

from __future__ import annotations

from lashd.testing.following import ListTable
from tests.daemon.hub.hub_harness import Client, HubHarness, Record


class Follower:
    """One that is there for as long as the test, whatever becomes of its connections."""

    def __init__(self, harness: HubHarness) -> None:
        self.harness = harness
        self.table = ListTable()
        self.records: list[Record] = []
        """All that have come."""
        self.client: Client | None = None

    def connect(self) -> Follower:
        """Follow from where it was."""
        self.lose()
        self.table.is_synced = False
        self.client = self.harness.follower(self.table.position)
        return self

    def lose(self) -> None:
        """The connection is lost, and what was not taken with it."""
        if self.client is not None:
            self.client.disconnect()
            self.client = None

    def take(self) -> list[Record]:
        """Take all there is."""
        assert self.client is not None
        return self._note(self.client.receive())

    def take_once(self, max_bytes: int) -> None:
        """One pull of at most so many bytes."""
        assert self.client is not None
        self.client.receive_once(max_bytes)
        self._note(self.client.whole())

    def _note(self, records: list[Record]) -> list[Record]:
        self.records += records
        for record in records:
            self.table.take(record)
        return records
