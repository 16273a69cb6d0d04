"""Questions that are open at the same time: the newest is shown, and none is lost."""

from __future__ import annotations

from lashtui.producers.asked import MAX_ASKED, Asked


def test_the_newest_question_is_shown_until_the_last_is_answered() -> None:
    """Answered in any order."""
    said: list[str] = []
    asked = Asked(said.append, lambda: said.append("on"))
    asked.ask("a", "A?")
    asked.ask("b", "B?")
    asked.ask("b", "again")
    assert asked.answer("b") == "B?"
    assert asked.answer("b") is None
    assert asked.answer("a") == "A?"
    assert said == ["A?", "B?", "A?", "on"]


def test_an_older_answer_changes_nothing_on_the_screen() -> None:
    """The newest is still open."""
    said: list[str] = []
    asked = Asked(said.append, lambda: said.append("on"))
    asked.ask("a", "A?")
    asked.ask("b", "B?")
    asked.answer("a")
    asked.clear()
    assert said == ["A?", "B?", "on"]


def test_open_questions_are_bounded() -> None:
    """Whatever an agent asks."""
    asked = Asked(lambda what: None, lambda: None)
    for number in range(MAX_ASKED + 5):
        asked.ask(str(number), "?")
    assert asked.answer("0") is None
    assert asked.answer("5") == "?"
