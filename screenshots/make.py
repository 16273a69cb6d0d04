"""Make the README's pictures from the running app: `python -m screenshots.make [NAME...]`.

Each scene has its own daemon, publishes into it as an agent would, and drives the app as a person
would. Only the agent is made up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio

from lashd import blocking
from lashd.events import (
    AssistantProseDelta,
    Committed,
    ProcessChanged,
    RetryStatus,
    SessionProcessEventKind,
    UserMessage,
    Waiting,
)
from lashd.publish.publisher import Publisher
from lashd.view import view_from_wire
from lashtui.app.app import LashApp
from lashtui.demo.fleet import fleet as demo_fleet
from lashtui.demo.fleet_play import play_fleet
from lashtui.demo.script import AGENT, DIRECTORY, SESSION, TITLE, Step, script
from lashtui.feed.since import place_in
from lashtui.saved.cursors import SavedCursors
from lashtui.settings import AppSettings
from lashtui.widgets.transcript.transcript import Transcript

from .picture import save

HERE = Path(__file__).parent
SIZE = (120, 36)
PATIENCE = 30.0


class Daemon:
    """A real `lashd` on its own socket."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self.socket = str(root / "d.sock")
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lashd", "--socket", self.socket, *self._options],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with blocking.Client(self.socket) as client:
                    client.status()
                return
            except Exception:
                time.sleep(0.05)
        raise SystemExit("the daemon does not answer")

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def leave(self, session_id: str, minutes: int) -> None:
        """Save the place of a reader who left the session so long ago, having seen all of it."""
        with blocking.Client(self.socket) as client:
            shown = client.show(session_id)
        at = int(time.time() * 1000) - minutes * 60_000
        place = place_in(view_from_wire(shown["read_view"]), at)
        SavedCursors(self.root / "cursors").put(session_id, str(shown["cursor"]), place)


@contextmanager
def daemon(*options: str) -> Iterator[Daemon]:
    """A daemon that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lt-") as root:
        running = Daemon(Path(root), *options)
        running.start()
        try:
            yield running
        finally:
            running.kill()


def publisher(running: Daemon, session_id: str = SESSION, title: str = TITLE) -> Publisher:
    """The demo's agent."""
    return Publisher(
        session_id,
        socket_path=running.socket,
        title=title,
        agent=AGENT,
        directory=DIRECTORY,
        where=None,
        start_daemon=False,
    )


def publish_steps(agent: Publisher, steps: list[Step]) -> None:
    """Publish steps at once, with the times between them that they would have had."""
    at = int(time.time() * 1000) - int(sum(step.after for step in steps) * 1000)
    for step in steps:
        at += int(step.after * 1000)
        agent.publish(step.what, correlation_id=step.correlation_id, parent=step.parent, at=at)
    if not agent.flush(PATIENCE):
        raise SystemExit("the daemon did not take everything")


def app_for(
    running: Daemon, session_id: str | None = SESSION, settings: AppSettings | None = None
) -> LashApp:
    """The app on a session, with a place to keep the reader's cursors."""
    return LashApp(
        running.socket,
        session_id,
        settings=settings,
        saved=SavedCursors(running.root / "cursors"),
        start_daemon=False,
        wait=session_id is not None,
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the screen."""
    with anyio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - a screen reports no changes
            await anyio.sleep(0.05)
    await anyio.sleep(0.3)


def screen_text(app: LashApp) -> str:
    """What is on the screen, as text."""
    strips = app.screen._compositor.render_strips()  # noqa: SLF001
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def half(steps: list[Step]) -> int:
    """A step of the second turn: something queued, a process in the background, prose growing."""
    commits = [number for number, step in enumerate(steps) if isinstance(step.what, Committed)]
    return (commits[0] + commits[1]) // 2


def streaming(steps: list[Step]) -> int:
    """A step at which the first answer is being written, with a queue and a process."""
    prose = [n for n, step in enumerate(steps) if step.correlation_id == "prose-3"]
    return prose[-3]


async def live() -> None:
    """A session in mid-sentence."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        publish_steps(agent, steps[: half(steps) + 12])
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "● connected" in screen_text(app))
            save(app, HERE / "live")


async def retry() -> None:
    """The agent waits for its provider; the countdown is the event's own."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        at = next(n for n, step in enumerate(steps) if isinstance(step.what, RetryStatus))
        publish_steps(agent, steps[: at + 1])
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "retry 1 of 5 in" in screen_text(app))
            save(app, HERE / "retry")


async def reconnecting() -> None:
    """The daemon is gone: the transcript stays, and the status line says so."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        publish_steps(agent, steps[: streaming(steps)])
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "● connected" in screen_text(app))
            running.kill()
            await until(lambda: "retry now" in screen_text(app) and "in 2 s" in screen_text(app))
            save(app, HERE / "reconnecting")


async def reattach() -> None:
    """Back after a while, with nothing lost: what happened, and what is new in an answer."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        cut = streaming(steps)
        publish_steps(agent, steps[:cut])
        running.leave(SESSION, 12)
        publish_steps(agent, steps[cut : half(steps)])
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "while you were away" in screen_text(app))
            save(app, HERE / "reattach")


async def gap_trimmed() -> None:
    """Back after too long: the banner in numbers, and a whole transcript."""
    with daemon("--max-events", "64") as running, publisher(running) as agent:
        steps = list(script())
        cut = half(steps)
        publish_steps(agent, steps[: cut // 3])
        running.leave(SESSION, 2)
        publish_steps(agent, steps[cut // 3 : cut])
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "history trimmed" in screen_text(app))
            save(app, HERE / "gap-trimmed")


async def gap_restart() -> None:
    """The daemon was killed while the app was up; the publisher restored the session."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        cut = half(steps)
        publish_steps(agent, steps[:cut])
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "● connected" in screen_text(app))
            running.kill()
            await until(lambda: "● connected" not in screen_text(app))
            running.start()
            await anyio.to_thread.run_sync(publish_steps, agent, steps[cut : cut + 12])
            await until(lambda: "history unavailable" in screen_text(app))
            await until(lambda: "● connected" in screen_text(app))
            save(app, HERE / "gap-restart")


def _team(running: Daemon, steps: list[Step]) -> dict[str, Publisher]:
    """Four sessions, each in another state."""
    agents = {
        SESSION: publisher(running),
        "review": publisher(running, "review", "Review of the parser branch"),
        "docs": publisher(running, "docs", "Rewrite the guide"),
        "build": publisher(running, "build", "make -j4"),
    }
    done = Step(2.0, AssistantProseDelta("The guide has its three chapters."))
    publish_steps(agents["docs"], [Step(9.0, UserMessage("rewrite the guide")), done])
    agents["docs"].commit()
    agents["docs"].end()
    time.sleep(5.0)  # so that the list has ages to show
    ask = Step(1.0, Waiting("may I run git push?"))
    publish_steps(agents["review"], [Step(3.0, UserMessage("review the parser branch")), ask])
    time.sleep(3.0)
    publish_steps(agents[SESSION], steps[: half(steps)])
    started = ProcessChanged(SessionProcessEventKind.STARTED, ["1"], {"1": {"label": "make"}})
    output = Step(4.0, AssistantProseDelta("cc -O2 -c lexer.c\n", "plain"))
    publish_steps(agents["build"], [Step(1.0, started), output])
    return agents


@contextmanager
def thirty() -> Iterator[Daemon]:
    """A daemon with the demo's fleet at work, and room for its publishers and a viewer of each."""
    agents = demo_fleet(30)
    with daemon() as running, play_fleet(running.socket, agents, 1.0):
        yield running


async def fleet(
    name: str, theme: str = "lashtui-dark", size: tuple[int, int] = SIZE, *pressed: str
) -> None:
    """Thirty agents on one screen, after the keys `pressed`."""
    with thirty() as running:
        app = app_for(running, None, AppSettings(theme=theme))
        async with app.run_test(size=size) as pilot:
            await until(
                lambda: all(word in screen_text(app) for word in ("30 sessions", "NEEDS YOU 3"))
            )
            if size[0] >= 120:
                await until(lambda: "waiting for you" in screen_text(app))
            await pilot.press(*pressed)
            await until(lambda: "connected" in screen_text(app))
            save(app, HERE / name)


async def zoomed(name: str, theme: str, size: tuple[int, int]) -> None:
    """One of thirty agents, with its question; where there is room, all of them beside it."""
    with thirty() as running:
        app = app_for(running, None, AppSettings(theme=theme))
        async with app.run_test(size=size) as pilot:
            await until(
                lambda: all(word in screen_text(app) for word in ("30 sessions", "NEEDS YOU 3"))
            )
            await pilot.press("down", "enter")
            await until(lambda: "answer in" in screen_text(app) and "❯" in screen_text(app))
            save(app, HERE / name)


async def scrolled() -> None:
    """Held still while the agent continues, with a count of what is new below."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        cut = half(steps)
        publish_steps(agent, steps[:cut])
        app = app_for(running)
        async with app.run_test(size=SIZE) as pilot:
            await until(lambda: "● connected" in screen_text(app))
            await pilot.press("pageup")
            await anyio.to_thread.run_sync(publish_steps, agent, steps[cut : cut + 120])
            await until(lambda: not app.screen.query_one(Transcript).following)
            save(app, HERE / "held")


async def look(name: str, theme: str, size: tuple[int, int] = SIZE) -> None:
    """The session in mid-turn, in another theme or on another terminal."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        publish_steps(agent, steps[: half(steps)])
        app = app_for(running, settings=AppSettings(theme=theme))
        async with app.run_test(size=size):
            await until(lambda: "● connected" in screen_text(app))
            save(app, HERE / name)


async def tabs() -> None:
    """Several sessions open, one of which waits for a person."""
    with daemon() as running:
        steps = list(script())
        agents = _team(running, steps)
        app = app_for(running)
        async with app.run_test(size=SIZE):
            await until(lambda: "● connected" in screen_text(app))
            for name in ("review", "build", "docs"):
                await app.open_session(name)
                await until(lambda: "connected" in screen_text(app) or "ended" in screen_text(app))
            await app.open_session(SESSION)
            await until(
                lambda: "review waiting" in screen_text(app) and "● connected" in screen_text(app)
            )
            save(app, HERE / "tabs")
        for agent in agents.values():
            agent.close()


async def keys(name: str, *pressed: str, shown: str, size: tuple[int, int] = SIZE) -> None:
    """What the keys `pressed` lead to, once `shown` is on the screen."""
    with daemon() as running, publisher(running) as agent:
        steps = list(script())
        publish_steps(agent, steps[: half(steps)])
        app = app_for(running)
        async with app.run_test(size=size) as pilot:
            await until(lambda: "● connected" in screen_text(app))
            await pilot.press(*pressed)
            await until(lambda: shown in screen_text(app))
            save(app, HERE / name)


SCENES: dict[str, Callable[[], Awaitable[None]]] = {
    "live": live,
    "reattach": reattach,
    "gap-trimmed": gap_trimmed,
    "gap-restart": gap_restart,
    "fleet": partial(fleet, "fleet"),
    "fleet-light": partial(fleet, "fleet-light", "lashtui-light"),
    "fleet-narrow": partial(fleet, "fleet-narrow", "lashtui-dark", (40, 12)),
    "held": scrolled,
    "light": partial(look, "light", "lashtui-light"),
    "ansi": partial(look, "ansi", "ansi-dark"),
    "narrow": partial(look, "narrow", "lashtui-dark", (40, 12)),
    "wide": partial(zoomed, "wide", "lashtui-dark", (180, 44)),
    "wide-light": partial(zoomed, "wide-light", "lashtui-light", (180, 44)),
    "tabs": tabs,
    "waiting": partial(zoomed, "waiting", "lashtui-dark", SIZE),
    "help": partial(keys, "help", "question_mark", shown="Keys"),
    "search": partial(keys, "search", "slash", *"keywords", shown="keywords"),
    "palette": partial(keys, "palette", "ctrl+p", shown="Search for commands"),
    "entry": partial(keys, "entry", "E", "enter", shown="mypy"),
    "failed": partial(keys, "failed", "e", "c", shown="sent the output"),
    "diff": partial(keys, "diff", *"TTTTT", "space", shown="change"),
    "filter": partial(keys, "filter", "f", "down", "space", shown="esc"),
    "retry": retry,
    "reconnecting": reconnecting,
}


def main() -> None:
    """Make the pictures named on the command line, or all."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    for name in sys.argv[1:] or SCENES:
        anyio.run(SCENES[name])
        print(f"{name}: {HERE.name}/{name}.png, .svg")


if __name__ == "__main__":
    main()
