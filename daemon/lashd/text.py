"""Texts and JSON values cut to a size, with a mark where something is missing."""

from __future__ import annotations

from lashd.session.clip import clip, size_of_text, size_of_value
from lashd.short import short

__all__ = ["clip", "short", "size_of_text", "size_of_value"]
