"""What can go wrong between a program and the daemon, each in one sentence for people."""

from __future__ import annotations

import errno

from lashd.address import shown
from lashd.errors import HOW_TO_START, ConnectionFailed


def explain(error: OSError, path: str) -> str:
    """What happened when connecting to `path`, and what to do."""
    if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
        return f"the daemon at {path} does not accept connections: it hangs or is overloaded"
    if error.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR):
        from lashd.connect.holder import lock_holder  # commands that reach it start without

        holder = lock_holder(path)
        if holder is not None:
            return (
                f"the daemon at {path} (process {holder}) is not listening: it is starting, or its"
                " socket was deleted; try again in a few seconds"
            )
        return f"no daemon is running at {path} ({HOW_TO_START})"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission to connect to {path}; is it another user's daemon?"
    if error.errno in (errno.ENOTSOCK, errno.EPROTOTYPE):
        return f"{path} is not a daemon's socket"
    return f"can't connect to the daemon at {path}: {error.strerror or error}"


def no_answer(path: str, timeout: float) -> ConnectionFailed:
    """The daemon accepts connections and says nothing."""
    return ConnectionFailed(f"the daemon at {shown(path)} did not answer within {timeout:g} s")


def stopped_answering(path: str) -> ConnectionFailed:
    """The daemon of an attached connection is silent, pings included."""
    return ConnectionFailed(f"the daemon at {shown(path)} stopped answering")


def closed(path: str) -> ConnectionFailed:
    """The daemon closed the connection, or ended."""
    return ConnectionFailed(f"the daemon at {shown(path)} closed the connection")


def lost(path: str, error: OSError | None = None) -> ConnectionFailed:
    """The connection broke."""
    why = "" if error is None else f": {error.strerror or error}"
    return ConnectionFailed(f"the connection to the daemon at {shown(path)} was lost{why}")
