"""How long colouring may take, for one block and for any row of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

MAX_COLOURING: Final = 0.05
"""Seconds for one block, then the rest of it is plain: lexers may cost the square of a source. It
is looked at between two tokens, so one token more may come on top (about 25 ms at the worst)."""
PER_BLOCK: Final = 0.0005
PER_CHARACTER: Final = 1e-5
"""Seconds that a block brings with it: three times what honest code takes where it is dense. Where
blocks take more, one message of many would hold up the app for as long as it likes."""


class Allowance:
    """Time for colouring: blocks bring it, and none may take more than there is."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        """
        Args:
            clock: seconds. The default counts the thread's own work, so that no colours are lost
                only because the machine is busy.
        """
        self._clock = clock
        self._left = MAX_COLOURING
        """Seconds; below zero after a token that took longer."""
        self._begun = 0.0

    def begin(self, characters: int) -> None:
        """A block of so many characters comes."""
        brought = PER_BLOCK + PER_CHARACTER * characters
        self._left = min(MAX_COLOURING, self._left + brought)
        self._begun = self._clock()

    def is_up(self) -> bool:
        """Whether the block has taken what there was."""
        return self._clock() - self._begun >= self._left

    def end(self) -> None:
        """The block is done."""
        self._left -= self._clock() - self._begun
