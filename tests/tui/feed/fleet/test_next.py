"""Who is next."""

from __future__ import annotations

from hypothesis import given

from lashd.view import Mirrored, SessionRow
from lashtui.feed.fleet.next import asking, needing, next_needing
from lashtui.feed.fleet.rows import standing
from lashtui.saved.session_key import SessionKey
from tests.tui.feed.fleet.rows import ROWS, key

ROWS_OF_THREE = {
    key(name): SessionRow(session_id=name, state="waiting", waiting_since=since)
    for name, since in (("b", 20), ("a", 30), ("c", 10))
} | {key("d"): SessionRow(session_id="d", state="running")}


def test_the_longest_waiting_is_first_and_then_the_next() -> None:
    """From one that needs nobody to the first; from one that does to the one after it, around."""
    assert needing(ROWS_OF_THREE) == [key("c"), key("b"), key("a")]
    assert next_needing(ROWS_OF_THREE) == key("c")
    assert next_needing(ROWS_OF_THREE, front=key("d")) == key("c")
    assert next_needing(ROWS_OF_THREE, front=key("c")) == key("b")
    assert next_needing(ROWS_OF_THREE, front=key("a")) == key("c")


def test_a_muted_session_needs_nobody() -> None:
    """It is passed over."""
    assert next_needing(ROWS_OF_THREE, {key("c")}, key("a")) == key("b")
    assert next_needing(ROWS_OF_THREE, set(ROWS_OF_THREE)) is None


def test_what_is_not_heard_of_is_not_gone_to() -> None:
    """What a session of an unseen host, or of a home that is gone, needs by now nobody knows."""
    far = SessionKey("box", "c")
    rows = {**ROWS_OF_THREE, far: SessionRow(session_id="c", state="waiting", waiting_since=1)}
    assert next_needing(rows) == far
    assert next_needing(rows, unseen={"box"}) == key("c")
    assert needing({far: rows[far]}, unseen={"box"}) == []
    gone = Mirrored("home", last_seen_at=5)
    mirrored = SessionRow(session_id="c", state="waiting", waiting_since=1, mirror=gone)
    assert needing({key("c"): mirrored}) == []
    assert asking({key("c"): mirrored}) == [key("c")]


@given(ROWS)
def test_following_it_visits_all_once(rows: dict[SessionKey, SessionRow]) -> None:
    """Each that needs the person, before the first comes again; a lone one leads nowhere."""
    waiting = {each for each, row in rows.items() if standing(row) == "needs you"}
    here, visited = next_needing(rows), []
    while here is not None and here not in visited:
        visited.append(here)
        here = next_needing(rows, front=here)
    assert set(visited) == waiting
    assert here == (visited[0] if len(visited) > 1 else None)
