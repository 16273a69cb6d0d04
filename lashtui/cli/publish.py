"""`lashtui publish`: stdin into a session. Reads no further while the outbox is full."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from lashtui.cli.parsing import add_session, no_tail, socket_of
from lashtui.diagnostics import CommandError, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.stream.signals import Interrupted, Signals

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from lashd.io.publisher import Publisher
    from lashd.session.events import SessionOutcome
    from lashtui.producers import Produced, Producer

DESCRIPTION = """\
Publish what comes on stdin into a session. Nothing is lost: while the daemon
can't take more, no more is read. The end of the input ends the session;
publishing to it again reopens it.
"""

EXAMPLES = """\
examples:
  my-agent --json | lashtui publish review
  tail -F app.log | lashtui publish app --format text --title 'app log'
  echo '{"type":"assistant_prose_delta","text":"Hello"}' | lashtui publish hello

formats:
  jsonl   event objects, or bare activities such as the one above, one a line;
          {"type": "committed"} ends a turn
  text    anything, shown as it is
  auto    by the first line (default)
"""

JOIN_FOR = 0.05
"""Seconds that text is collected before it is published: an event for each byte helps nobody, and
nobody sees a twentieth of a second."""

READ_BYTES = 64 * 1024

CLOSE_TIMEOUT = 30.0
"""Seconds at the end for the daemon to take what is left; longer than its restart takes."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "session", help="into which session")
    add_publishing_options(parser, ("auto", "jsonl", "text"), "auto")


def add_publishing_options(
    parser: argparse.ArgumentParser, formats: tuple[str, ...], default: str
) -> None:
    """What `publish` and `run` share."""
    parser.add_argument(
        "--format", choices=formats, default=default, help="of the input (default: %(default)s)"
    )
    parser.add_argument("--title", help="shown in lists and in the app")
    parser.add_argument("--agent", help="the agent's name, shown likewise")
    parser.add_argument("--no-start", action="store_true", help="start no daemon if none runs")


def run(args: argparse.Namespace) -> int:
    """Publish until the end of the input."""
    no_tail(args)
    socket = socket_of(args)
    _reach_daemon(socket, start=not args.no_start)
    from lashd.io.publisher import Publisher

    publisher = Publisher(
        args.session,
        socket_path=socket,
        title=args.title,
        agent=args.agent,
        directory=os.getcwd(),
        start_daemon=not args.no_start,
        overflow="block",
        on_warning=warn,
    )
    with Signals() as signals:
        return _Publishing(publisher, args.format, signals).run()


def _reach_daemon(socket: str, *, start: bool) -> None:
    if start:
        from lashd.io.start import ensure_daemon

        ensure_daemon(socket)
        return
    from lashd.io.blocking import Client

    Client(socket).connect()


class _Publishing:
    def __init__(self, publisher: Publisher, form: str, signals: Signals) -> None:
        self._publisher = publisher
        self._form = form
        self._signals = signals
        self._ended = False

    def run(self) -> int:
        try:
            self._pass_on()
        except Interrupted:
            try:
                self._publisher.end("cancelled")
                self._publisher.close(timeout=1.5)
            except Interrupted:  # again, or it took too long
                pass
            return self._signals.code
        except BaseException:
            self._publisher.close(timeout=0.0)
            raise
        if not self._signals.wait(lambda: self._publisher.close(timeout=CLOSE_TIMEOUT)):
            self._check()
            raise CommandError(
                ExitCode.FAILURE, "the daemon did not take all of it before the end; some is lost"
            )
        self._check()
        return ExitCode.DONE

    def _pass_on(self) -> None:
        from lashd.session.events import SessionOutcome

        producer, head = self._choose()
        self._publish(producer, producer.feed(head))
        for data in read_in_pieces(0, self._signals.wait):
            self._publish(producer, producer.feed(data) if data else producer.flush())
        self._publish(producer, producer.finish(SessionOutcome.SUCCESS))
        if not self._ended:
            self._signals.wait(lambda: self._publisher.end("success"))

    def _choose(self) -> tuple[Producer, bytes]:
        from lashtui.producers import make_producer

        if self._form != "auto":
            return make_producer(self._form), b""
        from lashtui.producers.detect import detect

        head = b""
        chosen = None
        while chosen is None:
            data = self._signals.wait(lambda: os.read(0, READ_BYTES))
            head += data
            chosen = detect(head, ended=not data)
        if head:
            say(f"-- the input is taken for {chosen} (--format says otherwise)")
        return make_producer(chosen), head

    def _publish(self, producer: Producer, produced: list[Produced]) -> None:
        for message in producer.warnings:
            warn(message)
        producer.warnings.clear()
        from lashtui.producers import is_end

        for each in produced:
            self._signals.wait(lambda each=each: publish_one(self._publisher, each))  # type: ignore[misc]
            self._ended = is_end(each)
        self._check()

    def _check(self) -> None:
        if self._publisher.refusal is not None:
            raise self._publisher.refusal


def publish_one(publisher: Publisher, produced: Produced) -> None:
    """Publish one payload with what its line said about it."""
    from lashd.session.events import Committed

    payload, at, revision = produced
    if isinstance(payload, Committed):
        publisher.commit(revision=revision, read_view=payload.read_view)
    else:
        publisher.publish(payload, at=at)


def read_in_pieces(
    descriptor: int, wait: Callable[[Callable[[], bytes | None]], bytes | None]
) -> Iterator[bytes]:
    """What is read from `descriptor` until its end, with an empty piece whenever what was read
    before should go out: `JOIN_FOR` after the first of it.

    `wait` runs each call that may block.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    due: float | None = None

    def read() -> bytes | None:
        left = None if due is None else max(0.0, due - time.monotonic())
        if not poll.poll(None if left is None else left * 1000):
            return None
        return os.read(descriptor, READ_BYTES)

    while True:
        data = wait(read)
        if data is None or (due is not None and time.monotonic() >= due):
            due = None
            yield b""
        if data == b"":
            return
        if data:
            due = due or time.monotonic() + JOIN_FOR
            yield data


def outcome_of(code: int) -> SessionOutcome:
    """How a command ended that left with `code` (128 + n: killed by signal n)."""
    from lashd.session.events import SessionOutcome

    if code == 0:
        return SessionOutcome.SUCCESS
    # SIGHUP, SIGINT, SIGTERM: somebody wanted it to end.
    return SessionOutcome.CANCELLED if code in (129, 130, 143) else SessionOutcome.FAILURE
