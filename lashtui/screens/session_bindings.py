"""The keys of a session's screen besides the reader's own."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from lashtui.screens.moves import FOLDS, MOVES, PALETTE

SESSION_BINDINGS: Final[list[BindingType]] = [
    *MOVES,
    *FOLDS,
    PALETTE,
    Binding(
        "end,G",
        "follow",
        "Follow",
        key_display="End",
        tooltip="Bottom, follow",
        id="session.follow",
    ),
    Binding(
        "o",
        "go_there",
        "Go to terminal",
        tooltip="Go to the agent's terminal, a pane of this tmux",
        id="session.go_there",
    ),
    Binding("b", "toggle_side", "Panels", tooltip="Toggle side panel", id="session.side"),
    Binding(
        "B",
        "toggle_list",
        "List",
        tooltip="Toggle the list of sessions, from 160 columns on",
        show=False,
        id="session.list",
    ),
    Binding(
        "f2",
        "fold_panel('PlanPanel')",
        "Plan",
        tooltip="Fold or unfold the plan",
        show=False,
        id="session.plan",
    ),
    Binding(
        "f3",
        "fold_panel('QueuePanel')",
        "Queue",
        tooltip="Fold or unfold the queue",
        show=False,
        id="session.queue",
    ),
    Binding(
        "f4",
        "fold_panel('ProcessPanel')",
        "Processes",
        tooltip="Fold or unfold the processes",
        show=False,
        id="session.processes",
    ),
    Binding("r", "retry", "Retry", tooltip="Reconnect now", show=False, id="session.retry"),
    Binding(
        "x",
        "dismiss_gap",
        "Hide",
        tooltip="Hide the banner, and what happened while you were away",
        show=False,
        id="session.dismiss",
    ),
]
