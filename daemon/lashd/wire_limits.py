"""What both ends of the wire must agree on, as plain numbers: commands start with them.

No configuration changes these. They are a module of their own because `lashd.limits` costs an
import of `dataclasses`.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

MAX_SESSION_ID_BYTES = 256
"""A session's name is shown in full in lists and carried in each cursor."""

MAX_VIEW_ENTRIES = 16_384
"""More than a person scrolls through; a snapshot of them paints in one go."""

MAX_VIEW_BYTES = 4 * MIB
"""Content of all entries; half of what a snapshot frame can carry."""

MAX_SNAPSHOT_BYTES = 2 * MAX_VIEW_BYTES
"""A view as it is sent: keys and escapes at most double its content."""

MAX_FRAME_BYTES = MAX_SNAPSHOT_BYTES + 64 * KIB
"""The largest frame is a snapshot or a restore with its envelope."""

MAX_HELLO_BYTES = 4 * KIB
"""A client that has not said hello yet gets no more memory than a hello needs."""

MAX_REQUEST_BYTES = 64 * KIB
"""A message of a connection that doesn't publish: names and cursors, nothing larger."""

MAX_EVENT_BYTES = MIB
"""One event. Producers cut larger tool outputs; a view could not show them anyway."""

MAX_BATCH_EVENTS = 1024
"""Events in one append: bounds the time that one frame may block the daemon's loop."""

MAX_EVENT_VALUES = 65_536
"""Values (keys, elements, leaves) in one event. A byte can be one, and each becomes an object of
some hundred bytes; an output of a thousand lines, each with ten fields, has a sixth of that."""

MAX_APPEND_VALUES = 4 * MAX_EVENT_VALUES
"""In one append: what is decoded at once."""

MAX_VIEW_VALUES = 16 * MAX_EVENT_VALUES
"""In one view."""

PROTOCOL_VERSION = 1
"""Increased when a peer of the previous version could misread what is sent."""

FEATURES = ("taken", "follow")
"""What both hellos say that their side can do besides, so that a peer knows before it asks."""
