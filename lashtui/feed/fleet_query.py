"""What is typed after `/` in the fleet: words, and `state:waiting`, `agent:codex`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from lashd.view import SessionRow
from lashtui.feed.fleet import standing
from lashtui.saved.session_key import SessionKey

_Texts: TypeAlias = Callable[[SessionKey, SessionRow, str], Sequence[str | None]]

FIELDS: Final[dict[str, _Texts]] = {
    "state": lambda key, row, name: (standing(row), row.state, row.outcome),
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
"""Words of a query that count: each is looked for in each session with each key typed."""


class Query(msgspec.Struct, frozen=True):
    """A parsed query: a session must satisfy all of it."""

    words: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    """Names of `FIELDS`, each with what must occur there."""

    @classmethod
    def parse(cls, text: str) -> Query:
        """The query in `text`; a word before a colon that is no field's name is a word."""
        words, fields = [], []
        for word in text.casefold().split()[:MAX_WORDS]:
            field, colon, wanted = word.partition(":")
            if colon and field in FIELDS:
                if wanted:  # `state:` alone is being typed
                    fields.append((field, wanted))
            else:
                words.append(word)
        return cls(tuple(words), tuple(fields))

    def __bool__(self) -> bool:
        return bool(self.words or self.fields)

    def matches(self, key: SessionKey, row: SessionRow, name: str = "") -> bool:
        """Whether the session satisfies it; `name` is what the person calls it."""
        for field, wanted in self.fields:
            texts = FIELDS[field](key, row, name)
            if not any(wanted in text.casefold() for text in texts if text):
                return False
        if not self.words:
            return True
        shown = "\n".join(text for text in _SHOWN(key, row, name) if text).casefold()
        return all(word in shown for word in self.words)
