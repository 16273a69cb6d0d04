"""`lashtui run`: a command, run and shown as ever, and published as well."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from lashtui.cli.parsing import add_format, add_publishing_options, add_session, socket_of
from lashtui.diagnostics import leave, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.launch import launch, names_for
from lashtui.ingest.publish import publish_one
from lashtui.process.pty_proxy import Proxy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from lashd.publish.publisher import Publisher
    from lashtui.ingest.launch import Launch
    from lashtui.ingest.observer import Observer
    from lashtui.producers import Producer

DESCRIPTION = """\
Run a command and publish its output. The output is shown unchanged, stdin,
signals and the exit code are the command's own. It always runs: without a
daemon it is merely not observed, and one line says so.

Agents that would print for people (claude -p, codex exec, gemini -p, qwen -p,
opencode run) get the options that make them print events; one line says which.
What you see is then the text of these events; on a pipe or file, the answer.
An output format of your own stays as it is, and its bytes too.
"""

EXAMPLES = """\
examples:
  lashtui run -- make -j4                  the session is called make
  lashtui run -s build -- sh -c 'make && make test'
  lashtui run -- claude -p 'Fix the tests'
  lashtui run -- codex exec 'Fix the tests'
  lashtui run --as-is -- claude -p 'Hi'    its plain text, nothing added
  lashtui run --format jsonl -s review -- my-agent --json
  lashtui run -- pytest > log.txt          on a pipe or file: no pseudo-terminal

exit code: the command's (128 + n: killed by signal n; 126: can't be executed,
127: not found)
"""

MAX_TITLE = 200
"""Characters of a command as a title: more than a line shows."""
ASK_FOR = 0.5
"""Seconds at the end for the reason why the daemon did not take it all; one answers at once."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "-s", "--session", help="default: the command's name, -2 and so on")
    add_format(parser, help="of its stdout (default: the agent's, else text)", default=None)
    add_publishing_options(parser)
    parser.add_argument("--as-is", action="store_true", help="add no options to an agent's command")
    terminal = parser.add_mutually_exclusive_group()
    terminal.add_argument(
        "--pty",
        action="store_true",
        default=None,
        help="a pseudo-terminal for the command (default: where our stdout is a terminal)",
    )
    terminal.add_argument("--no-pty", dest="pty", action="store_false", help="pipes")
    parser.add_argument(
        "words", metavar="-- COMMAND ARGUMENT", nargs="*", help="what to run, as it is"
    )


def run(args: argparse.Namespace) -> int:
    """Run it; its exit code."""
    command = [*args.words, *(args.tail or [])]
    if not command:
        leave(ExitCode.USAGE, "no command: lashtui run [OPTIONS] -- COMMAND ARGUMENT...")
    if args.words and args.tail is not None:
        leave(ExitCode.USAGE, f"{args.words[0]!r} stands before the --; the command comes after it")
    start = launch(command, as_is=args.as_is or args.pty is True)
    if args.format not in (None, start.format):
        start = launch(command, as_is=True)._replace(agent=start.agent, format=args.format)
    _say_how(start)
    pty = args.pty if args.pty is not None else os.isatty(1) and start.format == "text"
    # The command is started before anything slow is imported or connected.
    with Proxy(start.command, pty=pty, echo=not start.added) as proxy:
        producer = _producer(start)
        observer = _observe(args, start, producer)
        if observer is None:
            return _run_alone(proxy, producer)
        teller = _Teller(observer, proxy, producer, lambda: why_not_taken(socket_of(args)))
        code = proxy.run(on_output=observer.take, tick=teller.tick)
    delivered = observer.finish(code, interrupted=proxy.interrupted)
    teller.tell_at_end(delivered=delivered)
    return code


def _say_how(start: Launch) -> None:
    if start.added:
        say(f"-- {start.agent} is run with {shlex.join(start.added)} (--as-is leaves it alone)")
    elif start.hint:
        say(f"-- {start.agent}: {start.hint}")


def _producer(start: Launch) -> Producer:
    from lashtui.producers import make_producer

    producer = make_producer(start.format)
    if not start.added:
        return producer
    from lashtui.ingest.run_output import Answer, LiveText, ShownProducer

    if os.isatty(1):
        return ShownProducer(producer, LiveText(colour=not os.environ.get("NO_COLOR")))
    return ShownProducer(producer, Answer(last_only=start.answers_once))


def _run_alone(proxy: Proxy, producer: Producer) -> int:
    """Unobserved: what the user sees may still come from the producer."""
    from lashtui.ingest.outcome import run_outcome

    def take(data: bytes, source: str) -> None:
        if source == "out":
            producer.feed(data)
            producer.warnings.clear()

    code = proxy.run(on_output=take, tick=lambda: None)
    producer.finish(run_outcome(code, interrupted=proxy.interrupted))
    return code


def _observe(args: argparse.Namespace, start: Launch, producer: Producer) -> Observer | None:
    try:
        return _make_observer(args, start, producer)
    except Exception as problem:  # whatever it is, the command runs already and goes on
        warn(f"{start.command[0]} runs unobserved: {problem}")
        return None


def _make_observer(args: argparse.Namespace, start: Launch, producer: Producer) -> Observer:
    socket = socket_of(args)
    from lashd.publish.publisher import Publisher
    from lashtui.ingest.observer import Observer

    command = [*args.words, *(args.tail or [])]

    def open_session(name: str, on_warning: Callable[[str], None]) -> Publisher:
        return Publisher(
            name,
            socket_path=socket,
            title=args.title or title_of(command),
            agent=args.agent or start.agent or None,
            directory=os.getcwd(),
            exclusive=args.session is None,
            start_daemon=not args.no_start,
            on_warning=on_warning,
        )

    names = iter([args.session]) if args.session else names_for(start.agent or command[0])
    side = start.format in ("text", "jsonl", "auto")
    return Observer(names, open_session, publish_one, producer, side=side)  # type: ignore[arg-type]


def title_of(command: list[str]) -> str:
    """The command on one line, to be read by a person: without a shell's quotes."""
    return " ".join(" ".join(command).split())[:MAX_TITLE]


def why_not_taken(socket: str) -> str:
    """What a client of the daemon is told; empty where there is nothing to complain of."""
    from lashd.client.blocking import Client
    from lashd.errors import LashdError

    try:
        with Client(socket, timeout=ASK_FOR) as client:
            client.connect()
    except LashdError as problem:
        return str(problem)
    return ""


class _Teller:
    """Tells the user what there is to know of the observation: one line at most."""

    def __init__(
        self, observer: Observer, proxy: Proxy, producer: Producer, find_reason: Callable[[], str]
    ) -> None:
        self._observer = observer
        self._find_reason = find_reason
        self._producer = producer
        self._told_choice = False
        self._proxy = proxy
        self._told = False

    def tick(self) -> float | None:
        """The observer's tick; and a warning, but never into what the command draws."""
        wait = self._observer.tick()
        if not self._proxy.is_raw:
            self._tell()
        return wait

    def tell_at_end(self, *, delivered: bool) -> None:
        """What was not told before."""
        self._tell()
        if not delivered and not self._told:
            why = self._find_reason() or "the session does not hold the whole"
            warn(f"the daemon did not take all of the output; {why}")

    def _tell(self) -> None:
        chosen = getattr(self._producer, "chosen", None)
        if chosen is not None and not self._told_choice:
            self._told_choice = True
            say(f"-- the output is taken for {chosen} (--format says otherwise)")
        if self._observer.warnings and not self._told:
            self._told = True
            warn(self._observer.warnings[0])
        del self._observer.warnings[:]
