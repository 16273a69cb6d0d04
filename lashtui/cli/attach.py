"""`lashtui attach`: the app on one session, or its stream."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lashtui.cli.parsing import add_session, count, no_tail, positive_seconds, socket_of
from lashtui.cli.session_names import named, only_session
from lashtui.diagnostics import leave, warn
from lashtui.exit_codes import ExitCode
from lashtui.stream.kinds import KINDS

if TYPE_CHECKING:
    import argparse

    from lashd.client.blocking import Attachment, Client
    from lashtui.saved.cursor_file import CursorFile
    from lashtui.stream.kinds import Record

DESCRIPTION = """\
Watch one session. On a terminal this is the app; on a pipe, on a dumb terminal,
with --format text or json, or with an option of streams, a stream on stdout.
SESSION may be left out when there is just one, or with a cursor, which names it.
"""

EXAMPLES = """\
examples:
  lashtui attach build
      the app; where you left it last time
  lashtui attach build --format json | jq -r 'select(.type=="gap")'
      the records of the stream, one JSON object a line
  lashtui attach build --format json --cursor-file build.cursor
      goes on exactly where its last run ended
  lashtui attach build --until turn-end --exit-status --timeout 600
      wait for the agent's turn; 0 good, 6 failed, 124 too long
  lashtui attach build --no-follow --only tools,error
      what there is now, tools and errors alone
  lashtui attach build --cursor now --until waiting && notify-send 'needs you'

exit codes: 0 done, 1 failure, 2 usage or a bad cursor, 3 gap (--on-gap fail),
4 no such session, 5 no daemon, 6 the agent failed (--exit-status),
124 timeout, 130 SIGINT, 143 SIGTERM
"""

KEYWORDS = ("saved", "start", "now")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "session", nargs="?", help="which session")
    add = parser.add_argument
    add("--format", choices=("tui", "text", "json"), help="tui: the app (a terminal's default)")
    add("--cursor", metavar="CURSOR|saved|start|now", help="begin after this cursor")
    add(
        "--cursor-file",
        metavar="FILE",
        help="keep the cursor there, and begin after the one found there (it wins over --cursor)",
    )
    add("--show-cursor", action="store_true", help="the last cursor on stderr at the end")
    add(
        "-n",
        dest="last",
        metavar="N",
        type=count,
        help="only the last N events retained, then follow",
    )
    add(
        "--only",
        metavar="KIND,...",
        type=_kinds,
        help=f"these events alone: {', '.join(KINDS)}",
    )
    until = parser.add_mutually_exclusive_group()
    until.add_argument(
        "--until",
        choices=("synced", "turn-end", "waiting", "end"),
        help="end the stream there (default: follow on)",
    )
    until.add_argument(
        "--no-follow",
        dest="until",
        action="store_const",
        const="synced",
        help="what there is now: --until synced",
    )
    add("--timeout", metavar="SECONDS", type=positive_seconds, help="end it then, with 124")
    add("--wait", action="store_true", help="the session may not exist yet: wait for it")
    add("--on-gap", choices=("continue", "fail"), help="fail: end at a gap, with 3")
    add("--exit-status", action="store_true", help="6 if the turn or session that ended it failed")
    add("--no-start", action="store_true", help="with --wait: start no daemon")


def _kinds(text: str) -> frozenset[str]:
    from argparse import ArgumentTypeError

    kinds = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(kinds.difference(KINDS))
    if unknown or not kinds:
        wrong = ", ".join(map(repr, unknown)) or "nothing"
        raise ArgumentTypeError(f"{wrong} is no kind; there are {', '.join(KINDS)}")
    return kinds


def run(args: argparse.Namespace) -> int:
    """Open the app or stream."""
    no_tail(args)
    form = _form(args)
    session, cursor = _names(args.session, args.cursor)
    if form == "tui":
        from lashtui.cli.app import has_terminal, open_app

        if not has_terminal():
            leave(ExitCode.USAGE, "--format tui needs a terminal; take text or json")
        if session is None:
            session = _only_one(args)
        return open_app(args, session=session, cursor=cursor, wait=args.wait)
    from lashtui.saved.cursor_file import CursorFile

    file = CursorFile(args.cursor_file) if args.cursor_file else None
    try:
        return _stream(args, form, session, cursor, file)
    finally:
        if file is not None:
            file.close()


def _form(args: argparse.Namespace) -> str:
    of_streams = {
        "--cursor-file": args.cursor_file,
        "--show-cursor": args.show_cursor,
        "-n": args.last is not None,
        "--only": args.only,
        "--until": args.until,
        "--timeout": args.timeout,
        "--on-gap": args.on_gap,
        "--exit-status": args.exit_status,
    }
    given = [name for name, value in of_streams.items() if value]
    if args.format == "tui" and given:
        leave(ExitCode.USAGE, f"{given[0]} is for streams: take --format text or json")
    if args.last is not None and args.cursor not in (None, "start"):
        leave(ExitCode.USAGE, "-n and --cursor exclude each other")
    if args.format is not None:
        return str(args.format)
    can_draw = os.environ.get("TERM", "") not in ("", "dumb")
    return "tui" if os.isatty(0) and os.isatty(1) and can_draw and not given else "text"


def _only_one(args: argparse.Namespace) -> str | None:
    """The one session that there is; None where a person has to choose: the app's picker."""
    from lashd.client.blocking import Client

    with Client(socket_of(args)) as client:
        names = [str(session["session_id"]) for session in client.list()]
        return None if len(names) > 1 else only_session(client, wait=args.wait)


def _names(session: str | None, cursor: str | None) -> tuple[str | None, str | None]:
    """(session, cursor), where a cursor may name the session; its form is judged here, first."""
    if cursor is None or cursor in KEYWORDS:
        return session, cursor
    from lashd.cursor import SessionCursor

    parsed = SessionCursor(cursor)
    if session is None:
        return parsed.parse().session_id, cursor
    parsed.parse_for_session(session)
    return session, cursor


def _stream(
    args: argparse.Namespace,
    form: str,
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
        session, cursor = _names(session, stored)
    socket = socket_of(args)
    client = Client(socket, timeout=min(10.0, args.timeout or 10.0))
    options = StreamOptions(
        only=args.only,
        until=args.until,
        fail_on_gap=args.on_gap == "fail",
        exit_status=args.exit_status,
    )
    stream = Stream(options, None if cursor in KEYWORDS else cursor)
    target = _Target(client, session, cursor, None if stored else args.last)
    runner = Runner(
        stream,
        Output("json" if form == "json" else "text"),
        attach=lambda: target.attach(wait=args.wait, start_daemon=args.wait and not args.no_start),
        cursor_file=file,
        timeout=args.timeout,
        find_state=lambda: target.find_state(stream.cursor),
        show_cursor=args.show_cursor,
    )
    try:
        return runner.run()
    finally:
        client.close()


class _Target:
    """Which session, and from where in it."""

    def __init__(
        self, client: Client, session: str | None, cursor: str | None, last: int | None
    ) -> None:
        self._client = client
        self._session = session
        self._cursor = cursor
        self._last = last

    def attach(self, *, wait: bool, start_daemon: bool) -> _Named:
        if start_daemon:
            from lashd.connect.launch import ensure_daemon

            ensure_daemon(self._client.socket_path, timeout=self._client.timeout)
        if self._session is None:
            self._session = only_session(self._client, wait=wait)
        how: dict[str, Any] = {"wait": wait}
        cursor = self._saved(self._session) if self._cursor == "saved" else self._cursor
        if self._last == 0:
            how["start"] = "now"
        elif self._last is not None:
            how.update(start="start", last=self._last)
        elif cursor in ("start", "now"):
            how["start"] = cursor
        elif cursor is not None:
            how["cursor"] = cursor
        with named(self._client, self._session):
            attached = self._client.attach(self._session, **how)
        return _Named(attached, self._client, self._session)

    def find_state(self, cursor: str | None) -> tuple[str, str | None] | None:
        """(state, outcome) of the session, if `cursor` is at its tail.

        Where it is not, events are on their way that tell the state.
        """
        from lashd.cursor import SessionCursor
        from lashd.errors import LashdError

        if cursor is None:
            return None
        here = SessionCursor(cursor).parse().live_position
        try:
            sessions = self._client.list()
        except LashdError:
            return None
        for session in sessions:
            if session.get("session_id") != self._session:
                continue
            tail = SessionCursor(str(session.get("cursor"))).parse().live_position
            return (str(session.get("state")), session.get("outcome")) if tail == here else None
        return None

    def _saved(self, session: str) -> str | None:
        from lashtui.saved.cursors import SavedCursors

        saved = SavedCursors(daemon=self._client.socket_path)
        cursor = saved.get(session)
        for warning in saved.warnings:
            warn(warning)
        return cursor


class _Named:
    """An attachment; where the daemon has no such session, which one may have been meant."""

    def __init__(self, attachment: Attachment, client: Client, session: str) -> None:
        self._attachment = attachment
        self._client = client
        self._session = session

    def read(self, timeout: float | None = None) -> list[Record]:
        with named(self._client, self._session):
            return self._attachment.read(timeout)

    @property
    def ended(self) -> Record | None:
        return self._attachment.ended

    def close(self) -> None:
        self._attachment.close()
