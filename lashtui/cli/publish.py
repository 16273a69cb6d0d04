"""`lashtui publish`: stdin into a session. Reads no further while the outbox is full."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from lashtui.cli.parsing import (
    add_format,
    add_publishing_options,
    add_session,
    no_tail,
    socket_of,
)
from lashtui.diagnostics import CommandError, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.publish import publish_one, reach_daemon
from lashtui.stream.signals import Interrupted, Signals

if TYPE_CHECKING:
    import argparse

    from lashd.publish.publisher import Publisher
    from lashtui.producers import Produced, Producer

DESCRIPTION = """\
Publish what comes on stdin into a session. Nothing is lost: while the daemon
can't take more, no more is read. The end of the input ends the session;
publishing to it again reopens it.
"""

EXAMPLES = """\
examples:
  my-agent --json | lashtui publish review
  claude -p 'Fix it' --output-format stream-json --verbose | lashtui publish fix
  curl -sN localhost:4096/event | lashtui publish opencode
  tail -F app.log | lashtui publish app --format text --title 'app log'
  echo '{"type":"assistant_prose_delta","text":"Hello"}' | lashtui publish hello

formats:
  auto               by what the first records hold (default)
  jsonl              event objects, or bare activities such as the one above, one
                     a line; {"type": "committed"} ends a turn
  text               anything, shown as it is
  claude             claude -p --output-format stream-json --verbose
  codex              codex exec --json
  codex-appserver    what codex app-server prints
  gemini, qwen       --output-format stream-json
  opencode           opencode run --format json
  opencode-sse       a server's /event
  acp                what an agent of the Agent Client Protocol prints
  claude-transcript, codex-rollout, gemini-transcript
                     the files that these agents keep of their sessions
  openai-sse, anthropic-sse
                     event streams of the providers
  lash               records of lash itself, bare or wrapped
"""

CLOSE_TIMEOUT = 30.0
"""Seconds at the end for the daemon to take what is left; longer than its restart takes."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "session", help="into which session")
    add_format(parser, help="of the input (default: auto)", default="auto")
    add_publishing_options(parser)


def run(args: argparse.Namespace) -> int:
    """Publish until the end of the input."""
    no_tail(args)
    socket = socket_of(args)
    reach_daemon(socket, start=not args.no_start)
    from lashd.publish.publisher import Publisher

    lines = _Lines()
    publisher = Publisher(
        args.session,
        socket_path=socket,
        title=args.title,
        agent=args.agent,
        directory=os.getcwd(),
        start_daemon=not args.no_start,
        overflow="block",
        on_warning=lambda message: warn(lines.place(message)),
    )
    with Signals() as signals:
        return _Publishing(publisher, args.format, signals, lines).run()


class _Lines:
    """Which line is being published; what the publisher's own thread warns of is of another."""

    def __init__(self) -> None:
        self.number: int | None = None

    def place(self, message: str) -> str:
        """`message` with the line that it is about."""
        here = threading.current_thread() is threading.main_thread()
        return f"line {self.number}: {message}" if here and self.number else message


class _Publishing:
    def __init__(self, publisher: Publisher, form: str, signals: Signals, lines: _Lines) -> None:
        self._lines = lines
        self._publisher = publisher
        self._form = form
        self._signals = signals
        self._ended = False
        self._told_choice = False

    def run(self) -> int:
        try:
            self._pass_on()
            closed = self._signals.wait(lambda: self._publisher.close(timeout=CLOSE_TIMEOUT))
        except Interrupted:
            try:
                self._signals.bounded(self._cancel)
            except Interrupted:  # it took too long
                pass
            return self._signals.code
        except BaseException:
            self._publisher.close(timeout=0.0)
            raise
        if not closed:
            self._check()
            raise CommandError(
                ExitCode.FAILURE, "the daemon did not take all of it before the end; some is lost"
            )
        self._check()
        return ExitCode.DONE

    def _cancel(self) -> None:
        if not self._ended:
            self._publisher.end("cancelled")
        self._publisher.close(timeout=1.5)

    def _pass_on(self) -> None:
        from lashd.events import SessionOutcome
        from lashtui.ingest.flush_timer import Pace
        from lashtui.ingest.input import read_in_pieces
        from lashtui.ingest.outcome import run_outcome
        from lashtui.producers import make_producer

        producer = make_producer(self._form)
        pace = Pace(producer)
        for data in read_in_pieces(0, self._signals.wait, pace):
            self._publish(producer, producer.feed(data) if data else producer.flush())
        self._publish(producer, producer.finish(SessionOutcome.SUCCESS))
        if not self._ended:
            outcome = run_outcome(0, turn_failed=self._publisher.turn_failed)
            self._signals.wait(lambda: self._publisher.end(outcome))
            self._ended = True

    def _tell_choice(self, producer: Producer) -> None:
        """What `auto` has chosen, once."""
        chosen = getattr(producer, "chosen", None)
        if chosen is not None and not self._told_choice:
            self._told_choice = True
            say(f"-- the input is taken for {chosen} (--format says otherwise)")

    def _publish(self, producer: Producer, produced: list[Produced]) -> None:
        self._tell_choice(producer)
        for message in producer.warnings:
            warn(message)
        producer.warnings.clear()
        from lashtui.producers import is_end

        for each in produced:
            self._lines.number = each.line
            self._signals.wait(lambda each=each: publish_one(self._publisher, each))  # type: ignore[misc]
            self._ended = is_end(each)
        self._lines.number = None
        self._check()

    def _check(self) -> None:
        if self._publisher.refusal is not None:
            raise self._publisher.refusal
