"""What one publisher sent and was answered, checked.

Who acknowledges, and when, is only put together with what readers saw at the end: a reader may
well see an event before its publisher reads the acknowledgement.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import NamedTuple

from lashd.testing.audit.marks import Mark, Record, mark_of, text_of
from lashd.testing.audit.report import Position, Report, in_words, is_before, some, stands_at
from lashd.testing.audit.timeline import Timeline


class _Interval(NamedTuple):
    """The events `after` + 1 to `last` came between two positions."""

    after: int
    start: Position
    last: int
    end: Position


class _Whole(NamedTuple):
    """A snapshot at or behind `position` holds the events `first` to `last`."""

    position: Position
    first: int
    last: int


class PublisherAudit:
    """One publisher, over all its connections. Its name is the one in its events' marks."""

    def __init__(self, name: str, timeline: Timeline, report: Report, *, keep: int) -> None:
        self.name = name
        self.timeline = timeline
        timeline.publishers += 1
        self.highest = 0
        """The highest number sent."""
        self._report = report
        self._keep = keep
        self._texts: OrderedDict[int, int | None] = OrderedDict()
        """By number the hash of the text of a marked event; None for one without a mark."""
        self._excused: OrderedDict[int, str] = OrderedDict()
        """Numbers that need not be in the session, and why."""
        self._intervals: deque[_Interval] = deque()
        self._wholes: deque[_Whole] = deque(maxlen=keep)
        self._acknowledged = 0
        """By the daemon of this connection."""
        self._at: Position | None = None
        """Where that was."""
        self._first: int | None = None
        """The lowest number that this daemon has been sent, or holds."""
        self._restoring: int | None = None
        self._opened_known = True
        self._withdraws = False

    # -- what it sent -----------------------------------------------------------------------------

    def sent(self, message: Record) -> None:
        """A message of the publisher, noted before it goes out: `append` and `restore` count."""
        if message["type"] == "restore":
            self._restoring = message["last"]
            return
        if message["type"] != "append":
            return
        for number, event in enumerate(message["events"], message["first"]):
            self._note_sent(number, event)
            if message.get("view") is not None:
                self._excuse(number, "came in a view")

    def dropped(self, first: int, last: int) -> None:
        """The publisher gives up these events of its own, and says so in the session."""
        for number in range(first, last + 1):
            self._excuse(number, "was dropped by its publisher")
        self.highest = max(self.highest, last)

    def _note_sent(self, number: int, event: Record) -> None:
        text = None
        if isinstance(event, dict):
            self._withdraws |= event.get("type") == "model_attempt_reset"
            found = mark_of(event)
            if found == Mark(self.name, number):
                text = hash(text_of(event))
        if self._texts.setdefault(number, text) != text:
            self._report.add(
                "content", f"publisher {self.name} sent two different events as number {number}"
            )
        if len(self._texts) > self._keep:
            self._texts.popitem(last=False)
        self.highest = max(self.highest, number)
        self._first = number if self._first is None else min(self._first, number)

    # -- what it was answered ---------------------------------------------------------------------

    def received(self, record: Record) -> None:
        """A record that came to the publisher."""
        kind = record.get("type")
        if kind == "opened":
            self._opened(record)
        elif kind == "restored":
            self._restored(record)
        elif kind == "ack":
            self._acked(record)

    def _opened(self, record: Record) -> None:
        last, position = record.get("last"), stands_at(record.get("cursor"))
        self._opened_known = record.get("known") is True
        same = _same_daemon(self._at, position)
        if not self._opened_known and position is not None:
            self.timeline.note_birth(position)
        if last is None:
            # The daemon can't place this publisher any more: it begins again.
            self._acknowledged, self._at, self._first = 0, None, None
        elif self._check_last("opened", last):
            if not same or not self._opened_known:
                # Another daemon, or a session created again: what was before doesn't count there.
                self._acknowledged, self._at, self._first = last, position, None
                return
            self._advance("opened", last, position)

    def _restored(self, record: Record) -> None:
        last, self._restoring = self._restoring, None
        position = stands_at(record.get("cursor"))
        if last is None or position is None:
            return
        # A daemon that doesn't say has taken it if nobody else can have created the session.
        alone = not self._opened_known and self.timeline.publishers == 1
        if record.get("taken", alone):
            self._wholes.append(_Whole(position, 1, last))
            self._first = 1
        self._acknowledged, self._at = max(last, self._acknowledged), position

    def _acked(self, record: Record) -> None:
        last, position = record["last"], stands_at(record["cursor"])
        for refusal in record.get("refused", ()):
            self._refused(refusal["number"], last)
        if self._check_last("ack", last):
            self._advance("ack", last, position)

    def _check_last(self, what: str, last: int) -> bool:
        if last > self.highest:
            self._report.add(
                "acknowledgement",
                f"`{what}` says that publisher {self.name} sent event {last}; it sent"
                f" {self.highest}",
            )
            return False
        return True

    def _advance(self, what: str, last: int, position: Position | None) -> None:
        if last < self._acknowledged:
            self._report.add(
                "acknowledgement",
                f"`{what}` took back acknowledged events of publisher {self.name}: {last} after"
                f" {self._acknowledged}",
            )
        if position is None:
            return
        if self._at is not None and self._first is not None and last > self._acknowledged:
            # What this daemon was never sent, it says to be lost.
            after = max(self._acknowledged, self._first - 1)
            self._intervals.append(_Interval(after, self._at, last, position))
            if len(self._intervals) > self._keep:
                self._settle(self._intervals.popleft())
        if self._first is not None and self._first <= last:
            self._wholes.append(_Whole(position, self._first, last))
        self._acknowledged, self._at = max(last, self._acknowledged), position

    def _refused(self, number: int, last: int) -> None:
        self._excuse(number, "was refused")
        if number > last or number > self.highest:
            self._report.add(
                "acknowledgement",
                f"event {number} of publisher {self.name} was refused, and the same"
                f" acknowledgement goes up to {last} of {self.highest}",
            )

    def _excuse(self, number: int, reason: str) -> None:
        self._excused[number] = reason
        if len(self._excused) > self._keep:
            self._excused.popitem(last=False)

    # -- what readers ask -------------------------------------------------------------------------

    def is_missing(self, number: int) -> bool:
        """The event was sent with its mark, and nothing excuses its absence."""
        return self._texts.get(number) is not None and number not in self._excused

    def check_event(self, reader: str, number: int, record: Record) -> None:
        """A reader got an event of this publisher."""
        if number > self.highest:
            self._report.add(
                "content",
                f"reader {reader} got event {number} of publisher {self.name}, which was never"
                " sent",
            )
            return
        sent = self._texts.get(number)
        if sent is not None and sent != hash(text_of(record)):
            self._report.add(
                "content",
                f"reader {reader} got event {number} of publisher {self.name} with another text",
            )

    def missing_in(self, position: Position, numbers: set[int]) -> list[int]:
        """Which events should be in a snapshot at `position` that holds `numbers`."""
        if self._withdraws:
            return []
        # The newest acknowledgement before it covers the earlier ones.
        whole = next((whole for whole in reversed(self._wholes) if _covers(whole, position)), None)
        if whole is not None and self.timeline.was_reborn(whole.position, position):
            return []  # it was acknowledged in a session of that name that was removed
        if whole is None:
            return []
        due = {
            number
            for number in range(whole.first, whole.last + 1)
            if self._texts.get(number) is not None
        }
        return sorted(
            number
            for number in due - numbers
            if self._excused.get(number, "came in a view") == "came in a view"
        )

    # -- at the end -------------------------------------------------------------------------------

    def finish(self) -> None:
        """Check what only the end can tell."""
        while self._intervals:
            self._settle(self._intervals.popleft())
        for number, reason in self._excused.items():
            position = self.timeline.landed(Mark(self.name, number))
            if reason == "was refused" and position is not None:
                self._report.add(
                    "acknowledgement",
                    f"event {number} of publisher {self.name} was refused, and is in session"
                    f" {self.timeline.session_id} at {in_words(position)} all the same",
                )

    def _settle(self, interval: _Interval) -> None:
        """Where readers saw all events of an interval, all that was acknowledged is among them."""
        if self.timeline.between(interval.start, interval.end) is None:
            return
        start, end = interval.start, interval.end
        missing = [
            number
            for number in range(interval.after + 1, interval.last + 1)
            if self.is_missing(number)
            and not self.timeline.landed_within(Mark(self.name, number), start, end)
        ]
        if missing:
            self._report.add(
                "loss",
                f"{some(missing)} of publisher {self.name}, acknowledged at {in_words(end)}, not"
                f" found among the events of session {self.timeline.session_id}",
            )


def _covers(whole: _Whole, position: Position) -> bool:
    return whole.position == position or is_before(whole.position, position)


def _same_daemon(one: Position | None, other: Position | None) -> bool:
    if one is None or other is None or isinstance(one, str) or isinstance(other, str):
        return one is not None and other is not None
    return one[0] == other[0]
