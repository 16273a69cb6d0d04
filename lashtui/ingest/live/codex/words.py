"""The app server's words: what is asked of it, and what its answers say of threads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from lashd.text import short
from lashtui.producers.codex.base import MAX_TITLE_OF_PROMPT
from lashtui.producers.fields import int_of, map_of, maps_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_ID: Final = 200
"""Characters of a thread's id; it is a UUID."""

MAX_PATH: Final = 4096
"""Characters of a path: no system has longer ones."""

UNWANTED: Final = (
    "account/rateLimits/updated",
    "account/updated",
    "app/list/updated",
    "configWarning",
    "fs/changed",
    "item/commandExecution/terminalInteraction",
    "item/fileChange/outputDelta",
    "item/fileChange/patchUpdated",
    "item/reasoning/summaryPartAdded",
    "mcpServer/startupStatus/updated",
    "rawResponse/completed",
    "rawResponseItem/completed",
    "remoteControl/status/changed",
    "skills/changed",
    "thread/goal/cleared",
    "thread/goal/updated",
    "thread/prediction/updated",
    "thread/readState/changed",
    "thread/realtime/outputAudio/delta",
    "thread/settings/updated",
    "turn/diff/updated",
    "turn/moderationMetadata",
)
"""Notifications that nothing is made of, or that are about the account: they need not be sent."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
encode = msgspec.json.encode


class Thread(NamedTuple):
    """What the server says of a thread."""

    id: str
    is_active: bool
    """It works, or waits for an answer."""
    is_hidden: bool
    """It is the program's own: it names threads, keeps memories."""
    parent: str
    """The thread that started it as its subagent."""
    directory: str
    title: str
    """Its name, or how it begins; empty before its first prompt."""
    path: str
    """Its file, if it keeps one."""
    created_at: float
    """Seconds since the epoch."""
    record: Record
    """All of it that a producer may see."""


def message_of(data: bytes) -> Record:
    """A message; empty for anything else."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}


def thread_of(record: Record) -> Thread | None:
    """What a message says of a thread; None if that is not one."""
    own = text_of(record, "id")
    if not own or len(own) > MAX_ID:
        return None
    source = record.get("source")
    sub_agent = _sub_agent(source)
    spawned = map_of(sub_agent, "thread_spawn")
    parent = text_of(record, "parentThreadId") or text_of(spawned, "parent_thread_id")
    is_childs = sub_agent is not None
    title = text_of(record, "name") or text_of(record, "preview")
    line = next(iter(title.strip().splitlines()), "")
    return Thread(
        own,
        is_active(map_of(record, "status")),
        record.get("ephemeral") is True or (is_childs and not parent) or _is_internal(source),
        parent,
        _path_of(record, "cwd"),
        short(line, MAX_TITLE_OF_PROMPT) or "",
        _path_of(record, "path"),
        float(int_of(record, "createdAt") or 0),
        {key: record[key] for key in _SEEN if key in record},
    )


_SEEN: Final = ("id", "name", "preview", "cwd", "model", "parentThreadId", "source")


def _path_of(record: Record, key: str) -> str:
    """A path that the system takes; empty if it is none."""
    path = text_of(record, key)
    try:
        path.encode()
    except UnicodeEncodeError:
        return ""
    return path if path.startswith("/") and "\0" not in path and len(path) <= MAX_PATH else ""


def is_active(status: Record) -> bool:
    """Whether a thread's status says that it works or waits."""
    return text_of(status, "type") == "active"


def thread_named_by(params: Record) -> str:
    """The thread that a message is about; empty if it is about none."""
    return text_of(params, "threadId") or text_of(map_of(params, "thread"), "id")


def item_named_by(params: Record) -> str:
    """The item that a message is about; empty if it is about none."""
    return text_of(params, "itemId") or text_of(map_of(params, "item"), "id")


def turn_named_by(params: Record) -> str:
    """The turn that a message is about; empty if it is about none."""
    return text_of(params, "turnId") or text_of(map_of(params, "turn"), "id")


def is_over(turn: Record) -> bool:
    """Whether a turn has ended."""
    return text_of(turn, "status") != "inProgress"


def is_done(item: Record) -> bool:
    """Whether an item of a turn's list is whole."""
    return text_of(item, "status") != "inProgress" and item.get("completedAtMs", 0) is not None


def began_at(turn: Record) -> int:
    """When a turn began, in Unix milliseconds, as its first item says it if there is one."""
    times = [int_of(item, "startedAtMs") for item in maps_of(turn, "items")]
    first = next((each for each in times if each is not None), None)
    return first if first is not None else (int_of(turn, "startedAt") or 0) * 1000


def retold(thread: str, turn: Record, since: int, now: int) -> list[Record]:
    """A turn of a thread's history as the messages that told it, of items that ended `since`."""
    own = text_of(turn, "id")
    at = began_at(turn)
    if not maps_of(turn, "items"):
        at = min(now, at + 999)  # its own time is in whole seconds
    head: Record = {**{key: turn.get(key) for key in ("id", "status", "error")}, "items": []}
    messages = [_notice("turn/started", {"threadId": thread, "turn": head}, at)]
    for item in maps_of(turn, "items"):
        ended = int_of(item, "completedAtMs") or int_of(item, "startedAtMs") or at
        at = max(at, ended)
        if ended >= since:
            method = "item/completed" if is_done(item) else "item/started"
            params: Record = {"item": item, "threadId": thread, "turnId": own}
            messages.append(_notice(method, params, ended))
    if is_over(turn):
        at = max(at, (int_of(turn, "completedAt") or 0) * 1000)
        messages.append(_notice("turn/completed", {"threadId": thread, "turn": head}, at))
    return messages


def joined(record: Record, model: str) -> tuple[bytes, bytes]:
    """Our request to join a thread, and its answer, as far as a producer may see it."""
    request: Record = {"id": 0, "method": "thread/resume"}
    return encode(request), encode({"id": 0, "result": {"thread": record, "model": model}})


def _notice(method: str, params: Record, at: int) -> Record:
    return {"method": method, "params": params, "emittedAtMs": at}


def _sub_agent(source: object) -> object:
    """The kind of subagent that a thread is, in either spelling; None if it is none."""
    if not isinstance(source, dict):
        return None
    return source.get("subAgent", source.get("subagent"))


def _is_internal(source: object) -> bool:
    return isinstance(source, dict) and "internal" in source
