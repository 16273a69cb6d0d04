"""`text`: whatever a command prints, as plain prose: newlines kept, colour codes dropped.

One run has one correlation id, so that it becomes one entry however its output is cut. A clean
end commits the turn; after a failure there is no commit.
"""

from __future__ import annotations

import codecs
import re
import uuid
from typing import TYPE_CHECKING

from lashd.events import AssistantProseDelta, Committed, SessionOutcome, TurnActivity
from lashtui.producers import Produced

if TYPE_CHECKING:
    from lashd.events import Payload

MAX_DELTA = 64 * 1024
"""Characters of one event: at most 256 KiB of UTF-8, well below what a daemon takes."""

MAX_SEQUENCE = 4096
"""Characters an unfinished escape sequence may hold back; anything longer is not a sequence."""

_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    # OSC, DCS, ...
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]*[0-OQ-WYZ\\\\`-~]"  # two and three characters
)
_UNFINISHED = re.compile(
    "(?:(?:\x1b\\[|\x9b)[0-?]*[ -/]*"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*\x1b?"
    "|\x1b[ -/]*)\\Z"
)
# Possessive, and anchored at the first of a run: a text of carriage returns costs linear time.
_CARRIAGE = re.compile("(?<!\r)\r++\n|\r")


class TextProducer:
    """Bytes to plain prose deltas. Several sources (stdout, stderr) share one entry."""

    def __init__(self, correlation_id: str | None = None) -> None:
        self.correlation_id = correlation_id or uuid.uuid4().hex
        self._sources = {"": _Source()}
        self._text: list[str] = []

    @property
    def chosen(self) -> str | None:
        """None: the format was given."""
        return None

    @property
    def is_text(self) -> bool:
        """True: any piece can be published."""
        return True

    @property
    def in_turn(self) -> bool:
        """False: text doesn't say where a turn begins."""
        return False

    def feed(self, data: bytes, source: str = "") -> list[Produced]:
        """Deltas once enough has been collected; `flush` gives the rest.

        A character or escape sequence that is cut off is completed by the next bytes of the same
        source.
        """
        if source not in self._sources:
            self._sources[source] = _Source()
        self._collect(self._sources[source].decode(data))
        return self.flush() if sum(map(len, self._text)) >= MAX_DELTA else []

    def flush(self) -> list[Produced]:
        """Deltas of everything collected so far."""
        text = "".join(self._text)
        self._text.clear()
        return [
            Produced(self._delta(text[start : start + MAX_DELTA]))
            for start in range(0, len(text), MAX_DELTA)
        ]

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """What was held back, and after a clean end the commit."""
        for source in self._sources.values():
            self._collect(source.decode(b"", final=True))
        produced = self.flush()
        if outcome is SessionOutcome.SUCCESS:
            produced.append(Produced(Committed()))
        return produced

    def take_warnings(self) -> list[str]:
        """None: anything is text."""
        return []

    def _collect(self, text: str) -> None:
        if text:
            self._text.append(text)

    def _delta(self, text: str) -> Payload:
        event = AssistantProseDelta(text=text, format="plain")
        return TurnActivity("", self.correlation_id, event)


class _Source:
    """One stream of bytes: its UTF-8 decoder, and what only further bytes can complete."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        """An unfinished escape sequence."""
        self._carriage = False
        """A carriage return that may belong to a newline."""

    def decode(self, data: bytes, *, final: bool = False) -> str:
        text = self._held + self._decoder.decode(data, final)
        self._held = ""
        if not text.isascii() or "\x1b" in text:
            text = self._without_sequences(text, final=final)
        if self._carriage:
            text = "\r" + text
        self._carriage = False
        if "\r" not in text:
            return text
        if not final and text.endswith("\r"):
            text, self._carriage = text.rstrip("\r"), True
        # A lone carriage return overwrites the line (progress bars): here it starts a new one.
        return _CARRIAGE.sub("\n", text)

    def _without_sequences(self, text: str, *, final: bool) -> str:
        if not final:
            unfinished = _UNFINISHED.search(text, max(0, len(text) - MAX_SEQUENCE))
            if unfinished is not None:
                self._held = text[unfinished.start() :]
                text = text[: unfinished.start()]
        return _SEQUENCE.sub("", text)
