"""Exit codes. Scripts rely on each number."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; `run` and `tap` return their command's own instead."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    """Wrong usage, a malformed cursor, or one of another session (checked before `NO_SESSION`)."""
    GAP = 3
    """With `--on-gap fail`: events can no longer be replayed."""
    NO_SESSION = 4
    NO_DAEMON = 5
    """No daemon answers, it speaks another protocol version, or it stopped during a stream."""
    AGENT_FAILED = 6
    """With `--exit-status`: the turn or session that ended the stream failed or was cut off."""
    TIMEOUT = 124
    """`--timeout` expired; the same number as coreutils' `timeout`."""
    NOT_EXECUTABLE = 126
    """`run`: the command exists but can't be executed (as in shells)."""
    NOT_FOUND = 127
    """`run`: there is no such command (as in shells)."""
    INTERRUPTED = 130
    """SIGINT."""
    TERMINATED = 143
    """SIGTERM."""
