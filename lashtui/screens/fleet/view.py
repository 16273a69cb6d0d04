"""What the fleet's screen is given: the fleet, and how the person has arranged it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from lashtui.feed.fleet.heard import Connections
from lashtui.feed.fleet.order import Wish
from lashtui.feed.fleet.rows import Fleet, RowChange
from lashtui.saved.session_key import SessionKey


class FollowedFleet(Connections, Protocol):
    """What the screen needs of `FleetFeed`, which the app runs."""

    @property
    def fleet(self) -> Fleet: ...
    @property
    def problem(self) -> str: ...
    @property
    def is_starting(self) -> bool: ...
    @property
    def host(self) -> str: ...
    @property
    def news(self) -> str: ...
    @property
    def hosts(self) -> Sequence[str]: ...
    def problem_of(self, host: str) -> str: ...

    @property
    def listeners(self) -> list[Callable[[list[RowChange]], None]]: ...

    def retry_now(self) -> None: ...


class Zoomed(msgspec.Struct, frozen=True):
    """The session that was opened, and the first line that was in view."""

    key: SessionKey
    top: int


class FleetView(msgspec.Struct):
    """How the person has arranged the fleet: kept while they look at sessions."""

    wish: Wish = Wish()
    query: str = ""
    """What they typed after `/`."""
    preview: bool = True
    """Whether the session with the cursor is shown beside the list, where there is room."""
    zoomed: Zoomed | None = None
    """Which session they opened last from here: they come back to it."""
