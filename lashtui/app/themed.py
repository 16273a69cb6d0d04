"""Which themes the app has, and which it starts with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

from textual.app import App
from textual.theme import Theme

from lashtui.app.colours import first_theme
from lashtui.theme import DARK, THEMES, role_variables

Result = TypeVar("Result")


class ThemedApp(App[Result]):
    """An app with our themes beside Textual's. Comes before other classes among the bases."""

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and ours. A property, because Textual's constructor asks for it."""
        return {**super().available_themes, **{theme.name: theme for theme in THEMES}}

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of roles, for themes that don't know them."""
        return role_variables(dark=self.current_theme.dark)

    def choose_theme(self, configured: str | None) -> None:
        """Take the one that is wanted, or else suits. `configured`: by the user."""
        environ: Mapping[str, str] = os.environ
        if self.no_color:
            environ = {**environ, "NO_COLOR": "1"}
        wanted = first_theme(environ, configured)
        self.theme = wanted if wanted in self.available_themes else DARK.name
