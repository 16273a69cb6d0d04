"""Who is at the other end of a Unix socket, and whether anyone listens at one."""

from __future__ import annotations

import errno
import socket
import struct
import sys

PROBE_TIMEOUT = 1.0
"""Seconds for a listener to accept: the kernel does it at once unless the backlog is full."""

_NOBODY = frozenset((errno.ECONNREFUSED, errno.ENOENT, errno.ENOTDIR, errno.ENOTSOCK))


def peer_uid(connection: socket.socket) -> int | None:
    """The user id of the process at the other end; None where the system doesn't say."""
    if sys.platform.startswith("linux"):
        size = struct.calcsize("3i")
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", credentials)[1])
    local_peercred = getattr(socket, "LOCAL_PEERCRED", None)
    if local_peercred is None:
        return None
    # struct xucred of the BSDs and macOS: version, uid, then groups that we don't need.
    credentials = connection.getsockopt(0, local_peercred, 76)
    return int(struct.unpack_from("=II", credentials)[1])


def is_listening(path: str) -> bool:
    """Whether a process accepts connections at `path`. One with a full backlog does: it is busy.

    Raises:
        OSError: neither can be said, for example without permission to connect.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_TIMEOUT)
        try:
            probe.connect(path)
        except OSError as error:
            if error.errno in _NOBODY:
                return False
            if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
                return True
            raise
        return True
