"""Keys that arrive faster than the focus moves: `/word`, typed at once, is a search for `word`.

Textual sends a key to whatever has the focus when it is read. If the key before it opens a field,
it reaches the app as a command although it was meant as a letter.
"""

from __future__ import annotations

from typing import TypeVar

from textual.app import App
from textual.events import Key
from textual.widgets import Input

Result = TypeVar("Result")


class TypeaheadApp(App[Result]):
    """Gives such letters to the field that has the focus by now."""

    def on_key(self, event: Key) -> None:
        """A key that nothing has used. A field uses every letter, so it hasn't seen this one."""
        field = self.focused
        if event.is_printable and isinstance(field, Input):
            event.stop()
            event.prevent_default()
            field.post_message(Key(event.key, event.character))
