"""Results of Claude's tool calls in lash's shape. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashtui.producers.claude.content import content_text
from lashtui.producers.claude.marks import is_interruption, without_added
from lashtui.producers.command_report import command_failure
from lashtui.producers.dedupe import cancelled, edited, failed, succeeded
from lashtui.producers.fields import int_of, map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

_ERROR_TAG = re.compile(r"\A\s*<tool_use_error>(.*?)(?:</tool_use_error>\s*)?\Z", re.DOTALL)
_LAUNCHED = re.compile(r"\A((?:Async|Background) agent launched successfully\.)\s")
_EXIT_CODE = re.compile(r"\AExit code (\d{1,9})\b")
_TOOLS_USED = re.compile(r"\A\s*<(tools-used-before-summary)>.*?</\1>\s*", re.DOTALL)
_OPAQUE: Final = ("type", "encrypted_content", "encrypted_index", "encrypted_stdout")
"""Fields for the provider alone."""
_REJECTED: Final = "User rejected tool use"


def outcome_of(block: Record, rich: object, meta: object) -> dict[str, JsonValue]:
    """A tool_result block in lash's shape.

    A call that a person refused or interrupted is cancelled; whatever else has `is_error` failed.
    """
    if isinstance(block.get("content"), dict):
        return _of_server(block["content"], is_error=block.get("is_error") is True)
    text = without_added(content_text(block.get("content")), rich)
    output: JsonValue
    if block.get("is_error") is True:
        if rich == _REJECTED or _was_rejected(block, meta):
            output = cancelled(text)
        elif is_interruption(text.removeprefix("Error: ")):
            output = cancelled("Interrupted by the user.")
        else:
            if isinstance(rich, str) and rich.startswith("Error: "):
                text = rich.removeprefix("Error: ")
            text = untagged(text)
            output = command_failure(text)
            if output is None:
                code = _EXIT_CODE.match(text)
                output = failed(text, exit_code=int(code.group(1)) if code else None)
    elif isinstance(rich, dict) and rich.get("interrupted") is True:
        output = cancelled(text)
    elif isinstance(rich, dict) and "agentId" in rich and isinstance(rich.get("content"), list):
        output = succeeded(_TOOLS_USED.sub("", content_text(rich["content"])))
    else:
        output = edited(text, _diff(rich))
    assert isinstance(output, dict)
    return output


def _diff(rich: object) -> str:
    """What an edit has really changed, as a unified diff; empty where the line doesn't say."""
    path = text_of(rich, "filePath")
    lines = [f"--- {path}", f"+++ {path}"]
    for hunk in maps_of(rich, "structuredPatch"):
        rows = hunk.get("lines")
        at = [int_of(hunk, key) for key in ("oldStart", "oldLines", "newStart", "newLines")]
        if None in at or not isinstance(rows, list) or not all(isinstance(r, str) for r in rows):
            return ""
        lines.append(f"@@ -{at[0]},{at[1]} +{at[2]},{at[3]} @@")
        lines += rows
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def launched(text: str) -> str | None:
    """What is told of a subagent that goes on in the background; None: `text` is something else.

    The rest of it tells the model what not to do.
    """
    found = _LAUNCHED.match(text)
    return found[1] if found is not None else None


def untagged(text: str) -> str:
    """An error's text without the program's tag around it."""
    tagged = _ERROR_TAG.match(text)
    return tagged.group(1).strip() if tagged else text


def _of_server(content: Record, *, is_error: bool) -> dict[str, JsonValue]:
    """What a tool that runs at the provider gave: one map, of a type of its own."""
    output: JsonValue
    code, error = int_of(content, "return_code"), text_of(content, "error_code")
    if error or is_error or text_of(content, "type").endswith("_error"):
        message = text_of(content, "error_message") or text_of(content, "message")
        told = ": ".join(each for each in (error, message) if each)
        output = failed(told or content_text([content]) or "it failed")
    elif code is not None:
        printed = [text_of(content, "stdout"), text_of(content, "stderr")]
        said = "\n".join(each.rstrip("\n") for each in printed if each)
        files = content_text(content.get("content"))
        said = "\n".join(each for each in (said, files) if each)
        message = said or f"exit code {code}"
        output = succeeded(said) if code == 0 else failed(message, exit_code=code)
    elif maps_of(content, "tool_references"):
        output = succeeded(content_text(content["tool_references"]))
    elif isinstance(content.get("content"), str):
        output = succeeded(content["content"])
    elif content.get("url") or content.get("title"):
        output = succeeded(content_text([content]))
    else:
        output = succeeded({key: each for key, each in content.items() if key not in _OPAQUE})
    assert isinstance(output, dict)
    return output


def _was_rejected(block: Record, meta: object) -> bool:
    """Whether a person stopped the call; a rule that denied it makes it a failure."""
    for each in meta if isinstance(meta, list) else []:
        if text_of(each, "id") == text_of(block, "tool_use_id"):
            denied = text_of(map_of(each, "permission_decision"), "decision") == "reject"
            return text_of(each, "non_execution_kind") == "user-rejected" and not denied
    return False
