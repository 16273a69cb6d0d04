"""Ids, numbers and flags that an agent hands in, whatever their types."""

from __future__ import annotations

from lashd.exact import exact_number
from lashd.publish.bounds import MAX_ID
from lashd.session.jsonable import jsonable, plain_text


def given_id(value: object) -> str | None:
    """An id as text; None if there is none."""
    return plain_text(value, MAX_ID) or None if value is not None else None


def number_of(value: object) -> int | float | None:
    """A finite number that every JSON reader holds exactly; None for anything else."""
    return exact_number(jsonable(value, MAX_ID))


def flag(value: object) -> bool:
    """Whether it is true; what can't say so isn't."""
    try:
        return bool(value)
    except Exception:  # of any kind: the value is the program's own
        return False
