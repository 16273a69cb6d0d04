"""`lashtui tap`: stands in for an agent's command in an editor, and publishes a copy."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from lashtui.cli.parsing import add_publishing_options, add_session, socket_of
from lashtui.diagnostics import leave, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.launch import names_for, server_format, session_name
from lashtui.ingest.publish import publish_one
from lashtui.process.relay import Copies, Relay, redirect_to_null

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from lashd.publish.publisher import Publisher

DESCRIPTION = """\
Run between an editor, or any client, and an agent that speaks the Agent Client
Protocol on its pipes. Every byte passes both ways unchanged and unbuffered;
stderr, signals and the exit code are the agent's own. What is published is a
copy: nothing that happens to it affects the agent.
"""

EXAMPLES = """\
examples:
  lashtui tap -- opencode acp              as the agent's command in the editor
  lashtui tap -- gemini --acp
  lashtui tap -s review -- npx -y @agentclientprotocol/claude-agent-acp
  lashtui tap -- codex app-server          Codex's own protocol

in Zed's settings.json:
  "agent_servers": {"watched": {
    "command": "lashtui", "args": ["tap", "--", "opencode", "acp"]}}

exit code: the agent's (128 + n: killed by signal n; 126: not executable,
127: not found)
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(
        parser,
        "-s",
        "--session",
        help="default: the agent's name, or name-2, ...",
    )
    parser.add_argument(
        "--format",
        choices=("acp", "codex-appserver"),
        help="the protocol (default: acp; codex-appserver for codex app-server)",
    )
    add_publishing_options(parser)
    parser.add_argument(
        "words", metavar="-- AGENT ARGUMENT", nargs="*", help="the agent's command and arguments"
    )


def run(args: argparse.Namespace) -> int:
    """Relay until the agent exits; returns its exit code."""
    command = [*args.words, *(args.tail or [])]
    if not command:
        leave(ExitCode.USAGE, "no agent: lashtui tap [OPTIONS] -- AGENT ARGUMENT...")
    if args.words and args.tail is not None:
        leave(ExitCode.USAGE, f"{args.words[0]!r} comes before the --; put the agent after it")
    relay = Relay(command)
    copies = Copies(_start_reader(args, command, relay))
    code = relay.run(copies)
    copies.finish(code)
    return code


def _start_reader(args: argparse.Namespace, command: list[str], relay: Relay) -> int:
    """Start the process that reads the copies; returns the descriptor to write them to.

    A process and not a thread, so that parsing a long line there never delays the relay.
    """
    copies, descriptor = os.pipe()
    try:
        pid = os.fork()
    except OSError as problem:
        warn(f"{command[0]} runs unobserved: {problem.strerror}")
        os.close(copies)
        return descriptor
    if pid == 0:
        try:
            os.close(descriptor)
            os.setsid()  # the terminal's signals are for the agent
            relay.disown()
            redirect_to_null(0)
            redirect_to_null(1)
            _read(args, command, copies)
        except BaseException as problem:  # the child must never return into the caller's code
            warn(f"{command[0]} is no longer observed: {problem}")
        finally:
            os._exit(0)
    os.close(copies)
    return descriptor


def _read(args: argparse.Namespace, command: list[str], copies: int) -> None:
    socket = socket_of(args)
    from lashd.publish.publisher import Publisher
    from lashtui.ingest.observer import Observer
    from lashtui.ingest.tap_reader import TapReader
    from lashtui.producers import make_two_way_producer

    name = session_name(command)

    def open_session(session: str, on_warning: Callable[[str], None]) -> Publisher:
        return Publisher(
            session,
            socket_path=socket,
            title=args.title or shlex.join(command)[:200],
            agent=args.agent or name,
            directory=os.getcwd(),
            exclusive=args.session is None,
            start_daemon=not args.no_start,
            on_warning=on_warning,
        )

    producer = make_two_way_producer(args.format or server_format(command))
    names = iter([args.session]) if args.session else names_for(name)
    observer = Observer(names, open_session, publish_one, producer, stderr_is_text=False)
    reader = TapReader(observer, producer, warn)
    reader.run(copies)
    # A client that waits for stderr to be closed must not have to wait for the daemon.
    redirect_to_null(2)
    reader.finish()
