# Made by `python -m tests.daemon.face_stub`; don't edit.
# ruff: noqa: I001

from lashd._version import __version__ as __version__
from lashd.client.aio import Client as Client
from lashd.client import blocking as blocking
from lashd.cursor import ParsedSessionCursor as ParsedSessionCursor
from lashd.cursor import SessionCursor as SessionCursor
from lashd.cursor import SessionRevision as SessionRevision
from lashd.errors import ConnectionFailed as ConnectionFailed
from lashd.errors import LashdError as LashdError
from lashd.errors import LiveReplayStoreError as LiveReplayStoreError
from lashd.errors import MalformedCursor as MalformedCursor
from lashd.errors import RequestRefused as RequestRefused
from lashd.errors import SessionCursorError as SessionCursorError
from lashd.errors import StoreError as StoreError
from lashd.errors import SubscriberLagged as SubscriberLagged
from lashd.errors import SubscriptionClosed as SubscriptionClosed
from lashd.errors import VersionMismatch as VersionMismatch
from lashd.errors import WrongSession as WrongSession
from lashd.events import AgentFrameSwitched as AgentFrameSwitched
from lashd.events import AssistantProseDelta as AssistantProseDelta
from lashd.events import ChildUsage as ChildUsage
from lashd.events import CodeBlockCompleted as CodeBlockCompleted
from lashd.events import CodeBlockStarted as CodeBlockStarted
from lashd.events import Committed as Committed
from lashd.events import Error as Error
from lashd.events import ModelAttemptReset as ModelAttemptReset
from lashd.events import ModelRequestStarted as ModelRequestStarted
from lashd.events import ProcessChanged as ProcessChanged
from lashd.events import QueueChanged as QueueChanged
from lashd.events import QueuedWorkStarted as QueuedWorkStarted
from lashd.events import ReasoningDelta as ReasoningDelta
from lashd.events import Resumed as Resumed
from lashd.events import RetryStatus as RetryStatus
from lashd.events import RuntimeDiagnostic as RuntimeDiagnostic
from lashd.events import SessionChangeKind as SessionChangeKind
from lashd.events import SessionChanged as SessionChanged
from lashd.events import SessionObservationEvent as SessionObservationEvent
from lashd.events import SessionOutcome as SessionOutcome
from lashd.events import SessionProcessEventKind as SessionProcessEventKind
from lashd.events import SessionQueueEventKind as SessionQueueEventKind
from lashd.events import SubmittedValue as SubmittedValue
from lashd.events import ToolCallCompleted as ToolCallCompleted
from lashd.events import ToolCallStarted as ToolCallStarted
from lashd.events import ToolValue as ToolValue
from lashd.events import TurnActivity as TurnActivity
from lashd.events import UnknownTurnEvent as UnknownTurnEvent
from lashd.events import Usage as Usage
from lashd.events import UserMessage as UserMessage
from lashd.events import Waiting as Waiting
from lashd.publish.agent import AgentSession as AgentSession
from lashd.publish.decorator import current_session as current_session
from lashd.publish.decorator import watched as watched
from lashd.publish.logging import SessionHandler as SessionHandler
from lashd.publish.publisher import Publisher as Publisher
from lashd.publish.scopes import ToolCall as ToolCall
from lashd.publish.scopes import Turn as Turn
from lashd.store import Gap as Gap
from lashd.store import InMemoryLiveReplayStore as InMemoryLiveReplayStore
from lashd.store import InMemoryLiveReplayStoreConfig as InMemoryLiveReplayStoreConfig
from lashd.store import LiveReplayGap as LiveReplayGap
from lashd.store import LiveReplayGapReason as LiveReplayGapReason
from lashd.store import LiveReplayStore as LiveReplayStore
from lashd.store import LiveReplaySubscription as LiveReplaySubscription
from lashd.store import ObservationGap as ObservationGap
from lashd.store import ObservationReplayed as ObservationReplayed
from lashd.store import ObservationSubscribed as ObservationSubscribed
from lashd.store import Replayed as Replayed
from lashd.store import SessionHost as SessionHost
from lashd.store import SessionObservation as SessionObservation
from lashd.store import Subscribed as Subscribed

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
