"""Where a home's sessions are in the engine: names of keys, in one hash tag for each home.

::

    lash:{HOME}:meta          hash: token, inc, version, limits, beat
    lash:{HOME}:list          stream <k>-0: changed rows and removals, k counts them from the
                              clock's microseconds on
    lash:{HOME}:rows          hash: session id -> its row, sealed; '' is there while all are
    lash:{HOME}:e:INC:SID     stream <n>-0: an event's message as it is, and its seal; without one
                              all up to n is only in the view
    lash:{HOME}:v:INC:SID     hash: the view, `at` (the n at which it stands), `begins`, their seal

A cluster keeps what has one hash tag in one place, so that one script can touch all of it. An
incarnation is part of the names, as another counts anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_HOME = 64
"""Characters: a host's name, and what tells several daemons of it apart."""
_HOME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_home(name: str) -> str:
    """`name` as a home's.

    Raises:
        ValueError: what is wrong with it.
    """
    if len(name) > MAX_HOME or not _HOME.fullmatch(name):
        raise ValueError(
            f"`{name[:MAX_HOME]}` can't name a home: 1 to {MAX_HOME} letters, digits, `.`, `_` and"
            " `-`, a letter or digit first"
        )
    return name


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The keys of one session in one incarnation of its home."""

    events: str
    view: str


class Keys:
    """The keys of one home."""

    def __init__(self, home: str) -> None:
        self.home = check_home(home)
        self._prefix = f"lash:{{{home}}}:"
        self.meta, self.list, self.rows = (self._prefix + each for each in ("meta", "list", "rows"))

    def session(self, incarnation: int, session_id: str) -> SessionKeys:
        """Those of a session."""
        rest = f"{incarnation}:{session_id}"
        return SessionKeys(f"{self._prefix}e:{rest}", f"{self._prefix}v:{rest}")


def entry_id(n: int) -> str:
    """The id of event n, or of the n-th change of the list."""
    return f"{n}-0"


def order_of(entry: str) -> tuple[int, ...]:
    """What ids are ordered by, whoever wrote them."""
    return tuple(int(part) for part in entry.split("-"))


def n_of(entry: str | bytes) -> int | None:
    """n of an id; None if it is none of ours."""
    text = entry.decode("ascii", "replace") if isinstance(entry, bytes) else entry
    n, _, rest = text.partition("-")
    return int(n) if rest == "0" and n.isdecimal() and n.isascii() else None
