"""How a person likes to read, wherever they do: one for all screens of the app."""

from __future__ import annotations

import msgspec


class Taste(msgspec.Struct):
    """Changed by keys, for as long as the app runs."""

    side_by_side: bool = True
    """Of changes, what was stands beside what is, where there is room for both."""
