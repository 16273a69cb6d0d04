"""The fleet's status line."""

from __future__ import annotations

from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.order import Wish
from lashtui.screens.fleet.status import status_ends


def ends(connection: ConnectionStatus, note: str = "", wish: Wish | None = None) -> list[list[str]]:
    """What may stand at its left and at its right."""
    found = status_ends(connection, wish or Wish(), total=200, found=None, note=note, retry_key="r")
    return [[each.plain for each in end] for end in found]


def test_nothing_is_said_twice() -> None:
    """What was just done isn't repeated at the right, nor how many sessions are old."""
    connection = ConnectionStatus("", lambda: 0.0)
    connection.synced()
    by_name = Wish(sort_by="name", group_by="agent")
    left, right = ends(connection, "sorted by name", by_name)
    assert (left, right[0]) == (["● connected   sorted by name"], "by agent")
    left, right = ends(connection, "", by_name)
    assert right[0] == "by agent · sorted by name"
    assert ends(connection)[1][0] == "200 sessions"


def test_how_old_it_is_and_what_to_do_stay_at_80_columns() -> None:
    """First the countdown gives way, then why."""
    now = 0.0
    connection = ConnectionStatus("", lambda: now)
    connection.synced()
    connection.end("stopped")
    connection.lost("no daemon is running at /run/user/1000/lashd.sock", 3.0)
    now = 12.0
    left, right = ends(connection)
    assert "200 sessions as of 12 s ago   r retry now" in left[0]
    assert left[2] == "✗ disconnected: the daemon was stopped   as of 12 s ago   r retry now"
    assert left[3] == "✗ disconnected   as of 12 s ago   r retry now"
    assert set(right) == {""}
