"""`lashtui up`: find the agents that run on this machine, publish and follow them all."""

from __future__ import annotations

import argparse
import os
import sys

from lashd.address import is_remote
from lashtui.cli.parsing import duration, no_tail, socket_of
from lashtui.diagnostics import leave, say
from lashtui.exit_codes import ExitCode
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DESCRIPTION = """\
Find the agents that run on this machine, publish their sessions and follow them,
and those that begin later, in the background. It says what it has found, and what
it can't see and why. A daemon is started if none is running. There is one `up` for
each daemon: a second one says so and exits.

It reads what the agents keep in their own directories, and follows no link out of
them. What `run`, `tap` or another program publishes is left to that.
"""

EXAMPLES = """\
examples:
  lashtui up                 find and follow all agents, in the background
  lashtui                    and look at them
  lashtui up --once          publish what is there and exit
  lashtui up --foreground    until Ctrl-C: for a terminal, or a user service
  lashtui up --stop          end the one in the background
  lashtui daemon status      says whether it is running

It ends by itself when the daemon is stopped. What it says in the background is in
~/.local/state/lashtui/up.log ($XDG_STATE_HOME).
"""

STOP_WITHIN = 15.0
"""Seconds for the one in the background to end: it delivers what it has first."""

MAX_PRINTED = 4096
"""Characters of a line that is printed; no path is longer."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="publish what is there and exit")
    how.add_argument("--foreground", action="store_true", help="don't go to the background")
    how.add_argument("--stop", action="store_true", help="end the one that is running")
    parser.add_argument(
        "--since",
        type=duration,
        metavar="DURATION",
        default=3600.0,
        help="also sessions changed within this time whose agents have ended (default: 1h)",
    )
    parser.add_argument("--report-to", type=int, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Find, follow, stop."""
    no_tail(args)
    socket = socket_of(args)
    if is_remote(socket):
        leave(ExitCode.USAGE, "`up` finds the agents of its own machine: run it there")
    from lashtui.process.only_one import holder_of

    if args.stop:
        return _stop(socket)
    running = holder_of(lock_path(socket))
    if running is not None:
        return _say_running(running)
    if args.once or args.foreground:
        return _follow(args, socket)
    return _go_to_background(args, socket)


def lock_path(socket: str) -> str:
    """What the one `up` of a daemon holds; it has its process id."""
    return socket + ".up"


def log_path(socket: str) -> str:
    """Where the one in the background writes."""
    from lashd.paths import log_path as daemon_log

    folder, name = os.path.split(daemon_log(socket))
    return os.path.join(folder, "up.log" if name == "lashd.log" else f"up-{name}")


def _say_running(process: int) -> int:
    which = f" (process {process})" if process else ""
    say(f"-- `lashtui up` is already running{which}; `lashtui` shows what it has found")
    return ExitCode.DONE


def _stop(socket: str) -> int:
    from lashtui.process.only_one import end_holder

    ended = end_holder(lock_path(socket), STOP_WITHIN)
    if ended is None:
        say(f"`lashtui up` was not running for the daemon at {socket}")
    elif ended:
        say("stopped `lashtui up`; the daemon still holds the sessions")
    else:
        leave(
            ExitCode.FAILURE,
            f"`lashtui up` is still running after {STOP_WITHIN:g} s; its log: {log_path(socket)}",
        )
    return ExitCode.DONE


def _go_to_background(args: argparse.Namespace, socket: str) -> int:
    from lashtui.ingest.publish import reach_daemon
    from lashtui.process.background import start
    from lashtui.process.only_one import holder_of

    reach_daemon(socket, start=True)
    log = log_path(socket)
    words = ["--socket", socket, "up", "--foreground", "--since", f"{args.since:g}s"]
    code = start(words, log, print)
    if code == ExitCode.DONE:  # another was quicker
        return _say_running(holder_of(lock_path(socket)) or 0)
    if code is not None:
        leave(ExitCode.FAILURE, f"`lashtui up` ended at once (exit code {code}); its log: {log}")
    process = holder_of(lock_path(socket))
    say(
        f"-- goes on in the background (process {process}); `lashtui` shows the sessions,"
        " `lashtui up --stop` ends it"
    )
    return ExitCode.DONE


def _follow(args: argparse.Namespace, socket: str) -> int:
    from lashd.paths import make_private_dir
    from lashtui.ingest.publish import reach_daemon
    from lashtui.process.only_one import OnlyOne, holder_of

    make_private_dir(os.path.dirname(socket))
    lock = OnlyOne.take(lock_path(socket))
    if lock is None:
        return _say_running(holder_of(lock_path(socket)) or 0)
    from lashtui.ingest.following import Stop
    from lashtui.ingest.up import Up

    report, ready = _report(args.report_to)
    with lock, Stop() as stop:
        reach_daemon(socket, start=True)
        log = None if args.report_to is None else sys.stdout.fileno()
        up = Up(socket, since=args.since, stop=stop, report=report, once=args.once, log=log)
        up.run(ready)
    return stop.code


def _report(descriptor: int | None) -> tuple[Callable[[str], None], Callable[[], None]]:
    """What gets lines for the user, and what is called when all that is there was said."""
    if descriptor is None:
        return lambda line: print(safe_line(line, MAX_PRINTED), flush=True), lambda: None
    from lashtui.process.background import READY

    starter = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")

    def report(line: str) -> None:
        line = safe_line(line, MAX_PRINTED)
        if starter.closed:
            print(line, flush=True)
            return
        starter.write(f"{line}\n")

    def ready() -> None:
        try:
            starter.write(f"{READY}\n")
            starter.close()
        except OSError:  # whoever started it has gone
            pass

    return report, ready
