"""What agents' files of sessions are, and what to call each session. Pure."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lashtui.producers import FORMATS
from lashtui.producers.auto.binary import binary_kind
from lashtui.producers.auto.detect import detect_format
from lashtui.producers.auto.outline import OUTLINED, sentence
from lashtui.producers.children import Child
from lashtui.producers.claude.content import content_text
from lashtui.producers.fields import map_of, maps_of, text_of, time_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HEAD = 1024 * 1024
"""Bytes of a file's beginning that are examined; a first line may hold whole instructions."""
_MAX_LINES = 64
"""Lines searched for the directory."""

SUFFIX: Final = ".jsonl"
PACKED: Final = ".zst"
"""Codex compresses sessions that were not used for a while."""
_DOCUMENT: Final = ".json"
"""Older versions of gemini-cli keep a session as one document."""

_ROOT: Final = ".project_root"
"""Beside gemini-cli's chats: the directory that they are about."""

_EVENTS: Final = "events.jsonl"
"""Copilot's file of a session, in a folder that is named after it."""
_WIRE: Final = "wire.jsonl"
"""Kimi's, in `SESSION/agents/main`; those of subagents are in folders beside it."""
_MAIN: Final = "main"

_AGENTS: Final = {
    "claude-transcript": "claude",
    "codex-rollout": "codex",
    "copilot": "copilot",
    "gemini-transcript": "gemini",
    "kimi-wire": "kimi",
    "pi-transcript": "pi",
    "qwen-transcript": "qwen",
}
_AGENT: Final = "agent-"
"""What the names of subagents' files begin with."""
_OWN_AGENTS: Final = ("agent-acompact-", "agent-aprompt_suggestion-")
"""Copies of a session in which Claude Code itself asks for a summary or a next prompt."""
_ID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ROLLOUT: Final = re.compile(rf"\Arollout-.*-({_ID})(?:_({_ID}))?\.jsonl\Z")
"""The thread, and in the names of its later files which of them it is."""
_UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_SUBAGENT: Final = re.compile(rb'"source": ?\{ ?"subagent"|"thread_source": ?"subagent"')
_PARENT: Final = re.compile(rb'"parent_thread_id": ?"([0-9a-f-]{36})"')
_FORKED: Final = re.compile(rb'"forked_from_id": ?"([0-9a-f-]{36})"')
_NAMED: Final = re.compile(
    rb'"(?:agent_path|agent_nickname|agent_role|other|subagent)": ?"([^"\\]{1,200})"'
)
"""What one of Codex's subagents is called, the most telling first where the file has it first."""
_META: Final = ".meta.json"
_UUID: Final = re.compile(
    r"([0-9a-f]{8})-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-([0-9a-f]{12})\Z"
)
_WHOLE_ID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
_OPENCODES: Final = re.compile(r"ses_[0-9A-Za-z]{12,}([0-9A-Za-z]{8})\Z")
"""A time and then chance."""
_SHORT: Final = re.compile(r"-([0-9a-f]{8})\Z")


class Key(NamedTuple):
    """One session, as its agent tells it from others."""

    agent: str
    """As in a session's name: `claude`, `codex`, ..."""
    id: str
    """The agent's own."""

    @property
    def session(self) -> str:
        """What the session is called here, by its file as by any other source."""
        return f"{self.agent}-{short_id(self.id)}"


class Known(NamedTuple):
    """What a live source knows of a session."""

    title: str | None = None
    directory: str | None = None
    path: str = ""
    """Its file, where the agent says it."""
    pid: int | None = None
    """The process that the agent runs in, where it is known."""


class About(NamedTuple):
    """What a file's name and beginning say about its session."""

    format: str
    session: str
    title: str | None
    directory: str | None
    key: Key | None = None
    """None: the file doesn't say the agent's id."""
    pid: int | None = None
    """The agent's process, as a live source knows it."""


def agent_of_format(form: str) -> str:
    """The agent whose sessions' files have this format."""
    return _AGENTS.get(form, form)


def may_be_transcript(path: str) -> bool:
    """Whether a file's name could be a session's; other programs keep lines of JSON as well."""
    name = os.path.basename(path).removesuffix(PACKED)
    parts = path.split(os.sep)
    if not name.endswith(SUFFIX):
        is_document = name.startswith("session-") and name.endswith(_DOCUMENT)
        return is_document and ".gemini" in parts and "chats" in parts
    if ".gemini" in parts and "tmp" in parts:
        return "chats" in parts
    if name.startswith(_OWN_AGENTS):
        return False
    if name == _WIRE:
        return parts[-3:-2] == ["agents"]
    if ".copilot" in parts or "session-state" in parts:
        return name == _EVENTS and parts[-3] == "session-state"
    if ".qwen" in parts and "projects" in parts:
        return "chats" in parts or "subagents" in parts
    return name not in ("history.jsonl", "session_index.jsonl")


def about(path: str, head: bytes) -> About | None:
    """What the file is, by its beginning; None: not known yet, or not something to follow.

    Args:
        path: of the file.
        head: its first bytes, at most `MAX_HEAD`; an incomplete line is ignored.
    """
    is_document = path.endswith(_DOCUMENT)
    whole = head if is_document else head[: head.rfind(b"\n") + 1]
    name = detect_format(whole, ended=is_document)
    if name is None or name in ("text", "jsonl") or name not in FORMATS:
        return None
    agent = agent_of_format(name)
    directory = _directory(whole)
    if directory is None and name == "claude-transcript" and not _says_anything(whole):
        return None  # what it is called by comes with the first prompt
    title = os.path.basename(directory) if directory else None
    session = f"{agent}-{short_id(path)}"
    return About(name, session, title or None, directory, key_of(path, agent, whole))


def key_of(path: str, agent: str, head: bytes) -> Key | None:
    """The session of a file, by its name, or where that is shortened by its beginning."""
    if is_subagents(path):
        return None
    name = os.path.basename(path).removesuffix(PACKED)
    if agent == "copilot" and name == _EVENTS:
        return Key(agent, os.path.basename(os.path.dirname(path)))
    if agent == "kimi" and name == _WIRE:
        return Key(agent, os.path.basename(os.path.dirname(os.path.dirname(os.path.dirname(path)))))
    if found := _WHOLE_ID.search(thread_of(name) or name.removesuffix(SUFFIX)):
        return Key(agent, found[0])
    first = next(iter(_records(head)), {})
    own = text_of(first, "sessionId")
    return Key(agent, own) if own else None


def thread_of(path: str) -> str:
    """The thread that one of Codex's files is of; empty for any other file."""
    found = _ROLLOUT.search(os.path.basename(path))
    return found[1] if found else ""


def rollout_of(path: str) -> str:
    """What other files of Codex's call this one: its thread, or which of its later files it is."""
    found = _ROLLOUT.search(os.path.basename(path))
    return found[2] or found[1] if found else ""


def is_continuation(path: str) -> bool:
    """Whether this is a later file of a thread: it goes on where a person went back to."""
    return rollout_of(path) != thread_of(path)


def parent_thread(head: bytes) -> str:
    """The thread that started the one of this file as its subagent; empty: a person did.

    The first line may be longer than `head`.
    """
    start = head[: head.find(b"\n")] if b"\n" in head else head
    start = start.partition(b'"base_instructions"')[0]
    is_childs = _SUBAGENT.search(start) is not None
    found = _PARENT.search(start) or _FORKED.search(start)
    return found[1].decode() if is_childs and found else ""


def days_of(path: str, thread: str) -> list[str]:
    """The directories in which Codex may have put the file of a thread: by the day it began."""
    folder = os.path.dirname(path)
    parts = folder.split(os.sep)
    if not (_UUID7.match(thread) and len(parts) > 3 and all(map(str.isdecimal, parts[-3:]))):
        return [folder]
    began = int(thread[:8] + thread[9:13], 16) / 1000
    root = os.sep.join(parts[:-3])
    days = (time.gmtime(began + shift * 86400) for shift in (-1, 0, 1))
    return list(dict.fromkeys([folder, *(time.strftime(f"{root}/%Y/%m/%d", day) for day in days)]))


def is_subagents(path: str) -> bool:
    """Whether a file's name is one of a subagent's: `parents_of` may know whose."""
    if _is_wire(path):
        return os.path.basename(os.path.dirname(path)) != _MAIN
    return os.path.basename(path).startswith(_AGENT) and path.endswith(SUFFIX)


def _is_wire(path: str) -> bool:
    """Whether it is one of Kimi's: each agent of a session has a folder with a file."""
    agents = os.path.dirname(os.path.dirname(path))
    return os.path.basename(path) == _WIRE and os.path.basename(agents) == "agents"


def parents_of(path: str, head: bytes) -> list[str]:
    """The files that may be of the session that a subagent's file belongs to."""
    if _is_wire(path):
        return [os.path.join(os.path.dirname(os.path.dirname(path)), _MAIN, _WIRE)]
    parts = path.split(os.sep)
    if "subagents" in parts[:-1]:
        place = len(parts) - 1 - parts[::-1].index("subagents")
        above = os.sep.join(parts[:place])
        found = [above + SUFFIX]
        if len(parts) - place == 3:  # qwen-code has one directory for those of all sessions
            found.append(os.path.join(above, "chats", parts[place + 1] + SUFFIX))
        return found
    # Older versions of Claude Code keep it beside the session's file.
    session = next(iter(_records(head)), {}).get("sessionId")
    if not isinstance(session, str) or not session or os.sep in session:
        return []
    if not session.isprintable():  # no system has such a file
        return []
    return [os.path.join(os.path.dirname(path), session + SUFFIX)]


def children_places(path: str, format_name: str) -> list[str]:
    """The directories in which a session's subagents have files, all of them its own."""
    folder, name = os.path.split(path)
    stem = name.removesuffix(SUFFIX)
    if format_name == "claude-transcript":
        return [os.path.join(folder, stem, "subagents")]
    if format_name == "kimi-wire":
        return [os.path.dirname(folder)]
    if format_name == "qwen-transcript":
        return [os.path.join(os.path.dirname(folder), "subagents", stem)]
    return []


def meta_path(path: str) -> str:
    """Where more is said about a subagent."""
    return path.removesuffix(SUFFIX) + _META


def child_of(path: str, head: bytes, meta: bytes) -> Child:
    """What a subagent's file and the one beside it say about it."""
    if thread_of(path):
        names = [found[1].decode("utf-8", "replace") for found in _NAMED.finditer(head)]
        return Child(thread_of(path), label=next(iter(names), "").rpartition("/")[2] or "agent")
    if _is_wire(path):
        name = os.path.basename(os.path.dirname(path))
        profiles = (text_of(each, "profileName") for each in _records(head))
        return Child(name, label=next(filter(None, profiles), name))
    first = next(iter(_records(head)), {})
    message = map_of(first, "message")
    content = message.get("content")
    prompt = content if isinstance(content, str) else content_text(content)
    if "parts" in message:
        prompt = "\n".join(text_of(part, "text") for part in maps_of(message, "parts"))
    known = next(iter(_records(meta.replace(b"\n", b" ") + b"\n")), {})
    label = next(filter(None, (text_of(known, key) for key in ("description", "name"))), "")
    name = os.path.basename(path).removesuffix(SUFFIX).removeprefix(_AGENT)
    kind = text_of(known, "agentType") or text_of(first, "agentName")
    return Child(
        text_of(first, "agentId") or name,
        text_of(known, "toolUseId"),
        label or kind or title_of(prompt) or name,
        prompt if text_of(first, "type") == "user" else "",
        time_of(first.get("timestamp")) or 0,
    )


def directory_file(what: About, path: str) -> str | None:
    """The file that holds the session's directory, where its own file doesn't name it."""
    folder, chats = os.path.split(os.path.dirname(path))
    if what.format != "gemini-transcript" or what.directory is not None or chats != "chats":
        return None
    return os.path.join(folder, _ROOT)


def with_directory(what: About, directory: str) -> About:
    """The same session, in a directory that was found elsewhere."""
    return what._replace(directory=directory, title=os.path.basename(directory) or what.title)


def why_not(head: bytes) -> str:
    """Why a file that the user named is no session that can be followed."""
    kind = binary_kind(head)
    if kind is not None:
        return f"this is {kind}"
    name = detect_format(head, ended=True)
    if name in OUTLINED:
        return f"{sentence(name)}; `lashtui publish NAME < FILE` shows that"
    if not head.strip():
        return "nothing is in it yet"
    if name in ("claude-transcript", "pi"):
        return "nothing was said in it yet"
    return (
        "this is not a session's file of a known agent; `lashtui publish NAME < FILE` reads others"
    )


def short_id(path: str) -> str:
    """The part of a file's name that distinguishes its session, short.

    The beginning of a UUID; its end if the beginning is a time (version 7). A subagent's file gets
    its parent's part in front.
    """
    name = os.path.basename(path).removesuffix(PACKED)
    if name == _EVENTS:
        return short_id(os.path.dirname(path))
    if name == _WIRE:
        folder, agent = os.path.split(os.path.dirname(path))
        own = short_id(os.path.dirname(folder))
        return own if agent == _MAIN else f"{own}-{agent}"
    name = thread_of(name) or name.removesuffix(SUFFIX).removesuffix(_DOCUMENT)
    if found := _UUID.search(name):
        own = found[3][-8:] if found[2] == "7" else found[1]
    elif found := _SHORT.search(name) or _OPENCODES.match(name):
        own = found[1]
    else:
        own = "".join(c for c in name if c.isprintable())[-24:]
    folders = path.split(os.sep)[:-1]
    if folders[-1:] == ["subagents"] and len(folders) > 1:
        return f"{short_id(folders[-2])}-{own}"
    return own or "session"


def _says_anything(head: bytes) -> bool:
    """Whether a transcript of Claude's has more than the program's own notes."""
    return b'"user"' in head or b'"assistant"' in head


def _records(head: bytes) -> Iterator[dict[str, Any]]:
    for line in head[: head.rfind(b"\n") + 1].split(b"\n", _MAX_LINES)[:_MAX_LINES]:
        try:
            record: Any = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _directory(head: bytes) -> str | None:
    for record in _records(head):
        payload = record.get("payload")
        context = map_of(map_of(record, "data"), "context")
        directories = record.get("directories")
        given = (
            record.get("cwd"),
            payload.get("cwd") if isinstance(payload, dict) else None,
            context.get("cwd"),
            map_of(record, "environmentDisclosure").get("cwd"),
            directories[0] if isinstance(directories, list) and directories else None,
        )
        for each in given:
            if isinstance(each, str) and each:
                return each
    return None
