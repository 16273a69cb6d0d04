"""What a person is asked, as long as they have not answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MAX_ASKED: Final = 256
"""Open questions of one session; the oldest are forgotten. A person sees one at a time."""


class Asked:
    """Open questions by their id; the newest one is what the session waits for."""

    def __init__(self, wait: Callable[[str], None], resume: Callable[[], None]) -> None:
        self._wait = wait
        self._resume = resume
        self._open: dict[Hashable, str] = {}

    def ask(self, key: Hashable, what: str) -> None:
        """One more; a second time it is the same."""
        if key in self._open:
            return
        if len(self._open) >= MAX_ASKED:
            del self._open[next(iter(self._open))]
        self._open[key] = what
        self._wait(what)

    def answer(self, key: Hashable) -> str | None:
        """One is answered, or asked no more: what it was; None if it was not open."""
        shown = next(reversed(self._open), None)
        what = self._open.pop(key, None)
        if what is not None and not self._open:
            self._resume()
        elif what is not None and key == shown:
            self._wait(next(reversed(self._open.values())))
        return what

    def clear(self) -> None:
        """None is open any more."""
        self._open.clear()
        self._resume()
