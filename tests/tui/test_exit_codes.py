"""Scripts rely on the numbers."""

from __future__ import annotations

from lashd import errors
from lashtui.diagnostics import CommandError, failure_of
from lashtui.exit_codes import ExitCode


def test_the_numbers_are_the_documented_ones() -> None:
    """Each code keeps its number."""
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "FAILURE": 1,
        "USAGE": 2,
        "GAP": 3,
        "NO_SESSION": 4,
        "NO_DAEMON": 5,
        "AGENT_FAILED": 6,
        "TIMEOUT": 124,
        "NOT_EXECUTABLE": 126,
        "NOT_FOUND": 127,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def code_of(problem: BaseException) -> int | None:
    """The exit code that an error comes to."""
    failure = failure_of(problem)
    return None if failure is None else int(failure.code)


def test_every_error_of_ours_has_its_code() -> None:
    """What lashd raises becomes the code that the documentation names for it."""
    assert code_of(errors.MalformedCursor("missing session id")) == 2
    assert code_of(errors.WrongSession("a", "b")) == 2
    assert code_of(errors.RequestRefused("malformed_cursor", "m")) == 2
    assert code_of(errors.RequestRefused("no_session", "m")) == 4
    assert code_of(errors.RequestRefused("limit", "m")) == 1
    assert code_of(errors.ConnectionFailed("m")) == 5
    assert code_of(errors.VersionMismatch("m")) == 5
    assert code_of(errors.LifecycleError("m")) == 5
    assert code_of(CommandError(ExitCode.GAP)) == 3
    assert code_of(OSError("m")) == 1


def test_a_bug_is_no_failure_of_the_user() -> None:
    """An error that nobody foresaw keeps its traceback."""
    assert failure_of(KeyError("x")) is None


def test_what_is_to_be_done_about_the_daemon_is_said_where_it_is_known() -> None:
    """Only who knows that none runs says how to start one; a hung or broken one isn't started."""
    for problem in (
        errors.ConnectionFailed("the daemon at /x did not answer within 10 s"),
        errors.ConnectionFailed(
            "no daemon is running at /x (start one with `lashtui daemon start`)"
        ),
        errors.LifecycleError("the directory is open to others; run: chmod 700"),
    ):
        failure = failure_of(problem)
        assert failure is not None
        assert failure.message == str(problem)
