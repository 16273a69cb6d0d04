"""The sessions of all daemons, as last heard."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Doing, Mirrored, SessionRow
from lashtui.feed.fleet.rows import Fleet, Totals, context_share, cost, since, standing
from tests.tui.feed.fleet.rows import NAMES, any_row, key


def session(row: SessionRow) -> dict[str, Any]:
    """The record of a row."""
    return {"type": "session", "session": msgspec.to_builtins(row), "position": "p"}


def following(served: str = "snapshot") -> dict[str, Any]:
    """The first record of a stream."""
    return {"type": "following", "served": served, "position": "p"}


def removed(name: str) -> dict[str, Any]:
    """The record of a session that is gone."""
    return {"type": "session_removed", "session_id": name, "position": "p"}


SYNCED = {"type": "synced", "position": "p"}


def test_what_was_there_at_first_has_not_just_happened() -> None:
    """Rows before `synced` are no news, those after it are."""
    fleet = Fleet()
    old = fleet.receive("", [following(), session(SessionRow(session_id="a", state="waiting"))])
    assert [change.live for change in old] == [False]
    assert not fleet.is_synced("")
    (new,) = fleet.receive("", [SYNCED, session(SessionRow(session_id="a", state="running"))])
    assert new.live
    assert new.before is not None
    assert new.before.state == "waiting"
    assert fleet.is_synced("")


def test_a_replay_is_no_news() -> None:
    """What happened while the connection was lost is shown, and rings nobody."""
    fleet = Fleet()
    fleet.receive("", [following(), session(SessionRow(session_id="a")), SYNCED])
    fleet.lost("")
    changes = fleet.receive(
        "", [following("replay"), session(SessionRow(session_id="a", state="waiting"))]
    )
    assert [change.live for change in changes] == [False]


def test_a_snapshot_removes_what_it_does_not_name_and_a_replay_does_not() -> None:
    """Until it is whole, the old rows stay: a list must not flicker."""
    fleet = Fleet()
    rows = [session(SessionRow(session_id=name)) for name in "abc"]
    fleet.receive("", [following(), *rows, SYNCED])
    fleet.receive("", [following("replay"), SYNCED])
    assert set(fleet.rows) == {key("a"), key("b"), key("c")}
    fleet.receive("", [following(), rows[1]])
    assert len(fleet.rows) == 3
    gone = fleet.receive("", [SYNCED])
    assert [(change.key, change.after, change.live) for change in gone] == [
        (key("a"), None, False),
        (key("c"), None, False),
    ]
    assert set(fleet.rows) == {key("b")}


def test_hosts_are_kept_apart() -> None:
    """Two hosts may have sessions of one name; a snapshot of one says nothing of the other."""
    fleet = Fleet()
    row = session(SessionRow(session_id="a"))
    fleet.receive("", [following(), row, SYNCED])
    fleet.receive("box", [following(), row, SYNCED])
    assert set(fleet.rows) == {key("a"), key("a", "box")}
    fleet.receive("box", [following(), SYNCED])
    assert set(fleet.rows) == {key("a")}


def test_a_row_of_another_version_costs_no_other() -> None:
    """Nothing of it has changed anything."""
    fleet = Fleet()
    fleet.receive("", [following(), {"type": "session", "session": {"session_id": 5}}, SYNCED])
    odd = [{"type": "session"}, {"type": "later"}, {}, removed("nobody")]
    assert fleet.receive("", odd) == []
    assert fleet.rows == {}


@given(st.data())
def test_it_mirrors_the_daemon(data: st.DataObject) -> None:
    """Whatever comes and goes, with snapshots and replays between."""
    fleet, truth = Fleet(), dict[str, SessionRow]()
    fleet.receive("", [following(), SYNCED])
    for _ in range(data.draw(st.integers(0, 12))):
        name = data.draw(st.sampled_from(NAMES))
        match data.draw(st.sampled_from(("put", "remove", "snapshot"))):
            case "put":
                truth[name] = data.draw(any_row(name))
                fleet.receive("", [session(truth[name])])
            case "remove":
                truth.pop(name, None)
                fleet.receive("", [removed(name)])
            case _:
                truth.pop(name, None)
                fleet.receive("", [following(), *map(session, truth.values()), SYNCED])
        assert {each.session_id: row for each, row in fleet.rows.items()} == truth


def test_counts_leave_out_the_muted() -> None:
    """Who mutes a session doesn't want to be told of it."""
    fleet = Fleet()
    rows = [SessionRow(session_id=name, state="waiting") for name in "ab"]
    fleet.receive("", [following(), *map(session, rows), SYNCED])
    assert fleet.counts() == {"needs you": 2}
    assert fleet.counts({key("a")}) == {"needs you": 1}


def test_counts_leave_out_what_a_mirror_hears_nothing_of() -> None:
    """What it did when its home was last seen is not what it does."""
    fleet = Fleet()
    for name, home in (("a", Mirrored("box", last_seen_at=1)), ("b", Mirrored("box"))):
        fleet.rows[key(name)] = SessionRow(session_id=name, state="running", mirror=home)
    assert fleet.counts() == {"working": 1}


def test_totals_add_what_the_agents_tell() -> None:
    """Agents name their counters in their own ways."""
    fleet = Fleet()
    usages: list[dict[str, dict[str, int | float]]] = [
        {"total": {"input_tokens": 10, "output_tokens": 1, "cost_usd": 0.5}},
        {"total": {"input": 5}},
        {},
    ]
    rows = [
        SessionRow(session_id=name, usage=usage) for name, usage in zip("abc", usages, strict=True)
    ]
    fleet.receive("", [following(), *map(session, rows), SYNCED])
    assert fleet.totals() == Totals(15, 1, 0.5)


def test_since_when_a_session_stands_where_it_does() -> None:
    """By the time that belongs to its standing."""
    row = SessionRow(
        session_id="a", waiting_since=1, quiet_since=2, turn_started_at=3, updated_at=4
    )
    replace = msgspec.structs.replace
    assert since(replace(row, state="waiting")) == 1
    assert since(replace(row, state="running")) == 2
    working = replace(row, state="running", quiet_since=None)
    assert since(working) == 3
    assert since(replace(working, doing=Doing("Bash", None, 5))) == 5
    assert since(row) == 4
    assert standing(row) == "done"


def test_numbers_that_are_not_known_are_none() -> None:
    """Nothing is invented."""
    row = SessionRow(session_id="a")
    assert (cost(row), context_share(row)) == (None, None)
    told = SessionRow(
        session_id="a", usage={"total": {"cost_usd": 2}, "context": {"used": 5, "size": 10}}
    )
    assert (cost(told), context_share(told)) == (2, 0.5)
