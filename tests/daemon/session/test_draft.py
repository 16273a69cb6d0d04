"""What a publisher holds of its own session."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.errors import InvalidEvent
from lashd.session.codec import payload_from_wire
from lashd.session.draft import Draft
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    Committed,
    Error,
    Payload,
    ReasoningDelta,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UnknownTurnEvent,
    UserMessage,
)
from lashd.session.host import SessionHost
from lashd.session.store import InMemoryLiveReplayStore
from lashd.session.view import ReadView, decode_view


def make(**options: Any) -> Draft:
    """A draft at a clock that stands still."""
    return Draft("s", prefix="pub", now_ms=lambda: 5000, **options)


def turn(event: AnyTurnEvent, **ids: Any) -> TurnActivity:
    """An activity that leaves its ids out."""
    return TurnActivity(ids.get("id", ""), ids.get("correlation_id"), event)


def wire(body: bytes) -> dict[str, Any]:
    """What goes over the wire."""
    decoded: dict[str, Any] = msgspec.msgpack.decode(body)
    return decoded


class TestTake:
    """One event: in the view and on the wire."""

    def test_gives_ids_and_time_that_were_left_out(self) -> None:
        """Deltas of one entry share its correlation id."""
        draft = make()
        first = wire(draft.take(turn(AssistantProseDelta("a")), 1))
        second = wire(draft.take(turn(AssistantProseDelta("b")), 2))

        assert first["at"] == 5000
        assert first["activity"]["id"] == "pub-1"
        assert second["activity"]["id"] == "pub-2"
        assert second["activity"]["correlation_id"] == first["activity"]["correlation_id"]
        assert [entry.text for entry in draft.view.entries] == ["ab"]

    @pytest.mark.parametrize(("given", "kept"), [(9, 9), (5000, 5000), (5001, 5000), (-1, 5000)])
    def test_a_time_that_can_not_be_becomes_now(self, given: int, kept: int) -> None:
        """Here as in the daemon, so that both views are the same."""
        draft = make()
        body = wire(draft.take(Committed(), 1, at=given))
        assert body["at"] == draft.view.entries[-1].started_at == kept

    def test_keeps_what_the_publisher_gave(self) -> None:
        """Ids, time and revision."""
        draft = make()
        activity = turn(AssistantProseDelta("a"), id="i", correlation_id="c")
        body = wire(draft.take(activity, 1, at=9, revision=4))

        assert (body["at"], body["revision"]) == (9, 4)
        assert (body["activity"]["id"], body["activity"]["correlation_id"]) == ("i", "c")

    @pytest.mark.parametrize(
        "event",
        [
            AssistantProseDelta(text=5),  # type: ignore[arg-type]
            ToolCallStarted(name=None),  # type: ignore[arg-type]
            UnknownTurnEvent(""),
        ],
    )
    def test_refuses_what_the_daemon_would_refuse_and_stays_as_it_was(
        self, event: AnyTurnEvent
    ) -> None:
        """With a wrong field, or without a type; the view doesn't change."""
        draft = make()
        before = draft.encode()

        with pytest.raises(InvalidEvent):
            draft.take(turn(event), 1)
        assert draft.encode() == before

    def test_refuses_a_revision_that_is_no_u64(self) -> None:
        """As the daemon does."""
        with pytest.raises(InvalidEvent, match="u64"):
            make().take(Committed(), 1, revision=2**64)

    def test_cleans_text_that_utf8_cannot_carry(self) -> None:
        """One bad character costs no event."""
        body = wire(make().take(turn(UserMessage("a\ud800b")), 1))

        assert body["activity"]["text"] == "a�b"

    def test_an_event_after_the_end_opens_the_session_again(self) -> None:
        """As the daemon does."""
        draft = make()
        draft.take(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS), 1)
        ended = draft.view.state
        draft.take(turn(UserMessage("again")), 2)

        assert ended == "ended"
        assert draft.view.state == "running"

    def test_a_commit_counts_revisions_and_takes_a_greater_one(self) -> None:
        """max(given, current + 1)."""
        draft = make(revision=3)
        draft.take(Committed(), 1)
        one = draft.view.revision
        draft.take(Committed(), 2, revision=10)

        assert (one, draft.view.revision) == (4, 10)

    def test_the_failure_of_a_turn_is_its_newest_error(self) -> None:
        """The agent's own, until it says something or the turn ends; a subagent's is not."""
        draft = make()
        history: list[Payload] = [
            turn(Error("one")),
            turn(Error("two")),
            TurnActivity("", None, Error("child's"), "call"),
            turn(AssistantProseDelta("well")),
            turn(Error("three")),
            Committed(),
        ]
        failures = []
        for number, payload in enumerate(history, 1):
            draft.take(payload, number)
            failures.append(draft.failure)

        assert failures == ["one", "two", "two", None, "three", None]

    def test_a_commit_with_a_view_replaces_what_was_settled(self) -> None:
        """And a view of another dialect leaves what was folded."""
        draft = make()
        draft.take(turn(AssistantProseDelta("draft")), 1)
        given = make()
        given.take(turn(AssistantProseDelta("final")), 1)
        draft.take(Committed(given.view.to_wire()), 2)
        replaced = [entry.text for entry in draft.view.entries if entry.kind == "prose"]
        draft.take(Committed({"rows": 1}), 3)

        assert replaced == ["final"]
        assert [entry.text for entry in draft.view.entries if entry.kind == "prose"] == ["final"]


class TestAgreement:
    """This view and the daemon's have the same entries."""

    def test_the_daemon_folds_what_was_sent_to_the_same_view(self) -> None:
        """But for positions and the incarnation, which are the daemon's own."""
        draft = make(title="T", agent="a")
        host = SessionHost(InMemoryLiveReplayStore(), "s", now_ms=lambda: 5000)
        host.open(title="T", agent="a")
        events: list[Payload] = [
            turn(UserMessage("do it")),
            turn(ReasoningDelta("hm")),
            turn(AssistantProseDelta("I ")),
            turn(AssistantProseDelta("will")),
            turn(ToolCallStarted("sh", {"cmd": "ls"})),
            turn(ToolCallCompleted("sh", output={"outcome": {"status": "success"}})),
            turn(AssistantProseDelta("done")),
            Committed(),
            SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS),
        ]
        for number, event in enumerate(events, 1):
            body = wire(draft.take(event, number))
            host.record(payload_from_wire(body), at=body["at"])

        assert _plain(draft.view) == _plain(host.view)


class TestMark:
    """The event that stands for dropped ones."""

    def test_is_in_the_view_that_goes_along_but_not_in_the_drafts(self) -> None:
        """The draft holds everything, so nothing is missing from it."""
        draft = make()
        draft.take(turn(AssistantProseDelta("all")), 1)
        event, view = draft.mark(12, 9)

        sent = decode_view(view)
        assert [entry.kind for entry in sent.entries] == ["prose", "diagnostic"]
        assert sent.complete
        assert [entry.kind for entry in draft.view.entries] == ["prose"]
        assert wire(event)["activity"]["kind"] == "events_dropped"
        assert wire(event)["activity"]["data"] == {"count": 12, "lost": 12}


def test_it_follows_a_session_that_had_a_past() -> None:
    """Its revision never decreases, and this view can't hold it from the start."""
    draft = make(revision=2)
    draft.follow(7, complete=False)
    draft.follow(1, complete=True)

    assert draft.view.revision == 7
    assert not draft.view.complete


def _plain(view: ReadView) -> dict[str, Any]:
    plain = view.to_wire()
    for entry in plain["entries"]:
        del entry["position"]
    return {key: value for key, value in plain.items() if key != "incarnation"}
