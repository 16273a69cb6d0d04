"""Subagents whose records stand in files of their own, told within their parent's session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lashtui.producers import Produced


class Child(NamedTuple):
    """What a subagent's file, or what lies beside it, says about the subagent."""

    key: str
    """Its id, unique in its parent's session."""
    call_id: str = ""
    """The call that started it, if the file says which."""
    label: str = ""
    """What it is called."""
    prompt: str = ""
    """What it was asked first."""
    began: int = 0
    """Unix milliseconds of its first record."""


@runtime_checkable
class Family(Protocol):
    """A producer of a session that takes the lines of its subagents' files as well."""

    def join(self, child: Child) -> None:
        """Lines of this subagent will come; a second time: more is known about it."""

    def expects(self, key: str) -> bool:
        """Whether the call that started this subagent has been told; then it is that one's."""

    def feed_child(self, key: str, line: bytes) -> list[Produced]:
        """The payloads of one line of a subagent that has joined."""
