"""The base of formats that print one JSON object a line.

It decodes lines, counts what is none, keeps a turn's state, and ends what the input left open. A
format says what each record means in `on_record`, with `tell`, `texts`, `calls`, `error`,
`commit`; all that it tells while one record is at hand is handed out together, in order.
"""

from __future__ import annotations

import datetime
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    Committed,
    Error,
    ModelAttemptReset,
    ModelRequestStarted,
    Payload,
    ReasoningDelta,
    Resumed,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    TurnActivity,
    Usage,
    UserMessage,
    Waiting,
)
from lashd.outcome import TurnOutcome
from lashd.text import short
from lashtui.producers import Produced
from lashtui.producers.dedupe import Calls, Texts, tidy
from lashtui.producers.lines import MAX_LINE, Line, LineSplitter
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashd.events import JsonValue

Record = dict[str, Any]

MAX_WARNINGS = 20
"""Told of one input in all: after so many, it is known for what it is."""
MAX_UNKNOWN = 64
"""Kinds of records that are noted as unknown, each once."""
MAX_MESSAGE = 64 * 1024
"""Characters of an error or a person's message."""
MAX_PATH = 4096
"""Characters of a directory; a view keeps no more."""
MAX_TITLE = 500
"""Characters of a title; a view keeps no more."""
MAX_HELD = 64
"""Remarks kept between turns."""
MAX_UNKNOWN_BYTES = 4096
"""Of an unknown record that a diagnostic carries."""

CUT_OFF = {
    SessionOutcome.SUCCESS: "The output ended before the turn did.",
    SessionOutcome.FAILURE: "The agent failed before the turn ended.",
    SessionOutcome.CANCELLED: "The agent was stopped before the turn ended.",
    SessionOutcome.CUT_OFF: "The agent was lost before the turn ended.",
}
"""Told as an error where the input ends within a turn and told no error itself."""

# Events that do not begin a turn.
_REMARKS = frozenset({Usage, ChildUsage, RuntimeDiagnostic, Waiting, Resumed})

_TEXTS = frozenset({AssistantProseDelta, ReasoningDelta})
"""Events that come by the thousand; `Texts` has checked them."""
_NUMBER = (int, float, type(None))
_TEXT = (str, type(None))
_FIELDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "call_id", "message", "reason", "kind", "what", "text"), _TEXT),
    **dict.fromkeys(("title", "agent", "directory", "language", "frame_id", "source"), _TEXT),
    **dict.fromkeys(("wait_seconds", "attempt", "max_attempts", "duration_ms"), _NUMBER),
    **dict.fromkeys(("batch_ids", "process_ids", "correlation_ids"), (list,)),
}
"""Types of fields that a value from a record may end up in as it is."""

_decode = msgspec.json.Decoder(Record).decode


class RecordProducer(ABC):
    """Lines to records to payloads. Subclasses say what a record means."""

    ends_itself: ClassVar[bool] = True
    """The format says when a turn has ended, so a clean exit within one is no end of it."""
    forwards_unknown: ClassVar[bool] = True
    """Unknown records may be shown; False where they may hold what is nobody's business."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self.warnings: list[str] = []
        self.skipped = 0
        """Lines that were no record."""
        self.at: int | None = None
        """Unix milliseconds that go with what is told; a format sets it per record."""
        self.clock: int | None = None
        """Unix milliseconds of the record at hand, where it tells; for durations only."""
        self.turns = 0
        """Turns that were committed."""
        self.in_turn = False
        """Something was told, or `begin_turn` called, since the last commit."""
        self.is_waiting = False
        self.texts = Texts(self.tell)
        self.calls = Calls(self.tell)
        self._lines = LineSplitter(max_line)
        self._out: list[Produced] = []
        self._held: list[tuple[RuntimeDiagnostic, str | None]] = []
        self._unknown: set[str] = set()
        self._warned = 0
        self._last_error: str | None = None
        """The message of an error that nothing but remarks followed."""
        self._begun = 0
        """Where in `_out` the record at hand begins."""
        self._failure = ""
        """The newest error of the agent itself."""
        self.turn = TurnOutcome()
        self._opened: tuple[str | None, str | None, str | None] | None = None

    # -- for subclasses --------------------------------------------------------------------------

    @abstractmethod
    def on_record(self, record: Record) -> None:
        """Tell what this record means. What it raises on a malformed one costs a warning."""

    def on_end(self, outcome: SessionOutcome) -> None:  # noqa: B027  (most need nothing)
        """The input has ended; open calls and an unfinished turn are ended after this."""

    # -- the producer's interface ----------------------------------------------------------------

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads of the records that `data` completes."""
        for line in self._lines.feed(data):
            self._take(line)
        return self._take_out()

    def flush(self) -> list[Produced]:
        """Nothing: a record is whole or not yet one."""
        return []

    def finish(self, outcome: SessionOutcome) -> list[Produced]:
        """The last line, if no newline ended it; then open calls and an unfinished turn end."""
        for line in self._lines.finish():
            self._take(line)
        self._begun = len(self._out)
        self.on_end(outcome)
        # Calls of a subagent may outlive the turn: that they are cut is no failure of it.
        unfinished = self.in_turn
        if self.is_waiting:
            self.resume()
        self._close_calls(children=True)
        if unfinished and outcome is SessionOutcome.SUCCESS and not self.ends_itself:
            self.commit()
        elif not self.turn.is_failing and (
            unfinished or (self.turns == 0 and outcome is not SessionOutcome.SUCCESS)
        ):
            self.error(CUT_OFF[outcome])
        untold = self._warned - MAX_WARNINGS
        if untold > 0:
            self.warnings.append(f"{untold} more lines are no records")
        return self._take_out()

    # -- telling ---------------------------------------------------------------------------------

    def emit(self, payload: Payload) -> None:
        """Hand out a payload that is no turn event.

        Raises:
            TypeError: a part of it is of a type that a damaged record brought in.
        """
        _check(payload)
        self._out.append(Produced(payload, self.at))

    def tell(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """Hand out a turn event; it begins a turn unless it is a remark (usage, waiting, ...).

        Raises:
            TypeError: a part of it is of a type that a damaged record brought in.
        """
        if type(event) not in _TEXTS:
            _check(event)
        if not isinstance(correlation_id, _TEXT) or not isinstance(parent, _TEXT):
            raise TypeError("an id that is no text")
        self.judge(event, correlation_id, parent)
        if type(event) not in _REMARKS:
            self._last_error = None
            if not self.in_turn:
                self.begin_turn()
        correlation_id, parent = short(correlation_id), short(parent)
        self._out.append(Produced(TurnActivity("", correlation_id, event, parent), self.at))

    def judge(self, event: AnyTurnEvent, correlation_id: str | None, parent: str | None) -> None:
        """Let `turn` know of an event that is handed out."""
        withdrawn = event.correlation_ids if isinstance(event, ModelAttemptReset) else ()
        self.turn.take(event.tag, correlation_id or "", parent, withdrawn)

    def begin_turn(self) -> None:
        """A turn begins; remarks held back since the last one come first. Once per turn."""
        if self.in_turn:
            return
        self.in_turn = True
        held, self._held = self._held, []
        for event, parent in held:
            self.tell(event, None, parent)

    def request_started(self) -> None:
        """A model request begins: from now on the session is seen to run."""
        self.tell(ModelRequestStarted())

    def commit(self, *, close_calls: bool = True) -> None:
        """The turn has ended: the agent's own open calls end as cancelled, then it settles.

        An error told as its last word makes it a failed one. `close_calls` False: another turn
        goes on, and calls with it.
        """
        if close_calls:
            self._close_calls(children=False)
        self.emit(Committed())
        self.turn.close()
        self.turns += 1
        self.in_turn = self.is_waiting = False
        self._last_error = None

    def _close_calls(self, *, children: bool) -> None:
        """End open calls. It is this program that ends them, so these are no words of the agent:
        the error that fails a turn stays behind them.
        """
        failing, start = self.turn.is_failing, len(self._out)
        self.calls.close(children=children)
        if not failing or self.turn.is_failing:
            return
        closings = self._out[start:]
        del self._out[start:]
        for index in range(start - 1, self._begun - 1, -1):
            if _is_error(self._out[index].payload):
                self._out[index:index] = closings
                self.turn.take("error", "")
                return
        # It came with an earlier record, and may be published already: it is said again.
        self._out += closings
        self.tell(Error(self._failure))

    def error(self, message: str, parent: str | None = None) -> None:
        """Something failed. The same message twice in a row is told once."""
        message = short(message, MAX_MESSAGE) or "The agent failed and did not say why."
        if message == self._last_error:
            return
        if parent is None:
            self._failure = message
        self.tell(Error(message), None, parent)
        self._last_error = message

    def user(self, text: str, parent: str | None = None) -> None:
        """A person said something."""
        if text.strip():
            self.tell(UserMessage(short(text, MAX_MESSAGE) or ""), None, parent)

    def diagnose(self, kind: str, data: JsonValue = None, parent: str | None = None) -> None:
        """A remark. Between turns it is kept for the next one, since it would seem to begin one."""
        event = RuntimeDiagnostic(kind, tidy(data))
        if self.in_turn:
            self.tell(event, None, parent)
        elif len(self._held) < MAX_HELD:
            self._held.append((event, parent))

    def plan(self, items: list[tuple[str, str]]) -> None:
        """The agent's plan as (text, status) pairs: pending, in_progress, completed."""
        entries = [{"text": text, "status": status} for text, status in items]
        self.diagnose("plan", {"items": entries})

    def usage(self, counters: Mapping[str, int | float]) -> None:
        """Tokens (and `cost_usd`) of one request or turn; zeros alone are nothing to tell."""
        if any(counters.values()):
            self.tell(Usage(dict(counters)))

    def wait(self, what: str) -> None:
        """The agent needs a person."""
        self.begin_turn()
        self.is_waiting = True
        self.tell(Waiting(short(what, 2000) or ""))

    def resume(self) -> None:
        """The agent goes on, if it waited."""
        if self.is_waiting:
            self.is_waiting = False
            self.tell(Resumed())

    def opened(
        self, agent: str | None = None, directory: str | None = None, title: str | None = None
    ) -> None:
        """What is known of the session; told only where it is new."""
        known = (short(agent), short(directory, MAX_PATH), short(title, MAX_TITLE))
        given = (known[0] or None, known[1] or None, known[2] or None)
        if any(given) and given != self._opened:
            self._opened = given
            agent, directory, title = given
            self.emit(SessionChanged(SessionChangeKind.OPENED, None, None, title, agent, directory))

    def unknown(self, kind: str, record: Record) -> None:
        """A record of a kind that this version does not know: noted once for each kind."""
        if kind not in self._unknown and len(self._unknown) < MAX_UNKNOWN:
            self._unknown.add(kind)
            carried = {"record": tidy(record, MAX_UNKNOWN_BYTES)} if self.forwards_unknown else {}
            self.diagnose("unknown_record", {"type": short(kind), **carried})

    def warn(self, sentence: str) -> None:
        """A sentence for whoever runs this; at most `MAX_WARNINGS` in all."""
        self._warned += 1
        if self._warned <= MAX_WARNINGS:
            self.warnings.append(sentence)

    # -- reading ---------------------------------------------------------------------------------

    def _take_out(self) -> list[Produced]:
        out, self._out = self._out, []
        return out

    def _take(self, line: Line) -> None:
        if line.too_long:
            self._skip(line, "it is too long")
            return
        try:
            record = _decode(line.data)
        except (msgspec.DecodeError, ValueError, RecursionError):
            # Rare, and slower: a BOM, bytes that are no UTF-8, lone surrogates, NaN; or no record.
            text = line.data.decode("utf-8", "replace").strip("\ufeff \t\r\n")
            if not text:
                return
            try:
                record = tidy(json.loads(text), MAX_LINE)
            except (ValueError, RecursionError) as error:
                self._skip(line, f"not JSON: {error}")
                return
            if not isinstance(record, dict):
                self._skip(line, "not a JSON object")
                return
        self._begun = len(self._out)
        try:
            self.on_record(record)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            # A damaged record must not end the session; what it told before it broke stays.
            self._skip(line, f"malformed: {error}")

    def _skip(self, line: Line, why: str) -> None:
        self.skipped += 1
        self.warn(f"line {line.number} is no record: {safe_line(why, 200)}")


def _is_error(payload: Payload) -> bool:
    if not isinstance(payload, TurnActivity) or payload.parent:
        return False
    return isinstance(payload.event, Error)


def _check(event: Any) -> None:
    for name in event.__struct_fields__:
        allowed = _FIELDS.get(name)
        if allowed is None:
            continue
        value = getattr(event, name)
        if not isinstance(value, allowed):
            raise TypeError(f"{name} of type {type(value).__name__}")
        if allowed[0] is list and not all(isinstance(each, str) for each in getattr(event, name)):
            raise TypeError(f"{name} with something that is no text")


# -- parts of records, whatever a damaged one holds ----------------------------------------------


def text_of(record: object, key: str) -> str:
    """The text under `key`; empty where there is none."""
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, str) else ""


def map_of(record: object, key: str) -> Record:
    """The map under `key`; empty where there is none."""
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, dict) else {}


def maps_of(record: object, key: str) -> list[Record]:
    """The maps in the list under `key`."""
    value = record.get(key) if isinstance(record, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def int_of(record: object, key: str) -> int | None:
    """The whole number under `key`."""
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time_of(text: object) -> int | None:
    """Unix milliseconds of an ISO time or of a number of milliseconds; None for anything else."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text if 0 <= text < 2**53 else None
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return milliseconds if 0 <= milliseconds < 2**53 else None
