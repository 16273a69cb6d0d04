"""Views that publishers send: decoded, checked and bounded before anything holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.cursor import MAX_U64
from lashd.errors import InvalidEvent, RequestRefused
from lashd.protocol.messages import ErrorCode
from lashd.session.json_values import check_fields, checked_fields, checked_value
from lashd.session.value_count import count_values
from lashd.session.view import Entry, ReadView, decode_view
from lashd.wire_limits import MAX_SNAPSHOT_BYTES, MAX_VIEW_VALUES

if TYPE_CHECKING:
    import msgspec

_ENTRY_FIELDS = checked_fields(Entry)


def read_view(data: msgspec.Raw) -> ReadView:
    """The view of one msgpack map.

    Raises:
        RequestRefused: it is no view, has a value that is not JSON's, or is over a bound.
    """
    body = memoryview(data)
    if len(body) > MAX_SNAPSHOT_BYTES:
        raise _invalid(f"the view has {len(body)} bytes; {MAX_SNAPSHOT_BYTES} are allowed")
    try:
        count_values(body, MAX_VIEW_VALUES)
        view = decode_view(body)
        _check(view)
    except InvalidEvent as error:
        raise _invalid(str(error)) from None
    if not 0 <= view.revision <= MAX_U64:
        raise _invalid(f"revision {view.revision} is not a u64")
    return view


def _check(view: ReadView) -> None:
    """Every value that a type does not say all of."""
    for entry in view.entries:
        for name, value in check_fields(entry, _ENTRY_FIELDS).items():
            setattr(entry, name, value)
    view.plan = checked_value(view.plan)


def _invalid(reason: str) -> RequestRefused:
    return RequestRefused(ErrorCode.INVALID_VIEW, reason)
