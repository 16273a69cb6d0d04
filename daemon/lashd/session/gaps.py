"""The reasons and records of a gap: types only; `retention` decides when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.cursor import SessionCursor, SessionRevision


class LiveReplayGapReason(StrEnum):
    """Why a cursor can't be resumed."""

    TRIMMED = "trimmed"
    """Events after it have been dropped for a bound."""
    UNAVAILABLE = "unavailable"
    """It is no position of this session here: another daemon's, a forgotten namesake's, ahead."""


@dataclass(frozen=True, slots=True)
class LiveReplayGap:
    """A gap with all that its reader can know of it."""

    session_id: str
    requested_cursor: SessionCursor
    latest_cursor: SessionCursor
    """The position that the accompanying snapshot stands for."""
    latest_revision: SessionRevision
    reason: LiveReplayGapReason
    lost: int | None = None
    """Events that can no longer be replayed; None where the numbers can't be compared."""
    skipped: int | None = None
    """All events between the two cursors: what the snapshot stands for."""
    from_at: int | None = None
    """Unix milliseconds, where known: the first missed event came then or, in an entry, later."""
    to_at: int | None = None
    """Unix milliseconds of the last event that the snapshot stands for, where known."""
