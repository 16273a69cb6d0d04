"""The interface that the vocabulary's helpers publish through."""

from __future__ import annotations

from typing import Protocol

from lashd.publish.pending_calls import CallSink, PendingCalls


class AgentSink(CallSink, Protocol):
    """A session as seen by turns, calls, the queue, processes and stream proxies."""

    publisher_id: str
    pending_calls: PendingCalls

    def user(self, text: object) -> None:
        """Publish what a person said."""

    def commit(self) -> None:
        """End the turn."""

    def uses(self, model: object) -> None:
        """Publish that the session uses this model, if it is another one."""

    def turn_state(self) -> tuple[str, int]:
        """The session's state as published so far, and the number of turns committed."""

    def warn(self, sentence: str) -> None:
        """Report to the agent's `on_warning`; never raises."""
