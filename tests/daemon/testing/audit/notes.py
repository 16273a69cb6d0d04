"""What honest parties sent and received at a real hub, to be spoiled by tests."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, cast

from lashd.hub.hub import Hub
from lashd.limits import DaemonLimits, StoreLimits
from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import Record
from lashd.testing.audit.report import Violation
from lashd.testing.inprocess import HubLine
from lashd.testing.laws import ManualClock
from lashd.testing.scripted import ScriptedPublisher, ScriptedReader

Note = tuple[str, str, Any]
"""Who, which method of its audit, and with what."""


class _Notes:
    """Looks like an audit, and keeps what it is told."""

    def __init__(self, name: str, notes: list[Note]) -> None:
        self._name, self._notes = name, notes

    def __getattr__(self, method: str) -> Callable[..., None]:
        def note(*arguments: Any) -> None:
            self._notes.append((self._name, method, deepcopy(arguments)))

        return note


class Scene:
    """A hub and parties whose notes are kept; nothing is audited until `audit`."""

    def __init__(self, *, keep_events: int = 2048, incarnation: int = 7) -> None:
        self.notes: list[Note] = []
        self.clock = ManualClock()
        self.limits = DaemonLimits(store=StoreLimits(max_events_per_session=keep_events))
        self.hub = self.start(incarnation)

    def start(self, incarnation: int) -> Hub:
        """Another daemon; the old one is gone."""
        self.hub = Hub(
            clock=self.clock,
            now_ms=lambda: int(self.clock() * 1000),
            incarnation=incarnation,
            limits=self.limits,
        )
        return self.hub

    def publisher(self, name: str, **more: Any) -> ScriptedPublisher:
        """A publisher of session `s` whose notes are kept."""
        return ScriptedPublisher(name, "s", cast(Any, _Notes(name, self.notes)), **more)

    def reader(self, name: str, **more: Any) -> ScriptedReader:
        """A reader of session `s` whose notes are kept."""
        return ScriptedReader("s", cast(Any, _Notes(name, self.notes)), **more)

    def line(self, party: Any) -> HubLine:
        """The party's connection, with everything exchanged."""
        line = HubLine(self.hub, party)
        line.exchange()
        return line

    # -- spoiling ---------------------------------------------------------------------------------

    def records(self, name: str, kind: str) -> list[Record]:
        """The records of a type that a party received; they can be changed in place."""
        return [
            arguments[0]
            for who, method, arguments in self.notes
            if who == name and method == "received" and arguments[0]["type"] == kind
        ]

    def index(self, name: str, record: Record) -> int:
        """Where in the notes a record is."""
        return next(
            index
            for index, (who, _, arguments) in enumerate(self.notes)
            if who == name and arguments and arguments[0] is record
        )

    def audit(self, **more: Any) -> list[Violation]:
        """What an auditor says of the notes. Publishers are those whose name begins with p."""
        auditor = Auditor(**more)
        audits: dict[str, Any] = {}
        for name, _, _ in self.notes:
            if name not in audits:
                make = auditor.publisher if name.startswith("p") else auditor.reader
                audits[name] = make(name, "s")
        for name, method, arguments in self.notes:
            getattr(audits[name], method)(*arguments)
        return auditor.finish()


def busy_scene() -> Scene:
    """Two publishers, a reader from the start (a), one with a snapshot (b), and one that was away
    too long and got a gap (c)."""
    scene = Scene(keep_events=12)
    first, second = scene.publisher("p1", restores=False), scene.publisher("p2", restores=False)
    early, late, away = scene.reader("a"), scene.reader("b", start="snapshot"), scene.reader("c")
    lines = [scene.line(party) for party in (first, second, early, away)]
    _talk(lines, first, second)
    lines[3].lose()
    lines.append(scene.line(late))
    for _ in range(4):
        _talk(lines, first, second)
    scene.line(away)
    first.publish({"type": "no event"}, {"type": "committed"})
    first.say("the last", outcome=5)
    for line in lines:
        line.exchange()
    scene.line(scene.reader("d", start="snapshot"))
    return scene


def _talk(lines: list[HubLine], *publishers: ScriptedPublisher) -> None:
    for publisher in publishers:
        publisher.say("a question")
        publisher.say("an answer", "assistant_prose_delta")
        publisher.say(" in two pieces", "assistant_prose_delta")
        for line in lines:
            line.exchange()
