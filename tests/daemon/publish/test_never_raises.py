"""A publisher never raises into the agent, whatever it is given, in every place that takes it."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lashd.publish.publisher import Publisher


class Hostile:
    """Every question about it raises."""

    def _raise(self, *_: object) -> Any:
        raise RuntimeError("no answer")

    __str__ = __repr__ = __bool__ = __eq__ = __iter__ = __len__ = __index__ = _raise
    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class Text(str):
    """A text that is none once it is asked."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def encode(self, *_: Any, **__: Any) -> bytes:
        raise RuntimeError("no bytes")


LOOP: list[Any] = []
LOOP.append(LOOP)
ODD: tuple[Any, ...] = (
    None, "", 0, -1, 2**70, float("nan"), b"\xff", [], {}, {1: 2}, LOOP, object(), Hostile(),
    Text("x"), "\ud800", "a\0b", "x" * 100_000, len, ..., True, (1, 2),
    {"a": Hostile()}, [Hostile()],
)  # fmt: skip
NAMES = list(inspect.signature(Publisher).parameters)


def quiet(**options: Any) -> Publisher:
    """A publisher whose daemon is not there."""
    given: dict[str, Any] = {
        "session_id": "s",
        "socket_path": "/dev/null/s",
        "start_daemon": False,
    } | options
    return Publisher(given.pop("session_id"), **given)


@pytest.mark.parametrize("name", NAMES)
def test_making_one(name: str) -> None:
    """With anything as this argument; it can be used and closed."""
    for odd in ODD:
        options = {name: odd} | ({} if name == "on_warning" else {"on_warning": lambda _: None})
        with quiet(**options) as publisher:
            publisher.prose("x")
        publisher.close(0)


def test_a_wrong_argument_is_a_warning_once() -> None:
    """It names what was wrong."""
    warnings: list[str] = []
    quiet(overflow="burst", on_warning=warnings.append).close(0)
    assert [text for text in warnings if "burst" in text] == [
        "session `s`: overflow is `drop` or `block`, not `burst`: it drops"
    ]


def odd_calls(method: Callable[..., Any]) -> Iterator[Callable[[], Any]]:
    """Calls of it with anything in each place, and everywhere."""
    parameters = list(inspect.signature(method).parameters.values())
    for odd, place in itertools.product(ODD, [None, *range(len(parameters))]):
        args: list[Any] = []
        options: dict[str, Any] = {}
        for index, each in enumerate(parameters):
            default = "x" if each.default is each.empty else each.default
            value = odd if place in (None, index) else default
            if each.kind is each.KEYWORD_ONLY:
                options[each.name] = value
            elif each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD):
                args.append(value)
        yield lambda args=args, options=options: method(*args, **options)  # type: ignore[misc]


def use(found: Any, seen: set[type]) -> None:
    """Use all of it: its methods, those of what they return, and of its parts."""
    seen.add(type(found))
    for name in dir(type(found)):
        if name.startswith("_") or name in ("close", "flush", "wait_open"):
            continue
        part = getattr(found, name)
        if callable(part):
            for call in odd_calls(part):
                part = call()
                if hasattr(type(part), "__enter__"):
                    with part:
                        pass
        if type(part).__module__.startswith("lashd.publish") and type(part) not in seen:
            use(part, seen)


def test_using_one() -> None:
    """Each method, and each of those of a turn, a call, the queue and the processes."""
    warnings: list[str] = []
    publisher = quiet(on_warning=warnings.append)
    seen: set[type] = set()
    use(publisher, seen)
    publisher.close(0)
    assert {"Turn", "ToolCall", "Queue", "Processes"} <= {kind.__name__ for kind in seen}
    assert warnings
