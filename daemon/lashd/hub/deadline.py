"""When the hub must next be asked to do what is due: the earliest of the times it was given."""

from __future__ import annotations

import math


class Deadline:
    """The earliest of the moments it was given. Each tick resets it; all that is due then is
    looked at, and what is not due yet asks for its moment again."""

    def __init__(self) -> None:
        self.at = math.inf
        """By the hub's clock."""

    def reset(self, at: float) -> None:
        """Forget all moments but `at`."""
        self.at = at

    def clear(self) -> None:
        """Forget all moments."""
        self.at = math.inf

    def no_later_than(self, at: float) -> None:
        """Something falls due at `at`."""
        self.at = min(self.at, at)
