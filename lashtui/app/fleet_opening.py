"""What the app opens the fleet with: its screen, and the daemon that it may start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lashtui.app.open_tabs import OpenTabs
from lashtui.feed.fleet.worker import FleetFeed
from lashtui.feed.worker import Feed
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.view import FleetView

if TYPE_CHECKING:
    from lashtui.screens.fleet.screen import FleetScreen


def start_daemon_at(socket_path: str) -> None:
    """Start a daemon. What does it is imported when it is needed."""
    from lashd.connect.launch import ensure_daemon

    ensure_daemon(socket_path)


def fleet_screen(
    feed: FleetFeed,
    marks: FleetMarks,
    view: FleetView,
    *,
    address_of: Callable[[str], str],
    tabs: OpenTabs,
    last: str | None,
    clock: Callable[[], float],
) -> FleetScreen:
    """All sessions; the reader can go back to the tab in front, or was at `last` once."""
    from lashtui.screens.fleet.previewing import PreviewFeeds
    from lashtui.screens.fleet.screen import FleetScreen

    async def remove(key: SessionKey, force: bool) -> None:
        from lashd.client.aio import Client

        async with Client(address_of(key.host)) as client:
            await client.remove(key.session_id, force)

    def of_tab(key: SessionKey) -> Feed | None:
        screen = tabs.find(key)
        return screen.feed if screen is not None else None

    def to_look_at(key: SessionKey) -> Feed:
        # No place of the reader: nothing that is previewed counts as read. It waits, for a daemon
        # too: a session that is chosen while none is there is shown when one is.
        restart = feed.connection_of(key.host).restart
        return Feed(
            address_of(key.host),
            key.session_id,
            cursor=None,
            wait=True,
            restart=restart,
            clock=clock,
        )

    front = tabs.front
    here = SessionKey("", last) if last is not None else None
    return FleetScreen(
        feed,
        marks,
        view,
        remove=remove,
        feeds=PreviewFeeds(of_tab, to_look_at),
        can_go_back=front is not None,
        prefer=front.key if front is not None else here,
        clock=clock,
    )
