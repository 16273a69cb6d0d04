"""How often a watched session is read while it is live. Pure.

One read a frame: it takes in what has come meanwhile, and is followed by one picture. What comes
between two reads waits in the socket, in order, and the daemon goes on with what it may have
outstanding to a reader.
"""

from __future__ import annotations

FRAME = 1 / 30
"""Seconds between two frames. Words that stream in read no smoother at more, and each read and each
picture has a price of its own. Keys are answered at once."""
MANY = 256
"""Records of one read after which the next is not put off: more than a frame's worth, at thousands
a second, and the daemon is not to wait for its reader."""


def wait_after(records: int, *, is_live: bool) -> float:
    """Seconds to leave the socket alone after a read of so many records; 0: read on at once.

    What comes after a silence is read when it comes: the wait stands behind a read, not before.
    """
    return FRAME if is_live and 0 < records < MANY else 0.0
