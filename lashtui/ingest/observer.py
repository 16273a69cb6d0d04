"""What `run` publishes of its command: never in the command's way.

Nothing here blocks or raises for the daemon's sake. A session's name that is taken is found out
only when the daemon answers; what was published until then goes to the next name as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from lashd.events import RuntimeDiagnostic, TurnActivity
from lashtui.ingest.flush_timer import Pace
from lashtui.ingest.outcome import run_outcome
from lashtui.producers import Produced, is_end
from lashtui.producers.text import TextProducer
from lashtui.text.sanitize import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lashd.errors import RequestRefused
    from lashd.events import SessionOutcome
    from lashtui.producers import Producer

ASK_EVERY = 0.05
"""Seconds between two looks at the publisher while the name is not settled."""

MAX_EARLY = 1000
"""Events kept for the next name: more than a command prints while a daemon starts (a second)."""

MAX_STDERR = 4096
"""Bytes kept of an agent's stderr: its last words, told where it failed and gave no reason."""

CLOSE_TIMEOUT = 2.0
"""Seconds at the end for the outbox; the command's user waits for it."""


class PublisherLike(Protocol):
    """What is needed of `lashd.publish.publisher.Publisher`."""

    @property
    def state(self) -> str:
        """connecting, live, lost, refused, closed."""

    @property
    def refusal(self) -> RequestRefused | None:
        """Why it is refused."""

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed, by what was published."""

    def end(self, outcome: SessionOutcome, exit_code: int | None = None) -> None:
        """Publish the session's end."""

    def close(self, timeout: float = 5.0) -> bool:
        """Flush; True if all is delivered."""


class Observer:
    """Takes a command's output and its end."""

    def __init__(
        self,
        names: Iterator[str],
        open_session: Callable[[str, Callable[[str], None]], PublisherLike],
        publish: Callable[[PublisherLike, Produced], None],
        producer: Producer,
        *,
        side: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the first of `names`; the next ones where a live publisher is there already.

        Args:
            names: of the session, in order of preference.
            open_session: makes a publisher of a name and a function for warnings.
            publish: uses a publisher.
            producer: reads stdout; text reads stderr too.
            side: where a format is parsed from stdout, stderr is text of its own. False: an
                agent's, which is no part of the session; its end is, where the agent fails.
            clock: seconds.
        """
        self._names = names
        self._open = open_session
        self._send = publish
        self._producer = producer
        is_text = isinstance(producer, TextProducer)
        self._side = TextProducer() if side and not is_text else None
        self._last_words = b""
        self._pace = Pace(producer, clock=clock)
        self._clock = clock
        self._ended = False
        self._early: list[Produced] | None = []
        self.warnings: list[str] = []
        """For the user, who empties it; not that a name is taken while there are others."""
        self._said: list[str] = []
        """What the present publisher has said, from its thread."""
        self.session = next(names)
        self._publisher: PublisherLike | None = self._open(self.session, self._said.append)

    @property
    def is_settled(self) -> bool:
        """The session's name will not change any more."""
        return self._early is None

    def take(self, data: bytes, source: str) -> None:
        """Output as it was read; `source` is `out` or `err`."""
        if isinstance(self._producer, TextProducer):
            self.tell(self._producer.feed(data, source))
        elif source != "err":
            self.tell(self._producer.feed(data))
        elif self._side is not None:
            self.tell(self._side.feed(data))
        else:
            self._last_words = (self._last_words + data)[-MAX_STDERR:]
        self._pace.took()

    def tick(self) -> float | None:
        """Do what is due; seconds until the next tick is wanted, None for no tick."""
        if self._pace.is_due():
            self._flush()
        self._settle()
        waits = [] if self.is_settled or self._publisher is None else [ASK_EVERY]
        if self._pace.wait is not None:
            waits.append(self._pace.wait)
        return min(waits, default=None)

    def finish(self, exit_code: int, *, interrupted: bool = False) -> bool:
        """The command has ended. True if everything was delivered, within `CLOSE_TIMEOUT`.

        Args:
            exit_code: the command's; 128 + n: killed by signal n.
            interrupted: somebody sent it a signal to end.
        """
        if self._side is not None:
            self.tell(self._side.flush())
        if exit_code and not interrupted and not self._turn_failed():
            self._tell_last_words()
        outcome = run_outcome(exit_code, turn_failed=self._turn_failed(), interrupted=interrupted)
        self.tell(self._producer.finish(outcome))
        # What it leaves behind may be an error that only the end shows: a turn without its own.
        outcome = run_outcome(exit_code, turn_failed=self._turn_failed(), interrupted=interrupted)
        return self.close(outcome, exit_code)

    def close(self, outcome: SessionOutcome, exit_code: int | None = None) -> bool:
        """End the session. True if everything was delivered, within `CLOSE_TIMEOUT`."""
        deadline = self._clock() + CLOSE_TIMEOUT
        while self._publisher is not None:
            publisher = self._publisher
            if not self._ended:
                publisher.end(outcome, exit_code)
            delivered = publisher.close(timeout=max(0.0, deadline - self._clock()))
            self._settle()
            if delivered:
                return True
            # Refused only now, perhaps: then there was another name to try.
            if self._publisher is publisher:
                return False
        return False

    def _turn_failed(self) -> bool:
        return self._publisher is not None and self._publisher.turn_failed

    def _tell_last_words(self) -> None:
        text = safe_text(self._last_words.decode("utf-8", "replace")).strip()
        if text:
            event = RuntimeDiagnostic("stderr", {"text": text})
            self.tell([Produced(TurnActivity("", None, event))])

    def _flush(self) -> None:
        if self._side is not None:
            self.tell(self._side.flush())
        self.tell(self._producer.flush())

    def tell(self, produced: list[Produced]) -> None:
        """Publish what was produced."""
        self.warnings += self._producer.warnings
        self._producer.warnings.clear()
        if self._publisher is None:
            return
        for each in produced:
            self._ended = is_end(each)
            self._send(self._publisher, each)
        if self._early is not None:
            self._early += produced
            if len(self._early) > MAX_EARLY:
                self._early = None

    def _settle(self) -> None:
        publisher = self._publisher
        if publisher is None:
            return
        said = self._said[:]  # before the refusal is looked at, as a publisher sets that first
        refusal = publisher.refusal
        if refusal is None:
            self.warnings += said
            del self._said[: len(said)]
            if publisher.state == "live":
                self._early = None
            return
        self._said = []
        publisher.close(timeout=0.0)
        name = next(self._names, None) if refusal.code == "session_busy" else None
        if name is None or self._early is None:
            self.warnings.append(f"not observed any more: {refusal.message}")
            self._publisher = None
            return
        self.session = name
        self._publisher = self._open(name, self._said.append)
        for each in self._early:
            self._send(self._publisher, each)
