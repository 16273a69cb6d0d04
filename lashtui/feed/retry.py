"""The pauses between attempts to reach a daemon that isn't there or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.address import is_remote

if TYPE_CHECKING:
    import anyio

RETRY_FIRST = 1.0
RETRY_MAX = 10.0
"""Seconds of a pause: doubled up to the maximum, which is also how soon a daemon that was started
later is found."""
FAR_RETRY_MAX = 30.0
"""The same for another machine, where each attempt takes an ssh."""


class Retry:
    """Pauses, each twice as long as the one before.

    Args:
        address: what is to be reached.

    Attributes:
        seconds: how long the next one is.
    """

    def __init__(self, address: str) -> None:
        self.seconds = RETRY_FIRST
        self._most = FAR_RETRY_MAX if is_remote(address) else RETRY_MAX
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
        self.seconds = min(self.seconds * 2, self._most)

    def end_pause(self) -> bool:
        """Attempt it now; False if nothing is waiting."""
        if self._wake is None:
            return False
        self._wake.set()
        return True
