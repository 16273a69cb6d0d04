"""`lashtui attach`: the app on one session, or its stream."""

from __future__ import annotations

import os

from lashtui.cli.parsing import (
    add_session,
    complete_list,
    complete_with,
    count,
    no_tail,
    positive_seconds,
    socket_of,
)
from lashtui.diagnostics import leave, warn
from lashtui.exit_codes import ExitCode
from lashtui.stream.kinds import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from lashd.client.blocking import Attachment, Client
    from lashtui.saved.cursor_file import CursorFile

DESCRIPTION = """\
Watch one session. On a terminal this opens the app; on a pipe, on a dumb
terminal, with --format text or json, or with any streaming option, it writes a
stream to stdout. You can leave out SESSION if there is only one, or if you give
a cursor, which names it.
"""

EXAMPLES = """\
examples:
  lashtui attach build
      the app, at the place where you left it
  lashtui attach build --format json | jq -r 'select(.type=="gap")'
      the records of the stream, one JSON object per line
  lashtui attach build --format json --cursor-file build.cursor
      resumes exactly where its last run ended
  lashtui attach build --until turn-end --exit-status --timeout 600
      wait for the agent's turn: 0 succeeded, 6 failed, 124 too long
  lashtui attach build --no-follow --only tools,error
      what is there now, only tools and errors
  lashtui attach build --cursor now --until waiting && notify-send 'needs you'

exit codes: 0 done, 1 failure, 2 usage or a bad cursor, 3 gap (--on-gap fail),
4 no such session, 5 no daemon, 6 the agent failed (--exit-status),
124 timeout, 130 SIGINT, 143 SIGTERM
"""

CURSOR_WORDS = ("saved", "start", "now")
"""What `--cursor` takes besides a cursor."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "session", nargs="?", help="session to watch")
    add = parser.add_argument
    add("--format", choices=("tui", "text", "json"), help="tui: the app (a terminal's default)")
    add("--cursor", metavar="CURSOR|saved|start|now", help="start after this cursor")
    add(
        "--cursor-file",
        metavar="FILE",
        help="store the cursor in FILE, and resume after the one found there (overrides --cursor)",
    )
    add("--show-cursor", action="store_true", help="print the last cursor on stderr at the end")
    add(
        "-n",
        dest="last",
        metavar="N",
        type=count,
        help="start with the last N retained events, then follow",
    )
    only = add(
        "--only",
        metavar="KIND,...",
        type=_kinds,
        help=f"only these events: {', '.join(KINDS)}",
    )
    complete_with(only, _complete_kinds)
    until = parser.add_mutually_exclusive_group()
    until.add_argument(
        "--until",
        choices=("synced", "turn-end", "waiting", "end"),
        help="stop there (default: keep following)",
    )
    until.add_argument(
        "--no-follow",
        dest="until",
        action="store_const",
        const="synced",
        help="print what is there and exit (= --until synced)",
    )
    add(
        "--timeout",
        metavar="SECONDS",
        type=positive_seconds,
        help="give up after this long (exit 124)",
    )
    add("--wait", action="store_true", help="wait for the session if it doesn't exist yet")
    add("--on-gap", choices=("continue", "fail"), help="fail: stop at a gap (exit 3)")
    add(
        "--exit-status",
        action="store_true",
        help="exit 6 if what ended the stream failed: a turn or the session",
    )
    add("--no-start", action="store_true", help="with --wait: don't start a daemon")


def _complete_kinds(prefix: str, **_: object) -> list[str]:
    return complete_list(KINDS, prefix)


def _kinds(text: str) -> frozenset[str]:
    from argparse import ArgumentTypeError

    kinds = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(kinds.difference(KINDS))
    if unknown or not kinds:
        wrong = ", ".join(map(repr, unknown))
        problem = f"unknown kind {wrong}" if unknown else "no kind given"
        raise ArgumentTypeError(f"{problem}; choose from {', '.join(KINDS)}")
    return kinds


def run(args: argparse.Namespace) -> int:
    """Open the app or stream."""
    no_tail(args)
    chosen = output_format(args)
    session, cursor = resolve_session(args.session, args.cursor)
    if chosen == "tui":
        from lashtui.cli.app import has_terminal, open_app

        if not has_terminal():
            leave(ExitCode.USAGE, "--format tui needs a terminal; use text or json")
        if session is None:
            session = session_to_open(args)
        return open_app(args, session=session, cursor=cursor, wait=args.wait)
    file = None
    if args.cursor_file:
        from lashtui.saved.cursor_file import CursorFile

        file = CursorFile(args.cursor_file)
    try:
        return _stream(args, chosen, session, cursor, file)
    finally:
        if file is not None:
            file.close()


def output_format(args: argparse.Namespace) -> str:
    """`tui`, `text` or `json`: as asked for, else by what stdin and stdout are.

    Raises:
        CommandError: the options contradict each other.
    """
    streaming = {
        "--cursor-file": args.cursor_file,
        "--show-cursor": args.show_cursor,
        "-n": args.last is not None,
        "--only": args.only,
        "--until": args.until,
        "--timeout": args.timeout,
        "--on-gap": args.on_gap,
        "--exit-status": args.exit_status,
    }
    given = [name for name, value in streaming.items() if value]
    if args.format == "tui" and given:
        leave(ExitCode.USAGE, f"{given[0]} is a streaming option: use --format text or json")
    if args.last is not None and args.cursor not in (None, "start"):
        leave(ExitCode.USAGE, "-n and --cursor can't be combined")
    if args.format is not None:
        return str(args.format)
    can_draw = os.environ.get("TERM", "") not in ("", "dumb")
    return "tui" if os.isatty(0) and os.isatty(1) and can_draw and not given else "text"


def resolve_session(session: str | None, cursor: str | None) -> tuple[str | None, str | None]:
    """(session, cursor), where the cursor names the session if nothing else does.

    Raises:
        SessionCursorError: it is malformed, or of another session.
    """
    if cursor is None or cursor in CURSOR_WORDS:
        return session, cursor
    from lashd.cursor import SessionCursor

    parsed = SessionCursor(cursor)
    if session is None:
        return parsed.parse().session_id, cursor
    parsed.parse_for_session(session)
    return session, cursor


def session_to_open(args: argparse.Namespace) -> str | None:
    """The only session, for the app; None if there are several and the person has to choose."""
    from lashd.client.blocking import Client
    from lashtui.cli.session_names import only_session

    with Client(socket_of(args)) as client:
        names = [str(session["session_id"]) for session in client.list()]
        return None if len(names) > 1 else only_session(client, wait=args.wait)


def _stream(
    args: argparse.Namespace,
    chosen: str,
    session: str | None,
    cursor: str | None,
    file: CursorFile | None,
) -> int:
    from lashd.client.blocking import Client
    from lashtui.stream.output import Output
    from lashtui.stream.policy import Stream, StreamOptions
    from lashtui.stream.runner import Runner

    stored = file.read() if file is not None else None
    if stored is not None:
        session, cursor = resolve_session(session, stored)
    client = Client(socket_of(args), timeout=min(10.0, args.timeout or 10.0))
    options = StreamOptions(
        only=args.only,
        until=args.until,
        fail_on_gap=args.on_gap == "fail",
        exit_status=args.exit_status,
    )

    def attach() -> Attachment:
        nonlocal session
        if args.wait and not args.no_start:
            from lashd.connect.launch import ensure_daemon

            ensure_daemon(client.socket_path, timeout=client.timeout)
        if session is None:
            from lashtui.cli.session_names import only_session

            session = only_session(client, wait=args.wait)
        after = _saved_cursor(client, session) if cursor == "saved" else cursor
        where = start_at(after, None if stored else args.last)
        return client.attach(session, wait=args.wait, **where)

    def suggest() -> str:
        from lashtui.cli.session_names import suggestion

        return suggestion(client, session or "")

    runner = Runner(
        Stream(options, None if cursor in CURSOR_WORDS else cursor),
        Output("json" if chosen == "json" else "text"),
        attach=attach,
        suggest=suggest,
        cursor_file=file,
        timeout=args.timeout,
        show_cursor=args.show_cursor,
    )
    try:
        return runner.run()
    finally:
        client.close()


def start_at(cursor: str | None, last: int | None) -> dict[str, Any]:
    """The options of `Client.attach` for `--cursor` (a cursor, start, now) and `-n`."""
    if last == 0:
        return {"start": "now"}
    if last is not None:
        return {"start": "start", "last": last}
    if cursor in ("start", "now"):
        return {"start": cursor}
    return {} if cursor is None else {"cursor": cursor}


def _saved_cursor(client: Client, session: str) -> str | None:
    from lashtui.saved.cursors import SavedCursors

    saved = SavedCursors(daemon=client.socket_path)
    cursor = saved.get(session)
    for warning in saved.warnings:
        warn(warning)
    return cursor
