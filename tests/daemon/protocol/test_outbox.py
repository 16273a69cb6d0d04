"""What a publisher holds until it is acknowledged."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lashd.errors import ProtocolViolation
from lashd.protocol.outbox import (
    MAX_BATCH_BYTES,
    MAX_VIEW_BATCH_BYTES,
    Batch,
    Outbox,
    Resume,
    append_frame,
    restore_frame,
)
from lashd.wire_limits import MAX_BATCH_EVENTS, MAX_FRAME_BYTES


def body(number: int, size: int = 0) -> bytes:
    """An encoded event that contains its number."""
    encoded: bytes = msgpack.packb({"n": number, "pad": "x" * size})
    return encoded


def filled(count: int, **options: int) -> Outbox:
    """An outbox with `count` events, connected to a daemon that knows the session."""
    outbox = Outbox(**options)  # type: ignore[arg-type]
    outbox.resume(True, 0)
    for _ in range(count):
        outbox.add(body(outbox.next_number))
    return outbox


class TestNumbers:
    """Each event has one number for good."""

    def test_numbers_count_from_one(self) -> None:
        """Whatever was sent or acknowledged in between."""
        outbox = Outbox()
        numbers = [outbox.add(body(1)), outbox.add(body(2))]
        outbox.next_batch()
        outbox.acknowledge(2)
        numbers.append(outbox.add(body(3)))

        assert numbers == [1, 2, 3]
        assert outbox.last_number == 3

    def test_a_batch_begins_where_the_last_one_ended(self) -> None:
        """And an empty outbox gives none."""
        outbox = filled(2)
        first = outbox.next_batch()
        nothing = outbox.next_batch()
        outbox.add(body(3))
        second = outbox.next_batch()

        assert first == Batch(1, [body(1), body(2)])
        assert nothing is None
        assert second == Batch(3, [body(3)])

    def test_a_batch_is_bounded_by_count(self) -> None:
        """The rest follows in the next."""
        outbox = filled(MAX_BATCH_EVENTS + 1)
        batch = outbox.next_batch()
        rest = outbox.next_batch()

        assert batch is not None
        assert len(batch.events) == MAX_BATCH_EVENTS
        assert rest == Batch(MAX_BATCH_EVENTS + 1, [body(MAX_BATCH_EVENTS + 1)])

    def test_a_batch_is_bounded_by_bytes_but_takes_one_large_event(self) -> None:
        """An event of its own size goes alone."""
        outbox = Outbox()
        large = body(1, MAX_BATCH_BYTES)
        outbox.add(large)
        outbox.add(body(2))

        assert outbox.next_batch() == Batch(1, [large])
        assert outbox.next_batch() == Batch(2, [body(2)])


class TestAcknowledgement:
    """Events stay until they have landed."""

    def test_it_is_settled_when_all_is_acknowledged(self) -> None:
        """Sent is not enough."""
        outbox = filled(3)
        outbox.next_batch()
        sent = outbox.is_acknowledged
        outbox.acknowledge(3)

        assert not sent
        assert outbox.is_acknowledged
        assert len(outbox) == outbox.size == 0

    def test_a_reconnect_sends_again_what_the_daemon_does_not_have(self) -> None:
        """And only that."""
        outbox = filled(5)
        outbox.next_batch()
        outbox.acknowledge(2)

        assert outbox.resume(True, 3) is Resume.CONTINUE
        assert outbox.next_batch() == Batch(4, [body(4), body(5)])

    def test_what_was_published_while_lost_follows(self) -> None:
        """In order."""
        outbox = filled(2)
        outbox.next_batch()
        outbox.add(body(3))
        outbox.resume(True, 1)

        assert outbox.next_batch() == Batch(2, [body(2), body(3)])


class TestResuming:
    """What is sent to a daemon that knows the session, and to one that doesn't."""

    def test_an_unknown_session_is_created_from_all_events(self) -> None:
        """Even if they were sent before, to a daemon that is gone."""
        outbox = filled(3)
        outbox.next_batch()

        assert outbox.resume(False, 0) is Resume.CREATE
        assert outbox.next_batch() == Batch(1, [body(1), body(2), body(3)])

    def test_an_empty_publisher_creates_the_session(self) -> None:
        """There is nothing to restore."""
        assert Outbox().resume(False, 0) is Resume.CREATE

    def test_history_that_was_acknowledged_needs_a_restore(self) -> None:
        """After that, only newer events are sent."""
        outbox = filled(3)
        outbox.next_batch()
        outbox.acknowledge(2)
        resume = outbox.resume(False, 0)
        outbox.restored(outbox.last_number)
        outbox.add(body(4))

        assert resume is Resume.RESTORE
        assert outbox.next_batch() == Batch(4, [body(4)])

    def test_an_event_published_after_the_view_was_taken_is_still_sent(self) -> None:
        """The restore stands for what it holds, no more."""
        outbox = filled(2)
        outbox.next_batch()
        outbox.acknowledge(1)
        outbox.resume(False, 0)
        outbox.add(body(3))
        outbox.restored(2)

        assert outbox.next_batch() == Batch(3, [body(3)])

    def test_history_acknowledged_by_a_daemon_that_is_gone_is_a_gap_elsewhere(self) -> None:
        """Another publisher created the session there; this one's first two are missing."""
        outbox = filled(3)
        outbox.next_batch()
        outbox.acknowledge(2)

        assert outbox.resume(True, 0) is Resume.CONTINUE
        assert outbox.dropped == 2


class TestOverflow:
    """Bounds hold, and what is lost is marked."""

    def test_the_oldest_unsent_go_and_a_mark_takes_the_place_of_the_last_of_them(self) -> None:
        """Sent ones stay: they may have landed."""
        outbox = Outbox(max_events=4)
        for number in (1, 2):
            outbox.add(body(number))
        sent = outbox.next_batch()
        for number in (3, 4, 5, 6):
            outbox.add(body(number))
        dropped = outbox.make_room_for_view()
        outbox.insert_mark(b"\xc0")

        assert sent == Batch(1, [body(1), body(2)])
        assert dropped == 3
        assert outbox.next_batch() == Batch(5, [b"\xc0", body(6)])

    def test_with_everything_sent_the_new_event_itself_is_the_oldest_unsent(self) -> None:
        """Its number is used up, and the view has it."""
        outbox = Outbox(max_events=2)
        outbox.add(body(1))
        outbox.add(body(2))
        outbox.next_batch()

        assert outbox.add(body(3)) == 3
        assert outbox.dropped == 1
        assert outbox.next_number == 4
        assert len(outbox) == 2

    def test_no_mark_while_sent_events_take_all_the_room(self) -> None:
        """Nothing more is sent until some are acknowledged, or marks would pile up."""
        outbox = Outbox(max_events=2)
        for number in (1, 2):
            outbox.add(body(number))
        outbox.next_batch()
        outbox.add(body(3))
        before = (outbox.needs_mark, outbox.next_batch())
        outbox.acknowledge(2)

        assert before == (False, None)
        assert outbox.needs_mark

    def test_events_keep_their_numbers_past_a_gap_without_a_mark(self) -> None:
        """After a reconnect too: what was sent before the gap joins it."""
        outbox = Outbox(max_events=4)
        for number in (1, 2):
            outbox.add(body(number))
        outbox.next_batch()
        for number in (3, 4, 5, 6):
            outbox.add(body(number))
        outbox.forget_dropped()
        sent = outbox.next_batch()
        outbox.resume(True, 1)
        missing = outbox.dropped
        outbox.forget_dropped()

        assert sent == Batch(5, [body(5), body(6)])
        assert missing == 3
        assert outbox.next_batch() == sent
        assert outbox.next_number == 7

    def test_bytes_bound_it_too(self) -> None:
        """But one event always has room."""
        outbox = Outbox(max_bytes=100)
        outbox.add(body(1, 500))
        outbox.add(body(2, 50))

        assert outbox.dropped == 1
        assert outbox.size == len(body(2, 50))

    def test_block_never_drops(self) -> None:
        """It says that there is no room; the caller waits."""
        outbox = Outbox("block", max_events=2)
        outbox.add(body(1))
        room = outbox.fits(10)
        outbox.add(body(2))

        assert room
        assert not outbox.fits(10)
        assert outbox.dropped == 0

    def test_only_what_goes_with_a_view_is_kept_beside_it(self) -> None:
        """The batch ends with the newest event, so it must take them all."""
        outbox = filled(MAX_BATCH_EVENTS + 50, max_events=MAX_BATCH_EVENTS + 40)
        count = outbox.make_room_for_view()
        outbox.insert_mark(b"\xc0")
        batch = outbox.next_batch()

        assert count == 51
        assert batch is not None
        assert batch.first == 51
        assert len(batch.events) == MAX_BATCH_EVENTS
        assert outbox.unsent == 0

    def test_large_events_do_not_go_with_a_view(self) -> None:
        """A frame can't hold both."""
        outbox = Outbox(max_events=2)
        for number in (1, 2, 3):
            outbox.add(body(number, MAX_VIEW_BATCH_BYTES))

        assert outbox.make_room_for_view() == 3

    def test_a_mark_that_did_not_land_is_made_anew(self) -> None:
        """Its view was lost with it; the new one stands for everything up to then."""
        outbox = filled(5, max_events=3)
        outbox.make_room_for_view()
        outbox.insert_mark(b"\xc0")
        outbox.next_batch()
        outbox.resume(True, 0)

        assert outbox.dropped == 3
        assert outbox.make_room_for_view() == 3
        outbox.insert_mark(b"\xc1")
        assert outbox.next_batch() == Batch(3, [b"\xc1", body(4), body(5)])

    def test_a_mark_that_landed_is_not_repeated(self) -> None:
        """The acknowledgement was lost, not the batch."""
        outbox = filled(5, max_events=3)
        outbox.make_room_for_view()
        outbox.insert_mark(b"\xc0")
        outbox.next_batch()
        outbox.resume(True, 5)

        assert outbox.dropped == 0
        assert outbox.is_acknowledged

    def test_events_sent_before_a_hole_are_covered_by_its_view(self) -> None:
        """They can't be sent again in one row with what follows."""
        outbox = filled(2, max_events=3)
        outbox.next_batch()
        for number in (3, 4, 5):
            outbox.add(body(number))
        outbox.resume(True, 1)

        assert outbox.dropped == 3
        assert outbox.make_room_for_view() == 3


class TestForgotten:
    """A daemon that can't say what it has: it may have all that was ever sent."""

    def test_nothing_is_sent_again_that_was_sent_before(self) -> None:
        """A mark stands for it, and for what was dropped; what was never sent follows."""
        outbox = filled(4)
        outbox.next_batch()
        outbox.acknowledge(1)
        outbox.add(body(5))
        outbox.resume(True, 1)  # a connection on which nothing was sent
        outbox.resume(True, None)

        assert outbox.dropped == 3
        outbox.insert_mark(b"\xc0")
        assert outbox.next_batch() == Batch(4, [b"\xc0", body(5)])

    def test_what_was_acknowledged_is_not_counted(self) -> None:
        """Everything had landed: it goes on."""
        outbox = filled(2)
        outbox.next_batch()
        outbox.acknowledge(2)
        outbox.add(body(3))
        outbox.resume(True, None)

        assert outbox.dropped == 0
        assert outbox.next_batch() == Batch(3, [body(3)])

    def test_a_view_that_was_not_taken_goes_with_the_next_batch(self) -> None:
        """Before it a new event, as the daemon has the number of the restore already."""
        outbox = filled(2)
        outbox.next_batch()
        outbox.acknowledge(2)
        assert outbox.resume(False, 0) is Resume.RESTORE
        outbox.add(body(3))
        outbox.restored(2, taken=False)

        assert outbox.needs_mark
        assert outbox.next_batch() is None
        assert outbox.make_room_for_view() == 0
        outbox.insert_mark(b"\xc0")
        assert outbox.next_batch() == Batch(3, [b"\xc0", body(3)])
        assert not outbox.needs_mark


class TestFrames:
    """The frames are composed of events that are encoded already."""

    @pytest.mark.parametrize("count", [0, 1, 15, 16, 1024])
    def test_an_append_decodes_to_its_parts(self, count: int) -> None:
        """With every size of msgpack's array header."""
        data = append_frame(7, [body(n) for n in range(count)])

        assert int.from_bytes(data[:4], "big") == len(data) - 4
        assert msgpack.unpackb(data[4:]) == {
            "type": "append",
            "first": 7,
            "events": [{"n": n, "pad": ""} for n in range(count)],
        }

    def test_an_append_may_carry_a_view(self) -> None:
        """And is refused where a frame can't hold it."""
        batch = Batch(2**40, [body(1)])
        view: bytes = msgpack.packb({"state": "idle"})

        assert msgpack.unpackb(batch.to_frame(view)[4:])["view"] == {"state": "idle"}
        with pytest.raises(ProtocolViolation):
            batch.to_frame(bytes(MAX_FRAME_BYTES))

    def test_a_restore_carries_view_and_number(self) -> None:
        """None where a frame can't hold it."""
        view: bytes = msgpack.packb({"state": "idle"})
        data = restore_frame(view, 70000)

        assert data is not None
        assert msgpack.unpackb(data[4:]) == {
            "type": "restore",
            "view": {"state": "idle"},
            "last": 70000,
        }
        assert restore_frame(bytes(MAX_FRAME_BYTES), 1) is None


class Delivery(RuleBasedStateMachine):
    """An outbox, a daemon that may lose anything, and the truth about what was published.

    The daemon is a model of the real one: it knows the events, or that a view covers them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(max_events=6)
        self.covered: set[int] = set()
        self.twice = False
        self.last = 0
        self.known = False
        self.connected = False
        self.owed = False
        """The view of a restore was not taken, and none has come since."""
        self.in_flight: list[tuple[Batch, int | None]] = []

    @rule(count=st.integers(1, 5))
    def publish(self, count: int) -> None:
        """The agent goes on, whatever happens."""
        for _ in range(count):
            self.outbox.add(body(self.outbox.next_number))

    @precondition(lambda self: not self.connected)
    @rule(new_daemon=st.booleans(), taken=st.booleans())
    def connect(self, new_daemon: bool, taken: bool = True) -> None:
        """To the daemon that has it all, or to one that has nothing, which may take no view."""
        if new_daemon:
            self.known, self.last, self.covered = False, 0, set()
        resume = self.outbox.resume(self.known, self.last)
        if resume is Resume.RESTORE:
            number = self.outbox.last_number
            self.covered = set(range(1, number + 1))
            self.last = number
            self.outbox.restored(number, taken=taken)
            self.owed = not taken
        self.known = self.connected = True

    @precondition(lambda self: self.connected)
    @rule()
    def send(self) -> None:
        """One batch goes out, with the view if one is due."""
        view = None
        if self.outbox.needs_mark:
            self.outbox.make_room_for_view()
            self.outbox.insert_mark(body(-1))
            view = self.outbox.last_number
        batch = self.outbox.next_batch()
        if batch is not None:
            self.in_flight.append((batch, view))

    @precondition(lambda self: self.in_flight)
    @rule(acknowledge=st.booleans())
    def land(self, acknowledge: bool) -> None:
        """The daemon takes the oldest batch; its answer may never arrive."""
        batch, view = self.in_flight.pop(0)
        end = batch.first + len(batch.events) - 1
        if view is not None:
            assert end == view
            self.owed = False
            self.covered = set(range(1, view + 1))
        else:
            assert batch.first <= self.last + 1, "a hole without a view"
            for number in range(max(batch.first, self.last + 1), end + 1):
                self.twice |= number in self.covered
                self.covered.add(number)
        self.last = max(self.last, end)
        if acknowledge:
            self.outbox.acknowledge(self.last)

    @precondition(lambda self: self.connected)
    @rule()
    def lose(self) -> None:
        """Everything on its way is gone."""
        self.connected = False
        self.in_flight.clear()

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        """Up to the last number that the daemon has, every event is there, once."""
        assert self.covered == set(range(1, self.last + 1))
        assert not self.twice

    @invariant()
    def it_stays_bounded(self) -> None:
        """The marks count as well."""
        assert len(self.outbox) <= 6

    def teardown(self) -> None:
        """In the end everything lands."""
        # An acknowledgement is lost only with its connection.
        self.lose()
        self.connect(new_daemon=False)
        for _ in range(20):
            self.send()
            while self.in_flight:
                self.land(acknowledge=True)
        assert self.outbox.is_acknowledged
        assert self.last == self.outbox.last_number
        assert not self.owed


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
