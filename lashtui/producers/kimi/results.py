"""What Kimi's calls give back, and the tokens of its requests. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashd.exact import exact_number
from lashtui.producers.dedupe import failed, succeeded

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

AGENT: Final = "Kimi Code CLI"
PLAN: Final = "TodoList"
_CODE: Final = re.compile(r"\n?Command failed with exit code: (-?\d{1,9})\.\s*\Z")
"""All that is told of a command that failed."""


def result_of(text: str, *, is_error: bool) -> JsonValue:
    """A call's output in lash's shape."""
    found = _CODE.search(text[-200:])
    if found is not None:
        code = int(found[1])
        return failed(f"exit code {code}", text[: len(text) - len(found[0])], code)
    return failed(text or "failed") if is_error else succeeded(text)


def usage_of(given: Record) -> dict[str, int | float]:
    """Tokens; Kimi counts cached input apart from the rest of it."""
    known = {key: exact_number(given.get(key)) or 0 for key in given}
    read = known.get("inputCacheRead", 0)
    return {
        "input_tokens": known.get("inputOther", 0) + read + known.get("inputCacheCreation", 0),
        "output_tokens": known.get("output", 0),
        "cached_input_tokens": read,
    }
