"""What agents and commands print, turned into events: one module per format. Pure.

A producer is fed bytes as they are read and returns payloads; it knows no file and no socket.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from lashd.events import Payload, SessionOutcome


class Produced(NamedTuple):
    """One payload, with what its line said about it."""

    payload: Payload
    at: int | None = None
    """Unix milliseconds, if the line gave them."""
    revision: int | None = None
    line: int | None = None
    """Its number, if the input has one event per line."""


class Producer(Protocol):
    """The reader of one input in one format; the defaults are those of a format without turns."""

    @property
    def chosen(self) -> str | None:
        """The format that `auto` recognised; None before that, and for any other producer."""
        return None

    @property
    def is_text(self) -> bool:
        """Whether the input is read as plain text, which needs no record to be complete."""
        return False

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended; False if the format has no turns."""
        return False

    @property
    def is_readable(self) -> bool:
        """Whether all of the input could be read; False: nobody knows how it ended."""
        return True

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads that `data` completes."""

    def flush(self) -> list[Produced]:
        """What is held back only to be joined with more: nothing came for a while."""
        return []

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """What is left at the end of the input; `outcome` is how its writer ended, if known."""

    def take_warnings(self) -> list[str]:
        """Sentences about input that could not be used, since the last call."""
        return []


class TwoWayProducer(Producer, Protocol):
    """A format spoken on two pipes, both of which are read."""

    def feed(self, data: bytes, source: Literal["agent", "client"] = "agent") -> list[Produced]:
        """The payloads that `data` completes; `source` is the side that wrote it."""


_PRODUCERS = {
    "acp": ("acp.stream", "AcpProducer"),
    "anthropic-sse": ("providers.anthropic_sse", "AnthropicSseProducer"),
    "auto": ("auto.producer", "AutoProducer"),
    "claude": ("claude.stream", "ClaudeStreamProducer"),
    "claude-transcript": ("claude.transcript", "ClaudeTranscriptProducer"),
    "cline": ("cline.stream", "ClineProducer"),
    "codex": ("codex.exec", "CodexExecProducer"),
    "codex-appserver": ("codex.appserver", "CodexAppServerProducer"),
    "codex-rollout": ("codex.rollout", "CodexRolloutProducer"),
    "copilot": ("copilot.events", "CopilotProducer"),
    "gemini": ("gemini.stream", "GeminiStreamProducer"),
    "gemini-transcript": ("gemini.transcript", "GeminiTranscriptProducer"),
    "jsonl": ("jsonl", "JsonlProducer"),
    "kimi": ("kimi.stream", "KimiStreamProducer"),
    "kimi-wire": ("kimi.wire", "KimiWireProducer"),
    "lash": ("lash", "LashProducer"),
    "openai-sse": ("providers.openai_sse", "OpenAiSseProducer"),
    "opencode": ("opencode.run", "OpencodeRunProducer"),
    "opencode-sse": ("opencode.sse", "OpencodeSseProducer"),
    "pi": ("pi.stream", "PiStreamProducer"),
    "pi-transcript": ("pi.transcript", "PiTranscriptProducer"),
    "qwen": ("qwen.stream", "QwenStreamProducer"),
    "qwen-transcript": ("qwen.transcript", "QwenTranscriptProducer"),
    "vibe": ("vibe.stream", "VibeProducer"),
    "text": ("text", "TextProducer"),
}
"""Module and class of each format: a command imports only the one it uses."""

FORMATS = tuple(name for name in _PRODUCERS if name != "auto")
"""Names for `--format`; `auto` chooses among them by the first records."""

TWO_WAY = ("acp", "codex-appserver")
"""Formats whose producers read both sides of a conversation."""


def make_producer(name: str) -> Producer:
    """A producer of a format, `auto` included.

    Raises:
        ValueError: there is no such format.
    """
    producer: Producer = _class_of(name)()
    return producer


def make_two_way_producer(name: str) -> TwoWayProducer:
    """A producer of one of the `TWO_WAY` formats.

    Raises:
        ValueError: there is no such format, or it is spoken one way only.
    """
    if name not in TWO_WAY:
        raise ValueError(f"{name!r} is not a two-way format")
    producer: TwoWayProducer = _class_of(name)()
    return producer


def _class_of(name: str) -> Any:
    if name not in _PRODUCERS:
        raise ValueError(f"no format {name!r}")
    module, kind = _PRODUCERS[name]
    return getattr(import_module(f"lashtui.producers.{module}"), kind)


def is_end(produced: Produced) -> bool:
    """Whether this payload ends the session."""
    from lashd.events import SessionChanged

    payload = produced.payload
    return isinstance(payload, SessionChanged) and payload.is_end
