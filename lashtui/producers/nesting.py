"""Subagents' files, each read by a producer of its own; what comes of it is told below a call.

What a subagent did becomes its parent's: under the call that started it, with ids that no other's
can be. Turns, titles, plans and queues of its own are not the session's.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final, TypeGuard

import msgspec

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    CodeBlockCompleted,
    CodeBlockStarted,
    Committed,
    Error,
    ModelAttemptReset,
    ModelRequestStarted,
    Payload,
    ProcessChanged,
    QueuedWorkStarted,
    Resumed,
    RuntimeDiagnostic,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    Usage,
    UserMessage,
    Waiting,
)
from lashtui.producers.dedupe import bounded
from lashtui.producers.records import CUT_OFF, RecordProducer

if TYPE_CHECKING:
    from lashd.events import SessionOutcome
    from lashtui.producers import Produced
    from lashtui.producers.children import Child

MAX_SENT: Final = 4096
"""Messages to subagents that are remembered: their files hold them again."""
MAX_SAID: Final = 64
"""Last texts of a subagent that are remembered: its parent's file may hold them again."""

_OWN: Final = (ModelRequestStarted, QueuedWorkStarted)
_OWN_REMARKS: Final = ("plan", "forked")
_SENT: Final = ("message", "prompt", "task", "input")


class Nested:
    """One subagent with a file of its own."""

    def __init__(self, child: Child, producer: RecordProducer) -> None:
        self.child = child
        self.producer = producer
        self.parent = ""
        """What it belongs under, from its first line on."""
        self.is_introduced = False
        self.was_asked = False
        """Its prompt came."""
        self.was_stopped = False
        """Somebody stopped its newest turn."""
        self.said: dict[str, None] = {}
        self._prose: tuple[str, str] = ("", "")

    def name(self, own_id: str | None) -> str | None:
        """An id of its own, as no other's can be."""
        return f"{self.child.key}/{own_id}" if own_id else None

    def note(self, key: str, text: str) -> None:
        """It says this."""
        before = self._prose[1] if self._prose[0] == key else ""
        self._prose = (key, before + text)

    def last_said(self) -> str:
        """Its newest text."""
        return self._prose[1].strip()


class NestingProducer(RecordProducer):
    """A producer that takes the lines of its subagents' files as well."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self.nested: dict[str, Nested] = {}
        self.is_beside = False
        """Nothing but what subagents do is in the turn: they work while nobody waits for them."""
        self._sent: dict[str, None] = {}
        self._fed: dict[str, None] = {}
        """Subagents whose lines came since the last flush."""

    @abstractmethod
    def call_of(self, child: Child) -> str | None:
        """The call that started a subagent, once it was told."""

    @abstractmethod
    def end_beside(self) -> None:
        """End a turn in which nothing but subagents' work is."""

    def child_began(self, key: str) -> None:
        """A subagent with a file of its own works, for the first time or again."""

    def child_is_over(self, key: str, *, was_stopped: bool) -> None:
        """A subagent with a file of its own has ended its turn."""

    def adopt_processes(self, nested: Nested, change: ProcessChanged) -> None:
        """What runs beside a subagent's turns runs beside its parent's."""
        ids = [nested.name(each) or "" for each in change.process_ids]
        details = {}
        for each, told in change.processes.items():
            call_id = told.get("tool_call_id")
            own = {"tool_call_id": nested.name(call_id)} if isinstance(call_id, str) else {}
            details[nested.name(each) or ""] = {**told, **own}
        self.emit_payload(ProcessChanged(change.kind, ids, details))

    # -- a family's producer -----------------------------------------------------------------------

    def join(self, child: Child) -> None:
        """Lines of this subagent will come; a second time: more is known about it."""
        known = self.nested.get(child.key)
        if known is None:
            self.nested[child.key] = Nested(child, type(self)())
        else:
            known.child = child

    def expects(self, key: str) -> bool:
        """Whether the call that started this subagent has been told; then it is that one's."""
        nested = self.nested.get(key)
        return nested is not None and self.call_of(nested.child) is not None

    def feed_child(self, key: str, line: bytes) -> list[Produced]:
        """The payloads of one line of a subagent that has joined."""
        nested = self.nested.get(key)
        if nested is not None:
            self._fed[key] = None
            nested.parent = nested.parent or self.call_of(nested.child) or key
            produced = nested.producer.feed(line.rstrip(b"\n") + b"\n")
            if nested.producer.in_turn:
                self.child_began(key)
            self._adopt(nested, produced)
        return self._take_out()

    def flush(self) -> list[Produced]:
        """Nothing came for a while: what waits for more of a subagent is told."""
        fed, self._fed = self._fed, {}
        for key in fed:
            self._adopt(self.nested[key], self.nested[key].producer.flush())
        if self.is_beside and not any(each.producer.in_turn for each in self.nested.values()):
            self.end_beside()
        return self._take_out()

    def rest(self) -> list[Produced]:
        """Nothing came for long: subagents that have no call open are gone."""
        out = self.flush()
        awaits = any(each.producer.calls.open for each in self.nested.values())
        if self.is_beside and not awaits:
            self.end_beside()
        self.tell_held()
        return out + self._take_out()

    def end_nested(self, outcome: SessionOutcome) -> None:
        """Nothing more comes: what subagents left open ends."""
        for nested in self.nested.values():
            if nested.parent:
                self._adopt(nested, nested.producer.finish(outcome))
        if self.is_beside:
            self.end_beside()

    def take_warnings(self) -> list[str]:
        """Sentences about skipped lines, since the last call."""
        for nested in self.nested.values():
            for sentence in nested.producer.take_warnings():
                self.warn(f"{nested.child.label}: {sentence}")
        return super().take_warnings()

    def commit(self, *, close_calls: bool = True) -> None:
        """The turn has ended."""
        super().commit(close_calls=close_calls)
        self.is_beside = False

    def emit(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """Emit a turn event."""
        if isinstance(event, ToolCallStarted) and isinstance(event.args, dict):
            for name in _SENT:
                sent = event.args.get(name)
                if isinstance(sent, str):
                    bounded(self._sent, str(hash(sent.strip())), MAX_SENT)
        super().emit(event, correlation_id, parent)

    def nested_said(self, key: str, text: str) -> bool:
        """Whether these are the last words of a subagent, with whatever the program put around."""
        nested = self.nested.get(key)
        last = nested.last_said() if nested is not None else ""
        return bool(last) and last in text

    # -- adopting ----------------------------------------------------------------------------------

    def _adopt(self, nested: Nested, produced: list[Produced]) -> None:
        now = self.at
        for each in produced:
            self.at = each.at or self.at
            was_in_turn = self.in_turn
            self._adopt_one(nested, each.payload)
            self.is_beside = self.is_beside or (self.in_turn and not was_in_turn)
        self.at = now

    def _adopt_one(self, nested: Nested, payload: Payload) -> None:
        if isinstance(payload, ProcessChanged):
            self.adopt_processes(nested, payload)
        elif isinstance(payload, Committed):
            self.child_is_over(nested.child.key, was_stopped=nested.was_stopped)
            nested.was_stopped = False
        elif isinstance(payload, TurnActivity):
            event = self._own(nested, payload.event)
            if event is not None:
                parent = nested.name(payload.parent) or nested.parent
                key = nested.name(payload.correlation_id)
                if isinstance(event, AssistantProseDelta) and payload.parent is None:
                    nested.note(key or "", event.text)
                if _is_interruption(event) and not self.in_turn:
                    self.diagnose(event.kind, event.data, parent)
                    return  # the process was told to be stopped; that alone is no turn
                self.begin_turn()  # a remark alone doesn't
                self._introduce(nested)
                self.emit(event, key, parent)

    def _introduce(self, nested: Nested) -> None:
        """Before the first words of a subagent without a call: what it is called."""
        if nested.parent == nested.child.key and not nested.is_introduced:
            nested.is_introduced = True
            said = {"description": nested.child.label or nested.child.key}
            self.emit(RuntimeDiagnostic("subagent", said), nested.child.key)

    def _own(self, nested: Nested, event: AnyTurnEvent) -> AnyTurnEvent | None:
        """A subagent's event as its parent's; None where it means nothing there."""
        if isinstance(event, _OWN):
            return None
        if isinstance(event, Waiting):
            self.wait(event.what)
            return None
        if isinstance(event, Resumed):
            self.resume()
            return None
        if isinstance(event, UserMessage):
            is_first, nested.was_asked = not nested.was_asked, True
            is_known = is_first or str(hash(event.text.strip())) in self._sent
            return None if is_known else event
        if isinstance(event, RuntimeDiagnostic):
            nested.was_stopped = nested.was_stopped or event.kind == "interrupted"
            return None if event.kind in _OWN_REMARKS else event
        if isinstance(event, Usage):
            return ChildUsage(event.usage, source="subagent")
        if isinstance(event, Error):
            if event.message in CUT_OFF.values():
                return None  # nobody knows what became of it
            return RuntimeDiagnostic("subagent_error", {"message": event.message})
        if isinstance(event, ModelAttemptReset):
            return ModelAttemptReset([nested.name(each) or "" for each in event.correlation_ids])
        if isinstance(event, ToolCallStarted | ToolCallCompleted):
            return msgspec.structs.replace(event, call_id=nested.name(event.call_id))
        if isinstance(event, CodeBlockStarted):
            return msgspec.structs.replace(event, graph_key=nested.name(event.graph_key))
        if isinstance(event, CodeBlockCompleted):
            calls = [nested.name(each) or "" for each in event.tool_call_ids]
            own = nested.name(event.graph_key)
            return msgspec.structs.replace(event, graph_key=own, tool_call_ids=calls)
        return event


def _is_interruption(event: AnyTurnEvent) -> TypeGuard[RuntimeDiagnostic]:
    return isinstance(event, RuntimeDiagnostic) and event.kind == "interrupted"
