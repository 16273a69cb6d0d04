"""`lashtui ls`: the sessions, as a table or as JSON lines."""

from __future__ import annotations

import os
import time

from lashtui.cli.parsing import no_tail, socket_of
from lashtui.diagnostics import say
from lashtui.exit_codes import ExitCode
from lashtui.text.duration import duration_short
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

DESCRIPTION = """\
List the sessions. AGE is the age of the oldest event still held, so how far
back a cursor can reach; LAST is the time since something last happened.
"""

EXAMPLES = """\
examples:
  lashtui ls
  lashtui ls --format json | jq -r 'select(.state=="waiting").session_id'
"""

MAX_CELL = 40
"""Characters of a title, agent or directory."""

_RIGHT = frozenset(("REV", "EVENTS", "AGE", "LAST", "VIEWERS"))


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--format", choices=("table", "json"), default="table")


def run(args: argparse.Namespace) -> int:
    """Print them."""
    no_tail(args)
    from lashd.client.blocking import Client

    with Client(socket_of(args)) as client:
        sessions = client.list()
    if args.format == "json":
        from lashtui.stream.json_line import json_line

        print("".join(map(json_line, sessions)), end="")
    elif sessions:
        print(table(sessions, now_ms=time.time() * 1000, home=os.path.expanduser("~")))
    if not sessions:
        say("no sessions; `lashtui run -- COMMAND` starts one")
    return ExitCode.DONE


def table(sessions: list[dict[str, Any]], *, now_ms: float, home: str = "") -> str:
    """The sessions as an aligned table without empty columns."""
    rows = [_row(session, now_ms, home) for session in sessions]
    names = [name for name in rows[0] if name in _RIGHT or any(row[name] for row in rows)]
    widths = {name: max(len(name), *(_width(row[name]) for row in rows)) for name in names}
    lines = [{name: name for name in names}, *rows]
    return "\n".join(
        "  ".join(
            _padded(line[name], widths[name], right=name in _RIGHT) for name in names
        ).rstrip()
        for line in lines
    )


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """Terminal cells; a wide character takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _row(session: dict[str, Any], now_ms: float, home: str) -> dict[str, str]:
    directory = str(session.get("directory") or "")
    if home and (directory == home or directory.startswith(home + "/")):
        directory = "~" + directory[len(home) :]
    updated = session.get("updated_at")
    return {
        # Never cut: the other commands need it.
        "SESSION": safe_line(str(session.get("session_id"))),
        "STATE": _state(session),
        "TITLE": _cell(session.get("title")),
        "AGENT": _cell(session.get("agent")),
        "DIRECTORY": _tail(safe_line(directory, 4096)),
        "REV": str(session.get("revision", "")),
        "EVENTS": str(session.get("events", "")),
        "AGE": _age(session.get("oldest_at_age_s")),
        "LAST": _age((now_ms - updated) / 1000 if isinstance(updated, int) else None),
        "VIEWERS": str(session.get("viewers", "")),
    }


def _state(session: dict[str, Any]) -> str:
    state = safe_line(str(session.get("state")), 20)
    if state == "ended" and session.get("outcome"):
        return f"ended ({safe_line(str(session['outcome']), 20).replace('_', ' ')})"
    if state == "waiting" and session.get("waiting_for"):
        return f"waiting: {safe_line(str(session['waiting_for']), 24)}"
    return state


def _cell(value: object) -> str:
    return safe_line(str(value or ""), MAX_CELL)


def _tail(text: str) -> str:
    """The end of a path, which says most about it."""
    return text if len(text) <= MAX_CELL else "…" + text[-MAX_CELL + 1 :]


def _age(seconds: object) -> str:
    return duration_short(seconds) if isinstance(seconds, int | float) else "-"
