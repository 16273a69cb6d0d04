"""Changes to a person's JSON file that leave all else in it as it was written.

Comments and trailing commas, which some programs allow, are kept too. Pure.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from lashd.events import JsonValue

MAX_DEPTH: Final = 64
"""Containers within containers; settings have a handful."""
_SPACE: Final = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR: Final = re.compile(r"-?\d[\d.eE+-]*|true|false|null")


class Node(NamedTuple):
    """A value and where it stands in the text."""

    start: int
    end: int
    value: object
    """A scalar's; of containers only their type's empty one."""
    items: tuple[Item, ...] = ()

    def member(self, key: str) -> Item | None:
        """The last member of this name, which is the one that counts."""
        return next((each for each in reversed(self.items) if each.key == key), None)


class Item(NamedTuple):
    """A member of an object, or an element of an array."""

    key: str
    start: int
    """Of its key, or of the element."""
    node: Node


def parse(text: str) -> Node:
    """The text as a tree.

    Raises:
        ValueError: it is no JSON; the message says in which line.
    """
    start = _skip(text, 0)
    root = _value(text, start, 0)
    end = _skip(text, root.end)
    if end != len(text):
        raise _wrong(text, end)
    return root


def plain(node: Node) -> object:
    """A node as a value."""
    if isinstance(node.value, dict):
        return {each.key: plain(each.node) for each in node.items}
    if isinstance(node.value, list):
        return [plain(each.node) for each in node.items]
    return node.value


def added(text: str, node: Node, key: str | None, value: JsonValue) -> str:
    """`text` with one more item at the end of a container: a member, or an element without key."""
    unit, newline = _style(text)
    is_wide = unit == "" or (bool(node.items) and "\n" not in text[node.start : node.end])
    depth = _indent_of(text, node.start)
    inner = "" if is_wide else depth + (unit or "  ")
    written = _written(value, "" if is_wide else unit, inner, newline)
    if key is not None:
        written = f"{json.dumps(key, ensure_ascii=False)}: {written}"
    if not node.items:
        if is_wide:
            return text[: node.start + 1] + written + text[node.end - 1 :]
        body = f"{newline}{inner}{written}{newline}{depth}"
        return text[: node.start + 1] + body + text[node.end - 1 :]
    last = node.items[-1].node.end
    between = " " if is_wide else f"{newline}{inner}"
    rest = text[last:]
    comma = _skip(text, last)
    if text[comma] == ",":  # a trailing one
        last, rest = comma + 1, text[comma + 1 :]
        return f"{text[:last]}{between}{written}{rest}"
    return f"{text[:last]},{between}{written}{rest}"


def removed(text: str, node: Node, place: int) -> str:
    """`text` without one item of a container."""
    items = node.items
    if len(items) == 1:
        return text[: node.start + 1] + text[node.end - 1 :]
    if place == len(items) - 1:
        return text[: items[place - 1].node.end] + text[items[place].node.end :]
    return text[: items[place].start] + text[items[place + 1].start :]


def _value(text: str, at: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if text[at : at + 1] in ("{", "["):
        return _container(text, at, depth)
    found = _STRING.match(text, at) or _SCALAR.match(text, at)
    if found is None:
        raise _wrong(text, at)
    try:
        value = json.loads(found[0])
    except ValueError:
        raise _wrong(text, at) from None
    return Node(at, found.end(), value)


def _container(text: str, start: int, depth: int) -> Node:
    is_object = text[start] == "{"
    close = "}" if is_object else "]"
    items: list[Item] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != close:
        begin, key = at, ""
        if is_object:
            name = _value(text, at, depth + 1)
            if not isinstance(name.value, str):
                raise _wrong(text, at)
            key, at = name.value, _skip(text, name.end)
            if text[at : at + 1] != ":":
                raise _wrong(text, at)
            at = _skip(text, at + 1)
        node = _value(text, at, depth + 1)
        items.append(Item(key, begin, node))
        at = _skip(text, node.end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != close:
            raise _wrong(text, at)
    return Node(start, at + 1, {} if is_object else [], tuple(items))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _wrong(text: str, at: int) -> ValueError:
    return ValueError(f"line {text.count(chr(10), 0, at) + 1} is not valid JSON")


def _style(text: str) -> tuple[str, str]:
    """The indent of one level, empty if all is on one line, and the line's end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    found = re.search(r"\n([ \t]+)\S", text)
    if found is not None:
        return found[1], newline
    return ("" if parse(text).items else "  "), newline


def _indent_of(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _written(value: JsonValue, unit: str, inner: str, newline: str) -> str:
    if not unit:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", newline + inner)
