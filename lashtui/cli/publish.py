"""`lashtui publish`: publish stdin into a session. Reading pauses while the outbox is full."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from lashd.clock import now_ms
from lashtui.cli.parsing import (
    add_format,
    add_publishing_options,
    add_session,
    no_tail,
    socket_of,
)
from lashtui.diagnostics import CommandError, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.ingest.publish import InputTimes, publish_one, reach_daemon
from lashtui.stream.signals import Interrupted, Signals

if TYPE_CHECKING:
    import argparse

    from lashd.publish.publisher import Publisher
    from lashtui.producers import Produced, Producer

DESCRIPTION = """\
Publish stdin into a session. Nothing is lost: if the daemon is busy, reading
pauses. The end of the input ends the session; publishing to it again reopens it.
"""

EXAMPLES = """\
examples:
  my-agent --json | lashtui publish review
  claude -p 'Fix it' --output-format stream-json --verbose | lashtui publish fix
  curl -sN localhost:4096/event | lashtui publish opencode
  tail -F app.log | lashtui publish app --format text --title 'app log'
  echo '{"type":"assistant_prose_delta","text":"Hello"}' | lashtui publish hello

formats:
  auto               recognised by the first records (default)
  jsonl              one event object, or bare activity as above, per line;
                     {"type": "committed"} ends a turn
  text               anything, shown unchanged
  claude             claude -p --output-format stream-json --verbose
  codex              codex exec --json
  codex-appserver    what codex app-server prints
  gemini, qwen       --output-format stream-json
  opencode           opencode run --format json
  opencode-sse       a server's /event
  pi                 pi --mode json
  copilot            copilot --output-format json, and its events.jsonl
  cline              cline --json
  kimi               kimi --output-format stream-json
  vibe               vibe --output streaming
  acp                what an agent prints in the Agent Client Protocol
  claude-transcript, codex-rollout, gemini-transcript, qwen-transcript,
  pi-transcript, kimi-wire
                     the files these agents keep of their sessions
  openai-sse, anthropic-sse
                     the providers' event streams
  lash               records of the lash runtime, bare or wrapped
"""

CLOSE_TIMEOUT = 30.0
"""Seconds at the end for the daemon to take what is left; longer than a restart of it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_session(parser, "session", help="session to publish to")
    add_format(parser, help="format of the input (default: auto)", default="auto")
    add_publishing_options(parser)


def run(args: argparse.Namespace) -> int:
    """Publish until the end of the input."""
    no_tail(args)
    socket = socket_of(args)
    reach_daemon(socket, start=not args.no_start)
    from lashd.publish.publisher import Publisher
    from lashd.publish.where import where_here

    line = _CurrentLine()
    publisher = Publisher(
        args.session,
        socket_path=socket,
        title=args.title,
        agent=args.agent,
        directory=os.getcwd(),
        where=where_here(),
        start_daemon=not args.no_start,
        overflow="block",
        on_warning=lambda message: warn(line.place(message)),
    )
    with Signals() as signals:
        return _Run(publisher, args.format, signals, line).run()


class _CurrentLine:
    """The line being published; a warning from the publisher's own thread is about another."""

    def __init__(self) -> None:
        self.number: int | None = None

    def place(self, message: str) -> str:
        """`message` with the line it is about, if that is known."""
        here = threading.current_thread() is threading.main_thread()
        return f"line {self.number}: {message}" if here and self.number else message


class _Run:
    def __init__(
        self, publisher: Publisher, format_name: str, signals: Signals, line: _CurrentLine
    ) -> None:
        self._line = line
        self._publisher = publisher
        self._format = format_name
        self._signals = signals
        self._ended = False
        self._times = InputTimes(now_ms)
        self._has_shown_format = False
        self._has_rejected = False

    def run(self) -> int:
        try:
            self._pass_on()
            closed = self._signals.wait(lambda: self._publisher.close(timeout=CLOSE_TIMEOUT))
        except Interrupted:
            try:
                self._signals.bounded(self._cancel)
            except Interrupted:  # cancelling took too long
                pass
            return self._signals.code
        except BaseException:
            self._publisher.close(timeout=0.0)
            raise
        if not closed:
            self._check()
            raise CommandError(
                ExitCode.FAILURE, "the daemon did not take all of the input; the rest is lost"
            )
        self._check()
        return ExitCode.DONE

    def _cancel(self) -> None:
        if not self._ended:
            self._publisher.end("cancelled")
        self._publisher.close(timeout=1.5)

    def _pass_on(self) -> None:
        from lashtui.ingest.flush_timer import FlushTimer
        from lashtui.ingest.input import read_in_pieces
        from lashtui.ingest.outcome import pipe_outcome
        from lashtui.producers import make_producer

        producer = make_producer(self._format)
        timer = FlushTimer(producer)
        for data in read_in_pieces(0, self._signals.wait, timer):
            self._publish(producer, producer.feed(data) if data else producer.flush())
        self._publish(producer, producer.finish(None))
        if not self._ended:
            state, turns = self._publisher.turn_state()
            outcome = pipe_outcome(
                says_ends=turns > 0
                and not producer.is_text
                and producer.is_readable
                and not self._has_rejected,
                turn_failed=self._publisher.turn_failed,
                in_turn=state in ("running", "waiting"),
            )
            self._signals.wait(lambda: self._publisher.end(outcome, at=self._times.end))
            self._ended = True

    def _show_format(self, producer: Producer) -> None:
        """Say which format `auto` chose, once."""
        chosen = producer.chosen
        if chosen is not None and not self._has_shown_format:
            self._has_shown_format = True
            say(f"-- reading input as {chosen} (override with --format)")

    def _publish(self, producer: Producer, produced: list[Produced]) -> None:
        self._show_format(producer)
        for message in producer.take_warnings():
            # In an agent's own format such a line is a banner: the agent says how it ended.
            self._has_rejected |= (producer.chosen or self._format) in ("jsonl", "lash")
            warn(message)
        from lashtui.producers import is_end

        for each in produced:
            self._line.number = each.line
            timed = self._times.timed(each)
            self._signals.wait(lambda timed=timed: publish_one(self._publisher, timed))  # type: ignore[misc]
            self._ended = is_end(each)
        self._line.number = None
        self._check()

    def _check(self) -> None:
        if self._publisher.refusal is not None:
            raise self._publisher.refusal
