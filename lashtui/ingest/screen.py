"""An agent's interactive screen: nothing that it draws is published.

What stands on a screen is drawn in pieces and drawn again; as text it would be garbage, and none of
it would say who spoke.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import RuntimeDiagnostic, TurnActivity
from lashtui.producers import Produced

if TYPE_CHECKING:
    from lashd.events import SessionOutcome


class ScreenProducer:
    """Says once that the screen is not read, and what to do."""

    def __init__(self, hint: str) -> None:
        self._hint = hint

    @property
    def chosen(self) -> str | None:
        """None: nothing is recognised."""
        return None

    @property
    def is_text(self) -> bool:
        """False: nothing is read."""
        return False

    @property
    def in_turn(self) -> bool:
        """False: nobody knows."""
        return False

    def feed(self, data: bytes) -> list[Produced]:
        """The remark, once something was drawn."""
        hint, self._hint = self._hint, ""
        if not hint:
            return []
        event = RuntimeDiagnostic("screen", {"text": f"Not read: {hint}"})
        return [Produced(TurnActivity("", None, event))]

    def flush(self) -> list[Produced]:
        """Nothing."""
        return []

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """Nothing."""
        return []

    def take_warnings(self) -> list[str]:
        """None."""
        return []
