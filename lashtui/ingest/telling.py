"""What was told of a session, so that another teller can go on: nothing twice, nothing lost. Pure.

A `Telling` remembers of the turn that has not ended what was said, called and remarked. Each
`Teller` of it tells that turn from its beginning; the first may be the tail of a file, the next one
a live source, whose pieces are cut otherwise and whose entries have other ids.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final

from lashd.events import (
    AssistantProseDelta,
    Committed,
    ModelAttemptReset,
    ReasoningDelta,
    SessionChanged,
    SessionChangeKind,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
)
from lashtui.ingest.sink import Closing
from lashtui.producers import Produced, is_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import Payload, SessionOutcome
    from lashtui.ingest.sink import Sink

MAX_KEPT: Final = 4096
"""Texts, calls and others that are remembered of a turn, each; what comes after more of them is
told twice if the teller changes within such a turn."""
MAX_KEPT_TEXT: Final = 4 * 1024 * 1024
"""Characters of these texts: as large as a view's texts are."""

_TEXTS: Final = (AssistantProseDelta, ReasoningDelta)


class _Text:
    """A text that was told: one entry of the view."""

    __slots__ = ("correlation", "kind", "parent", "text")

    def __init__(self, kind: type, correlation: str | None, parent: str | None) -> None:
        self.kind, self.correlation, self.parent = kind, correlation, parent
        self.text = ""


class Telling:
    """One session's events, whoever tells them."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.turns = 0
        """Turns that have ended."""
        self.is_over = False
        """The session has ended."""
        self.began_at: int | None = None
        """When the first event happened, in Unix milliseconds."""
        self.last_at: int | None = None
        """When the newest event happened."""
        self.ended_at = 0
        """When the newest turn ended that has, in Unix milliseconds."""
        self.tellers = 0
        self._about: SessionChanged | None = None
        """What is known of the session by now."""
        self.forget()

    def forget(self) -> None:
        """A turn has ended: nobody tells it again."""
        self.texts: list[_Text] = []
        self._open: dict[tuple[type, str | None, str | None], _Text] = {}
        self._size = 0
        self.started: OrderedDict[str, ToolCallStarted] = OrderedDict()
        self.completed: OrderedDict[str, None] = OrderedDict()
        self.others: Counter[str] = Counter()
        self.has_begun = False

    @property
    def is_closed(self) -> bool:
        """Nothing can be told any more."""
        return isinstance(self._sink, Closing) and self._sink.is_closed

    def move(self, sink: Sink) -> Sink:
        """Tell it here from now on; where it was told until now."""
        before, self._sink = self._sink, sink
        if self._about is not None:
            sink.publish(Produced(self._about))
        return before

    def publish(self, produced: Produced) -> None:
        """Tell an event that was not told yet. After the session's end, it goes on."""
        if self.is_over and self._about is not None:
            # Who reopens a session says what it began with.
            self._sink.publish(produced._replace(payload=self._about))
        self._note(produced.payload)
        self.is_over = is_end(produced)
        if produced.at is not None:
            self.last_at = produced.at
            self.began_at = self.began_at or produced.at
        if isinstance(produced.payload, Committed):
            self.ended_at = self.last_at or 0
        self._sink.publish(produced)

    def wait(self) -> None:
        """Wait until most of it was delivered, for a moment at most."""
        self._sink.wait()

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed."""
        return self._sink.turn_failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """End the session, if it has not ended."""
        if not self.is_over:
            self.is_over = True
            self._sink.end(outcome, at)

    def _note(self, payload: Payload) -> None:
        if isinstance(payload, Committed):
            self.turns += 1
            self.forget()
            return
        if not isinstance(payload, TurnActivity):
            if isinstance(payload, SessionChanged) and not payload.is_end:
                known = self._about or payload
                self._about = SessionChanged(
                    SessionChangeKind.OPENED,
                    title=payload.title or known.title,
                    agent=payload.agent or known.agent,
                    directory=payload.directory or known.directory,
                    model=payload.model or known.model,
                )
            self._count(payload)
            return
        event = payload.event
        self.has_begun = True
        if isinstance(event, _TEXTS):
            self._note_text(payload, event.text)
        elif isinstance(event, ToolCallStarted) and event.call_id:
            self.started[event.call_id] = event
            if len(self.started) > MAX_KEPT:
                self.started.popitem(last=False)
        elif isinstance(event, ToolCallCompleted) and event.call_id:
            self.completed[event.call_id] = None
            if len(self.completed) > MAX_KEPT:
                self.completed.popitem(last=False)
        else:
            if isinstance(event, ModelAttemptReset):
                self._withdraw(event.correlation_ids)
            self._count(payload)

    def knows(self, change: SessionChanged) -> bool:
        """Whether a change says of the session only what was said of it last."""
        known = self._about
        if known is None or change.is_end:
            return False
        names = ("title", "agent", "directory", "model")
        said = {name: getattr(change, name) for name in names}
        return all(new in (None, getattr(known, name)) for name, new in said.items())

    def _note_text(self, payload: TurnActivity, text: str) -> None:
        place = (type(payload.event), payload.correlation_id, payload.parent)
        known = self._open.get(place)
        if known is None:
            if len(self.texts) >= MAX_KEPT:
                return
            known = self._open[place] = _Text(*place)
            self.texts.append(known)
        if self._size + len(text) <= MAX_KEPT_TEXT:
            self._size += len(text)
            known.text += text

    def _withdraw(self, correlations: list[str]) -> None:
        self.texts = [each for each in self.texts if each.correlation not in correlations]
        self._open = {(t.kind, t.correlation, t.parent): t for t in self.texts}

    def _count(self, payload: Payload) -> None:
        if len(self.others) < MAX_KEPT:
            self.others[mark_of(payload)] += 1


def mark_of(payload: Payload) -> str:
    """What two tellers say alike: all but the ids that they give to events and entries."""
    if isinstance(payload, TurnActivity):
        return f"{payload.parent} {payload.event!r}"
    return repr(payload)


class Teller:
    """The `Sink` of one teller: it tells the turn that is open from its beginning."""

    def __init__(self, telling: Telling, on_end: Callable[[], None] = lambda: None) -> None:
        self._telling = telling
        self._on_end = on_end
        self._number = telling.tellers
        telling.tellers += 1
        self.turns = telling.turns
        """Turns that were told: the teller goes on with the turn of this number, from 0."""
        self.told_until = telling.ended_at
        """When the last of these ended, in Unix milliseconds; 0: there is none."""
        self._texts = list(telling.texts)
        self._calls = dict(telling.started)
        self._ended = set(telling.completed)
        self._others = Counter(telling.others)
        self._is_again = telling.has_begun or bool(self._others)
        """What was told of the turn may come again."""
        self._matched: dict[tuple[type, str | None, str | None], tuple[_Text, str, int]] = {}
        """By the teller's own entry: the text that it repeats, that text as it was, and how far it
        has come in it."""
        self._names: dict[str, str] = {}
        """Entries as the telling has them, by this teller's ids, of the turn."""
        self._is_current = True
        self._silent = 0
        """Turns that are passed over."""

    def retell(self) -> None:
        """The session is told from its beginning: what ended of it is passed over."""
        self._silent = self.turns

    def drop(self) -> None:
        """Another tells the session from now on; what this one still says is not told."""
        self._is_current = False

    def publish(self, produced: Produced) -> None:
        """Tell an event, unless it was told before."""
        if not self._is_current:
            return
        payload = produced.payload
        if self._silent:
            self._silent -= isinstance(payload, Committed)
            return
        if isinstance(payload, TurnActivity):
            activity = self._new_of(payload)
            if activity is None:
                return
            payload = activity
        elif isinstance(payload, Committed):
            self._is_again = False
            self._names.clear()
        elif self._was_told(payload):
            return
        self._telling.publish(produced._replace(payload=payload))

    def wait(self) -> None:
        """Wait until most of it was delivered, for a moment at most."""
        self._telling.wait()

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed, by what was published."""
        return self._telling.turn_failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """End the session, at Unix milliseconds `at` or now."""
        if self._is_current:
            self._telling.end(outcome, at)
            self._on_end()

    # -- what is new -----------------------------------------------------------------------------

    def _new_of(self, activity: TurnActivity) -> TurnActivity | None:
        event = activity.event
        if isinstance(event, ToolCallStarted | ToolCallCompleted) and event.call_id:
            return None if self._is_again and self._was_called(event) else activity
        if isinstance(event, _TEXTS):
            return self._rest_of(activity, event)
        if isinstance(event, ModelAttemptReset):
            names = [self._name(each) or each for each in event.correlation_ids]
            activity = TurnActivity(activity.id, None, ModelAttemptReset(names), activity.parent)
        if self._was_told(activity):
            return None
        return self._under(activity, self._name(activity.correlation_id))

    def _was_called(self, event: ToolCallStarted | ToolCallCompleted) -> bool:
        call_id = event.call_id or ""
        if isinstance(event, ToolCallCompleted) or call_id in self._ended:
            return call_id in self._ended
        known = self._calls.get(call_id)
        return known is not None and (known.name, known.args) == (event.name, event.args)

    def _was_told(self, payload: Payload) -> bool:
        if isinstance(payload, SessionChanged) and self._telling.knows(payload):
            return True  # and no life of the session
        if not self._is_again:
            return False
        mark = mark_of(payload)
        if self._others[mark] <= 0:
            return False
        self._others[mark] -= 1
        return True

    def _rest_of(
        self, activity: TurnActivity, event: AssistantProseDelta | ReasoningDelta
    ) -> TurnActivity | None:
        """What is new of a piece of a text; it goes on in the entry that has its beginning."""
        place = (type(event), activity.correlation_id, activity.parent)
        is_begun = place in self._matched or activity.correlation_id in self._names
        if self._is_again and not is_begun:
            self._match(place, event.text)
        found = self._matched.get(place)
        if found is None:
            return self._under(activity, self._name(activity.correlation_id))
        known, before, done = found
        ahead = before[done : done + len(event.text)]
        if not event.text.startswith(ahead):  # they only began alike
            del self._matched[place]
            self._names.pop(activity.correlation_id or "", None)
            event = type(event)(before[:done] + event.text)
            activity = TurnActivity(activity.id, place[1], event, place[2])
            return self._under(activity, self._name(place[1]))
        self._matched[place] = (known, before, done + len(ahead))
        rest = event.text[len(ahead) :]
        if not rest:
            return None
        whole = TurnActivity(activity.id, None, type(event)(rest), activity.parent)
        return self._under(whole, known.correlation)

    def _match(self, place: tuple[type, str | None, str | None], text: str) -> None:
        """Find the text that this one repeats: the first that nothing has repeated yet."""
        for known in self._texts:
            is_same = known.kind is place[0] and known.parent == place[2] and bool(known.text)
            if is_same and (known.text.startswith(text) or text.startswith(known.text)):
                self._texts.remove(known)
                self._matched[place] = (known, known.text, 0)
                if place[1] and known.correlation:
                    self._names[place[1]] = known.correlation
                return

    def _name(self, correlation: str | None) -> str | None:
        """An entry's id in the telling: no two tellers may mean one by chance."""
        if correlation is None or self._number == 0:
            return correlation
        return self._names.setdefault(correlation, f"{correlation}~{self._number}")

    def _under(self, activity: TurnActivity, correlation: str | None) -> TurnActivity:
        if correlation == activity.correlation_id:
            return activity
        return TurnActivity(activity.id, correlation, activity.event, activity.parent)
