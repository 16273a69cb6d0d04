"""Carries a scripted party to a hub in this process: no socket, no loop, no time but the test's."""

from __future__ import annotations

from lashd.hub.hub import Hub
from lashd.testing.scripted import Party

PULL_BYTES = 256 * 1024
"""Taken at a time: what the daemon hands to the kernel at once, by default."""


class HubLine:
    """A party's connection to a hub."""

    def __init__(self, hub: Hub, party: Party) -> None:
        self.hub = hub
        self.party = party
        self.connection = hub.connect()
        self.open = True
        self._unsent = b""
        party.connected()

    def exchange(self, max_bytes: int = PULL_BYTES) -> None:
        """Carry bytes both ways until neither side has more to say."""
        while self.open and (self.send() or self.take(max_bytes)):
            pass

    def send(self, max_bytes: int | None = None) -> bool:
        """Carry what the party has to say, or the first bytes of it; whether there was anything."""
        data = self._unsent + self.party.data_to_send()
        data, self._unsent = data[:max_bytes], data[max_bytes:] if max_bytes is not None else b""
        if data:
            self.hub.receive(self.connection, data)
        return bool(data)

    def take(self, max_bytes: int = PULL_BYTES) -> bool:
        """Carry one pull of what the hub has to say; whether there was anything."""
        while self.hub.has_work:
            self.hub.work()
        chunks = self.hub.pull(self.connection, max_bytes)
        for chunk in chunks:
            self.party.receive(bytes(chunk))
        if not self.connection.congested:
            self.hub.resume(self.connection)
        if self.connection.finished or self.party.broken:
            self.lose()
        return bool(chunks)

    def lose(self) -> None:
        """The connection is lost, without a goodbye."""
        if self.open:
            self.open = False
            self.hub.disconnect(self.connection)
            self.party.lost()
