"""Cutting a text to a length. Apart from `lashd.session.clip`, since it needs nothing else."""

from __future__ import annotations

SMALL = 256
"""Characters of a name or an id: readable, and the ids that agents use are far shorter."""


def short(text: str | None, limit: int = SMALL) -> str | None:
    """`text`, cut to `limit` characters with an ellipsis."""
    if text is None or len(text) <= limit:
        return text
    return text[: limit - 1] + "…"
