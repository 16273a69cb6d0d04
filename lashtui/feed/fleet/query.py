"""What is typed after `/` in the fleet: words, and `state:needs,failed`, `agent:codex`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from lashd.view import SessionRow
from lashtui.feed.fleet.rows import state_names_of
from lashtui.saved.session_key import SessionKey
from lashtui.text.state_names import STATE_NAMES, STATES, is_begun

_Texts: TypeAlias = Callable[[SessionKey, SessionRow, str], Sequence[str | None]]

FIELDS: Final[dict[str, _Texts]] = {
    "state": lambda key, row, name: tuple(state_names_of(row)),
    "agent": lambda key, row, name: (row.agent,),
    "model": lambda key, row, name: (row.model,),
    "dir": lambda key, row, name: (row.directory,),
    "host": lambda key, row, name: (key.host or "local",),
    "name": lambda key, row, name: (key.session_id, name),
    "title": lambda key, row, name: (row.title,),
}
"""What can be named before a colon, and where it is looked for."""

_SHOWN: Final[_Texts] = lambda key, row, name: (  # noqa: E731
    key.host,
    key.session_id,
    name,
    row.title,
    row.agent,
    row.directory,
    row.waiting_for,
    row.error,
    row.last_line,
    *((row.doing.name, row.doing.argument) if row.doing is not None else ()),
)
"""Where plain words are looked for: what a person can see of a session, and its title."""

MAX_WORDS = 20
"""Words of a query that count, and of a list in it: each is looked for in each session with each
key typed."""


class Query(msgspec.Struct, frozen=True):
    """A parsed query: a session must satisfy all of it."""

    words: tuple[str, ...] = ()
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names of `FIELDS`, each with texts of which one must occur there."""

    @classmethod
    def parse(cls, text: str) -> Query:
        """The query in `text`; a word before a colon that is no field's name is a word."""
        words: list[str] = []
        fields: list[tuple[str, tuple[str, ...]]] = []
        for word in text.casefold().split()[:MAX_WORDS]:
            field, colon, wanted = word.partition(":")
            if colon and field in FIELDS:
                any_of = tuple(part for part in wanted.split(",")[:MAX_WORDS] if part)
                if any_of:  # `state:` alone is being typed
                    fields.append((field, any_of))
            else:
                words.append(word)
        return cls(tuple(words), tuple(fields))

    def __bool__(self) -> bool:
        return bool(self.words or self.fields)

    @property
    def unknown_state(self) -> str:
        """A sentence about a state that there isn't; empty if all are states."""
        for field, any_of in self.fields:
            for word in any_of if field == "state" else ():
                if not is_begun(word):
                    return f"no state `{word}`; states: {', '.join(STATES)}"
        return ""

    @property
    def unknown_field(self) -> str:
        """A sentence about a word that looks like a field and is none; empty if there is none."""
        for word in self.words:
            field, colon, _ = word.partition(":")
            if colon and field.isalpha():
                return f"no field `{field}`; fields: {', '.join(FIELDS)}"
        return ""

    def matches(self, key: SessionKey, row: SessionRow, name: str = "") -> bool:
        """Whether the session satisfies it; `name` is what the person calls it."""
        for field, any_of in self.fields:
            texts = [text.casefold() for text in FIELDS[field](key, row, name) if text]
            found = _names_state if field == "state" else _occurs
            if not any(found(wanted, texts) for wanted in any_of):
                return False
        if not self.words:
            return True
        shown = "\n".join(text for text in _SHOWN(key, row, name) if text).casefold()
        names = state_names_of(row)
        return all(word in shown or word in names for word in self.words)


def _occurs(wanted: str, texts: Sequence[str]) -> bool:
    return any(wanted in text for text in texts)


def _names_state(wanted: str, names: Sequence[str]) -> bool:
    """As in `ls --state`; the beginning of a name is one that is being typed."""
    if wanted in STATE_NAMES:
        return wanted in names
    return any(name.startswith(wanted) for name in names)
