"""Damage to an input: to its bytes, to its lines, and to the values in them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.hostile import ATTACKS

MAX_INPUT = 256 * 1024
"""Bytes that an input may grow to; bounds are reached far below that."""

NUMBERS = (0, -1, 1, 0.5, -0.0, 1e300, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400)
TEXTS = ("", " ", "\0", "\ud800", "\udfff\ud800", "\n\r\n", "e\u0301" * 50, "x" * 20_000, *ATTACKS)
KEYS = ("id", "type", "role", "name", "content", "parent", "status", "\ud800", "", "\x1b[2J", "0")
OTHERS = ("null", "true", "false", "[]", "{}", "[[]]", "[null]", '{"": null}', '[{}, 1, "x"]')
RAW = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"1" * 500,
    b"[" * 2_000,
    b"[" * 300 + b"]" * 300,
    b'{"a":' * 90 + b"1" + b"}" * 90,
    b'"\\ud800"',
    b'"\\u0000\\u001b]0;LEAK\\u0007"',
    b'{"a":1,"a":2}',
    b'"unfinished',
    b"\x00",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\x1b]0;LEAK\x07",
    b"\x9b31m",
)
"""Put in place of a value, or anywhere."""


class Mutations:
    """Changes inputs; the same for the same source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._of_lines: tuple[Callable[[list[bytes]], None], ...] = (
            self._drop,
            self._double,
            self._swap,
            self._cut,
            self._repeat,
            self._shuffle,
        )

    def changed(self, data: bytes, other: bytes = b"") -> bytes:
        """`data` with some damage; lines of `other` may get into it."""
        chance = self._chance
        for _ in range(chance.choice((1, 1, 2, 4, 10))):
            kind = chance.random()
            if kind < 0.55:
                data = self._in_line(data)
            elif kind < 0.75:
                data = self._in_lines(data)
            elif kind < 0.85 and other:
                data = self._mixed(data, other)
            else:
                data = self.changed_bytes(data)
        return data[:MAX_INPUT]

    def changed_bytes(self, data: bytes) -> bytes:
        """With bytes flipped, lost, doubled, or put in."""
        chance = self._chance
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 4, 60))
        kind = chance.randrange(4)
        if kind == 0 and at < len(data):
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        if kind == 1:
            return data[:at] + data[at + length :]
        if kind == 2:
            return data[:at] + data[at : at + length] * 2 + data[at + length :]
        return data[:at] + chance.choice(RAW) + data[at:]

    def changed_value(self, value: Any) -> Any:
        """A tree of JSON with one part of it replaced, taken away or moved; given away by it."""
        chance = self._chance
        if not isinstance(value, dict | list) or not value:
            return self._other(value)
        place = value
        while True:
            keys: list[Any] = list(place) if isinstance(place, dict) else [*range(len(place))]
            key = chance.choice(keys)
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or chance.random() < 0.2:
                break
            place = inner
        kind = chance.random()
        if kind < 0.7:
            place[key] = self._other(inner)
        elif kind < 0.8:
            del place[key]
        elif isinstance(place, dict):
            place[chance.choice(KEYS)] = inner
        else:
            place.insert(chance.randrange(len(place) + 1), inner)
        return value

    # -- lines -----------------------------------------------------------------------------------

    def _in_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        self._chance.choice(self._of_lines)(lines)
        return b"\n".join(lines)

    def _drop(self, lines: list[bytes]) -> None:
        at = self._at(lines)
        del lines[at : at + self._chance.choice((1, 1, 3, 30))]

    def _double(self, lines: list[bytes]) -> None:
        lines.insert(self._at(lines), lines[self._at(lines)])

    def _swap(self, lines: list[bytes]) -> None:
        one, other = self._at(lines), self._at(lines)
        lines[one], lines[other] = lines[other], lines[one]

    def _cut(self, lines: list[bytes]) -> None:
        at = self._at(lines)
        lines[at] = lines[at][: self._chance.randrange(len(lines[at]) + 1)]

    def _repeat(self, lines: list[bytes]) -> None:
        at = self._at(lines)
        lines[at:at] = [lines[at]] * min(50, 20_000 // (len(lines[at]) + 1))

    def _shuffle(self, lines: list[bytes]) -> None:
        at = self._at(lines)
        part = lines[at : at + 10]
        self._chance.shuffle(part)
        lines[at : at + 10] = part

    def _at(self, lines: list[bytes]) -> int:
        return self._chance.randrange(len(lines))

    def _mixed(self, data: bytes, other: bytes) -> bytes:
        lines, others = data.split(b"\n"), other.split(b"\n")
        at, start = self._at(lines), self._at(others)
        lines[at:at] = others[start : start + self._chance.choice((1, 5, 20))]
        return b"\n".join(lines)

    # -- values ----------------------------------------------------------------------------------

    def _in_line(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = self._at(lines)
        # Server-sent events have a field's name before the value.
        head = b"data: " if lines[at].startswith(b"data: ") else b""
        lines[at] = head + self._line(lines[at][len(head) :])
        return b"\n".join(lines)

    def _line(self, line: bytes) -> bytes:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return self.changed_bytes(line)
        changed: Any
        if isinstance(record, dict) and isinstance(record.get("line"), str):
            # One line of a conversation, with who said it: the line inside is what a program reads.
            inner = self._line(record["line"].encode("utf-8", "surrogatepass"))
            changed = {**record, "line": inner.decode("utf-8", "replace")}
        else:
            changed = self.changed_value(record)
        try:
            text = json.dumps(changed, ensure_ascii=self._chance.random() < 0.7)
        except (ValueError, RecursionError):
            return line
        data = text.encode("utf-8", "surrogatepass")
        if self._chance.random() < 0.1:
            data = self._raw(data)
        return data

    def _raw(self, data: bytes) -> bytes:
        """With something in place of a value that JSON, or Python's, can't have."""
        places = [at for at in range(len(data) - 1) if data[at : at + 2] == b": "]
        if not places:
            return data
        at = self._chance.choice(places) + 2
        ends = [end for end in (data.find(each, at) for each in (b",", b"}")) if end > 0]
        return data[:at] + self._chance.choice(RAW) + data[min(ends, default=len(data)) :]

    def _other(self, value: Any) -> Any:
        """Something in place of a value; often of another type."""
        chance = self._chance
        kind = chance.random()
        if isinstance(value, str):
            if kind < 0.2 and value[:1] in ("{", "["):
                return self._nested(value)
            if kind < 0.4:
                at = chance.randrange(len(value) + 1)
                return value[:at] + chance.choice(TEXTS) + value[at:]
        if kind < 0.5:
            return chance.choice(TEXTS)
        if kind < 0.7:
            return chance.choice(NUMBERS)
        if kind < 0.9:
            return json.loads(chance.choice(OTHERS))
        if kind < 0.95:
            return [value] * 3
        deep: Any = value
        for _ in range(chance.choice((5, 70))):
            deep = [deep] if chance.random() < 0.5 else {"a": deep}
        return deep

    def _nested(self, text: str) -> str:
        """JSON within a text, such as a call's arguments."""
        try:
            return json.dumps(self.changed_value(json.loads(text)))
        except (ValueError, RecursionError):
            return text[: self._chance.randrange(len(text) + 1)]
