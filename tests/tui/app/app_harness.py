"""Sessions for tests of whole screens: the demo's agent, and others beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from lashd.daemon import EmbeddedDaemon
from lashd.events import Committed, UserMessage, Waiting
from lashd.publish.publisher import Publisher
from lashtui.app.app import LashApp
from lashtui.demo.script import AGENT, DIRECTORY, SESSION, TITLE, Step, script
from lashtui.settings import AppSettings
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.feed.fleet.fleet_stream import FakeDaemon
from tests.tui.screen_text import until_shown

NOW = 1_700_000_000.0
SIZES = [(40, 12), (80, 24), (120, 40), (200, 60)]


def publish_steps(agent: Publisher, steps: Sequence[Step], ago: float = 0.0) -> None:
    """Publish `steps` as if the last of them had happened `ago` seconds ago."""
    at = NOW - ago - sum(step.after for step in steps)
    for step in steps:
        at += step.after
        agent.publish(
            step.what,
            id=f"i{at}",
            correlation_id=step.correlation_id,
            parent=step.parent,
            at=round(at * 1000),
        )
    assert agent.flush(PATIENCE)


def mid_turn_steps() -> list[Step]:
    """The demo's agent in its second turn."""
    steps = list(script())
    commits = [n for n, step in enumerate(steps) if isinstance(step.what, Committed)]
    return steps[: (commits[0] + commits[1]) // 2]


def open_demo_session(daemon: EmbeddedDaemon, stack: ExitStack) -> Publisher:
    """The demo's session, before anything has happened."""
    return stack.enter_context(
        publisher(daemon.socket_path, SESSION, title=TITLE, agent=AGENT, directory=DIRECTORY)
    )


def demo_session(daemon: EmbeddedDaemon, stack: ExitStack) -> Publisher:
    """The demo's session in mid-turn."""
    agent = open_demo_session(daemon, stack)
    publish_steps(agent, mid_turn_steps())
    return agent


def other_sessions(daemon: EmbeddedDaemon, stack: ExitStack) -> None:
    """One that waits for a person and one that has failed."""
    review = stack.enter_context(
        publisher(daemon.socket_path, "review", title="Review of the branch", agent=AGENT)
    )
    asks = Step(60.0, Waiting("may I run `git push`?"))
    publish_steps(review, [Step(3.0, UserMessage("review it")), asks, Step(0.0, Waiting("push?"))])
    docs = stack.enter_context(publisher(daemon.socket_path, "docs", title="Rewrite the guide"))
    publish_steps(docs, [Step(9.0, UserMessage("rewrite the guide"))])
    docs.end("failure", 2)
    assert docs.flush(PATIENCE)


def app_on(
    daemon: EmbeddedDaemon, session: str | None, theme: str = "lashtui-dark", **options: Any
) -> LashApp:
    """The app, starting no daemon. It hears of no list: its numbers would come at any moment."""
    settings = AppSettings(theme=theme)
    options.setdefault("follow", FakeDaemon().follow)
    return LashApp(daemon.socket_path, session, start_daemon=False, settings=settings, **options)


@asynccontextmanager
async def watching(
    daemon: EmbeddedDaemon, size: tuple[int, int], theme: str = "lashtui-dark", **options: Any
) -> AsyncIterator[tuple[LashApp, Pilot[Any]]]:
    """The app, live on the demo's session in mid-turn."""
    with ExitStack() as stack:
        demo_session(daemon, stack)
        app = app_on(daemon, SESSION, theme, **options)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● connected")
            yield app, pilot
