"""What the connection is called, and for how long."""

from __future__ import annotations

import pytest

from lashd.errors import HOW_TO_START
from lashd.testing.laws import ManualClock
from lashtui.feed.connection import ConnectionState, ConnectionStatus


def live(clock: ManualClock | None = None) -> ConnectionStatus:
    """A live connection to a session that has been shown."""
    connection = ConnectionStatus("build", clock or ManualClock())
    connection.opened()
    connection.found()
    connection.synced()
    return connection


def test_connection_is_called_what_it_is() -> None:
    """Connecting until attached, catching up until synced, then live."""
    connection = ConnectionStatus("build", ManualClock())
    texts = [connection.text()]
    for happens in (connection.opened, connection.found, connection.synced):
        happens()
        texts.append(connection.text())

    assert texts == ["connecting", "catching up", "catching up", "connected"]
    assert connection.is_live


def test_countdown_runs_by_the_clock() -> None:
    """While the connection is lost the seconds to the next try are counted down, never below 0."""
    clock = ManualClock()
    connection = live(clock)
    connection.lost("gone", 2.5)
    texts = []
    for seconds in (0.0, 1.0, 1.0, 5.0):
        clock.advance(seconds)
        texts.append(connection.text())

    assert connection.ticks
    assert texts == [
        "reconnecting in 3 s",
        "reconnecting in 2 s",
        "reconnecting in 1 s",
        "reconnecting",
    ]
    connection.opened()
    assert connection.text() == "catching up"
    connection.caught_up()
    assert connection.text() == "connected"
    assert not connection.ticks


def test_a_first_attach_is_not_caught_up_before_its_snapshot() -> None:
    """Attached with nothing to show yet is not live."""
    connection = ConnectionStatus("build", ManualClock())
    connection.opened()
    connection.caught_up()
    assert connection.text() == "catching up"


def test_graceful_stop_stays_said_while_it_is_tried_again() -> None:
    """A daemon that was stopped is called stopped, not lost, whatever the attempts bring."""
    connection = live()
    connection.end("stopped")
    connection.lost("connection refused", 4.0)

    assert connection.state is ConnectionState.DISCONNECTED
    assert connection.text() == "disconnected: the daemon was stopped · next try in 4 s"


def test_the_command_that_starts_this_daemon_is_said() -> None:
    """A daemon of the demo's own is not brought back by what starts an ordinary one."""
    none = f"no daemon is running at /s ({HOW_TO_START})"
    connection = ConnectionStatus("build", lambda: 100.0)
    connection.lost(none)
    assert connection.text() == f"disconnected: {none}"
    connection.restart = "lashtui demo --fleet 30"
    connection.lost(none)
    assert connection.text().endswith("(start it again with `lashtui demo --fleet 30`)")


def test_another_attempt_keeps_the_reason() -> None:
    """The reason stays in sight while attempts are repeated without a new one."""
    connection = live()
    connection.lost("the socket is gone")
    connection.lost(retry_in=None)
    assert connection.text() == "disconnected: the socket is gone"


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("forgotten", "session was removed; will reconnect if it returns"),
        ("stopped", "session no longer on the daemon; will reconnect if it returns"),
    ],
)
def test_a_session_that_was_there_is_gone_rather_than_awaited(end: str, text: str) -> None:
    """One that never was there is waited for by name."""
    connection = live()
    connection.end(end)
    connection.awaiting()
    assert connection.text() == text
    assert connection.is_gone

    never = ConnectionStatus("build", ManualClock())
    never.awaiting()
    assert never.text() == "waiting for build to appear"
    assert not never.is_gone


def test_a_silent_daemon_is_not_called_live() -> None:
    """For how long it has not answered, counted by the clock, until it does."""
    clock = ManualClock()
    connection = live(clock)
    connection.answered(silent_since=clock.now - 7)
    assert connection.text() == "daemon not responding for 7 s"
    assert connection.is_troubled
    assert connection.ticks
    connection.answered()
    assert connection.text() == "connected"
    assert not connection.is_troubled


def test_since_when_nothing_was_heard_is_known() -> None:
    """By the last answer: a silence before the connection was lost counts; attempts don't."""
    clock = ManualClock()
    connection = ConnectionStatus("build", clock)
    assert connection.stale_for is None
    connection.lost("nothing is there yet", 1.0)
    assert connection.stale_for is None
    connection = live(clock)
    assert connection.stale_for is None
    connection.answered(silent_since=clock.now - 7)
    assert connection.stale_for == 7
    connection.lost("gone", 1.0)
    connection.answered()
    assert connection.stale_for == 7
    clock.now += 5
    connection.lost("gone", 2.0)
    assert connection.stale_for == 12
    connection.opened()
    assert connection.stale_for is None
    connection.synced()
    connection.end("stopped")
    clock.now += 3
    assert connection.stale_for == 3
