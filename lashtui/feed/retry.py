"""The pauses between attempts to reach a daemon that isn't there or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anyio

RETRY_FIRST = 1.0
RETRY_MAX = 10.0
"""Seconds of a pause: doubled up to the maximum, which is also how soon a daemon that was started
later is found."""


class Retry:
    """Pauses, each twice as long as the one before.

    Attributes:
        seconds: how long the next one is.
    """

    def __init__(self) -> None:
        self.seconds = RETRY_FIRST
        self._wake: anyio.Event | None = None

    def succeeded(self) -> None:
        """The daemon was there."""
        self.seconds = RETRY_FIRST

    async def pause(self) -> None:
        """Wait until the next attempt is due, or wanted."""
        import anyio

        self._wake = anyio.Event()
        try:
            with anyio.move_on_after(self.seconds):
                await self._wake.wait()
        finally:
            self._wake = None
        self.seconds = min(self.seconds * 2, RETRY_MAX)

    def end_pause(self) -> bool:
        """Attempt it now; False if nothing is waiting."""
        if self._wake is None:
            return False
        self._wake.set()
        return True
