"""`session.watch`: a proxy of a model's stream that publishes while the agent reads.

The agent gets the SDK's own objects, at its own pace; every other attribute is the stream's. No
error in publishing reaches the agent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sized
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from lashd.publish.sdk.fields import get, text
from lashd.publish.sdk.response import Response
from lashd.session.jsonable import describe, plain_text

if TYPE_CHECKING:
    from types import TracebackType

    from lashd.publish.sink import AgentSink

_S = TypeVar("_S")

_READ_ALL = frozenset(
    {"get_final_message", "get_final_text", "get_final_response", "get_final_completion"}
    | {"until_done"}
)
"""Methods of SDKs' streams that read them to the end themselves, bypassing the proxy."""


def stream_proxy(sink: AgentSink, stream: _S) -> _S:
    """A proxy of `stream`, or `stream` itself if it can't be read in parts. Never raises.

    A whole response, or a list, is published at once.
    """
    try:
        return cast(_S, _proxy_of(sink, stream))
    except Exception as error:
        sink.warn(f"a stream can't be watched: {plain_text(describe(error), 500)}")
        return stream


def _proxy_of(sink: AgentSink, stream: object) -> object:
    kind = type(stream)
    if isinstance(stream, _StreamProxy) and stream.lashd_response.sink is sink:
        return stream
    plain = _has(kind, "__next__", "__enter__")
    awaited = _has(kind, "__anext__", "__aiter__", "__aenter__", "__await__")
    response = Response(sink)
    if plain or awaited:
        # Some streams are both, and code that asks for either protocol must find it.
        if awaited and (plain or hasattr(kind, "__iter__")):
            return _DualProxy(stream, response)
        return (_AsyncProxy if awaited else _SyncProxy)(stream, response)
    if response.is_known(stream):
        response.whole([stream])
    elif isinstance(stream, list | tuple):
        response.whole(stream)
    elif hasattr(kind, "__iter__") and not isinstance(stream, Sized) and not _is_model(kind):
        return _SyncProxy(stream, response)
    else:
        response.whole([stream])
    return stream


def _has(kind: type, *names: str) -> bool:
    return any(hasattr(kind, name) for name in names)


def _is_model(kind: type) -> bool:
    """Whole responses are models, which are iterable too: over their own fields."""
    return _has(kind, "model_fields", "__dataclass_fields__", "__struct_fields__")


class _StreamProxy:
    """What all proxies share: attributes that are not defined here are the stream's."""

    def __init__(self, stream: object, response: Response) -> None:
        self._stream: Any = stream
        self.lashd_response = response
        self._source: Any = None
        self._entered: _StreamProxy | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("_stream", "lashd_response"):  # looked up before `__init__`, by copy and pickle
            raise AttributeError(name)
        value = getattr(self._stream, name)
        if name in _READ_ALL and callable(value):
            return self._reading_all(value)
        return self._texts() if name == "text_stream" else value

    def __repr__(self) -> str:
        return f"<watched {self._stream!r}>"

    def _reading_all(self, method: Callable[..., Any]) -> Callable[..., Any]:
        return method

    def _texts(self) -> Any:
        raise NotImplementedError

    def _enter(self, entered: object) -> Any:
        """What the context manager returns: mostly itself, sometimes the actual stream."""
        if entered is self._stream:
            return self
        found = stream_proxy(self.lashd_response.sink, entered)
        self._entered = found if isinstance(found, _StreamProxy) else None
        return found

    def _exit(self, error: BaseException | None) -> None:
        for each in (self._entered, self):
            if each is None:
                continue
            if error is None:
                each.lashd_response.finish()
            else:
                each.lashd_response.abandon()


class _SyncProxy(_StreamProxy):
    """A stream that is read with `for`."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self.lashd_response.begin()
        try:
            if self._source is None:
                self._source = iter(self._stream)
            item = next(self._source)
        except StopIteration:
            self.lashd_response.finish()
            raise
        except Exception as error:
            self.lashd_response.broken(error)
            raise
        except BaseException:  # cancelled or interrupted
            self.lashd_response.abandon()
            raise
        self.lashd_response.feed(item)
        return item

    def __enter__(self) -> Any:
        return self._enter(self._stream.__enter__())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Any:
        self._exit(error)
        return self._stream.__exit__(kind, error, trace)

    def _reading_all(self, method: Callable[..., Any]) -> Callable[..., Any]:
        return _reading_all(self, method)

    def _texts(self) -> Any:
        return _texts(self)


class _AsyncProxy(_StreamProxy):
    """A stream that is read with `async for`."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        self.lashd_response.begin()
        try:
            if self._source is None:
                self._source = aiter(self._stream)
            item = await anext(self._source)
        except StopAsyncIteration:
            self.lashd_response.finish()
            raise
        except Exception as error:
            self.lashd_response.broken(error)
            raise
        except BaseException:  # cancelled or interrupted
            self.lashd_response.abandon()
            raise
        self.lashd_response.feed(item)
        return item

    def __await__(self) -> Generator[Any, Any, Any]:
        given = yield from self._stream.__await__()
        return stream_proxy(self.lashd_response.sink, given)

    async def __aenter__(self) -> Any:
        return self._enter(await self._stream.__aenter__())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Any:
        self._exit(error)
        return await self._stream.__aexit__(kind, error, trace)

    def _reading_all(self, method: Callable[..., Any]) -> Callable[..., Any]:
        return _reading_all_async(self, method)

    def _texts(self) -> Any:
        return _texts_async(self)


class _DualProxy(_SyncProxy, _AsyncProxy):
    """A stream that can be read either way."""

    def _reading_all(self, method: Callable[..., Any]) -> Callable[..., Any]:
        from inspect import iscoroutinefunction

        if iscoroutinefunction(method):
            return _reading_all_async(self, method)
        return _reading_all(self, method)

    def _texts(self) -> Any:
        is_async = hasattr(self._stream.text_stream, "__anext__")
        return _texts_async(self) if is_async else _texts(self)


def _reading_all(stream: _SyncProxy, method: Callable[..., Any]) -> Callable[..., Any]:
    """`method` of the SDK's stream, after the proxy has read, and published, everything."""

    def read_all(*args: Any, **kwargs: Any) -> Any:
        for _ in stream:
            pass
        return method(*args, **kwargs)

    return read_all


def _reading_all_async(stream: _AsyncProxy, method: Callable[..., Any]) -> Callable[..., Any]:
    async def read_all(*args: Any, **kwargs: Any) -> Any:
        async for _ in stream:
            pass
        return await method(*args, **kwargs)

    return read_all


def _texts(stream: _SyncProxy) -> Iterator[str]:
    """The SDK's `text_stream`, which would bypass the proxy."""
    for item in stream:
        piece = _text_of(item)
        if piece:
            yield piece


async def _texts_async(stream: _AsyncProxy) -> AsyncIterator[str]:
    async for item in stream:
        piece = _text_of(item)
        if piece:
            yield piece


def _text_of(item: object) -> str:
    """The text of an Anthropic delta, which their `text_stream` yields."""
    if text(item, "type") != "content_block_delta":
        return ""
    delta = get(item, "delta")
    return text(delta, "text") if text(delta, "type") == "text_delta" else ""
