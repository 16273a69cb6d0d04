"""A publisher's audit by the marks in its events, whatever numbers they have on the wire.

A program's own events (a session's opening, what a command adds) take numbers too, and a publisher
that drops events replaces some. The marks count what was said, so what goes over the wire is
translated to them.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from lashd.testing.audit.marks import Record, mark_of, marks_in
from lashd.testing.audit.publisher import PublisherAudit

KEEP = 40_000
"""Numbers remembered: more than one publisher of a soak publishes."""


class NumberedByMarks:
    """Stands between the wire and a `PublisherAudit`."""

    def __init__(self, audit: PublisherAudit) -> None:
        self.audit = audit
        self.acknowledged = 0
        """By mark."""
        self.again = self.restored = self.views = 0
        self._wire: list[int] = []
        self._marks: list[int] = []

    def sent(self, message: Record) -> None:
        """A message of the publisher."""
        if message["type"] == "restore":
            self.restored += 1
            self._stand_in(message["view"], message["last"])
            self.audit.sent({**message, "last": self._mark_at(message["last"])})
        elif message["type"] == "append":
            self._appended(message)

    def received(self, record: Record) -> None:
        """A record that came to the publisher."""
        last = record.get("last")
        if isinstance(last, int):
            last = self._mark_at(last)
            record = {**record, "last": last}
            self.acknowledged = max(last, self.acknowledged)
        if record.get("refused"):
            refused = [
                {**one, "number": number}
                for one in record["refused"]
                if (number := self._exactly(one["number"])) is not None
            ]
            record = {**record, "refused": refused}
        self.audit.received(record)

    def _appended(self, message: Record) -> None:
        marked: list[tuple[int, Record]] = []
        for number, event in enumerate(message["events"], message["first"]):
            mark = mark_of(event)
            if mark is not None and mark.publisher == self.audit.name:
                marked.append((mark.number, event))
                self._note(number, mark.number)
        last = message["first"] + len(message["events"]) - 1
        if message.get("view") is not None:
            self.views += 1
            upto = marked[0][0] - 1 if marked else self._stand_in(message["view"], last)
            if upto > self.acknowledged:
                self.audit.dropped(self.acknowledged + 1, upto)
        start = 0
        for index, (one, other) in enumerate([*pairwise(marked), (None, None)], 1):
            if one is None or other is None or one[0] + 1 != other[0]:
                self._pass_on(message, marked[start:index])
                start = index

    def _pass_on(self, message: Record, marked: list[tuple[int, Record]]) -> None:
        if marked:
            events = [event for _, event in marked]
            self.audit.sent({**message, "first": marked[0][0], "events": events})

    def _stand_in(self, view: Record, last: int) -> int:
        """A view stands for events up to number `last`, of which some were never sent."""
        newest = 0
        for entry in view["entries"]:
            for mark in marks_in(entry.get("text")):
                if mark.publisher == self.audit.name:
                    newest = max(newest, mark.number)
        if newest > self.audit.highest:
            self.audit.dropped(self.audit.highest + 1, newest)
        if newest and (not self._wire or last > self._wire[-1]):
            self._note(last, newest)
        return newest

    def _note(self, number: int, mark: int) -> None:
        if self._wire and number <= self._wire[-1]:
            self.again += 1
            if self._exactly(number) is None:
                index = bisect_right(self._wire, number)
                self._wire.insert(index, number)
                self._marks.insert(index, mark)
            return
        self._wire.append(number)
        self._marks.append(mark)
        if len(self._wire) > KEEP:
            del self._wire[: KEEP // 2], self._marks[: KEEP // 2]

    def _mark_at(self, number: int) -> int:
        """The last mark that went out under a number up to this."""
        index = bisect_right(self._wire, number)
        return self._marks[index - 1] if index else 0

    def _exactly(self, number: int) -> int | None:
        index = bisect_right(self._wire, number)
        return self._marks[index - 1] if index and self._wire[index - 1] == number else None
