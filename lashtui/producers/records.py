"""The base of formats that print one JSON object per line.

It decodes lines, skips what is not a record, keeps a turn's state, and ends what the input left
open. A format says in `on_record` what each record means, with `emit`, `texts`, `calls`, `error`,
`commit`; everything emitted for one record is returned together, in order.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    Committed,
    Error,
    ModelAttemptReset,
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
from lashd.exact import exact_number, whole_number
from lashd.outcome import TurnOutcome
from lashd.publish.bounds import MAX_HELD, MAX_MESSAGE
from lashd.text import short
from lashd.view import MAX_DIRECTORY, MAX_TITLE, MAX_WAITING_FOR
from lashtui.producers import Produced
from lashtui.producers.dedupe import Calls, Texts, tidy
from lashtui.producers.fields import used_by
from lashtui.producers.lines import MAX_LINE, Line, LineSplitter
from lashtui.producers.words import readable
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from lashd.events import JsonValue
    from lashd.protocol.records import Record

MAX_WARNINGS = 20
"""Warnings about one input in all: after that many the user knows."""
MAX_UNKNOWN = 64
"""Kinds of unknown records that are reported, each once."""
MAX_REPEATED = 20
"""Times that one unknown kind is reported."""
MAX_UNKNOWN_BYTES = 4096
"""Of an unknown record that a diagnostic carries."""

UNDECIDED = ("", "default", "auto")
"""Settings that leave the choice of a model to the program."""

CUT_OFF = {
    SessionOutcome.SUCCESS: "The output ended before the turn did.",
    SessionOutcome.FAILURE: "The agent failed before the turn ended.",
    SessionOutcome.CANCELLED: "The agent was stopped before the turn ended.",
    SessionOutcome.CUT_OFF: "The agent was lost before the turn ended.",
}
"""The error of a turn within which the input ended, if the input gave none itself."""

# Events that do not begin a turn.
_REMARKS = frozenset({Usage, ChildUsage, RuntimeDiagnostic, Waiting, Resumed})

_TEXTS = frozenset({AssistantProseDelta, ReasoningDelta})
"""Events that come by the thousand; `Texts` has checked them."""
_NUMBER = (int, float, type(None))
_TEXT = (str, type(None))
_FIELDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "call_id", "message", "reason", "kind", "what", "text"), _TEXT),
    **dict.fromkeys(("title", "agent", "directory", "language", "frame_id", "source"), _TEXT),
    "model": _TEXT,
    **dict.fromkeys(("wait_seconds", "attempt", "max_attempts", "duration_ms"), _NUMBER),
    **dict.fromkeys(("batch_ids", "process_ids", "correlation_ids"), (list,)),
}
"""Types of the fields that take a value from a record unchanged."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class RecordProducer(ABC):
    """Lines to records to payloads. A subclass says what a record means."""

    ends_itself: ClassVar[bool] = True
    """The format says when a turn ends, so a clean exit within a turn doesn't end it."""
    forwards_unknown: ClassVar[bool] = True
    """Unknown records may be shown; False if they may hold private data."""
    is_text: ClassVar[bool] = False
    """Only whole records count."""
    is_readable: ClassVar[bool] = True
    """A line that is no record is a banner; the records say how a turn ended."""
    has_plain_text: ClassVar[bool] = False
    """Plain text may stand between the records: its lines are counted, not shown or warned of."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self.at: int | None = None
        """Unix milliseconds of what is emitted; a format sets it per record."""
        self.clock: int | None = None
        """Unix milliseconds of the current record, if it says; for durations only."""
        self.turns = 0
        """Turns that were committed."""
        self.in_turn = False
        """Something was emitted, or `begin_turn` called, since the last commit."""
        self.is_waiting = False
        self.texts = Texts(self.emit)
        self.calls = Calls(self.emit)
        self._lines = LineSplitter(max_line)
        self._out: list[Produced] = []
        self._warnings: list[str] = []
        self._held: list[tuple[RuntimeDiagnostic, str | None]] = []
        self._unknown: dict[str, int] = {}
        """How often each unknown kind was reported."""
        self._left_out = 0
        self._plain = 0
        """Lines of plain text between the records."""
        self._warned = 0
        self._last_error: str | None = None
        """The message of the last error, if only remarks followed it."""
        self._begun = 0
        """Where in `_out` the current record begins."""
        self._newest: int | None = None
        """When the newest event that was no remark was."""
        self._failure = ""
        """The newest error of the agent itself."""
        self.turn = TurnOutcome()
        self._opened: tuple[str | None, str | None, str | None] | None = None
        self._model: str | None = None
        self._chosen_model: str | None = None
        """The last one that a setting named; messages may name it otherwise."""
        self._context: dict[str, JsonValue] = {}
        self._told_context: dict[str, JsonValue] = {}
        """What is known of the model's context, and what of that was emitted."""

    # -- for subclasses --------------------------------------------------------------------------

    @abstractmethod
    def on_record(self, record: Record) -> None:
        """Emit what this record means. An exception on a malformed one becomes a warning."""

    def end_calls(self, *, children: bool) -> None:
        """End what is open at a turn's end (at the input's end its subagents' too): cancelled."""
        self.calls.close(children=children)

    def on_end(self, outcome: SessionOutcome) -> None:  # noqa: B027  (most need nothing)
        """The input has ended; open calls and an unfinished turn are ended after this."""

    # -- the producer's interface ----------------------------------------------------------------

    @property
    def chosen(self) -> str | None:
        """None: the format was given."""
        return None

    def take_warnings(self) -> list[str]:
        """Sentences about skipped lines, since the last call."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads of the records that `data` completes."""
        for line in self._lines.feed(data):
            self._take(line)
        return self._take_out()

    def flush(self) -> list[Produced]:
        """Nothing: a record is whole or not yet one."""
        return []

    def rest(self) -> list[Produced]:
        """Nothing came for long, or nothing more will: a turn that may have ended did, and what
        was said since the last one is told.
        """
        produced = self.flush()
        self.tell_held()
        return produced + self._take_out()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The last line, if no newline ended it; then open calls and an unfinished turn end."""
        # The format says how turns end, so an end that nobody knows more of is a clean one.
        outcome = outcome or SessionOutcome.SUCCESS
        for line in self._lines.finish():
            self._take(line)
        self._begun = len(self._out)
        self.on_end(outcome)
        if self._plain:
            self.diagnose("plain_text_left_out", {"lines": self._plain})
        # Calls of a subagent may outlive the turn, which doesn't fail because they are cut off.
        unfinished = self.in_turn
        if self.is_waiting:
            self.resume()
        with self.closing():
            self.end_calls(children=True)
        if unfinished and outcome is SessionOutcome.SUCCESS and not self.ends_itself:
            self.commit()
        elif not self.turn.is_failing and (
            unfinished or (self.turns == 0 and outcome is not SessionOutcome.SUCCESS)
        ):
            self.error(CUT_OFF[outcome])
        self.tell_held()
        if self._left_out:
            self.warn(f"{self._left_out} more records of unknown kinds not shown")
        hidden = self._warned - MAX_WARNINGS
        if hidden > 0:
            self._warnings.append(f"{hidden} more lines skipped")
        return self._take_out()

    # -- emitting --------------------------------------------------------------------------------

    def emit_payload(self, payload: Payload) -> None:
        """Emit a payload other than a turn event.

        Raises:
            TypeError: a damaged record gave it a field of the wrong type.
        """
        _check(payload)
        self._out.append(Produced(payload, self.at))

    def emit(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """Emit a turn event; it begins a turn unless it is a remark (usage, waiting, ...).

        Raises:
            TypeError: a damaged record gave it a field of the wrong type.
        """
        if type(event) not in _TEXTS:
            _check(event)
        if not isinstance(correlation_id, _TEXT) or not isinstance(parent, _TEXT):
            raise TypeError("an id that is not text")
        self.judge(event, correlation_id, parent)
        if type(event) not in _REMARKS:
            self._newest = self.at
            self._last_error = None
            if not self.in_turn:
                self.begin_turn()
        correlation_id, parent = short(correlation_id), short(parent)
        self._out.append(Produced(TurnActivity("", correlation_id, event, parent), self.at))

    def judge(self, event: AnyTurnEvent, correlation_id: str | None, parent: str | None) -> None:
        """Count an emitted event towards the turn's outcome."""
        if isinstance(event, Error) and not parent:
            self._failure = event.message
        withdrawn = event.correlation_ids if isinstance(event, ModelAttemptReset) else ()
        self.turn.take(event.tag, correlation_id or "", parent, withdrawn)

    def begin_turn(self) -> None:
        """A turn begins, with the remarks held back since the last one. No effect within a turn."""
        if self.in_turn:
            return
        self.in_turn = True
        held, self._held = self._held, []
        for event, parent in held:
            self.emit(event, None, parent)
        self._tell_context()

    def commit(self, *, close_calls: bool = True) -> None:
        """The turn has ended: the agent's own open calls end as cancelled, then it settles.

        It failed if an error came last. `close_calls` False: another turn continues, and its
        calls with it.
        """
        if close_calls:
            with self.closing():
                self.end_calls(children=False)
        if self.in_turn:
            self._tell_context()
        self.emit_payload(Committed())
        self.turn.close()
        self.turns += 1
        self.in_turn = self.is_waiting = False
        self._last_error = None

    @contextmanager
    def as_of(self, at: int | None) -> Iterator[None]:
        """Within it, what is emitted was at Unix milliseconds `at`."""
        now, self.at = self.at, at
        try:
            yield
        finally:
            self.at = now

    def as_of_the_newest(self) -> AbstractContextManager[None]:
        """Within it, a turn ends that the current record only shows to be over, such as the next
        prompt: it ended with the last that came of it.
        """
        is_known = self.at is not None and self._newest is not None
        return self.as_of(self._newest if is_known else self.at)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Within it, ends of open calls are emitted that are this program's, not the agent's: an
        error that fails the turn, or failed the last one if none is running, stays after them.
        """
        failing, start = self._is_failing, len(self._out)
        yield
        if not failing or self.turn.failed:
            return
        closings = self._out[start:]
        del self._out[start:]
        for index in range(start - 1, self._begun - 1, -1):
            if _is_error(self._out[index].payload):
                self._out[index:index] = closings
                self.turn.take("error", "")
                return
        # It came with an earlier record, and may be published already: emit it again.
        self._out += closings
        self.emit(Error(self._failure))

    @property
    def _is_failing(self) -> bool:
        return self.turn.is_failing if self.in_turn else self.turn.failed

    def error(self, message: str, parent: str | None = None) -> None:
        """Something failed. The same message twice in a row is emitted once."""
        message = short(message, MAX_MESSAGE) or "The agent failed and did not say why."
        if message == self._last_error:
            return
        self.emit(Error(message), None, parent)
        self._last_error = message

    def user(self, text: str, parent: str | None = None) -> None:
        """A person said something."""
        if text.strip():
            self.emit(UserMessage(short(text, MAX_MESSAGE) or ""), None, parent)

    def diagnose(self, kind: str, data: JsonValue = None, parent: str | None = None) -> None:
        """A remark. Between turns it is kept for the next one, since it would seem to begin it."""
        event = RuntimeDiagnostic(kind, tidy(data))
        if self.in_turn:
            self.emit(event, None, parent)
        elif len(self._held) < MAX_HELD:
            self._held.append((event, parent))

    def tell_held(self) -> None:
        """Nothing more comes for now: tell the remarks since the last turn in one of their own,
        whose outcome would be the newest; so not after a turn that failed.
        """
        is_own = any(parent is None for _, parent in self._held)
        if is_own and self.turns and not self.in_turn and not self.turn.failed:
            self.begin_turn()
            self.commit()

    def plan(self, items: list[tuple[str, str]]) -> None:
        """The agent's plan as (text, status) pairs: pending, in_progress, completed."""
        entries = [{"text": text, "status": status} for text, status in items]
        self.diagnose("plan", {"items": entries})

    def usage(self, counters: Mapping[str, int | float]) -> None:
        """Tokens (and `cost_usd`) of one request or turn; zeros alone are left out. What was noted
        of the context goes with them.
        """
        if any(counters.values()):
            self.emit(Usage(dict(counters), context=self._take_context()))

    def request(self, counters: Mapping[str, int | float]) -> None:
        """Usage of one request to the session's own model: its context holds that, and the answer.
        Counters of several requests tell nothing of the context.
        """
        self.note_context(used_by(counters))
        self.usage(counters)

    def note_context(self, used: object = None, size: object = None) -> None:
        """How much of the model's context is used, and its size, as far as a record tells. Emitted
        with the next usage, and with the turn's end at the latest; never alone between turns, when
        it would seem to begin one.
        """
        told = {"used": whole_number(used), "size": whole_number(size)}
        # Agents write 0 where they don't know.
        self._context |= {key: number for key, number in told.items() if number}

    def context(self, used: object = None, size: object = None) -> None:
        """As `note_context`, and emitted now if the turn runs."""
        self.note_context(used, size)
        if self.in_turn:
            self._tell_context()

    def _tell_context(self) -> None:
        context = self._take_context()
        if context is not None:
            self.emit(Usage(context=context))

    def _take_context(self) -> dict[str, JsonValue] | None:
        """What is known of the context; None if it is no news."""
        if self._context == self._told_context:
            return None
        self._told_context = dict(self._context)
        return dict(self._context)

    def uses(self, model: str, *, is_setting: bool = False) -> None:
        """The model that a message names, or a setting; emitted if it is another one.

        A setting may name it otherwise than messages do (`opus`), and is repeated: it is news only
        when it changes.
        """
        self.opened(model=model, is_setting=is_setting)

    def is_in_use(self, model: str) -> bool:
        """Whether it is the session's model, by either of its names."""
        known = self._model or ""
        return bool(model) and model.partition("[")[0] == known.partition("[")[0]

    def _news_of(self, model: str, *, is_setting: bool) -> str | None:
        name = short(model.strip())
        if is_setting:
            if name == self._chosen_model or name in UNDECIDED:
                return None
            self._chosen_model = name
        known = self._model or ""
        # `opus[1m]` is a variant of `opus`, which messages don't tell apart.
        if not name or name == known or (not is_setting and name == known.partition("[")[0]):
            return None
        if known:
            # The view forgets it as well: another model's context has another size.
            self._context.pop("size", None)
            self._told_context.pop("size", None)
        self._model = name
        return name

    def wait(self, what: str) -> None:
        """The agent needs a person."""
        self.begin_turn()
        self.is_waiting = True
        self.emit(Waiting(short(what, MAX_WAITING_FOR) or ""))

    def resume(self) -> None:
        """The agent continues, if it was waiting."""
        if self.is_waiting:
            self.is_waiting = False
            self.emit(Resumed())

    def heard(self, waits_for: str | None, at: int | None) -> list[Produced]:
        """The agent said elsewhere than in its records what it waits for; None: for nothing."""
        with self.as_of(at):
            if waits_for is None:
                self.resume()
            else:
                self.wait(waits_for)
        return self._take_out()

    def hooked(self, call: Record, at: int | None) -> list[Produced]:
        """What the agent told a hook at Unix milliseconds `at`; most formats need none of it."""
        return []

    def opened(
        self,
        agent: str | None = None,
        directory: str | None = None,
        title: str | None = None,
        model: str = "",
        *,
        is_setting: bool = True,
    ) -> None:
        """What is known about the session; emitted only if it is new. The model as for `uses`."""
        used = self._news_of(model, is_setting=is_setting)
        known = (short(agent), short(directory, MAX_DIRECTORY), short(title, MAX_TITLE))
        given = (known[0] or None, known[1] or None, known[2] or None)
        if any(given) and given != self._opened:
            self._opened = given
        elif used is None:
            return
        agent, directory, title = given
        self.emit_payload(
            SessionChanged(SessionChangeKind.OPENED, None, None, title, agent, directory, used)
        )

    def unknown(self, kind: str, record: Record) -> None:
        """A record of a kind that this version doesn't know: its words, for a person to read.

        One without words is reported once per kind.
        """
        words = readable(record) if self.forwards_unknown else ""
        seen = self._unknown.get(kind, 0)
        if (seen and not words) or seen >= MAX_REPEATED or len(self._unknown) >= MAX_UNKNOWN:
            self._left_out += bool(words)
            return
        self._unknown[kind] = seen + 1
        shown: dict[str, JsonValue] = {"text": f"{short(kind)}: {words}"} if words else {}
        if self.forwards_unknown and not seen:
            shown["record"] = tidy(record, MAX_UNKNOWN_BYTES)
        self.diagnose("unknown_record", {"type": short(kind), **shown})

    def warn(self, sentence: str) -> None:
        """A sentence for the user; at most `MAX_WARNINGS` in all."""
        self._warned += 1
        if self._warned <= MAX_WARNINGS:
            self._warnings.append(sentence)

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
            # Rare, and slower: a BOM, invalid UTF-8, lone surrogates, NaN; or not a record at all.
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
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            # A damaged record must not end the session; what it emitted before the error stays.
            self._skip(line, f"malformed: {error}")

    def _skip(self, line: Line, why: str) -> None:
        if self.has_plain_text and not line.data.lstrip().startswith(b"{"):
            self._plain += 1
            return
        self.warn(f"line {line.number} skipped: {safe_line(why, 200)}")


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
        if allowed is _NUMBER and value is not None and exact_number(value) is None:
            raise ValueError(f"{name} is no number that can be shown")
        if allowed[0] is list and not all(isinstance(each, str) for each in getattr(event, name)):
            raise TypeError(f"{name} with something other than text")
