"""`gemini-transcript`: a session's file under `~/.gemini/tmp/PROJECT/chats`, from its beginning.

A log of upserts: messages by id, each written again whenever something in it changed. No line ends
a turn: it ends with a message without tool calls, once nothing more comes or the user continues.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from lashd.events import ReasoningDelta, SessionOutcome
from lashd.publish.bounds import MAX_MESSAGE
from lashd.text import short
from lashtui.producers import Produced
from lashtui.producers.command_report import command_report, without_frame
from lashtui.producers.dedupe import bounded, cancelled, counters, edited, failed
from lashtui.producers.fields import map_of, maps_of, text_of, time_of, title_of, todo_items
from lashtui.producers.lines import MAX_LINE, Line
from lashtui.producers.records import RecordProducer
from lashtui.text.media import media, size_of_base64

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_SEEN = 65_536
"""Messages remembered, so that each is emitted once."""

AT_ONE_TIME: Final = 100
"""Milliseconds between messages that are written again; an answer takes longer."""
_TOKENS: Final = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cached": "cached_input_tokens",
    "thoughts": "reasoning_tokens",
}
_ENDED: Final = ("success", "error", "cancelled")
MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of a file that is one JSON document; it is read as a whole."""

_CONTEXT: Final = re.compile(r"\A\s*<session_context>.*?</session_context>\s*", re.DOTALL)
"""What the program says at the beginning, in a person's name."""
_HOOKS: Final = re.compile(
    r"\s*<hook_context>(?:(?!<hook_context>).)*</hook_context>\s*\Z", re.DOTALL
)
"""What hooks add at the end."""
_MESSAGES: Final = ("user", "gemini", "error", "info", "warning")
_SETUP: Final = "This is the Gemini CLI. We are setting up the context for our chat."
_FILES: Final = "--- Content from referenced files ---"
_END_OF_FILES: Final = "--- End of content ---"
_ABOUT: Final = ("directories", "summary")
_SHELL: Final = "run_shell_command"


class GeminiTranscriptProducer(RecordProducer):
    """One file."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self._seen: dict[str, None] = {}
        self._may_end = False
        """The last message could be the turn's last."""
        self._head: bytes | None = b""
        """The file's beginning, or all of it, until it is clear which form it has."""
        self._is_document = False
        self._shown: dict[str, None] = {}
        """Messages of persons and the model, for what a checkpoint leaves out."""
        self._title: str | None = None
        self._known: Record = {}
        """What the file says about the session so far."""
        self._said: dict[str, str] = {}
        """What the running turn's messages said so far."""
        self._unnamed = 0
        """Lines of messages without an id."""
        self._waiting: dict[str, str] = {}
        """Calls that a person has not approved, and what they would do."""
        self._copies: dict[str, None] = {}
        """Messages that were told under another id."""
        self._copied_at: int | None = None
        """The time of those that come now."""
        self._asked_at: int | None = None
        """A hook was told then that a person is asked; the file says nothing before the answer."""

    def on_record(self, record: Record) -> None:
        """One line."""
        if isinstance(record.get("$set"), dict):
            self._about(record["$set"])
            self._on_checkpoint(record["$set"])
        elif "$rewindTo" in record:
            self._end()
            self._seen_rewind()
        elif "sessionId" in record and "projectHash" in record and "type" not in record:
            self._about(record)
            self._on_checkpoint(record)
        elif isinstance(record.get("id"), str):
            if not self._is_copy(record, record["id"]):
                self._on_message(record, record["id"])
        elif record.get("type") in _MESSAGES:
            self._unnamed += 1
            self._on_message(record, f"line {self._unnamed}")
        else:
            self.unknown(str(record.get("type")), record)

    def feed(self, data: bytes) -> list[Produced]:
        """Lines; older versions keep a whole session as one document, on one line or many."""
        if self._head is None:
            return super().feed(data)
        self._head += data
        if not self._is_document:
            first, newline, _ = self._head.lstrip().partition(b"\n")
            if not newline and len(self._head) < MAX_LINE:
                return []
            self._is_document = first.strip() == b"{"
        if self._is_document and len(self._head) < MAX_DOCUMENT:
            return []
        return super().feed(self._take_head())

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """The file's end, and that of a document."""
        self._read_document()
        produced = super().feed(self._take_head())
        return produced + super().finish(outcome)

    def _take_head(self) -> bytes:
        head, self._head = self._head or b"", None
        return head

    def _read_document(self) -> None:
        """What came so far, if it is one whole document."""
        if not self._head:
            return
        try:
            record = json.loads(self._head)
        except (ValueError, RecursionError):
            return
        data = self._take_head()
        if isinstance(record, dict):
            self._take(Line(1, data, too_long=False))

    def flush(self) -> list[Produced]:
        """Nothing came for a while: a message that could end the turn does."""
        self._read_document()
        self._end()
        return self._take_out()

    def on_end(self, outcome: SessionOutcome) -> None:
        """The file is not followed any more."""
        self._answered()
        self._end()

    def _about(self, record: Record) -> None:
        self._known = {**self._known, **{key: record[key] for key in _ABOUT if record.get(key)}}
        record = self._known
        directories = record.get("directories")
        first = directories[0] if isinstance(directories, list) and directories else None
        self.opened(
            agent="Gemini CLI",
            directory=first if isinstance(first, str) else None,
            title=text_of(record, "summary") or self._title,
        )

    def _entitle(self, said: str) -> None:
        """Until gemini has a summary, the session is called by what was said first."""
        if self._title is None:
            self._title = title_of(said)
            self._about(self._known)

    def _on_checkpoint(self, record: Record) -> None:
        """All messages as they are now: some stand nowhere else, others no longer count."""
        if not isinstance(record.get("messages"), list):
            return
        messages = maps_of(record, "messages")
        named = [
            (text_of(each, "id") or f"message {place}", each) for place, each in enumerate(messages)
        ]
        kept = {name for name, _ in named}
        if any(each not in kept for each in self._shown):
            self._shown.clear()
            self.diagnose("history_replaced")
        for name, each in named:
            self._on_message(each, name)

    def _is_copy(self, record: Record, message: str) -> bool:
        """Whether it was told under another id: when a turn was stopped, the program writes
        again what its model is given, all at one time, from its own first words on.
        """
        at = time_of(record.get("timestamp"))
        is_first = record.get("type") == "user" and _CONTEXT.match(_text(record.get("content")))
        if is_first and self._title is not None:
            self._copied_at = at
        elif at is None or self._copied_at is None or abs(at - self._copied_at) > AT_ONE_TIME:
            self._copied_at = None
        if self._copied_at is not None:
            bounded(self._copies, message, MAX_SEEN)
        return self._copied_at is not None

    def _on_message(self, record: Record, message: str) -> None:
        if message in self._copies:
            return
        self.at = self.clock = time_of(record.get("timestamp")) or self.at
        # A message keeps its time when it is written again.
        ends = [time_of(each.get("timestamp")) or 0 for each in maps_of(record, "toolCalls")]
        self._answered(max(ends, default=0))
        kind = record.get("type")
        if kind in ("gemini", "user"):
            bounded(self._shown, message, MAX_SEEN)
        if kind == "gemini":
            self._on_answer(record, message)
            return
        if bounded(self._seen, message, MAX_SEEN):
            return
        text = _text(record.get("displayContent") or record.get("content"))
        if kind == "user":
            text = text if record.get("displayContent") else _said(record.get("content"))
            if text.strip():
                self._end_turn()
                self._entitle(text)
                self.user(text)
        elif kind == "error":
            self.error(text)
            self._may_end = True
        elif kind in ("info", "warning"):
            self.diagnose(str(kind), {"message": short(text, 4096)})
        else:
            self.unknown(str(kind), record)

    def _on_answer(self, record: Record, message: str) -> None:
        self.uses(text_of(record, "model"))
        for number, thought in enumerate(maps_of(record, "thoughts")):
            subject, body = text_of(thought, "subject"), text_of(thought, "description")
            said = f"**{subject}**\n{body}" if subject and body else subject or body
            if said:
                self.texts.final(f"{message}-thought-{number}", said, ReasoningDelta)
        text = _text(record.get("content"))
        before = self._said.get(message, "")
        if before and text.startswith(before):
            self.texts.reopen(message, before)  # it was written down before it was whole
        if text:
            self.texts.final(message, text)
            self._said[message] = text
        calls = maps_of(record, "toolCalls")
        for call in calls:
            self._on_call(call)
        tokens = record.get("tokens")
        if isinstance(tokens, dict) and not bounded(self._seen, f"{message} tokens", MAX_SEEN):
            self.request(counters(tokens, _TOKENS))
        # Without a result that it could go on with, the program waits for a person.
        refused = all(text_of(call, "status") == "cancelled" for call in calls)
        self._may_end = refused if calls else bool(text)

    def _on_call(self, call: Record) -> None:
        call_id, status = text_of(call, "id"), text_of(call, "status")
        if not call_id:
            return
        at = time_of(call.get("timestamp"))
        name = text_of(call, "name") or "tool"
        self.calls.start(call_id, name, call.get("args"), at=self.clock)
        self._on_approval(call_id, call, is_asked=status == "awaiting_approval")
        if status not in _ENDED:
            return
        shown = call.get("resultDisplay")
        said = _result(call.get("result"))
        result = shown if isinstance(shown, str) and shown else said
        report = command_report(said) if name == _SHELL and isinstance(said, str) else None
        if status == "success" and report is not None:
            output: Any = report._replace(output=_as_text(shown) or report.output).outcome
        elif status == "success":
            output = edited(result, text_of(shown, "fileDiff"))
        elif status == "cancelled":
            output = cancelled(short(_as_text(result), MAX_MESSAGE) or None)
        else:
            output = failed(_as_text(result) or "failed")
        ends_now = not self.calls.has_ended(call_id)
        self.calls.complete(call_id, output, at=at)
        items = todo_items(call.get("args")) if name == "write_todos" else None
        if ends_now and items is not None and status == "success":
            self.plan(items)

    def _on_approval(self, call_id: str, call: Record, *, is_asked: bool) -> None:
        """Only some versions write a call down before a person has approved it."""
        if is_asked and call_id not in self._waiting and len(self._waiting) < MAX_SEEN:
            args = call.get("args")
            name = text_of(call, "displayName") or text_of(call, "name")
            what = text_of(args, "command") or text_of(args, "file_path")
            self._waiting[call_id] = ": ".join(filter(None, (name, what)))
            self.wait(self._waiting[call_id] or "permission")
        elif not is_asked and self._waiting.pop(call_id, None) is not None and not self._waiting:
            self.resume()

    def hooked(self, call: Record, at: int | None) -> list[Produced]:
        """A question that waits for a person, which only hooks are told; and a turn's end."""
        name = text_of(call, "hook_event_name")
        with self.as_of(at or self.at):
            if text_of(call, "notification_type") == "ToolPermission":
                self._asked_at = self.at or 0
                what = _asked(map_of(call, "details")) or text_of(call, "message")
                self.wait(what or "permission")
            elif name in ("AfterAgent", "SessionEnd"):
                self._answered()
                self._end()
        return self._take_out()

    def _answered(self, at: int = 0) -> None:
        """Whatever the file says after a question, it has been answered, at the latest then."""
        if self._asked_at is None:
            return
        asked_at, self._asked_at = self._asked_at, None
        if not self._waiting:
            with self.as_of(max(at, asked_at, self.at or 0) or None):
                self.resume()

    def _end(self) -> None:
        if self._may_end and self._asked_at is None:
            self._end_turn()

    def _end_turn(self) -> None:
        self._may_end = False
        self._said.clear()
        if self.in_turn:
            with self.as_of_the_newest():
                self.commit()

    def _seen_rewind(self) -> None:
        """The person went back: what was said stays said, what follows says so."""
        self._shown.clear()
        self.diagnose("rewound")


def _asked(details: Record) -> str:
    """What a person is asked to allow."""
    command = text_of(details, "command")
    file = text_of(details, "filePath") or text_of(details, "fileName")
    tool = text_of(details, "toolDisplayName") or text_of(details, "toolName")
    title = text_of(details, "title")
    if command:
        return f"permission for Shell: {command}"
    return ": ".join(filter(None, (title, file or tool or text_of(details, "prompt"))))


def _text(content: object) -> str:
    """A message's text; parts that are results of calls stand with their call."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    parts = content if isinstance(content, list) else []
    said = [each if isinstance(each, str) else text_of(each, "text") for each in parts]
    return "".join(said)


def _said(content: object) -> str:
    """What a person typed; what the program added is left out, only where it stands by itself."""
    parts = content if isinstance(content, list) else [content]
    said, is_added = [], False
    for part in parts:
        text = _text(part)
        is_added = is_added or text.strip() == _FILES
        if not is_added:
            said.append(text or _media(part))
        elif text.strip() == _END_OF_FILES:
            is_added = False
    words = _HOOKS.sub("", _CONTEXT.sub("", "".join(said)))
    return "" if words.startswith(_SETUP) else words


def _media(part: object) -> str:
    """A picture or file in a prompt."""
    given = map_of(part, "inlineData") or map_of(part, "fileData")
    mime, uri = text_of(given, "mimeType"), text_of(given, "fileUri")
    kind = "image" if mime.startswith("image/") else "file"
    return media(kind, mime, size_of_base64(given.get("data")), uri) if given else ""


def _result(result: object) -> Any:
    """What a call's `functionResponse` holds."""
    parts = result if isinstance(result, list) else [result]
    for part in parts:
        response = map_of(map_of(part, "functionResponse"), "response")
        if response:
            output = response.get("output", response.get("error"))
            if isinstance(output, str):
                return without_frame(output)
            return output if output is not None else response
    return _text(result) or None


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else ""
