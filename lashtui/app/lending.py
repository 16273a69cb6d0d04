"""An app that lends its terminal to an editor, and goes on watching meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.app.driver import LashDriver
from lashtui.app.typeahead import Result, TypeaheadApp
from lashtui.process.tools import run_on_terminal

if TYPE_CHECKING:
    from lashtui.screens.taking import TakingScreen


class LendingApp(TypeaheadApp[Result]):
    """Runs an editor that a person has asked for."""

    def on_taking_screen_edit_wanted(self, message: TakingScreen.EditWanted) -> None:
        """Not in this handler: keys and messages wait for it."""
        self.run_worker(self._edit(message.argv), name="editor", group="editor")

    async def _edit(self, argv: tuple[str, ...]) -> None:
        driver = self._driver
        if isinstance(driver, LashDriver):
            failed = await driver.lend(lambda: run_on_terminal(argv))
            if failed:
                self.notify(failed, severity="error", markup=False)
