"""The bounds of the wire and of a view, as plain numbers that every command can import.

`lashd.limits` has all the others, and these too; it costs an import of `dataclasses`.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

MAX_SESSION_ID_BYTES = 256
"""A session's name is shown in full in lists and carried in each cursor."""

MAX_FRAME_BYTES = 8 * MIB + 64 * KIB
"""The largest frame is a snapshot or a restore (8 MiB) with its envelope."""

MAX_HELLO_BYTES = 4 * KIB
"""A peer that has not said hello gets no more memory than a hello needs."""

MAX_EVENT_BYTES = MIB
"""One event. Producers cut larger tool outputs; a view could not show them anyway."""

MAX_BATCH_EVENTS = 1024
"""Events in one append: bounds the time that one frame may block the daemon's loop."""

MAX_VIEW_ENTRIES = 16_384
"""More than a person scrolls through; a snapshot of them paints in one go."""

MAX_VIEW_BYTES = 4 * MIB
"""Content of all entries; half of what a snapshot frame can carry."""

PROTOCOL_VERSION = 1
"""Increased when a peer of the previous version could misread what is sent."""
