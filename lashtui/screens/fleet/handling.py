"""What a person does to one session of the fleet: pin, mute, rename, remove."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.screen import Screen

from lashd.errors import LashdError
from lashtui.feed.connection import ConnectionStatus
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.dialogs import Removal, RemoveScreen, RenameScreen
from lashtui.text.sanitize import safe_line


class Handling:
    """Does it, asks first where it must, and says it.

    Args:
        screen: where questions and errors appear.
        marks: pins, mutes and names.
        connection_of: to the daemon that has the sessions of a host.
        remove: removes a session from its daemon, also a live one if told to. May raise LashdError.
        marked: called with what to say of a mark that has changed.
        say: says what was done without one.
    """

    def __init__(
        self,
        screen: Screen[None],
        marks: FleetMarks,
        connection_of: Callable[[str], ConnectionStatus],
        *,
        remove: Callable[[SessionKey, bool], Awaitable[None]],
        marked: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self._screen, self._marks, self._connection_of = screen, marks, connection_of
        self._remove, self._marked, self._say = remove, marked, say

    def pin(self, key: SessionKey) -> None:
        """Pin or unpin it."""
        on = key not in self._marks.pinned
        self._marks.set_pinned(key, on)
        self._marked(f"{'pinned' if on else 'unpinned'} {self._called(key)}")

    def mute(self, key: SessionKey) -> None:
        """Mute or unmute it."""
        on = key not in self._marks.muted
        self._marks.set_muted(key, on)
        words = "muted {}: it neither counts nor rings" if on else "{} counts and rings again"
        self._marked(words.format(self._called(key)))

    def rename(self, key: SessionKey) -> None:
        """Ask for the person's own name for it."""

        def named(name: str | None) -> None:
            if name is not None:
                self._marks.set_name(key, name)
                own, now = safe_line(key.shown, 60), self._called(key)
                is_own = key not in self._marks.names
                self._marked(f"{own} has its own name again" if is_own else f"{own} is now {now}")

        name = self._marks.names.get(key, "")
        self._screen.app.push_screen(RenameScreen(key.shown, name), named)

    def remove(self, key: SessionKey, *, is_live: bool) -> None:
        """Let the daemon forget it, once that is confirmed."""

        def answered(answer: Removal | None) -> None:
            if answer is not None:
                self._screen.run_worker(self._removed(key, force=answer == "force"))

        self._screen.app.push_screen(RemoveScreen(key.shown, is_live=is_live), answered)

    async def _removed(self, key: SessionKey, *, force: bool) -> None:
        try:
            await self._remove(key, force)
        except LashdError as error:
            why = safe_line(self._connection_of(key.host).advised(str(error)), 300)
            text = f"{self._called(key)} was not removed: {why}"
            self._screen.notify(text, severity="error", markup=False)
        else:
            self._say(f"removed {self._called(key)}")

    def _called(self, key: SessionKey) -> str:
        """What to call it, neutralised."""
        return safe_line(self._marks.names.get(key, "") or key.shown, 60)
