"""A sink that records what a translator reports."""

from __future__ import annotations

from typing import Any

from lashd.publish.sdk.translator import Translator


class RecordingSink:
    """Keeps all of it, in order; texts by their keys."""

    def __init__(self) -> None:
        self.reported: list[tuple[Any, ...]] = []
        """Calls, code, usage and failures."""
        self.texts: dict[str, str] = {}
        """By key; from the second response on with its number in front."""
        self.life: list[str] = []
        """Beginnings, reasons to stop and ends of responses."""
        self.unknown_kinds: list[str] = []
        self._responses = 0

    def started(self) -> None:
        self._responses += 1
        self.life.append("started")

    def text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        key = key if self._responses < 2 else f"{self._responses}:{key}"
        self.texts[key] = self.texts.get(key, "") + text

    def whole_text(self, key: str, text: str, *, reasoning: bool = False) -> None:
        key = key if self._responses < 2 else f"{self._responses}:{key}"
        assert text.startswith(self.texts.get(key, ""))
        self.texts[key] = text

    def end_text(self, key: str) -> None:
        self.life.append(f"end of {key}")

    def call(self, call_id: str, name: str, args: object) -> None:
        self.reported.append(("call", call_id, name, args))

    def hosted(self, call_id: str, name: str, args: object) -> None:
        self.reported.append(("hosted", call_id, name, args))

    def hosted_end(self, call_id: str, name: str, output: object, error: str) -> None:
        self.reported.append(("hosted_end", call_id, name, output, error))

    def code(self, call_id: str, language: str, code: str, output: object, error: str) -> None:
        self.reported.append(("code", call_id, language, code, output, error))

    def usage(self, counters: dict[str, int | float]) -> None:
        self.reported.append(("usage", counters))

    def stopped(self, reason: str) -> None:
        self.life.append(reason)

    def ended(self) -> None:
        self.life.append("ended")

    def failed(self, message: str) -> None:
        self.reported.append(("failed", message))

    def unknown(self, kind: str, item: object, /) -> None:
        self.unknown_kinds.append(kind)


def translate(dialect: type[Translator], items: list[Any]) -> RecordingSink:
    """What the dialect makes of these objects."""
    sink = RecordingSink()
    translator = dialect(sink)
    for item in items:
        assert translator.feed(item), item
    translator.finish()
    return sink
