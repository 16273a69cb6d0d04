"""A session without a daemon: the events published into it, and the view of them."""

from __future__ import annotations

import itertools
from typing import Any

from lashd.publish.agent import AgentSession
from lashd.session.draft import Draft
from lashd.session.events import AnyTurnEvent, Committed, Payload, TurnActivity, TurnEvent
from lashd.session.events import UnknownTurnEvent as Unknown
from lashd.session.view import Entry, ReadView


class FakeSession(AgentSession):
    """Folds each event at once, as the real one does."""

    def __init__(self, session_id: str = "s") -> None:
        super().__init__(session_id)
        self.warnings: list[str] = []
        self.events: list[Payload] = []
        self._numbers = itertools.count(1)
        clock = itertools.count(4_000_000_000_000)
        self._draft = Draft(session_id, prefix="p", now_ms=lambda: next(clock))

    @property
    def view(self) -> ReadView:
        """What the session shows."""
        return self._draft.view

    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        id: str = "",  # noqa: A002
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Fold one event; raises what a publisher would only warn of."""
        if isinstance(event, TurnEvent | Unknown):
            event = TurnActivity(id, correlation_id, event, parent)
        self._draft.take(event, next(self._numbers), at=at)
        self.events.append(event)

    def commit(
        self,
        revision: int | None = None,
        read_view: ReadView | dict[str, Any] | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """End the turn."""
        self.pending_calls.close()
        self.publish(Committed(), at=at)

    def turn_state(self) -> tuple[str, int]:
        """As folded."""
        return self.view.state, self.view.turn_index

    def failure(self) -> str | None:
        """As folded."""
        return self._draft.failure

    def warn(self, sentence: str) -> None:
        """Keep it."""
        self.warnings.append(sentence)

    # -- for assertions ---------------------------------------------------------------------------

    def entries(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, or all."""
        return [row for row in self.view.entries if not kinds or row.kind in kinds]

    def shown(self) -> list[tuple[str, str | None]]:
        """Kind and text (or name) of each entry."""
        return [
            (row.kind, row.text if row.text is not None else row.name) for row in self.entries()
        ]

    def called(self, name: str) -> Entry:
        """The newest call of this name."""
        return [row for row in self.entries("tool") if row.name == name][-1]

    def published(self, kind: type[AnyTurnEvent]) -> list[TurnActivity]:
        """The activities of this kind."""
        return [
            event
            for event in self.events
            if isinstance(event, TurnActivity) and isinstance(event.event, kind)
        ]
