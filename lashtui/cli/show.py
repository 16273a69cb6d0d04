"""`lashtui show`: one session's snapshot."""

from __future__ import annotations

import os
import sys

from lashtui.cli.parsing import add_session, no_tail, socket_of
from lashtui.cli.session_names import ask, only_session
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from lashd.protocol.records import Record

DESCRIPTION = """\
Print what a session shows now: as text, or as the `observation` record (view
and cursor) that a stream would begin with.
"""

EXAMPLES = """\
examples:
  lashtui show build
  lashtui show build --format json | jq .read_view.state
  lashtui show build --format json | jq -r .cursor > build.cursor
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "session", nargs="?", help="session to show (default: the only one)")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    no_tail(args)
    from lashd.client.blocking import Client

    with Client(socket_of(args)) as client:
        session = args.session or only_session(client)
        record = ask(client, session, lambda: client.show(session))
    if args.format == "json":
        from lashtui.stream.json_line import json_line

        sys.stdout.write(json_line(record))
    else:
        from lashtui.stream.text import TextWriter
        from lashtui.text.colour import has_colour

        writer = TextWriter(colour=os.isatty(1) and has_colour(os.environ))
        sys.stdout.write(writer.write(record) + writer.finish() + _about(record))
    return ExitCode.DONE


def _about(record: Record) -> str:
    """The last line: which model, and what it used, as far as that is known."""
    from lashtui.text.format import usage_words
    from lashtui.text.sanitize import safe_line

    view = record.get("read_view") or {}
    model, used = safe_line(str(view.get("model") or "")), usage_words(view.get("usage") or {})
    about = "  ".join(filter(None, (model, used)))
    return f"-- {about}\n" if about else ""
