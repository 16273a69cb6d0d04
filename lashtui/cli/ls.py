"""`lashtui ls`: the sessions, as a table or JSON lines, on a screen that stays, or as a stream."""

from __future__ import annotations

import os
import time

from lashtui.cli.parsing import (
    columns,
    complete_list,
    complete_with,
    no_tail,
    positive_seconds,
    socket_of,
)
from lashtui.diagnostics import leave, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.listing.words import SORTS, parse_states
from lashtui.text.colour import has_colour
from lashtui.text.state_names import STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from lashd.protocol.records import Record

DESCRIPTION = """\
List the sessions, the most urgent first: waiting for you, failed, quiet,
running, done. TURN is how long the running turn has taken, CTX how full the
model's context is, LAST how long ago something last happened. On a terminal,
columns that don't fit are left out; a pipe gets all of them. --format json has
the rest: revision, events held, viewers and more.

--watch keeps the table on the screen, up to date, until q. --follow prints a
line whenever a session's state, question or error changes; with --format json
it prints the records of the list's stream: `following`, a `session` for each
session, `synced`, then a `session` for each that changes and a
`session_removed` for each that goes. With --state, a session is printed once
more when it leaves these states, so that a script can forget it.
"""

EXAMPLES = """\
examples:
  lashtui ls --state waiting,failed         those that need you
  lashtui ls --sort cost                    the most expensive first
  lashtui ls --all-hosts                    those of other machines, too
  lashtui ls --watch                        keep an eye on all of them
  lashtui ls --state waiting --format json | jq -r '.session_id, .waiting_for'
  lashtui ls --follow --state waiting --format json | jq '.session // empty'
  lashtui ls --until waiting && notify-send 'an agent needs you'
  lashtui ls --after "$POSITION" --until synced --format json
      what has changed since the record with this `position`

states: waiting, failed, quiet, running, idle, done, cancelled; ended: all
that have ended, failed ones too. Other words are understood as well: needs, stuck,
working, thinking, writing, retry, stopped

exit codes: 0 done, 1 failure, 2 usage or a bad position, 5 no daemon,
124 timeout, 130 SIGINT, 143 SIGTERM
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
        help=f"by {', '.join(SORTS)} (default: state, the most urgent first)",
    )
    add("--all-hosts", action="store_true", help="those of all configured hosts, and of this one")
    add("--watch", action="store_true", help="keep the table on the screen, up to date")
    add("--follow", action="store_true", help="print the sessions, then each change as it happens")
    add("--after", metavar="POSITION", help="as --follow, but only what has changed since then")
    add(
        "--until",
        choices=("synced", "waiting"),
        help="as --follow, then exit: when all is printed, or when a session needs you",
    )
    add(
        "--timeout",
        metavar="SECONDS",
        type=positive_seconds,
        help="with --follow or --until: give up after this long (exit 124)",
    )


def run(args: argparse.Namespace) -> int:
    """Print them."""
    no_tail(args)
    if args.all_hosts:
        return _list_all(args)
    if args.watch:
        return _watch(args)
    if args.follow or args.after is not None or args.until is not None:
        return _follow(args)
    if args.timeout is not None:
        leave(ExitCode.USAGE, "--timeout is for a stream: use --follow or --until")
    return _list(args)


def _list(args: argparse.Namespace) -> int:
    from lashd.client.blocking import Client

    with Client(socket_of(args)) as client:
        sessions = client.list()
    return _print_list(args, sessions)


def _list_all(args: argparse.Namespace) -> int:
    others = ("follow", "after", "until", "timeout", "watch", "socket", "host")
    given = [f"--{name}" for name in others if getattr(args, name, None) not in (None, False)]
    if given:
        leave(ExitCode.USAGE, f"--all-hosts and {given[0]} can't be combined")
    from lashd.errors import LashdError
    from lashd.paths import configured_hosts, socket_path
    from lashtui.listing.hosts import lists_of

    try:
        hosts = {"": socket_path(), **configured_hosts()}
    except LashdError as problem:
        leave(ExitCode.USAGE, str(problem))
    sessions, problems = lists_of(hosts)
    for name, why in problems.items():
        if name or len(problems) == len(hosts):  # a machine without a daemon has no sessions
            warn(f"{name or 'this machine'}: {why}")
    if len(problems) == len(hosts):
        return ExitCode.NO_DAEMON
    return _print_list(args, sessions)


def _print_list(args: argparse.Namespace, sessions: list[Record]) -> int:
    from lashtui.listing.row import Row, chosen

    rows = chosen(map(Row, sessions), args.state, args.sort or "state")
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
        from lashd.address import is_remote

        here = "" if args.all_hosts or not is_remote(socket_of(args)) else " there"
        say(f"no sessions; `lashtui up`{here} finds agents, `lashtui run -- COMMAND` starts one")
    elif not rows:
        say(f"none of {len(sessions)} sessions is {' or '.join(sorted(args.state))}")
    return ExitCode.DONE


def _watch(args: argparse.Namespace) -> int:
    others = ("follow", "after", "until", "timeout", "format")
    given = [f"--{name}" for name in others if getattr(args, name) not in (None, False)]
    if given:
        leave(ExitCode.USAGE, f"--watch and {given[0]} can't be combined")
    if not (os.isatty(0) and os.isatty(1)):
        leave(ExitCode.USAGE, "--watch needs a terminal; use --follow on a pipe")
    if os.environ.get("TERM", "") in ("", "dumb"):
        leave(ExitCode.USAGE, "--watch can't draw on this terminal; use --follow")
    from lashd.client.blocking import Client
    from lashtui.listing.watch import watch

    return watch(
        Client(socket_of(args)).follow,
        states=args.state,
        sort=args.sort or "state",
        colour=has_colour(os.environ),
    )


def _follow(args: argparse.Namespace) -> int:
    if args.sort is not None:
        leave(ExitCode.USAGE, "--sort doesn't apply to a stream: leave it out")
    from lashd.client.blocking import Client
    from lashtui.listing.changes import ListStream
    from lashtui.stream.output import Output
    from lashtui.stream.runner import Runner

    client = Client(socket_of(args), timeout=min(10.0, args.timeout or 10.0))
    if args.format == "json":
        output = Output("json")
    else:
        from lashtui.listing.change_lines import ChangeWriter

        output = Output("text", writer=ChangeWriter(colour=os.isatty(1) and has_colour(os.environ)))
    runner = Runner(
        ListStream(args.state, args.after, until=args.until),
        output,
        attach=lambda: client.follow(args.after),
        timeout=args.timeout,
    )
    try:
        return runner.run()
    finally:
        client.close()


def _states(text: str) -> frozenset[str]:
    from argparse import ArgumentTypeError

    try:
        return parse_states(text)
    except ValueError as problem:
        raise ArgumentTypeError(str(problem)) from None


def complete_states(prefix: str, **_: object) -> list[str]:
    """The states that may stand behind the last comma."""
    return complete_list(STATES, prefix)
