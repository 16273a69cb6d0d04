"""How much one call into a publisher may carry, and how much the publisher remembers.

What goes into the session's view is cut where the view would cut it: more would only cost bytes.
"""

from __future__ import annotations

from lashd.session import counters, facts, fold
from lashd.wire_limits import MAX_EVENT_BYTES, MAX_VIEW_BYTES

MAX_TEXT = MAX_VIEW_BYTES
"""Characters of text that one call may publish; a view holds no more."""
MAX_PIECE = 64 * 1024
"""Characters of one delta: at most 256 KiB of UTF-8, a quarter of the largest event."""
MAX_MESSAGE = 64 * 1024
"""Characters of an error or of a person's message; as for a delta."""
MAX_LABEL = facts.MAX_TEXT
"""Characters of a queued message, a process's label, a reason; a view keeps no more."""
MAX_ID = 200
"""Characters of an id or a name; a view keeps 256."""
MAX_ARGS_BYTES = fold.MAX_ARGS_BYTES
"""Bytes of a call's arguments; a view keeps no more."""
MAX_REPEATED_ARGS = 16 * 1024
"""Bytes of arguments that the end of a call repeats; the entry has longer ones from its start."""
MAX_VALUE_BYTES = fold.MAX_OUTPUT_BYTES
"""Bytes of a result or of a diagnostic's data; a view keeps no more."""
MAX_COUNTERS = counters.MAX_COUNTERS
"""Counters of one usage; a view keeps no more."""
MAX_PLAN = 1000
"""Items of a plan."""
MAX_HELD = 64
"""Remarks kept between turns: the newest, as they are the closest to the turn that follows."""
MAX_CALLS = 256
"""Calls that are open at once; the oldest is closed when there are more."""
MAX_BLOCKS = 1024
"""Blocks of one response whose text is followed; more than any response has."""
MAX_ENDED = 4096
"""Finished calls and items that are remembered, so that a copy of one is recognised."""
MAX_ARGUMENTS = MAX_EVENT_BYTES
"""Characters of a call's JSON arguments that are collected and parsed; no event carries more."""
