"""The `lashtui` command: its errors become an exit code and one line."""

from __future__ import annotations

import sys

from lashd.server.stdio import hold_standard_descriptors
from lashtui import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    hold_standard_descriptors()
    try:
        if arguments == ["--version"]:  # the parser would take longer than all the rest
            print(f"lashtui {__version__}")
            return 0
        return _run(arguments)
    except KeyboardInterrupt:  # while the command was imported
        return 130
    finally:
        _flush()


def _run(arguments: list[str]) -> int:
    from lashtui.cli.dispatch import dispatch
    from lashtui.diagnostics import discard_stdout, error, failure_of
    from lashtui.exit_codes import ExitCode

    try:
        return dispatch(arguments)
    except SystemExit as leaving:  # argparse: help, version, usage errors
        return leaving.code if isinstance(leaving.code, int) else ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        discard_stdout()
        return ExitCode.DONE
    except Exception as problem:
        failure = failure_of(problem)
        if failure is None:
            raise
        if failure.message:
            error(failure.message)
        return failure.code


def _flush() -> None:
    """Flush stdout now: if its reader has gone, the flush at exit would fail loudly."""
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError, AttributeError):
        from lashtui.diagnostics import discard_stdout

        discard_stdout()
    except OSError as problem:
        from lashtui.diagnostics import discard_stdout, error

        error(f"can't write to stdout: {problem.strerror or problem}")
        discard_stdout()


if __name__ == "__main__":
    sys.exit(main())
