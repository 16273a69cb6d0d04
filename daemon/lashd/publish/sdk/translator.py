"""The interface of translators, which read a provider's events, and of the sinks they report to.

SDKs' objects and decoded server-sent events go through the same translators. `Response` is the sink
that publishes; a program that reads a raw stream may write another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

from lashd.publish.sdk.fields import text


class ResponseSink(Protocol):
    """Receives what responses of a model say.

    Texts are blocks with a key, which is unique within a response.
    """

    def started(self) -> None:
        """A response begins."""

    def text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """More text of a block."""

    def whole_text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        """The whole text of a block, some or all of which may have come already."""

    def end_text(self, key: str) -> None:
        """No more text of this block follows."""

    def call(self, call_id: str, name: str, args: object) -> None:
        """The model asks for a tool that the agent will run. `call_id` may be empty."""

    def hosted(self, call_id: str, name: str, args: object) -> None:
        """The provider runs one of its own tools; `hosted_end` says how it ended."""

    def hosted_end(self, call_id: str, name: str, output: object, error: str) -> None:
        """A tool of the provider has ended; `error` is empty if it succeeded."""

    def code(self, call_id: str, language: str, code: str, output: object, error: str) -> None:
        """The provider ran code; `error` is empty if it succeeded."""

    def usage(self, counters: dict[str, int | float]) -> None:
        """Tokens of the response, under lash's names."""

    def stopped(self, reason: str) -> None:
        """The model has stopped, for a reason in the provider's words; usage may follow."""

    def ended(self) -> None:
        """Nothing more of the response follows."""

    def failed(self, message: str) -> None:
        """The response failed; nothing more of it follows."""

    def unknown(self, kind: str, item: object, /) -> None:
        """An object of this dialect, of a kind that is not known."""


@runtime_checkable
class ModelSink(Protocol):
    """A sink that also wants to know the model; others need not have this."""

    def model(self, name: str) -> None:
        """The model that responds; may be said more than once."""


class Translator(ABC):
    """Reads the objects of one dialect; a stream may hold several responses."""

    def __init__(self, sink: ResponseSink) -> None:
        self.sink = sink

    def name_model(self, response: object) -> None:
        """Report the model that a response names."""
        name = text(response, "model")
        if name and isinstance(self.sink, ModelSink):
            self.sink.model(name)

    @abstractmethod
    def feed(self, item: object) -> bool:
        """Translate one object; False if it is not of this dialect."""

    @abstractmethod
    def finish(self) -> None:
        """Send what is held back of the response: calls whose pieces came, the last counters."""

    def end(self) -> None:
        """Send what was kept for a later response, since none follows."""
        self.finish()
