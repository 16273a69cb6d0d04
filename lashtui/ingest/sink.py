"""Where a session's events go, and what an agent's other words about a session are. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lashd.events import SessionOutcome
    from lashtui.producers import Produced


class Sink(Protocol):
    """Where a session's events go."""

    def publish(self, produced: Produced) -> None:
        """One payload."""

    def wait(self) -> None:
        """Wait until most of it was delivered, for a moment at most."""

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed, by what was published."""

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The session's end, at Unix milliseconds `at` or now; it may go on if its agent does."""


class Nobody:
    """A sink whose session another program tells."""

    turn_failed = False

    def publish(self, produced: Produced) -> None:
        """Nothing."""

    def wait(self) -> None:
        """Nothing."""

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """Nothing."""


@runtime_checkable
class Closing(Protocol):
    """A sink that is closed some time after the session's end."""

    @property
    def is_closed(self) -> bool:
        """It takes nothing any more."""


class State(Enum):
    """What an agent says of itself elsewhere than in its session's file."""

    WORKING = auto()
    """It works: what it waited for was answered."""
    WAITING = auto()
    """It waits for a person."""
    IDLE = auto()
    """It waits for the next prompt: the turn is over."""
    ENDED = auto()
    """It has left the session."""


class Sign(NamedTuple):
    """One such word; the tail of the session's file publishes it in its place."""

    state: State
    what: str = ""
    """What it waits for."""
    at: int | None = None
    """Unix milliseconds; None: now."""
