"""`lashtui cursor`: check whether a cursor can still be resumed."""

from __future__ import annotations

import sys

from lashtui.cli.parsing import no_tail, socket_of
from lashtui.exit_codes import ExitCode
from lashtui.text.format import plural, time_span
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

DESCRIPTION = """\
Check whether a cursor can still be resumed and, if not, why; how many events
came after it; and how many more may come before it is trimmed. Exit code 4 if
the daemon has no such session.
"""

EXAMPLES = """\
examples:
  lashtui cursor lashsc1:3:71:build
  lashtui cursor "$(cat build.cursor)" --format json | jq .resumable
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("cursor", metavar="CURSOR")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Ask the daemon."""
    no_tail(args)
    from lashd.client.blocking import Client
    from lashd.cursor import SessionCursor

    SessionCursor(args.cursor).parse()  # a malformed cursor is reported without a daemon
    with Client(socket_of(args)) as client:
        report = client.inspect_cursor(args.cursor)
    if args.format == "json":
        from lashtui.stream.json_line import json_line

        sys.stdout.write(json_line(report))
    else:
        sys.stdout.write(describe(report) + "\n")
    return ExitCode.DONE if report.get("known", True) else ExitCode.NO_SESSION


def describe(report: dict[str, Any]) -> str:
    """The report in words."""
    if report.get("resumable"):
        answer = "resumable"
    else:
        answer = f"not resumable ({safe_line(str(report.get('reason') or 'unavailable'), 40)})"
    parts = [answer]
    after = report.get("events_after")
    if isinstance(after, int):
        parts.append(f"{plural(after, 'event')} after it")
    room = report.get("room_events")
    if isinstance(room, int):
        seconds = report.get("room_seconds")
        time = f" or {seconds:.0f} s" if isinstance(seconds, int | float) else ""
        parts.append(f"room for {room:,} more events{time} before it is trimmed")
    span = time_span(report.get("from_at"), report.get("to_at"))
    if span:
        parts.append(f"what it misses is from {span}")
    message = safe_line(str(report.get("message") or ""))
    return "\n".join(["; ".join(parts), *([message] if message else [])])
