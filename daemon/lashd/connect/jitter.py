"""Delays between attempts to connect: their chance, and how much longer another machine takes."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.reconnect import Backoff


def chance() -> float:
    """A number in [0, 1).

    From the system: a program that seeds `random` gets the same numbers whether it is watched or
    not, and forked processes don't try again in step.
    """
    return int.from_bytes(os.urandom(4), "big") / 2**32


def grace_of(address: str) -> float:
    """Seconds that the daemon at `address` may take longer to say its first word."""
    from lashd.address import is_remote
    from lashd.protocol.reconnect import FAR_GRACE

    return FAR_GRACE if is_remote(address) else 0.0


def backoff_to(address: str) -> Backoff:
    """The pauses between attempts to reach `address`: longer where each takes an ssh."""
    from lashd.address import is_remote
    from lashd.protocol.reconnect import BACKOFF_CAP, FAR_BACKOFF_CAP, Backoff

    return Backoff(chance, cap=FAR_BACKOFF_CAP if is_remote(address) else BACKOFF_CAP)
