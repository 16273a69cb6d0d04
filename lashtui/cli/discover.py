"""`lashtui discover`: publish the agents' sessions on this machine, from their own files."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from lashtui.cli.parsing import duration, no_tail, socket_of
from lashtui.diagnostics import leave, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.publish import reach_daemon
from lashtui.text.duration import duration_long
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashtui.ingest.discovery import Root

DESCRIPTION = """\
Find the sessions of Claude Code, Codex, gemini-cli, qwen-code, pi, Copilot CLI and
Kimi Code on this machine by the files they keep, publish each as its own session,
and follow those that are live and new ones as they appear. You don't have to
start the agents differently. With PATHs, look there instead.

Codex's screen has a daemon, which is listened to: its text is live. Of Claude Code's
it is after `lashtui hooks install claude`; that Claude Code waits for you, and for
what, is seen without. Else a message appears when it is finished, not as it is
written; a session that waits for you or was stopped often just goes quiet. Best
effort: the format of these files is the agents' own and changes between versions.
"""

EXAMPLES = """\
examples:
  lashtui discover                         follow all sessions, until Ctrl-C
  lashtui discover --since 1d --once       publish yesterday's sessions and exit
  lashtui discover ~/backup/projects       other files of the same kind
  lashtui discover --since 30d ~/.codex/archived_sessions

looks in ~/.claude/projects ($CLAUDE_CONFIG_DIR), ~/.codex/sessions ($CODEX_HOME),
~/.gemini/tmp/*/chats, ~/.qwen/projects/*/chats, ~/.pi/agent/sessions
($PI_CODING_AGENT_DIR), ~/.copilot/session-state ($COPILOT_HOME) and
~/.kimi-code/sessions ($KIMI_CODE_HOME). Each session is printed once: name,
directory, file. At most 64 are followed at a time, the most recently changed. Links
out of a directory are not followed. opencode keeps no such files: its servers are
read that listen on this machine.
"""


MAX_PRINTED = 4096
"""Characters of a name or path that is printed; no system has longer paths."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="directories or files")
    parser.add_argument("--once", action="store_true", help="publish what is there and exit")
    parser.add_argument(
        "--since",
        type=duration,
        metavar="DURATION",
        default=3600.0,
        help="ignore files not changed within this time: 90s, 30m, 2h, 7d (default: 1h)",
    )
    parser.add_argument("--no-start", action="store_true", help="don't start a daemon")


def run(args: argparse.Namespace) -> int:
    """Follow until a signal, or publish once."""
    no_tail(args)
    socket = socket_of(args)
    roots = _roots(args.paths)
    reach_daemon(socket, start=not args.no_start)
    from lashtui.ingest.following import Follower, Stop

    stop = Stop()
    follower = Follower(
        socket,
        roots,
        since=args.since,
        start_daemon=not args.no_start,
        # Paths that the user names are all that is looked at.
        has_sources=not args.paths and not args.once,
        found=_print_found,
        warn=warn,
        stop=stop,
    )

    def scanned() -> None:
        if not follower.has_found_any:
            _say_nothing_found(roots, args.since)

    with stop:
        delivered = follower.run(scanned, once=args.once)
    if not delivered:
        warn("the daemon did not take all of it; the rest is lost")
    return stop.code


def _print_found(name: str, directory: str | None, path: str) -> None:
    parts = (name, directory or "-", path or "-")
    print(*(safe_line(part, MAX_PRINTED) for part in parts), sep="  ", flush=True)


def _say_nothing_found(roots: list[Root], since: float) -> None:
    looks = ", ".join(root.path for root in roots)
    say(f"-- no session has changed within {duration_long(since)}; looked in {looks}")


def _roots(paths: list[str]) -> list[Root]:
    from lashtui.ingest.discovery import Root
    from lashtui.ingest.following import usual_roots

    for path in paths:
        if not os.path.exists(path):
            leave(ExitCode.USAGE, f"{path}: no such file or directory")
    if paths:
        return [Root(os.path.realpath(path), True) for path in paths]
    return usual_roots(os.environ)
