"""Subscriptions: exactly once, lag counted exactly, nothing lost by cancelling, no cost left."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from lashd.cursor import SessionCursor
from lashd.errors import SubscriberLagged, SubscriptionClosed
from lashd.session.ring_subscription import RingSubscription
from lashd.session.store import InMemoryLiveReplayStore
from lashd.session.subscription import LiveReplaySubscription
from lashd.testing.laws import ManualClock, activity, subscribed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def follow(
    store: InMemoryLiveReplayStore, session_id: str = "s", n: int | None = None
) -> LiveReplaySubscription:
    """A subscription after event n of a session; at the tail without n."""
    at = store.tail_cursor(session_id, 0) if n is None else SessionCursor.new(session_id, 0, n)
    subscription = subscribed(store.subscribe_after_cursor(at))
    assert isinstance(subscription, RingSubscription)
    return subscription


def put(store: InMemoryLiveReplayStore, *texts: str, session_id: str = "s") -> None:
    """One event for each text."""
    for text in texts:
        store.append(session_id, 0, activity(text))


def taken(subscription: LiveReplaySubscription) -> list[str]:
    """The texts of all that is there to be taken."""
    texts = []
    while (event := subscription.take()) is not None:
        texts.append(text_of(event))
    return texts


async def until_waiting(store: InMemoryLiveReplayStore, count: int = 1) -> None:
    """Until that many subscriptions wait for the store."""
    with anyio.fail_after(10.0):
        while len(store._listeners) < count:
            await anyio.lowlevel.checkpoint()


def test_take_gives_what_is_there_and_never_waits() -> None:
    """For programs without a loop."""
    store = InMemoryLiveReplayStore()
    put(store, "a", "b")
    subscription = follow(store, n=1)
    assert subscription.ready()
    assert taken(subscription) == ["b"]
    assert not subscription.ready()
    put(store, "c")
    assert taken(subscription) == ["c"]


def test_subscriptions_do_not_disturb_each_other() -> None:
    """What one takes, another still gets."""
    store = InMemoryLiveReplayStore()
    one, other = follow(store), follow(store)
    put(store, "a", "b")
    assert taken(one) == taken(other) == ["a", "b"]


def test_a_slow_subscriber_is_served_while_the_ring_holds() -> None:
    """As long as nothing was dropped nothing is lost, however late it comes."""
    store = InMemoryLiveReplayStore.with_bounds(5, 120.0, clock=ManualClock())
    subscription = follow(store)
    put(store, *"abcde")
    assert taken(subscription) == list("abcde")


def test_lag_is_counted_exactly_and_the_reader_continues() -> None:
    """With the oldest event retained; each loss is reported once."""
    store = InMemoryLiveReplayStore.with_bounds(3, 120.0, clock=ManualClock())
    subscription = follow(store)
    put(store, *"abcdefgh")
    assert subscription.ready()
    with pytest.raises(SubscriberLagged) as caught:
        subscription.take()
    assert caught.value.count == 5
    assert taken(subscription) == list("fgh")
    put(store, *"ijkl")
    with pytest.raises(SubscriberLagged) as caught:
        subscription.take()
    assert caught.value.count == 1
    assert taken(subscription) == list("jkl")


def test_age_makes_a_subscriber_lag_too() -> None:
    """Whether or not there was a sweep: the clock decides."""
    clock = ManualClock()
    store = InMemoryLiveReplayStore.with_bounds(100, 10.0, clock=clock)
    subscription = follow(store)
    put(store, *"ab")
    clock.advance(11.0)
    with pytest.raises(SubscriberLagged) as caught:
        subscription.take()
    assert caught.value.count == 2
    assert subscription.take() is None
    put(store, "c")
    assert taken(subscription) == ["c"]


def test_a_waiting_subscription_starts_where_its_session_does() -> None:
    """Wherever the session starts: sessions forgotten meanwhile have moved the floor."""
    store = InMemoryLiveReplayStore()
    subscription = follow(store)
    put(store, *"xyz", session_id="other")
    store.forget("other")
    late = follow(store)
    assert subscription.take() is None
    assert not subscription.ready()
    put(store, *"ab")
    assert taken(subscription) == taken(late) == ["a", "b"]


def test_a_waiting_subscription_misses_what_a_restored_view_holds() -> None:
    """It gets a lag of one, and continues after the view."""
    store = InMemoryLiveReplayStore()
    subscription = follow(store)
    store.create_restored("s")
    with pytest.raises(SubscriberLagged) as caught:
        subscription.take()
    assert caught.value.count == 1
    put(store, "a")
    assert taken(subscription) == ["a"]


def test_a_forgotten_session_closes_its_subscriptions_for_good() -> None:
    """At once, whatever was left; events of a new session of that name don't come."""
    store = InMemoryLiveReplayStore()
    waiting = follow(store)
    put(store, *"ab")
    subscription = follow(store, n=1)
    store.forget("s")
    put(store, *"cd")
    for each in (subscription, waiting):
        assert each.ready()
        for _ in range(2):
            with pytest.raises(SubscriptionClosed):
                each.take()


def test_waiting_for_sessions_that_never_come_costs_only_the_subscriptions() -> None:
    """With them everything else goes."""
    store = InMemoryLiveReplayStore()
    subscriptions = [follow(store, f"s{index}") for index in range(200)]
    assert store.bounds("s7") is None
    subscriptions.clear()
    gc.collect()
    assert len(store._rings._pending) == 0
    assert len(store._listeners) == 0


def test_a_subscription_is_not_kept_by_its_store() -> None:
    """One that is dropped is gone, its session's ring with it once that is forgotten."""
    store = InMemoryLiveReplayStore()
    put(store, "a")
    subscription = follow(store, n=0)
    gone = weakref.ref(subscription)
    del subscription
    gc.collect()
    assert gone() is None


# -- waiting -----------------------------------------------------------------------------------


async def test_replay_then_live_without_a_seam() -> None:
    """What was there, then what comes while it waits."""
    store = InMemoryLiveReplayStore()
    put(store, "a", "b")
    subscription = follow(store, n=0)
    texts: list[str] = []

    async def read() -> None:
        while len(texts) < 5:
            texts.append(text_of(await subscription.next_event()))

    with anyio.fail_after(10.0):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await until_waiting(store)
            put(store, "c", "d")
            await until_waiting(store)
            put(store, "e")
    assert texts == list("abcde")
    assert len(store._listeners) == 0


async def test_async_for_goes_through_the_events_and_ends_with_the_reason() -> None:
    """A stream never ends silently."""
    store = InMemoryLiveReplayStore()
    put(store, *"abc")
    texts: list[str] = []

    async def read() -> None:
        async for event in follow(store, n=0):
            texts.append(text_of(event))
            if len(texts) == 3:
                store.forget("s")

    with pytest.raises(SubscriptionClosed):
        await read()
    assert texts == list("abc")


async def test_async_for_can_be_taken_up_again_after_a_lag() -> None:
    """The subscription stays usable."""
    store = InMemoryLiveReplayStore.with_bounds(2, 120.0, clock=ManualClock())
    subscription = follow(store)
    put(store, *"abcd")
    texts: list[str] = []

    async def read() -> None:
        async for event in subscription:
            texts.append(text_of(event))
            if len(texts) == 2:
                break

    with pytest.raises(SubscriberLagged):
        await read()
    assert texts == []
    await read()
    assert texts == ["c", "d"]


async def test_cancelling_loses_nothing_wherever_it_strikes() -> None:
    """Before the event, with it, and after it: what wasn't returned comes next time."""
    store = InMemoryLiveReplayStore()
    subscription = follow(store)
    texts: list[str] = []

    async def read() -> None:
        texts.append(text_of(await subscription.next_event()))

    for round_number in range(60):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            for _ in range(round_number % 5):
                await anyio.lowlevel.checkpoint()
            put(store, str(round_number))
            for _ in range(round_number % 3):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    texts += taken(subscription)
    assert texts == [str(number) for number in range(60)]
    assert len(store._listeners) == 0


async def test_a_wait_is_ended_by_an_append_in_another_thread() -> None:
    """The loop is woken, and only when there is something."""
    store = InMemoryLiveReplayStore()
    subscription = follow(store)

    async def append() -> None:
        await until_waiting(store)
        await anyio.to_thread.run_sync(put, store, "a")

    with anyio.fail_after(10.0):
        for _ in range(20):
            async with anyio.create_task_group() as group:
                group.start_soon(append)
                assert text_of(await subscription.next_event()) == "a"


async def test_a_wait_is_ended_by_forgetting_in_another_thread() -> None:
    """A session that ends leaves no reader waiting."""
    store = InMemoryLiveReplayStore()
    put(store, "a")
    subscription = follow(store)

    async def forget() -> None:
        await until_waiting(store)
        await anyio.to_thread.run_sync(store.forget, "s")

    with anyio.fail_after(10.0):
        async with anyio.create_task_group() as group:
            group.start_soon(forget)
            with pytest.raises(SubscriptionClosed):
                await subscription.next_event()


async def test_a_wait_for_a_session_ends_when_it_is_created() -> None:
    """By the first event, wherever the floor is by then."""
    store = InMemoryLiveReplayStore()
    subscription = follow(store)

    async def create() -> None:
        await until_waiting(store)
        put(store, "x", session_id="other")
        store.forget("other")
        put(store, "a")

    with anyio.fail_after(10.0):
        async with anyio.create_task_group() as group:
            group.start_soon(create)
            assert text_of(await subscription.next_event()) == "a"


async def test_many_waiters_in_a_storm_from_many_threads() -> None:
    """Every subscription gets every event once, each thread's in order."""
    store = InMemoryLiveReplayStore()
    readers, writers, count = 8, 4, 50
    results: list[list[str]] = []

    async def read(subscription: LiveReplaySubscription) -> None:
        texts = [text_of(await subscription.next_event()) for _ in range(writers * count)]
        results.append(texts)

    def write(name: str) -> None:
        put(store, *(f"{name}{index}" for index in range(count)))

    with anyio.fail_after(50.0):
        async with anyio.create_task_group() as group:
            for _ in range(readers):
                group.start_soon(read, follow(store))
            for name in "abcd":
                group.start_soon(anyio.to_thread.run_sync, write, name)
    assert len(results) == readers
    assert all(texts == results[0] for texts in results)
    for name in "abcd":
        mine = [text for text in results[0] if text.startswith(name)]
        assert mine == [f"{name}{index}" for index in range(count)]


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns a hundred times as often, so that races are races."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 100)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_threads")
def test_subscribing_races_appending() -> None:
    """Wherever between the events it falls: each event after the cursor comes once, in order."""
    for _ in range(64):
        store = InMemoryLiveReplayStore()
        gate = threading.Barrier(2)

        def append(store: InMemoryLiveReplayStore = store, gate: threading.Barrier = gate) -> None:
            gate.wait(10.0)
            put(store, *(str(index) for index in range(30)))

        thread = threading.Thread(target=append)
        thread.start()
        gate.wait(10.0)
        cursor = store.tail_cursor("s", 0)
        subscription = subscribed(store.subscribe_after_cursor(cursor))
        thread.join(10.0)
        assert taken(subscription) == [str(index) for index in range(cursor.parse().n, 30)]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_loop_that_is_gone_is_not_woken(elsewhere: bool) -> None:
    """A program whose loop ended with a subscription waiting can still publish."""
    store = InMemoryLiveReplayStore()
    subscription = follow(store)
    waiting = subscription.next_event()
    loop = asyncio.new_event_loop()
    task = loop.create_task(waiting)
    loop.run_until_complete(asyncio.sleep(0))
    assert len(store._listeners) == 1
    loop.close()
    if elsewhere:
        thread = threading.Thread(target=put, args=(store, "a"))
        thread.start()
        thread.join(10.0)
    else:
        put(store, "a")
    assert taken(subscription) == ["a"]
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    waiting.close()
    assert len(store._listeners) == 0
