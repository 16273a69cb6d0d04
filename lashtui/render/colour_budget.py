"""How much time syntax colouring may take: for one block, and for many in a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

MAX_COLOURING: Final = 0.05
"""Seconds for one block, after which its rest stays plain: some lexers take quadratic time. The
clock is read between tokens, so one more token may come on top (about 25 ms at worst)."""
PER_BLOCK: Final = 0.0005
PER_CHARACTER: Final = 1e-5
"""Seconds that each block adds: three times what ordinary dense code needs. Without this limit a
message of many slow blocks could stall the app for as long as it likes."""


class ColourBudget:
    """Time for colouring: each block adds some, and none may use more than is left."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        """
        Args:
            clock: in seconds. The default is this thread's processor time, so that a busy machine
                alone loses no colours.
        """
        self._clock = clock
        self._left = MAX_COLOURING
        """Seconds; negative after a token that took longer."""
        self._begun = 0.0

    def begin(self, characters: int) -> None:
        """Start a block of this many characters."""
        brought = PER_BLOCK + PER_CHARACTER * characters
        self._left = min(MAX_COLOURING, self._left + brought)
        self._begun = self._clock()

    def is_spent(self) -> bool:
        """Whether the block has used all the time there was."""
        return self._clock() - self._begun >= self._left

    def end(self) -> None:
        """Finish the block."""
        self._left -= self._clock() - self._begun
