"""Lets others know which of the agent's sessions a run tells, as they become known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lashd.address import is_remote
from lashd.errors import LashdError
from lashtui.ingest.claims import Claim, claims_folder
from lashtui.ingest.spoken import SpokenId
from lashtui.ingest.transcripts import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lashtui.ingest.launch import Launch
    from lashtui.producers import Producer


class Observed(Protocol):
    """What publishes the command's sessions."""

    @property
    def is_published(self) -> bool:
        """Whether the daemon takes any of them, or may yet."""

    def take(self, data: bytes, source: str) -> None:
        """Output as it was read."""

    def tick(self) -> float | None:
        """Do what is due; returns the seconds until the next tick."""

    def finish(self, exit_code: int, *, interrupted: bool = False) -> bool:
        """The command has ended."""

    def take_warnings(self) -> list[str]:
        """Sentences for the user since the last call."""


class Claiming:
    """The same, with the claim of its sessions. That this fails is no reason to say anything."""

    def __init__(
        self,
        observed: Observed,
        socket: str,
        start: Launch,
        began_ms: int,
        producers: Sequence[Producer],
    ) -> None:
        """Nothing is known yet.

        Args:
            observed: publishes the sessions.
            socket: the daemon's address.
            start: the command that runs.
            began_ms: when it was started.
            producers: they read a session each, and may know how the agent calls it; others may
                be added to them.
        """
        self._observed = observed
        self._agent = start.agent
        self._producers = producers
        is_here = bool(start.agent) and not is_remote(socket)
        self._claim = Claim(claims_folder(socket), began_ms) if is_here else None
        is_read = start.format != "text" and not start.files
        self._spoken = SpokenId(start.agent) if is_here and is_read else None

    def take(self, data: bytes, source: str) -> None:
        """Output as it was read."""
        if self._spoken is not None and source != "err":
            self._spoken.feed(data)
            if self._spoken.id:
                self._add(self._spoken.id)
                self._spoken = None
        self._observed.take(data, source)

    def tick(self) -> float | None:
        """Do what is due; returns the seconds until the next tick."""
        wait = self._observed.tick()
        self._look()
        return wait

    def finish(self, exit_code: int, *, interrupted: bool = False) -> bool:
        """The command has ended."""
        try:
            return self._observed.finish(exit_code, interrupted=interrupted)
        finally:
            self._look()
            self._close()

    def take_warnings(self) -> list[str]:
        """Sentences for the user since the last call."""
        return self._observed.take_warnings()

    def _look(self) -> None:
        if self._claim is None:
            return
        if not self._observed.is_published:  # then the file may be told
            self._claim.drop()
            self._claim = self._spoken = None
            return
        for producer in self._producers:
            for name in getattr(producer, "ids", ()):
                self._add(name)

    def _close(self) -> None:
        if self._claim is not None:
            self._claim.close()
            self._claim = self._spoken = None

    def _add(self, name: str) -> None:
        if self._claim is None:
            return
        try:
            self._claim.add(Key(self._agent, name))
        except (OSError, LashdError):
            self._close()
