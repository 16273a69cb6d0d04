"""A plan, the agent's own list of what it intends to do, read from whatever form it has. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Literal, TypeAlias

    from lashd.view import ReadView

    Step: TypeAlias = Literal["done", "doing", "to do"]

_DONE: Final = frozenset({"completed", "done", "success"})
_DOING: Final = frozenset({"in_progress", "running", "active"})
_TEXTS: Final = ("content", "text", "title", "step")


def plan_steps(view: ReadView | None) -> list[tuple[str, Step]]:
    """Each step's text as the agent wrote it (not yet safe to show), and its state."""
    return [plan_step(item) for item in (view.plan if view is not None else None) or []]


def plan_step(item: Any) -> tuple[str, Step]:
    """The text and state of one step."""
    if not isinstance(item, dict):
        return str(item), "to do"
    text = next((item[key] for key in _TEXTS if item.get(key)), "")
    status = str(item.get("status") or "")
    return str(text), "done" if status in _DONE else "doing" if status in _DOING else "to do"
