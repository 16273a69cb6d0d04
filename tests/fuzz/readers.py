"""Every reader of bytes that other programs wrote, with inputs to begin from.

A reader is called with one input. It returns if all that came of it is documented, and raises
whatever else there was: an exception of ours, or an assertion that what came is harmless, bounded
and taken by a daemon.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from lashd.cursor import SessionCursor
from lashd.errors import InvalidEvent, LashdError
from lashd.events import SessionOutcome
from lashd.protocol.client import ClientConnection
from lashd.session.codec import payload_from_json
from lashd.session.fold import Fold
from lashd.session.view import decode_view
from lashd.testing.conversations import Conversations
from lashd.testing.hostile import Hostile, Kind
from lashtui.hooks.json_text import parse, plain
from lashtui.ingest.live.codex.watcher import Unusable, Watcher
from lashtui.ingest.opencode.past import Past
from lashtui.ingest.opencode.routes import Routes, about_of
from lashtui.ingest.transcripts import about, child_of, parent_thread, parents_of
from lashtui.producers import FORMATS, Produced, Producer, make_producer
from lashtui.text.ansi import terminal_text
from lashtui.text.sanitize import safe_text
from tests.daemon.hub.hub_harness import HubHarness
from tests.fuzz.published import publish
from tests.hostile import assert_plain, assert_styled
from tests.tui.ingest.live.codex.server import FakeSessions
from tests.tui.producers.goldens import CAPTURES, PRODUCERS, cases

Read = Callable[[bytes], object]

MAX_WARNINGS = 128
"""Sentences about one input: nobody reads more."""
MAX_SENTENCE = 1600
"""Characters, a cut name or two within them."""
EVENTS_OF_A_LINE = 40
"""What comes of a line, at most."""
PIECE = 128 * 1024
"""Characters that a text is published in; a piece has a line's ids with it."""


class Reader(NamedTuple):
    """One of them."""

    read: Read
    seeds: Callable[[], Sequence[bytes]]


def outcome_of(data: bytes) -> SessionOutcome | None:
    """Some end, the same for the same input."""
    outcomes: list[SessionOutcome | None] = [*SessionOutcome, None]
    return outcomes[zlib.crc32(data) % len(outcomes)]


def read_format(make: Callable[[], Producer], data: bytes) -> list[Produced]:
    """Feed it in pieces with pauses, end it, and publish what came."""
    producer = make()
    chance = random.Random(zlib.crc32(data))
    produced: list[Produced] = []
    at = 0
    while at < len(data):
        size = chance.choice((7, 300, 5_000, 100_000))
        produced += producer.feed(data[at : at + size])
        at += size
        if chance.random() < 0.1:
            produced += producer.flush()
    produced += producer.finish(outcome_of(data))
    check_warnings(producer.take_warnings())
    lines = data.count(b"\n") + data.count(b"\r") + 1
    assert len(produced) <= EVENTS_OF_A_LINE * lines + 100 + len(data) // PIECE
    publish(produced)
    return produced


def check_warnings(warnings: list[str]) -> None:
    """They are for a person: few, and short. What prints them makes them harmless."""
    assert len(warnings) <= MAX_WARNINGS
    for each in warnings:
        assert len(each) <= MAX_SENTENCE


def recordings(folder: str) -> list[bytes]:
    """Those of one format; of an agent that said nothing there is none."""
    return [case.data for case in cases(folder) if case.data]


# -- what goes beside files ------------------------------------------------------------------------


def read_codex_socket(data: bytes) -> None:
    """The app server's words, whoever they are about, answered by each other."""
    sessions = FakeSessions()
    now = 0.0
    watcher = Watcher(sessions, lambda: now, now_ms=lambda: 1_795_818_666_000 + int(now * 1000))
    watcher.start()
    try:
        for message in _messages(data):
            now += 0.2
            number = 0
            for asked in watcher.take_out():
                number = json.loads(asked).get("id", number)
            watcher.take(message)
            if number and message.startswith(b"{"):  # an answer to what was asked just now
                watcher.take(b'{"id":%d,' % number + message[1:])
            watcher.tick()
    except Unusable as why:
        assert_plain(str(why))
    watcher.leave()
    check_warnings(sessions.warnings[:MAX_WARNINGS])
    for session in sessions.opened.values():
        publish(session.produced)


def _messages(data: bytes) -> Iterator[bytes]:
    """The lines inside a recording of both sides."""
    for line in data.splitlines():
        try:
            inner = json.loads(line)["line"]
        except (ValueError, TypeError, KeyError, RecursionError):
            yield line
        else:
            yield inner.encode("utf-8", "replace") if isinstance(inner, str) else line


def codex_socket_seeds() -> list[bytes]:
    """Daemon and screens."""
    paths = [*(CAPTURES / "codex_daemon").glob("*.both.jsonl")]
    return [b"\n".join(path.read_bytes().splitlines()[:150]) for path in paths]


def _maps(data: bytes) -> Iterator[dict[str, Any]]:
    """The maps that our decoders give of an input's lines."""
    for line in data.splitlines():
        try:
            value = msgspec.json.decode(line.removeprefix(b"data: "))
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def read_opencode_server(data: bytes) -> None:
    """A server's stream and its lists of sessions and messages."""
    routes = Routes()
    records = list(_maps(data))
    for record in records:
        about_of(record)
        event = routes.event_of(record)
        if event is not None:
            routes.root_of(event.session)
            routes.unknown_above(event.session)
            routes.below(event.session)
    past = Past(lambda session: records)
    events = list(past.events("s", is_idle=True))
    assert len(events) <= 1000 * (len(records) + 1)
    if len(data) < 20_000:
        stream = b"".join(b"data: " + msgspec.json.encode(each) + b"\n\n" for each in events)
        read_format(PRODUCERS["opencode_sse"], stream)


def opencode_server_seeds() -> list[bytes]:
    """Events, and messages as the server keeps them."""
    part = {"id": "p", "type": "tool", "tool": "task", "callID": "c"}
    state = {"status": "completed", "input": {}, "metadata": {"sessionId": "child"}}
    info = {"id": "m", "role": "assistant", "time": {"created": 1, "completed": 2}}
    user = {"id": "a", "role": "user", "time": {"created": 1}}
    kept: list[Any] = [
        {"info": user, "parts": [{"id": "q", "type": "text", "text": "do"}]},
        {"info": info, "parts": [{**part, "state": state}, {"id": "t", "type": "step-finish"}]},
        {"id": "s", "parentID": "r", "title": "t", "directory": "/d", "time": {"updated": 5}},
    ]
    seeds = [b"\n".join(json.dumps(each).encode() for each in kept)]
    return seeds + [data[:20_000] for data in recordings("opencode_sse")]


def read_heads(data: bytes) -> None:
    """What a file's name and beginning say of its session."""
    names = (
        "/h/.claude/projects/p/2cad8c93-2bc9-4912-a3e1-ed0aedd5cd20.jsonl",
        "/h/.claude/projects/p/agent-a9290f5fe1a06eeb3.jsonl",
        "/h/.codex/sessions/2026/11/22/rollout-2026-11-01a21f1f-1454-7123-8220-756dc8477aeb.jsonl",
        "/h/.gemini/tmp/p/chats/session-2026-3f2a0000.json",
    )
    for name in names:
        what = about(name, data)
        assert what is None or what.format in FORMATS
        child_of(name, data, data)
        parent_thread(data)
        for place in parents_of(name, data):
            assert place.startswith("/h/")
            assert ".." not in place.split("/")
            assert place.isprintable()


def head_seeds() -> list[bytes]:
    """The beginnings of transcripts."""
    folders = ("claude_transcript", "codex_rollout", "kimi_wire", "pi_transcript", "copilot")
    return [data[:16_000] for folder in folders for data in recordings(folder)]


def read_settings(data: bytes) -> None:
    """A person's settings, into which a hook is to be put."""
    text = data.decode("utf-8", "replace")
    try:
        plain(parse(text))
    except ValueError as why:
        check_warnings([str(why)])


# -- the daemon's ----------------------------------------------------------------------------------


def read_frames(data: bytes) -> None:
    """All that a client may send."""
    harness = HubHarness()
    client = harness.connect(hello=False)
    client.send_bytes(data)
    for record in client.receive():
        assert record["type"] != "error" or record["code"]
    client.disconnect()
    harness.advance(1)
    harness.sessions()


def frame_seeds() -> list[bytes]:
    """Conversations of the daemon's own fuzzer."""
    conversations = Conversations(random.Random(1), (Kind.FLOODS, Kind.HALF_SENT))
    return [conversations.next().data for _ in range(60)]


def read_replies(data: bytes) -> None:
    """All that a daemon may say to a client."""
    client = ClientConnection()
    try:
        client.receive(data)
    except LashdError as why:
        check_warnings([str(why)])


def reply_seeds() -> list[bytes]:
    """What a daemon does say."""
    seeds = []
    for data in frame_seeds():
        harness = HubHarness()
        client = harness.connect(hello=False)
        client.send_bytes(data)
        chunks = harness.hub.pull(client.connection, 64 * 1024)
        seeds.append(b"".join(bytes(chunk) for chunk in chunks))
    return [seed for seed in seeds if seed]


def read_view(data: bytes) -> None:
    """A view that a publisher restores, and what is folded into it."""
    try:
        view = decode_view(data)
    except LashdError:
        return
    Fold(view)


def view_seeds() -> list[bytes]:
    """Views of the daemon's own fuzzer."""
    hostile = Hostile(random.Random(2), ())
    return [hostile.view() for _ in range(60)]


def read_json_events(data: bytes) -> None:
    """Events as lines of JSON, and cursors."""
    for line in data.splitlines():
        try:
            payload_from_json(line)
        except InvalidEvent as why:
            check_warnings([str(why)])
        try:
            SessionCursor.from_str(line.decode("utf-8", "replace"))
        except LashdError:
            continue


def json_seeds() -> list[bytes]:
    """Events of every kind."""
    seeds = [b"lashsc1:1:2:s", b"lashsc1:18446744073709551615:0:a:b"]
    for path in sorted((CAPTURES.parent / "golden").glob("*/tour.json")):
        lines = path.read_bytes().split(b"\n")[1:-2]
        seeds.append(b"\n".join(line.rstrip(b",") for line in lines[:40]))
    return seeds


def read_text(data: bytes) -> None:
    """Text for a terminal, plain and with colours."""
    text = data.decode("utf-8", "replace")
    assert_plain(safe_text(text))
    assert_styled(terminal_text(text))


def text_seeds() -> list[bytes]:
    """Each attack, and all of them."""
    from tests.hostile import ATTACKS, hostile

    return [*(each.encode("utf-8", "surrogatepass") for each in ATTACKS), hostile("x").encode()]


FOLDERS: dict[str, str] = {
    "acp": "acp",
    "claude": "claude",
    "claude-transcript": "claude_transcript",
    "cline": "cline",
    "codex": "codex_exec",
    "codex-appserver": "codex_appserver",
    "codex-rollout": "codex_rollout",
    "copilot": "copilot",
    "gemini": "gemini",
    "kimi": "kimi",
    "kimi-wire": "kimi_wire",
    "opencode": "opencode",
    "opencode-sse": "opencode_sse",
    "pi": "pi",
    "pi-transcript": "pi_transcript",
    "qwen": "qwen",
    "qwen-transcript": "qwen_transcript",
    "vibe": "vibe",
}
"""The formats of agents that were recorded, and where."""

SSE: dict[str, list[Any]] = {
    "anthropic-sse": [
        {
            "type": "message_start",
            "message": {"id": "m", "model": "x", "usage": {}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "so"},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 1},
        {
            "type": "content_block_start",
            "index": 2,
            "content_block": {"type": "server_tool_use", "id": "c", "name": "code_execution"},
        },
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": '{"code":"1"}'},
        },
        {"type": "content_block_stop", "index": 2},
        {
            "type": "content_block_start",
            "index": 3,
            "content_block": {
                "type": "code_execution_tool_result",
                "tool_use_id": "c",
                "content": {"stdout": "1", "return_code": 0},
            },
        },
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {},
        },
        {"type": "message_stop"},
    ],
    "openai-sse": [
        {
            "id": "r",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": {"content": "Hi", "reasoning_content": "so"}}],
        },
        {
            "id": "r",
            "choices": [
                {
                    "index": 0,
                    "delta": {
                        "tool_calls": [
                            {
                                "index": 0,
                                "id": "c",
                                "function": {"name": "f", "arguments": "{}"},
                            }
                        ]
                    },
                }
            ],
        },
        {"id": "r", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"type": "response.created", "response": {"id": "q", "model": "m"}},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"type": "function_call", "id": "i", "call_id": "k", "name": "f"},
        },
        {"type": "response.function_call_arguments.delta", "item_id": "i", "delta": '{"a":'},
        {"type": "response.output_text.delta", "item_id": "t", "output_index": 1, "delta": "Yes"},
        {
            "type": "response.completed",
            "response": {"id": "q", "output": [], "usage": {"input_tokens": 1, "output_tokens": 2}},
        },
    ],
}
"""What providers send, of each kind of event one."""

GEMINI: list[Any] = [
    {"sessionId": "3f2a", "projectHash": "aa", "startTime": "2026-11-22T10:00:00.000Z"},
    {
        "id": "u1",
        "timestamp": "2026-11-22T10:00:01.000Z",
        "type": "user",
        "content": [{"text": "Look around"}],
    },
    {
        "id": "g1",
        "timestamp": "2026-11-22T10:00:02.000Z",
        "type": "gemini",
        "content": "I look.",
        "thoughts": [{"subject": "Plan", "description": "List it"}],
        "tokens": {"input": 10, "output": 4, "cached": 2, "thoughts": 1, "total": 15},
        "toolCalls": [
            {
                "id": "c1",
                "name": "ls",
                "args": {"path": "."},
                "status": "success",
                "result": [{"functionResponse": {"id": "c1", "response": {"output": "a.txt"}}}],
            }
        ],
    },
]


def _lines(records: list[Any], head: str = "", tail: str = "\n") -> bytes:
    return "".join(f"{head}{json.dumps(each)}{tail}" for each in records).encode()


def _lash_seeds() -> list[bytes]:
    records = [json.loads(line) for data in json_seeds()[2:] for line in data.split(b"\n")]
    wrapped = [{"cursor": "lashsc1:1:2:s", "event": each} for each in records]
    return [_lines(wrapped), _lines([{"type": "observation", "event": each} for each in records])]


def _document() -> bytes:
    return json.dumps({**GEMINI[0], "messages": GEMINI[1:]}, indent=1).encode()


def _some_of_each() -> list[bytes]:
    return [recordings(folder)[0][:20_000] for folder in PRODUCERS] + text_seeds()


SEEDS: dict[str, Callable[[], Sequence[bytes]]] = {
    **{name: partial(recordings, folder) for name, folder in FOLDERS.items()},
    "anthropic-sse": lambda: [_lines(SSE["anthropic-sse"], "data: ", "\n\n")],
    "auto": _some_of_each,
    "gemini-transcript": lambda: [_lines(GEMINI), _document()],
    "jsonl": lambda: json_seeds()[2:],
    "lash": _lash_seeds,
    "openai-sse": lambda: [_lines(SSE["openai-sse"], "data: ", "\n\n") + b"data: [DONE]\n\n"],
    "text": text_seeds,
}
"""Of each format."""


def _of_format(name: str) -> Reader:
    make = PRODUCERS.get(FOLDERS.get(name, ""), partial(make_producer, name))
    return Reader(partial(read_format, make), SEEDS[name])


OTHERS = [name for name in PRODUCERS if name not in FOLDERS.values()]
"""Recordings of what is no format: hooks and states beside a file, outlines."""

READERS: dict[str, Reader] = {
    **{name: _of_format(name) for name in ("auto", *FORMATS)},
    **{
        name: Reader(partial(read_format, PRODUCERS[name]), partial(recordings, name))
        for name in OTHERS
    },
    "codex-socket": Reader(read_codex_socket, codex_socket_seeds),
    "opencode-server": Reader(read_opencode_server, opencode_server_seeds),
    "heads": Reader(read_heads, head_seeds),
    "settings": Reader(
        read_settings,
        lambda: [b'{"hooks": {"Stop": [{"hooks": [1, null, -2e5]}]}, // why\n "a": "\\u0041",}\n'],
    ),
    "frames": Reader(read_frames, frame_seeds),
    "replies": Reader(read_replies, reply_seeds),
    "views": Reader(read_view, view_seeds),
    "json-events": Reader(read_json_events, json_seeds),
    "terminal-text": Reader(read_text, text_seeds),
}
"""By name."""
