"""Followers keep tables, and say where one is not the list."""

from __future__ import annotations

import random

import pytest

from lashd.hub.listing.rows import ListRows
from lashd.testing.following import Followers, ListTable
from tests.daemon.hub.hub_harness import HubHarness


def row(name: str, **more: object) -> dict[str, object]:
    """A row of a list."""
    return {"session_id": name, "events": 1, **more}


def test_a_table_holds_what_the_records_say() -> None:
    """A snapshot replaces all of it once it is synced."""
    table = ListTable()
    table.rows = {"old": row("old")}
    for record in (
        {"type": "following", "served": "snapshot", "position": "0"},
        {"type": "session", "session": row("a"), "position": "0"},
        {"type": "synced", "position": "1"},
        {"type": "session", "session": row("b"), "position": "2"},
        {"type": "session_removed", "session_id": "a", "position": "3"},
    ):
        table.take(record)

    assert list(table.rows) == ["b"]
    assert table.position == "3"


def test_differences_name_session_and_field() -> None:
    """But not what the clock changes."""
    table = ListTable()
    table.rows = {"a": row("a", oldest_at_age_s=1.0), "c": row("c")}

    assert table.differences([row("a", events=2, oldest_at_age_s=2.0), row("b")]) == [
        "c is not in the list",
        "a: events is 1 and not 2",
        "b is missing",
    ]


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_removal_that_is_not_told_is_found(
    monkeypatch: pytest.MonkeyPatch, is_broken: bool
) -> None:
    """Followers that are lost and slow end with the list, unless something is wrong with it."""
    harness, found = HubHarness(), list[str]()
    followers = Followers(random.Random(1), found.append)
    if is_broken:
        monkeypatch.setattr(ListRows, "removed_after", lambda *_: [])
    for number in range(40):
        harness.publisher(f"s{number % 7}", f"p{number}").create()
        harness.advance(0.3)
        followers.step(harness.hub)
        if number % 3 == 0:
            sessions = harness.hub.sessions
            sessions.remove(next(iter(sessions.by_id.values())))
        followers.step(harness.hub)
    followers.look(harness.hub, harness.advance, lambda: harness.sessions().values())
    followers.lose()

    assert bool(found) is is_broken
    assert not harness.hub.holdings()["followers"]
