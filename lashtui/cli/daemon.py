"""`lashtui daemon`: run it in the foreground, start it, stop it, show its status."""

from __future__ import annotations

import sys

from lashd.address import is_remote, shown
from lashtui.cli.parsing import Parser, socket_of
from lashtui.diagnostics import leave, say
from lashtui.exit_codes import ExitCode
from lashtui.text.duration import duration_long
from lashtui.text.format import moment
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

DESCRIPTION = """\
The daemon holds the sessions. `run`, `publish`, `tap`, `discover`, the app and
`attach --wait` start one if none is running; these commands do it by hand.
"""

EXAMPLES = """\
examples:
  lashtui daemon status
  lashtui daemon start
  lashtui daemon run -- --help     the options of `lashd`, the daemon in the foreground
  lashtui daemon stop
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The five verbs."""
    verbs = parser.add_subparsers(
        dest="verb", metavar="VERB", required=True, parser_class=Parser, prog=parser.prog
    )
    run_here = verbs.add_parser(
        "run",
        help="run it in the foreground, as `lashd` does; its options after --",
        description="Run the daemon in the foreground, as `lashd` does. Put its options after --.",
    )
    start = verbs.add_parser(
        "start",
        help="start it in the background, unless one is running",
        description="Start the daemon in the background and wait until it answers.",
    )
    stop = verbs.add_parser(
        "stop",
        help="stop it; clients are notified",
        description="Stop the daemon. All sessions are lost; clients are notified.",
    )
    status = verbs.add_parser(
        "status",
        help="show whether it is running, and its numbers",
        description="Show the daemon's status. Exit code 5 if none is running.",
    )
    dial = verbs.add_parser(
        "dial",
        help="join stdin and stdout to it, for a program on another machine",
        description="Join stdin and stdout to the daemon's socket: what `--host` runs over ssh.",
    )
    dial.add_argument("--start", action="store_true", help="start a daemon if none is running")
    status.add_argument("--format", choices=("text", "json"), default="text")
    from lashtui.cli.parsing import add_global_options

    for verb in (run_here, start, stop, status, dial):
        add_global_options(verb)


def run(args: argparse.Namespace) -> int:
    """Run, start, stop or show it."""
    socket = socket_of(args)
    if args.verb in ("run", "dial") and is_remote(socket):
        why = "is for this machine: leave --host out, and unset LASHTUI_HOST"
        leave(ExitCode.USAGE, f"daemon {args.verb} {why}")
    if args.verb == "run":
        from lashd.server.command import main

        return int(main(["--socket", socket, *(args.tail or [])]))
    if args.tail:
        leave(ExitCode.USAGE, f"daemon {args.verb} takes nothing after --")
    if args.verb == "dial":
        from lashd.connect.dial import dial_local

        dial_local(socket, start=args.start)
        return ExitCode.DONE
    from lashd.connect import launch as start

    where = shown(socket)
    if args.verb == "start":
        started = start.ensure_daemon(socket)
        is_new = started or is_remote(socket)  # of another machine that is not known
        say(f"the daemon is {'running' if is_new else 'already running'} at {where}")
    elif args.verb == "stop":
        ran = start.stop_daemon(socket)
        say(f"stopped the daemon at {where}" if ran else f"no daemon was running at {where}")
    else:
        status = start.daemon_status(socket)
        if not is_remote(socket):
            status["up"] = _up_of(socket)
        _status(status, args.format)
    return ExitCode.DONE


def _up_of(socket: str) -> int | None:
    """The process of the `lashtui up` that publishes into this daemon; None: none does."""
    from lashtui.cli.up import lock_path
    from lashtui.process.only_one import holder_of

    return holder_of(lock_path(socket))


def _status(status: dict[str, Any], form: str) -> None:
    if form == "json":
        from lashtui.stream.json_line import json_line

        sys.stdout.write(json_line(status))
        return
    for key, value in status.items():
        if key in ("type", "limits") or (key == "mirror" and value is None):
            continue
        name, text = _fact(key, value)
        sys.stdout.write(f"{name:<12} {safe_line(text)}\n")


def _fact(key: str, value: object) -> tuple[str, str]:
    """A line of the status, for people; scripts use JSON."""
    is_number = isinstance(value, int | float)
    if key == "uptime_s" and is_number:
        return "uptime", duration_long(value)  # type: ignore[arg-type]
    if key == "started_at" and is_number:
        return "started", moment(value)  # type: ignore[arg-type]
    if key == "mirror" and isinstance(value, dict):
        words = f"of {value.get('home')} through {value.get('engine')}"
        seen_at = value.get("last_seen_at")
        if value.get("is_gone") and isinstance(seen_at, int):
            words += f"; last seen {moment(seen_at)}"
        return key, f"{words}; {value['problem']}" if value.get("problem") else words
    if key == "up":
        words = "`lashtui up` finds the agents of this machine"
        return key, words if value is None else f"running (process {value})"
    if key in ("events", "bytes") and isinstance(value, int):
        return key, f"{value:,}"
    return key, str(value)
