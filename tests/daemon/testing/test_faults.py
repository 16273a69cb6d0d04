"""What a script of faults does to the bytes of a connection, without a connection."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.testing.faults import (
    MAX_HELD,
    Close,
    Cut,
    Delay,
    DirectionPlan,
    End,
    Fault,
    Merge,
    Refuse,
    Reset,
    Send,
    Split,
    Stall,
    Stalled,
    Step,
    Truncate,
    Wait,
    random_script,
)


def plan(*faults: Fault) -> DirectionPlan:
    made = DirectionPlan(faults, "daemon")
    assert made.start() == []
    return made


def sent(steps: Iterable[Step]) -> list[bytes]:
    return [step.data for step in steps if isinstance(step, Send)]


def test_without_faults_everything_is_handed_on_as_it_comes() -> None:
    """A proxy without a script changes nothing."""
    clean = plan()

    assert clean.feed(b"one") == [Send(b"one")]
    assert clean.feed(b"two") == [Send(b"two")]
    assert clean.finish() == [End()]
    assert clean.passed == 6


@pytest.mark.parametrize(("fault", "step"), [(Cut(5), Close()), (Truncate(5), End())])
def test_a_stream_ends_at_its_byte(fault: Fault, step: Step) -> None:
    """Exactly so many bytes arrive, whatever the chunks; the rest never does."""
    for chunks in ([b"0123456789"], [b"01234", b"56789"], [b"%d" % n for n in range(10)]):
        ending = plan(fault)
        steps = [step for chunk in chunks for step in ending.feed(chunk)]

        assert b"".join(sent(steps)) == b"01234"
        assert steps[-1] == step
        assert ending.over
        assert ending.finish() == []


def test_a_stream_may_end_before_its_first_byte() -> None:
    """A cut after 0 bytes comes as soon as the connection is there."""
    assert DirectionPlan([Cut(0)], "daemon").start() == [Close()]


def test_a_reset_reads_nothing_beyond_its_byte() -> None:
    """What is left unread is what makes the kernel answer with a reset."""
    reset = plan(Reset(5))

    assert reset.room == 5
    assert reset.feed(b"012") == [Send(b"012")]
    assert reset.room == 2
    assert reset.feed(b"34") == [Send(b"34"), Close()]


def test_a_stall_holds_what_follows_until_it_is_released() -> None:
    """Nothing is lost by it, and several stalls come one after another."""
    stall = plan(Stall(3), Stall(5))

    assert stall.feed(b"01234567") == [Send(b"012"), Stalled()]
    assert stall.feed(b"8") == []
    assert stall.stalled
    assert stall.release() == [Send(b"34"), Stalled()]
    assert stall.finish() == []
    assert stall.release() == [Send(b"5678"), End()]


def test_what_is_held_is_bounded() -> None:
    """A sender that goes on is read no further: it waits as for any slow peer."""
    stall = plan(Stall(0, "client"), Stall(1))
    stall.feed(b"x" * MAX_HELD)

    assert stall.room == 1
    assert stall.feed(b"y") == []
    assert stall.room == 0
    stall.release()
    assert stall.room == MAX_HELD


def test_a_split_cuts_at_the_same_bytes_however_they_come() -> None:
    """The sizes begin again after the last; a chunk that ends within a piece ends that piece."""
    assert sent(plan(Split((1, 3))).feed(b"abcdefgh")) == [b"a", b"bcd", b"e", b"fgh"]

    split = plan(Split((1, 3)))
    pieces = [piece for chunk in (b"ab", b"cdefg", b"h") for piece in sent(split.feed(chunk))]
    assert pieces == [b"a", b"b", b"cd", b"e", b"fg", b"h"]


def test_pieces_of_no_bytes_are_refused() -> None:
    """They would never end."""
    with pytest.raises(ValueError, match="at least one byte"):
        DirectionPlan([Split((2, 0))], "daemon")


def test_a_merge_waits_for_its_size_the_end_or_a_release() -> None:
    """So that frames which were sent one by one arrive together."""
    merge = plan(Merge(4))

    assert merge.feed(b"012") == []
    assert merge.feed(b"34") == [Send(b"01234")]
    assert merge.feed(b"5") == []
    assert merge.release() == [Send(b"5")]
    merge.feed(b"6")
    assert merge.finish() == [Send(b"6"), End()]


def test_a_delay_comes_before_each_piece() -> None:
    """By whatever clock the proxy was given."""
    delayed = plan(Delay(1.5), Split((2,)))

    assert delayed.feed(b"abcd") == [Wait(1.5), Send(b"ab"), Wait(1.5), Send(b"cd")]


def test_faults_are_for_one_direction() -> None:
    """What is sent to the client is not touched by what happens to the daemon's side."""
    faults: list[Fault] = [Cut(1), Split((1,)), Refuse()]

    assert DirectionPlan(faults, "client").feed(b"abc") == [Send(b"abc")]


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=10),
    st.lists(st.integers(0, 60), max_size=3),
    st.lists(st.integers(1, 9), max_size=3),
    st.integers(0, 30),
)
def test_no_byte_is_lost_added_or_moved(
    chunks: list[bytes], stalls: list[int], sizes: list[int], merge: int
) -> None:
    """Whatever is combined: what arrives is what was sent, in order."""
    faults: list[Fault] = [Stall(after) for after in stalls]
    faults += [Split(tuple(sizes)), Merge(merge), Delay(1)]
    shaped = DirectionPlan(faults, "daemon")
    steps = shaped.start()
    for chunk in chunks:
        steps += shaped.feed(chunk)
    steps += shaped.finish()
    while shaped.stalled:
        steps += shaped.release()

    assert b"".join(sent(steps)) == b"".join(chunks)
    assert steps[-1] == End()


def test_a_seed_is_a_script() -> None:
    """The same faults for the same seed, others for another, and every kind among them."""
    assert random_script(3) == random_script(3)
    assert random_script(3) != random_script(4)

    scripts = [random_script(seed, stalls=True) for seed in range(50)]
    kinds = {type(fault) for script in scripts for faults in script for fault in faults}
    assert kinds == {Refuse, Split, Stall, Cut, Reset, Truncate}
    assert not any(
        isinstance(fault, Stall)
        for seed, index in product(range(20), range(8))
        for fault in random_script(seed)[index]
    )
