"""What of a session in a tab rings, and what never does."""

from __future__ import annotations

from msgspec.structs import replace

from lashd.events import Error
from lashtui.app.notices.notice import Notice
from lashtui.app.notices.tab import NoticeDetector, NoticeFacts, of_tab
from lashtui.feed.gaps import GapFacts
from lashtui.feed.state import FeedState
from lashtui.settings import OCCASIONS, Occasion
from tests.tui.records import SESSION, RecordFactory

ATTACHED = 1_000_000
QUIET = NoticeFacts(
    live=True,
    state="running",
    turn_index=3,
    outcome=None,
    error=None,
    error_text="",
    waiting_for="",
    gap=None,
    updated_at=ATTACHED + 10,
)


def noticed(*facts: NoticeFacts) -> list[str]:
    """The occasions noticed at the last of these."""
    detector = NoticeDetector("build", ATTACHED)
    found: list[Notice] = []
    for each in facts:
        found = detector.detect(each)
    return [notice.occasion for notice in found]


def test_changes_while_live_are_noticed() -> None:
    """The end of a turn, a question, an error, the end, a gap."""
    assert noticed(QUIET, replace(QUIET, turn_index=4)) == ["turn-end"]
    assert noticed(QUIET, replace(QUIET, state="waiting", waiting_for="ok?")) == ["waiting"]
    assert noticed(QUIET, replace(QUIET, error="e1", error_text="no")) == ["error"]
    assert noticed(QUIET, replace(QUIET, state="ended", outcome="failure")) == ["failed"]
    assert noticed(QUIET, replace(QUIET, turn_index=4, outcome="failure")) == ["failed"]
    assert noticed(QUIET, replace(QUIET, gap=GapFacts("trimmed", 3, True))) == ["gap"]


def test_the_same_state_twice_is_noticed_once() -> None:
    """A state that lasts makes no further sound."""
    waiting = replace(QUIET, state="waiting", error="e1")
    assert noticed(QUIET, waiting, waiting) == []


def test_what_was_there_at_the_attach_makes_no_sound() -> None:
    """The first snapshot, and whatever it says."""
    assert noticed(replace(QUIET, state="waiting", error="e")) == []
    nothing = replace(QUIET, live=False, state=None)
    assert noticed(nothing, replace(QUIET, state="waiting")) == []


def test_a_backlog_makes_no_sound() -> None:
    """What arrives while catching up, and is found first after it, was replayed."""
    behind = replace(QUIET, live=False, turn_index=4)
    assert noticed(QUIET, behind) == []
    assert noticed(QUIET, behind, replace(QUIET, turn_index=5)) == []


def test_an_old_transcript_makes_no_sound() -> None:
    """Events that are older than the attach by their own time, although they arrive now."""
    assert noticed(QUIET, replace(QUIET, turn_index=4, updated_at=ATTACHED - 60_000)) == []


def test_what_the_list_says_a_tab_does_not_say_again() -> None:
    """Who waits and who failed; where the list is not followed, the tab says it."""
    found = [Notice("waiting", "a"), Notice("failed", "b"), Notice("turn-end", "c")]
    assert of_tab(found, OCCASIONS, fleet_is_followed=True) == found[2:]
    assert of_tab(found, OCCASIONS, fleet_is_followed=False) == found


def test_a_failed_turn_has_ended_for_who_does_not_want_failures() -> None:
    """They asked for the ends of turns."""
    on: list[Occasion] = ["turn-end"]
    left = of_tab([Notice("failed", "b")], on, fleet_is_followed=True)
    assert left == [Notice("turn-end", "b")]


def test_an_error_is_noticed_whatever_came_after_it() -> None:
    """A session behind another one is looked at twice a second: much may follow by then."""
    records = RecordFactory()
    state = FeedState(SESSION, lambda: 0.0)
    state.receive([records.attached(), records.observation(), records.synced()])
    detector = NoticeDetector(SESSION, 0)
    detector.detect(NoticeFacts.of(state))
    failed = records.event(records.host.record_turn_activity(Error("it broke")))
    state.receive([failed, records.says("and goes on", "a"), records.says("and on", "b")])
    assert [notice.occasion for notice in detector.detect(NoticeFacts.of(state))] == ["error"]
    assert detector.detect(NoticeFacts.of(state)) == []
