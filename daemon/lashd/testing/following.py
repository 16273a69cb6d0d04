"""A follower that keeps the list as a table, as a client is to; and some of them in a fuzzed hub.

After `synced`, and once all that was due has been announced, each table is what `list` gives.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from lashd.hub.hub import Hub
from lashd.testing.audit.marks import Record
from lashd.testing.inprocess import HubLine
from lashd.testing.scripted import Party

BY_THE_CLOCK = "oldest_at_age_s"
"""Right at the time of the row; it grows by itself, and makes none."""

FOLLOWERS = 3
PULLS = (1, 100, 3_000, 256 * 1024)

ALL_ANNOUNCED = 8.0
"""Seconds after which everything has been announced: swept, looked at, and its turn has come."""
TICK = 0.5
ATTEMPTS = 4
"""Events that just got too old are missed by the list before a row says so; that passes."""


def timeless(row: Record) -> Record:
    """A row without what the clock alone changes."""
    return {key: value for key, value in row.items() if key != BY_THE_CLOCK}


class ListTable:
    """Rows by session id, across connections."""

    def __init__(self) -> None:
        self.rows: dict[str, Record] = {}
        self.position: str | None = None
        """Where to resume."""
        self.served: str | None = None
        """How the last stream began; None until it has."""
        self.is_synced = False
        self._seen: set[str] | None = None

    def take(self, record: Record) -> None:
        """One record of the stream."""
        kind = record["type"]
        self.position = record.get("position", self.position)
        if kind in ("following", "reconnected"):
            self.served, self.is_synced = record["served"], False
            self._seen = set() if self.served == "snapshot" else None
        elif kind == "session":
            row = record["session"]
            self.rows[row["session_id"]] = row
            if self._seen is not None:
                self._seen.add(row["session_id"])
        elif kind == "session_removed":
            self.rows.pop(record["session_id"], None)
        elif kind == "synced":
            self.is_synced = True
            if self._seen is not None:
                self.rows = {name: row for name, row in self.rows.items() if name in self._seen}
                self._seen = None

    def differences(self, listed: Iterable[Record]) -> list[str]:
        """What is not as in a reply to `list`, by session and field."""
        expected = {row["session_id"]: timeless(row) for row in listed}
        found = [f"{name} is not in the list" for name in self.rows.keys() - expected.keys()]
        for name, row in expected.items():
            own = self.rows.get(name)
            if own is None:
                found.append(f"{name} is missing")
            else:
                found += [
                    f"{name}: {key} is {own.get(key)!r} and not {value!r}"
                    for key, value in row.items()
                    if own.get(key) != value
                ]
        return found


class ScriptedFollower(Party):
    """Follows the list, over any number of connections, and keeps its table."""

    def __init__(self) -> None:
        super().__init__()
        self.table = ListTable()

    def connected(self) -> None:
        """There is a new connection."""
        super().connected()
        self.table.is_synced = False
        self._send({"type": "follow", "after": self.table.position})

    def _received(self, record: Record) -> None:
        self.table.take(record)


class Followers:
    """Some followers of fuzzed hubs: lost, slow, and looked at in the end."""

    def __init__(self, source: random.Random, found: Callable[[str], None]) -> None:
        self._source = source
        self._found = found
        self._lines: dict[ScriptedFollower, HubLine | None] = {
            ScriptedFollower(): None for _ in range(FOLLOWERS)
        }

    def step(self, hub: Hub) -> None:
        """One of them does something."""
        follower = self._source.choice(list(self._lines))
        line, chance = self._line(hub, follower), self._source.random()
        if chance < 0.2:
            line.send(self._source.choice((1, 20, None)))
            line.take(self._source.choice(PULLS))
            line.lose()
        elif chance < 0.5:
            line.send()
            line.take(self._source.choice(PULLS))
        else:
            line.exchange()

    def look(
        self, hub: Hub, let_pass: Callable[[float], None], ask: Callable[[], Iterable[Record]]
    ) -> None:
        """Time passes until all is announced; then each has what `ask` says of the list."""
        for follower in self._lines:
            self._line(hub, follower).exchange()
        # Publishers that were lost before are given up meanwhile.
        wait = hub.limits.publisher_grace + ALL_ANNOUNCED
        for _ in range(ATTEMPTS):
            for _ in range(round(wait / TICK)):
                let_pass(TICK)
            differences = self._differences(hub, list(ask()))
            if not differences:
                return
            wait = ALL_ANNOUNCED
        for difference in differences:
            self._found(difference)

    def _differences(self, hub: Hub, listed: list[Record]) -> list[str]:
        found = []
        for follower in self._lines:
            # One that found no room for its connection tries again, as the others have gone.
            self._line(hub, follower).exchange()
            table = follower.table
            if not table.is_synced:
                found.append("a follower is not served")
                continue
            wrong = "a follower's table is not the list"
            found += [f"{wrong}: {difference}" for difference in table.differences(listed)]
        return found

    def lose(self) -> None:
        """All their connections are lost."""
        for line in self._lines.values():
            if line is not None:
                line.lose()

    def _line(self, hub: Hub, follower: ScriptedFollower) -> HubLine:
        line = self._lines[follower]
        if line is None or not line.open or line.hub is not hub:
            line = self._lines[follower] = HubLine(hub, follower)
        return line
