"""The sessions of one command: an observer for each. The first is there from the beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from lashtui.ingest.observer import Observer, P

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.ingest.own_screens.screen import Told

MAX_SESSIONS = 64
"""Of one run; nobody begins more in one screen."""


class Several(Generic[P]):
    """What a command's observer does, for all of its sessions."""

    def __init__(
        self,
        first: Observer[P],
        more: Callable[[], list[Told]],
        observe: Callable[[Told], Observer[P]],
    ) -> None:
        """Begin with `first`; `more` gives sessions that have begun, `observe` publishes one."""
        self._observers = [first]
        self._more = more
        self._observe = observe

    @property
    def is_published(self) -> bool:
        """Whether the daemon takes any of them, or may yet."""
        return any(each.is_published for each in self._observers)

    def take(self, data: bytes, source: str) -> None:
        """What the command draws is no session's."""

    def tick(self) -> float | None:
        """Do what is due; returns the seconds until the next tick, None if none is needed."""
        self._add()
        waits = [each.tick() for each in self._observers]
        return min((wait for wait in waits if wait is not None), default=None)

    def finish(self, exit_code: int, *, interrupted: bool = False) -> bool:
        """The command has ended. True if everything was delivered."""
        self._add()
        done = [each.finish(exit_code, interrupted=interrupted) for each in self._observers]
        return all(done)

    def take_warnings(self) -> list[str]:
        """Sentences for the user since the last call."""
        return [sentence for each in self._observers for sentence in each.take_warnings()]

    def _add(self) -> None:
        for told in self._more():
            if len(self._observers) < MAX_SESSIONS:
                self._observers.append(self._observe(told))
