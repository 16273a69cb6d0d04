"""The replay store as a library: events by session, replayed or subscribed to after a cursor.

`InMemoryLiveReplayStore` holds the latest events of each session. `SessionHost` holds a session's
read view beside them, so that a snapshot and its cursor always match. What either can't replay it
answers with a gap and the reason, never with a silent hole. The daemon is built on both.
"""

from __future__ import annotations

from lashd.session.gaps import LiveReplayGap, LiveReplayGapReason
from lashd.session.host import SessionHost
from lashd.session.results import (
    Gap,
    LiveReplayResult,
    LiveReplaySubscribeResult,
    ObservationGap,
    ObservationReplayed,
    ObservationSubscribed,
    Replayed,
    SessionObservation,
    SessionObservationSubscription,
    SessionResume,
    Subscribed,
)
from lashd.session.store import (
    InMemoryLiveReplayStore,
    InMemoryLiveReplayStoreConfig,
    LiveReplayStore,
)
from lashd.session.subscription import LiveReplaySubscription

__all__ = [
    "Gap",
    "InMemoryLiveReplayStore",
    "InMemoryLiveReplayStoreConfig",
    "LiveReplayGap",
    "LiveReplayGapReason",
    "LiveReplayResult",
    "LiveReplayStore",
    "LiveReplaySubscribeResult",
    "LiveReplaySubscription",
    "ObservationGap",
    "ObservationReplayed",
    "ObservationSubscribed",
    "Replayed",
    "SessionHost",
    "SessionObservation",
    "SessionObservationSubscription",
    "SessionResume",
    "Subscribed",
]
