"""Fields and counters of the objects that model SDKs return, whatever their classes.

An object may be a map or have attributes; nothing is imported from any SDK. A field that is
missing, or of another type than expected, reads as empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from lashd.exact import exact_number
from lashd.publish.bounds import MAX_ARGUMENTS


def get(item: object, name: str) -> object:
    """The field of a map or of an object; None if there is none."""
    try:
        if type(item) is dict or isinstance(item, Mapping):  # the first is much faster
            return item.get(name)
        return getattr(item, name, None)
    except Exception:
        return None


def reader(item: object) -> Callable[[str], object]:
    """`get` for many fields of one item: of a plain dict its own method, which is fast."""
    return item.get if type(item) is dict else partial(get, item)


def text(item: object, name: str) -> str:
    """The field's text; empty if it is not text."""
    value = item.get(name) if type(item) is dict else get(item, name)
    return value if isinstance(value, str) else ""


def number(item: object, name: str) -> int | float | None:
    """The field's number, if every JSON reader holds it exactly."""
    return exact_number(get(item, name))


def index(item: object, name: str = "index", default: int = 0) -> int:
    """The field's whole number."""
    value = get(item, name)
    return value if isinstance(value, int) else default


def items(item: object, name: str) -> Sequence[object]:
    """The field's list; empty if it is not a list."""
    value = get(item, name)
    return value if isinstance(value, list | tuple) else ()


def parsed(args: object) -> object:
    """Arguments as a map if they are the JSON text of one; unchanged otherwise."""
    if not isinstance(args, str) or len(args) > MAX_ARGUMENTS:
        return args
    try:
        return json.loads(args) if args.lstrip().startswith("{") else args
    except Exception:  # not JSON, or a subclass of str that raises
        return args


class Arguments:
    """A call's arguments, which come in pieces."""

    __slots__ = ("_parts", "_size", "_whole", "call_id", "name")

    def __init__(self, call_id: str, name: str) -> None:
        self.call_id = call_id
        self.name = name
        self._parts: list[str] = []
        self._size = 0
        self._whole: object = None

    def add(self, piece: object) -> None:
        """More of their JSON text; some servers send the map itself instead."""
        if not isinstance(piece, str):
            self._whole = piece if piece is not None else self._whole
            return
        self._size += len(piece)
        if self._size <= MAX_ARGUMENTS:
            self._parts.append(piece)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._parts)

    @property
    def value(self) -> object:
        """The arguments, parsed; None if there are none."""
        return self._whole if self._whole is not None else parsed(self.text) or None


def merged(before: object, usage: object) -> object:
    """Anthropic's counters, some of which came earlier: later values win, except None."""
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
    """A provider's counters under lash's names.

    `input_tokens` includes tokens read from and written to a cache (`cached_input_tokens` are
    those read): OpenAI counts so, Anthropic's are added up.
    """
    found: dict[str, int | float] = {}
    if usage is None:
        return found
    for name, in_chat in (
        ("input_tokens", "prompt_tokens"),
        ("output_tokens", "completion_tokens"),
    ):
        count = number(usage, name)
        if count is None:
            count = number(usage, in_chat)
        if count is not None:
            found[name] = count
    read = number(usage, "cache_read_input_tokens")
    for extra in (read, number(usage, "cache_creation_input_tokens")):
        if extra:
            found["input_tokens"] = found.get("input_tokens", 0) + extra
    cached = read
    for name in ("input_tokens_details", "prompt_tokens_details"):
        cached = cached or number(get(usage, name), "cached_tokens")
    cached = cached or number(usage, "cached_input_tokens")
    reasoning = number(usage, "reasoning_tokens")
    for name in ("output_tokens_details", "completion_tokens_details"):
        details = get(usage, name)
        reasoning = reasoning or number(details, "reasoning_tokens")
        reasoning = reasoning or number(details, "thinking_tokens")
    cost = number(usage, "cost") or number(usage, "cost_usd")
    more = {"cached_input_tokens": cached, "reasoning_tokens": reasoning, "cost_usd": cost}
    return found | {name: value for name, value in more.items() if value}
