"""What the stream objects of model SDKs have in common, by their looks alone: fields and counters.

An object may be a map or have attributes; nothing of any SDK is imported. Whatever is not there,
or of another type than expected, is as if it were empty.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from lashd.publish.bounds import MAX_ARGUMENTS, MAX_BLOCKS


class Sink(Protocol):
    """Where a translator puts what a response says."""

    def text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """More text of one block."""

    def call(self, call_id: str, name: str, args: object) -> None:
        """The model asks for a tool that the agent will run. An empty id is made up."""

    def hosted(self, call_id: str, name: str, args: object) -> None:
        """The provider runs a tool of its own; `hosted_end` says how it ended."""

    def hosted_end(self, call_id: str, name: str, output: object, error: str) -> None:
        """A tool of the provider's own has ended; `error` is empty where it worked."""

    def code(self, key: str, language: str, code: str, output: object, error: str) -> None:
        """Code that the provider ran."""

    def usage(self, counters: dict[str, int | float]) -> None:
        """Tokens of the response."""

    def error(self, message: str) -> None:
        """The response failed."""


class Translator(ABC):
    """The objects of one stream, in one dialect."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    @abstractmethod
    def feed(self, item: object) -> bool:
        """Take one object; False if it is none of this dialect."""

    @abstractmethod
    def finish(self) -> None:
        """Nothing more comes."""


class Texts:
    """Blocks of text that come in pieces, then perhaps whole: each character is told once."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._told: dict[str, int] = {}

    def delta(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """More of a block."""
        if text and (key in self._told or len(self._told) < MAX_BLOCKS):
            self._told[key] = self._told.get(key, 0) + len(text)
            self._sink.text(key, text, reasoning=reasoning)

    def whole(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """The block as a whole: what is missing of it is told."""
        self.delta(key, text[self._told.get(key, 0) :], reasoning=reasoning)


class Arguments:
    """A call's arguments, which come in pieces."""

    __slots__ = ("call_id", "name", "parts", "size")

    def __init__(self, call_id: str, name: str) -> None:
        self.call_id = call_id
        self.name = name
        self.parts: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        """More of them."""
        self.size += len(text)
        if self.size <= MAX_ARGUMENTS:
            self.parts.append(text)

    @property
    def text(self) -> str:
        """All of them."""
        return "".join(self.parts)


def get(item: object, name: str) -> object:
    """The field of a map or of an object; None where there is none."""
    try:
        if isinstance(item, Mapping):
            return item.get(name)
        return getattr(item, name, None)
    except Exception:
        return None


def text(item: object, name: str) -> str:
    """The field's text; empty where it is none."""
    value = get(item, name)
    return value if isinstance(value, str) else ""


def number(item: object, name: str) -> int | float | None:
    """The field's number, where every JSON reader holds it exactly."""
    value = get(item, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -(2**53) < value < 2**53 else None


def index(item: object, name: str = "index", default: int = 0) -> int:
    """The field's whole number."""
    value = get(item, name)
    return value if isinstance(value, int) else default


def items(item: object, name: str) -> list[object]:
    """The field's list; empty where it is none."""
    value = get(item, name)
    return list(value) if isinstance(value, list | tuple) else []


def parsed(args: object) -> object:
    """Arguments as a map where they are the JSON text of one; unchanged otherwise."""
    if not isinstance(args, str) or len(args) > MAX_ARGUMENTS:
        return args
    try:
        return json.loads(args) if args.lstrip().startswith("{") else args
    except Exception:  # not JSON, or a subclass of str that raises
        return args


def merged(before: object, usage: object) -> object:
    """Counters of which some came before: those that are told now win."""
    names = (
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
        "output_tokens_details",
    )
    found = {name: get(before, name) for name in names if get(before, name) is not None}
    found |= {name: get(usage, name) for name in names if get(usage, name) is not None}
    return found


def usage_of(usage: object) -> dict[str, int | float]:
    """An SDK's counters under our names.

    `input_tokens` includes what came from and went to a cache (`cached_input_tokens` is what
    came): OpenAI counts so, Anthropic's are summed up.
    """
    found: dict[str, int | float] = {}
    if usage is None:
        return found
    for ours, theirs in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        count = number(usage, ours)
        if count is None:
            count = number(usage, theirs)
        if count is not None:
            found[ours] = count
    read = number(usage, "cache_read_input_tokens")
    for extra in (read, number(usage, "cache_creation_input_tokens")):
        if extra:
            found["input_tokens"] = found.get("input_tokens", 0) + extra
    cached = read
    for name in ("input_tokens_details", "prompt_tokens_details"):
        cached = cached or number(get(usage, name), "cached_tokens")
    cached = cached or number(usage, "cached_input_tokens")
    thought = number(usage, "reasoning_tokens")
    for name in ("output_tokens_details", "completion_tokens_details"):
        details = get(usage, name)
        thought = thought or number(details, "reasoning_tokens")
        thought = thought or number(details, "thinking_tokens")
    cost = number(usage, "cost") or number(usage, "cost_usd")
    more = {"cached_input_tokens": cached, "reasoning_tokens": thought, "cost_usd": cost}
    return found | {ours: value for ours, value in more.items() if value}
