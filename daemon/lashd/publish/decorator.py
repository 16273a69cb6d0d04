"""`@watched`: an agent function whose calls are sessions, and the way to the session from inside.

Without a daemon, or where no publisher can be made at all, the function runs as if it were not
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
    """The session of the `@watched` function that runs; where none does, one that tells nobody."""
    return _session.get() or _UNWATCHED


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
    """Make each call of an agent function a turn of a session, which ends when it returns.

    For functions, coroutine functions, generators and async generators. Inside,
    `current_session()` publishes. An exception is published, fails the session and goes on. A call
    within a call of the same session belongs to that.

    Args:
        session: the session's id; the function's name by default.
        user: the parameter that holds what the person asked.
        socket_path, title, agent, directory, start_daemon, overflow, on_warning: as of `Publisher`.

    Raises:
        ValueError: a bad session id.
        TypeError: `user` is no parameter of the function.
    """
    if session is not None and not isinstance(session, str):
        raise TypeError('write `@watched()` or `@watched("session")`, with parentheses')

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        name = session if session is not None else getattr(function, "__name__", "agent")
        check_session_id(name)
        signature = inspect.signature(function) if user is not None else None
        if signature is not None and user not in signature.parameters:
            raise TypeError(f"`user`: {user!r} is no parameter of {name}")

        def asked(args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
            if signature is None:
                return None
            try:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
            except TypeError:
                return None  # the call itself will say so
            return bound.arguments.get(cast(str, user))

        def make() -> Publisher | None:
            inside = _session.get()
            if inside is not None and inside.session_id == name:
                return None
            try:
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
            except Exception as error:
                if on_warning is not None:
                    on_warning(f"session `{name}` is not watched: {error}")
                return None

        return cast(Callable[_P, _R], _wrap(function, make, asked))

    return decorate


def _wrap(
    function: Callable[..., Any],
    make: Callable[[], Publisher | None],
    asked: Callable[[tuple[Any, ...], dict[str, Any]], object],
) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def stream_async(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            inner = function(*args, **kwargs)
            publisher = make()
            async with AsyncExitStack() as stack:
                if publisher is not None:
                    await stack.enter_async_context(publisher)
                    stack.enter_context(publisher.turn(asked(args, kwargs)))
                # There is no `yield from` of async generators: this is one.
                step: Callable[[], Any] = functools.partial(anext, inner)
                while True:
                    with _Inside(publisher or _session.get()):
                        try:
                            item = await step()
                        except StopAsyncIteration:
                            return
                    try:
                        sent = yield item
                    except GeneratorExit:
                        with _Inside(publisher or _session.get()):
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
            publisher = make()
            if publisher is None:
                return (yield from inner)
            with publisher, publisher.turn(asked(args, kwargs)):
                return (yield from _steps(inner, publisher))

        return stream

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            publisher = make()
            if publisher is None:
                return await function(*args, **kwargs)
            async with publisher, publisher.turn(asked(args, kwargs)):
                with _Inside(publisher):
                    return await function(*args, **kwargs)

        return call_async

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        publisher = make()
        if publisher is None:
            return function(*args, **kwargs)
        with publisher, publisher.turn(asked(args, kwargs)), _Inside(publisher):
            return function(*args, **kwargs)

    return call


class _Inside(ExitStack):
    """While entered, `current_session` is this one."""

    def __init__(self, publisher: AgentSession | None) -> None:
        super().__init__()
        self.callback(_session.reset, _session.set(publisher))


def _steps(inner: Generator[Any, Any, Any], publisher: AgentSession) -> Generator[Any, Any, Any]:
    """`yield from inner`, with the session current only while `inner` runs."""
    step: Callable[[], Any] = functools.partial(next, inner)
    while True:
        with _Inside(publisher):
            try:
                item = step()
            except StopIteration as end:
                return end.value
        try:
            sent = yield item
        except GeneratorExit:
            with _Inside(publisher):
                inner.close()
            raise
        except BaseException as error:
            step = functools.partial(inner.throw, error)
        else:
            step = functools.partial(inner.send, sent)


class _Unwatched(AgentSession):
    """A session that nobody is told of."""

    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        id: str = "",  # noqa: A002
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Nothing."""

    def commit(
        self, revision: int | None = None, read_view: ReadView | dict[str, Any] | None = None
    ) -> None:
        """Nothing."""

    def turn_state(self) -> tuple[str, int]:
        """Never anything."""
        return "ended", 0

    def warn(self, sentence: str) -> None:
        """Nobody."""


_UNWATCHED = _Unwatched("unwatched")
