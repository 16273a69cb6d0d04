"""The exit code that an agent would have had without the options for events. Pure.

Some agents that print events leave what went wrong to whoever reads them, and exit with 0; a script
that goes by the exit code must not be told that all is well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lashtui.producers.fields import map_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record


class Exit(Protocol):
    """One agent's rule."""

    def read(self, record: Record) -> None:
        """One record of its stream."""

    def code(self, own: int) -> int:
        """Its exit code without the options; `own` is the one that it had."""


class PiExit:
    """1 if the last answer failed, was stopped or cut off."""

    def __init__(self) -> None:
        self._reason = ""

    def read(self, record: Record) -> None:
        """Only the last message counts."""
        if record.get("type") == "message_end":
            self._reason = text_of(map_of(record, "message"), "stopReason")

    def code(self, own: int) -> int:
        """pi's own, unless that hides a failure."""
        return own or int(self._reason in ("error", "aborted", "length"))


EXITS: dict[str, Callable[[], Exit]] = {"pi": PiExit}
"""By agent; the others' exit codes are the same with and without events."""
