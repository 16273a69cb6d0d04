"""Times, counts and states in the few characters that a status line has. Pure."""

from __future__ import annotations

import time

from lashtui.text.marks import CALL_MARKS, SESSION_MARKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


END_WORDS = {
    "success": f"{CALL_MARKS['success']} done",
    "failure": f"{CALL_MARKS['failure']} failed",
    "cut_off": f"{CALL_MARKS['failure']} cut off",
    "cancelled": f"{CALL_MARKS['cancelled']} cancelled",
}
"""What a session that has ended is called, by its outcome."""


def time_span(from_ms: int | None, to_ms: int | None) -> str:
    """`14:02:10 to 14:03:55` of Unix milliseconds, local; empty if either is unknown."""
    if from_ms is None or to_ms is None:
        return ""
    begin, end = _local("%H:%M:%S", from_ms), _local("%H:%M:%S", to_ms)
    if not begin or not end:  # an agent's clock may show anything
        return ""
    return begin if begin == end else f"{begin} to {end}"


def moment(unix_ms: float) -> str:
    """`2026-03-01 14:02:10` of Unix milliseconds, local; empty if beyond the calendar."""
    return _local("%Y-%m-%d %H:%M:%S", unix_ms)


def clock(unix_ms: float) -> str:
    """`14:03` of Unix milliseconds, local; empty if beyond the calendar."""
    return _local("%H:%M", unix_ms)


def _local(form: str, unix_ms: float) -> str:
    try:
        return time.strftime(form, time.localtime(unix_ms / 1000))
    except (OverflowError, ValueError, OSError):
        return ""


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 event`, `1,310 events`; `nouns` is the plural where it is not made with an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or noun + 's'}"


def count(number: float) -> str:
    """`950`, `12.3k`, `4.1M`."""
    for limit, unit, size in ((1e3, "", 1), (1e6, "k", 1e3), (1e9, "M", 1e6)):
        if number < limit:
            return f"{number:.0f}" if not unit else f"{number / size:.1f}{unit}"
    return f"{number / 1e9:.1f}G"


def tokens(usage: dict[str, Any]) -> str:
    """`in 12.3k  out 4.1k` of a usage map; empty if it has no such counters."""
    parts = []
    for word, names in (
        ("in", ("input_tokens", "input", "prompt_tokens")),
        ("out", ("output_tokens", "output", "completion_tokens")),
    ):
        value = next(
            (usage[name] for name in names if isinstance(usage.get(name), (int, float))), None
        )
        if value is not None:
            parts.append(f"{word} {count(value)}")
    return "  ".join(parts)


def context(usage: dict[str, Any]) -> str:
    """`context 45k/200k (22 %)` of a view's usage; `context 45k` where its size is not known."""
    from lashd.exact import whole_number

    given = usage.get("context", {})
    used, size = whole_number(given.get("used")), whole_number(given.get("size"))
    if used is None:
        return ""
    words = f"context {_rounded(used)}"
    # Rounded down: only what is full is 100 %.
    return f"{words}/{_rounded(size)} ({100 * used // size} %)" if size else words


def cached(usage: dict[str, Any]) -> str:
    """`8.2k cached` of the input tokens of a usage map; empty where none were."""
    value = usage.get("cached_input_tokens")
    return f"{count(value)} cached" if isinstance(value, int | float) and value > 0 else ""


def price(usage: dict[str, Any]) -> str:
    """`$4.10` of a usage map; empty if its agent doesn't say what it cost."""
    cost = usage.get("cost_usd")
    if not isinstance(cost, int | float):
        return ""
    from lashtui.text.figures import dollars

    return dollars(cost)


def usage_words(usage: dict[str, Any], *, with_cached: bool = True) -> str:
    """`in 12.3k (8.2k cached)  out 4.1k  context 45k/200k (22 %)  $4.10` of a view's usage."""
    total = usage.get("total", {})
    used, saved = tokens(total), cached(total) if with_cached else ""
    if saved:
        head, _, rest = used.partition("  ")
        used = f"{head} ({saved})  {rest}".rstrip() if head.startswith("in ") else saved
    return "  ".join(filter(None, (used, context(usage), price(total))))


def _rounded(number: int) -> str:
    return count(number).replace(".0", "")


def state_words(
    state: str, outcome: str | None, exit_code: int | None, waiting_for: str | None
) -> str:
    """A session's state with its mark: `✗ failed (exit 2)`."""
    words = f"{SESSION_MARKS.get(state, '?')} {state}"
    if state == "waiting" and waiting_for:
        return f"{words} for you: {waiting_for}"
    if state == "waiting":
        return f"{words} for you"
    if state == "ended" and outcome:
        words = END_WORDS.get(outcome, f"{words} · {outcome.replace('_', ' ')}")
        if exit_code:
            words += f" (exit {exit_code})"
    return words
