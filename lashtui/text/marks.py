"""The marks of states. A state is shown by mark and word, never by colour alone."""

from __future__ import annotations

SESSION_MARKS = {
    "running": "●",
    "idle": "○",
    "waiting": "‼",
    "ended": "■",
}
CALL_MARKS = {"running": "●", "success": "✓", "failure": "✗", "cancelled": "⊘"}
PROCESS_MARKS = {"running": "●", "exited": "✓", "failed": "✗", "cancelled": "⊘"}
STEP_MARKS = {"done": "✓", "doing": "▸", "to do": "·"}
"""Steps of a plan."""
