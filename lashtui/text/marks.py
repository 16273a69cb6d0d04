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

LEGEND = (
    ("●", "at work; connected"),
    ("○", "idle; not connected"),
    ("‼", "needs you"),
    ("⏱", "quiet for too long"),
    ("✗", "failed"),
    ("✓", "done"),
    ("⊘", "stopped, cancelled"),
    ("■", "has ended"),
    ("↻", "retry; connecting again"),
    ("◆", "submitted; goes into this turn"),
    ("▸", "step at hand; folded group"),
    ("▏", "it writes here"),
    ("▎", "current entry"),
    ("▌", "the cursor"),
    ("★ ☾", "pinned; muted"),
)
"""What the marks mean, in words."""
