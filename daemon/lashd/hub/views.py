"""Views that publishers send: decoded, checked and bounded before anything holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.cursor import MAX_U64
from lashd.errors import InvalidEvent, RequestRefused
from lashd.protocol.messages import ErrorCode
from lashd.session.fold import pack_entry
from lashd.session.json_values import check_fields, checked_fields, checked_value
from lashd.session.value_count import ValueCounter
from lashd.session.view import Entry, ReadView, decode_view
from lashd.wire_limits import MAX_EVENT_VALUES, MAX_SNAPSHOT_BYTES, MAX_VIEW_VALUES

if TYPE_CHECKING:
    from collections.abc import Generator

    import msgspec

STEP_VALUES = 50_000
"""Values counted in one step: 5 to 10 ms."""
STEP_ENTRIES = 64
"""Entries checked in one step; a few hold most of what a view may."""

_ENTRY_FIELDS = checked_fields(Entry)


def is_given(value: msgspec.Raw) -> bool:
    """It is neither missing nor nil."""
    return bytes(memoryview(value)[:1]) not in (b"", b"\xc0")


def read_view(data: msgspec.Raw) -> Generator[None, None, ReadView]:
    """The view of one msgpack map, packed (see `Fold`), in steps of some milliseconds.

    Raises:
        RequestRefused: it is no view, has a value that is not JSON's, or is over a bound.
    """
    body = memoryview(data)
    if len(body) > MAX_SNAPSHOT_BYTES:
        raise _invalid(f"the view has {len(body)} bytes; {MAX_SNAPSHOT_BYTES} are allowed")
    try:
        is_large = len(body) > MAX_EVENT_VALUES  # no value takes less than a byte
        if is_large:
            counter = ValueCounter(body, MAX_VIEW_VALUES)
            while not counter.step(STEP_VALUES):
                yield
        view = decode_view(body)
        if is_large:
            yield  # each of these alone may take 100 ms
        for begin in range(0, len(view.entries), STEP_ENTRIES):
            entries = view.entries[begin : begin + STEP_ENTRIES]
            for entry in entries:
                for name, value in check_fields(entry, _ENTRY_FIELDS).items():
                    setattr(entry, name, value)
            if is_large:
                yield
            for entry in entries:
                pack_entry(entry)
            if is_large:
                yield
        if is_large:
            yield
        view.plan = checked_value(view.plan)
        view.usage = checked_value(view.usage)
        if is_large:
            yield
    except InvalidEvent as error:
        raise _invalid(str(error)) from None
    if not 0 <= view.revision <= MAX_U64:
        raise _invalid(f"revision {view.revision} is not a u64")
    return view


def view_of(data: msgspec.Raw) -> ReadView:
    """As `read_view`, in one step.

    Raises:
        RequestRefused: as there.
    """
    steps = read_view(data)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            view: ReadView = end.value
            return view


def _invalid(reason: str) -> RequestRefused:
    return RequestRefused(ErrorCode.INVALID_VIEW, reason)
