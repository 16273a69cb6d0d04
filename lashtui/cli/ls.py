"""`lashtui ls`: the sessions, as a table or as JSON lines."""

from __future__ import annotations

import os
import time

from lashtui.cli.parsing import columns, complete_with, no_tail, socket_of
from lashtui.diagnostics import say
from lashtui.exit_codes import ExitCode
from lashtui.listing.words import SORTS, STATES, parse_states

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

DESCRIPTION = """\
List the sessions, the most urgent first: those that wait for you, failed, have
gone quiet, run, and are done. TURN is how long the running turn has taken, CTX
how full the model's context is, LAST how long ago something last happened. On a
terminal the table is as wide as the terminal, and columns for which there is no
room are left out; a pipe gets all of it. What the daemon knows besides
(revision, events held, viewers and more) is in --format json.
"""

EXAMPLES = """\
examples:
  lashtui ls
  lashtui ls --state waiting,failed         those that need you
  lashtui ls --sort cost                    the dearest first
  lashtui ls --state waiting --format json | jq -r '.session_id, .waiting_for'

states: waiting, failed, quiet, running, idle, done; ended: all that have ended,
failed ones too
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add = parser.add_argument
    add("--format", choices=("table", "json"), help="table (default), or one JSON object a line")
    complete_with(
        add("--state", metavar="STATE,...", type=_states, help="only sessions in these states"),
        complete_states,
    )
    add(
        "--sort",
        metavar="KEY",
        choices=SORTS,
        default="state",
        help=f"by {', '.join(SORTS)} (default: state, the most urgent first)",
    )


def run(args: argparse.Namespace) -> int:
    """Print them."""
    no_tail(args)
    from lashd.client.blocking import Client
    from lashtui.listing.row import Row, chosen

    with Client(socket_of(args)) as client:
        sessions = client.list()
    rows = chosen(map(Row, sessions), args.state, args.sort)
    if args.format == "json":
        from lashtui.stream.json_line import json_line

        print("".join(json_line(row.record) for row in rows), end="")
    elif rows:
        from lashtui.listing.table import table

        is_terminal = os.isatty(1)
        lines = table(
            rows,
            now_ms=time.time() * 1000,
            home=os.path.expanduser("~"),
            width=columns() if is_terminal else None,
            colour=is_terminal and has_colour(os.environ),
        )
        print("\n".join(lines))
    if not sessions:
        say("no sessions; `lashtui run -- COMMAND` starts one")
    elif not rows:
        say(f"none of {len(sessions)} sessions is {' or '.join(sorted(args.state))}")
    return ExitCode.DONE


def has_colour(environ: Mapping[str, str]) -> bool:
    """Whether a terminal is to show colours."""
    return not environ.get("NO_COLOR") and environ.get("TERM", "") not in ("", "dumb")


def _states(text: str) -> frozenset[str]:
    from argparse import ArgumentTypeError

    try:
        return parse_states(text)
    except ValueError as problem:
        raise ArgumentTypeError(str(problem)) from None


def complete_states(prefix: str, **_: object) -> list[str]:
    """The states that may stand behind the last comma."""
    given, comma, begun = prefix.rpartition(",")
    taken = given.split(",")
    return [f"{given}{comma}{s}" for s in STATES if s.startswith(begun) and s not in taken]
