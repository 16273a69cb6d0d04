"""What rings of sessions in no tab, and what never does."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lashd.events import SessionOutcome
from lashd.view import Doing, SessionRow
from lashtui.app.notices import fleet as fleet_notices
from lashtui.app.notices.fleet import FleetNotices
from lashtui.app.notices.notice import Notice
from lashtui.feed.fleet.rows import Fleet, RowChange
from lashtui.saved.session_key import SessionKey
from tests.tui.feed.fleet.fleet_stream import REPLAY, SNAPSHOT, row, synced
from tests.tui.feed.fleet.rows import key

ATTACHED = 1_000_000
NOW = ATTACHED + 500_000
RUNNING = SessionRow(session_id="a", state="running", started_at=1, updated_at=ATTACHED + 10)
WAITING = replace(RUNNING, state="waiting", waiting_for="ok?", waiting_since=ATTACHED + 20)
FAILED = replace(RUNNING, state="idle", turn_index=1, outcome=SessionOutcome.FAILURE, error="no")
QUIET = replace(RUNNING, quiet_since=ATTACHED + 10)


def noticed(*rows: SessionRow | None, live: bool = True, first: SessionRow | None = RUNNING) -> Any:
    """The texts noticed of these rows of a session that was there before, as `first`."""
    detector = FleetNotices(ATTACHED)
    found: list[Notice] = []
    before = None
    if first is not None:
        found += detector.detect([RowChange(key("a"), None, first, live=False)], NOW)
        before = first
    for after in rows:
        found += detector.detect([RowChange(key("a"), before, after, live)], NOW)
        before = after
    return [notice.text for notice in found]


def test_what_happens_is_noticed() -> None:
    """A question, a failure and a silence, each with what there is to know."""
    assert noticed(WAITING) == ["a: waiting for you: ok?"]
    assert noticed(FAILED) == ["a: failed: no"]
    assert noticed(replace(QUIET, doing=Doing("Bash", "make"))) == ["a: quiet for 8 min: Bash make"]
    assert noticed(replace(RUNNING, state="idle", turn_index=1)) == []


def test_it_is_noticed_once() -> None:
    """Whatever else of the row changes; the next question is another one, the old one is not."""
    assert len(noticed(WAITING, replace(WAITING, viewers=2), WAITING)) == 1
    assert len(noticed(WAITING, replace(WAITING, waiting_since=ATTACHED + 99))) == 2
    assert len(noticed(WAITING, RUNNING, WAITING)) == 1
    assert len(noticed(FAILED, replace(FAILED, updated_at=NOW))) == 1
    assert len(noticed(FAILED, RUNNING, replace(FAILED, turn_index=2))) == 2
    assert len(noticed(QUIET, replace(QUIET, viewers=2))) == 1
    assert len(noticed(QUIET, RUNNING, replace(QUIET, quiet_since=ATTACHED + 99))) == 2


def test_a_restarted_daemon_brings_no_second_ring() -> None:
    """The row is gone, and comes again as it was."""
    assert len(noticed(WAITING, None, WAITING)) == 1
    assert len(noticed(FAILED, None, FAILED)) == 1
    assert len(noticed(QUIET, None, RUNNING, QUIET)) == 1


def test_what_was_there_makes_no_sound() -> None:
    """When one began to look, and after a reconnect: nothing that is replayed rings."""
    for there in (WAITING, FAILED, QUIET):
        assert noticed(replace(there, viewers=3), first=there) == []
        assert noticed(there, live=False) == []
        assert noticed(there, replace(there, viewers=3), live=False) == []


def test_an_old_transcript_makes_no_sound() -> None:
    """A session that comes now, with what happened before by its own time."""
    old = ATTACHED - 60_000
    assert noticed(replace(WAITING, waiting_since=old), first=None) == []
    assert noticed(replace(FAILED, updated_at=old), first=None) == []
    started = replace(RUNNING, updated_at=old)
    assert noticed(started, replace(started, quiet_since=old), first=None) == []


def test_a_new_session_rings_at_once() -> None:
    """One whose first row says it all: it was over before it could be listed."""
    assert noticed(WAITING, first=None) == ["a: waiting for you: ok?"]
    assert noticed(FAILED, first=None) == ["a: failed: no"]


def test_one_that_was_silent_before_and_is_stuck_now_is_noticed() -> None:
    """The silence began before one looked, but then it was no more than thinking."""
    assert len(noticed(replace(RUNNING, quiet_since=ATTACHED - 60_000))) == 1


def test_a_session_without_times_rings_for_the_change() -> None:
    """Of an agent that doesn't say when."""
    timeless = replace(WAITING, waiting_since=None)
    assert len(noticed(timeless, replace(timeless, viewers=2))) == 1
    assert len(noticed(timeless, RUNNING, timeless)) == 2
    assert noticed(timeless, first=None) == []


def test_hosts_are_told_apart_and_named() -> None:
    """Two sessions of one name are two."""
    detector = FleetNotices(ATTACHED)
    changes = [RowChange(key("a", host), None, WAITING, live=True) for host in ("", "box")]
    texts = [notice.text for notice in detector.detect(changes, NOW)]
    assert texts == ["a: waiting for you: ok?", "box:a: waiting for you: ok?"]


def test_an_agent_s_text_is_neutralised() -> None:
    """It goes to a terminal and into an environment."""
    evil = "x\x1b]0;evil\x07\0\n" + "z" * 5000
    (text,) = noticed(replace(WAITING, waiting_for=evil))
    assert "evil" not in text
    assert text.isprintable()
    assert len(text) == 500


def test_what_is_remembered_is_bounded(monkeypatch: Any) -> None:
    """The oldest are forgotten."""
    monkeypatch.setattr(fleet_notices, "MAX_NOTED", 3)
    detector = FleetNotices(ATTACHED)
    for n in range(9):
        change = RowChange(key(f"s{n}"), None, WAITING, live=True)
        assert len(detector.detect([change], NOW)) == 1
    assert len(detector._noted) == 3


QUESTIONS = st.integers(1, 4)
_ROW = st.one_of(
    st.just({"state": "running"}),
    QUESTIONS.map(lambda n: {"state": "waiting", "waiting_since": ATTACHED + n}),
    st.integers(0, 3).map(
        lambda n: {"state": "idle", "outcome": "failure", "turn_index": n, "updated_at": NOW}
    ),
    QUESTIONS.map(lambda n: {"state": "running", "quiet_since": ATTACHED + n}),
)
_RECORD = st.one_of(
    st.tuples(st.sampled_from("ab"), _ROW).map(lambda pair: row(pair[0], **pair[1])),
    st.sampled_from(
        [SNAPSHOT, REPLAY, synced(), {"type": "session_removed", "session_id": "a"}, None]
    ),
)


@given(st.lists(_RECORD, max_size=40))
def test_nothing_rings_twice_and_nothing_replayed_rings(records: list[Any]) -> None:
    """Whatever comes in whatever order, with lost connections (None) and repetitions."""
    fleet, detector = Fleet(), FleetNotices(ATTACHED)
    rung: list[tuple[SessionKey, str, object]] = []
    replayed: set[tuple[SessionKey, str, object]] = set()
    asked: set[tuple[SessionKey, str, object]] = set()
    for record in records:
        if record is None:
            fleet.lost("")
            continue
        for change in fleet.receive("", [record]):
            what = _identity(change)
            if not change.live:
                replayed.add(what)
            found = detector.detect([change], NOW)
            assert len(found) <= 1
            assert not found or (change.live and what not in replayed)
            rung += [what for _ in found]
            if change.live and what[1] == "waiting" and what not in replayed:
                asked.add(what)
    assert len(rung) == len(set(rung))
    # A question is missed only if it was replayed first.
    assert {what for what in rung if what[1] == "waiting"} == asked


def _identity(change: RowChange) -> tuple[SessionKey, str, object]:
    row = change.after
    if row is None:
        return (change.key, "", None)
    if row.state == "waiting":
        return (change.key, "waiting", row.waiting_since)
    if row.quiet_since is not None:
        return (change.key, "quiet", row.quiet_since)
    return (change.key, row.state, row.turn_index)
