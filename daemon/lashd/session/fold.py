"""The fold: how events make a view. A function of the view and the event alone.

`fold(view at c, events after c) == view now` for every c, the bounds included: the view carries
them, and they apply after each event. Everything the fold must know of the past is in the view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from lashd.errors import InvalidEvent
from lashd.gist import QUESTION
from lashd.session.arrivals import TEXTS, TurnArrival
from lashd.session.clip import clip, pack, size_of_text
from lashd.session.entries import Entries, ViewChanges, short_key
from lashd.session.events import (
    TURN_EVENTS,
    AgentFrameSwitched,
    AnyTurnEvent,
    AssistantProseDelta,
    ChildUsage,
    CodeBlockCompleted,
    CodeBlockStarted,
    Committed,
    Error,
    JsonValue,
    ModelAttemptReset,
    Payload,
    ProcessChanged,
    QueueChanged,
    ReasoningDelta,
    Resumed,
    RetryStatus,
    RuntimeDiagnostic,
    SessionChanged,
    SessionChangeKind,
    SessionObservationEvent,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    ToolValue,
    TurnActivity,
    UnknownTurnEvent,
    Usage,
    UserMessage,
    Waiting,
)
from lashd.session.facts import (
    MAX_DIRECTORY,
    MAX_PLAN_BYTES,
    MAX_TITLE,
    Keep,
    add_usage,
    bound_facts,
    change_processes,
    change_queue,
    end_processes,
    exit_code_of,
    facts_memory,
    question_of,
    set_context,
    set_model,
    set_plan,
)
from lashd.session.landmarks import Landmarks, end_question
from lashd.session.repair import key_of
from lashd.session.view import MAX_WHOLE, Entry, EntryKind, ReadView, ToolState, view_from_wire
from lashd.short import short

_UNPACKED = ("retry", "commit")
"""Entries whose output is the fold's own, and small: it looks into that of retries."""
_TEXT_EVENTS = (AssistantProseDelta, ReasoningDelta)
_TAGS: dict[type, str] = {kind: tag for tag, kind in TURN_EVENTS.items()}

MAX_ARGS_BYTES = 64 * 1024
"""Arguments are read at a glance; an edit's new text still fits."""
MAX_OUTPUT_BYTES = 256 * 1024
"""One tool's output must not push the prose out of a 4 MiB view."""
MAX_PLAIN_ENTRY = 64 * 1024
"""Characters after which a command's output continues in a new entry, as each delta copies it."""


INDEX_BYTES = 256
"""What an entry takes in memory beyond what it counts: its object, and its place in the indexes."""


def fold(view: ReadView, *events: SessionObservationEvent) -> ReadView:
    """The view after `events`; `view` itself does not change."""
    folding = Fold(view.copy())
    for event in events:
        folding.apply(event)
    return folding.view


def pack_entry(entry: Entry) -> None:
    """Keep what an entry holds encoded, and within its bounds; see `Fold`."""
    entry.args = pack(entry.args, MAX_ARGS_BYTES)
    if entry.kind not in _UNPACKED:
        entry.output = pack(entry.output, MAX_OUTPUT_BYTES)


class Fold:
    """A view and what is needed to fold further events into it, in place."""

    def __init__(self, view: ReadView, *, track: bool = False, packed: bool = False) -> None:
        """Fold into `view`.

        With `track`, changes are collected until `take_changes` is called. With `packed`, args,
        outputs and the plan are kept encoded (`msgspec.Raw`): they take the memory that they count,
        and the view is the same once it is encoded.
        """
        self.view = view
        self._track = track
        self._packed = packed
        self._keep: Keep = pack if packed else clip
        self._facts_memory: int | None = None
        self._indexed: Entries | None = None

    @property
    def _entries(self) -> Entries:
        """The view's entries, indexed when first needed: just looking at a view costs nothing."""
        if self._indexed is None:
            bound_facts(self.view)
            self._indexed = self._index(ViewChanges() if self._track else None)
        return self._indexed

    def _index(self, changes: ViewChanges | None) -> Entries:
        if self._packed:
            self._facts_memory = None
            self.view.plan = pack(self.view.plan, MAX_PLAN_BYTES)
            for entry in self.view.entries:
                pack_entry(entry)
        return Entries(self.view, changes)

    @property
    def memory(self) -> int:
        """Bytes that the view takes, if it is packed."""
        entries = self._entries
        if self._facts_memory is None:
            self._facts_memory = facts_memory(self.view)
        indexes = len(self.view.entries) * INDEX_BYTES
        return entries.size + entries.wide + indexes + self._facts_memory

    @property
    def size(self) -> int:
        """Bytes that the view's entries count."""
        return self._entries.size

    @property
    def landmarks(self) -> Landmarks:
        """What a row asks of the view's entries."""
        return self._entries.landmarks

    def take_changes(self) -> ViewChanges:
        """What happened to the entries since the last call; empty without `track`."""
        entries = self._indexed
        if entries is None or entries.changes is None:
            return ViewChanges()
        changes, entries.changes = entries.changes, ViewChanges()
        return changes

    def enforce_bounds(self) -> None:
        """Apply the bounds that the view carries, as happens after each event."""
        self._entries.enforce_bounds()

    # -- at ingest -------------------------------------------------------------------------------

    def resolve(self, payload: Payload, fresh_id: str) -> Payload:
        """`payload` with the ids that its publisher left out, as the next event of this view.

        A delta joins the open entry of its kind and parent; a completion joins the oldest running
        call of its name; anything else becomes an entry of its own.
        """
        if not isinstance(payload, TurnActivity) or (payload.id and payload.correlation_id):
            return payload
        own_id = payload.id or fresh_id
        correlation = payload.correlation_id or self._join(payload) or own_id
        return TurnActivity(own_id, correlation, payload.event, payload.parent)

    def _join(self, activity: TurnActivity) -> str | None:
        event = activity.event
        if isinstance(event, _TEXT_EVENTS):
            entry = self._entries.open
            return (
                key_of(entry)
                if entry is not None and _fits(entry, event, activity.parent)
                else None
            )
        if isinstance(event, ToolCallStarted | ToolCallCompleted) and event.call_id:
            return event.call_id
        if isinstance(event, CodeBlockStarted | CodeBlockCompleted) and event.graph_key:
            return event.graph_key
        if isinstance(event, ToolCallCompleted | CodeBlockCompleted):
            parent = short(activity.parent)
            if isinstance(event, ToolCallCompleted):
                return self._entries.oldest_running("tool", parent, short(event.name))
            return self._entries.oldest_running("code", parent, None)
        return None

    # -- applying --------------------------------------------------------------------------------

    def apply(self, event: SessionObservationEvent) -> None:
        """Fold one event into the view."""
        view, payload, n, at = self.view, event.payload, event.n, event.at
        if type(at) is not int or not 0 <= at <= MAX_WHOLE:
            at = None
        view.revision = event.revision.n
        if at is not None:
            view.updated_at = at
        if isinstance(payload, TurnActivity):
            self._apply_turn(payload, n, at)
        elif isinstance(payload, Committed):
            self._commit(n, at)
        elif isinstance(payload, QueueChanged):
            change_queue(view, payload, at)
            self._facts_memory = None
        elif isinstance(payload, ProcessChanged):
            change_processes(view, payload, at)
            self._facts_memory = None
        elif isinstance(payload, AgentFrameSwitched):
            view.frame_id = short(payload.frame_id)
            self._entries.add(Entry("frame", f"frame-{n}", n, at, at, name=view.frame_id))
        else:
            self._change_session(payload, at)
        self._entries.enforce_bounds()

    def apply_turns(self, turns: Sequence[TurnArrival], n: int) -> None:
        """Fold turn events that follow each other, the first of them event `n`, at the view's
        revision: as `apply` of each in turn, at the cost of one for all text of one entry."""
        view, index = self.view, 0
        flats: list[Any] = [turn.activity for turn in turns]
        while index < len(turns):
            turn = turns[index]
            if turn.at is not None:
                view.updated_at = turn.at
            self._apply_turn(turn.payload, n + index, turn.at)
            self._entries.enforce_bounds()
            index += 1
            if type(turn.activity) in TEXTS:
                index = self._write_more(turns, flats, index)

    def _write_more(self, turns: Sequence[TurnArrival], flats: list[Any], index: int) -> int:
        """Fold the text from `index` on that belongs to the entry of the event before it.

        Returns where the next other event is, or `index` where text has to go one by one: verbatim
        text, which is cut into entries, and what takes the view to its bounds.
        """
        first, stop = flats[index - 1], index
        kind, key, parent = type(first), first.correlation_id, first.parent
        texts = []
        while stop < len(flats):
            more = flats[stop]
            if more.correlation_id != key or type(more) is not kind or more.parent != parent:
                break
            if more.format is not None:
                break
            texts.append(more.text)
            stop += 1
        if not texts or not self.write_more("".join(texts), turns[stop - 1].at):
            return index
        return stop

    def write_more(self, text: str, at: int | None) -> bool:
        """More text for the entry that the event before has written to, as `apply` of each of the
        deltas that it is made of. At `at` came the last of them.

        False where they have to go one by one: verbatim text, and what takes the view to its
        bounds.
        """
        entry = self._entries.open
        if entry is None or entry.format is not None or (at is not None and at > MAX_WHOLE):
            return False
        if self._entries.size + size_of_text(text) > self.view.max_bytes:
            return False
        self._entries.write(entry, text, at)
        self.view.updated_at = at
        return True

    def _apply_turn(self, activity: TurnActivity, n: int, at: int | None) -> None:
        view = self.view
        if view.state in ("idle", "ended"):
            view.state, view.started_at = "running", at
            view.outcome = view.exit_code = None
        self._apply_activity(activity, activity.event, n, at)

    def settle_with(self, read_view: dict[str, JsonValue], n: int) -> bool:
        """Put the read view of the commit at `n` in the place of all entries, settled.

        False where it is no view: one of another dialect, whose commit stands all the same.
        """
        try:
            given = view_from_wire(read_view)
        except InvalidEvent:
            return False
        for entry in given.entries:
            entry.settled = True
            if entry.state == "running":
                entry.state = "cancelled"
            end_question(entry, None)
        self._replace(given, n)
        return True

    def _replace(self, given: ReadView, n: int) -> None:
        """Put what `given` holds in the place of all entries.

        Positions become `n`: the publisher's own numbering means nothing here.
        """
        view, changes = self.view, self._entries.changes
        view.entries = given.entries
        for entry in view.entries:
            entry.position = n
        view.complete, view.dropped_entries = given.complete, given.dropped_entries
        view.usage = given.usage or view.usage
        view.title = given.title or view.title
        view.agent = given.agent or view.agent
        view.directory = given.directory or view.directory
        view.model = given.model or view.model
        bound_facts(view)
        self._indexed = self._index(changes)
        self._entries.enforce_bounds()
        if changes is not None:
            self._entries.changes = ViewChanges(reset=True)

    def _apply_activity(
        self, activity: TurnActivity, event: AnyTurnEvent, n: int, at: int | None
    ) -> None:
        key = short_key(activity.correlation_id) or short_key(activity.id) or f"e{n}"
        place, kind, turn = _Place(key, n, at, short(activity.parent)), type(event), self.view.turn
        if isinstance(event, _TEXT_EVENTS):
            key = self._write(activity, event, place)
        elif (handler := self._HANDLERS.get(kind)) is not None:
            handler(self, event, place)
        if (turn.minds_words or kind is Error) and not isinstance(event, UnknownTurnEvent):
            withdrawn = event.correlation_ids if isinstance(event, ModelAttemptReset) else ()
            turn.take(_TAGS[kind], key, place.parent, withdrawn)

    def _start_code(self, event: CodeBlockStarted, place: _Place) -> None:
        entry = place.call("code", event.graph_key)
        entry.text, entry.name = event.code, short_key(event.language)
        self._entries.add(entry, running=True)

    def _add_message(self, event: UserMessage, place: _Place) -> None:
        self._entries.add(place.moment("user", text=event.text))

    def _add_error(self, event: Error, place: _Place) -> None:
        self._entries.add(place.moment("error", text=event.message))

    def _add_retry(self, event: RetryStatus, place: _Place) -> None:
        details = {"wait_seconds": event.wait_seconds, "attempt": event.attempt}
        kept = {**details, "max_attempts": event.max_attempts}
        self._entries.add(place.moment("retry", text=event.reason, kept=kept))

    def _add_value(self, event: SubmittedValue | ToolValue, place: _Place) -> None:
        name = event.tool_name if isinstance(event, ToolValue) else None
        self._entries.add(place.moment("value", name, kept=self._output(event.value)))

    def _add_unknown(self, event: UnknownTurnEvent, place: _Place) -> None:
        kept = self._output(event.fields)
        self._entries.add(place.moment("diagnostic", event.tag, kept=kept))

    def _withdraw(self, event: ModelAttemptReset, _: _Place) -> None:
        self._entries.withdraw({short(text) or "" for text in event.correlation_ids})

    def _add_usage(self, event: Usage | ChildUsage, place: _Place) -> None:
        add_usage(self.view, event)
        if isinstance(event, Usage) and place.parent is None:
            set_context(self.view, event.context)

    def _wait(self, event: Waiting, place: _Place) -> None:
        view, text = self.view, question_of(event.what)
        asked = self._entries.landmarks.question
        if view.state != "waiting" or asked is None or asked.text != text:
            self._entries.end_question(place.at)
            question = Entry("diagnostic", place.key, place.n, place.at, parent=place.parent)
            question.name, question.text, question.format = QUESTION, text, "plain"
            self._entries.add(question)
        view.state, view.waiting_for = "waiting", text

    def _resume(self, _: Resumed, place: _Place) -> None:
        self._entries.end_question(place.at)
        self.view.state, self.view.waiting_for = "running", None

    def _diagnose(self, event: RuntimeDiagnostic, place: _Place) -> None:
        if event.kind == "plan":
            set_plan(self.view, event.data, self._keep)
            self._facts_memory = None
            return
        if (
            event.kind == "events_dropped"
            and isinstance(event.data, dict)
            and event.data.get("lost")
        ):
            self.view.complete = False
        self._entries.add(place.moment("diagnostic", event.kind, kept=self._output(event.data)))

    def _write(
        self, activity: TurnActivity, event: AssistantProseDelta | ReasoningDelta, place: _Place
    ) -> str:
        """Add text to its entry, an existing or a new one; the entry's key."""
        kind: EntryKind = "prose" if isinstance(event, AssistantProseDelta) else "reasoning"
        named = short_key(activity.correlation_id) or self._join(activity)
        entry = self._entries.find(kind, named) if named else None
        key = named or place.key
        if entry is not None and entry.format == event.format and not _is_full(entry):
            self._entries.write(entry, event.text, place.at)
            return key
        entry = Entry(kind, key, place.n, place.at, parent=place.parent, text=event.text)
        entry.format = event.format
        self._entries.add(entry)
        self._entries.open_entry(entry, place.at)
        return key

    def _output(self, value: JsonValue) -> JsonValue:
        return self._keep(value, MAX_OUTPUT_BYTES)

    def _start_tool(self, event: ToolCallStarted, place: _Place) -> None:
        args = self._keep(event.args, MAX_ARGS_BYTES)
        started = place.call("tool", event.call_id)
        entry = self._entries.running.get(started.id)
        if entry is None or entry.kind != "tool":
            started.name, started.args = short(event.name), args
            self._entries.add(started, running=True)
            return
        # A second start of a running call fills in what the first did not know yet.
        self._entries.rename(entry, short_key(event.name) or entry.name)
        if args is not None:
            self._entries.replace_args(entry, args)
        self._entries.note(entry)

    def _complete_tool(self, event: ToolCallCompleted, place: _Place) -> None:
        entry = self._take_running(place.call("tool", event.call_id))
        if not entry.name:
            self._entries.rename(entry, short(event.name))
        if event.args is not None:
            self._entries.replace_args(entry, self._keep(event.args, MAX_ARGS_BYTES))
        self._entries.replace_output(entry, self._output(event.output))
        entry.state = _tool_state(event.output)
        self._finish(entry, place.at, event.duration_ms)

    def _complete_code(self, event: CodeBlockCompleted, place: _Place) -> None:
        entry = self._take_running(place.call("code", event.graph_key))
        if not entry.name:
            self._entries.rename(entry, short_key(event.language))
        output = {"output": event.output, "error": event.error}
        self._entries.replace_output(entry, self._output(output))
        entry.state = "success" if event.success else "failure"
        self._finish(entry, place.at, event.duration_ms)

    def _take_running(self, call: Entry) -> Entry:
        """The entry that `call` completes: a running one, one that it repeats, or `call` itself."""
        entry = self._entries.running.get(call.id)
        if entry is not None and entry.kind == call.kind:
            self._entries.stop(entry)
            return entry
        entry = self._entries.find(call.kind, call.id)
        if entry is None:
            entry = call
            self._entries.add(call)
            call.started_at = None  # not before: text that was open ends where this one is added
        return entry

    def _finish(self, entry: Entry, at: int | None, duration_ms: float | None) -> None:
        entry.ended_at = at
        if duration_ms is None and at is not None and entry.started_at is not None:
            duration_ms = float(max(0, at - entry.started_at))
        entry.duration_ms = duration_ms
        self._entries.note(entry)

    def _commit(self, n: int, at: int | None) -> None:
        view = self.view
        view.outcome = view.turn.outcome
        failed = view.turn.close()
        self._entries.settle(at)
        view.turn_index = min(view.turn_index + 1, MAX_WHOLE)
        view.state, view.waiting_for = "idle", None
        entry = Entry("commit", f"commit-{view.turn_index}", n, at, at, settled=True)
        entry.state = "failure" if failed else "success"
        entry.output = {"revision": view.revision, "turn_index": view.turn_index}
        if at is not None and view.started_at is not None:
            entry.duration_ms = float(max(0, at - view.started_at))
        self._entries.add(entry)

    def _change_session(self, payload: SessionChanged, at: int | None) -> None:
        view = self.view
        if payload.kind is SessionChangeKind.OPENED:
            if view.state == "ended":
                view.state, view.outcome, view.exit_code = "idle", None, None
            view.title = short(payload.title, MAX_TITLE) or view.title
            view.agent = short(payload.agent) or view.agent
            view.directory = short(payload.directory, MAX_DIRECTORY) or view.directory
            set_model(view, payload.model)
            return
        view.turn.close()
        self._entries.settle(at)
        for entry in self._entries.stop_all():
            entry.state = "cancelled"
            self._finish(entry, at, None)
        end_processes(view, at)
        view.state, view.waiting_for = "ended", None
        view.outcome = payload.outcome
        view.exit_code = exit_code_of(payload.exit_code)

    _HANDLERS: ClassVar[dict[type, Callable[[Fold, Any, _Place], None]]] = {
        ToolCallStarted: _start_tool,
        ToolCallCompleted: _complete_tool,
        CodeBlockStarted: _start_code,
        CodeBlockCompleted: _complete_code,
        UserMessage: _add_message,
        Error: _add_error,
        RetryStatus: _add_retry,
        SubmittedValue: _add_value,
        ToolValue: _add_value,
        ModelAttemptReset: _withdraw,
        Usage: _add_usage,
        ChildUsage: _add_usage,
        Waiting: _wait,
        Resumed: _resume,
        RuntimeDiagnostic: _diagnose,
        UnknownTurnEvent: _add_unknown,
    }
    """What the kinds do that are no text; the others change nothing but the state."""


class _Place(NamedTuple):
    """Where a turn event stands: its entry's key, its position and time, the call it is under."""

    key: str
    n: int
    at: int | None
    parent: str | None

    def moment(
        self,
        kind: EntryKind,
        name: str | None = None,
        *,
        text: str | None = None,
        kept: JsonValue = None,
    ) -> Entry:
        """An entry that begins and ends here, with an output that is bounded already."""
        entry = Entry(kind, self.key, self.n, self.at, self.at, parent=self.parent)
        entry.name, entry.text, entry.output = short(name), text, kept
        return entry

    def call(self, kind: EntryKind, call_id: str | None) -> Entry:
        """An entry that begins here, of a call that may have its own id."""
        return Entry(kind, short_key(call_id) or self.key, self.n, self.at, parent=self.parent)


def _fits(entry: Entry, event: AssistantProseDelta | ReasoningDelta, parent: str | None) -> bool:
    kind = "prose" if isinstance(event, AssistantProseDelta) else "reasoning"
    return entry.kind == kind and entry.format == event.format and entry.parent == short(parent)


def _is_full(entry: Entry) -> bool:
    """A long verbatim entry ends at a line's end, or at twice the bound where there is none."""
    if entry.format is None or entry.text is None or len(entry.text) < MAX_PLAIN_ENTRY:
        return False
    return entry.text.endswith("\n") or len(entry.text) >= 2 * MAX_PLAIN_ENTRY


def _tool_state(output: JsonValue) -> ToolState:
    """The status of `{"outcome": {"status": ...}}` (lash's `ToolCallOutput`)."""
    outcome = output.get("outcome") if isinstance(output, dict) else None
    status = outcome.get("status") if isinstance(outcome, dict) else None
    if status in ("failure", "cancelled"):
        return "failure" if status == "failure" else "cancelled"
    return "success"
