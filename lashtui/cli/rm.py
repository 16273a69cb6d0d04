"""`lashtui rm`: forget sessions."""

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
Forget a session: its snapshot and events are gone, viewers are told. Not while
somebody publishes into it, unless --force is given; the publisher is told then.
"""

EXAMPLES = """\
examples:
  lashtui rm build
  lashtui rm --force build
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "sessions", nargs="+", help="which to forget")
    parser.add_argument("--force", action="store_true", help="also while it has a publisher")


def run(args: argparse.Namespace) -> int:
    """Forget them all; the first failure's exit code."""
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
                hint = "; --force forgets it all the same" if problem.code == "session_busy" else ""
                error(f"{failure.message}{hint}")
                code = code or failure.code
    return code
