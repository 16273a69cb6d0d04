"""Keys that come faster than the focus: `/word`, typed at once, is a search for `word`.

Textual hands a key to what has the focus when it is read. Where the key before it opens a field,
such a key arrives at the app from elsewhere: as a command, though it was meant as a letter.
"""

from __future__ import annotations

from typing import TypeVar

from textual.app import App
from textual.events import Key
from textual.widgets import Input

Result = TypeVar("Result")


class LateKeysApp(App[Result]):
    """Gives letters to the field that has the focus by now."""

    def on_key(self, event: Key) -> None:
        """A key that nothing has used yet. A field uses every letter, so it has not seen this."""
        field = self.focused
        if event.is_printable and isinstance(field, Input):
            event.stop()
            event.prevent_default()
            field.post_message(Key(event.key, event.character))
