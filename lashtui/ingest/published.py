"""Which agents other programs publish by now: their sessions need not be found a second time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from lashd.publish.where import this_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LIST_FOR: Final = 2.0
"""Seconds for which the daemon's list counts: many files are found at once."""


class Published:
    """The sessions of running agents that somebody else publishes, by their processes."""

    def __init__(self, socket: str, is_own: Callable[[str], bool]) -> None:
        """`is_own`: whether a session is one of ours."""
        self._socket = socket
        self._is_own = is_own
        self._names: dict[int, str] = {}
        self._listed_at = -LIST_FOR

    def by_others(self, numbers: Iterable[int]) -> str:
        """The session in which one of these processes is published; empty if there is none."""
        if time.monotonic() - self._listed_at >= LIST_FOR:
            self._names = self._list()
            self._listed_at = time.monotonic()
        return next(filter(None, (self._names.get(number) for number in numbers)), "")

    def _list(self) -> dict[int, str]:
        from lashd.client.blocking import Client
        from lashd.errors import LashdError

        try:
            with Client(self._socket) as client:
                rows = client.list()
        except LashdError:
            return {}
        found: dict[int, str] = {}
        for row in rows:
            where = row.get("where")
            name = str(row.get("session_id"))
            if not isinstance(where, dict) or not row.get("publishers") or self._is_own(name):
                continue
            number = where.get("pid")
            if isinstance(number, int) and where.get("host") == this_host():
                found[number] = name
        return found
