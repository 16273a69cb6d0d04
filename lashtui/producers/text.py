"""`text`: whatever a command prints, as verbatim prose with its colours and links.

One run has one correlation id, so that it becomes one entry however its output is cut. A clean
end commits the turn; after a failure there is no commit.

A line that has not ended is an entry of its own, which is withdrawn when it has: it may yet be
drawn again, and then it is one line, its last form.
"""

from __future__ import annotations

import codecs
import itertools
import time
import uuid
from typing import TYPE_CHECKING

from lashd.events import (
    AssistantProseDelta,
    Committed,
    ModelAttemptReset,
    SessionOutcome,
    TurnActivity,
)
from lashtui.producers import Produced, Producer
from lashtui.producers.printed import Printed, PrintedLines
from lashtui.text.ansi import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lashd.events import AnyTurnEvent, TextFormat

MAX_DELTA = 64 * 1024
"""Characters of one event: at most 256 KiB of UTF-8, well below what a daemon takes."""

FORM_EVERY = 1.0
"""Seconds between two forms of a line that is drawn again: a reader wants to see it move."""


class TextProducer(Producer):
    """Bytes to verbatim prose deltas. Several sources (stdout, stderr) share one entry."""

    def __init__(
        self, correlation_id: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.correlation_id = correlation_id or uuid.uuid4().hex
        self._clock = clock
        self._sources: dict[str, _Source] = {}
        self._numbers = itertools.count(1)
        self._done: list[Printed] = []
        self._size = 0
        self._format: TextFormat = "plain"

    @property
    def is_text(self) -> bool:
        """True: any piece can be published."""
        return True

    def feed(self, data: bytes, source: str = "") -> list[Produced]:
        """Deltas once enough has been collected; `flush` gives the rest.

        A character or escape sequence that is cut off is completed by the next bytes of the same
        source.
        """
        found = self._sources.get(source)
        if found is None:
            name = f"{self.correlation_id}{source and '-'}{source}{UNFINISHED}"
            found = self._sources[source] = _Source(name, self._numbers)
        self._collect(found.read(data))
        return self._take_lines() if self._size >= MAX_DELTA else []

    def flush(self) -> list[Produced]:
        """Deltas of everything collected so far, unfinished lines included."""
        produced = self._take_lines()
        for source in self._sources.values():
            produced += source.show(self._clock())
        return produced

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """What was held back, and after a clean end the commit."""
        # The line that was begun first comes first.
        for source in sorted(self._sources.values(), key=lambda source: source.begun):
            self._collect(source.finish())
        produced = self._take_lines()
        if outcome is SessionOutcome.SUCCESS:
            produced.append(Produced(Committed()))
        return produced

    def _collect(self, done: list[Printed]) -> None:
        self._done += done
        self._size += sum(len(each.text) for each in done)

    def _take_lines(self) -> list[Produced]:
        """Withdraw what is shown of lines that have ended, and publish them."""
        produced = [each for source in self._sources.values() for each in source.withdraw_ended()]
        if any(each.is_styled for each in self._done):
            self._format = "ansi"
        batch: list[str] = []
        size = 0
        for each in self._done:
            if batch and size + len(each.text) > MAX_DELTA:
                produced.append(self._delta("".join(batch)))
                batch, size = [], 0
            if len(each.text) > MAX_DELTA:  # many lines, and no sequence that could be cut in two
                starts = range(0, len(each.text), MAX_DELTA)
                produced += [self._delta(each.text[at : at + MAX_DELTA]) for at in starts]
                continue
            batch.append(each.text)
            size += len(each.text)
        if batch:
            produced.append(self._delta("".join(batch)))
        self._done, self._size = [], 0
        return produced

    def _delta(self, text: str) -> Produced:
        return _produced(AssistantProseDelta(text, self._format), self.correlation_id)


class _Source:
    """One stream of bytes: its lines, and what is shown of the unfinished one."""

    def __init__(self, name: str, numbers: Iterator[int]) -> None:
        """`numbers` counts the lines that any source begins."""
        self._name = name
        self._numbers = numbers
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines = PrintedLines()
        self._shown: str | None = None
        """What its entry holds; None: there is no such entry."""
        self._shown_size = 0
        self._is_styled = False
        self._shown_at: float | None = None
        self._was_drawn_again = False
        self._has_ended = False
        """The line that its entry shows has ended since."""
        self.begun = 0
        """The number of the unfinished line."""

    def read(self, data: bytes, *, final: bool = False) -> list[Printed]:
        """What `data` completes."""
        is_new = not self._lines.length
        done = self._lines.feed(self._decoder.decode(data, final))
        if done or is_new:
            self.begun = next(self._numbers)
        self._has_ended = self._has_ended or bool(done)
        return done

    def finish(self) -> list[Printed]:
        """What is left; nothing if it is shown already as it is."""
        done = [*self.read(b"", final=True), *self._lines.feed("", final=True)]
        self._has_ended = self._has_ended or bool(done)
        if not self._has_ended and self._shown is not None and self._is_shown_whole():
            return []
        self._has_ended = True
        return [*done, *self._lines.finish()]

    def _is_shown_whole(self) -> bool:
        if self._lines.is_drawn_again or self._was_drawn_again:
            return self._lines.line().text == self._shown
        return self._lines.length == self._shown_size

    def withdraw_ended(self) -> list[Produced]:
        """Withdraw the entry of a line that has ended."""
        if not self._has_ended:
            return []
        self._has_ended = self._was_drawn_again = False
        self._shown_at = None
        return self._withdraw()

    def show(self, now: float) -> list[Produced]:
        """The unfinished line as it is now: what was added, or its newest form."""
        lines = self._lines
        if not lines.is_drawn_again and not self._was_drawn_again:
            more = lines.line(self._shown_size)
            if not more.text:
                return []
            withdrawn: list[Produced] = []
            if more.is_styled and self._shown is not None and not self._is_styled:
                # Text with colours can't continue text without.
                withdrawn, more = self._withdraw(), lines.line()
            self._shown_size = lines.length
            self._shown = (self._shown or "") + more.text
            return [*withdrawn, self._delta(more)]
        self._was_drawn_again = True
        form = lines.line()
        is_early = self._shown_at is not None and now - self._shown_at < FORM_EVERY
        if is_early or form.text == (self._shown or ""):
            return []
        withdrawn = self._withdraw()
        self._shown_at = now
        if not form.text:
            return withdrawn
        self._shown = form.text
        return [*withdrawn, self._delta(form)]

    def _withdraw(self) -> list[Produced]:
        if self._shown is None:
            return []
        self._shown, self._shown_size, self._is_styled = None, 0, False
        return [_produced(ModelAttemptReset([self._name]), None)]

    def _delta(self, line: Printed) -> Produced:
        self._is_styled = self._is_styled or line.is_styled
        form: TextFormat = "ansi" if self._is_styled else "plain"
        return _produced(AssistantProseDelta(line.text, form), self._name)


def _produced(event: AnyTurnEvent, correlation_id: str | None) -> Produced:
    return Produced(TurnActivity("", correlation_id, event))
