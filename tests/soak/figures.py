"""What a soak counts, and the table that it ends with."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

MAX_UNEXPLAINED = 50
"""Told in words; one broken thing tells itself often."""

ROWS = (
    "events published",
    "events sent again",
    "events read",
    "sessions, each with its publishers and readers",
    "sessions removed and born again",
    "publishers connected",
    "views restored",
    "views sent for dropped events",
    "readers connected",
    "gaps: trimmed",
    "gaps: unavailable",
    "readers ended by SIGTERM",
    "readers ended by SIGINT",
    "readers ended by SIGKILL",
    "followers of the list ended and resumed",
    "processes suspended",
    "connections through the faulty proxy",
    "daemon ended by SIGTERM",
    "daemon ended by SIGKILL",
    "daemon ended by request",
    "daemon suspended",
    "daemon's socket deleted",
)
"""In the order of the table; a count that is not named here comes after them."""


class Figures:
    """Counts and unexplained things of one soak. Thread-safe."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        """`say`: called with each unexplained thing as it is found."""
        self._say = say
        self.unexplained: list[str] = []
        self.more = 0
        """Further unexplained things, only counted."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._most: dict[str, int] = {}

    def add(self, what: str, by: int = 1) -> None:
        """Count."""
        with self._lock:
            self._counts[what] += by

    def most(self, what: str, value: int) -> None:
        """Note the largest value of something."""
        with self._lock:
            self._most[what] = max(value, self._most.get(what, 0))

    def wrong(self, sentence: str) -> None:
        """Something that nothing explains."""
        with self._lock:
            if len(self.unexplained) < MAX_UNEXPLAINED:
                self.unexplained.append(sentence)
                self._say(f"unexplained: {sentence}")
            else:
                self.more += 1

    def __getitem__(self, what: str) -> int:
        with self._lock:
            return self._counts[what]

    def table(self) -> str:
        """All of it, as a Markdown table."""
        with self._lock:
            names = [*ROWS, *sorted(self._counts.keys() - set(ROWS))]
            rows = [(name, self._counts[name]) for name in names]
            rows += sorted(self._most.items())
            rows.append(("unexplained", len(self.unexplained) + self.more))
        width = max(len(name) for name, _ in rows)
        lines = [f"| {name:<{width}} | {value:>12,} |" for name, value in rows]
        return "\n".join(
            [f"| {'':<{width}} | {'':>12} |", f"|{'-' * (width + 2)}|{'-' * 13}:|", *lines]
        )
