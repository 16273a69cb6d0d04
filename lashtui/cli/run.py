"""`lashtui run`: a command, run and shown as ever, and published as well."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from lashtui.cli.parsing import add_session, socket_of
from lashtui.cli.publish import add_publishing_options, outcome_of, publish_one
from lashtui.diagnostics import leave, warn
from lashtui.exit_codes import ExitCode
from lashtui.ptyproxy import Proxy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from lashd.io.publisher import Publisher
    from lashtui.observer import Observer

DESCRIPTION = """\
Run a command and publish its output. The output is shown unchanged, stdin,
signals and the exit code are the command's own. It always runs: without a
daemon it is merely not observed, and one line says so.
"""

EXAMPLES = """\
examples:
  lashtui run -- make -j4                  the session is called make
  lashtui run -s build -- sh -c 'make && make test'
  lashtui run --format jsonl -s review -- my-agent --json
  lashtui run -- pytest > log.txt          on a pipe or file: no pseudo-terminal

exit code: the command's (128 + n: killed by signal n; 126: can't be executed,
127: not found)
"""

MAX_NAMES = 99
"""Sessions of one command's name that may live at once: make, make-2, ... make-99."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "-s", "--session", help="default: the command's name, -2 and so on")
    add_publishing_options(parser, ("text", "jsonl"), "text")
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
    pty = args.pty if args.pty is not None else os.isatty(1) and args.format == "text"
    # The command is started before anything slow is imported or connected.
    with Proxy(command, pty=pty) as proxy:
        observer = _observe(args, command)
        if observer is None:
            return proxy.run(take=lambda data, source: None, tick=lambda: None)
        teller = _Teller(observer, proxy)
        code = proxy.run(take=observer.take, tick=teller.tick)
    delivered = observer.finish(outcome_of(code), code)
    teller.tell_at_end(delivered=delivered)
    return code


def _observe(args: argparse.Namespace, command: list[str]) -> Observer | None:
    try:
        return _make_observer(args, command)
    except Exception as problem:  # whatever it is, the command runs already and goes on
        warn(f"{command[0]} runs unobserved: {problem}")
        return None


def _make_observer(args: argparse.Namespace, command: list[str]) -> Observer:
    socket = socket_of(args)
    from lashd.io.publisher import Publisher
    from lashtui.observer import Observer
    from lashtui.producers import make_producer

    def open_session(name: str, on_warning: Callable[[str], None]) -> Publisher:
        return Publisher(
            name,
            socket_path=socket,
            title=args.title or shlex.join(command)[:200],
            agent=args.agent,
            directory=os.getcwd(),
            exclusive=args.session is None,
            start_daemon=not args.no_start,
            on_warning=on_warning,
        )

    names = iter([args.session]) if args.session else names_for(command[0])
    producer = make_producer(args.format)
    return Observer(names, open_session, publish_one, producer)  # type: ignore[arg-type]


def names_for(command: str) -> Iterator[str]:
    """`make`, `make-2`, ... for /usr/bin/make."""
    base = "".join(c for c in os.path.basename(command) if c.isprintable())
    base = base.encode("utf-8", "replace")[:200].decode("utf-8", "ignore") or "run"
    yield base
    for number in range(2, MAX_NAMES + 1):
        yield f"{base}-{number}"


class _Teller:
    """Tells the user what there is to know of the observation: one line at most."""

    def __init__(self, observer: Observer, proxy: Proxy) -> None:
        self._observer = observer
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
            warn("the daemon did not take all of the output; the session does not hold the whole")

    def _tell(self) -> None:
        if self._observer.warnings and not self._told:
            self._told = True
            warn(self._observer.warnings[0])
        del self._observer.warnings[:]
