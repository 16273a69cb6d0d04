"""Tool calls and token counts of ACP agents, made into calls and counters.

A call is a patchwork: the first message often knows neither its arguments nor its title, later
ones fill in, and agents differ in where they put the output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lashd.events import JsonValue
from lashd.text import clip, short, size_of_value
from lashtui.producers.dedupe import MAX_OUTPUT, cancelled, failed, number, succeeded
from lashtui.producers.records import int_of, map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_BLOCKS = 256
"""Blocks of content that a call may have; each may be large."""
MAX_TITLE = 2000
"""Characters of a title; some agents put a whole command there."""

_EXIT_KEYS = ("exit_code", "exitCode", "exit")
_TEXT_KEYS = ("formatted_output", "aggregated_output", "output", "stdout", "error", "message")


class AcpTool:
    """One call: all patches so far."""

    __slots__ = (
        "_content",
        "_output",
        "_own_name",
        "_terminal",
        "args",
        "kind",
        "session",
        "title",
    )

    def __init__(self, session: str) -> None:
        self.session = session
        self.title = ""
        self.kind = ""
        self.args: Record = {}
        self._own_name = ""
        self._output: JsonValue = None
        self._content: list[Record] = []
        self._terminal = ""

    def patch(self, update: Record, *, fills: bool = False) -> None:
        """Merge one patch: what it has replaces. `fills`: arguments only complete the others."""
        self.title = short(text_of(update, "title"), MAX_TITLE) or self.title
        self.kind = short(text_of(update, "kind")) or self.kind
        given = update.get("rawInput")
        if isinstance(given, dict) and given:
            self.args = {**given, **self.args} if fills else given
        elif isinstance(given, str) and given:
            self.args = {"input": given}
        if update.get("rawOutput") is not None:
            self._output = clip(update["rawOutput"], MAX_OUTPUT)
        if update.get("content") is not None:
            self._content = maps_of({"content": clip(update["content"], MAX_OUTPUT)}, "content")
        meta = map_of(update, "_meta")
        claude = map_of(meta, "claudeCode")
        name = text_of(claude, "toolName") or text_of(update, "name")
        self._own_name = short(name) or self._own_name
        if self._output is None and claude.get("toolResponse") is not None:
            self._output = clip(claude["toolResponse"], MAX_OUTPUT)
        printed = text_of(map_of(meta, "terminal_output"), "data")
        if printed and len(self._terminal) < MAX_OUTPUT:
            self._terminal += printed

    def add(self, block: Record) -> None:
        """One more block of content."""
        if len(self._content) < MAX_BLOCKS and size_of_value(block) <= MAX_OUTPUT:
            self._content = [*self._content, block]

    @property
    def name(self) -> str:
        """The tool's own name if the agent gives it, else its kind, else its title."""
        kind = self.kind if self.kind != "other" else ""
        return self._own_name or kind or self.title or "tool"

    def shown_args(self) -> Record:
        """Its arguments; an edit's old and new text, and the title where there is nothing else."""
        args = self.args
        diffs = [block for block in self._content if block.get("type") == "diff"]
        if diffs and not any(key in args for key in ("old_string", "old_text", "changes")):
            if len(diffs) == 1:
                args = {**args, **_diff(diffs[0])}
            else:
                args = {**args, "changes": [_diff(diff) for diff in diffs]}
        if self.title and self.title != self.name and not any(map(_is_text, args.values())):
            args = {"title": self.title, **args}
        return args

    def result(self, status: str, terminals: dict[str, Record]) -> JsonValue:
        """Its output in lash's shape, for a status that is an end."""
        payload, code = self._payload(terminals)
        if status == "cancelled":
            return cancelled()
        if code:
            return failed(f"exit code {code}", payload, code)
        if status == "completed":
            return succeeded(payload)
        if isinstance(payload, str) and payload.strip():
            return failed(payload.strip())
        return failed("failed", payload)

    def _payload(self, terminals: dict[str, Record]) -> tuple[JsonValue, int | None]:
        """What it gave back, best source first, and its exit code if there is one."""
        output = self._output
        if isinstance(output, dict):
            code = _exit_code(output)
            if code is None:
                code = _exit_code(map_of(output, "metadata"))
            text = next((output[key] for key in _TEXT_KEYS if _is_text(output.get(key))), None)
            errors = text_of(output, "stderr")
            if text is not None and errors and errors not in text:
                text = f"{text.rstrip()}\n{errors}"
            if text is not None or code is not None:
                return text or errors, code
            return output, None
        if output not in (None, "", []):
            return output, None
        if self._terminal:
            return self._terminal, None
        texts = []
        code = None
        for block in self._content:
            terminal = terminals.get(text_of(block, "terminalId"))
            if terminal is not None:
                texts.append(text_of(terminal, "output"))
                code = int_of(terminal, "exit_code")
            elif block.get("type") == "content":
                texts.append(content_text(block.get("content")))
        return "\n".join(filter(None, texts)) or None, code


def content_text(block: object) -> str:
    """A content block as text: what is not text is named, never shown."""
    if not isinstance(block, dict):
        return block if isinstance(block, str) else ""
    kind = block.get("type")
    if kind == "text":
        return text_of(block, "text")
    if kind == "resource_link":
        name, uri = text_of(block, "name"), text_of(block, "uri")
        return f"[{name or uri}]({uri})"
    if kind == "resource":
        resource = map_of(block, "resource")
        return text_of(resource, "text") or f"[{text_of(resource, 'uri') or 'resource'}]"
    return f"[{short(kind, 40)}]" if isinstance(kind, str) else ""


def prompt_text(blocks: object) -> str:
    """What a person said: the text blocks, and what is attached by its name only."""
    parts = []
    for block in blocks if isinstance(blocks, list) else [blocks]:
        if isinstance(block, dict) and block.get("type") == "resource":
            parts.append(f"[{text_of(map_of(block, 'resource'), 'uri') or 'resource'}]")
        else:
            parts.append(content_text(block))
    return "\n".join(filter(None, parts))


def turn_usage(result: Record) -> dict[str, int | float]:
    """The tokens that a prompt's response reports, under lash's names.

    Some agents count cached input and thoughts apart from input and output, some within: the
    total says which. Here they are within.
    """
    given = map_of(result, "usage")
    if not given:
        counts = map_of(map_of(map_of(result, "_meta"), "quota"), "token_count")
        found = {key: number(counts.get(key)) for key in ("input_tokens", "output_tokens")}
        return {key: value for key, value in found.items() if value is not None}
    asked, answered = _count(given, "inputTokens"), _count(given, "outputTokens")
    read, written = _count(given, "cachedReadTokens"), _count(given, "cachedWriteTokens")
    thought, total = _count(given, "thoughtTokens"), _count(given, "totalTokens")
    rest = total - asked - answered
    if rest in (read + written, read + written + thought):
        asked += read + written
    if thought and rest in (thought, read + written + thought):
        answered += thought
    return {
        "input_tokens": asked,
        "output_tokens": answered,
        "cached_input_tokens": read,
        "reasoning_tokens": thought,
    }


def terminal_state(result: Record) -> Record:
    """The answer to `terminal/output`, as remembered."""
    status = map_of(result, "exitStatus")
    output = clip(text_of(result, "output"), MAX_OUTPUT)
    return {"output": output, "exit_code": int_of(status, "exitCode")}


def _diff(block: Record) -> Record:
    found = {
        "path": text_of(block, "path"),
        "old_text": text_of(block, "oldText"),
        "new_text": text_of(block, "newText"),
    }
    return {key: value for key, value in found.items() if value or key != "path"}


def _exit_code(output: Record) -> int | None:
    return next((code for key in _EXIT_KEYS if (code := int_of(output, key)) is not None), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _count(usage: Record, key: str) -> int | float:
    return number(usage.get(key)) or 0
