"""What an ACP agent reports within a session: text, thoughts, calls, plan, cost. Versions 1 and 2.

Text has no reliable blocks: a message id may span a tool call, or be missing. So a
block continues while its kind and message id stay the same and no call begins.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    JsonValue,
    ProcessChanged,
    ReasoningDelta,
    SessionProcessEventKind,
)
from lashd.exact import exact_number
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.producers.acp.tools import AcpTool, content_text, prompt_text, turn_usage
from lashtui.producers.dedupe import (
    IN_BACKGROUND,
    MAX_BACKGROUND,
    MAX_LABEL,
    MAX_TAIL,
    Text,
    Totals,
    bounded,
    succeeded,
)
from lashtui.producers.fields import map_of, maps_of, text_of
from lashtui.producers.lines import MAX_LINE
from lashtui.producers.records import RecordProducer

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_LANES = 256
"""Sessions and subagents whose present block of text is remembered."""
MAX_TOOLS = 512
"""Calls whose patches are kept; the oldest are forgotten."""

_QUIET = frozenset(
    {
        "available_commands_update",
        "current_mode_update",
        "current_model_update",
        "config_option_update",
        "terminal_update",
        "terminal_output_chunk",
    }
)
_ENDED = frozenset({"completed", "failed", "error", "cancelled"})


_SAID_ONCE = frozenset({"background_task_completed", "background_notification"})
"""Sources under which qwen says that a background task has ended: one after the other."""


class _Said(NamedTuple):
    """A person's message so far; `message`: its id, which may be empty."""

    message: str
    text: str


class _Lane(NamedTuple):
    """Where the text of one session (or subagent) continues."""

    event: Text
    message: str
    key: str


class AcpUpdates(RecordProducer):
    """The updates; the subclass, which knows the requests, says when a turn begins and ends."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self.terminals: dict[str, Record] = {}
        """Output and exit code of the client's terminals, by id."""
        self.cost = 0.0
        """Dollars not yet emitted as usage."""
        self._tools: dict[str, AcpTool] = {}
        self._background: dict[str, AcpTool] = {}
        """Commands that outlived their turn: processes until they end."""
        self._lanes: dict[tuple[str, str | None], _Lane] = {}
        self._blocks = 0
        self._costs = Totals()
        self._has_plans = False
        """The agent tells its plan as such: the calls that change it are not read for it."""
        self._said: dict[str, _Said] = {}
        """By session: what a person says comes in pieces, and is one message."""
        self._notes: dict[str, None] = {}
        """Notes that came already."""
        self.told_usage: dict[str, int | float] = {}
        """Tokens that pieces of text told, until the end of the prompt tells the sum of them."""

    # -- for those who know the requests ---------------------------------------------------------

    @abstractmethod
    def on_work(self, session: str) -> None:
        """The agent is about to report something about its work."""

    @abstractmethod
    def on_state(self, session: str, state: str, update: Record) -> None:
        """Version 2: a session is `running`, `idle` or waits (`requires_action`)."""

    @abstractmethod
    def on_tool_end(self, call_id: str) -> None:
        """A call has ended: nobody is asked about it any more."""

    @abstractmethod
    def on_said(self, session: str, text: str) -> None:
        """An update tells what a person said: news, or an echo of the prompt."""

    def end_said(self) -> None:
        """What persons said is whole: other things follow, or nothing."""
        for session in list(self._said):
            self._end_said(session)

    def session_of(self, call_id: str) -> str:
        """The session of an open call; empty where it is not known any more."""
        tool = self._tools.get(call_id)
        return tool.session if tool is not None else ""

    def end_texts(self) -> None:
        """Whatever text comes next is a new block."""
        for session, parent in list(self._lanes):
            self._end_text(session, parent)

    def withdraw_copy(self, message: str) -> None:
        """Withdraw prose that is only the text of an error that follows as such."""
        for lane in self._lanes.values():
            prose = self.texts.emitted(lane.key).strip()
            if (
                len(prose) > 8
                and lane.event is AssistantProseDelta
                and message.strip().endswith(prose)
            ):
                self.texts.withdraw([lane.key])

    # -- updates ---------------------------------------------------------------------------------

    def on_update(self, params: Record) -> None:
        """One `session/update`."""
        update = params["update"]
        session = text_of(params, "sessionId")
        kind = update["sessionUpdate"]
        if kind not in ("user_message_chunk", "usage_update") and kind not in _QUIET:
            self._end_said(session)
        self.on_models(update)
        if not _parent_of(update):
            self.uses(text_of(map_of(update, "_meta"), "_claude/model"))
        if kind == "agent_message_chunk":
            self._on_text(session, update, AssistantProseDelta)
        elif kind == "agent_thought_chunk":
            self._on_text(session, update, ReasoningDelta)
        elif kind in ("tool_call", "tool_call_update"):
            self.on_tool(session, update, begins=kind == "tool_call")
        elif kind == "tool_call_content_chunk":
            tool = self._tools.get(text_of(update, "toolCallId"))
            if tool is not None:
                tool.add(map_of(update, "content"))
        elif kind in ("plan", "plan_update"):
            self._on_plan(update)
        elif kind == "usage_update":
            self._on_used(session, update)
        elif kind == "session_info_update":
            self.opened(title=text_of(update, "title"))
        elif kind == "user_message_chunk":
            self._on_said(session, update)
        elif kind == "user_message":
            self._end_text(session, None)
            self.on_said(session, prompt_text(update.get("content")))
        elif kind == "agent_message":
            self._on_whole(session, update, AssistantProseDelta)
        elif kind == "agent_thought":
            self._on_whole(session, update, ReasoningDelta)
        elif kind == "state_update":
            self.on_state(session, text_of(update, "state"), update)
        elif kind not in _QUIET:
            self.unknown(str(kind), update)

    def on_tool(
        self, session: str, update: Record, *, begins: bool = False, asks: bool = False
    ) -> None:
        """A patch of a call. `begins`: it starts; `asks`: it comes with a permission request."""
        call_id = text_of(update, "toolCallId")
        if call_id in self._background:
            self._on_background(call_id, update)
        if not call_id or self.calls.has_ended(call_id):
            return
        tool = self._tools.get(call_id)
        if tool is None:
            begins = True
            tool = self._tools[call_id] = AcpTool(session)
            if len(self._tools) > MAX_TOOLS:
                del self._tools[next(iter(self._tools))]
        parent = _parent_of(update)
        tool.patch(update, fills=asks)
        self.on_work(session)
        if begins:
            self._end_text(session, parent)
        self.calls.start(call_id, tool.name, tool.shown_args(), parent=parent)
        status = text_of(update, "status")
        if status in _ENDED:
            self.calls.complete(call_id, tool.result(status, self.terminals))
            del self._tools[call_id]
            self.on_tool_end(call_id)
            items = tool.plan()
            own = status == "completed" and not parent and not self._has_plans
            if own and items is not None:
                self.plan(items)

    def to_background(self, session: str) -> None:
        """A turn has ended by itself: commands of it that still run are processes from now on."""
        for call_id in list(self.calls.open):
            tool = self._tools.get(call_id)
            if tool is None or session not in ("", tool.session) or not tool.outlives_turns:
                continue
            del self._tools[call_id]
            if len(self._background) >= MAX_BACKGROUND:
                del self._background[next(iter(self._background))]
            self._background[call_id] = tool
            label: JsonValue = short(tool.command, MAX_LABEL)
            self._process(
                SessionProcessEventKind.STARTED, call_id, {"label": label, "tool_call_id": call_id}
            )
            self.calls.complete(call_id, succeeded(tool.so_far or IN_BACKGROUND))

    def _on_background(self, call_id: str, update: Record) -> None:
        tool = self._background[call_id]
        tool.patch(update)
        status = text_of(update, "status")
        if status not in _ENDED:
            return
        del self._background[call_id]
        if status == "cancelled":
            self._process(SessionProcessEventKind.CANCELLED, call_id, {})
            return
        outcome = map_of(tool.result(status, self.terminals), "outcome")
        code = outcome.get("exit_code", 0 if outcome.get("status") == "success" else None)
        details: dict[str, JsonValue] = {} if code is None else {"exit_code": code}
        if tool.signal:
            details["signal"] = tool.signal
        output = outcome.get("payload") or outcome.get("message")
        if isinstance(output, str):
            details["output"] = output[-MAX_TAIL:]
        self._process(SessionProcessEventKind.EXITED, call_id, details)

    def _process(
        self, kind: SessionProcessEventKind, call_id: str, details: dict[str, JsonValue]
    ) -> None:
        known = {call_id: details} if details else {}
        self.emit_payload(ProcessChanged(kind, [call_id], known))

    def asked(self, call: Record) -> str:
        """What a person is asked to allow, in full."""
        tool = self._tools.get(text_of(call, "toolCallId"))
        return tool.asked(call) if tool is not None else ""

    def _on_said(self, session: str, update: Record) -> None:
        """A piece of what a person said: of one message while its id stays the same."""
        message = text_of(update, "messageId")
        said = self._said.get(session)
        if said is not None and said.message != message:
            self._end_said(session)
            said = None
        text = (said.text if said is not None else "") + prompt_text(update.get("content"))
        self._said[session] = _Said(message, text[:MAX_MESSAGE])
        if len(self._said) > MAX_LANES:
            self._end_said(next(iter(self._said)))

    def _end_said(self, session: str) -> None:
        said = self._said.pop(session, None)
        if said is not None:
            self._end_text(session, None)
            self.on_said(session, said.text)

    def _on_text(self, session: str, update: Record, event: Text) -> None:
        meta = map_of(update, "_meta")
        if isinstance(meta.get("usage"), dict):
            self._on_usage(session, turn_usage(meta), _parent_of(update))
        text = content_text(update.get("content"))
        if not text:
            return
        is_whole = meta.get("qwenDiscreteMessage") is True
        if is_whole:
            if text_of(meta, "source") in _SAID_ONCE:
                task = text_of(map_of(meta, "backgroundTask"), "taskId")
                if bounded(self._notes, f"{session} {task} {short(text, 200)}", MAX_TOOLS):
                    return
            self._end_text(session, _parent_of(update))
        parent = _parent_of(update)
        message = text_of(update, "messageId")
        lane = self._lanes.get((session, parent))
        goes_on = lane is not None and lane.event is event and lane.message == message
        if lane is None or not goes_on:
            lane = self._begin_text(session, parent, message, event)
        if event is ReasoningDelta and not message and text.startswith("**"):
            # Gemini sends whole thoughts, each with a heading, which may be empty.
            text = ("\n\n" if goes_on else "") + text.removeprefix("****\n")
        self.on_work(session)
        self.texts.delta(lane.key, text, event, parent)
        if is_whole:
            self._end_text(session, parent)

    def _on_usage(self, session: str, usage: dict[str, int | float], parent: str | None) -> None:
        if parent:
            self.emit(ChildUsage(dict(usage), short(session)), None, parent)
            return
        for key, value in usage.items():
            self.told_usage[key] = self.told_usage.get(key, 0) + value

    def _on_whole(self, session: str, update: Record, event: Text) -> None:
        """Version 2: a message as a whole, after its pieces or instead of them."""
        parent = _parent_of(update)
        message = text_of(update, "messageId")
        lane = self._lanes.get((session, parent))
        if lane is None or lane.event is not event or lane.message != message:
            lane = self._begin_text(session, parent, message, event)
        self.on_work(session)
        self.texts.final(lane.key, prompt_text(update.get("content")), event, parent)

    def _begin_text(self, session: str, parent: str | None, message: str, event: Text) -> _Lane:
        self._end_text(session, parent)
        self._blocks += 1
        lane = _Lane(event, message, f"{short(message, 200) or 'text'}-{self._blocks}")
        self._lanes[session, parent] = lane
        if len(self._lanes) > MAX_LANES:
            self._end_text(*next(iter(self._lanes)))
        return lane

    def _end_text(self, session: str, parent: str | None) -> None:
        lane = self._lanes.pop((session, parent), None)
        if lane is not None:
            self.texts.close(lane.key)

    def _on_plan(self, update: Record) -> None:
        entries = maps_of(update, "entries") or maps_of(map_of(update, "plan"), "entries")
        self._has_plans = True
        self.plan([(text_of(entry, "content"), text_of(entry, "status")) for entry in entries])

    def on_models(self, given: Record) -> None:
        """The model that is chosen, wherever a session's settings stand."""
        options = maps_of(given, "configOptions")
        chosen = [each for each in options if "model" in (each.get("category"), each.get("id"))]
        name = (
            text_of(chosen[0], "currentValue")
            if chosen
            else text_of(map_of(given, "models") or given, "currentModelId")
        )
        self.uses(name, is_setting=True)

    def _on_used(self, session: str, update: Record) -> None:
        """How full the session's context is, and what the session has cost so far."""
        if not _parent_of(update):
            self.context(update.get("used"), update.get("size"))
        cost = map_of(update, "cost")
        amount = exact_number(cost.get("amount"))
        if amount is not None and text_of(cost, "currency") in ("", "USD"):
            self.cost += self._costs.since({session: amount})[session]


def _parent_of(update: Record) -> str | None:
    meta = update.get("_meta")
    if not meta:
        return None
    above = text_of(map_of(meta, "claudeCode"), "parentToolUseId")
    return above or text_of(meta, "parentToolCallId") or None
