"""The sessions of all daemons that are followed, as last heard. Pure.

It is fed with the records of the list's stream, host by host, and says what changed. What a
daemon sends before `synced` is what was there already: nothing of it has just happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from lashd.view import SessionRow, Where, row_from_wire
from lashtui.saved.session_key import SessionKey
from lashtui.text.standing import Standing, since_of, standing_of
from lashtui.text.state_names import state_names

Record: TypeAlias = Mapping[str, Any]


class RowChange(msgspec.Struct, frozen=True):
    """A session is new, has changed or is gone."""

    key: SessionKey
    before: SessionRow | None
    after: SessionRow | None
    live: bool
    """Whether it has just happened: False for all that was there when the stream began."""


class Totals(msgspec.Struct, frozen=True):
    """What all sessions have used, as far as their agents say."""

    input_tokens: float = 0
    output_tokens: float = 0
    cost: float = 0


class Fleet:
    """The rows of all sessions.

    Attributes:
        rows: each session's newest row.
    """

    def __init__(self) -> None:
        self.rows: dict[SessionKey, SessionRow] = {}
        self._synced: set[str] = set()
        self._unseen: dict[str, set[SessionKey]] = {}
        """Of each host that sends a snapshot: the sessions that it has not named yet."""

    def receive(self, host: str, records: Iterable[Record]) -> list[RowChange]:
        """Take in what the daemon of `host` has sent; what changed, in order."""
        changes: list[RowChange] = []
        for record in records:
            match record.get("type"):
                case "following" | "reconnected":  # the latter is a client's word, once lost
                    self._begin(host, snapshot=record.get("served") == "snapshot")
                case "session":
                    self._put(host, record, changes)
                case "session_removed":
                    self._remove(SessionKey(host, str(record.get("session_id"))), changes)
                case "synced":
                    for key in sorted(self._unseen.pop(host, ())):
                        self._remove(key, changes)
                    self._synced.add(host)
                case _:
                    pass  # the connection's own records, and those of later versions
        return changes

    def lost(self, host: str) -> None:
        """The connection to `host` is gone: its rows stay, as of now."""
        self._synced.discard(host)

    def is_synced(self, host: str) -> bool:
        """Whether all that the daemon has is known."""
        return host in self._synced

    def counts(
        self, muted: Collection[SessionKey] = (), unseen: Collection[str] = ()
    ) -> Counter[Standing]:
        """How many sessions stand where; `muted` ones, and those that with these `unseen` hosts
        nothing is heard of, left out."""
        return Counter(
            standing(row)
            for key, row in self.rows.items()
            if key not in muted and not is_unseen(key, row, unseen)
        )

    def count_unseen(self, hosts: Collection[str]) -> int:
        """Of how many sessions nothing is heard, as nothing is of these `hosts`."""
        return sum(is_unseen(key, row, hosts) for key, row in self.rows.items())

    def totals(self) -> Totals:
        """What they have used together."""
        used = [row.usage.get("total", {}) for row in self.rows.values()]
        return Totals(
            sum(_first(usage, "input_tokens", "input", "prompt_tokens") for usage in used),
            sum(_first(usage, "output_tokens", "output", "completion_tokens") for usage in used),
            sum(cost(row) or 0 for row in self.rows.values()),
        )

    def _begin(self, host: str, *, snapshot: bool) -> None:
        self._synced.discard(host)
        self._unseen.pop(host, None)
        if snapshot:
            self._unseen[host] = {key for key in self.rows if key.host == host}

    def _put(self, host: str, record: Record, changes: list[RowChange]) -> None:
        try:
            row = row_from_wire(record.get("session"))
        except ValueError:
            return  # of another version: one session missing is better than no list
        key = SessionKey(host, row.session_id)
        self._unseen.get(host, set()).discard(key)
        before = self.rows.get(key)
        if row != before:
            self.rows[key] = row
            changes.append(RowChange(key, before, row, host in self._synced))

    def _remove(self, key: SessionKey, changes: list[RowChange]) -> None:
        before = self.rows.pop(key, None)
        if before is not None:
            changes.append(RowChange(key, before, None, key.host in self._synced))


def standing(row: SessionRow) -> Standing:
    """Where a session stands for who watches many."""
    return standing_of(row.state, row.outcome, row.quiet_since)


def is_unseen(key: SessionKey, row: SessionRow, hosts: Collection[str]) -> bool:
    """Whether nobody here knows what it does by now: nothing is heard of its host, one of `hosts`,
    or by its mirror of its home."""
    return key.host in hosts or (row.mirror is not None and row.mirror.last_seen_at is not None)


def where(key: SessionKey, row: SessionRow | None) -> Where | None:
    """Where it runs; where its publisher doesn't say, at least on which other host or home."""
    said = row.where if row is not None else None
    host = key.host or (row.mirror.home if row is not None and row.mirror is not None else "")
    if not host or (said is not None and said.host):
        return said
    return msgspec.structs.replace(said or Where(), host=host)


def since(row: SessionRow) -> int | None:
    """Since when it stands there, in Unix milliseconds; None if that is not known."""
    return since_of(
        standing(row),
        waiting=row.waiting_since,
        quiet=row.quiet_since,
        doing=row.doing.since if row.doing is not None else None,
        turn=row.turn_started_at,
        updated=row.updated_at,
    )


def state_names_of(row: SessionRow) -> frozenset[str]:
    """All words for its state."""
    return state_names(
        standing(row),
        row.state,
        row.outcome,
        phase=row.phase,
        is_calling=row.doing is not None,
        is_retrying=row.retry is not None,
    )


def cost(row: SessionRow) -> float | None:
    """What it has cost in dollars; None if its agent doesn't say."""
    return row.usage.get("total", {}).get("cost_usd")


def context_share(row: SessionRow) -> float | None:
    """How full the model's context is, 0 to 1; None if its size is not known."""
    context = row.usage.get("context", {})
    used, size = context.get("used"), context.get("size")
    return used / size if used is not None and size else None


def _first(usage: Mapping[str, float], *names: str) -> float:
    return next((usage[name] for name in names if name in usage), 0)
