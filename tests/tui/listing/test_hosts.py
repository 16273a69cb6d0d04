"""The lists of several hosts at once."""

from __future__ import annotations

import time

import pytest

from lashd.address import FAR_APART
from lashd.daemon import EmbeddedDaemon
from lashtui.listing import hosts as listing
from lashtui.listing.hosts import lists_of
from tests.tui.daemons import publisher


def test_rows_say_their_host_and_hosts_that_fail_say_why(daemon: EmbeddedDaemon) -> None:
    """One that is away takes nothing from the others."""
    with publisher(daemon.socket_path, "build"):
        hosts = {"": daemon.socket_path, "box": daemon.socket_path, "away": "/dev/null/s"}
        rows, problems = lists_of(hosts)
    assert [(row["host"], row["session_id"]) for row in rows] == [("", "build"), ("box", "build")]
    assert list(problems) == ["away"]
    assert problems["away"]


def test_they_are_asked_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each starts an ssh, and one jump host may be before them all."""
    pauses: list[float] = []

    class Clock:
        monotonic = time.monotonic
        sleep = pauses.append

    monkeypatch.setattr(listing, "time", Clock)
    hosts = dict.fromkeys("abc", "/dev/null/s")
    assert list(lists_of(hosts)[1]) == ["a", "b", "c"]
    assert pauses == [FAR_APART, FAR_APART]
