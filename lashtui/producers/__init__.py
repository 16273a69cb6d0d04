"""What agents and commands print, turned into events: one module a format. Pure.

A producer takes bytes as they are read and hands out payloads; it knows no file and no socket.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from lashd.events import Payload, SessionOutcome


class Produced(NamedTuple):
    """One payload and what its line said about it."""

    payload: Payload
    at: int | None = None
    """Unix milliseconds, where the line said so."""
    revision: int | None = None
    line: int | None = None
    """Its number, where the input is an event a line."""


class Producer(Protocol):
    """One format."""

    warnings: list[str]
    """Sentences about input that is no event; whoever shows them empties the list."""

    def feed(self, data: bytes) -> list[Produced]:
        """The payloads that `data` completes."""

    def flush(self) -> list[Produced]:
        """What is held back only to be joined with more: nothing came for a while."""

    def finish(self, outcome: SessionOutcome) -> list[Produced]:
        """The input has ended, and how: what is left."""


_PRODUCERS = {
    "acp": ("acp.stream", "AcpProducer"),
    "anthropic-sse": ("providers.anthropic_sse", "AnthropicSseProducer"),
    "auto": ("auto.producer", "AutoProducer"),
    "claude": ("claude.stream", "ClaudeStreamProducer"),
    "claude-transcript": ("claude.transcript", "ClaudeTranscriptProducer"),
    "codex": ("codex.exec", "CodexExecProducer"),
    "codex-appserver": ("codex.appserver", "CodexAppServerProducer"),
    "codex-rollout": ("codex.rollout", "CodexRolloutProducer"),
    "gemini": ("gemini.stream", "GeminiStreamProducer"),
    "gemini-transcript": ("gemini.transcript", "GeminiTranscriptProducer"),
    "jsonl": ("jsonl", "JsonlProducer"),
    "lash": ("lash", "LashProducer"),
    "openai-sse": ("providers.openai_sse", "OpenAiSseProducer"),
    "opencode": ("opencode.run", "OpencodeRunProducer"),
    "opencode-sse": ("opencode.sse", "OpencodeSseProducer"),
    "qwen": ("qwen.stream", "QwenStreamProducer"),
    "text": ("text", "TextProducer"),
}
"""Module and class of each format: a command imports the one that it uses."""

FORMATS = tuple(name for name in _PRODUCERS if name != "auto")
"""Names for `--format`; `auto` in addition looks at what comes first."""


def make_producer(name: str) -> Producer:
    """The producer of a format, `auto` included.

    Raises:
        ValueError: there is no such format.
    """
    if name not in _PRODUCERS:
        raise ValueError(f"no format {name!r}")
    module, kind = _PRODUCERS[name]
    producer: Producer = getattr(import_module(f"lashtui.producers.{module}"), kind)()
    return producer


def is_end(produced: Produced) -> bool:
    """Whether this payload ends the session."""
    from lashd.events import SessionChanged

    payload = produced.payload
    return isinstance(payload, SessionChanged) and payload.is_end
