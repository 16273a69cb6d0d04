"""The `lashd` command: a daemon in the foreground, for systemd, for tests, for auto-start.

Exit codes: 0 stopped gracefully, 1 it can't listen there, 2 usage or config.toml is wrong.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import anyio

from lashd._version import __version__
from lashd.config import load
from lashd.errors import ConfigError, LifecycleError
from lashd.limits import DaemonLimits, StoreLimits, ViewLimits
from lashd.paths import config_path, socket_path
from lashd.server.server import serve
from lashd.server.stdio import hold_standard_descriptors

if TYPE_CHECKING:
    from lashd.relay.mirror import MirrorOptions

log = logging.getLogger("lashd")

EXIT_FAILURE = 1
EXIT_USAGE = 2

COLLECT_AFTER = (50_000, 20, 10)
"""Thresholds of the garbage collector. A message may become a million lists, none of them garbage:
Python's own 700 would have it look at them again and again, which takes longer than decoding them.
What is in cycles here is a few objects for each connection."""

EXAMPLES = """\
examples:
  lashd                                    listen at the default socket until SIGTERM or Ctrl-C
  lashd --socket ~/agents/s --max-age 600  listen at another socket, with ten minutes of replay
  lashd --idle-exit 3600                   exit after an hour without a connection
  lashd --relay redis://hub:6379 --home box               push this machine's sessions to Redis
  lashd --mirror redis://hub:6379 --home box --socket s   show them elsewhere

Bounds can also be set in config.toml; flags override it.
"""

_FLAGS: dict[str, str] = {
    "max_events_per_session": "events kept for replay, per session",
    "max_age": "seconds that an event is kept for replay",
    "max_bytes_per_session": "bytes of events kept for replay, per session",
    "max_event_bytes": "largest event, in bytes",
    "max_total_bytes": "memory of all sessions together, in bytes",
    "max_sessions": "number of sessions",
    "max_entries": "entries in a session's view",
    "max_bytes": "bytes in a session's view",
    "max_connections": "connections at a time",
    "max_outstanding": "bytes in flight to one client",
    "max_pending_snapshots": "bytes of all snapshots in flight to clients",
    "max_incoming": "bytes of all half-received messages",
    "publisher_grace": "seconds for a lost publisher to return before its session ends",
    "message_timeout": "seconds to wait for the rest of a message once bytes stop coming",
    "hello_timeout": "seconds for a client to say hello after it connects",
    "forget_after": "seconds that an unused session is kept",
    "drain_timeout": "seconds for clients to disconnect when the daemon stops",
}
_SPELLED = {"max_entries": "--view-max-entries", "max_bytes": "--view-max-bytes"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line and config.toml ask for."""

    limits: DaemonLimits
    idle_exit: float | None = None
    mirror: MirrorOptions | None = None
    """It serves the sessions of another machine."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lashd`; returns its exit code."""
    hold_standard_descriptors()
    args = _parser().parse_args(argv)
    try:
        config = load(config_path())
        path = socket_path(args.socket)
    except (ConfigError, LifecycleError) as error:
        return _fail(str(error), EXIT_USAGE)
    try:
        handler = _log_handler(args.log_file)
    except OSError as error:
        return _fail(f"can't write the log {args.log_file}: {error.strerror}", EXIT_FAILURE)
    logging.basicConfig(
        handlers=[handler],
        level=args.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.captureWarnings(True)
    limits = _with_flags(config.limits, vars(args))
    if args.relay is None and args.mirror is None:
        if args.home is not None or args.key_file is not None:
            return _fail("--home and --key-file are for --relay or --mirror URL", EXIT_USAGE)
        return run_foreground(path, Options(limits, args.idle_exit))
    from lashd.server import carried

    try:
        if args.relay is not None:
            return carried.run_relay(carried.relay_options(args, path, _say))
        mirror = carried.mirror_options(args, _say)
    except carried.WrongUsage as error:
        return _fail(str(error), EXIT_USAGE)
    return run_foreground(path, Options(limits, args.idle_exit, mirror))


def run_foreground(path: str, options: Options) -> int:
    """Serve at `path` until a signal or a client stops the daemon; returns the exit code."""
    try:
        anyio.run(
            _run, path, options, backend_options={"use_uvloop": find_spec("uvloop") is not None}
        )
    except LifecycleError as error:
        return _fail(str(error), EXIT_FAILURE)
    return 0


def _log_handler(path: str | None) -> logging.Handler:
    """To stderr, or to a file of bounded size."""
    if path is None:
        return logging.StreamHandler(sys.stderr)
    from lashd.server.log_file import LogFile

    return LogFile(path)


async def _run(path: str, options: Options) -> None:
    stop = anyio.Event()
    failure: LifecycleError | None = None
    wanted = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # Sent when the terminal goes away. Under nohup it is ignored, and must stay ignored.
        wanted.append(signal.SIGHUP)
    # All objects that exist by now live as long as the process: spare every collection a look
    # at them.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    with anyio.open_signal_receiver(*wanted) as signals:
        async with anyio.create_task_group() as group:

            async def wait_for_signal() -> None:
                async for number in signals:
                    log.info("= %s: stopping", number.name)
                    stop.set()

            group.start_soon(wait_for_signal)
            try:
                await _serving(options)(
                    path,
                    limits=options.limits,
                    stop=stop,
                    idle_exit=options.idle_exit,
                    ready=lambda: _say(f"listening on {path}"),
                )
            except LifecycleError as error:
                # Carried out by hand: the task group would wrap it in an ExceptionGroup.
                failure = error
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure


def _serving(options: Options) -> Callable[..., Awaitable[None]]:
    if options.mirror is None:
        return serve
    from lashd.server.mirroring import serve_mirror

    return partial(serve_mirror, options=options.mirror)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lashd",
        description="Run the daemon that holds agents' sessions for lashtui, in the foreground.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lashd {__version__}")
    parser.add_argument("--socket", metavar="PATH", help="where to listen")
    parser.add_argument(
        "--idle-exit",
        metavar="SECONDS",
        type=_seconds,
        help="exit after this long without a connection",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="least severe messages to log on stderr (default: %(default)s)",
    )
    parser.add_argument(
        "--log-file",
        metavar="PATH",
        help="log there instead of on stderr; at 4 MiB it becomes PATH.1, and a new one is begun",
    )
    carried = parser.add_argument_group("through Redis or Valkey (lashtui[relay])")
    which = carried.add_mutually_exclusive_group()
    which.add_argument(
        "--relay",
        metavar="URL",
        help="start no daemon: push the sessions of the one at --socket to this engine",
    )
    which.add_argument(
        "--mirror",
        metavar="URL",
        help="serve the sessions that a relay pushes to this engine, read-only",
    )
    carried.add_argument("--home", metavar="NAME", help="what the sessions' home is called there")
    carried.add_argument(
        "--key-file",
        metavar="PATH",
        help="a secret of 16 to 64 bytes that only relay and mirrors have: a mirror shows nothing"
        " that was not written with it",
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
        raise argparse.ArgumentTypeError(f"{text} is not a positive integer")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of seconds")
    return number


def _say(line: str) -> None:
    try:
        os.write(2, f"{line}\n".encode(errors="surrogateescape"))
    except OSError:
        pass  # stderr is gone; the daemon serves all the same.


def _fail(message: str, code: int) -> int:
    _say(f"lashd: {message}")
    return code
