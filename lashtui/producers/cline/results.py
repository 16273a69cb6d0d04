"""What Cline's calls are given and give back. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from lashtui.producers.dedupe import failed, succeeded
from lashtui.producers.fields import maps_of, text_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

_CODE: Final = re.compile(r"Command exited with code (-?\d{1,9})\Z")
_HEAD: Final = re.compile(r"\A\[Command exited with code -?\d{1,9}\]\s*")
"""What Cline puts before the output of a command that failed."""


def arguments_of(given: JsonValue) -> JsonValue:
    """A call's arguments; commands as one text, so that they are shown as what they are."""
    commands = given.get("commands") if isinstance(given, dict) else None
    if isinstance(given, dict) and isinstance(commands, list) and commands:
        words = [each for each in commands if isinstance(each, str)]
        if len(words) == len(commands):
            rest = {key: value for key, value in given.items() if key != "commands"}
            return {"command": "\n".join(words), **rest}
    return given


def result_of(event: Record) -> JsonValue:
    """A call's output in lash's shape: of one thing that it did, or of several."""
    output = event.get("output")
    parts = maps_of(event, "output") if isinstance(output, list) else [output]
    texts, problems = [], []
    for part in parts:
        texts.append(_words(part))
        if isinstance(part, dict) and (part.get("success") is False or part.get("error")):
            problems.append(text_of(part, "error") or "failed")
    if problem := _words(event.get("error")):
        problems.append(problem)
    text = "\n".join(filter(None, texts))
    if not problems:
        return succeeded(text or (output if output not in (None, "", []) else None))
    found = _CODE.search(problems[0])
    if found is not None:
        code = int(found[1])
        return failed(f"exit code {code}", _HEAD.sub("", text), code)
    said = "\n".join(problems)
    return failed(said, text if text and problems[0] not in text else None)


def _words(part: JsonValue) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    said = text_of(part, "result") or text_of(part, "text") or text_of(part, "message")
    if said or "result" in part or "error" in part:
        return said
    return json.dumps(part, ensure_ascii=False) if part else ""
