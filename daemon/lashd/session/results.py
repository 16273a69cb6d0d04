"""What a replay store and a session answer: events, a gap, a subscription, an observation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from lashd.cursor import SessionCursor
    from lashd.session.events import SessionObservationEvent
    from lashd.session.gaps import LiveReplayGap, LiveReplayGapReason
    from lashd.session.subscription import LiveReplaySubscription
    from lashd.session.view import ReadView


class Replayed(msgspec.Struct, frozen=True):
    """Everything after the cursor, in order. Empty is proven continuity: nothing was missed."""

    events: list[SessionObservationEvent]


class Gap(msgspec.Struct, frozen=True):
    """The cursor can't be resumed."""

    reason: LiveReplayGapReason


class Subscribed(msgspec.Struct, frozen=True):
    """Everything after the cursor, then whatever comes."""

    subscription: LiveReplaySubscription


LiveReplayResult: TypeAlias = Replayed | Gap
LiveReplaySubscribeResult: TypeAlias = Subscribed | Gap


@dataclass(frozen=True, slots=True)
class SessionObservation:
    """A whole session at one position: `read_view` holds everything up to `cursor`."""

    read_view: ReadView
    cursor: SessionCursor


@dataclass(frozen=True, slots=True)
class ObservationReplayed:
    """A session's events after the cursor; empty is proven continuity."""

    events: list[SessionObservationEvent]


@dataclass(frozen=True, slots=True)
class ObservationGap:
    """The cursor can't be resumed: what was missed, and the session as it is now."""

    observation: SessionObservation
    gap: LiveReplayGap


@dataclass(frozen=True, slots=True)
class ObservationSubscribed:
    """A session's events after the cursor, then whatever comes."""

    subscription: LiveReplaySubscription


SessionResume: TypeAlias = ObservationReplayed | ObservationGap
SessionObservationSubscription: TypeAlias = ObservationSubscribed | ObservationGap


@dataclass(frozen=True, slots=True)
class SessionBounds:
    """Where a session's history begins and ends. Positions are n, without the incarnation."""

    start: int
    """The position at which the session was created; its first event is start + 1."""
    first: int
    """The oldest retained event; tail + 1 when none is."""
    tail: int
    """The newest event, retained or not."""
    events: int
    """Retained events."""
    bytes: int
    """Encoded bytes of the retained events."""
    oldest_age: float | None
    """Seconds since the oldest retained event came; None when none is retained."""
    last_at: int | None
    """Unix milliseconds of the newest event, retained or not, where known."""


@dataclass(frozen=True, slots=True)
class FrameSlice:
    """Encoded events as they go out, and the position of the last of them."""

    frames: list[bytes]
    last: int
    """n of the last frame; the position asked after where there is none."""
