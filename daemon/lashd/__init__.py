"""Live observation of agents' sessions: publish into one, watch one, or run the store yourself.

`Publisher`, `watched` and `SessionHandler` publish. `Client` watches from async programs,
`blocking.Client` from ordinary scripts. Everything else is in these modules:

- `lashd.events`: what can happen in a session, and its JSON form
- `lashd.view`: a session's whole visible state, and the fold that makes it
- `lashd.store`: the replay store, the session host, their results and gaps
- `lashd.daemon`: start, stop and embed the daemon, also to test your own agent
- `lashd.errors`, `lashd.limits`: every error, and every bound that can be configured

The vocabulary comes from lash, a Rust agent runtime; its names can be imported from here, too. Each
name is imported when first used, so that a script pays only for what it needs.
"""

from __future__ import annotations

from lashd._version import __version__

__all__ = [
    "Client",
    "ConnectionFailed",
    "LashdError",
    "Publisher",
    "RequestRefused",
    "SessionCursor",
    "SessionHandler",
    "VersionMismatch",
    "__version__",
    "blocking",
    "current_session",
    "watched",
]

_HOMES = {
    "lashd.client.aio": ("Client",),
    "lashd.client.blocking": ("blocking",),
    "lashd.cursor": ("ParsedSessionCursor", "SessionCursor", "SessionRevision"),
    "lashd.errors": (
        "ConnectionFailed",
        "LashdError",
        "LiveReplayStoreError",
        "MalformedCursor",
        "RequestRefused",
        "SessionCursorError",
        "StoreError",
        "SubscriberLagged",
        "SubscriptionClosed",
        "VersionMismatch",
        "WrongSession",
    ),
    "lashd.events": (
        "AgentFrameSwitched",
        "AssistantProseDelta",
        "ChildUsage",
        "CodeBlockCompleted",
        "CodeBlockStarted",
        "Committed",
        "Error",
        "ModelAttemptReset",
        "ModelRequestStarted",
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
        "UnknownTurnEvent",
        "Usage",
        "UserMessage",
        "Waiting",
    ),
    "lashd.publish.agent": ("AgentSession",),
    "lashd.publish.decorator": ("current_session", "watched"),
    "lashd.publish.logging": ("SessionHandler",),
    "lashd.publish.publisher": ("Publisher",),
    "lashd.publish.scopes": ("ToolCall", "Turn"),
    "lashd.store": (
        "Gap",
        "InMemoryLiveReplayStore",
        "InMemoryLiveReplayStoreConfig",
        "LiveReplayGap",
        "LiveReplayGapReason",
        "LiveReplayStore",
        "LiveReplaySubscription",
        "ObservationGap",
        "ObservationReplayed",
        "ObservationSubscribed",
        "Replayed",
        "SessionHost",
        "SessionObservation",
        "Subscribed",
    ),
}
"""Module -> names. `__init__.pyi` is made from it: `python -m tests.daemon.face_stub`."""
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first used."""
    from importlib import import_module

    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(home)
    value = module if home.endswith(f".{name}") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
