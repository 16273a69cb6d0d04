"""A campaign: agents on several hosts change all the time, the roads there go wrong by chance, and
what the app shows is compared with what is true.

What must never be: a session shown to be what it never was; one of a host that counts as heard of
shown as it was long ago; one of a host that is not heard of counted, or on the screen without the
word `unseen`; an ssh that is left behind.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from anyio import to_thread
from textual.pilot import Pilot

from lashd.daemon import EmbeddedDaemon
from lashd.events import Committed, UserMessage, Waiting
from lashd.protocol.reconnect import DOUBT_AFTER, PING_AFTER
from lashd.publish.publisher import Publisher
from lashtui.app.app import LashApp
from lashtui.feed.fleet.rows import standing
from lashtui.saved.session_key import SessionKey
from tests.roads import carry
from tests.roads.road import Road
from tests.roads.truth import Truth, said
from tests.tui.screen_text import screen_text
from tests.waiting import children, wait_until, wait_until_async

SLACK = 4.0
"""Seconds for publishing, the daemon, the road and the loop, on a machine that does other work."""
STALE = PING_AFTER + DOUBT_AFTER + SLACK
"""How old a session's state may be on a host that counts as heard of."""
PAINTED = 2.5
"""Seconds within which a change of a connection is on the screen: it has a second, and the slack of
a loaded machine."""
STEP = 0.05
LOOK_EVERY = 6
"""Steps between two looks at the screen itself."""
RESTORED = 12.0
"""Seconds after the restart of a daemon until its publishers are back, and have said what is so."""
SSH = """#!/bin/sh
for last; do far=$host; host=$last; done
exec {python} -S -E {carry} "{root}/$far.r"
"""
"""In ssh's place: the last arguments are the host, and what would be run there."""


class Host:
    """A machine: its daemon, its agents, and the road to it."""

    def __init__(self, root: Path, name: str, sessions: int) -> None:
        self.name = name
        self._socket = str(root / f"{name}.s")
        self._stack = ExitStack()
        self._daemon = EmbeddedDaemon(socket_path=self._socket)
        self._daemon.start()
        self.road = Road(str(root / f"{name}.r"), self._socket)
        self.restarted_at = 0.0
        self.agents: dict[SessionKey, Publisher] = {}
        self.truth: dict[SessionKey, Truth] = {}
        for number in range(sessions):
            key = SessionKey(name, f"agent{number}")
            agent = Publisher(key.session_id, socket_path=self._socket, start_daemon=False)
            self.agents[key] = self._stack.enter_context(agent)
            self.truth[key] = Truth()
            agent.publish(UserMessage("go on"))
            self.change(key, 0)

    def change(self, key: SessionKey, number: int) -> None:
        """The session asks something new, or is idle."""
        at = time.monotonic()
        if number % 2:
            self.truth[key].now(f"asks q{number}", at)
            self.agents[key].publish(Waiting(f"q{number}"))
        else:
            self.truth[key].now("idle", at)
            self.agents[key].publish(Committed())

    def restart(self) -> None:
        """Its daemon goes, and another comes."""
        self.restarted_at = time.monotonic()
        self._daemon.stop()
        self._daemon = EmbeddedDaemon(socket_path=self._socket)
        self._daemon.start()

    def end(self) -> None:
        """The end of the test."""
        self._stack.close()
        self.road.remove()
        self._daemon.stop()


class Campaign:
    """One run."""

    def __init__(self, root: Path, seed: int, *, hosts: int, sessions: int) -> None:
        self.counted: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._chance = random.Random(seed)
        self._root = root
        put_ssh(root)
        self._near = EmbeddedDaemon(socket_path=str(root / "near.s"))
        self._near.start()
        self.hosts = [Host(root, f"h{number}", sessions) for number in range(hosts)]
        self._number = 0
        self._since: dict[str, tuple[bool, float]] = {}
        """Whether a host counts as heard of, and since when."""

    def end(self) -> None:
        """Stop everything."""
        for host in self.hosts:
            host.end()
        self._near.stop()

    async def run(self, seconds: float, say: Callable[[str], None] = lambda _: None) -> None:
        """Disturb and compare for so long, then let all be well, and compare with what is so."""
        before = children()
        app = LashApp(
            self._root / "near.s",
            start_daemon=False,
            hosts={host.name: f"ssh://{host.name}" for host in self.hosts},
        )
        # Between two comparisons a road may have gone and come back.
        app.fleet_feed.listeners.append(lambda _: self._note(app))
        async with app.run_test(size=(150, 60)) as pilot:
            begun = time.monotonic()
            next_trouble, said_at = begun + 1.0, begun
            step = told = 0
            while (now := time.monotonic()) < begun + seconds:
                if now >= next_trouble:
                    await self._trouble()
                    next_trouble = now + self._chance.uniform(0.1, 1.2)
                if self._chance.random() < 0.5:
                    self._change()
                await pilot.pause(STEP)
                self._compare(app)
                step += 1
                if step % LOOK_EVERY == 0:
                    self._look(app)
                if now >= said_at + 60:
                    said_at = now
                    say(f"{now - begun:.0f} s: {dict(self.counted)}, wrong: {len(self.wrong)}")
                    for each in self.wrong[told:]:
                        say(each)
                    told = len(self.wrong)
            await self._settle(app, pilot)
        if app.return_code:
            self.wrong.append(f"the app ended with {app.return_code}")
        wait_until(lambda: not children() - before, "the end of each ssh")

    # -- what happens -----------------------------------------------------------------------------

    def _change(self) -> None:
        host = self._chance.choice(self.hosts)
        self._number += 1
        host.change(self._chance.choice(list(host.agents)), self._number)
        self.counted["changes"] += 1

    async def _trouble(self) -> None:
        host = self._chance.choice(self.hosts)
        what = self._chance.choices(("cut", "hold", "close", "open", "restart"), (3, 2, 2, 6, 0.3))[
            0
        ]
        self.counted[what] += 1
        does: Callable[[], None] = getattr(host if what == "restart" else host.road, what)
        # In a thread: what is on the screen doesn't wait for a daemon's end.
        await to_thread.run_sync(does)

    # -- what must be so --------------------------------------------------------------------------

    def _note(self, app: LashApp) -> None:
        """Which hosts count as heard of, and since when."""
        for host in self.hosts:
            is_seen = app.fleet_feed.connection_of(host.name).is_seen
            if self._since.get(host.name, (None,))[0] != is_seen:
                self._since[host.name] = is_seen, time.monotonic()

    def _compare(self, app: LashApp) -> None:
        """What the app knows, with what is so."""
        self._note(app)
        now = time.monotonic()
        feed = app.fleet_feed
        waiting = 0
        for host in self.hosts:
            is_seen, _ = self._since[host.name]
            for key, truth in host.truth.items():
                row = feed.fleet.rows.get(key)
                if row is None:
                    continue
                self.counted["comparisons"] += 1
                waiting += is_seen and standing(row) == "needs you"
                known = said(row)
                if now < host.restarted_at + RESTORED:
                    continue
                since = now - STALE if is_seen else 0.0
                if known not in truth.between(since, now):
                    self.wrong.append(
                        f"{key.host}:{key.session_id} is said to be `{known}`, heard of:"
                        f" {is_seen}; it was {sorted(truth.between(since, now))}"
                    )
        if app.fleet.counts["needs you"] != waiting:
            self.wrong.append(f"{app.fleet.counts['needs you']} need you, where {waiting} do")

    def _look(self, app: LashApp) -> None:
        """What is on the screen, with what the app knows."""
        now = time.monotonic()
        lines = screen_text(app).splitlines()
        for host in self.hosts:
            is_seen, since = self._since[host.name]
            if now < since + PAINTED:
                continue
            for line in lines:
                if f" {host.name}:agent" in line:
                    self.counted["lines"] += 1
                    if ("unseen" in line) == is_seen:
                        state = app.fleet_feed.connection_of(host.name).state
                        self.wrong.append(
                            f"heard of: {is_seen} for {now - since:.1f} s ({state}), shown:"
                            f" {line.strip()[:40]}"
                        )

    async def _settle(self, app: LashApp, pilot: Pilot[Any]) -> None:
        for host in self.hosts:
            host.road.open()
        app.fleet_feed.retry_now()

        def is_true() -> bool:
            rows = app.fleet_feed.fleet.rows
            known = {key: said(row) for key, row in rows.items()}
            truth = {key: each.last for host in self.hosts for key, each in host.truth.items()}
            return not app.fleet_feed.unseen and known == truth

        await wait_until_async(is_true, "the truth, once all is well")
        await wait_until_async(lambda: "unseen" not in screen_text(app), "the truth on the screen")
        await pilot.pause()


def put_ssh(root: Path) -> None:
    """First on PATH, for this process."""
    folder = root / "bin"
    folder.mkdir()
    ssh = folder / "ssh"
    ssh.write_text(SSH.format(python=sys.executable, carry=carry.__file__, root=root))
    ssh.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
