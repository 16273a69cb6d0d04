"""All sessions, in whatever screen one is: the counter, the title, the key, what rings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.errors import VersionMismatch
from lashd.events import Committed, Waiting
from lashd.publish.publisher import Publisher
from lashtui.app.app import LashApp
from lashtui.app.notices.notice import notice_of
from lashtui.app.notices.watch import FleetWatch
from lashtui.feed.fleet.rows import Record
from lashtui.feed.fleet.worker import FleetFeed
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.settings import AppSettings, NotifySettings
from tests.tui.daemons import PATIENCE, publisher, say
from tests.tui.feed.fleet.fleet_stream import SNAPSHOT, FakeDaemon, row, synced
from tests.tui.feed.fleet.rows import key
from tests.tui.screen_text import screen_text, until, until_shown

NAMES = ("one", "two", "three")


@pytest.fixture
def agents(daemon: EmbeddedDaemon) -> Iterator[dict[str, Publisher]]:
    """Three sessions that have said something."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(publisher(daemon.socket_path, name)) for name in NAMES}
        for name, agent in opened.items():
            say(agent, f"{name} speaks", "a")
        yield opened


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The control sequences that any app writes."""
    found: list[str] = []
    monkeypatch.setattr(LashApp, "write_control", lambda _app, text: found.append(text))
    return found


def app_on(daemon: EmbeddedDaemon, session: str | None = "one", when: str = "always") -> LashApp:
    """The app, starting no daemon."""
    settings = AppSettings(notify=NotifySettings(when, ("bell", "osc777")))  # type: ignore[arg-type]
    return LashApp(daemon.socket_path, session, start_daemon=False, settings=settings)


def mute(app: LashApp, name: str) -> None:
    """As the fleet's key does."""
    app.marks.set_muted(key(name), True)
    app.fleet.marks_changed()


def ask(agent: Publisher, what: str = "may I?") -> None:
    """The agent waits for a person."""
    agent.publish(Waiting(what))
    assert agent.flush(PATIENCE)


async def test_who_needs_you_is_counted_on_each_screen(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """In the session's status line, in an entry's and in the help; shorter where cells are few."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected")
        ask(agents["two"])
        await until_shown(pilot, "● connected   ‼ 1 needs you")
        agents["three"].end("failure", 2)
        ask(agents["one"])
        await until_shown(pilot, "‼ 2 need you  ✗ 1 failed")
        await pilot.press("enter")
        await until_shown(pilot, "Esc Back", "‼ 2 need you  ✗ 1 failed")
        await pilot.press("escape", "question_mark")
        await until_shown(pilot, "Esc to close", "‼ 2 need you  ✗ 1 failed")
        await pilot.press("escape")
        await pilot.resize_terminal(40, 12)
        await until_shown(pilot, "● connected   ‼2 ✗1")
        mute(app, "two")
        await until_shown(pilot, "● connected   ‼1 ✗1")


async def test_one_key_goes_to_the_next_that_needs_you(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """The longest waiting first, from any screen; when there is none it says so."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected")
        await until(pilot, lambda: app.fleet_feed.is_followed)
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "nobody needs you")
        ask(agents["three"])
        await until_shown(pilot, "‼ 1 needs you")
        ask(agents["two"])
        await until(pilot, lambda: app.fleet.counts["needs you"] == 2)
        await pilot.press("question_mark")
        await until_shown(pilot, "Esc to close")
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "three speaks")
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "two speaks")
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "three speaks")
        agents["two"].publish(Committed())
        await until_shown(pilot, "‼ 1 needs you")
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "nobody else needs you")


async def test_the_title_says_who_is_in_front_and_how_many_need_you(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], written: list[str]
) -> None:
    """The session's while one is in front, the fleet's while the list is."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected")
        ask(agents["two"])
        await until(pilot, lambda: any("‼1 · ● one · running" in text for text in written))
        await pilot.press("s")
        await until(pilot, lambda: "]2;lashtui · ‼ 1 needs you" in written[-1])
        agents["two"].publish(Committed())
        await until(pilot, lambda: written[-1] == "\x1b]2;lashtui\x1b\\")
        await pilot.press("escape")
        await until(pilot, lambda: "]2;● one · running" in written[-1])


async def test_a_session_in_no_tab_rings_once(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], written: list[str]
) -> None:
    """For a question; the same of one that is open comes by one way alone; a muted one is mute."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected")
        await until(pilot, lambda: app.fleet_feed.is_followed)
        ask(agents["two"], "a;b\x1b]0;evil\x07")
        await until(pilot, lambda: "two: waiting for you: a,b" in "".join(written))
        ask(agents["one"], "first?")
        await until(pilot, lambda: "one: waiting for you: first?" in "".join(written))
        mute(app, "three")
        ask(agents["three"])
        agents["one"].publish(Committed())
        agents["two"].publish(Committed())
        await until(pilot, lambda: "one: turn 1 is done" in "".join(written))
        await until(pilot, lambda: app.fleet_feed.fleet.rows[key("three")].state == "waiting")
    said = "".join(written)
    assert said.count("one: waiting") == said.count("two: waiting") == 1
    assert "three" not in said
    assert "evil" not in said
    assert "two: turn" not in said


def watch_alone(now_ms: int) -> tuple[FleetWatch, list[str]]:
    """A watch without an app, and what it writes and says."""
    feed, written = FleetFeed(""), list[str]()
    feed.connection.synced()
    watch = FleetWatch(
        feed,
        NotifySettings("always", ("bell",)),
        now_ms=lambda: now_ms,
        write=written.append,
        say=written.append,
        changed=lambda: None,
        marks=FleetMarks(None),
    )
    return watch, written


def tell(feed: FleetFeed, *records: Record) -> None:
    """The list says so."""
    changes = feed.fleet.receive("", records)
    for listener in feed.listeners:
        listener(changes)


def test_a_question_of_a_home_that_is_gone_is_not_gone_to() -> None:
    """It may have been answered: it doesn't count, and the key says when it was asked."""
    watch, _ = watch_alone(200_000)
    gone = {"home": "box", "last_seen_at": 80_000}
    tell(watch.feed, SNAPSHOT, row("one", state="waiting", mirror=gone), synced())
    assert not watch.counts["needs you"]
    said = watch.next_needing(None)
    assert said == "one needed you when box was last heard of, 2 min ago"


@pytest.mark.parametrize(
    ("snapshot", "later", "rings"),
    [
        ([row("one", state="waiting", waiting_for="may I?")], [], 1),
        ([row("one", state="waiting", waiting_for="before?")], [], 0),
        ([row("one")], [], 0),
        ([row("one", state="waiting", waiting_for="may I?")], [row("one")], 0),
    ],
)
def test_a_question_asked_while_the_list_comes_rings(
    snapshot: list[Record], later: list[Record], rings: int
) -> None:
    """A tab has heard it being asked, the list's snapshot has it already; of all others the list
    brings the news."""
    watch, written = watch_alone(0)
    for records in ([SNAPSHOT, *snapshot, synced()], later):
        tell(watch.feed, *records)
    assert watch.feed.is_followed
    watch.announce_of_tab([notice_of("waiting", key("one"), "waiting for you: may I?")])
    assert len(written) == rings


@pytest.mark.parametrize("reports", [None, True, False])
async def test_a_terminal_that_never_said_so_is_not_looked_at(
    daemon: EmbeddedDaemon,
    agents: dict[str, Publisher],
    written: list[str],
    reports: bool | None,
) -> None:
    """A stock tmux reports no focus; once a report has come, it counts."""
    app = app_on(daemon, when="unfocused")
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected")
        await until(pilot, lambda: app.fleet_feed.is_followed)
        if reports is not None:
            app.fleet.focus_reported(reports)
        ask(agents["two"])
        await until_shown(pilot, "‼ 1 needs you")
    assert ("\a" in "".join(written)) is (reports is not True)


async def test_an_older_daemon_is_said_in_words(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """The sessions in tabs work as they did; the key says why it doesn't."""
    old = FakeDaemon(*[VersionMismatch("the daemon is too old")] * 9)
    app = LashApp(daemon.socket_path, "one", start_daemon=False, follow=old.follow)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected", "the daemon is too old")
        await pilot.press("j")
        ask(agents["one"])
        await until_shown(pilot, "waiting for you")
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "the daemon is too old")
        assert "speaks" in screen_text(app)


async def test_the_key_stands_beside_the_counter_while_another_needs_you(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """Not for the session in front, nor where cells are few."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "one speaks", "● connected")
        ask(agents["one"])
        await until_shown(pilot, "● connected   ‼ 1 needs you")
        assert "! next" not in screen_text(app)
        agents["three"].end("failure", 2)
        ask(agents["two"])
        await until_shown(pilot, "‼ 2 need you  ✗ 1 failed  ! next")
        await pilot.press("question_mark")
        await until_shown(pilot, "Esc to close", "‼ 2 need you  ✗ 1 failed  ! next")
        await pilot.press("escape")
        await pilot.resize_terminal(40, 12)
        await until_shown(pilot, "● connected   ‼2 ✗1")


async def test_what_is_said_stands_in_the_status_line_of_the_fleet(daemon: EmbeddedDaemon) -> None:
    """As on a session's screen: no message comes over the list."""
    app = app_on(daemon, None)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.fleet_feed.is_followed)
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "● connected   nobody needs you")
        assert not list(app._notifications)
