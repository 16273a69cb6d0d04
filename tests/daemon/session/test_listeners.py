"""Callbacks by session: kept apart, and removed without a trace."""

from __future__ import annotations

from lashd.session.listeners import Listeners


def test_callbacks_belong_to_their_session() -> None:
    """A change of one session calls no other's callbacks."""
    listeners, called = Listeners(), list[str]()
    listeners.add("a", lambda: called.append("a1"))
    listeners.add("a", lambda: called.append("a2"))
    listeners.add("b", lambda: called.append("b"))
    for callback in listeners.of("a"):
        callback()
    assert called == ["a1", "a2"]
    assert list(listeners.of("c")) == []


def test_one_callback_may_be_registered_more_than_once() -> None:
    """Each registration is removed on its own."""
    listeners, called = Listeners(), list[int]()

    def callback() -> None:
        called.append(1)

    first, second = listeners.add("s", callback), listeners.add("s", callback)
    listeners.remove("s", first)
    listeners.remove("s", first)
    assert len(listeners) == 1
    for each in listeners.of("s"):
        each()
    assert called == [1]
    listeners.remove("s", second)
    listeners.remove("s", second)
    assert len(listeners) == 0
    assert listeners.by_session == {}


def test_a_callback_may_take_itself_back() -> None:
    """What is being called is a copy."""
    listeners = Listeners()
    keys: list[object] = []
    keys.extend(listeners.add("s", lambda: listeners.remove("s", keys[0])) for _ in range(2))
    for callback in listeners.of("s"):
        callback()
    assert len(listeners) == 1
