"""What a command's exit code says. Scripts rely on each number."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; `run` gives its command's own instead."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    """Wrong use, a malformed cursor, or one of another session (judged before `NO_SESSION`)."""
    GAP = 3
    """With `--on-gap fail`: events that nobody can replay any more."""
    NO_SESSION = 4
    NO_DAEMON = 5
    """None answers, it speaks another protocol version, or it stopped under a stream."""
    AGENT_FAILED = 6
    """With `--exit-status`: the turn or session that ended the stream failed or was cut off."""
    TIMEOUT = 124
    """`--timeout` ran out; the number of coreutils' `timeout`."""
    NOT_EXECUTABLE = 126
    """`run`: the command is there and can't be executed (the shells' number)."""
    NOT_FOUND = 127
    """`run`: there is no such command (the shells' number)."""
    INTERRUPTED = 130
    """SIGINT."""
    TERMINATED = 143
    """SIGTERM."""
