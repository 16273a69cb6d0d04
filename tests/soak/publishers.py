"""Programs that publish: through the library, and through the commands."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from lashd.events import AssistantProseDelta, UserMessage
from lashd.publish.publisher import Publisher
from lashd.testing.audit.marks import mark
from lashtui.exit_codes import ExitCode
from tests.soak.stage import Stage

FLUSH_WITHIN = 90.0
"""Seconds for the daemon to acknowledge everything, disturbed as it is."""
MOST = 14_000
"""Events of one publisher: a view holds more rows than that, so a snapshot has all of them."""
BURST = 9_000
"""Events that are more than an outbox holds."""


class Talker:
    """Says marked things in a thread of its own until it is stopped."""

    leaves = False
    """Once it is done, its publisher is gone; what it published is then only the daemon's."""

    def __init__(
        self, stage: Stage, name: str, session_id: str, source: random.Random, rate: float
    ) -> None:
        self.name = name
        self.said = 0
        self._stage = stage
        self._session_id = session_id
        self._source = source
        self._rate = rate
        self._stop = threading.Event()
        self._done = threading.Event()
        self._close = threading.Event()
        self._thread = threading.Thread(target=self._run_noted, name=name, daemon=True)

    def start(self) -> None:
        """Begin to talk."""
        self._thread.start()

    def stop(self) -> None:
        """Say no more, and flush."""
        self._stop.set()

    @property
    def is_done(self) -> bool:
        """All that it said is acknowledged, or it is gone."""
        return self._done.is_set()

    def close(self) -> None:
        """Leave."""
        self._stop.set()
        self._close.set()
        self._thread.join(FLUSH_WITHIN)
        if self._thread.is_alive():
            self._stage.figures.wrong(f"publisher {self.name} does not come to an end")

    def _run_noted(self) -> None:
        try:
            self._run()
        except Exception as error:  # whatever it is: it was raised into an agent
            self._stage.figures.wrong(f"publisher {self.name}: {type(error).__name__}: {error}")
        finally:
            self._done.set()

    def _run(self) -> None:
        raise NotImplementedError

    def _next(self) -> str:
        self.said += 1
        padding = "x" * self._source.choice((0, 5, 200))
        return f"{mark(self.name, self.said)} {padding}"

    def _pause(self, events: int) -> None:
        self._stop.wait(self._source.expovariate(self._rate / events))

    @property
    def _goes_on(self) -> bool:
        return not self._stop.is_set() and self.said < MOST

    def _turns(self) -> int:
        return self._source.choice((1, 1, 2, 5, 30))


class LibraryTalker(Talker):
    """A program with a `Publisher`, `drop` or `block`."""

    def __init__(
        self,
        stage: Stage,
        name: str,
        session_id: str,
        source: random.Random,
        rate: float,
        *,
        overflow: Literal["drop", "block"],
    ) -> None:
        super().__init__(stage, name, session_id, source, rate)
        self._overflow: Literal["drop", "block"] = overflow
        self._bursts = 1 if overflow == "drop" else 0

    def _run(self) -> None:
        publisher = self._publisher()
        while self._goes_on:
            count = self._turns()
            if self._bursts and self._source.random() < 0.01:
                self._bursts, count = 0, min(BURST, MOST - self.said)
            for _ in range(count):
                self._say(publisher)
            self._pause(count)
        self._flush(publisher)
        self._done.set()
        self._close.wait()
        publisher.end()
        publisher.close()

    def _publisher(self) -> Publisher:
        return Publisher(
            self._session_id,
            socket_path=self._stage.tap_path,
            start_daemon=False,
            overflow=self._overflow,
        )

    def _say(self, publisher: Publisher) -> None:
        event = self._source.choice((UserMessage, AssistantProseDelta))
        publisher.publish(event(text=self._next()))

    def _flush(self, publisher: Publisher) -> None:
        if not publisher.flush(FLUSH_WITHIN):
            self._stage.figures.wrong(
                f"publisher {self.name} of {self._session_id} can't flush within"
                f" {FLUSH_WITHIN:g} s: {publisher.state}, {publisher.refusal}"
            )


class AsyncTalker(LibraryTalker):
    """An asynchronous program: some tasks that publish."""

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        async with self._publisher() as publisher:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(3):
                    tasks.create_task(self._talk(publisher))
            await asyncio.to_thread(self._flush, publisher)
            self._done.set()
            await asyncio.to_thread(self._close.wait)

    async def _talk(self, publisher: Publisher) -> None:
        while self._goes_on:
            count = self._turns()
            for _ in range(count):
                self._say(publisher)
            await asyncio.sleep(min(2.0, self._source.expovariate(self._rate / 3 / count)))


class CommandTalker(Talker):
    """`lashtui run`, `publish` or `tap`, fed through its stdin."""

    leaves = True

    def __init__(
        self,
        stage: Stage,
        name: str,
        session_id: str,
        source: random.Random,
        rate: float,
        *,
        words: Sequence[str],
    ) -> None:
        """`words`: with `{}` for the session."""
        super().__init__(stage, name, session_id, source, rate)
        self._words = [word.replace("{}", session_id) for word in words]
        self._form = words[0]

    def _run(self) -> None:
        errors = self._stage.directory / f"{self._session_id}.command"
        with errors.open("ab") as stderr:
            process = self._stage.start(
                self._words,
                self._stage.tap_path,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        assert process.stdin is not None
        try:
            while self._goes_on:
                count = self._turns()
                process.stdin.write(b"".join(self._line() for _ in range(count)))
                process.stdin.flush()
                self._pause(count)
        except BrokenPipeError:
            pass  # what it ended with says whether that was right
        with suppress(BrokenPipeError):
            process.stdin.close()
        self._await_end(process)
        text = errors.read_text(encoding="utf-8", errors="replace")
        if "Traceback" in text:
            self._stage.figures.wrong(f"`lashtui {self._form}` printed {text[-3000:]}")

    def _await_end(self, process: subprocess.Popen[bytes]) -> None:
        try:
            code = process.wait(FLUSH_WITHIN)
        except subprocess.TimeoutExpired:
            self._stage.figures.wrong(f"`lashtui {self._form}` does not end with its input")
            process.kill()
            code = process.wait()
        self._stage.forget(process)
        # `publish` needs a daemon to begin with, and says if not all was acknowledged.
        if code and (self._form != "publish" or code not in (ExitCode.FAILURE, ExitCode.NO_DAEMON)):
            self._stage.figures.wrong(f"`lashtui {self._form}` ended with {code}")

    def _line(self) -> bytes:
        text = self._next()
        line: dict[str, object] = {"type": "user_message", "text": text}
        if self._form == "tap":
            line = {"jsonrpc": "2.0", "method": "soak/say", "params": {"text": text}}
        return json.dumps(line).encode() + b"\n"


AGENT = """\
import json, sys
for line in sys.stdin:
    content = {"type": "text", "text": json.loads(line)["params"]["text"]}
    update = {"sessionUpdate": "agent_message_chunk", "content": content}
    params = {"sessionId": "soak", "update": update}
    record = {"jsonrpc": "2.0", "method": "session/update", "params": params}
    print(json.dumps(record), flush=True)
"""
"""Says what its client says."""

COMMANDS = {
    "run": ("run", "--no-start", "--no-pty", "--format=jsonl", "-s", "{}", "--", "cat"),
    "publish": ("publish", "--no-start", "--format=jsonl", "{}"),
    "tap": ("tap", "--no-start", "-s", "{}", "--", sys.executable, "-c", AGENT),
}
