"""The Agent Client Protocol, seen from the pipe between a client and its agent.

A turn is a request and its response: `session/prompt` goes one way, the end comes back under the
same id. So both directions are read, each with its own ids. Without the client's side the
turn's start is guessed: the first thing the agent sends.

Several sessions of one agent share the pipe; their rows are kept apart, their turns are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lashd.events import ModelRequestStarted, QueueChanged, SessionQueueEventKind
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.producers.acp.tools import prompt_text, terminal_state, turn_usage
from lashtui.producers.acp.updates import AcpUpdates
from lashtui.producers.error_text import plain_message
from lashtui.producers.fields import int_of, map_of, maps_of, text_of
from lashtui.producers.lines import MAX_LINE, LineSplitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome
    from lashd.protocol.records import Record
    from lashtui.producers import Produced

MAX_ASKED = 1024
"""Requests of one direction that wait for their response; the oldest are forgotten."""
MAX_PROMPTS = 64
"""Prompts whose turn has not ended; nobody queues more by hand."""
MAX_TERMINALS = 64
"""The client's terminals whose output is remembered until their call ends."""

Source: TypeAlias = Literal["agent", "client"]
_Id: TypeAlias = int | str

_KEPT = frozenset({"terminal/output", "terminal/wait_for_exit"})
"""Requests whose parameters say what their response is about; the rest may be whole files."""
_OPENS = frozenset({"initialize", "session/new", "session/load", "session/resume"})
_SETS = frozenset({"session/set_model"})
_TELLS_AGAIN = frozenset({"session/load", "session/resume"})
_OWN = ("_", "$/", "qwen/notify/")
"""How methods begin that are between an agent and its own clients."""
_WAITS = {
    "session/request_permission": "permission",
    "elicitation/create": "an answer",
    "session/elicitation": "an answer",
}


class _Asked(NamedTuple):
    """A request that waits for its response, with what is still needed of it."""

    method: str
    params: Record


class _Prompt(NamedTuple):
    """A prompt whose turn has not ended. `batch`: it waits behind another one, under this id."""

    session: str
    text: str
    batch: str | None = None
    is_fresh: bool = True
    """The agent has sent nothing since it began."""
    is_echoed: bool = False
    """The agent has repeated it."""


class _Wait(NamedTuple):
    """A request that a person must answer; `call`: about this call."""

    session: str
    what: str
    call: str = ""


class AcpProducer(AcpUpdates):
    """JSON-RPC lines of one or both directions to payloads."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        super().__init__(max_line)
        self._client_lines = LineSplitter(max_line)
        self._source: Source = "agent"
        self._two_way = False
        self._version = 1
        self._has_session = False
        self._asked: dict[Source, dict[_Id, _Asked]] = {"agent": {}, "client": {}}
        self._prompts: dict[_Id, _Prompt] = {}
        self._telling_again: set[str] = set()
        """Sessions whose history is being replayed."""
        self._outside = False
        """Something came outside of any prompt: it settles when nothing more comes."""
        self._waits: dict[_Id, _Wait] = {}

    # -- the producer's interface ----------------------------------------------------------------

    def feed(self, data: bytes, source: Source = "agent") -> list[Produced]:
        """The payloads of the messages that `data` completes; `source` says who wrote them."""
        if source == "agent":
            return super().feed(data)
        self._two_way = True
        self._source = "client"
        for line in self._client_lines.feed(data):
            self._take(line)
        self._source = "agent"
        return self._take_out()

    def flush(self) -> list[Produced]:
        """Nothing came for a while: what came outside of any prompt is settled."""
        self.end_said()
        self._settle_outside()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """What came outside of any prompt ended with the input: nothing was cut off."""
        self.end_said()
        self._settle_outside()
        self._emit_usage({})

    # -- messages --------------------------------------------------------------------------------

    def on_record(self, record: Record) -> None:
        """One JSON-RPC message."""
        method = record.get("method")
        if method == "session/update":
            self.on_update(record["params"])
        elif isinstance(method, str):
            self._on_request(method, map_of(record, "params"), _id_of(record))
        elif (answered := _id_of(record)) is not None:
            if self._source == "agent":
                self._on_agent_response(record, answered, self._asked["client"].pop(answered, None))
            else:
                self._on_client_response(record, answered, self._asked["agent"].pop(answered, None))

    def _on_request(self, method: str, params: Record, request: _Id | None) -> None:
        if request is not None:
            kept = method in _WAITS or method in _TELLS_AGAIN or method in _KEPT or method in _SETS
            asked = self._asked[self._source]
            asked[request] = _Asked(method, params if kept else {})
            if len(asked) > MAX_ASKED:
                del asked[next(iter(asked))]
        if self._source == "client":
            self._on_client_request(method, params, request)
        elif method in _WAITS and request is not None:
            session, call = text_of(params, "sessionId"), map_of(params, "toolCall")
            self.on_tool(session, call, asks=True)
            what = self.asked(call) or text_of(call, "title") or _question(params)
            wait = _Wait(session, what or _WAITS[method], text_of(call, "toolCallId"))
            self._waits[request] = wait
            self.wait(wait.what)
        elif method == "$/cancel_request":
            cancelled = _id_of({"id": params.get("requestId", params.get("id"))})
            if cancelled is not None:
                self._asked["agent"].pop(cancelled, None)
                self._end_waits(lambda key, wait: key == cancelled)
        elif request is None and not method.startswith(_OWN):
            self.unknown(method, {"type": method, **params})

    def _on_client_request(self, method: str, params: Record, request: _Id | None) -> None:
        session = text_of(params, "sessionId")
        if method == "session/prompt" and request is not None:
            self._on_prompt(session, prompt_text(params.get("prompt")), request)
        elif method == "session/cancel":
            self._on_cancel(session)
        elif method == "$/cancel_request":
            prompt = self._prompts.get(_id_of({"id": params.get("requestId")}) or "")
            if prompt is not None:
                self._on_cancel(prompt.session)
        elif "prompt" in params:
            # Agents' own ways to say something within a turn.
            self.user(prompt_text(params["prompt"]))
        elif method in _OPENS:
            self.opened(directory=text_of(params, "cwd"))
            if method in _TELLS_AGAIN and len(self._telling_again) < MAX_ASKED:
                self._telling_again.add(session)

    def _on_cancel(self, session: str) -> None:
        """A person stops the turn: nothing of it waits for them any more."""
        if any(prompt.session == session for prompt in self._prompts.values()):
            self._end_waits(lambda key, wait: wait.session == session)
            self.diagnose("cancel_requested")

    def _on_client_response(self, record: Record, answered: _Id, asked: _Asked | None) -> None:
        if asked is None:
            return
        result = map_of(record, "result")
        if asked.method in _KEPT:
            terminal = text_of(asked.params, "terminalId")
            known = self.terminals.pop(terminal, {})
            self.terminals[terminal] = {**known, **terminal_state(result)}
            if len(self.terminals) > MAX_TERMINALS:
                del self.terminals[next(iter(self.terminals))]
        elif asked.method in _WAITS:
            self._note_refusal(map_of(result, "outcome"), asked.params, self._waits.get(answered))
            self._end_waits(lambda key, wait: key == answered)
            said = [each for each in map_of(result, "content").values() if isinstance(each, str)]
            self.user("\n".join(said))

    def _end_waits(self, is_over: Callable[[_Id, _Wait], bool]) -> None:
        """Some requests wait no more; what a person is still asked is shown in their place."""
        shown = next(reversed(self._waits), None)
        for key in [key for key, wait in self._waits.items() if is_over(key, wait)]:
            del self._waits[key]
        if not self._waits:
            self.resume()
        elif shown not in self._waits:
            self.wait(next(reversed(self._waits.values())).what)

    def _note_refusal(self, answer: Record, params: Record, wait: _Wait | None) -> None:
        for option in maps_of(params, "options"):
            if option.get("optionId") == answer.get("optionId"):
                break
        else:
            option = {}
        was_cancelled = text_of(answer, "outcome") == "cancelled"
        if was_cancelled or text_of(option, "kind").startswith("reject"):
            name = text_of(option, "name") or "cancelled"
            what = wait.what if wait is not None else text_of(map_of(params, "toolCall"), "title")
            self.diagnose("permission_denied", {"what": what, "answer": name})

    def _on_agent_response(self, record: Record, answered: _Id, asked: _Asked | None) -> None:
        result, error = map_of(record, "result"), map_of(record, "error")
        method = asked.method if asked is not None else ""
        self._version = int_of(result, "protocolVersion") or self._version
        agent = map_of(result, "agentInfo") or map_of(result, "info")
        self.opened(agent=text_of(agent, "title") or text_of(agent, "name"))
        self._has_session = self._has_session or "sessionId" in result
        self.on_models(result)
        if method == "session/set_model" and asked is not None and not error:
            self.uses(text_of(asked.params, "modelId"), is_setting=True)
        if method == "session/prompt":
            if error or self._version < 2 or "stopReason" in result:
                self._end_prompt(answered, result, error)
        elif error:
            if method in _OPENS or (asked is None and not self._two_way and self._has_session):
                self.error(_message_of(error))
                self.commit()
        elif asked is None and "stopReason" in result:
            self._end_turn("", result)
        elif asked is not None and method in _TELLS_AGAIN:
            self.end_said()
            self._telling_again.discard(text_of(asked.params, "sessionId"))
            if self.in_turn and not self._prompts:
                self._settle()

    # -- turns -----------------------------------------------------------------------------------

    def _on_prompt(self, session: str, text: str, request: _Id) -> None:
        self.end_said()
        if len(self._prompts) >= MAX_PROMPTS:
            del self._prompts[next(iter(self._prompts))]
        text = short(text, MAX_MESSAGE) or ""
        if any(prompt.session == session for prompt in self._prompts.values()):
            batch = f"prompt-{short(str(request), 64)}"
            self._prompts[request] = _Prompt(session, text, batch)
            self.emit_payload(
                QueueChanged(SessionQueueEventKind.ENQUEUED, [batch], {batch: {"text": text}})
            )
            return
        self._settle_outside()
        self._prompts[request] = _Prompt(session, text)
        self._begin(text)

    def _begin(self, text: str) -> None:
        self.end_texts()
        self.user(text)
        if not text.strip():
            self.emit(ModelRequestStarted())

    def _deliver(self, request: _Id) -> None:
        """A prompt that waited has its turn now."""
        prompt = self._prompts[request]
        if prompt.batch is not None:
            self._prompts[request] = prompt._replace(batch=None)
            self.emit_payload(QueueChanged(SessionQueueEventKind.DELIVERED, [prompt.batch]))
            self._begin(prompt.text)

    def _end_prompt(self, request: _Id, result: Record, error: Record) -> None:
        prompt = self._prompts.get(request)
        if prompt is None:
            return
        self.end_said()
        self._deliver(request)
        del self._prompts[request]
        if error:
            self.withdraw_copy(text_of(error, "message"))
            self.error(_message_of(error))
        self._end_turn(prompt.session, result)
        waiting = [key for key, each in self._prompts.items() if each.session == prompt.session]
        if waiting:
            self._deliver(waiting[0])

    def _end_turn(self, session: str, result: Record) -> None:
        self.end_said()
        used = maps_of(map_of(map_of(result, "_meta"), "quota"), "model_usage")
        if len(used) == 1:  # with several, some are subagents'
            self.uses(text_of(used[0], "model"))
        self._emit_usage(turn_usage(result))
        reason = text_of(result, "stopReason")
        if reason == "cancelled":
            self.diagnose("interrupted")
        elif reason not in ("", "end_turn"):
            self.diagnose("stop_reason", {"reason": short(reason)})
        else:
            self.to_background(session)
        if all(each.session == session or each.batch for each in self._prompts.values()):
            self._waits.clear()
            self.resume()
            self._settle()
            return
        # Another session is within a turn: its calls go on, and what it asks.
        self._end_waits(lambda key, wait: wait.session == session)
        self.end_texts()
        with self.closing():
            for call_id in [key for key in self.calls.open if self.session_of(key) == session]:
                self.calls.cancel(call_id)
        self.commit(close_calls=False)

    def _settle(self) -> None:
        self.end_texts()
        self._outside = False
        self.commit()

    def _settle_outside(self) -> None:
        if self._outside and not self._prompts and self.in_turn:
            self._settle()
        self._outside = False

    def _emit_usage(self, usage: dict[str, int | float]) -> None:
        usage, self.told_usage = usage or self.told_usage, {}
        if self.cost:
            usage = {**usage, "cost_usd": round(self.cost, 12)}
            self.cost = 0.0
        self.usage(usage)

    # -- around updates --------------------------------------------------------------------------

    def on_work(self, session: str) -> None:
        """It no longer waits, going by the agent alone; this may be outside any prompt."""
        for request, prompt in self._prompts.items():
            if prompt.session == session and prompt.is_fresh and prompt.batch is None:
                self._prompts[request] = prompt._replace(is_fresh=False)
                break
        if not self._two_way:
            if self.is_waiting:
                self._waits.clear()
                self.resume()
        elif not self._prompts and session not in self._telling_again:
            self._outside = True

    def on_state(self, session: str, state: str, update: Record) -> None:
        """Version 2: the turn's end, and waiting, are states of their own."""
        if state == "requires_action":
            if not self._waits:
                self.wait("an answer")
        elif state == "running":
            if not self._waits:
                self.resume()
        elif state == "idle":
            running = [key for key, each in self._prompts.items() if each.session == session]
            if running:
                self._end_prompt(running[0], update, {})
            elif self.in_turn:
                self._end_turn(session, update)

    def on_tool_end(self, call_id: str) -> None:
        """What was asked about it was decided elsewhere, or is void."""
        self._end_waits(lambda key, wait: wait.call == call_id)

    def on_said(self, session: str, text: str) -> None:
        """Shown, unless it is the prompt that came from the client's side already."""
        if self._two_way and session not in self._telling_again and self._is_echo(session, text):
            return
        self.user(text)

    def _is_echo(self, session: str, text: str) -> bool:
        """Whether the agent repeats the prompt: in its words, or at once with more around them."""
        said = " ".join(text.split())
        for request, prompt in self._prompts.items():
            if prompt.session != session or prompt.batch is not None or prompt.is_echoed:
                continue
            asked = " ".join(prompt.text.split())
            if said == asked or (prompt.is_fresh and (said in asked or asked in said)):
                self._prompts[request] = prompt._replace(is_echoed=True)
                return True
        return False


def _question(params: Record) -> str:
    """What a person is asked, in full."""
    return "\n".join(filter(None, (text_of(params, key) for key in ("message", "url"))))


def _id_of(record: Record) -> _Id | None:
    value = record.get("id")
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _message_of(error: Record) -> str:
    return plain_message(text_of(error, "message")) or "The agent answered with an error."
