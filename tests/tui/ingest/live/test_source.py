"""Sources run in threads of their own, beside the files."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lashd.events import Committed
from lashtui.ingest.live.place import Place
from lashtui.ingest.live.source import Running
from lashtui.ingest.live.sources import live_sources
from lashtui.ingest.sink import Sign, State
from lashtui.ingest.transcripts import Key, Known
from lashtui.producers import Produced
from tests.tui.ingest.live.test_place import KEY, NAME, say
from tests.tui.ingest.test_discovery import LINES, Bench

if TYPE_CHECKING:
    from pathlib import Path


class Scripted:
    """A source that claims, tells, frees, again and again, until it is stopped."""

    name = "a script"

    def __init__(self, key: Key, rounds: int) -> None:
        self._key, self._rounds = key, rounds
        self.told = 0
        self.is_done = threading.Event()

    def run(self, place: Place, stop: threading.Event) -> None:
        """See `Source`."""
        for _ in range(self._rounds):
            teller = place.open(self._key, Known())
            if teller is not None:
                teller.publish(say("x"))
                teller.publish(Produced(Committed()))
                self.told += 1
                place.free(self._key)
            place.sign(KEY, Sign(State.WAITING, "y"))
            place.sign(KEY, Sign(State.WORKING))
        self.is_done.set()
        stop.wait()


class Broken:
    """A source that fails."""

    name = "a broken script"

    def run(self, place: Place, stop: threading.Event) -> None:
        """See `Source`."""
        raise ValueError("no\nway")


def test_sources_run_beside_the_files(tmp_path: Path) -> None:
    """From threads of their own, while files change; one that fails is one sentence."""
    bench = Bench(tmp_path)
    place = Place(bench.discovery, bench.warnings.append)
    path = bench.write(NAME, LINES[0])
    scripts = [Scripted(Key("opencode", f"ses_{number}"), 40) for number in range(3)]
    running = Running([*scripts, Broken()], place)
    running.start()
    for count in range(1, len(LINES) + 1):
        bench.write(NAME, b"".join(LINES[:count]))
        bench.discovery.changed([path])
        bench.discovery.settle()
    assert all(script.is_done.wait(40) for script in scripts)
    running.stop(40)
    bench.discovery.end()
    assert bench.warnings == ["a broken script is not read any more: ValueError: no way"]
    own = [each for each in bench.sessions if each.about.session == "claude-a3142cd4"]
    assert len(own) == 1
    assert [script.told for script in scripts] == [40, 40, 40]
    assert all(each.outcome is not None for each in bench.sessions)


def test_each_source_has_a_name_of_its_own(tmp_path: Path) -> None:
    """A sentence about one must say which; where its agent was never used, it just waits."""
    sources = live_sources({"HOME": str(tmp_path)})
    assert len({source.name for source in sources}) == len(sources)
    stop = threading.Event()
    stop.set()
    bench = Bench(tmp_path)
    for source in sources:
        source.run(Place(bench.discovery, bench.warnings.append), stop)
    assert (bench.warnings, bench.sessions) == ([], [])
