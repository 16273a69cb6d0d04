"""The app on one session, told by its arguments where that session's agent runs: a tmux pane."""

from __future__ import annotations

import os
import sys

from lashd.view import SessionRow, Tmux, Where
from lashtui.app.app import LashApp
from lashtui.screens.session import SessionScreen


def run(socket: str, session: str, pane: str, server: str) -> None:
    """Until it is left."""
    where = Where(host=os.uname().nodename, tmux=Tmux(server, pane))
    on_mount = SessionScreen.on_mount

    def told(screen: SessionScreen) -> None:
        on_mount(screen)
        screen.show_row(SessionRow(session_id=session, where=where))

    setattr(SessionScreen, "on_mount", told)  # noqa: B010
    LashApp(socket, session, start_daemon=False).run()


if __name__ == "__main__":
    run(*sys.argv[1:5])
