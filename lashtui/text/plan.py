"""A plan, the agent's own list of what it intends to do, read from whatever form it has. Pure."""

from __future__ import annotations

from lashd.gist import plan_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.gist import Step
    from lashd.view import ReadView


def plan_steps(view: ReadView | None) -> list[tuple[str, Step]]:
    """Each step's text as the agent wrote it (not yet safe to show), and its state."""
    return [plan_step(item) for item in (view.plan if view is not None else None) or []]
