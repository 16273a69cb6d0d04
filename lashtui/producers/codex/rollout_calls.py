"""Calls in a rollout: commands that go on after their answer, scripts, searches, child agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import CodeBlockCompleted, CodeBlockStarted
from lashd.text import short
from lashtui.producers.codex.base import CodexProducer
from lashtui.producers.codex.items import SHELL, field, text_of
from lashtui.producers.codex.rollout_items import (
    COMMANDS,
    MAX_SCRIPT,
    as_item,
    call_id_of,
    command_args,
    output_of,
    parsed,
    plan_in,
    script_output,
)
from lashtui.producers.dedupe import tidy
from lashtui.producers.fields import map_of, maps_of
from lashtui.producers.nesting import NestingProducer

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

MAX_SCRIPTS = 64
"""Scripts remembered, for the commands that ran inside them."""
MAX_SESSIONS = 256
"""Commands that went on after their call had been answered."""
MAX_EARLY = 16
"""Results held for calls that the file has after them."""
MAX_SEARCHES = 256
"""Searches of a turn that are compared, as each stands there twice."""

ENCRYPTED = "[encrypted]"
"""In place of what only the vendor can read."""


class _Script:
    """A script of the model, within which its tools run."""

    __slots__ = ("began", "ended", "language")

    def __init__(self, began: int | None) -> None:
        self.language = "javascript"
        self.began = began
        self.ended: int | None = None


class RolloutCalls(CodexProducer, NestingProducer):
    """What the model called, from its own items and the events that complete them."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._count = 0
        self._scripts: dict[str, _Script] = {}
        self._sessions: dict[str, str] = {}
        """Commands still running after their call was answered: their call by their session."""
        self._asks: dict[str, str] = {}
        """Calls that ask about such a session."""
        self._early: dict[str, tuple[Record, int | None]] = {}
        """Results whose calls were not told yet, with their times."""
        self._searches: dict[str, dict[str, int]] = {}
        self._agents: dict[str, str] = {}
        """Child threads by their path."""

    def end_calls(self, *, children: bool) -> None:
        """Scripts that did not end are over as well."""
        self.tell_early()
        for key, script in self._scripts.items():
            if script.ended is None:
                script.ended = self.at
                error = "interrupted" if self._is_interrupted else "its end is not in the file"
                self._end_script(key, script, None, error)
        super().end_calls(children=children)

    # -- calls -----------------------------------------------------------------------------------

    def _on_begin(self, event: Record, kind: str) -> None:
        key = call_id_of(event)
        if key not in self.calls.open:
            self.item(as_item(event, kind), key, ended=False, parent=self._script_around(key))

    def _on_end(self, event: Record, kind: str) -> None:
        key = call_id_of(event)
        self.item(as_item(event, kind), key, parent=self._script_around(key))

    def _on_image(self, event: Record) -> None:
        key = call_id_of(event)
        if key not in self.calls.open:
            self.item({"type": "image_view", "path": event.get("path")}, key)

    def _id_of(self, item: Record) -> str:
        """A call's id; a new one where it has none."""
        self._count += 1
        return call_id_of(item) or text_of(item.get("id")) or f"call-{self._count}"

    def _on_call(self, item: Record, call_id: str) -> None:
        self._compactions.clear()
        name = short(text_of(item.get("name"))) or "tool"
        args: JsonValue = item.get("input")
        if item["type"] == "function_call":
            args = parsed(item.get("arguments"))
        elif name == "exec" and isinstance(args, str):
            self._start_script(call_id, args)
            return
        elif name == "apply_patch":
            args = {"patch": args}
        if name in COMMANDS and isinstance(args, dict):
            args = command_args(args)
            name = SHELL
        elif name == "write_stdin" and isinstance(args, dict):
            self._asks[call_id] = str(args.get("session_id"))
            if len(self._asks) > MAX_SESSIONS:
                del self._asks[next(iter(self._asks))]
        space = text_of(item.get("namespace"))
        if space.startswith("mcp__"):
            name = f"{space.removeprefix('mcp__')}.{name}"
        self.calls.start(call_id, name, args, at=self.at)

    def take_output(self, item: Record, call_id: str) -> None:
        """A call's result, which waits for the call where that comes later."""
        is_known = call_id in self.calls.open or call_id in self._scripts
        if is_known or not self.in_turn or self.calls.has_ended(call_id):
            self._on_output(item, call_id)
            return
        self._early[call_id] = (item, self.at)
        if len(self._early) > MAX_EARLY:
            self._answer(next(iter(self._early)))

    def answer_early(self, call_id: str) -> None:
        """This call was told: its result may have come before."""
        if call_id in self._early:
            self._answer(call_id)

    def tell_early(self) -> None:
        """No calls come for the results that are held."""
        for call_id in list(self._early):
            self._answer(call_id)

    def _answer(self, call_id: str) -> None:
        item, at = self._early.pop(call_id)
        now, self.at = self.at, at
        self._on_output(item, call_id)
        self.at = now

    def _on_output(self, item: Record, call_id: str) -> None:
        script = self._scripts.get(call_id)
        if script is not None:
            if script.ended is None:
                script.ended = self.at
                self._end_script(call_id, script, *script_output(item.get("output")))
            return
        call = self.calls.open.get(call_id)
        output = output_of(item.get("output"))
        if call is not None and call.name == SHELL and output.session:
            # The model goes on while the command runs; who asks about it later names the session.
            self._sessions[output.session] = call_id
            self.so_far(call_id, output.text)
            if len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            return
        asked = self._asks.pop(call_id, "")
        if asked and not output.session and output.exit_code is not None:
            self._end_session(asked, output.text, output.exit_code)
        if call is not None and call.name == "update_plan" and isinstance(call.args, dict):
            # Some versions refuse the call: then there is no plan.
            status = map_of(output.outcome, "outcome").get("status")
            if status == "success":
                self.emit_plan(call.args.get("plan"))
        self.calls.complete(call_id, output.outcome, at=self.at)

    def _end_session(self, session: str, text: str, code: int) -> None:
        """A command that went on has ended, as the answer to a question about it says."""
        call_id = self._sessions.pop(session, "")
        if call_id in self.calls.open or call_id in self._background:
            before = self._so_far.get(call_id, "")
            item = {
                "type": "command_execution",
                "command": map_of({"args": self._args_of(call_id)}, "args").get("command"),
                "aggregated_output": before + text,
                "exit_code": code,
                "status": "failed" if code else "completed",
            }
            self.item(item, call_id)

    def _args_of(self, call_id: str) -> JsonValue:
        call = self.calls.open.get(call_id)
        return call.args if call is not None else None

    def _on_tools_found(self, item: Record) -> None:
        tools = item.get("tools")
        names = [
            text_of(tool.get("name"))
            for tool in (tools if isinstance(tools, list) else [])
            if isinstance(tool, dict)
        ]
        output: JsonValue = {"outcome": {"status": "success", "payload": ", ".join(names) or None}}
        self.calls.complete(self._id_of(item), output, name="tool_search", at=self.at)

    def _on_search(self, record: Record, source: str) -> None:
        """A search of the provider's, which an item and an event tell, not always with its id."""
        action = map_of(record, "action")
        query = text_of(record.get("query")) or text_of(action.get("query"))
        counts = self._searches.setdefault(query or text_of(action.get("url")), {})
        told = max(counts.values(), default=0)
        counts[source] = counts.get(source, 0) + 1
        if len(self._searches) > MAX_SEARCHES:
            del self._searches[next(iter(self._searches))]
        if counts[source] <= told:
            return
        item = {**record, "type": "web_search", "query": query}
        self.item(item, self._id_of(record))

    # -- scripts ---------------------------------------------------------------------------------

    def _start_script(self, call_id: str, source: str) -> None:
        """The model writes JavaScript that calls its tools."""
        if call_id in self._scripts:
            return
        script = self._scripts[call_id] = _Script(self.at)
        if len(self._scripts) > MAX_SCRIPTS:
            del self._scripts[next(iter(self._scripts))]
        self._attempt.clear()
        code = short(source, MAX_SCRIPT) or ""
        self.emit(CodeBlockStarted(script.language, code, call_id), call_id)
        plan = plan_in(source)
        if plan is not None:
            self.emit_plan(plan)

    def _end_script(self, key: str, script: _Script, output: str | None, error: str) -> None:
        took = None
        if script.began is not None and script.ended is not None:
            took = float(max(0, script.ended - script.began))
        ended = CodeBlockCompleted(
            script.language, tidy(output or None), error or None, not error, took, [], key
        )
        self.emit(ended, key)

    def _script_around(self, key: str, began: int | None = None) -> str | None:
        """The script that a command ran in: the newest that was running when it began."""
        if key in self.calls.open or self.calls.has_ended(key):
            return None
        running = [each for each, script in self._scripts.items() if script.ended is None]
        if began is not None:
            for call_id, script in reversed(self._scripts.items()):
                ended = began if script.ended is None else script.ended
                if script.began is not None and script.began <= began <= ended:
                    return call_id
        return running[-1] if running else None

    # -- child agents ----------------------------------------------------------------------------

    def _on_sub_agent(self, item: Record) -> None:
        path, child = text_of(field(item, "agent_path")), text_of(field(item, "agent_thread_id"))
        if path and child:
            self._agents[path] = child
        self.sub_agent(item, text_of(item.get("id")) or text_of(item.get("event_id")))

    def _on_collab(self, event: Record) -> None:
        """What the call did with child agents; the call itself is among the items."""
        child = text_of(event.get("new_thread_id")) or text_of(event.get("receiver_thread_id"))
        states = map_of(event, "statuses") or ({child: event.get("status")} if child else {})
        item = {
            "agents_states": {name: _state(state) for name, state in states.items()},
            "receiver_thread_ids": [child] if child else [],
            "prompt": text_of(event.get("new_agent_nickname")) or event.get("prompt"),
        }
        self._follow_children(item, call_id_of(event))

    def _on_agent_message(self, item: Record) -> None:
        """Agents write to each other: a task, or what came of it."""
        author, text = text_of(item.get("author")), text_of(item.get("content")).strip()
        if any("encrypted" in text_of(each.get("type")) for each in maps_of(item, "content")):
            text = f"{text} {ENCRYPTED}".strip()
        message = {"from": author, "to": text_of(item.get("recipient")), "text": text}
        child = self._agents.get(author)
        if not child or not self.nested_said(child, text):  # else its own file told it
            self.diagnose("agent_message", message)
        if child and text.startswith("Message Type: FINAL_ANSWER"):
            self.child_ended(child, "completed")


def _state(status: JsonValue) -> JsonValue:
    """A child's status: a word, or a map from the word to a message."""
    return next(iter(status), None) if isinstance(status, dict) else status
