"""The read view: a session's whole visible state as plain data. `lashd.session.fold` makes it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from lashd.cursor import MAX_INCARNATION, MAX_U64
from lashd.errors import InvalidEvent
from lashd.exact import MAX_EXACT
from lashd.outcome import MAX_PENDING, TurnRule
from lashd.session.counters import counters
from lashd.session.events import JsonValue, SessionOutcome, TextFormat
from lashd.short import short
from lashd.wire_limits import MAX_VIEW_BYTES, MAX_VIEW_ENTRIES

EntryKind = Literal[
    "user",
    "prose",
    "reasoning",
    "tool",
    "code",
    "value",
    "error",
    "retry",
    "diagnostic",
    "commit",
    "frame",
]
ToolState = Literal["running", "success", "failure", "cancelled"]
ProcessState = Literal["running", "exited", "failed", "cancelled"]
SessionState = Literal["idle", "running", "waiting", "ended"]

MAX_WHOLE = MAX_EXACT - 1
"""What counts, positions and times stop at: JSON readers hold it exactly, and none gets there."""
Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_WHOLE)]
"""A count, a position, or a time in Unix milliseconds."""
ExitCode: TypeAlias = Annotated[int, msgspec.Meta(ge=-MAX_WHOLE, le=MAX_WHOLE)]
"""Systems have 8 to 32 bits of it, some with a sign; more than any of them has."""
USAGE_PARTS = ("total", "child", "last", "context")
"""The maps of a view's usage."""


class Entry(msgspec.Struct, omit_defaults=True):
    """One entry of the transcript. Owned by the fold; changes in place: copy it to keep it.

    Times are Unix milliseconds, None where they are unknown.
    """

    kind: EntryKind
    id: str
    """Unique within the view: the correlation id, with a suffix where that is taken already."""
    position: Whole
    """n of the entry's first event."""
    started_at: Whole | None = None
    ended_at: Whole | None = None
    """None while text may still be appended."""
    settled: bool = False
    """True once a commit or the session's end has come after it."""
    parent: str | None = None
    """Id of the tool call it belongs under."""
    correlation_id: str | None = None
    """Only where it is not `id`."""
    text: str | None = None
    """user, prose, reasoning, error, retry (the reason), code (the source), diagnostic (a line; of
    one named `waiting` what a person is asked, until it ends)."""
    format: TextFormat | None = None
    """plain: not Markdown, shown verbatim. ansi: the same with colours and links."""
    cut_chars: Whole = 0
    """Characters dropped from the head of `text` for the bound."""
    name: str | None = None
    """A tool's name; a diagnostic's kind; a value's tool; a code block's language."""
    args: JsonValue = None
    state: ToolState | None = None
    """Of a tool or code block; of a commit how its turn ended, success or failure."""
    output: JsonValue = None
    """A tool's or code block's output; a value; a diagnostic's data; retry and commit details."""
    duration_ms: float | None = None


class QueueItem(msgspec.Struct, omit_defaults=True):
    """Work that waits for the agent."""

    batch_id: str
    text: str | None = None
    delivery: str | None = None
    enqueued_at: Whole | None = None


class Process(msgspec.Struct, omit_defaults=True):
    """A background process of the agent."""

    process_id: str
    label: str | None = None
    state: ProcessState = "running"
    exit_code: ExitCode | None = None
    signal: str | None = None
    tool_call_id: str | None = None
    output: str | None = None
    """The end of what it printed, told when it ends."""
    started_at: Whole | None = None
    ended_at: Whole | None = None


class Turn(TurnRule, msgspec.Struct, omit_defaults=True):
    """What the outcome of the running turn, or else of the last one, depends on."""

    error: bool = False
    pending: list[str] = []
    closed: bool = False

    def __post_init__(self) -> None:
        """Apply the rule's own bound, whoever gives the texts."""
        self.pending = [short(key) or "" for key in self.pending]
        if len(self.pending) > MAX_PENDING:
            self.error, self.pending = False, []

    @property
    def outcome(self) -> SessionOutcome:
        """The outcome of the running turn if it is committed here."""
        return SessionOutcome.FAILURE if self.is_failing else SessionOutcome.SUCCESS


class ReadView(msgspec.Struct, omit_defaults=False):
    """A session's state at one position. Equal event histories fold to equal views."""

    session_id: str
    incarnation: Annotated[int, msgspec.Meta(ge=0, le=MAX_INCARNATION)] = 0
    revision: Annotated[int, msgspec.Meta(ge=0)] = 0
    """A u64, as in the cursor."""
    turn_index: Whole = 0
    """Commits so far."""
    state: SessionState = "idle"
    waiting_for: str | None = None
    """What the agent needs of a person, while `state` is waiting."""
    outcome: SessionOutcome | None = None
    """How the session ended; for a live session how its last turn failed, if it did."""
    exit_code: ExitCode | None = None
    turn: Turn = msgspec.field(default_factory=Turn)
    complete: bool = True
    """False where this view can't hold the session from its start."""
    title: str | None = None
    agent: str | None = None
    directory: str | None = None
    model: str | None = None
    """The model that the agent uses now."""
    frame_id: str | None = None
    entries: list[Entry] = []
    queue: list[QueueItem] = []
    processes: list[Process] = []
    plan: list[JsonValue] | None = None
    usage: dict[str, dict[str, JsonValue]] = {}
    """`total` and `child`: counters summed; `last`: the newest request's; `context`: how much of
    the model's context is `used` now, and its `size`, where they are known."""
    started_at: Whole | None = None
    """When the running turn, or else the last one, began."""
    updated_at: Whole | None = None
    dropped_entries: Whole = 0
    """Older entries dropped for the bounds below."""
    max_entries: Whole = MAX_VIEW_ENTRIES
    max_bytes: Whole = MAX_VIEW_BYTES

    def __post_init__(self) -> None:
        """Check what the fields' types can't say, and leave out counters that are no numbers.

        Raises:
            ValueError: the revision is no u64.
        """
        if self.revision > MAX_U64:
            raise ValueError(f"revision {self.revision} is not a u64")
        if self.usage:
            given = self.usage.items()
            self.usage = {name: dict(counters(part)) for name, part in given if name in USAGE_PARTS}

    def copy(self) -> ReadView:
        """An independent copy."""
        return decode_view(encode_view(self))

    def to_wire(self) -> dict[str, JsonValue]:
        """The `read_view` map of the contract."""
        wire: dict[str, JsonValue] = msgspec.to_builtins(self)
        return wire


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ReadView)


def encode_view(view: ReadView) -> bytes:
    """One msgpack map."""
    return _encoder.encode(view)


def decode_view(data: bytes | bytearray | memoryview) -> ReadView:
    """The view of one msgpack map.

    Raises:
        InvalidEvent: it is no view.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(f"not a read view: {error}") from None


def view_from_wire(wire: JsonValue | ReadView) -> ReadView:
    """The view of a `read_view` map; a view is itself.

    Raises:
        InvalidEvent: it is no view.
    """
    if isinstance(wire, ReadView):
        return wire
    try:
        return msgspec.convert(wire, ReadView)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidEvent(f"not a read view: {error}") from None
