"""What a session waits for now, and since when: a person, its model, a tool, a retry. Pure.

Times are the events' own: whoever attaches later reads the same.
"""

from __future__ import annotations

import msgspec

from lashd import gist
from lashd.limits import QuietLimits
from lashd.view import phase_of, quiet_since
from lashtui.text.retry import retry_words
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import standing_of
from lashtui.text.tools import key_argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, Literal, TypeAlias

    from lashd.view import Entry, ReadView
    from lashtui.text.standing import Standing

    What: TypeAlias = Literal["person", "model", "tool", "retry"]

LIMITS: Final = QuietLimits()
"""What counts as quiet where no daemon has said whether a session is."""
PHASES: Final = ("thinking", "writing", "running")
"""The words for what a session does while no call runs; the first where nothing else is known."""


def is_question(entry: Entry) -> bool:
    """Whether it is what the agent asked of a person."""
    return gist.is_question(entry.kind, entry.name, entry.text)


def is_open_question(entry: Entry) -> bool:
    """Whether it is not answered yet."""
    return is_question(entry) and entry.ended_at is None and not entry.settled


def open_question(view: ReadView) -> Entry | None:
    """The entry of what a waiting session asks; None for a daemon that keeps none."""
    if view.state != "waiting":
        return None
    for entry in reversed(view.entries):
        if is_open_question(entry):
            return entry
        if entry.settled:
            break
    return None


def waiting_since(view: ReadView) -> int | None:
    """Since when a waiting session asks, in Unix milliseconds; None if it doesn't or is unknown."""
    if view.state != "waiting":
        return None
    question = open_question(view)
    return question.started_at if question is not None else view.updated_at


def phase_word(phase: str | None) -> str:
    """The word for what a row or a view says in `phase`."""
    return phase if phase in PHASES else PHASES[0]


class Awaited(msgspec.Struct, frozen=True):
    """What the session goes on with. Its texts are safe."""

    what: What
    words: str
    about: str = ""
    """More about it, which may be cut: a tool's argument."""
    more: int = 0
    """How many other tools run besides."""
    since: int | None = None
    """Unix milliseconds; None where the words say the time, or it is unknown."""
    quiet_since: int | None = None
    """Since when nothing came that should have; None if that is not long."""


class Known(msgspec.Struct, frozen=True):
    """What the daemon says of whether the session is quiet: it decides, where it is heard."""

    quiet_since: int | None


def awaited(
    view: ReadView, running: Iterable[Entry], now_ms: int, known: Known | None = None
) -> Awaited | None:
    """What `view`'s session waits for; None for one that is idle or has ended.

    `running`: the entries that run now, in any order.
    """
    if view.state == "waiting":
        return Awaited("person", "waiting for you", since=waiting_since(view))
    if view.state != "running":
        return None
    retry = retry_words(view, now_ms)
    if retry:
        return Awaited("retry", retry, quiet_since=_quiet(view, now_ms, known))
    calls = [entry for entry in running if entry.state == "running" and not entry.settled]
    if calls:
        # What launched another is waiting for it: the other says more.
        parents = {entry.parent for entry in calls}
        ends = [entry for entry in calls if entry.id not in parents] or calls
        newest = max(ends, key=lambda entry: entry.position)
        return Awaited(
            "tool",
            safe_line(newest.name or newest.kind, 80),
            key_argument(newest.args) if newest.kind == "tool" else "",
            len(ends) - 1,
            newest.started_at,
            _quiet(view, now_ms, known, in_tool=True),
        )
    last = view.entries[-1] if view.entries else None
    quiet = _quiet(view, now_ms, known)
    since = view.updated_at
    is_open = last is not None and last.ended_at is None and not last.settled
    if last is not None and is_open and last.kind in ("prose", "reasoning"):
        since = last.started_at
    phase = phase_of(view)
    what: What = "tool" if phase == "running" else "model"
    return Awaited(what, phase_word(phase), since=since, quiet_since=quiet)


def standing_of_view(view: ReadView, now_ms: int, known: Known | None = None) -> Standing:
    """Where `view`'s session stands: as the list says it, or where that isn't heard as it would."""
    return standing_of(view.state, view.outcome, quiet_of_view(view, now_ms, known))


def quiet_of_view(view: ReadView, now_ms: int, known: Known | None = None) -> int | None:
    """Since when it is quiet; None if it isn't."""
    if view.state != "running":
        return None
    if known is not None:
        return _quiet(view, now_ms, known)
    running = (entry for entry in view.entries if entry.state == "running")
    what = awaited(view, running, now_ms)
    return what.quiet_since if what is not None else None


def _quiet(
    view: ReadView, now_ms: int, known: Known | None, *, in_tool: bool = False
) -> int | None:
    if known is None:
        return quiet_since(view, now_ms, LIMITS, in_tool=in_tool)
    # What the daemon said before the newest event is over.
    told, newest = known.quiet_since, view.updated_at
    return told if told is not None and newest is not None and told >= newest else None
