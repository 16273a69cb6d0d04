"""Callbacks by session: kept apart, taken back, and gone without a trace."""

from __future__ import annotations

from lashd.session.listeners import Watchers


def test_callbacks_belong_to_their_session() -> None:
    """A change of one session concerns nobody else."""
    watchers, called = Watchers(), list[str]()
    watchers.add("a", lambda: called.append("a1"))
    watchers.add("a", lambda: called.append("a2"))
    watchers.add("b", lambda: called.append("b"))
    for callback in watchers.of("a"):
        callback()
    assert called == ["a1", "a2"]
    assert list(watchers.of("c")) == []


def test_one_callback_may_be_registered_more_than_once() -> None:
    """Each registration is taken back on its own."""
    watchers, called = Watchers(), list[int]()

    def callback() -> None:
        called.append(1)

    first, second = watchers.add("s", callback), watchers.add("s", callback)
    watchers.remove("s", first)
    watchers.remove("s", first)
    assert len(watchers) == 1
    for each in watchers.of("s"):
        each()
    assert called == [1]
    watchers.remove("s", second)
    watchers.remove("s", second)
    assert len(watchers) == 0
    assert watchers._callbacks == {}


def test_a_callback_may_take_itself_back() -> None:
    """What is being called is a copy."""
    watchers = Watchers()
    keys: list[object] = []
    keys.extend(watchers.add("s", lambda: watchers.remove("s", keys[0])) for _ in range(2))
    for callback in watchers.of("s"):
        callback()
    assert len(watchers) == 1
