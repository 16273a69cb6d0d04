"""The read view: a session's whole visible state, and the fold that makes it from events.

`fold(view, event)` gives the view after an event. `Fold` is the same for a view that is kept and
updated in place; it reports what changed as `ViewChanges`. A view's form as JSON is
`ReadView.to_wire()`; `view_from_wire` reads it. `SessionRow` is what a list says of a session.
"""

from __future__ import annotations

from lashd.session.entries import ViewChanges
from lashd.session.facts import MAX_DIRECTORY, MAX_TITLE, MAX_WAITING_FOR
from lashd.session.fold import Fold, fold
from lashd.session.phase import Phase, phase_of
from lashd.session.quiet import pending_retry, quiet_since
from lashd.session.row import (
    Doing,
    Mirrored,
    PlanCount,
    Retry,
    SessionRow,
    Tmux,
    Where,
    row_from_wire,
)
from lashd.session.view import (
    Entry,
    EntryKind,
    Process,
    ProcessState,
    QueueItem,
    ReadView,
    SessionState,
    ToolState,
    view_from_wire,
)

__all__ = [
    "MAX_DIRECTORY",
    "MAX_TITLE",
    "MAX_WAITING_FOR",
    "Doing",
    "Entry",
    "EntryKind",
    "Fold",
    "Mirrored",
    "Phase",
    "PlanCount",
    "Process",
    "ProcessState",
    "QueueItem",
    "ReadView",
    "Retry",
    "SessionRow",
    "SessionState",
    "Tmux",
    "ToolState",
    "ViewChanges",
    "Where",
    "fold",
    "pending_retry",
    "phase_of",
    "quiet_since",
    "row_from_wire",
    "view_from_wire",
]
