"""`lash`: records of the lash project: session events and turn activities, bare or as its services
stream them (`observation`, `replay_cursor`, `replay_gap`, `message`, `error`, `done`).

Events pass through as they are, with their revision. Only what the input itself leaves open is
added at its end. Cursors are the sender's own and mean nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.errors import InvalidEvent
from lashd.events import (
    AssistantProseDelta,
    Committed,
    Error,
    Payload,
    RuntimeDiagnostic,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
    clean,
    payload_from_wire,
)
from lashd.exact import MAX_EXACT
from lashd.publish.bounds import MAX_CALLS
from lashtui.producers import Produced
from lashtui.producers.dedupe import cancelled, tidy
from lashtui.producers.fields import int_of, map_of, text_of, time_of
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record

PROTOCOL_VERSION: Final = 5
"""The version that these records are written to; others are read as far as they are like it."""

_INNER: Final = ("event", "payload", "body", "data")
"""Where an envelope keeps what it carries."""


class LashProducer(RecordProducer):
    """Records to the payloads that they are."""

    def __init__(self) -> None:
        super().__init__()
        self._spoke = False
        """Whether the agent has said anything since its last message."""
        self._running: dict[str, TurnActivity] = {}
        self._told_version = False
        self._wrappers: dict[str, Callable[[Record], None]] = {
            "observation": self._observation,
            "replay_gap": self._replay_gap,
            "message": self._message,
            "replay_cursor": lambda record: None,
            "done": lambda record: None,
        }

    def on_record(self, record: Record) -> None:
        """One line."""
        handle = self._wrappers.get(text_of(record, "type"))
        if handle is not None:
            handle(record)
        elif "type" not in record and any(map_of(record, key) for key in _INNER):
            self._event(record)
        else:
            self._pass_on(record)

    def end_calls(self, *, children: bool) -> None:
        """At the end of the input only, as turns are ended by their own records."""
        for key, started in self._running.items():
            event = started.event
            assert isinstance(event, ToolCallStarted)
            ended = ToolCallCompleted(event.name, None, cancelled(), event.call_id)
            self.emit(ended, started.correlation_id or key, started.parent)
        self._running.clear()

    # -- wrappers --------------------------------------------------------------------------------

    def _observation(self, record: Record) -> None:
        if map_of(record, "event"):
            self._event(map_of(record, "event"))

    def _event(self, record: Record) -> None:
        """An event, or the envelope of one."""
        for _ in _INNER:
            if "type" in record:
                break
            record = next((map_of(record, key) for key in _INNER if map_of(record, key)), {})
        self._pass_on(record)

    def _replay_gap(self, record: Record) -> None:
        gap = map_of(record, "gap")
        # The observation beside it has no content: what was missed stays missing.
        known = {key: gap[key] for key in ("reason", "latest_revision") if key in gap}
        self.emit(RuntimeDiagnostic("events_dropped", tidy({"lost": True, **known})))

    def _message(self, record: Record) -> None:
        message = map_of(record, "message")
        role, text = text_of(message, "role"), text_of(message, "text")
        text = text or text_of(message, "content")
        if role == "user":
            self.user(text)
        elif role == "assistant" and text and not self._spoke:
            # The only copy: this service did not stream deltas.
            self.emit(AssistantProseDelta(text), text_of(message, "id") or None)
        self._spoke = False

    # -- events ----------------------------------------------------------------------------------

    def _pass_on(self, record: Record) -> None:
        self._check_version(record)
        try:
            payload = clean(payload_from_wire(record))
        except InvalidEvent as error:
            raise ValueError(str(error)) from None
        self.at = time_of(record.get("at"))
        revision = int_of(record, "revision")
        if revision is not None and not 0 <= revision < MAX_EXACT:
            revision = None
        self._note(payload)
        self._out.append(Produced(payload, self.at, revision))

    def _note(self, payload: Payload) -> None:
        """What the input's end must know."""
        if isinstance(payload, Committed):
            self.turns += 1
            self.in_turn, self._spoke = False, False
            self._last_error = None
            self.turn.close()
        if not isinstance(payload, TurnActivity):
            return
        event = payload.event
        self.begin_turn()
        self.judge(event, payload.correlation_id, payload.parent)
        self._last_error = event.message if isinstance(event, Error) else None
        if isinstance(event, AssistantProseDelta):
            self._spoke = True
        elif isinstance(event, UserMessage):
            self._spoke = False
        elif isinstance(event, ToolCallStarted):
            self._running[_key(payload)] = payload
            if len(self._running) > MAX_CALLS:
                del self._running[next(iter(self._running))]
        elif isinstance(event, ToolCallCompleted):
            self._running.pop(_key(payload), None)

    def _check_version(self, record: Record) -> None:
        version = record.get("protocol_version")
        if version not in (None, PROTOCOL_VERSION) and not self._told_version:
            self._told_version = True
            self.warn(f"these are records of lash's protocol {version}, not {PROTOCOL_VERSION}")


def _key(activity: TurnActivity) -> str:
    call_id = getattr(activity.event, "call_id", None)
    return call_id or activity.correlation_id or activity.id
