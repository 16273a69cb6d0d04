"""An auditor of the promise: for every cursor, exactly the events after it, in order, once; or a
gap with its reason and a snapshot that is whole. Each event of a publisher lands once.

::

    auditor = Auditor()
    publisher, reader = auditor.publisher("p", "build"), auditor.reader("r", "build")
    publisher.sent(message)      # each `append` and `restore`, before it goes out
    publisher.received(record)   # each reply: opened, restored, ack
    reader.attaching(cursor)     # whenever it attaches
    reader.received(record)      # each record of the stream
    reader.lost()                # whenever its connection is gone
    assert auditor.finish() == []

It does no I/O and needs no client of ours. Events whose text has `marks.mark(publisher, number)`
in it are followed one by one; the others are checked as what readers get: their order, that any
two readers agree, and that snapshots are the fold of events.
"""

from __future__ import annotations

from lashd.testing.audit.publisher import PublisherAudit
from lashd.testing.audit.reader import ReaderAudit
from lashd.testing.audit.report import Report, Violation
from lashd.testing.audit.timeline import Timeline

KEEP = 16_384
"""Events of a session, and numbers of a publisher, that are remembered for comparison: more than
any replay holds."""
MAX_VIOLATIONS = 100
"""Told in words; a broken store breaks the promise with every event."""


class Auditor:
    """Sessions, their publishers and readers. Not thread-safe: feed it under one lock."""

    def __init__(
        self, *, keep: int = KEEP, max_violations: int = MAX_VIOLATIONS, views: bool = True
    ) -> None:
        """An auditor that has seen nothing.

        Args:
            keep: events of a session, and numbers of a publisher, that are remembered.
            max_violations: how many are put in words; more are only counted.
            views: snapshots are `read_view`s as lashd has them. Without, what is in them is not
                looked at, only where they stand.
        """
        self.report = Report(max_violations)
        self._keep = keep
        self._views = views
        self._timelines: dict[str, Timeline] = {}
        self._publishers: dict[str, PublisherAudit] = {}
        self._readers: list[ReaderAudit] = []

    @property
    def violations(self) -> list[Violation]:
        """Those found so far."""
        return self.report.violations

    @property
    def events(self) -> int:
        """How many events all readers received."""
        return sum(reader.events for reader in self._readers)

    @property
    def gaps(self) -> int:
        """How many gaps they were given."""
        return sum(reader.gaps for reader in self._readers)

    def publisher(self, name: str, session_id: str) -> PublisherAudit:
        """A publisher of a session, by the name that its events are marked with."""
        if name in self._publishers:
            raise ValueError(f"there is a publisher {name} already")
        publisher = PublisherAudit(name, self._timeline(session_id), self.report, keep=self._keep)
        self._publishers[name] = publisher
        return publisher

    def reader(self, name: str, session_id: str) -> ReaderAudit:
        """A reader of a session; its name is for the sentences."""
        reader = ReaderAudit(
            name,
            self._timeline(session_id),
            self.report,
            self._publishers.get,
            views=self._views,
        )
        self._readers.append(reader)
        return reader

    def finish(self) -> list[Violation]:
        """Check what only the end can tell, and return all violations.

        More may be fed afterwards; what was reported once is not reported again.
        """
        for timeline in self._timelines.values():
            timeline.finish()
        for publisher in self._publishers.values():
            publisher.finish()
        for reader in self._readers:
            reader.finish(list(self._publishers.values()))
        return self.violations

    def _timeline(self, session_id: str) -> Timeline:
        timeline = self._timelines.get(session_id)
        if timeline is None:
            timeline = Timeline(session_id, self.report, keep=self._keep, folds=self._views)
            self._timelines[session_id] = timeline
        return timeline
