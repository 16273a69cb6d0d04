"""The vocabulary: what can happen in a session, one class for each wire tag.

Names and tags come from lash, a Rust agent runtime (`SessionObservationEventPayload` and its turn
events); what lash does not have is marked as an addition. On the wire an event is one flat map;
`lashd.session.codec` converts between the two.
"""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, cast

import msgspec

from lashd.cursor import MAX_N, SessionCursor, SessionRevision

if TYPE_CHECKING:
    from collections.abc import Callable

TextFormat: TypeAlias = Literal["plain", "ansi"]
"""What a text is that is not Markdown: verbatim, or verbatim with colours and links. `ansi` has SGR
sequences and OSC 8 links and nothing else of a terminal's language; each line begins without."""

JsonValue: TypeAlias = Any
"""What JSON and msgpack both carry: None, bool, int (64 bits), float, str, list, dict of str."""


class SessionQueueEventKind(StrEnum):
    """What happened to queued work. `delivered`, a normal end, is an addition."""

    ENQUEUED = "enqueued"
    CANCELLED = "cancelled"
    DELIVERED = "delivered"


class SessionProcessEventKind(StrEnum):
    """What happened to a background process.

    `exited` is an addition; with a non-zero code or a signal the process failed.
    """

    STARTED = "started"
    CANCELLED = "cancelled"
    EXITED = "exited"


class SessionChangeKind(StrEnum):
    """An addition: a session is opened, or opened again, or ended."""

    OPENED = "opened"
    ENDED = "ended"


class SessionOutcome(StrEnum):
    """An addition: how a session or its last turn ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    CUT_OFF = "cut_off"


# -- turn events ---------------------------------------------------------------------------------


class TurnEvent(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    """Base of everything that can happen within a turn."""

    @property
    def tag(self) -> str:
        """The wire tag, snake_case."""
        return str(self.__struct_config__.tag)


class QueuedWorkStarted(TurnEvent, frozen=True, tag="queued_work_started"):
    """Queued work begins to be worked on."""

    batch_ids: list[str] = []


class ModelRequestStarted(TurnEvent, frozen=True, tag="model_request_started"):
    """A request to the model begins; a turn may need many."""

    protocol_iteration: int | None = None


class AssistantProseDelta(TurnEvent, frozen=True, gc=False, tag="assistant_prose_delta"):
    """More of the answer. `format`, an addition, where the text is not Markdown."""

    text: str
    format: TextFormat | None = None


class ReasoningDelta(TurnEvent, frozen=True, gc=False, tag="reasoning_delta"):
    """More of the reasoning. `format` as for prose."""

    text: str
    format: TextFormat | None = None


class ModelAttemptReset(TurnEvent, frozen=True, tag="model_attempt_reset"):
    """A retried attempt: the text of these correlation ids is withdrawn."""

    correlation_ids: list[str] = []


class CodeBlockStarted(TurnEvent, frozen=True, tag="code_block_started"):
    """The agent executes code (no Markdown fence)."""

    language: str = ""
    code: str = ""
    graph_key: str | None = None


class CodeBlockCompleted(TurnEvent, frozen=True, tag="code_block_completed"):
    """Executed code has ended."""

    language: str = ""
    output: JsonValue = None
    error: JsonValue = None
    success: bool = True
    duration_ms: float | None = None
    tool_call_ids: list[str] = []
    graph_key: str | None = None


class ToolCallStarted(TurnEvent, frozen=True, tag="tool_call_started"):
    """A tool call begins."""

    name: str
    args: JsonValue = None
    call_id: str | None = None


class ToolCallCompleted(TurnEvent, frozen=True, tag="tool_call_completed"):
    """A tool call has ended: `output["outcome"]["status"]` is success, failure or cancelled."""

    name: str = ""
    args: JsonValue = None
    output: JsonValue = None
    call_id: str | None = None
    duration_ms: float | None = None


class SubmittedValue(TurnEvent, frozen=True, tag="submitted_value"):
    """The turn's value, submitted by the agent."""

    value: JsonValue = None


class ToolValue(TurnEvent, frozen=True, tag="tool_value"):
    """A value that a tool hands to the turn."""

    tool_name: str
    value: JsonValue = None


class Usage(TurnEvent, frozen=True, tag="usage"):
    """Tokens of one request: `usage` maps counters to numbers."""

    usage: dict[str, JsonValue] = {}
    cumulative: dict[str, JsonValue] | None = None
    protocol_iteration: int | None = None
    context: JsonValue = None
    """An addition: the model's context, `{"used": tokens, "size": tokens}`; either may be missing.
    Anything else in it is ignored, and the counters count all the same."""


class ChildUsage(TurnEvent, frozen=True, tag="child_usage"):
    """Tokens that a subagent used."""

    usage: dict[str, JsonValue] = {}
    session_id: str | None = None
    source: str | None = None
    model: str | None = None


class RetryStatus(TurnEvent, frozen=True, tag="retry_status"):
    """The model request failed and is tried again in `wait_seconds`."""

    wait_seconds: float = 0.0
    attempt: int = 0
    max_attempts: int | None = None
    reason: str = ""


class Error(TurnEvent, frozen=True, tag="error"):
    """Something failed; the turn may or may not continue."""

    message: str


class RuntimeDiagnostic(TurnEvent, frozen=True, tag="runtime_diagnostic"):
    """A remark of the runtime. `kind="plan"` with `data={"items": [...]}` is the agent's plan."""

    kind: str
    data: JsonValue = None


class UserMessage(TurnEvent, frozen=True, tag="user_message"):
    """An addition: what a person said to the agent."""

    text: str


class Waiting(TurnEvent, frozen=True, tag="waiting"):
    """An addition: the agent needs a person (an approval, a question)."""

    what: str = ""


class Resumed(TurnEvent, frozen=True, tag="resumed"):
    """An addition: the agent continues after it waited."""


class UnknownTurnEvent(msgspec.Struct, frozen=True):
    """A tag that this version does not know: carried on and shown as a diagnostic."""

    tag: str
    fields: dict[str, JsonValue] = {}


KnownTurnEvent: TypeAlias = (
    QueuedWorkStarted
    | ModelRequestStarted
    | AssistantProseDelta
    | ReasoningDelta
    | ModelAttemptReset
    | CodeBlockStarted
    | CodeBlockCompleted
    | ToolCallStarted
    | ToolCallCompleted
    | SubmittedValue
    | ToolValue
    | Usage
    | ChildUsage
    | RetryStatus
    | Error
    | RuntimeDiagnostic
    | UserMessage
    | Waiting
    | Resumed
)
AnyTurnEvent: TypeAlias = KnownTurnEvent | UnknownTurnEvent

TURN_EVENTS: dict[str, type[TurnEvent]] = {
    str(kind.__struct_config__.tag): kind for kind in KnownTurnEvent.__args__
}
"""Every known turn event by its tag."""


# -- payloads ------------------------------------------------------------------------------------


class TurnActivity(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One turn event. Events with one `correlation_id` make up one entry.

    An empty `id` or a `correlation_id` of None is filled in at ingest (`SessionHost`). `parent`, an
    addition, is the id of the tool call that a subagent's work belongs under.
    """

    tag: ClassVar[str] = "turn_activity"

    id: str
    correlation_id: str | None
    event: AnyTurnEvent
    parent: str | None = None

    @classmethod
    def independent(cls, event: AnyTurnEvent) -> TurnActivity:
        """An activity with fresh ids of its own, correlated with nothing else."""
        fresh = uuid.uuid4().hex
        return cls(fresh, fresh, event)


class Committed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A turn is settled. `read_view` is a view's wire map, None where the publisher has none.

    A read view is folded and never retained, so readers before it get a gap and the snapshot.
    """

    tag: ClassVar[str] = "committed"

    read_view: dict[str, JsonValue] | None = None
    outcome: SessionOutcome | None = None
    """An addition: how the turn ended, success or failure, by `lashd.outcome`. Set where the event
    is recorded (`SessionHost`), whatever its publisher says; None where that did not happen."""


class AgentFrameSwitched(msgspec.Struct, frozen=True):
    """The agent works in another frame now."""

    tag: ClassVar[str] = "agent_frame_switched"

    frame_id: str


class QueueChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """Queued work came, went or was delivered. `batches` maps ids to {text, delivery}."""

    tag: ClassVar[str] = "queue_changed"

    kind: SessionQueueEventKind
    batch_ids: list[str]
    batches: dict[str, dict[str, JsonValue]] = {}


class ProcessChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """Background processes came or went.

    `processes`, an addition, maps ids to {label, exit_code, signal, tool_call_id, output}.
    """

    tag: ClassVar[str] = "process_changed"

    kind: SessionProcessEventKind
    process_ids: list[str]
    processes: dict[str, dict[str, JsonValue]] = {}


class SessionChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """An addition: the session is opened (with what is known of it) or ended (with how)."""

    tag: ClassVar[str] = "session_changed"

    kind: SessionChangeKind
    outcome: SessionOutcome | None = None
    exit_code: int | None = None
    title: str | None = None
    agent: str | None = None
    directory: str | None = None
    model: str | None = None

    @property
    def is_end(self) -> bool:
        """Whether the session ends here."""
        return self.kind is SessionChangeKind.ENDED


Payload: TypeAlias = (
    TurnActivity | Committed | AgentFrameSwitched | QueueChanged | ProcessChanged | SessionChanged
)

PAYLOADS: dict[str, type[Any]] = {kind.tag: kind for kind in Payload.__args__}
"""Every payload class by its tag."""


class _EventFields(msgspec.Struct, frozen=True, gc=False):
    session_id: str
    revision: SessionRevision
    cursor: SessionCursor
    payload: Payload
    at: int | None = None


_get_place = cast("Any", _EventFields.cursor).__get__


class SessionObservationEvent(_EventFields, frozen=True, gc=False):
    """One event at its place in a session.

    `at`: Unix milliseconds, for display only: from the publisher, else the daemon.
    """

    # A store places more events than anybody asks for their cursors, and a cursor costs half of an
    # append. So that field may hold a live position, from which the cursor is made when asked for.

    if not TYPE_CHECKING:

        @property
        def cursor(self) -> SessionCursor:
            """The cursor after this event."""
            place = _get_place(self)
            if isinstance(place, int):
                return SessionCursor.of_parts(self.session_id, self.revision.n, place)
            return place

    @property
    def live_position(self) -> int:
        """The position that the cursor carries."""
        place: SessionCursor | int = _get_place(self)
        return place if isinstance(place, int) else place.parse().live_position

    @property
    def n(self) -> int:
        """The event's number within the daemon's incarnation."""
        place: SessionCursor | int = _get_place(self)
        return place & MAX_N if isinstance(place, int) else place.n

    def _parts(self) -> tuple[object, ...]:
        return self.session_id, self.revision, self.cursor, self.payload, self.at

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SessionObservationEvent):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        parts = zip(self.__struct_fields__, self._parts(), strict=True)
        return f"SessionObservationEvent({', '.join(f'{name}={part!r}' for name, part in parts)})"


placed_event = cast(
    "Callable[[str, SessionRevision, int, Payload, int | None], SessionObservationEvent]",
    SessionObservationEvent,
)
"""The event at a live position; its cursor is made when it is asked for."""
