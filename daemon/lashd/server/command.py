"""The `lashd` command: a daemon in the foreground, for systemd, for tests, for auto-start.

Exit codes: 0 stopped gracefully, 1 it can't be the daemon here, 2 usage or config.toml.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from typing import Any

import anyio

from lashd._version import __version__
from lashd.config import load
from lashd.errors import ConfigError, LifecycleError
from lashd.limits import DaemonLimits, StoreLimits, ViewLimits
from lashd.paths import config_path, socket_path
from lashd.server.server import serve
from lashd.server.stdio import hold_standard_descriptors

log = logging.getLogger("lashd")

EXIT_FAILURE = 1
EXIT_USAGE = 2

EXAMPLES = """\
examples:
  lashd                                    at the default socket, until SIGTERM or Ctrl-C
  lashd --socket ~/agents/s --max-age 600  ten minutes of replay at a socket of its own
  lashd --idle-exit 3600                   ends after an hour without any connection

The bounds may stand in config.toml too; flags win.
"""

_FLAGS: dict[str, str] = {
    "max_events_per_session": "events that can be replayed, for each session",
    "max_age": "seconds that an event can be replayed",
    "max_bytes_per_session": "bytes of events kept for each session",
    "max_event_bytes": "bytes of one event",
    "max_total_bytes": "bytes of all sessions together",
    "max_sessions": "sessions",
    "max_entries": "rows of a session's view",
    "max_bytes": "bytes of a session's view",
    "max_connections": "clients at once",
    "max_outstanding": "bytes handed to one client that it has not taken yet",
    "max_pending_snapshots": "bytes of all snapshots that clients are taking",
    "max_incoming": "bytes of all messages that clients have half sent",
    "publisher_grace": "seconds for a lost publisher to return before its session is cut off",
    "hello_timeout": "seconds for a client to say hello",
    "forget_after": "seconds that a session which nobody uses is kept",
    "drain_timeout": "seconds at a stop for clients to take their goodbye",
}
_SPELLED = {"max_entries": "--view-max-entries", "max_bytes": "--view-max-bytes"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line and config.toml say."""

    limits: DaemonLimits
    idle_exit: float | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lashd`; returns its exit code."""
    hold_standard_descriptors()
    args = _parser().parse_args(argv)
    try:
        config = load(config_path())
        path = socket_path(args.socket)
    except (ConfigError, LifecycleError) as error:
        return _fail(str(error), EXIT_USAGE)
    logging.basicConfig(
        stream=sys.stderr,
        level=args.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    return run_foreground(path, Options(_with_flags(config.limits, vars(args)), args.idle_exit))


def run_foreground(path: str, options: Options) -> int:
    """Be the daemon at `path` until a signal or a client stops it; returns the exit code."""
    try:
        anyio.run(
            _run, path, options, backend_options={"use_uvloop": find_spec("uvloop") is not None}
        )
    except LifecycleError as error:
        return _fail(str(error), EXIT_FAILURE)
    return 0


async def _run(path: str, options: Options) -> None:
    stop = anyio.Event()
    failure: LifecycleError | None = None
    wanted = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # The terminal is gone. Under nohup it is ignored, and stays so.
        wanted.append(signal.SIGHUP)
    # What exists by now lives as long as the process; collecting it again and again is wasted.
    gc.collect()
    gc.freeze()
    with anyio.open_signal_receiver(*wanted) as signals:
        async with anyio.create_task_group() as group:

            async def wait_for_signal() -> None:
                async for number in signals:
                    log.info("= %s: stopping", number.name)
                    stop.set()

            group.start_soon(wait_for_signal)
            try:
                await serve(
                    path,
                    limits=options.limits,
                    stop=stop,
                    idle_exit=options.idle_exit,
                    ready=lambda: _say(f"listening on {path}"),
                )
            except LifecycleError as error:
                # Out of the group by hand, or it would come out wrapped in one of errors.
                failure = error
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lashd",
        description="The daemon that holds agents' sessions for lashtui, in the foreground.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lashd {__version__}")
    parser.add_argument("--socket", metavar="PATH", help="where to listen")
    parser.add_argument(
        "--idle-exit", metavar="SECONDS", type=_seconds, help="end when unused for so long"
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="what is told on stderr (default: %(default)s)",
    )
    bounds = parser.add_argument_group("bounds")
    for part in (StoreLimits(), ViewLimits(), DaemonLimits()):
        for field in fields(part):
            default = getattr(part, field.name)
            if field.name in _FLAGS and isinstance(default, int | float):
                bounds.add_argument(
                    _SPELLED.get(field.name, "--" + field.name.replace("_", "-")),
                    dest=field.name,
                    metavar="N" if isinstance(default, int) else "SECONDS",
                    type=_whole if isinstance(default, int) else _seconds,
                    help=f"{_FLAGS[field.name]} (default: {default:,})",
                )
    return parser


def _with_flags(limits: DaemonLimits, given: dict[str, Any]) -> DaemonLimits:
    def flags(part: object) -> dict[str, Any]:
        names = [field.name for field in fields(part)]  # type: ignore[arg-type]
        return {name: given[name] for name in names if given.get(name) is not None}

    return replace(
        limits,
        store=replace(limits.store, **flags(limits.store)),
        view=replace(limits.view, **flags(limits.view)),
        **flags(limits),
    )


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return number


def _say(line: str) -> None:
    try:
        os.write(2, f"{line}\n".encode(errors="surrogateescape"))
    except OSError:
        pass  # Nobody listens to stderr; the daemon serves all the same.


def _fail(message: str, code: int) -> int:
    _say(f"lashd: {message}")
    return code
