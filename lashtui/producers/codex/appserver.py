"""`codex app-server`: JSON-RPC without its version field; here are Codex's deltas.

The server reports everything that matters, so its side alone is enough; the client's side adds who
interrupted, and which requests failed. A thread that another one spawned is shown below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from lashd.events import (
    AssistantProseDelta,
    ChildUsage,
    ModelRequestStarted,
    ProcessChanged,
    ReasoningDelta,
    SessionProcessEventKind,
)
from lashd.text import short
from lashtui.producers.asked import Asked
from lashtui.producers.codex.base import MAX_TITLE_OF_PROMPT, CodexProducer, usage_of
from lashtui.producers.codex.items import command_of, field, plan_of, text_of, thought_of
from lashtui.producers.dedupe import bounded
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, maps_of
from lashtui.producers.lines import MAX_LINE, LineSplitter

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

MAX_ASKED = 1024
"""The client's requests that wait for their response; the oldest are forgotten."""
MAX_THREADS = 256
"""Child threads, and threads whose token counts are remembered."""
MAX_THOUGHTS = 256
"""Reasoning items whose parts are followed."""

Source: TypeAlias = Literal["agent", "client"]
_Id: TypeAlias = int | str

_STARTS = frozenset({"thread/start", "thread/resume", "thread/fork", "turn/start"})
_NOTICES = {
    "warning": "warning",
    "configWarning": "warning",
    "deprecationNotice": "deprecation",
    "guardianWarning": "warning",
}
_DETAILS = (
    "/delta",
    "Delta",
    "/progress",
    "PartAdded",
    "/patchUpdated",
    "/terminalInteraction",
    "/diff/updated",
    "Metadata",
)


class CodexAppServerProducer(CodexProducer):
    """Messages of one or both directions to payloads."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self._client_lines = LineSplitter(max_line)
        self._source: Source = "agent"
        self._asked: dict[_Id, str] = {}
        self._waits = Asked(self.wait, self.resume)
        """Requests that a person answers."""
        self._own: dict[str, None] = {}
        """Threads that no other one spawned."""
        self._parents: dict[str, str] = {}
        """Child threads, and the call or thread that each is below."""
        self._working: set[str] = set()
        """Child threads in a turn of theirs."""
        self._is_own_turn = False
        """The turn is the agent's; False: a child works on while its parent waits for a person."""
        self._totals: dict[str, dict[str, int | float]] = {}
        self._thoughts: dict[str, tuple[str, int]] = {}
        """Reasoning items: which of their two texts is followed, and its present part."""
        self._notices = {
            "turn/started": self._on_turn_started,
            "turn/completed": self._on_turn_completed,
            "turn/plan/updated": self._on_plan,
            "item/started": lambda params: self._on_item(params, ended=False),
            "item/completed": lambda params: self._on_item(params, ended=True),
            "item/plan/delta": self._on_prose,
            "item/reasoning/summaryTextDelta": lambda p: self._on_thought(p, "summaryIndex"),
            "item/reasoning/textDelta": lambda p: self._on_thought(p, "contentIndex"),
            "thread/started": lambda params: self._on_thread(map_of(params, "thread")),
            "thread/name/updated": self._on_name,
            "thread/status/changed": self._on_status,
            "thread/tokenUsage/updated": self._on_usage,
            "model/rerouted": self._on_rerouted,
            "thread/compacted": lambda params: self.compacted("thread", self._parent(params)),
            "item/commandExecution/outputDelta": self._on_output,
            "serverRequest/resolved": lambda params: self._answered(params.get("requestId")),
            "process/exited": self._on_process_exited,
            "error": self._on_error,
        }

    def feed(self, data: bytes, source: Source = "agent") -> list[Produced]:
        """The payloads of the messages that `data` completes; `source` says who wrote them."""
        if source == "agent":
            return super().feed(data)
        self._source = "client"
        for line in self._client_lines.feed(data):
            self._take(line)
        self._source = "agent"
        return self._take_out()

    def on_record(self, record: Record) -> None:
        """One message."""
        method = record.get("method")
        self.at = int_of(record, "emittedAtMs")
        if self._source == "client":
            self._on_client(record, method)
        elif method == "item/agentMessage/delta":
            self._on_prose(record["params"])
        elif isinstance(method, str):
            params = map_of(record, "params")
            request = record.get("id")
            if isinstance(request, int | str):
                self._on_request(method, params, request)
            elif (notice := self._notices.get(method)) is not None:
                notice(params)
            elif method in _NOTICES:
                message = text_of(params.get("summary")) or text_of(params.get("message"))
                self.warning(message, _NOTICES[method])
            elif method.startswith(("item/", "turn/")) and not method.endswith(_DETAILS):
                self.unknown(method, record)
        else:
            self._on_response(record)

    def _on_client(self, record: Record, method: JsonValue) -> None:
        request = record.get("id")
        if not isinstance(method, str):
            self._answered(request)
            return
        if isinstance(request, int | str) and method in _STARTS:
            self._asked[request] = method
            if len(self._asked) > MAX_ASKED:
                del self._asked[next(iter(self._asked))]
        if method == "turn/interrupt" and self.in_turn:
            self.diagnose("cancel_requested")

    def _on_response(self, record: Record) -> None:
        method = self._asked.pop(record["id"], None)
        thread = map_of(map_of(record, "result"), "thread")
        if thread:
            self._on_thread(thread)
            if text_of(thread.get("id")) in self._own:
                self.uses(text_of(map_of(record, "result").get("model")), is_setting=True)
        error = map_of(record, "error")
        if error and method is not None:
            self.error(plain_message(text_of(error.get("message"))))
            self.end_turn()

    # -- waiting ---------------------------------------------------------------------------------

    def _on_request(self, method: str, params: Record, request: _Id) -> None:
        """The server asks the client; most of what it asks, a person answers."""
        if not method.endswith(("Approval", "requestUserInput", "elicitation/request")):
            return
        what = command_of(params.get("command")) or text_of(params.get("reason"))
        if not isinstance(what, str) or not what:
            call = self.calls.open.get(text_of(params.get("itemId")))
            path = text_of(map_of({"args": call.args}, "args").get("path")) if call else ""
            what = f"{call.name} {path}".strip() if call is not None else "an answer"
        self._waits.ask(request, what)

    def _answered(self, request: JsonValue) -> None:
        if isinstance(request, int | str):
            self._waits.answer(request)

    def _on_status(self, params: Record) -> None:
        """Nothing waits any more, whatever became of the request."""
        status = map_of(params, "status")
        flags = status.get("activeFlags")
        waits = isinstance(flags, list) and any("waiting" in str(flag) for flag in flags)
        if not waits and not self._parent(params):
            self._waits.clear()

    # -- threads and turns -----------------------------------------------------------------------

    def _on_thread(self, thread: Record) -> None:
        name = text_of(thread.get("id"))
        source = map_of(thread, "source")
        if text_of(field(thread, "parent_thread_id")) or field(source, "sub_agent"):
            if name not in self._parents:
                self._adopt(name, f"thread-{name}")
            return
        bounded(self._own, name, MAX_THREADS)
        self._parents.pop(name, None)
        title = text_of(thread.get("name")) or text_of(thread.get("preview"))
        self._is_titled = self._is_titled or bool(title)
        line = next(iter(title.strip().splitlines()), "")
        model, where = text_of(thread.get("model")), text_of(thread.get("cwd"))
        self.opened("Codex", where, short(line, MAX_TITLE_OF_PROMPT), model)

    def _adopt(self, thread: str, parent: str) -> None:
        """This thread is a child, and its work is shown below `parent`."""
        self._parents[thread] = parent
        if len(self._parents) > MAX_THREADS:
            del self._parents[next(iter(self._parents))]

    def _on_rerouted(self, params: Record) -> None:
        """The server answers with another model than was asked for."""
        if not self._parent(params):
            self.uses(text_of(params.get("toModel")))

    def _on_name(self, params: Record) -> None:
        if not self._parent(params):
            self.titled(text_of(params.get("threadName")))

    def _parent(self, params: Record) -> str | None:
        thread = params.get("threadId")
        if not isinstance(thread, str) or thread in self._own:
            return None
        parent = self._parents.get(thread)
        if parent is None:
            if self._own and self._is_own_turn:
                # Some servers tell of a child only after its first words.
                parent = f"thread-{thread}"
                self._adopt(thread, parent)
            else:
                bounded(self._own, thread, MAX_THREADS)
        return parent

    def _on_turn_started(self, params: Record) -> None:
        parent = self._parent(params)
        if parent is None:
            self._is_own_turn = True
            self.emit(ModelRequestStarted())
        elif len(self._working) < MAX_THREADS:
            self._working.add(params["threadId"])
            if params["threadId"] in self.children:
                self.child_started(params["threadId"], "")

    def _on_child_ended(self, params: Record, parent: str, status: str, message: str) -> None:
        self._working.discard(params["threadId"])
        self.child_ended(params["threadId"], status)
        if message:
            self.error(plain_message(message), parent)
        if status != "interrupted":
            self.leave_running(parent)
        if self.in_turn and not self._is_own_turn and not self._working:
            self.end_turn()

    def _on_turn_completed(self, params: Record) -> None:
        turn = params["turn"]
        parent = self._parent(params)
        for item in maps_of(turn, "items"):
            # A summary of what came before; a server without item events sends it only here.
            key = text_of(item.get("id"))
            if key and not self.texts.knows(key) and not self.calls.has_ended(key):
                self.item(item, key, parent=parent)
        status = text_of(turn.get("status"))
        message = text_of(map_of(turn, "error").get("message"))
        if parent:
            self._on_child_ended(params, parent, status, message)
            return
        self._is_own_turn = False
        self._waits.clear()
        if status == "interrupted":
            self.cancel_turn()
        else:
            if status == "failed" or message:
                self.error(plain_message(message))
            self.end_turn()

    def _on_error(self, params: Record) -> None:
        message = text_of(map_of(params, "error").get("message"))
        parent = self._parent(params)
        if parent:
            if params.get("willRetry") is not True:
                self.error(plain_message(message), parent)
            return
        if params.get("willRetry") is True and not message.startswith(("Reconnecting", "Retrying")):
            self.retry(plain_message(message))
        else:
            self.failure(message)

    # -- items -----------------------------------------------------------------------------------

    def _on_item(self, params: Record, *, ended: bool) -> None:
        item = params["item"]
        key = item["id"]
        parent = self._parent(params)
        if item["type"] == "reasoning" and ended:
            self._end_thought(item, key, parent)
        else:
            self.item(item, key, ended=ended, parent=parent)
        children = item.get("receiverThreadIds")
        for child in children if isinstance(children, list) else []:
            if isinstance(child, str):
                self._adopt(child, key)
        child = text_of(field(item, "agent_thread_id"))
        if child and item.get("kind") == "started":
            self._adopt(child, key)

    def _on_prose(self, params: Record) -> None:
        parent = self._parent(params)
        self.piece(params["itemId"], params["delta"], AssistantProseDelta, parent)

    def _on_plan(self, params: Record) -> None:
        """A child's plan is not the session's."""
        parent = self._parent(params)
        if parent:
            self.diagnose("plan_of_agent", {"items": plan_of(params.get("plan"))}, parent)
        else:
            self.emit_plan(params.get("plan"))

    def _on_output(self, params: Record) -> None:
        key = params["itemId"]
        if key in self.calls.open:
            self.so_far(key, self._so_far.get(key, "") + text_of(params.get("delta")))

    def _on_thought(self, params: Record, name: str) -> None:
        """A summary and the thought itself may both come: the first of the two is shown."""
        key = params["itemId"]
        part = int_of(params, name) or 0
        followed, before = self._thoughts.get(key, (name, part))
        if followed != name:
            return
        self._thoughts[key] = (name, part)
        if len(self._thoughts) > MAX_THOUGHTS:
            del self._thoughts[next(iter(self._thoughts))]
        text = params["delta"] if part == before else f"\n\n{params['delta']}"
        self.piece(key, text, ReasoningDelta, self._parent(params))

    def _end_thought(self, item: Record, key: str, parent: str | None) -> None:
        followed, _ = self._thoughts.pop(key, ("", 0))
        if followed == "contentIndex":
            item = {"type": "reasoning", "content": item.get("content")}
        if thought_of(item):
            self.item(item, key, parent=parent)
        else:
            self.texts.close(key)

    # -- the rest --------------------------------------------------------------------------------

    def _on_usage(self, params: Record) -> None:
        """Repeated unchanged at times; a resumed thread's total is not this session's."""
        thread = params["threadId"]
        counts = params["tokenUsage"]
        total = usage_of(map_of(counts, "total"))
        if self._totals.get(thread) == total:
            return
        self._totals[thread] = total
        if len(self._totals) > MAX_THREADS:
            del self._totals[next(iter(self._totals))]
        last = usage_of(map_of(counts, "last"))
        if self._parent(params):
            self.emit(ChildUsage(dict(last), short(thread), "codex"), None, self._parent(params))
        else:
            self.note_context(size=counts.get("modelContextWindow"))
            self.request(last)

    def _on_process_exited(self, params: Record) -> None:
        name = short(text_of(field(params, "process_handle") or field(params, "process_id")))
        if name:
            details: dict[str, JsonValue] = {"exit_code": int_of(params, "exitCode")}
            self.emit_payload(
                ProcessChanged(SessionProcessEventKind.EXITED, [name], {name: details})
            )
