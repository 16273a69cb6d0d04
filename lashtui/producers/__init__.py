"""What agents and commands print, turned into events: one module a format. Pure.

A producer takes bytes as they are read and hands out payloads; it knows no file and no socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from lashd.session.events import Payload, SessionOutcome


class Produced(NamedTuple):
    """One payload and what its line said about it."""

    payload: Payload
    at: int | None = None
    """Unix milliseconds, where the line said so."""
    revision: int | None = None


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


FORMATS = ("text", "jsonl")
"""Names for `--format`; `auto` looks at the first line."""


def make_producer(name: str) -> Producer:
    """The producer of a format.

    Raises:
        ValueError: there is no such format.
    """
    if name == "jsonl":
        from lashtui.producers.jsonl import JsonlProducer

        return JsonlProducer()
    if name == "text":
        from lashtui.producers.text import TextProducer

        return TextProducer()
    raise ValueError(f"no format {name!r}")


def is_end(produced: Produced) -> bool:
    """Whether this payload ends the session."""
    from lashd.session.events import SessionChanged, SessionChangeKind

    payload = produced.payload
    return isinstance(payload, SessionChanged) and payload.kind is SessionChangeKind.ENDED
