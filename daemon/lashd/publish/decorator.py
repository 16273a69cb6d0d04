"""`@watched`: each call of an agent function is a session, which `current_session` returns inside.

Without a daemon, or if no publisher can be created at all, the function runs as if it were not
decorated.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, ExitStack
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast

from lashd.cursor import check_session_id
from lashd.publish.agent import AgentSession
from lashd.publish.publisher import Publisher
from lashd.session.events import AnyTurnEvent, Payload

if TYPE_CHECKING:
    import os

    from lashd.session.view import ReadView

_P = ParamSpec("_P")
_R = TypeVar("_R")

_session: ContextVar[AgentSession | None] = ContextVar("lashd_session", default=None)


def current_session() -> AgentSession:
    """The session of the `@watched` function that is running; outside of one, a null session."""
    return _session.get() or _NULL_SESSION


def watched(
    session: str | None = None,
    *,
    user: str | None = None,
    socket_path: str | os.PathLike[str] | None = None,
    title: str | None = None,
    agent: str | None = None,
    directory: str | None = None,
    start_daemon: bool = True,
    overflow: Literal["drop", "block"] = "drop",
    on_warning: Callable[[str], None] | None = None,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make each call of an agent function a turn of a session, which ends when the call returns.

    For functions, coroutine functions, generators and async generators. Inside,
    `current_session()` publishes. An exception is published, fails the session and is re-raised. A
    call within a call of the same session belongs to the outer one.

    Args:
        session: the session's id; the function's name by default.
        user: the parameter that holds what the person asked.
        socket_path, title, agent, directory, start_daemon, overflow, on_warning: as for
            `Publisher`.

    Raises:
        ValueError: a bad session id.
        TypeError: the function has no parameter `user`.
    """
    if session is not None and not isinstance(session, str):
        raise TypeError('write `@watched()` or `@watched("session")`, with parentheses')

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        name = session if session is not None else getattr(function, "__name__", "agent")
        check_session_id(name)
        signature = inspect.signature(function) if user is not None else None
        if signature is not None and user not in signature.parameters:
            raise TypeError(f"`user`: {name} has no parameter {user!r}")

        def question(args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
            if signature is None:
                return None
            try:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
            except TypeError:
                return None  # the call itself will raise
            return bound.arguments.get(cast(str, user))

        def open_publisher() -> Publisher | None:
            current = _session.get()
            if current is not None and current.session_id == name:
                return None
            return Publisher(
                name,
                socket_path=socket_path,
                title=title,
                agent=agent,
                directory=directory,
                start_daemon=start_daemon,
                overflow=overflow,
                on_warning=on_warning,
            )

        return cast(Callable[_P, _R], _wrap(function, open_publisher, question))

    return decorate


def _wrap(
    function: Callable[..., Any],
    open_publisher: Callable[[], Publisher | None],
    question: Callable[[tuple[Any, ...], dict[str, Any]], object],
) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def stream_async(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            inner = function(*args, **kwargs)
            publisher = open_publisher()
            async with AsyncExitStack() as stack:
                if publisher is not None:
                    await stack.enter_async_context(publisher)
                    stack.enter_context(publisher.turn(question(args, kwargs)))
                # `yield from` for async generators, which Python does not have.
                step: Callable[[], Any] = functools.partial(anext, inner)
                while True:
                    with _Current(publisher or _session.get()):
                        try:
                            item = await step()
                        except StopAsyncIteration:
                            return
                    try:
                        sent = yield item
                    except GeneratorExit:
                        with _Current(publisher or _session.get()):
                            await inner.aclose()
                        raise
                    except BaseException as error:
                        step = functools.partial(inner.athrow, error)
                    else:
                        step = functools.partial(inner.asend, sent)

        return stream_async

    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def stream(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            inner = function(*args, **kwargs)
            publisher = open_publisher()
            if publisher is None:
                return (yield from inner)
            with publisher, publisher.turn(question(args, kwargs)):
                return (yield from _steps(inner, publisher))

        return stream

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            publisher = open_publisher()
            if publisher is None:
                return await function(*args, **kwargs)
            async with publisher, publisher.turn(question(args, kwargs)):
                with _Current(publisher):
                    return await function(*args, **kwargs)

        return call_async

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        publisher = open_publisher()
        if publisher is None:
            return function(*args, **kwargs)
        with publisher, publisher.turn(question(args, kwargs)), _Current(publisher):
            return function(*args, **kwargs)

    return call


class _Current(ExitStack):
    """While entered, `current_session` returns this session."""

    def __init__(self, publisher: AgentSession | None) -> None:
        super().__init__()
        self.callback(_session.reset, _session.set(publisher))


def _steps(inner: Generator[Any, Any, Any], publisher: AgentSession) -> Generator[Any, Any, Any]:
    """`yield from inner`, with the session current only while `inner` runs."""
    step: Callable[[], Any] = functools.partial(next, inner)
    while True:
        with _Current(publisher):
            try:
                item = step()
            except StopIteration as end:
                return end.value
        try:
            sent = yield item
        except GeneratorExit:
            with _Current(publisher):
                inner.close()
            raise
        except BaseException as error:
            step = functools.partial(inner.throw, error)
        else:
            step = functools.partial(inner.send, sent)


class _NullSession(AgentSession):
    """A session that publishes nothing."""

    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        id: str = "",  # noqa: A002
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Do nothing."""

    def commit(
        self,
        revision: int | None = None,
        read_view: ReadView | dict[str, Any] | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """Do nothing."""

    def turn_state(self) -> tuple[str, int]:
        """As of a session that never ran."""
        return "ended", 0

    def failure(self) -> None:
        """Nothing fails."""

    def warn(self, sentence: str) -> None:
        """Drop it."""


_NULL_SESSION = _NullSession("unwatched")
