"""What a translator says, written down."""

from __future__ import annotations

from typing import Any

from lashd.publish.sdk.fields import Translator


class Notes:
    """A sink that keeps all of it."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []
        self.texts: dict[str, str] = {}

    def text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        self.texts[key] = self.texts.get(key, "") + text

    def call(self, call_id: str, name: str, args: object) -> None:
        self.said.append(("call", call_id, name, args))

    def hosted(self, call_id: str, name: str, args: object) -> None:
        self.said.append(("hosted", call_id, name, args))

    def hosted_end(self, call_id: str, name: str, output: object, error: str) -> None:
        self.said.append(("hosted_end", call_id, name, output, error))

    def code(self, key: str, language: str, code: str, output: object, error: str) -> None:
        self.said.append(("code", key, language, code, output, error))

    def usage(self, counters: dict[str, int | float]) -> None:
        self.said.append(("usage", counters))

    def error(self, message: str) -> None:
        self.said.append(("error", message))


def translate(kind: type[Translator], items: list[Any]) -> Notes:
    """What the dialect makes of them."""
    notes = Notes()
    translator = kind(notes)
    for item in items:
        assert translator.feed(item), item
    translator.finish()
    return notes
