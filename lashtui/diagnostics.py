"""Everything written to stderr: messages for people, one neutralised line each.

A closed or full stderr never changes what a command does.
"""

from __future__ import annotations

import os
import sys

from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

MAX_LINE = 2000
"""Characters of one message: enough for a path and a cursor with the longest session id."""


class CommandError(Exception):
    """Ends the command with `code`; `message`, if any, is one line for stderr."""

    def __init__(self, code: ExitCode, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def say(message: str) -> None:
    """Write one line to stderr."""
    from lashtui.text.sanitize import safe_line  # late: most commands have nothing to say

    try:
        sys.stderr.write(safe_line(message, MAX_LINE) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass


def error(message: str) -> None:
    """Report what went wrong."""
    say(f"lashtui: {message}")


def warn(message: str) -> None:
    """Report something the user should know; the command continues."""
    say(f"lashtui: warning: {message}")


def failure_of(problem: BaseException) -> CommandError | None:
    """The exit code and message of an error that lashd or the system raised; None for a bug."""
    from lashd import errors

    if isinstance(problem, CommandError):
        return problem
    if isinstance(problem, errors.SessionCursorError):
        return CommandError(ExitCode.USAGE, str(problem))
    if isinstance(problem, errors.ConfigError):
        return CommandError(ExitCode.USAGE, str(problem))
    if isinstance(problem, errors.ConnectionFailed | errors.LifecycleError):
        return CommandError(ExitCode.NO_DAEMON, str(problem))
    if isinstance(problem, errors.RequestRefused):
        return CommandError(_CODES.get(problem.code, ExitCode.FAILURE), problem.message)
    if isinstance(problem, OSError):
        what = problem.strerror or str(problem)
        where = f": {problem.filename}" if problem.filename else ""
        return CommandError(ExitCode.FAILURE, f"{what}{where}")
    if isinstance(problem, errors.LashdError):
        return CommandError(ExitCode.FAILURE, str(problem))
    return None


_CODES = {
    "malformed_cursor": ExitCode.USAGE,
    "malformed_position": ExitCode.USAGE,
    "wrong_session": ExitCode.USAGE,
    "no_session": ExitCode.NO_SESSION,
    "no_home": ExitCode.NO_DAEMON,
    "bad_version": ExitCode.NO_DAEMON,
}


def discard_stdout() -> None:
    """Point stdout at /dev/null: its reader has gone, and the flush at exit must not fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
    except OSError:
        pass


def leave(code: ExitCode, message: str) -> NoReturn:
    """End the command with `code` and a message.

    Raises:
        CommandError: always.
    """
    raise CommandError(code, message)
