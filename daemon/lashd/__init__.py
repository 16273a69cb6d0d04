"""Live observation of agent sessions: replay store, daemon and clients.

The names below are the public ones. Each is imported when it is first asked for, so that a script
pays for what it uses. `blocking` is the module with the blocking `Client` and `Publisher`.
"""

from __future__ import annotations

from lashd._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.client import blocking
    from lashd.client.aio import (
        AsyncAttachment,
        Client,
        Update,
    )
    from lashd.cursor import (
        ParsedSessionCursor,
        SessionCursor,
        SessionRevision,
    )
    from lashd.errors import (
        ConfigError,
        ConnectionFailed,
        InvalidEvent,
        LashdError,
        LifecycleError,
        LiveReplayStoreError,
        MalformedCursor,
        ProtocolViolation,
        RequestRefused,
        SessionCursorError,
        StoreError,
        SubscriberLagged,
        SubscriptionClosed,
        VersionMismatch,
        WrongSession,
    )
    from lashd.limits import (
        DaemonLimits,
        StoreLimits,
        ViewLimits,
    )
    from lashd.publish.agent import AgentSession
    from lashd.publish.decorator import current_session, watched
    from lashd.publish.logging import SessionHandler
    from lashd.publish.publisher import Publisher
    from lashd.publish.scopes import ToolCall, Turn
    from lashd.session.events import (
        AgentFrameSwitched,
        AnyTurnEvent,
        AssistantProseDelta,
        ChildUsage,
        CodeBlockCompleted,
        CodeBlockStarted,
        Committed,
        Error,
        ModelAttemptReset,
        ModelRequestStarted,
        Payload,
        ProcessChanged,
        QueueChanged,
        QueuedWorkStarted,
        ReasoningDelta,
        Resumed,
        RetryStatus,
        RuntimeDiagnostic,
        SessionChanged,
        SessionChangeKind,
        SessionObservationEvent,
        SessionOutcome,
        SessionProcessEventKind,
        SessionQueueEventKind,
        SubmittedValue,
        ToolCallCompleted,
        ToolCallStarted,
        ToolValue,
        TurnActivity,
        TurnEvent,
        UnknownTurnEvent,
        Usage,
        UserMessage,
        Waiting,
    )
    from lashd.session.fold import Fold, fold
    from lashd.session.host import SessionHost
    from lashd.session.results import (
        Gap,
        LiveReplayGap,
        LiveReplayGapReason,
        ObservationGap,
        ObservationReplayed,
        ObservationSubscribed,
        Replayed,
        SessionObservation,
        Subscribed,
    )
    from lashd.session.store import (
        InMemoryLiveReplayStore,
        InMemoryLiveReplayStoreConfig,
        LiveReplayStore,
    )
    from lashd.session.subscription import LiveReplaySubscription
    from lashd.session.view import (
        Entry,
        Process,
        QueueItem,
        ReadView,
    )

__all__ = [
    "AgentFrameSwitched",
    "AgentSession",
    "AnyTurnEvent",
    "AssistantProseDelta",
    "AsyncAttachment",
    "ChildUsage",
    "Client",
    "CodeBlockCompleted",
    "CodeBlockStarted",
    "Committed",
    "ConfigError",
    "ConnectionFailed",
    "DaemonLimits",
    "Entry",
    "Error",
    "Fold",
    "Gap",
    "InMemoryLiveReplayStore",
    "InMemoryLiveReplayStoreConfig",
    "InvalidEvent",
    "LashdError",
    "LifecycleError",
    "LiveReplayGap",
    "LiveReplayGapReason",
    "LiveReplayStore",
    "LiveReplayStoreError",
    "LiveReplaySubscription",
    "MalformedCursor",
    "ModelAttemptReset",
    "ModelRequestStarted",
    "ObservationGap",
    "ObservationReplayed",
    "ObservationSubscribed",
    "ParsedSessionCursor",
    "Payload",
    "Process",
    "ProcessChanged",
    "ProtocolViolation",
    "Publisher",
    "QueueChanged",
    "QueueItem",
    "QueuedWorkStarted",
    "ReadView",
    "ReasoningDelta",
    "Replayed",
    "RequestRefused",
    "Resumed",
    "RetryStatus",
    "RuntimeDiagnostic",
    "SessionChangeKind",
    "SessionChanged",
    "SessionCursor",
    "SessionCursorError",
    "SessionHandler",
    "SessionHost",
    "SessionObservation",
    "SessionObservationEvent",
    "SessionOutcome",
    "SessionProcessEventKind",
    "SessionQueueEventKind",
    "SessionRevision",
    "StoreError",
    "StoreLimits",
    "SubmittedValue",
    "Subscribed",
    "SubscriberLagged",
    "SubscriptionClosed",
    "ToolCall",
    "ToolCallCompleted",
    "ToolCallStarted",
    "ToolValue",
    "Turn",
    "TurnActivity",
    "TurnEvent",
    "UnknownTurnEvent",
    "Update",
    "Usage",
    "UserMessage",
    "VersionMismatch",
    "ViewLimits",
    "Waiting",
    "WrongSession",
    "__version__",
    "blocking",
    "current_session",
    "fold",
    "watched",
]

_HOMES: dict[str, tuple[str, ...]] = {
    "lashd.errors": (
        "ConfigError",
        "ConnectionFailed",
        "InvalidEvent",
        "LashdError",
        "LifecycleError",
        "LiveReplayStoreError",
        "MalformedCursor",
        "ProtocolViolation",
        "RequestRefused",
        "SessionCursorError",
        "StoreError",
        "SubscriberLagged",
        "SubscriptionClosed",
        "VersionMismatch",
        "WrongSession",
    ),
    "lashd.client.async_attachment": ("AsyncAttachment",),
    "lashd.client.aio": (
        "Client",
        "Update",
    ),
    "lashd.publish.publisher": ("Publisher",),
    "lashd.publish.agent": ("AgentSession",),
    "lashd.publish.scopes": (
        "ToolCall",
        "Turn",
    ),
    "lashd.publish.decorator": (
        "current_session",
        "watched",
    ),
    "lashd.limits": (
        "DaemonLimits",
        "StoreLimits",
        "ViewLimits",
    ),
    "lashd.publish.logging": ("SessionHandler",),
    "lashd.cursor": (
        "ParsedSessionCursor",
        "SessionCursor",
        "SessionRevision",
    ),
    "lashd.session.events": (
        "AgentFrameSwitched",
        "AnyTurnEvent",
        "AssistantProseDelta",
        "ChildUsage",
        "CodeBlockCompleted",
        "CodeBlockStarted",
        "Committed",
        "Error",
        "ModelAttemptReset",
        "ModelRequestStarted",
        "Payload",
        "ProcessChanged",
        "QueueChanged",
        "QueuedWorkStarted",
        "ReasoningDelta",
        "Resumed",
        "RetryStatus",
        "RuntimeDiagnostic",
        "SessionChangeKind",
        "SessionChanged",
        "SessionObservationEvent",
        "SessionOutcome",
        "SessionProcessEventKind",
        "SessionQueueEventKind",
        "SubmittedValue",
        "ToolCallCompleted",
        "ToolCallStarted",
        "ToolValue",
        "TurnActivity",
        "TurnEvent",
        "UnknownTurnEvent",
        "Usage",
        "UserMessage",
        "Waiting",
    ),
    "lashd.session.fold": (
        "Fold",
        "fold",
    ),
    "lashd.session.host": ("SessionHost",),
    "lashd.session.results": (
        "Gap",
        "LiveReplayGap",
        "LiveReplayGapReason",
        "ObservationGap",
        "ObservationReplayed",
        "ObservationSubscribed",
        "Replayed",
        "SessionObservation",
        "Subscribed",
    ),
    "lashd.session.store": (
        "InMemoryLiveReplayStore",
        "InMemoryLiveReplayStoreConfig",
        "LiveReplayStore",
    ),
    "lashd.session.subscription": ("LiveReplaySubscription",),
    "lashd.session.view": (
        "Entry",
        "Process",
        "QueueItem",
        "ReadView",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # a checker that saw it would believe any name

    def __getattr__(name: str) -> object:
        """Import a public name from its module when it is first asked for."""
        from importlib import import_module

        if name == "blocking":
            return import_module("lashd.client.blocking")
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
