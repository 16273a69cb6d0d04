"""What a reader does about lost connections."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.protocol.reconnect import (
    BACKOFF_BASE,
    BACKOFF_CAP,
    DOUBT_AFTER,
    FAR_GRACE,
    GIVE_UP_AFTER,
    PING_AFTER,
    STABLE_AFTER,
    Backoff,
    ResumableReader,
    Watchdog,
)
from tests.daemon.scripted_daemon import cursor, prose


def make(session: str | None = "s", *, random: float = 0.5, **options: Any) -> ResumableReader:
    """A reader with a random source that always gives the same number."""
    return ResumableReader(session, backoff=Backoff(lambda: random), **options)


def attached(n: int, served: str = "replay", *, incarnation: int = 7) -> dict[str, Any]:
    """An `attached` record."""
    return {
        "type": "attached",
        "session_id": "s",
        "cursor": cursor(n, incarnation=incarnation),
        "served": served,
    }


def synced(n: int, *, incarnation: int = 7) -> dict[str, Any]:
    """A `synced` record."""
    return {"type": "synced", "cursor": cursor(n, incarnation=incarnation)}


def observation(n: int, *, incarnation: int = 7) -> dict[str, Any]:
    """An `observation` record."""
    return {
        "type": "observation",
        "session_id": "s",
        "cursor": cursor(n, incarnation=incarnation),
        "read_view": {},
    }


def gap(n: int, reason: str = "trimmed", *, incarnation: int = 7) -> dict[str, Any]:
    """A `gap` record."""
    return {"type": "gap", "cursor": cursor(n, incarnation=incarnation), "reason": reason}


def kinds(records: list[dict[str, Any]]) -> list[str]:
    """The types of records."""
    return [record["type"] for record in records]


class TestAttachMessage:
    """What is sent after a handshake."""

    def test_the_first_says_what_the_caller_wants(self) -> None:
        """Session, start, bound and patience."""
        reader = make(start="start", last=5, wait=True)

        assert reader.request_message() == {
            "type": "attach",
            "session_id": "s",
            "start": "start",
            "last": 5,
            "wait": True,
        }

    def test_a_cursor_names_the_session_and_the_start(self) -> None:
        """`start` is then the cursor, and the session may be left out."""
        message = make(None, cursor=cursor(3)).request_message()

        assert message == {"type": "attach", "start": "cursor", "cursor": cursor(3)}

    def test_a_reconnect_resumes_after_the_last_event_and_waits_for_the_session(self) -> None:
        """Its publisher may give it to a new daemon later than we come."""
        reader = make(None)
        reader.receive([attached(1, "snapshot"), observation(1), synced(1), prose(2)])
        reader.lost("gone", 0.0)

        assert reader.request_message() == {
            "type": "attach",
            "session_id": "s",
            "wait": True,
            "start": "cursor",
            "cursor": cursor(2),
        }

    def test_what_was_never_attached_is_asked_for_again(self) -> None:
        """Nothing was delivered, so the request is the same."""
        reader = make(start="start")
        first = reader.request_message()
        reader.lost("gone", 0.0)

        assert reader.request_message() == first

    def test_a_loss_before_the_snapshot_asks_for_the_snapshot_again(self) -> None:
        """`attached` alone stands for nothing delivered."""
        reader = make()
        reader.receive([attached(9, "snapshot")])
        reader.lost("gone", 0.0)

        assert reader.request_message()["start"] == "snapshot"
        assert "cursor" not in reader.request_message()

    def test_a_loss_between_a_gap_and_its_snapshot_resumes_before_the_gap(self) -> None:
        """The gap alone doesn't move the cursor."""
        reader = make(cursor=cursor(3))
        reader.receive([attached(3, "gap"), gap(9)])

        assert reader.cursor == cursor(3)

    def test_now_resumes_where_now_was(self) -> None:
        """What came while the connection was lost is not skipped."""
        reader = make(start="now")
        reader.receive([attached(4)])
        reader.lost("gone", 0.0)

        assert reader.request_message()["cursor"] == cursor(4)

    def test_synced_with_nothing_before_it_can_be_resumed_from(self) -> None:
        """An empty replay from the start is proven continuity."""
        reader = make(start="start")
        reader.receive([attached(4), synced(4)])

        assert reader.cursor == cursor(4)


class TestReceive:
    """Which records surface."""

    def test_a_second_attached_is_reconnected_and_a_second_synced_is_nothing(self) -> None:
        """One of each in a reader's life."""
        reader = make()
        first = reader.receive([attached(1, "snapshot"), observation(1), synced(1), prose(2)])
        reader.lost("gone", 0.0)
        again = reader.receive([attached(2), prose(3), synced(3), prose(4)])

        assert kinds(first) == ["attached", "observation", "synced", "turn_activity"]
        assert kinds(again) == ["reconnected", "turn_activity", "turn_activity"]
        assert again[0] == {"type": "reconnected", "cursor": cursor(2), "served": "replay"}

    def test_synced_surfaces_on_the_second_connection_if_the_first_was_lost_before_it(self) -> None:
        """Exactly once, whenever it comes."""
        reader = make()
        reader.receive([attached(1, "snapshot"), observation(1), prose(2)])
        reader.lost("gone", 0.0)

        assert kinds(reader.receive([attached(2), synced(2)])) == ["reconnected", "synced"]

    def test_a_gap_passes_with_its_snapshot(self) -> None:
        """And the cursor is then the snapshot's."""
        reader = make(cursor=cursor(3))
        got = reader.receive([attached(3, "gap"), gap(9), observation(9), prose(10)])

        assert kinds(got) == ["attached", "gap", "observation", "turn_activity"]
        assert reader.cursor == cursor(10)

    def test_an_event_that_was_handed_over_is_not_handed_over_again(self) -> None:
        """Forward only."""
        reader = make(cursor=cursor(1))
        reader.receive([attached(1), prose(2), prose(3)])

        assert kinds(reader.receive([prose(2), prose(3), prose(4)])) == ["turn_activity"]

    def test_a_trimmed_gap_from_before_is_dropped_with_its_snapshot(self) -> None:
        """A view older than what was shown would go backwards."""
        reader = make(cursor=cursor(1))
        reader.receive([attached(1), prose(5)])

        assert reader.receive([gap(4), observation(4)]) == []
        assert reader.receive([observation(4)]) == []
        assert kinds(reader.receive([observation(5), prose(6)])) == [
            "observation",
            "turn_activity",
        ]

    @pytest.mark.parametrize("incarnation", [7, 8])
    def test_an_unavailable_gap_starts_over_even_at_a_lower_position(
        self, incarnation: int
    ) -> None:
        """Another daemon's numbers say nothing about ours."""
        reader = make(cursor=cursor(9))
        reader.receive([attached(9), prose(10)])
        got = reader.receive(
            [
                gap(2, "unavailable", incarnation=incarnation),
                observation(2, incarnation=incarnation),
                prose(3, incarnation=incarnation),
            ]
        )

        assert kinds(got) == ["gap", "observation", "turn_activity"]
        assert reader.cursor == cursor(3, incarnation=incarnation)

    def test_a_cursor_ahead_of_the_daemon_is_answered_by_a_lower_snapshot(self) -> None:
        """The caller's cursor proves nothing about what was handed over."""
        reader = make(cursor=cursor(99))

        got = reader.receive([attached(99, "gap"), gap(5, "unavailable"), observation(5)])

        assert kinds(got) == ["attached", "gap", "observation"]
        assert reader.cursor == cursor(5)

    def test_pong_and_hello_do_not_surface(self) -> None:
        """They answer us, not the caller."""
        assert make().receive([{"type": "pong"}, {"type": "hello"}]) == []

    def test_a_record_without_cursor_passes(self) -> None:
        """A later version's record is the caller's to ignore."""
        assert make().receive([{"type": "later"}, {"type": "odd", "cursor": "x"}]) == [
            {"type": "later"},
            {"type": "odd", "cursor": "x"},
        ]

    def test_end_is_the_last(self) -> None:
        """Nothing surfaces after it."""
        reader = make()
        end = {"type": "end", "cursor": cursor(1), "reason": "forgotten"}

        assert kinds(reader.receive([attached(1), end, prose(2)])) == ["attached", "end"]
        assert reader.ended == end
        assert reader.state == "ended"

    def test_an_error_ends_it_after_the_records_before_it(self) -> None:
        """The daemon refuses, and says why."""
        reader = make()
        error = {"type": "error", "code": "no_session", "message": "no such session"}

        assert reader.receive([error]) == []
        assert reader.refused is not None
        assert reader.refused.code == "no_session"

    def test_a_full_daemon_ends_only_who_has_never_been_there(self) -> None:
        """Also one that still waits for its session."""
        full = {"type": "error", "code": "limit", "message": "full"}
        first, waiting = make(), make(wait=True)
        first.receive([full])
        assert (first.put_off, first.state) == (None, "ended")

        waiting.connected(0.0)
        waiting.lost("gone", 1.0)
        waiting.connected(2.0)
        assert waiting.receive([full]) == []
        assert (waiting.put_off, waiting.refused) == ("full", None)
        waiting.lost("full", 2.1)
        waiting.connected(3.0)
        assert waiting.put_off is None

    def test_a_connection_without_blame_is_made_again(self) -> None:
        """Nothing is lost of what came with the error."""
        reader = make()
        reader.connected(0.0)
        error = {"type": "error", "code": "limit", "message": "much under way", "again": True}

        assert kinds(reader.receive([attached(0), prose(1), error])) == [
            "attached",
            prose(1)["type"],
        ]
        assert (reader.put_off, reader.refused) == ("much under way", None)
        assert reader.cursor == cursor(1)

    def test_the_state_follows_the_stream(self) -> None:
        """connecting, catching up, live, lost."""
        reader = make()
        states = [reader.state]
        reader.connected(0.0)
        reader.receive([attached(1)])
        states.append(reader.state)
        reader.receive([synced(1)])
        states.append(reader.state)
        reader.lost("gone", 1.0)
        states.append(reader.state)

        assert states == ["connecting", "catching up", "live", "lost"]

    @settings(max_examples=100)
    @given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
    def test_each_event_surfaces_once_and_in_order_across_any_losses(self, cuts: list[int]) -> None:
        """A daemon that repeats everything after any cursor it is given."""
        events = [prose(n) for n in range(1, 21)]
        reader = make(start="start")
        seen: list[str] = []
        for cut in [*cuts, 99]:
            asked = reader.request_message().get("cursor")
            after = 0 if asked is None else int(asked.split(":")[2]) & 0xFFFF
            # An older cursor than asked for, as a careless daemon could take one.
            replay = events[max(0, after - 2) :]
            got = reader.receive([attached(after), *replay[:cut]])
            seen += [record["cursor"] for record in got if record["type"] == "turn_activity"]
            reader.lost("gone", 0.0)

        assert seen == [event["cursor"] for event in events]


class TestLoss:
    """When to come back."""

    def test_says_what_was_lost_and_when_it_tries_again(self) -> None:
        """With the cursor to resume from."""
        reader = make(cursor=cursor(3))

        record = reader.lost("the daemon closed the connection", 10.0)

        assert record == {
            "type": "disconnected",
            "cursor": cursor(3),
            "reason": "the daemon closed the connection",
            "retry_in": BACKOFF_BASE * 0.5,
        }
        assert reader.retry_at == pytest.approx(10.0 + BACKOFF_BASE * 0.5)

    def test_delays_double_up_to_a_cap(self) -> None:
        """Each uniform between 0 and its bound."""
        backoff = Backoff(lambda: 1.0, base=0.5, cap=3.0)

        assert [backoff.next_delay() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
        assert Backoff(lambda: 0.0).next_delay() == 0.0

    def test_a_thousand_attempts_later_the_cap_still_holds(self) -> None:
        """No overflow in the doubling."""
        backoff = Backoff(lambda: 1.0)
        delays = [backoff.next_delay() for _ in range(2000)]

        assert delays[-1] == BACKOFF_CAP

    def test_a_connection_that_lived_starts_over_with_short_delays(self) -> None:
        """One that was lost at once does not."""
        reader = make(random=1.0)
        for _ in range(5):
            reader.connected(0.0)
            reader.lost("gone", STABLE_AFTER / 2)
        long = reader.lost("gone", 1.0)["retry_in"]
        reader.connected(0.0)
        short = reader.lost("gone", STABLE_AFTER)["retry_in"]

        assert long > short == BACKOFF_BASE

    def test_retry_now_makes_the_next_attempt_due(self) -> None:
        """And changes nothing while connected."""
        reader = make()
        reader.retry_now(5.0)
        before = reader.retry_at
        reader.lost("gone", 0.0)
        reader.retry_now(7.0)

        assert before is None
        assert reader.retry_at == 7.0


class TestWatchdog:
    """A silent daemon is not a quiet one."""

    def test_pings_after_silence_and_gives_up_after_more(self) -> None:
        """Once each."""
        dog = Watchdog(0.0)

        assert dog.deadline == PING_AFTER
        assert dog.check(PING_AFTER - 0.1) == "ok"
        assert dog.check(PING_AFTER) == "ping"
        assert dog.deadline == PING_AFTER + DOUBT_AFTER
        assert dog.check(PING_AFTER + DOUBT_AFTER - 0.1) == "ok"
        assert dog.silent_since is None
        assert dog.check(PING_AFTER + DOUBT_AFTER) == "doubt"
        assert dog.silent_since == 0.0
        assert dog.deadline == PING_AFTER + GIVE_UP_AFTER
        assert dog.check(PING_AFTER + GIVE_UP_AFTER - 0.1) == "ok"
        assert dog.check(PING_AFTER + GIVE_UP_AFTER) == "lost"

    def test_anything_heard_is_a_sign_of_life(self) -> None:
        """Not only a pong."""
        dog = Watchdog(0.0)
        dog.check(PING_AFTER)
        dog.check(PING_AFTER + DOUBT_AFTER)
        dog.heard(PING_AFTER + 1)

        assert dog.silent_since is None
        assert dog.check(PING_AFTER + GIVE_UP_AFTER) == "ping"

    def test_a_first_word_may_take_longer(self) -> None:
        """By the grace, once: after it all is as ever."""
        dog = Watchdog(0.0, FAR_GRACE)

        assert dog.check(FAR_GRACE + PING_AFTER - 0.1) == "ok"
        dog.heard(FAR_GRACE)
        assert dog.deadline == FAR_GRACE + PING_AFTER

    def test_after_a_sleep_of_its_own_it_asks_before_it_gives_up(self) -> None:
        """A suspended program must not take the daemon for lost."""
        assert Watchdog(0.0).check(10_000.0) == "ping"
