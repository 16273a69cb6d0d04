"""Starting the app: for `lashtui` alone, and for `attach` on a terminal."""

from __future__ import annotations

import os

from lashd.address import UNIX
from lashtui.cli.parsing import socket_of
from lashtui.diagnostics import leave
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def has_terminal() -> bool:
    """Whether stdin and stdout are terminals, both of which the app needs."""
    return os.isatty(0) and os.isatty(1)


def open_fleet(args: argparse.Namespace) -> int:
    """`lashtui`: pick a session and watch it."""
    if not has_terminal():
        leave(
            ExitCode.USAGE,
            "the app needs a terminal; in scripts use `lashtui ls` and"
            " `lashtui attach SESSION --format text|json`",
        )
    return open_app(args, session=None, cursor=None, wait=False)


def open_app(
    args: argparse.Namespace, *, session: str | None, cursor: str | None, wait: bool
) -> int:
    """Start the app, on `session` or with the fleet; its exit code."""
    socket = socket_of(args)
    alone = _host_alone(args)
    from lashtui.app.start import run_app

    return run_app(
        socket_path=socket,
        session=session,
        cursor=cursor,
        wait=wait,
        start_daemon=not getattr(args, "no_start", False),
        hosts={} if alone else _other_hosts(args),
        host="" if alone.startswith(UNIX) else alone,
    )


def _host_alone(args: argparse.Namespace) -> str:
    """The host that the user wants to see alone; empty: none is named."""
    from lashd.paths import HOST_VARIABLE

    if args.socket is not None:
        return ""
    return getattr(args, "host", None) or os.environ.get(HOST_VARIABLE, "")


def _other_hosts(args: argparse.Namespace) -> dict[str, str]:
    """The configured hosts, unless the user wants one daemon alone."""
    from lashd.paths import configured_hosts

    return {} if args.socket is not None else configured_hosts()
