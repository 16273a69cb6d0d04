"""What Claude's program writes in a person's name, or adds to what others wrote. Pure.

It marks its own with tags. Only whole blocks, where the program puts them, are its own: a tag that
somebody quotes, or that is not closed, is text like any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lashtui.producers.claude.content import content_text
from lashtui.producers.fields import map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_REMINDER: Final = "system-reminder"
_OWN: Final = (
    rf"{_REMINDER}|ide_[a-z_]+|new-diagnostics|user-prompt-submit-hook|local-command-[a-z]+"
    r"|bash-stdout|bash-stderr|task-notification|fork-boilerplate|system-note|mcp-server-note"
)
_OPENING = re.compile(rf"\s*<({_OWN})(?:\s[^<>]*)?>")
_CLOSING = re.compile(rf"</({_OWN})>\Z")
_LONGEST: Final = 64
"""Characters of a closing tag; no name of one is as long."""
MAX_BLOCKS: Final = 64
"""Blocks taken off an end of one text; the program adds a handful."""

_COMMAND = re.compile(r"\s*<command-(name|message|args|contents)>(.*?)</command-\1>\s*", re.DOTALL)
_TYPED = re.compile(r"\A\s*<(bash-input|user-memory-input)>\s*(.*?)\s*</\1>\s*\Z", re.DOTALL)
_ENTERED: Final = {"bash-input": "!", "user-memory-input": "#"}
_OUTPUT = re.compile(
    r"\s*<(local-command-(?:stdout|stderr)|bash-stdout|bash-stderr)>(.*?)</\1>\s*", re.DOTALL
)
_WRAPPED = re.compile(
    r"\s*<(channel|teammate-message|cross-session-message|agent-message)((?:\s[^<>]*)?)>"
    r"\s*(.*?)\s*</\1>\s*",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_NAMES: Final = ("from-name", "name", "user", "teammate_id", "from", "source", "server")
"""Attributes that say who wrote what is inside, the most telling first."""
_NOTIFIED = re.compile(r"\A\s*<task-notification>\s*<task-id>.*?</task-notification>", re.DOTALL)
_INTERRUPTED = re.compile(r"\A\s*\[Request interrupted by user[^\[\]]*\]\s*\Z")

_MARKS: Final = ("isSynthetic", "isMeta", "isCompactSummary", "isVisibleInTranscriptOnly")
_PEOPLE: Final = ("channel", "bridge", "coordinator", "peer")
"""Origins of what somebody else sent, whatever else marks it."""
_PROGRAM: Final = ("auto-continuation", "observer", "observer-activity")


class Said(NamedTuple):
    """Something that somebody said to the agent."""

    text: str
    sender: str
    """Empty: the person at the keyboard."""


def said_in(record: Record) -> list[Said]:
    """What a user record says that the program did not write itself."""
    return said_with(map_of(record, "message").get("content"), record)


def said_with(content: object, record: Record) -> list[Said]:
    """What `content` says, where the record beside it tells whose it is."""
    sender = sender_of(record)
    if sender is None:
        return []
    text = typed(content)
    wrapped = _blocks(_WRAPPED, text)
    if wrapped is None:
        return [Said(text, sender)] if text else []
    return [Said(found[3], _named(found[2]) or sender or found[1]) for found in wrapped if found[3]]


def sender_of(record: Record) -> str | None:
    """Who wrote a user record: a name, empty for the person at the keyboard, None: the program."""
    origin = map_of(record, "origin")
    kind = text_of(origin, "kind")
    is_marked = any(record.get(mark) is True for mark in _MARKS)
    if kind in _PEOPLE:
        name = text_of(origin, "name") or text_of(origin, "server") or text_of(origin, "from")
        return f"{name} ({kind})" if name else kind
    if kind == "task-notification":
        return text_of(origin, "subkind") or None
    if is_marked or kind in _PROGRAM:
        return None
    return "" if kind == "human" else kind


def typed(content: object) -> str:
    """What a person typed: without what the program added, commands as they were entered."""
    if isinstance(content, list):
        kept = [block for block in content if not _is_own(block)]
        content = kept
    text = _without_own(content_text(content)).strip()
    command = _blocks(_COMMAND, text)
    if command is not None:
        parts = {found[1]: found[2].strip() for found in command}
        return f"{parts.get('name', '')} {parts.get('args', '')}".strip()
    entered = _TYPED.match(text)
    return f"{_ENTERED[entered[1]]} {entered[2]}" if entered is not None else text


def is_notification(text: str) -> bool:
    """Whether the program tells of a background task's end with this."""
    return _NOTIFIED.match(text) is not None


def is_output(text: str) -> bool:
    """Whether the program writes down with this what a command of its own printed."""
    outputs = _blocks(_OUTPUT, text)
    return outputs is not None


def printed(text: str) -> str:
    """What that command printed."""
    outputs = _blocks(_OUTPUT, text) or []
    return "\n".join(found[2].strip("\n") for found in outputs if found[2].strip())


def is_event(record: Record, text: str) -> bool:
    """Whether the program hands on with this what happened outside, other than a task's end."""
    kind = text_of(map_of(record, "origin"), "kind")
    is_told = kind == "task-notification" and sender_of(record) is None
    return is_told and bool(text.strip()) and not is_notification(text)


def is_interruption(text: str) -> bool:
    """Whether the program writes down with this that a person stopped it."""
    return _INTERRUPTED.match(text) is not None


def without_added(text: str, rich: object = None) -> str:
    """A tool's result without the reminders to the model that the program put behind it.

    `rich` is the program's other copy of the result, without them: what stands there too, stays.
    """
    for _ in range(MAX_BLOCKS):
        start = _last_block(text, _REMINDER)
        if start is None or _holds(rich, text[start:].strip()):
            return text
        text = text[:start].rstrip()
    return text


def _without_own(text: str) -> str:
    for _ in range(MAX_BLOCKS):
        end = _first_block(text)
        if end is None:
            break
        text = text[end:]
    for _ in range(MAX_BLOCKS):
        start = _last_block(text)
        if start is None:
            break
        text = text[:start]
    return text


def _first_block(text: str) -> int | None:
    """Where the program's block at the beginning of a text ends."""
    opening = _OPENING.match(text)
    if opening is None:
        return None
    name = opening[1]
    close = text.find(f"</{name}>", opening.end())
    if close < 0 or text.find(f"<{name}", opening.end(), close) >= 0:
        return None
    end = close + len(name) + 3
    # Somebody who quotes a block goes on in the same line.
    return None if text[end : end + 1] in (" ", "\t") and text[end:].strip() else end


def _last_block(text: str, only: str | None = None) -> int | None:
    """Where the program's block at the end of a text begins."""
    whole = text.rstrip()
    closing = _CLOSING.search(whole, max(0, len(whole) - _LONGEST))
    if closing is None or only not in (None, closing[1]):
        return None
    start = whole.rfind(f"<{closing[1]}", 0, closing.start())
    if start < 0 or _OPENING.match(whole, start) is None:
        return None
    line = whole[whole.rfind("\n", 0, start) + 1 : start]
    return None if line.strip() and line[-1] in " \t" else start


def _is_own(block: object) -> bool:
    text = block if isinstance(block, str) else text_of(block, "text")
    return bool(text.strip()) and not _without_own(text).strip()


def _blocks(pattern: re.Pattern[str], text: str) -> list[re.Match[str]] | None:
    """The blocks that a text consists of; None where it holds anything else."""
    found: list[re.Match[str]] = []
    at = 0
    while at < len(text) and len(found) < MAX_BLOCKS:
        block = pattern.match(text, at)
        if block is None:
            return None
        found.append(block)
        at = block.end()
    return found if found and at == len(text) else None


def _named(attributes: str) -> str:
    known = dict(_ATTRIBUTE.findall(attributes))
    return next((known[name] for name in _NAMES if known.get(name)), "")


def _holds(value: object, text: str) -> bool:
    """Whether any text of a tool's own copy has `text` in it."""
    if isinstance(value, str):
        return text in value
    if isinstance(value, dict):
        inner = [*value.values(), *(each for key in value for each in maps_of(value, key))]
        return any(
            text in each if isinstance(each, str) else text in text_of(each, "content")
            for each in inner
        )
    return False
