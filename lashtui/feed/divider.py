"""A divider of the transcript: where a gap is, or where what is new begins."""

from __future__ import annotations

from typing import Literal

import msgspec


class Divider(msgspec.Struct, frozen=True):
    """A line across the transcript that is not part of the view."""

    kind: Literal["gap", "new"]
    text: str
    position: int | None = None
    """It stands before the first entry with a later position; None: at the end."""
    anchor: str | None = None
    """Id of the entry it follows, wherever that entry is: in a restored view all entries share one
    position. If the entry is not there, `position` decides."""
    chars: int | None = None
    """It stands inside its anchor's text, after so many characters (cut ones included)."""
    outside: str = ""
    """Its text where it has to stand before that entry."""
    muted: bool = False
    """Nothing is lost there."""
