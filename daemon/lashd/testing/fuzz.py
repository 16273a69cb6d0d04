"""A fuzzer of the daemon's decisions, in one process and on a clock of its own.

    python -m lashd.testing.fuzz --seed 7 --frames 1000000

Hostile clients say anything at all to a `Hub`, in pieces, with losses, silence and slow reading;
beside them honest publishers and readers go on, and are audited. It finds internal errors that
were logged, error codes that are not documented, replies that no client could read, counters that
don't return to 0, and every breach of the promise. A finding is repeated by its seed.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec

from lashd.hub.connection import HubConnection
from lashd.hub.hub import Hub
from lashd.limits import DaemonLimits, StoreLimits, ViewLimits
from lashd.protocol.framing import FrameDecoder
from lashd.protocol.messages import ErrorCode
from lashd.testing.audit.auditor import Auditor
from lashd.testing.conversations import HELLO, Conversation, Conversations, frame_of
from lashd.testing.following import Followers
from lashd.testing.honest import Honest
from lashd.testing.hostile import Kind
from lashd.testing.laws import ManualClock
from lashd.wire_limits import KIB, MAX_FRAME_BYTES, MIB

LIMITS = DaemonLimits(
    store=StoreLimits(
        max_events_per_session=200, max_sessions=120, max_total_bytes=24 * MIB, max_age=120.0
    ),
    view=ViewLimits(max_entries=1_000, max_bytes=200_000),
    max_connections=60,
    max_incoming=4 * MIB,
    max_pending_snapshots=MIB,
)
"""Small, so that every bound is reached."""

FRAMES_OF_A_DAEMON = 10_000
"""After so many the daemon is replaced; honest publishers restore their sessions."""
DAEMONS_OF_A_CAST = 3
"""After so many the honest parties and their auditor are replaced."""
FRAMES_BETWEEN_VISITS = 1_500
"""Then a stranger looks at every session, and all of it must be readable."""
STAYING = 30
"""Connections that hostile clients keep open at most, half of what the daemon takes."""
PATIENCE = 3.0
"""Seconds of CPU time that one step with a flood may take: twelve times what is promised. Machines
differ, and a core that others share counts slower."""
JUMPS = (0.01, 0.3, 1.2, 6.0, 11.0, 130.0)
"""Seconds that pass at once: below and above each of the daemon's delays."""
PULLS = (1, 100, 5_000, 256 * KIB)


@dataclass
class Finding:
    """Something that must not happen, with where it was first seen."""

    what: str
    frame: int
    """How many frames had been sent."""
    count: int = 1
    sent: bytes = b""
    """What the last client had said: its conversation, or the end of it."""


@dataclass
class Report:
    """What a run did and found."""

    seed: int
    frames: int = 0
    conversations: int = 0
    daemons: int = 0
    audited: int = 0
    """Events that audited readers received."""
    gaps: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    """By what they say."""

    def lines(self) -> Iterable[str]:
        """The report for people."""
        codes = ", ".join(f"{code} {count:,}" for code, count in self.codes.most_common())
        yield (
            f"seed {self.seed}: {self.frames:,} frames in {self.conversations:,} conversations"
            f" with {self.daemons} daemons"
        )
        yield f"refused: {codes or 'nothing'}"
        yield f"audited: {self.audited:,} events and {self.gaps:,} gaps"
        yield f"found: {len(self.findings) or 'nothing'}"
        for finding in self.findings.values():
            yield f"- {finding.what} ({finding.count} times, first after frame {finding.frame:,})"


class _Head(msgspec.Struct):
    """What is looked at in each reply; the rest is only stepped over."""

    type: str
    code: str | None = None
    cursor: str | None = None
    position: str | None = None


class _Client:
    """A hostile client's connection."""

    __slots__ = ("connection", "conversation", "frames", "offset")

    def __init__(self, connection: HubConnection, conversation: Conversation) -> None:
        self.connection = connection
        self.conversation = conversation
        self.offset = 0
        self.frames = FrameDecoder()


class HubFuzzer:
    """A context manager: inside it errors that lashd logs are findings."""

    def __init__(
        self, seed: int, *, leave_out: Collection[Kind] = (), limits: DaemonLimits = LIMITS
    ) -> None:
        """The same for the same seed and the same kinds."""
        self.report = Report(seed)
        self._source = random.Random(seed)
        self._leave_out = frozenset(leave_out)
        self._limits = limits
        self._clock = ManualClock()
        self._settled_at = self._clock()
        self._conversations = Conversations(self._source, leave_out)
        self._handler = _Handler(self)
        self._staying: list[_Client] = []
        self._last = b""
        self._head = msgspec.msgpack.Decoder(_Head).decode
        self._whole = msgspec.msgpack.Decoder().decode
        self._codes = frozenset(code.value for code in ErrorCode)
        self._followers = Followers(self._source, self.found)
        self._start_daemon()
        self._honest = self._new_cast()

    def __enter__(self) -> Self:
        self._handler.install()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handler.remove()

    def run(self, frames: int) -> Report:
        """Send at least so many frames, then let everybody go and look at what is left."""
        report, source = self.report, self._source
        daemon_until = visit_at = 0
        while report.frames < frames:
            if report.frames >= daemon_until:
                if daemon_until:
                    self._replace_daemon()
                    if Kind.SLOW_RESTORES not in self._leave_out:
                        self._honest.restore_slowly(self._hub, self._let_pass)
                daemon_until = report.frames + FRAMES_OF_A_DAEMON
            self._converse(self._conversations.next())
            if source.random() < 0.7:
                self._broadcast()
            chance = source.random()
            if chance < 0.6:
                self._honest.step(self._hub)
            elif chance < 0.64:
                self._pass_time()
            elif chance < 0.66:
                self._settle_before(self._limits.publisher_grace + 1)
                self._honest.meet_others(self._hub, self._let_pass)
            if source.random() < 0.2:
                self._followers.step(self._hub)
            if self._clock() >= self._hub.deadline:
                self._hub.tick()
            if report.frames >= visit_at:
                self._visit()
                visit_at = report.frames + FRAMES_BETWEEN_VISITS
        self._end_daemon()
        self._end_cast()
        return report

    def found(self, what: str) -> None:
        """Note what must not happen."""
        known = self.report.findings.get(what)
        if known is not None:
            known.count += 1
        else:
            sent = self._last[-4096:]
            self.report.findings[what] = Finding(what, self.report.frames, sent=sent)

    def _broadcast(self) -> None:
        """What the server does for live readers, and for messages that are served in steps."""
        hostile = {client.connection: client for client in self._staying}
        for blob, connections in self._hub.take_broadcasts():
            for connection in connections:
                client = hostile.get(connection)
                if client is None:
                    self._honest.give(connection, blob)
                else:
                    client.frames.receive_data(blob)
                    self._check_replies(client.frames)
                if self._source.random() < 0.3:
                    connection.hold()  # its kernel takes no more
        while self._hub.has_work:
            self._hub.work()

    # -- hostile clients --------------------------------------------------------------------------

    def _converse(self, conversation: Conversation) -> None:
        source = self._source
        self.report.conversations += 1
        self.report.frames += conversation.frames
        self._last = conversation.data
        client = _Client(self._hub.connect(), conversation)
        chance = source.random()
        if conversation.flood:
            self._send_flood(client)
        elif chance < 0.65:
            self._send(client, len(conversation.data))
        elif chance < 0.9:
            for _ in range(source.randrange(1, 4)):
                self._send(client, source.randrange(1, len(conversation.data) + 1))
        else:
            for size in source.choices((1, 2, 3, 4, 7, 100, 1000), k=source.randrange(1, 30)):
                self._send(client, size)
        if conversation.stays or source.random() < 0.05:
            self._staying.append(client)
            if len(self._staying) > STAYING:
                self._leave(self._staying.pop(source.randrange(len(self._staying))))
        else:
            self._leave(client)
        if self._staying and source.random() < 0.5:
            self._go_on(source.choice(self._staying))

    def _go_on(self, client: _Client) -> None:
        self._last = client.conversation.data
        self._send(client, self._source.choice((1, 50, 5_000)))
        self._pull(client, self._source.choice(PULLS))

    def _send(self, client: _Client, size: int) -> None:
        """The next bytes of its conversation; what it owes to a slow client is taken first."""
        data = client.conversation.data[client.offset : client.offset + size]
        if not data:
            return
        client.offset += len(data)
        self._hub.receive(client.connection, data)
        while client.connection.congested:
            self._pull(client, PULLS[-1])
            self._hub.work()
            self._hub.resume(client.connection)

    def _send_flood(self, client: _Client) -> None:
        before = time.thread_time()
        self._send(client, len(client.conversation.data))
        if time.thread_time() - before > PATIENCE:
            self.found("a step with many small values took seconds")

    def _leave(self, client: _Client) -> None:
        chance = self._source.random()
        if chance < 0.8:
            self._pull(client, PULLS[-1])
        if chance < 0.4:
            self._hub.receive_eof(client.connection)
            self._pull(client, PULLS[-1])
        self._hub.disconnect(client.connection)

    def _pull(self, client: _Client, max_bytes: int) -> None:
        while chunks := self._hub.pull(client.connection, max_bytes):
            for chunk in chunks:
                client.frames.receive_data(bytes(chunk))
                self._check_replies(client.frames)
            if max_bytes < PULLS[-1]:
                return  # a slow client takes a little, and lets the rest wait

    def _check_replies(self, frames: FrameDecoder) -> None:
        while (body := frames.next_frame(MAX_FRAME_BYTES)) is not None:
            try:
                head = self._head(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self.found(f"a reply that is no record: {error}")
                continue
            if head.code is not None and head.type == "error":
                self.report.codes[head.code] += 1
                if head.code not in self._codes:
                    self.found(f"the error code `{head.code}`, which is not documented")
            elif head.position is not None and self._source.random() < 0.1:
                self._conversations.note_position(head.position)
                self._check_values(head.type, body)
            elif head.cursor is not None and self._source.random() < 0.1:
                self._conversations.note_cursor(head.cursor)
                self._check_values(head.type, body)

    def _check_values(self, kind: str, body: bytes) -> None:
        """A record holds what JSON has, so that every client can read it."""
        try:
            odd = _not_json(self._whole(body))
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError) as error:
            odd = str(error)
        if odd is not None:
            self.found(f"a record `{kind}` that not every client can read: {odd}")

    # -- time, strangers, daemons -----------------------------------------------------------------

    def _pass_time(self) -> None:
        jump = self._source.choice(JUMPS)
        self._settle_before(jump)
        self._clock.advance(jump)

    def _settle_before(self, jump: float) -> None:
        """No honest party is silent within a message for too long, however often time passes."""
        silent = self._clock() + jump - self._settled_at
        if Kind.SLOW_RESTORES in self._leave_out or silent >= self._limits.message_timeout:
            self._honest.settle(self._hub)
            self._settled_at = self._clock()

    def _let_pass(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self._hub.tick()

    def _visit(self) -> None:
        """Whatever was said before: the list, and every session in it, can be read."""
        for session in self._list():
            replies = self._ask([{"type": "show", "session_id": session["session_id"]}])
            kinds = [reply.get("type") for reply in replies]
            if kinds != ["hello", "observation"]:
                self.found(f"`show` of a session in the list was answered by {kinds}")

    def _list(self) -> list[dict[str, Any]]:
        replies = self._ask([{"type": "list"}])
        listed = [reply for reply in replies if reply.get("type") == "sessions"]
        if len(listed) != 1:
            self.found(f"`list` was answered by {[reply.get('type') for reply in replies]}")
            return []
        sessions: list[dict[str, Any]] = listed[0]["sessions"]
        return sessions

    def _ask(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        connection = self._hub.connect()
        self._hub.receive(connection, HELLO + b"".join(map(frame_of, messages)))
        data = b""
        while chunks := self._hub.pull(connection, PULLS[-1]):
            data += b"".join(map(bytes, chunks))
            self._hub.resume(connection)
        self._hub.disconnect(connection)
        frames, replies = FrameDecoder(), []
        frames.receive_data(data)
        while (body := frames.next_frame(MAX_FRAME_BYTES)) is not None:
            self._check_values("reply", body)
            try:
                reply = self._whole(body)
            except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
                reply = {}
            replies.append(reply)
        return replies

    def _start_daemon(self) -> None:
        self.report.daemons += 1
        self._hub = Hub(
            clock=self._clock,
            now_ms=lambda: int(self._clock() * 1000),
            incarnation=self.report.daemons,
            limits=self._limits,
            version="fuzz",
        )

    def _end_daemon(self) -> None:
        """Everybody leaves; nothing may be left that was held for them."""
        self._honest.settle(self._hub)
        self._honest.lose()
        for client in self._staying:
            self._hub.disconnect(client.connection)
        self._staying.clear()
        self._followers.look(self._hub, self._let_pass, self._list)
        self._followers.lose()
        left = {name: held for name, held in self._hub.holdings().items() if held}
        if left:
            self.found(f"when all connections were gone there were left: {left}")
        sessions = self._hub.sessions
        for session in list(sessions.by_id.values()):
            sessions.remove(session)
        if sessions.memory():
            self.found(f"when all sessions were gone {sessions.memory()} bytes were still counted")

    def _replace_daemon(self) -> None:
        self._end_daemon()
        if self.report.daemons % DAEMONS_OF_A_CAST == 0:
            self._end_cast()
            self._honest = self._new_cast()
        self._start_daemon()

    def _new_cast(self) -> Honest:
        honest = Honest(
            self._source,
            Auditor(keep=3_000),
            self.found,
            name=str(self.report.daemons),
            leave_out=self._leave_out,
        )
        self._conversations.read_too = honest.session_ids
        return honest

    def _end_cast(self) -> None:
        auditor = self._honest.auditor
        for violation in auditor.finish():
            self.found(str(violation))
        self.report.audited += auditor.events
        self.report.gaps += auditor.gaps


class _Handler(logging.Handler):
    """Makes findings of the errors that lashd logs, and keeps its log quiet meanwhile."""

    def __init__(self, fuzzer: HubFuzzer) -> None:
        super().__init__(logging.ERROR)
        self._fuzzer = fuzzer
        self._log = logging.getLogger("lashd")
        self._before: tuple[int, bool] = logging.NOTSET, True

    def install(self) -> None:
        self._before = self._log.level, self._log.propagate
        self._log.addHandler(self)
        self._log.setLevel(logging.ERROR)
        self._log.propagate = False

    def remove(self) -> None:
        self._log.removeHandler(self)
        self._log.level, self._log.propagate = self._before

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            self._fuzzer.found(f"logged: {record.getMessage()}")
            return
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = "" if trace is None else f" in {trace.tb_frame.f_code.co_qualname}"
        self._fuzzer.found(f"logged: {type(error).__name__}{where}: {str(error)[:100]}")


def _not_json(value: object) -> str | None:
    """What of a value JSON has not."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"a key of type {type(key).__name__}"
            if (odd := _not_json(item)) is not None:
                return odd
    elif isinstance(value, list):
        for item in value:
            if (odd := _not_json(item)) is not None:
                return odd
    elif isinstance(value, float):
        if not math.isfinite(value):
            return "a number that is none"
    elif value is not None and not isinstance(value, str | int):
        return f"a value of type {type(value).__name__}"
    return None


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m lashd.testing.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--frames", type=int, default=1_000_000)
    kinds = ", ".join(Kind)
    parser.add_argument(
        "--leave-out", default="", metavar="KINDS",
        help=f"kinds of input to leave out, with commas between: {kinds}",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        left_out = [Kind(name) for name in given.leave_out.split(",") if name]
    except ValueError as error:
        parser.error(f"{error}; there are {kinds}")
    before, used = time.perf_counter(), time.process_time()
    with HubFuzzer(given.seed, leave_out=left_out) as fuzzer:
        report = fuzzer.run(given.frames)
    seconds, used = time.perf_counter() - before, time.process_time() - used
    speed = f"{report.frames / seconds:,.0f} frames/s, {report.frames / used:,.0f} by CPU time"
    print(speed, *report.lines(), sep="\n")
    return bool(report.findings)


if __name__ == "__main__":
    sys.exit(main())
