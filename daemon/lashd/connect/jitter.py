"""Chance for the delays between attempts to connect."""

from __future__ import annotations

import os


def chance() -> float:
    """A number in [0, 1).

    From the system: a program that seeds `random` gets the same numbers whether it is watched or
    not, and forked processes don't try again in step.
    """
    return int.from_bytes(os.urandom(4), "big") / 2**32
