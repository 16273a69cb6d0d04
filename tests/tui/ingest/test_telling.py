"""A session that several tell in turn: nothing twice, nothing lost."""

from __future__ import annotations

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    Committed,
    Error,
    ModelAttemptReset,
    Payload,
    ReasoningDelta,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
)
from lashtui.ingest.telling import Teller, Telling
from lashtui.producers import Produced
from tests.tui.producers.goldens import prose_of, view_of


class Heard:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.produced: list[Produced] = []
        self.ends: list[SessionOutcome] = []

    def publish(self, produced: Produced) -> None:
        """One payload."""
        self.produced.append(produced)

    def wait(self) -> None:
        """Nothing to wait for."""

    @property
    def turn_failed(self) -> bool:
        """As a publisher says it."""
        return view_of(self.produced, ended=False).turn.failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The end."""
        self.ends.append(outcome)

    @property
    def prose(self) -> list[str]:
        """What the agent has said, entry by entry."""
        return prose_of(view_of(self.produced, ended=False))

    @property
    def events(self) -> list[AnyTurnEvent]:
        """All turn events."""
        payloads = [each.payload for each in self.produced]
        return [each.event for each in payloads if isinstance(each, TurnActivity)]


def say(teller: Teller, *payloads: Payload) -> None:
    """Tell payloads."""
    for payload in payloads:
        teller.publish(Produced(payload))


def activity(event: AnyTurnEvent, entry: str | None = None) -> TurnActivity:
    """A turn event of an entry."""
    return TurnActivity("", entry, event)


def prose(text: str, entry: str) -> TurnActivity:
    """A piece of prose."""
    return activity(AssistantProseDelta(text), entry)


CALL = activity(ToolCallStarted("shell", {"command": "ls"}, "c1"), "c1")
END = activity(ToolCallCompleted("shell", None, "out", "c1"), "c1")
ASKED = activity(UserMessage("look around"))


def test_the_next_teller_tells_the_open_turn_again() -> None:
    """What the first has told of it is left out, however it is cut; the rest comes once."""
    heard = Heard()
    telling = Telling(heard)
    first = Teller(telling)
    say(first, ASKED, prose("I look ", "m1"), prose("around.", "m1"), CALL)
    first.drop()
    say(first, END)  # too late
    second = Teller(telling)
    say(second, ASKED, prose("I look around.", "x"), CALL, END, prose("Done.", "y"), Committed())
    assert [type(each) for each in heard.events] == [
        UserMessage,
        AssistantProseDelta,
        AssistantProseDelta,
        ToolCallStarted,
        ToolCallCompleted,
        AssistantProseDelta,
    ]
    assert heard.prose == ["I look around.", "Done."]
    assert telling.turns == 1


def test_a_text_goes_on_in_its_entry() -> None:
    """One teller had its beginning, the next has all of it, in other pieces."""
    for pieces in (["I look around."], ["I lo", "ok ar", "ound."], list("I look around.")):
        heard = Heard()
        telling = Telling(heard)
        say(Teller(telling), prose("I look", "m1"))
        second = Teller(telling)
        say(second, *(prose(piece, "m9") for piece in pieces), prose(" And more.", "m10"))
        assert heard.prose == ["I look around.", " And more."]


def test_entries_of_two_tellers_are_not_confused() -> None:
    """The same id means one thing to each: here two texts, one of which is withdrawn."""
    heard = Heard()
    telling = Telling(heard)
    say(Teller(telling), prose("one", "m1"))
    second = Teller(telling)
    say(second, prose("two", "m1"), activity(ModelAttemptReset(["m1"])), prose("three", "m2"))
    assert heard.prose == ["one", "three"]


def test_what_came_twice_comes_twice() -> None:
    """The same words again are no copy of the first ones; prose is no reasoning."""
    heard = Heard()
    telling = Telling(heard)
    say(Teller(telling), prose("Yes.", "a"), activity(Error("no")))
    second = Teller(telling)
    error = activity(Error("no"))
    say(second, activity(ReasoningDelta("Yes."), "r"), prose("Yes.", "b"), error)
    say(second, prose("Yes.", "c"), error)
    assert heard.prose == ["Yes.", "Yes."]
    assert heard.events.count(Error("no")) == 2
    assert heard.events.count(ReasoningDelta("Yes.")) == 1


def test_a_text_that_only_begins_alike_is_another() -> None:
    """It is told whole."""
    heard = Heard()
    telling = Telling(heard)
    say(Teller(telling), prose("I see.", "a"))
    say(Teller(telling), prose("I see", "b"), prose(" nothing.", "b"))
    assert heard.prose == ["I see.", "I see nothing."]


def test_turns_that_ended_are_passed_over() -> None:
    """By one that tells the session from its beginning: the turn after them is told."""
    heard = Heard()
    telling = Telling(heard)
    say(Teller(telling), ASKED, prose("one", "a"), Committed(), ASKED, prose("tw", "b"))
    second = Teller(telling)
    assert second.turns == 1
    second.retell()
    say(second, ASKED, prose("one", "a"), Committed(), ASKED, prose("two", "b"), Committed(), ASKED)
    assert heard.prose == ["one", "two"]
    assert heard.events.count(UserMessage("look around")) == 3
    assert telling.turns == 2


def test_one_end() -> None:
    """Whoever says it first; a teller that was dropped says none."""
    heard = Heard()
    telling = Telling(heard)
    first, second = Teller(telling), Teller(telling)
    first.drop()
    first.end(SessionOutcome.FAILURE, None)
    second.end(SessionOutcome.SUCCESS, None)
    second.end(SessionOutcome.FAILURE, None)
    assert heard.ends == [SessionOutcome.SUCCESS]


def test_what_is_known_of_the_session_is_said_once() -> None:
    """In parts or whole, also after a turn: it would seem to live."""
    heard = Heard()
    telling = Telling(heard)
    opened = SessionChangeKind.OPENED
    first = Teller(telling)
    say(first, SessionChanged(opened, title="a", agent="x"), SessionChanged(opened, model="m"))
    say(first, ASKED, Committed())
    told = len(heard.produced)
    second = Teller(telling)
    say(second, SessionChanged(opened, title="a", agent="x", model="m"))
    assert len(heard.produced) == told
    say(second, SessionChanged(opened, title="b", agent="x", model="m"))
    say(second, SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))
    assert len(heard.produced) == told + 2
