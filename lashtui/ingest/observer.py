"""Publishes what a command prints without ever getting in the command's way.

Nothing here blocks on the daemon or raises because of it. That a session's name is taken is known
only when the daemon answers; what was published until then is published again under the next name.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from lashd.events import RuntimeDiagnostic, TurnActivity, UserMessage
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.outcome import LastTurn, run_outcome
from lashtui.producers import Produced, is_end
from lashtui.producers.text import TextProducer
from lashtui.text.sanitize import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lashd.errors import RequestRefused
    from lashd.events import SessionOutcome
    from lashtui.producers import Producer

ASK_EVERY = 0.05
"""Seconds between two checks of the publisher while the name may still change."""

POLL_EVERY = 0.05
"""Seconds between two looks at what an agent writes elsewhere; pieces of text, too."""

MAX_EARLY = 1000
"""Events kept for the next name: more than a command prints while a daemon starts (a second)."""

MAX_STDERR = 4096
"""Bytes kept of the end of an agent's stderr, published if it failed and gave no reason."""

CLOSE_TIMEOUT = 2.0
"""Seconds to empty the outbox at the end; the command's user waits for it."""


class PublisherLike(Protocol):
    """The part of `lashd.Publisher` that an observer uses."""

    @property
    def state(self) -> str:
        """connecting, live, lost, refused, closed."""

    @property
    def refusal(self) -> RequestRefused | None:
        """Why the daemon refused it."""

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed, by what was published."""

    def end(self, outcome: SessionOutcome, exit_code: int | None = None) -> None:
        """Publish the session's end."""

    def close(self, timeout: float = 5.0) -> bool:
        """Flush; True if everything was delivered."""


P = TypeVar("P", bound=PublisherLike)


class Observer(Generic[P]):
    """Publishes a command's output and its end."""

    def __init__(
        self,
        names: Iterator[str],
        open_session: Callable[[str, Callable[[str], None]], P],
        publish: Callable[[P, Produced], None],
        producer: Producer,
        *,
        stderr_is_text: bool = True,
        poll: Callable[[], list[Produced]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the first of `names`, and the next if that one has a live publisher already.

        Args:
            names: for the session, in order of preference.
            open_session: makes a publisher, given a name and a function that takes warnings.
            publish: publishes one payload.
            producer: reads stdout; a text producer reads stderr too.
            stderr_is_text: if stdout has another format, publish stderr as text beside it.
                False: leave it out, except for its end if the agent fails.
            poll: reads what the agent writes elsewhere; called with each tick.
            clock: seconds.
        """
        self._names = names
        self._open = open_session
        self._send = publish
        self._producer = producer
        is_text = isinstance(producer, TextProducer)
        self._stderr = TextProducer() if stderr_is_text and not is_text else None
        self._stderr_end = b""
        self._poll = poll
        self._flush_timer = FlushTimer(producer, clock=clock)
        self._clock = clock
        self._ended = False
        self._last_turn = LastTurn()
        self._asked = ""
        """The prompt that was published, as long as the agent may still repeat it."""
        self._early: list[Produced] | None = []
        self._warnings: list[str] = []
        self._publisher_warnings: list[str] = []
        """Those of the current publisher, appended by its thread."""
        self.session = next(names)
        self._publisher: P | None = self._open(self.session, self._publisher_warnings.append)

    @property
    def is_settled(self) -> bool:
        """The session's name will not change again."""
        return self._early is None

    @property
    def is_published(self) -> bool:
        """The daemon takes it, or may yet."""
        return self._publisher is not None

    def ask(self, prompt: str) -> None:
        """Publish what the agent was asked by its command line, if it doesn't say that itself."""
        text = short(prompt, MAX_MESSAGE) or ""
        if text.strip():
            self.publish([Produced(TurnActivity("", None, UserMessage(text)))])
            self._asked = text.strip()

    def take(self, data: bytes, source: str) -> None:
        """Publish output as it was read; `source` is `out` or `err`."""
        if isinstance(self._producer, TextProducer):
            self.publish(self._producer.feed(data, source))
        elif source != "err":
            self.publish(self._producer.feed(data))
        elif self._stderr is not None:
            self.publish(self._stderr.feed(data))
        if source == "err" or self._poll is not None:
            self._stderr_end = (self._stderr_end + data)[-MAX_STDERR:]
        self._flush_timer.input_came()

    def tick(self) -> float | None:
        """Do what is due; returns the seconds until the next tick, None if none is needed."""
        self._read_elsewhere()
        if self._flush_timer.is_due():
            self._flush()
        self._settle()
        waits = [] if self.is_settled or self._publisher is None else [ASK_EVERY]
        if self._poll is not None and self._publisher is not None:
            waits.append(POLL_EVERY)
        if self._flush_timer.wait is not None:
            waits.append(self._flush_timer.wait)
        return min(waits, default=None)

    def finish(self, exit_code: int, *, interrupted: bool = False) -> bool:
        """The command has ended. True if everything was delivered within `CLOSE_TIMEOUT`.

        Args:
            exit_code: the command's; 128 + n: killed by signal n.
            interrupted: it was sent a signal to end.
        """
        self._read_elsewhere()
        if self._stderr is not None:
            self.publish(self._stderr.flush())
        if exit_code and not interrupted and not self._turn_failed():
            self._publish_stderr_end()
        self.publish(self._producer.finish(self._outcome(exit_code, interrupted)))
        # The end itself may reveal an error, of a turn that gave none.
        return self.close(self._outcome(exit_code, interrupted), exit_code)

    def _outcome(self, exit_code: int, interrupted: bool) -> SessionOutcome:
        return run_outcome(
            exit_code,
            turn_failed=self._turn_failed(),
            turn_stopped=self._last_turn.was_stopped,
            interrupted=interrupted,
        )

    def close(self, outcome: SessionOutcome, exit_code: int | None = None) -> bool:
        """End the session. True if everything was delivered within `CLOSE_TIMEOUT`."""
        deadline = self._clock() + CLOSE_TIMEOUT
        while self._publisher is not None:
            publisher = self._publisher
            if not self._ended:
                publisher.end(outcome, exit_code)
            delivered = publisher.close(timeout=max(0.0, deadline - self._clock()))
            self._settle()
            if delivered:
                return True
            # If it was refused only now, `_settle` has opened another name.
            if self._publisher is publisher:
                return False
        return False

    def take_warnings(self) -> list[str]:
        """Sentences for the user since the last call; not about names that are taken."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def _turn_failed(self) -> bool:
        return self._publisher is not None and self._publisher.turn_failed

    def _read_elsewhere(self) -> None:
        produced = self._poll() if self._poll is not None else []
        if produced:
            self.publish(produced)
            self._flush_timer.input_came()

    def _publish_stderr_end(self) -> None:
        if self._producer.is_text or self._stderr is not None:  # all of it was published
            return
        end = self._stderr_end
        if len(end) == MAX_STDERR:  # it begins within a line
            end = end.partition(b"\n")[2] or end
        text = safe_text(end.decode("utf-8", "replace")).strip()
        if text:
            event = RuntimeDiagnostic("stderr", {"text": text})
            self.publish([Produced(TurnActivity("", None, event))])

    def _flush(self) -> None:
        if self._stderr is not None:
            self.publish(self._stderr.flush())
        self.publish(self._producer.flush())

    def publish(self, produced: list[Produced]) -> None:
        """Publish what was produced."""
        self._warnings += self._producer.take_warnings()
        if self._publisher is None:
            return
        if self._asked:
            produced = self._without_echo(produced)
        for each in produced:
            self._ended = is_end(each)
            self._last_turn.take(each.payload)
            self._send(self._publisher, each)
        if self._early is not None:
            self._early += produced
            if len(self._early) > MAX_EARLY:
                self._early = None

    def _without_echo(self, produced: list[Produced]) -> list[Produced]:
        """Leave out the first message of the agent's user, if it is the one of the command line."""
        for place, (payload, *_) in enumerate(produced):
            if not isinstance(payload, TurnActivity) or payload.parent is not None:
                continue
            if isinstance(payload.event, UserMessage):
                asked, self._asked = self._asked, ""
                is_echo = payload.event.text.strip() == asked
                return produced[:place] + produced[place + 1 :] if is_echo else produced
        return produced

    def _settle(self) -> None:
        publisher = self._publisher
        if publisher is None:
            return
        # Copied before the refusal is read: a publisher sets that first, then warns of it.
        warned = self._publisher_warnings[:]
        refusal = publisher.refusal
        if refusal is None:
            self._warnings += warned
            del self._publisher_warnings[: len(warned)]
            if publisher.state == "live":
                self._early = None
            return
        self._publisher_warnings = []
        publisher.close(timeout=0.0)
        name = next(self._names, None) if refusal.code == "session_busy" else None
        if name is None or self._early is None:
            self._warnings.append(f"no longer observed: {refusal.message}")
            self._publisher = None
            return
        self.session = name
        self._publisher = self._open(name, self._publisher_warnings.append)
        for each in self._early:
            self._send(self._publisher, each)
