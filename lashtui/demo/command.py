"""`lashtui demo`: the script on a daemon of its own, in the app or as a stream. Nothing stays.

The daemon runs in a thread on a socket in a private temporary directory; both are gone at the end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from lashtui.exit_codes import ExitCode

STREAM_SPEED = 25.0
"""On a pipe nobody watches it being typed: the half minute takes a second or two."""
MAX_SPEED = 1000.0
FAREWELL = "that was the demo; watch a command of your own: lashtui run -- make test"

DESCRIPTION = """\
A scripted session, in the app or, on a pipe, as a stream. It brings a daemon of
its own, touches nothing, and leaves nothing behind.
"""
EXAMPLES = """\
examples:
  lashtui demo                       watch it in the app
  lashtui demo --speed 3             the same, three times as fast
  lashtui demo --format json | jq .  the records that a script would get
"""


class _Publishes(Protocol):
    def publish(
        self,
        payload: object,
        *,
        correlation_id: str | None = None,
        parent: str | None = None,
    ) -> object: ...

    def end(self, outcome: str = "success") -> object: ...


def main(argv: Sequence[str] | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="lashtui demo",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    configure(parser)
    return run(parser.parse_args(argv))


def run(options: argparse.Namespace) -> int:
    """Play the demo; the exit code."""
    tui = options.format == "tui" or (options.format is None and sys.stdout.isatty())
    if tui and (problem := _no_terminal()):
        from lashtui import diagnostics

        diagnostics.error(problem)
        return ExitCode.USAGE
    speed = options.speed or (1.0 if tui else STREAM_SPEED)
    # Python's own answer to SIGTERM leaves temporary directories behind.
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        return _play_and_show(tui, options.format or "text", speed)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


def _play_and_show(tui: bool, form: str, speed: float) -> int:
    from lashd.io.embedded import EmbeddedDaemon
    from lashd.io.publisher import Publisher
    from lashtui.demo.script import AGENT, DIRECTORY, SESSION, TITLE, script

    stop = threading.Event()
    with (
        tempfile.TemporaryDirectory(prefix="lashtui-demo-") as directory,
        EmbeddedDaemon() as daemon,
    ):
        publisher = Publisher(
            SESSION,
            socket_path=daemon.socket_path,
            title=TITLE,
            agent=AGENT,
            directory=DIRECTORY,
            start_daemon=False,
        )
        player = threading.Thread(
            target=play, args=(publisher, script(), speed, stop), name="demo", daemon=True
        )
        with publisher:
            publisher.wait_open(5.0)
            player.start()
            try:
                if tui:
                    return _app(daemon.socket_path, SESSION, Path(directory))
                return _stream(daemon.socket_path, SESSION, form)
            finally:
                stop.set()
                player.join()


def play(
    publisher: _Publishes, steps: Iterable[object], speed: float, stop: threading.Event
) -> None:
    """Publish the steps at `speed` times their pace; `stop` ends it at once."""
    from lashtui.demo.script import Step

    for step in steps:
        assert isinstance(step, Step)
        if stop.wait(step.after / speed):
            return
        publisher.publish(step.what, correlation_id=step.correlation_id, parent=step.parent)
    publisher.end("success")


def _app(socket_path: str, session: str, directory: Path) -> int:
    from lashtui.app.start import run_app
    from lashtui.saved import SavedCursors

    return run_app(
        socket_path=socket_path,
        session=session,
        wait=True,
        start_daemon=False,
        saved=SavedCursors(directory / "cursors"),
        farewell=FAREWELL,
    )


def _stream(socket_path: str, session: str, form: str) -> int:
    from lashtui.cli.main import main as lashtui

    return lashtui(
        ["--socket", socket_path, "attach", session, "--wait", "--format", form, "--until", "end"]
    )


def _no_terminal() -> str:
    import os

    from lashtui.app.start import why_not

    as_text = "lashtui demo --format text"
    return why_not(os.environ, sys.stdin.isatty(), sys.stdout.isatty(), as_text)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(int(ExitCode.TERMINATED))


def _speed(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_SPEED:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {MAX_SPEED:g}")
    return value


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--speed", type=_speed, metavar="X", help="X times the pace (default 1; on a pipe 25)"
    )
    parser.add_argument(
        "--format", choices=("tui", "text", "json"), help="tui: the app (a terminal's default)"
    )
