"""The callbacks that are called when a session changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Listeners:
    """Callbacks by session id. Not locked; adding and removing take constant time."""

    __slots__ = ("by_session",)

    def __init__(self) -> None:
        self.by_session: dict[str, dict[object, Callable[[], None]]] = {}

    def add(self, session_id: str, callback: Callable[[], None]) -> object:
        """Register a callback; returns the key that removes it."""
        key = object()
        self.by_session.setdefault(session_id, {})[key] = callback
        return key

    def remove(self, session_id: str, key: object) -> None:
        """Remove a callback; does nothing if it is gone already."""
        callbacks = self.by_session.get(session_id)
        if callbacks is None:
            return
        callbacks.pop(key, None)
        if not callbacks:
            del self.by_session[session_id]

    def of(self, session_id: str) -> Iterable[Callable[[], None]]:
        """The callbacks of a session as they are now."""
        callbacks = self.by_session.get(session_id)
        return tuple(callbacks.values()) if callbacks else ()

    def __len__(self) -> int:
        return sum(map(len, self.by_session.values()))
