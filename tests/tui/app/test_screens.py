"""What the screens look like, at the sizes that matter: text snapshots with a frozen clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lashd.io.embedded import EmbeddedDaemon
from lashd.io.publisher import Publisher
from lashd.session.events import Committed, UserMessage, Waiting
from lashtui.app.app import LashApp
from lashtui.demo.script import AGENT, DIRECTORY, SESSION, TITLE, Step, script
from lashtui.settings import AppSettings
from lashtui.widgets.transcript_reading import MARK
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.screen_text import until_shown
from tests.tui.snapshot import check, settled

NOW = 1_700_000_000.0
SIZES = [(40, 12), (80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The wall clock stands still, in UTC; what waits goes by another clock."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(time, "time_ns", lambda: int(NOW * 1e9))
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def daemon() -> Iterator[EmbeddedDaemon]:
    """A daemon of this test's own."""
    with EmbeddedDaemon() as running:
        yield running


def tell(agent: Publisher, steps: list[Step]) -> None:
    """Publish `steps` as if the last of them had come just now."""
    at = NOW - sum(step.after for step in steps)
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


def in_mid_turn() -> list[Step]:
    """The demo's agent in its second turn."""
    steps = list(script())
    commits = [n for n, step in enumerate(steps) if isinstance(step.what, Committed)]
    return steps[: (commits[0] + commits[1]) // 2]


def demo(daemon: EmbeddedDaemon, stack: ExitStack) -> Publisher:
    """The demo's session in mid-turn."""
    agent = stack.enter_context(
        publisher(daemon.socket_path, SESSION, title=TITLE, agent=AGENT, directory=DIRECTORY)
    )
    tell(agent, in_mid_turn())
    return agent


def others(daemon: EmbeddedDaemon, stack: ExitStack) -> None:
    """One that waits for a person and one that has failed."""
    review = stack.enter_context(
        publisher(daemon.socket_path, "review", title="Review of the branch", agent=AGENT)
    )
    asks = Step(60.0, Waiting("may I run `git push`?"))
    tell(review, [Step(3.0, UserMessage("review it")), asks, Step(0.0, Waiting("push?"))])
    docs = stack.enter_context(publisher(daemon.socket_path, "docs", title="Rewrite the guide"))
    tell(docs, [Step(9.0, UserMessage("rewrite the guide"))])
    docs.end("failure", 2)
    assert docs.flush(PATIENCE)


def app_on(daemon: EmbeddedDaemon, session: str | None, theme: str = "lashtui-dark") -> LashApp:
    """The app, starting no daemon."""
    return LashApp(
        daemon.socket_path, session, start_daemon=False, settings=AppSettings(theme=theme)
    )


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_session(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Header, transcript, panels or strip, status, keys."""
    with ExitStack() as stack:
        demo(daemon, stack)
        app = app_on(daemon, SESSION)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● live")
            check(f"session-{size[0]}x{size[1]}", await settled(pilot))


@pytest.mark.parametrize("theme", ["lashtui-light", "ansi-dark", "ansi-light", "nord"])
async def test_themes_change_colours_and_no_text(daemon: EmbeddedDaemon, theme: str) -> None:
    """State is told by mark and word: the text is the same in each theme."""
    with ExitStack() as stack:
        demo(daemon, stack)
        app = app_on(daemon, SESSION, theme)
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "● live")
            check("session-80x24", await settled(pilot))


def colours(app: LashApp, *marks: str) -> set[str | None]:
    """The names of the colours in which text with one of these marks stands on the screen."""
    segments = [part for strip in app.screen._compositor.render_strips() for part in strip]
    styles = [part.style for part in segments if any(mark in part.text for mark in marks)]
    found = [colour for style in styles if style for colour in (style.color, style.bgcolor)]
    return {colour.name for colour in found if colour is not None and not colour.is_default}


@pytest.mark.parametrize(
    ("theme", "accent"), [("ansi-dark", "color(3)"), ("ansi-light", "color(5)")]
)
async def test_an_ansi_theme_has_one_accent(
    daemon: EmbeddedDaemon, theme: str, accent: str
) -> None:
    """What lives has the same colour in header, status, panels and transcript."""
    with ExitStack() as stack:
        demo(daemon, stack)
        app = app_on(daemon, SESSION, theme)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_shown(pilot, "● live", "PLAN", "PROCESSES")
            assert colours(app, "▸ ") == colours(app, "● live", "● running") == {accent}
            await pilot.press("pageup", "k")
            await until_shown(pilot, "End live", MARK)
            assert colours(app, MARK) == colours(app, "↓") == {accent}


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_picker(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Who waits stands on top."""
    with ExitStack() as stack:
        demo(daemon, stack)
        others(daemon, stack)
        app = app_on(daemon, None)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "3 sessions")
            check(f"picker-{size[0]}x{size[1]}", await settled(pilot))


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_tabs(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """The strip above, with who waits and who has failed."""
    with ExitStack() as stack:
        demo(daemon, stack)
        others(daemon, stack)
        app = app_on(daemon, "review")
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● live", "waiting for you")
            for name in ("docs", SESSION):
                await app.open_session(name)
                await until_shown(pilot, "● live")
            check(f"tabs-{size[0]}x{size[1]}", await settled(pilot))


@pytest.mark.parametrize("size", [(40, 12), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_help(daemon: EmbeddedDaemon, size: tuple[int, int]) -> None:
    """Keys in groups."""
    with ExitStack() as stack:
        demo(daemon, stack)
        app = app_on(daemon, SESSION)
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "● live")
            await pilot.press("question_mark")
            await until_shown(pilot, "Keys")
            check(f"help-{size[0]}x{size[1]}", await settled(pilot))


async def test_empty_picker(daemon: EmbeddedDaemon) -> None:
    """What to type."""
    app = app_on(daemon, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "lashtui demo")
        check("picker-empty-80x24", await settled(pilot))
