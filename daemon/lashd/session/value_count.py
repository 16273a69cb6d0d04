"""How many values a msgpack message holds, counted in its bytes: nothing is built for it.

A byte can become an object of a hundred bytes, so what is large is counted before it is decoded.
"""

from __future__ import annotations

from lashd.errors import InvalidEvent

_FIXED, _LENGTH, _ITEMS, _PAIRS, _NEVER = range(5)


def _forms() -> list[tuple[int, int]]:
    """For each first byte: what follows it, and how many bytes (of the value, or of its length)."""
    forms = [(_FIXED, 0)] * 256
    for byte in range(0x80, 0x90):
        forms[byte] = (_PAIRS, 0)
    for byte in range(0x90, 0xA0):
        forms[byte] = (_ITEMS, 0)
    for byte in range(0xA0, 0xC0):
        forms[byte] = (_FIXED, byte & 0x1F)
    for byte, size in ((0xC4, 1), (0xC5, 2), (0xC6, 4), (0xD9, 1), (0xDA, 2), (0xDB, 4)):
        forms[byte] = (_LENGTH, size)
    for byte, size in ((0xCA, 4), (0xCB, 8), (0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)):
        forms[byte] = (_FIXED, size)
    for byte, size in ((0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
        forms[byte] = (_FIXED, size)
    for power in range(5):  # fixext: a type, then 1 to 16 bytes
        forms[0xD4 + power] = (_FIXED, 1 + (1 << power))
    for byte, size in ((0xDC, 2), (0xDD, 4)):
        forms[byte] = (_ITEMS, size)
    for byte, size in ((0xDE, 2), (0xDF, 4)):
        forms[byte] = (_PAIRS, size)
    forms[0xC1] = (_NEVER, 0)
    return forms


_FORMS = _forms()
_EXT = {0xC7: 1, 0xC8: 2, 0xC9: 4}


class ValueCounter:
    """Counts the values of one message (keys, elements, leaves, maps and lists), in steps."""

    def __init__(self, data: bytes | memoryview, limit: int) -> None:
        self.count = 0
        """Values found so far."""
        self._data = data
        self._at = 0
        self._due = 1
        self._limit = limit

    @property
    def size(self) -> int:
        """Bytes looked at so far: those of the message, once all are counted."""
        return self._at

    def step(self, values: int) -> bool:
        """Look at up to `values` more of them; True when all are counted.

        Raises:
            InvalidEvent: there are more than the limit, or it is cut short or no message.
        """
        data, at, due, limit = self._data, self._at, self._due, self._limit
        forms, done = _FORMS, 0
        try:
            while due and done < values:
                first = data[at]
                form, size = forms[first]
                at += 1
                due -= 1
                done += 1
                if form == _FIXED:
                    at += size
                    if first in _EXT:
                        width = _EXT[first]
                        at += width + 1 + int.from_bytes(data[at : at + width])
                elif form == _LENGTH:
                    at += size + int.from_bytes(data[at : at + size])
                elif form == _NEVER:
                    raise InvalidEvent("no msgpack")
                else:
                    items = int.from_bytes(data[at : at + size]) if size else first & 0x0F
                    at += size
                    due += items if form == _ITEMS else 2 * items
                    if self.count + done + due > limit:
                        raise InvalidEvent(f"over {limit:,} values")
        except IndexError:
            raise InvalidEvent("a message that is cut short") from None
        self.count += done
        self._at, self._due = at, due
        return not due


def count_values(data: bytes | memoryview, limit: int) -> int:
    """The values of one message.

    Raises:
        InvalidEvent: there are more than `limit`, or the message is cut short.
    """
    counter = ValueCounter(data, limit)
    counter.step(limit)
    return counter.count
