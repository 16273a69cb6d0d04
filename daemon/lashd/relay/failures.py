"""What failed, of the several things that fail together."""

from __future__ import annotations


def sentence_of(failures: BaseExceptionGroup[BaseException]) -> str:
    """What the first of them says."""
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)
