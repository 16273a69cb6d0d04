"""`lashtui run`: run a command as usual, and publish its output."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from lashd.clock import now_ms
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
    from lashtui.ingest.answer import Answer
    from lashtui.ingest.claiming import Claiming
    from lashtui.ingest.launch import Launch
    from lashtui.ingest.observer import Observer
    from lashtui.ingest.own_screens.screen import OwnScreen, Told
    from lashtui.producers import Produced, Producer

    Poll = Callable[[], list[Produced]]

DESCRIPTION = """\
Run a command and publish its output. The output is shown unchanged; stdin,
signals and the exit code are the command's own. The command always runs:
without a daemon it just isn't recorded, and one line says so.

Agents that print for people (claude -p, codex exec, gemini -p, qwen -p,
opencode run, pi -p, copilot -p, cline, vibe -p) get the options that make them
print events; on a terminal, one line says which. You then see the text of these
events or, on a pipe or in a file, exactly what the agent prints there without
these options. codex and copilot get none there, and kimi -p none at all: their
events are read from their session files; cline there is its text. If you choose
an output format yourself, it passes through byte for byte. The own screens of
claude, qwen and opencode get an option that makes them tell their events as
well; nothing that is drawn is read.
"""

EXAMPLES = """\
examples:
  lashtui run -- make -j4                  the session is named make
  lashtui run -s build -- sh -c 'make && make test'
  lashtui run -- claude -p 'Fix the tests'
  lashtui run -- codex exec 'Fix the tests'
  lashtui run --as-is -- claude -p 'Hi'    its plain text, no options added
  lashtui run --format jsonl -s review -- my-agent --json
  lashtui run -- pytest > log.txt          no pseudo-terminal on a pipe or file

exit code: the command's (128 + n: killed by signal n; 126: not executable,
127: not found). gemini fails with 144 where it prints events, with 1 otherwise.
"""

MAX_TITLE = 200
"""Characters of a command used as a title; more than a line shows."""
REASON_WITHIN = 0.5
"""Seconds at the end to learn why the daemon did not take everything."""
FAR_REASON_WITHIN = 2.0
"""The same where ssh has to say it; a login that takes longer is not waited for."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(
        parser,
        "-s",
        "--session",
        help="default: the command's name, or name-2, ...",
    )
    add_format(parser, help="format of its stdout (default: the agent's, or text)", default=None)
    add_publishing_options(parser)
    parser.add_argument("--as-is", action="store_true", help="don't add options to the command")
    terminal = parser.add_mutually_exclusive_group()
    terminal.add_argument(
        "--pty",
        action="store_true",
        default=None,
        help="give the command a pseudo-terminal (default: if stdout is a terminal)",
    )
    terminal.add_argument("--no-pty", dest="pty", action="store_false", help="give it pipes")
    parser.add_argument(
        "words", metavar="-- COMMAND ARGUMENT", nargs="*", help="command and arguments"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; returns its exit code."""
    command = [*args.words, *(args.tail or [])]
    if not command:
        leave(ExitCode.USAGE, "no command: lashtui run [OPTIONS] -- COMMAND ARGUMENT...")
    if args.words and args.tail is not None:
        leave(ExitCode.USAGE, f"{args.words[0]!r} comes before the --; put the command after it")
    start = launch(command, as_is=args.as_is or args.pty is True, stdin=_stdin)
    if args.format not in (None, start.format):
        start = start._replace(command=command, format=args.format, added=())
    elif args.format is None:
        start = _with_files(start, command)
    # A pseudo-terminal takes stderr as well: not if that goes elsewhere and events are read.
    is_shown = start.format == "text" or (bool(start.files) and os.isatty(2))
    pty = args.pty if args.pty is not None else os.isatty(1) and is_shown
    screen = _own_screen(start) if pty and args.format is None and not args.as_is else None
    if screen is None:
        return _run(args, start, pty=pty, screen=None)
    try:
        os.environ.update(screen.environment)
        return _run(args, start._replace(command=screen.command), pty=pty, screen=screen)
    finally:
        screen.close()


def _run(args: argparse.Namespace, start: Launch, *, pty: bool, screen: OwnScreen | None) -> int:
    _say_how(start, screen)
    started_ms = now_ms()
    # As text, and where nothing of it is read, stdout and stderr keep their order in one file.
    apart = start.format != "text" and not start.files
    # The command is started before anything slow is imported or connected.
    with Proxy(start.command, pty=pty, echo=not start.added, apart=apart) as proxy:
        for name in screen.environment if screen is not None else ():
            os.environ.pop(name, None)  # what we start, such as a daemon, must not have it
        producer: Producer
        if start.files:
            from lashtui.ingest.own_files import files_producer

            producer = files_producer(start, started_ms)
        elif screen is not None:
            producer = screen.first
        else:
            producer = _producer(start, started_ms, is_screen=bool(start.hint) and pty)
        observer = _observe(args, start, producer, proxy.pid, screen, started_ms=started_ms)
        if observer is None:
            return _run_alone(start, proxy, producer)
        messages = _Messages(observer, proxy, producer, lambda: why_not_delivered(socket_of(args)))
        typed = getattr(screen, "typed", None) or _nothing
        code = proxy.run(on_output=observer.take, tick=messages.tick, on_input=typed)
    code = _exit_code(start, producer, code)
    delivered = observer.finish(code, interrupted=proxy.interrupted)
    messages.finish(delivered=delivered)
    return code


def _nothing(data: bytes) -> None:
    """What is typed is for the command."""


def _own_screen(start: Launch) -> OwnScreen | None:
    """What tells of the agent's own screen, if that opens and anything does."""
    from lashtui.ingest.own_screens.screen import open_screen

    try:
        return open_screen(start, os.environ)
    except OSError as problem:
        warn(f"{start.agent}'s screen is not followed: {problem}")
        return None


def _stdin() -> str:
    """What the command will read, where that can be known without taking it away."""
    from lashd.publish.bounds import MAX_MESSAGE
    from lashtui.ingest.input import text_ahead

    return text_ahead(0, 4 * MAX_MESSAGE)  # a character takes four bytes at most


def _with_files(start: Launch, command: list[str]) -> Launch:
    """Run it as it is, where its output is not shown by us and a file has its events."""
    if not start.added:
        return start
    from lashtui.ingest.own_files import with_files

    is_terminal = os.isatty(1) and os.isatty(2)
    return with_files(start, command, os.environ, is_terminal=is_terminal)


def _say_how(start: Launch, screen: OwnScreen | None) -> None:
    if not os.isatty(2):
        return  # there it is the agent's own, byte for byte
    added = start.added if screen is None else screen.added
    if added:
        say(f"-- running {start.agent} with {shlex.join(added)} (--as-is adds nothing)")
    elif start.hint and screen is None:
        say(f"-- {start.agent}: {start.hint}")
    elif start.note:
        say(f"-- {start.note}")


def _producer(start: Launch, started_ms: int, *, is_screen: bool) -> Producer:
    if is_screen:
        from lashtui.ingest.screen import ScreenProducer

        return ScreenProducer(start.hint)
    from lashtui.producers import make_producer

    producer = make_producer(start.format)
    if not start.added:
        return producer
    from lashtui.ingest.answer import ERR, OUT
    from lashtui.ingest.exits import EXITS
    from lashtui.ingest.run_output import AnswerAlone, LiveText, RunOutput
    from lashtui.text.colour import has_colour

    targets = {OUT: 1, ERR: 2}
    exits = EXITS[start.agent]() if start.agent in EXITS else None
    if os.isatty(1):
        return RunOutput(producer, LiveText(colour=has_colour(os.environ)), targets, exits)
    return RunOutput(producer, AnswerAlone(_answer(start, started_ms)), targets, exits)


def _exit_code(start: Launch, producer: Producer, own: int) -> int:
    """The one that the command has without the options that were added to it."""
    if not start.added:
        return own
    from lashtui.ingest.run_output import RunOutput

    return producer.exit_code(own) if isinstance(producer, RunOutput) else own


def _answer(start: Launch, started_ms: int) -> Answer:
    """What the agent would print."""
    if start.agent != "opencode":
        from lashtui.ingest.answer import ANSWERS

        return ANSWERS[start.agent]()
    from lashtui.ingest.opencode.answer import OpencodeAnswer
    from lashtui.ingest.opencode.store import store_path, who_answers
    from lashtui.ingest.prompt import value_of

    path = store_path(os.environ)
    directory = os.path.join(os.getcwd(), value_of(start.command, ("--dir",)) or "")
    return OpencodeAnswer(directory, lambda session: who_answers(path, session, started_ms))


def _run_alone(start: Launch, proxy: Proxy, producer: Producer) -> int:
    """Run it unobserved: what the user sees may still come from the producer."""
    from lashtui.ingest.outcome import run_outcome

    def take(data: bytes, source: str) -> None:
        if source == "out":
            producer.feed(data)

    code = _exit_code(start, producer, proxy.run(on_output=take, tick=lambda: None))
    producer.finish(run_outcome(code, interrupted=proxy.interrupted))
    return code


def _observe(
    args: argparse.Namespace,
    start: Launch,
    producer: Producer,
    pid: int,
    screen: OwnScreen | None,
    *,
    started_ms: int,
) -> Claiming | None:
    from lashtui.ingest.claiming import Claiming

    try:
        observer = _make_observer(args, start, producer, pid)
    except Exception as problem:  # of any kind: the command is already running and continues
        warn(f"{start.command[0]} is not recorded: {problem}")
        return None
    if screen is None:
        if start.prompt is not None and not start.files:
            observer.ask(start.prompt)
        return Claiming(observer, socket_of(args), start, started_ms, [producer])
    from lashtui.ingest.several import Several

    producers = [producer]

    def observe(told: Told) -> Observer[Publisher]:
        producers.append(told)
        return _make_observer(args, start, told, pid, is_first=False)

    several = Several(observer, screen.more, observe)
    return Claiming(several, socket_of(args), start, started_ms, producers)


def _make_observer(
    args: argparse.Namespace,
    start: Launch,
    producer: Producer,
    pid: int,
    *,
    is_first: bool = True,
) -> Observer[Publisher]:
    socket = socket_of(args)
    from lashd.publish.publisher import Publisher
    from lashd.publish.where import where_here
    from lashtui.ingest.observer import Observer

    where = where_here(pid)
    command = [*args.words, *(args.tail or [])]

    def open_session(name: str, on_warning: Callable[[str], None]) -> Publisher:
        return Publisher(
            name,
            socket_path=socket,
            title=args.title or title_of(command),
            agent=args.agent or start.agent or None,
            directory=os.getcwd(),
            where=where,
            exclusive=args.session is None or not is_first,
            start_daemon=not args.no_start,
            on_warning=on_warning,
        )

    if args.session and is_first:
        names = iter([args.session])
    else:
        names = names_for(args.session or start.agent or command[0])
    # What is written elsewhere than on stdout has to be looked for.
    poll: Poll | None = getattr(producer, "poll", None)
    stderr_is_text = start.format in ("text", "jsonl", "auto")
    return Observer(
        names, open_session, publish_one, producer, stderr_is_text=stderr_is_text, poll=poll
    )


def title_of(command: list[str]) -> str:
    """The command on one line, for people: without the shell's quotes."""
    return " ".join(" ".join(command).split())[:MAX_TITLE]


def why_not_delivered(socket: str) -> str:
    """The error of a client that connects now; empty if it can."""
    from lashd.address import is_remote
    from lashtui.listing.hosts import lists_of

    within = FAR_REASON_WITHIN if is_remote(socket) else REASON_WITHIN
    return lists_of({"": socket}, within)[1].get("", "")


class _Messages:
    """Shows the user what to know about the observation: one warning at most."""

    def __init__(
        self,
        observer: Claiming,
        proxy: Proxy,
        producer: Producer,
        find_reason: Callable[[], str],
    ) -> None:
        self._observer = observer
        self._find_reason = find_reason
        self._producer = producer
        self._proxy = proxy
        self._has_shown_format = False
        self._has_warned = False

    def tick(self) -> float | None:
        """The observer's tick; then show a warning, but never into what the command draws."""
        wait = self._observer.tick()
        if not self._proxy.is_raw:
            self._show()
        return wait

    def finish(self, *, delivered: bool) -> None:
        """Show what had to wait for the command's end."""
        self._show()
        if not delivered and not self._has_warned:
            why = self._find_reason() or "the session is incomplete"
            warn(f"the daemon did not take all of the output; {why}")

    def _show(self) -> None:
        chosen = self._producer.chosen
        if chosen is not None and not self._has_shown_format:
            self._has_shown_format = True
            say(f"-- reading the output as {chosen} (override with --format)")
        warnings = self._observer.take_warnings()
        if warnings and not self._has_warned:
            self._has_warned = True
            warn(warnings[0])
