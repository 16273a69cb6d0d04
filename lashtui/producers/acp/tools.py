"""Tool calls and token counts of ACP agents, made into calls and counters.

A call is assembled from several messages: the first often knows neither its arguments nor its
title, later ones fill them in, and agents differ in where they put the output.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from lashd.events import JsonValue
from lashd.exact import exact_number
from lashd.gist import json_text
from lashd.text import clip, short, size_of_value
from lashtui.producers.claude.results import launched, untagged
from lashtui.producers.dedupe import MAX_OUTPUT, cancelled, edited, failed, succeeded, tidy
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, todo_items
from lashtui.text.media import media, size_of_base64

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_BLOCKS = 256
"""Blocks of content that a call may have; each may be large."""
MAX_PRINTED = MAX_OUTPUT - 1024
"""Characters of a command's output that are kept: with a mark between, within an output."""
MAX_TITLE = 2000
"""Characters of a title; some agents put a whole command there."""

_NUMBER = re.compile(r"\s*-?[0-9]{1,10}\s*\Z")
_EXIT_KEYS = ("exit_code", "exitCode", "exit")
_TEXT_KEYS = (
    "formatted_output",
    "aggregated_output",
    "output",
    "stdout",
    "content",
    "error",
    "message",
)
_WRAPPED = ("result", "Ok", "Err", "error")
"""Keys under which some agents put the result of an MCP call."""
_SUBJECTS = (
    *("command", "cmd", "script", "file_path", "filePath", "path", "fileName", "url"),
    "prompt",
)
"""Arguments that say what a person is asked to allow."""


_NAMELESS = ("other", "think")
"""Kinds that say less about a call than its title: subagents and reviews are said to think."""


class AcpTool:
    """One call: all patches so far."""

    __slots__ = (
        "_content",
        "_exit",
        "_has_terminal",
        "_name",
        "_output",
        "_printed",
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
        self._name = ""
        self._output: JsonValue = None
        self._content: list[Record] = []
        self._printed = Printed()
        self._exit: Record = {}
        self._has_terminal = False

    def patch(self, update: Record, *, fills: bool = False) -> None:
        """Merge one patch: what it has replaces. `fills`: arguments only complete the others."""
        self.title = short(text_of(update, "title"), MAX_TITLE) or self.title
        self.kind = short(text_of(update, "kind")) or self.kind
        given = update.get("rawInput")
        if isinstance(given, dict) and given:
            self.args = {**self.args, **_without(given, self.args)} if fills else given
        elif isinstance(given, str) and given:
            self.args = {"input": given}
        if update.get("rawOutput") is not None:
            self._output = tidy(update["rawOutput"])
        if update.get("content") is not None:
            self._content = maps_of({"content": tidy(update["content"])}, "content")
        meta = map_of(update, "_meta")
        claude = map_of(meta, "claudeCode")
        names = (
            text_of(claude, "toolName"),
            text_of(update, "name"),
            text_of(meta, "tool_name"),
            text_of(meta, "toolName"),
        )
        own_name = next(filter(None, names), "")
        # Later titles say what became of the call, not what it is.
        kind = self.kind if self.kind not in _NAMELESS else ""
        self._name = short(own_name) or self._name or kind or short(self.title) or ""
        if self._output is None and claude.get("toolResponse") is not None:
            self._output = tidy(claude["toolResponse"])
        for key in ("terminal_output", "terminal_output_delta"):
            self._printed.add(text_of(map_of(meta, key), "data"))
        self._exit = map_of(meta, "terminal_exit") or self._exit
        self._has_terminal = self._has_terminal or "terminal_info" in meta

    def add(self, block: Record) -> None:
        """One more block of content."""
        if len(self._content) < MAX_BLOCKS and size_of_value(block) <= MAX_OUTPUT:
            self._content = [*self._content, block]

    @property
    def outlives_turns(self) -> bool:
        """Whether it is a command in a terminal of its own: that it runs on is no mistake."""
        return self.kind == "execute" and (
            self._has_terminal or any(each.get("type") == "terminal" for each in self._content)
        )

    @property
    def command(self) -> str:
        """The command line, or what is known instead."""
        return _words(self.args.get("command")) or self.title or self.name

    @property
    def so_far(self) -> str:
        """What it has printed until now."""
        return self._printed.text()

    @property
    def signal(self) -> str:
        """What killed its command; empty if nothing did."""
        return _signal(self._exit)

    @property
    def name(self) -> str:
        """The tool's own name if the agent gives it, else its kind, else its first title."""
        return self._name or "tool"

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

    def asked(self, call: Record) -> str:
        """What a person is asked to allow, in full: `call` is this call as the request tells it."""
        title = text_of(call, "title") or self.title
        given = call.get("rawInput")
        args = {**self.args, **given} if isinstance(given, dict) else self.args
        subject = next(filter(None, (_words(args.get(key)) for key in _SUBJECTS)), "")
        subject = subject or "\n".join(text_of(each, "path") for each in maps_of(call, "locations"))
        if not subject:
            blocks = [each for each in maps_of(call, "content") if each.get("type") == "content"]
            subject = "\n".join(filter(None, (content_text(each["content"]) for each in blocks)))
        if not subject and args:
            texts = [each for each in args.values() if _is_text(each)]
            subject = texts[0] if len(args) == len(texts) == 1 else json_text(args)
        if not subject or subject in title:
            return title
        return subject if title in subject else f"{title}: {subject}"

    def plan(self) -> list[tuple[str, str]] | None:
        """The agent's plan as this call sets it: things to do with their states; None: no plan."""
        return todo_items(self.args)

    def result(self, status: str, terminals: dict[str, Record]) -> JsonValue:
        """Its output in lash's shape, for a status that is an end."""
        payload, end, is_error = self._payload(terminals)
        if status == "cancelled":
            return cancelled()
        code = _exit_code(end)
        if code:
            return failed(f"exit code {code}", payload, code)
        if signal := _signal(end):
            return failed(f"killed by signal {signal}", payload)
        if self.title in ("invalid", "Invalid Tool") and {"tool", "error"} <= self.args.keys():
            # opencode's stand-in for a tool that it doesn't have, or for broken arguments.
            return failed(text_of(self.args, "error") or "invalid")
        if status == "completed" and not is_error:
            is_agent = "subagent_type" in self.args and isinstance(payload, str)
            if is_agent and (said := launched(payload)):
                return succeeded(said)
            return edited(payload, text_of(map_of(self._output, "metadata"), "diff"))
        if isinstance(payload, str) and payload.strip():
            return failed(untagged(payload.strip()))
        return failed("failed", payload)

    def _payload(self, terminals: dict[str, Record]) -> tuple[JsonValue, Record, bool]:
        """What it gave back, best source first; how its command ended; whether that is an error."""
        end = self._exit
        shown = []
        for block in self._content:
            terminal = terminals.get(text_of(block, "terminalId"))
            if terminal is not None:
                shown.append(text_of(terminal, "output"))
                end = end or terminal
            elif block.get("type") == "content":
                shown.append(content_text(block.get("content")))
        content = "\n".join(filter(None, shown))
        output, is_error = self._output, False
        if isinstance(output, dict):
            for key in _WRAPPED:
                if isinstance(output.get(key), dict):
                    is_error = key in ("Err", "error")
                    output = output[key]
                    break
            is_error = is_error or output.get("isError") is True
            end = end or _end_of(output)
            text = _text_of_output(output)
            if text:
                return text, end, is_error
            if not (self._printed or content):
                return ("" if end else output), end, is_error
        elif isinstance(output, list) and (text := _text_of_output({"content": output})):
            return text, end, is_error
        elif output not in (None, "", []):
            return output, end, is_error
        return self._printed.text() or content or None, end, is_error


class Printed:
    """What a command has printed: the beginning and the end of it, if it is long."""

    __slots__ = ("_head", "_left_out", "_tail")

    def __init__(self) -> None:
        self._head = ""
        self._tail = ""
        self._left_out = 0

    def __bool__(self) -> bool:
        return bool(self._head)

    def add(self, text: str) -> None:
        """Some more."""
        room = MAX_PRINTED // 2 - len(self._head)
        self._head += text[:room]
        self._tail += text[room:]
        if len(self._tail) > MAX_PRINTED:
            # Cut at twice what stays: each piece costs its own length, not that of the whole.
            self._cut_tail()

    def _cut_tail(self) -> None:
        self._left_out += max(0, len(self._tail) - MAX_PRINTED // 2)
        self._tail = self._tail[-MAX_PRINTED // 2 :]

    def text(self) -> str:
        """All of it, or head and tail with a mark between."""
        self._cut_tail()
        gap = f"\n... ({self._left_out} characters left out)\n" if self._left_out else ""
        return f"{self._head}{gap}{self._tail}"


def _end_of(output: Record) -> Record:
    """The part of a raw output that tells an exit code; empty where none does."""
    places = (output, map_of(output, "metadata"), *maps_of(output, "contents"))
    return next((each for each in places if _exit_code(each) is not None), {})


def _text_of_output(output: Record) -> str:
    """A raw output's text, errors after it; MCP's is in blocks."""
    content = output.get("content")
    if isinstance(content, list):
        text = "\n".join(filter(None, map(content_text, content)))
    else:
        text = next((output[key] for key in _TEXT_KEYS if _is_text(output.get(key))), "")
    errors = text_of(output, "stderr")
    return f"{text.rstrip()}\n{errors}".lstrip() if errors and errors not in text else text


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
    if not isinstance(kind, str):
        return ""
    url = text_of(block, "uri")
    size = size_of_base64(block.get("data"))
    return media(kind, text_of(block, "mimeType"), size, "" if url.startswith("data:") else url)


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
        found = {key: exact_number(counts.get(key)) for key in ("input_tokens", "output_tokens")}
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
    """The answer to `terminal/output` or `terminal/wait_for_exit`, as remembered."""
    output = clip(text_of(result, "output"), MAX_OUTPUT)
    known: Record = {"output": output} if "output" in result else {}
    status = map_of(result, "exitStatus") or result
    ended = _exit_code(status) is not None or status.get("signal")
    return (
        {**known, "exit_code": _exit_code(status), "signal": status.get("signal")}
        if ended
        else known
    )


def _diff(block: Record) -> Record:
    found = {
        "path": text_of(block, "path"),
        "old_text": text_of(block, "oldText"),
        "new_text": text_of(block, "newText"),
    }
    return {key: value for key, value in found.items() if value or key != "path"}


def _exit_code(output: Record) -> int | None:
    """The exit code that is told, as a number or as text."""
    for key in _EXIT_KEYS:
        code = int_of(output, key)
        if code is None and _NUMBER.match(text_of(output, key)):
            code = int(output[key])
        if code is not None:
            return code
    return None


def _signal(end: Record) -> str:
    signal = end.get("signal")
    return short(str(signal), 40) or "" if isinstance(signal, int | str) and signal else ""


def _without(record: Record, keys: Record) -> Record:
    return {key: value for key, value in record.items() if key not in keys}


def _words(value: object) -> str:
    """A text, or a command line that is given word by word."""
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return shlex.join(value)
    return value if isinstance(value, str) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _count(usage: Record, key: str) -> int | float:
    return exact_number(usage.get(key)) or 0
