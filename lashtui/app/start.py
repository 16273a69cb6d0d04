"""Start the app in this terminal, or say in one line why it can't run. Imports Textual last."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lashd import paths
from lashd.errors import LifecycleError
from lashtui import diagnostics
from lashtui.app import startup
from lashtui.app.colours import first_theme, has_few_colours
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from lashtui.feed.prefetch import Prefetch
    from lashtui.feed.worker import CursorStore
    from lashtui.settings import AppSettings


AS_TEXT = "lashtui attach SESSION --format text"
"""What to do where the app can't run."""


def run_app(
    *,
    socket_path: str | Path,
    session: str | None = None,
    cursor: str | None = None,
    wait: bool = False,
    start_daemon: bool = True,
    restart: str = "",
    saved: CursorStore | None = None,
    marks: Path | None = None,
    hosts: Mapping[str, str] | None = None,
    host: str = "",
    detach_message: str | None = None,
) -> int:
    """Run the app until the reader leaves; the exit code of the command.

    Args:
        socket_path: the daemon's socket.
        session: the session to watch; None for the fleet.
        cursor: where "new since you left" begins: `saved` (also None) or a cursor; `start` and
            `now` for no such place. The app shows the whole session in each case.
        wait: the session may not exist yet.
        start_daemon: the fleet, and `wait`, start a daemon if none is running.
        restart: the command that starts this daemon again, if it is no ordinary one.
        saved: where the reader's place is kept; by default the user's state directory.
        marks: where pins, mutes and names are kept; by default in the user's state directory.
        hosts: other machines whose sessions are in the fleet, name to address.
        host: the machine of `socket_path`, as `--host` takes it; empty: this one.
        detach_message: printed after a detach instead of how to come back.

    Raises:
        ConfigError: config.toml can't be used.
    """
    problem = why_not(os.environ, sys.stdin.isatty(), sys.stdout.isatty())
    if problem:
        diagnostics.error(problem)
        return ExitCode.USAGE
    settings = configured()
    prepare_environment(settings.theme)
    startup.before_start()
    from lashtui.saved.cursors import SavedCursors
    from lashtui.saved.fleet_marks import FleetMarks
    from lashtui.saved.last_session import LastSession

    last_session = LastSession() if saved is None and not host else None
    saved = SavedCursors(daemon=socket_path) if saved is None else saved
    prefetch = None
    if session is not None and not wait:
        prefetch = _prefetch(str(socket_path), session, cursor or "saved", saved)
    from lashtui.app.app import LashApp

    app = LashApp(
        socket_path,
        session,
        cursor=cursor or "saved",
        wait=wait,
        saved=saved,
        prefetch=prefetch,
        start_daemon=start_daemon,
        restart=restart,
        marks=FleetMarks.of_user() if marks is None else FleetMarks(marks),
        last_session=last_session,
        socket_option=_socket_option(str(socket_path)),
        settings=settings,
        hosts=hosts or {},
        host=host,
        saved_of=lambda address: SavedCursors(daemon=address),
    )
    try:
        app.run(mouse=settings.mouse)
    finally:
        app.end_signals.remove()
        startup.after_end()
        _hang_up()
    ended = app.ended
    message = ended.message
    if detach_message is not None and ended.code == ExitCode.DONE:
        message = detach_message
    if message:
        diagnostics.say(message)
    return ended.code


def _hang_up() -> None:
    """End the connections to other machines, if there are any."""
    if "lashd.connect.dialled" in sys.modules:
        from lashd.connect.dialled import end_all

        end_all()


def _prefetch(socket_path: str, session: str, cursor: str, saved: CursorStore) -> Prefetch:
    """Ask the daemon for the session, while Textual is imported."""
    from lashtui.feed.prefetch import Prefetch
    from lashtui.feed.worker import left_at

    return Prefetch(socket_path, session, lambda: left_at(cursor, saved, session))


def configured() -> AppSettings:
    """The `[app]` table of config.toml; mistakes in it are reported before the app starts.

    Raises:
        ConfigError: names the file, the key and the value.
    """
    from lashtui.settings import AppSettings, parse

    file = paths.config_path()
    if not os.path.exists(file):
        return AppSettings()
    from lashd.config import load

    return parse(load(file).app, file)


def _socket_option(socket_path: str) -> str | None:
    """How `--socket` must be given to come back; None where the default finds the daemon."""
    try:
        return None if paths.socket_path() == socket_path else socket_path
    except LifecycleError:
        return socket_path


def why_not(environ: Mapping[str, str], stdin: bool, stdout: bool, as_text: str = AS_TEXT) -> str:
    """Why the app can't run in this terminal, and what can; empty if it can."""
    if not stdin or not stdout:
        which = "stdin" if not stdin else "stdout"
        return f"the app needs a terminal, and {which} is not one; for pipes: {as_text}"
    if environ.get("TERM", "") in ("", "dumb"):
        return (
            f"the app can't draw on this terminal (TERM={environ.get('TERM', '') or 'unset'});"
            f" use: {as_text}"
        )
    return ""


def prepare_environment(theme: str | None = None) -> None:
    """Set what Textual reads when it is first imported. `theme`: the configured one, if any."""
    # Set later, the theme would make Textual read all style sheets twice.
    os.environ["TEXTUAL_THEME"] = first_theme(
        os.environ, theme, has_few_colours=has_few_colours(os.environ)
    )
    if os.environ.get("TERM_PROGRAM") == "iTerm.app":
        # iTerm's kitty keyboard mode loses what an input method composes.
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
