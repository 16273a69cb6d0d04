"""Filtering by kind: which entries a choice shows, and its description. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.text.awaited import is_question

if TYPE_CHECKING:
    from lashd.view import Entry


class Kind(msgspec.Struct, frozen=True):
    """One line of the filter's menu."""

    id: str
    name: str
    kinds: frozenset[str]


QUESTION: Final = "question"
"""What counts as the kind of an entry that asks a person; in the view it is a diagnostic."""

KINDS: Final = (
    Kind("user", "your messages", frozenset({"user"})),
    Kind("prose", "prose", frozenset({"prose", "value"})),
    Kind("reasoning", "reasoning", frozenset({"reasoning"})),
    Kind("tool", "tool calls", frozenset({"tool"})),
    Kind("code", "code runs", frozenset({"code"})),
    Kind("question", "questions", frozenset({QUESTION})),
    Kind("error", "errors and failures", frozenset({"error"})),
    Kind("other", "other", frozenset({"retry", "diagnostic", "commit", "frame"})),
)


def is_failure(entry: Entry) -> bool:
    """Whether something went wrong in it. A failed turn's commit is not it: its error is."""
    return entry.kind == "error" or (entry.state == "failure" and entry.kind != "commit")


class KindFilter(msgspec.Struct, frozen=True):
    """A choice of kinds."""

    chosen: frozenset[str]
    """Ids of KINDS."""

    def shows(self, entry: Entry) -> bool:
        """Whether this entry is shown. A failed call is an error, whatever its kind."""
        if "error" in self.chosen and is_failure(entry):
            return True
        what = QUESTION if is_question(entry) else entry.kind
        return any(kind.id in self.chosen and what in kind.kinds for kind in KINDS)

    @property
    def words(self) -> str:
        """`only tool calls, prose`, or `reasoning hidden` if that is shorter; `nothing`."""
        shown = [kind.name for kind in KINDS if kind.id in self.chosen]
        hidden = [kind.name for kind in KINDS if kind.id not in self.chosen]
        if not shown:
            return "nothing"
        return min(f"only {', '.join(shown)}", f"{', '.join(hidden)} hidden", key=len)


def make_filter(chosen: Iterable[str]) -> KindFilter | None:
    """The filter for these ids; None (everything is shown) for all of them."""
    known = frozenset(chosen) & {kind.id for kind in KINDS}
    return KindFilter(known) if len(known) < len(KINDS) else None
