"""`lashtui rm`: remove sessions from the daemon."""

from __future__ import annotations

from functools import partial

from lashtui.cli.parsing import add_session, no_tail, socket_of
from lashtui.cli.session_names import ask
from lashtui.diagnostics import CommandError, error, failure_of
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Remove sessions: their snapshots and events are gone, and viewers are notified.
A session that is still being published to needs --force; its publisher is
notified too.
"""

EXAMPLES = """\
examples:
  lashtui rm build
  lashtui rm --force build
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "sessions", nargs="+", help="sessions to remove")
    parser.add_argument("--force", action="store_true", help="even if they are being published to")


def run(args: argparse.Namespace) -> int:
    """Remove them all; the exit code is that of the first failure."""
    no_tail(args)
    from lashd.client.blocking import Client
    from lashd.errors import RequestRefused

    code = ExitCode.DONE
    with Client(socket_of(args)) as client:
        for session in args.sessions:
            try:
                ask(client, session, partial(client.remove, session, args.force))
            except CommandError as problem:
                error(problem.message)
                code = code or problem.code
            except RequestRefused as problem:
                failure = failure_of(problem)
                assert failure is not None
                hint = "; use --force to remove it anyway" if problem.code == "session_busy" else ""
                error(f"{failure.message}{hint}")
                code = code or failure.code
    return code
