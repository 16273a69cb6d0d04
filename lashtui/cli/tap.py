"""`lashtui tap`: stands in for an agent's command in an editor, and publishes a copy."""

from __future__ import annotations

import os
import shlex
import signal
from typing import TYPE_CHECKING

from lashtui.cli.parsing import add_publishing_options, add_session, socket_of
from lashtui.diagnostics import leave, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.launch import names_for, server_format, session_name
from lashtui.ingest.publish import publish_one
from lashtui.process.relay import FINISH_FOR, Copies, Relay, redirect_to_null

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

DRAIN_FOR = 60.0
"""Seconds for copies that are still queued when the client no longer waits for us; a publisher that
takes longer hangs."""


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
    copies = _start_reader(args, command, relay)
    code = relay.run(copies)
    copies.finish(code)
    if not copies.drain(FINISH_FOR):
        _drain_apart(copies)
    return code


def _start_reader(args: argparse.Namespace, command: list[str], relay: Relay) -> Copies:
    """Start the process that reads the copies.

    A process and not a thread, so that parsing a long line there never delays the relay.
    """
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError as problem:
        warn(f"{command[0]} is not watched: {problem.strerror}; it keeps running")
        os.close(reading)
        os.close(writing)
        return Copies(-1)
    if pid == 0:
        try:
            os.close(writing)
            os.setsid()  # the terminal's signals are for the agent
            relay.disown()
            redirect_to_null(0)
            redirect_to_null(1)
            _read(args, command, reading, relay.pid)
        except BaseException as problem:  # the child must never return into the caller's code
            warn(f"{command[0]} is no longer watched: {problem}; it keeps running")
        finally:
            os._exit(0)
    os.close(reading)

    def lost() -> None:
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):  # otherwise it has given its reason itself
            name = signal.Signals(os.WTERMSIG(status)).name
            warn(
                f"{command[0]} is no longer watched: the process that publishes it was ended by"
                f" {name}; it keeps running"
            )

    return Copies(writing, lost)


def _drain_apart(copies: Copies) -> None:
    """The rest goes to its slow reader from a process that nobody waits for."""
    try:
        pid = os.fork()
    except OSError:
        return
    if pid == 0:
        try:
            for descriptor in (0, 1, 2):
                redirect_to_null(descriptor)
            copies.drain(DRAIN_FOR)
        finally:
            os._exit(0)


def _read(args: argparse.Namespace, command: list[str], copies: int, pid: int) -> None:
    socket = socket_of(args)
    from lashd.publish.publisher import Publisher
    from lashd.publish.where import where_here
    from lashtui.ingest.observer import Observer
    from lashtui.ingest.tap_reader import TapReader
    from lashtui.process.where import where_of_process
    from lashtui.producers import make_two_way_producer

    name = session_name(command)
    where = where_of_process(pid) or where_here(pid)

    def open_session(session: str, on_warning: Callable[[str], None]) -> Publisher:
        return Publisher(
            session,
            socket_path=socket,
            title=args.title or shlex.join(command)[:200],
            agent=args.agent or name,
            directory=os.getcwd(),
            where=where,
            exclusive=args.session is None,
            start_daemon=not args.no_start,
            on_warning=on_warning,
        )

    producer = make_two_way_producer(args.format or server_format(command))
    names = iter([args.session]) if args.session else names_for(name)
    observer = Observer(names, open_session, publish_one, producer, stderr_is_text=False)
    reader = TapReader(observer, producer, warn)
    try:
        reader.run(copies)
    except Exception as problem:
        warn(f"{command[0]} is no longer watched: {problem!r}; it keeps running")
        reader.abandon(f"lashtui failed ({problem!r})")
        return
    # A client that waits for stderr to be closed must not have to wait for the daemon.
    redirect_to_null(2)
    reader.finish()
