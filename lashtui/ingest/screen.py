"""An agent's interactive screen: nothing that it draws is published.

What stands on a screen is drawn in pieces and drawn again; as text it would be garbage, and none of
it would say who spoke.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import RuntimeDiagnostic, TurnActivity
from lashtui.producers import Produced, Producer

if TYPE_CHECKING:
    from lashd.events import SessionOutcome


class ScreenProducer(Producer):
    """Says once that the screen is not read, and what to do."""

    def __init__(self, hint: str) -> None:
        self._hint = hint

    def feed(self, data: bytes) -> list[Produced]:
        """The remark, once something was drawn."""
        hint, self._hint = self._hint, ""
        if not hint:
            return []
        event = RuntimeDiagnostic("screen", {"text": f"Not read: {hint}"})
        return [Produced(TurnActivity("", None, event))]

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """Nothing."""
        return []
