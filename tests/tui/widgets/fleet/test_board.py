"""The cursor and the view, whatever happens to the order."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lashtui.feed.fleet.order import Group
from lashtui.saved.session_key import SessionKey
from lashtui.widgets.fleet.board import Board


def group(name: str, numbers: Iterable[int], *, folded: bool = False) -> Group:
    """A group of the sessions with these numbers."""
    keys = tuple(SessionKey("", f"s{number}") for number in numbers)
    return Group(name, keys, () if folded else keys, folded)


def board(*groups: Group, height: int = 5) -> Board:
    """A board with these groups."""
    made = Board()
    made.resize(height)
    made.arrange(groups)
    return made


def current(made: Board) -> str | None:
    """The session with the cursor."""
    return made.session.session_id if made.session is not None else None


def test_it_begins_at_the_top() -> None:
    """With the first heading in view."""
    made = board(group("needs you", range(20)))
    assert (current(made), made.top) == ("s0", 0)
    made.last()
    assert (current(made), made.top) == ("s19", 16)
    made.first()
    assert (current(made), made.top) == ("s0", 0)


def test_the_cursor_stays_with_its_session() -> None:
    """When others come before it; at the top the view stays there."""
    made = board(group("working", (1, 2)))
    made.arrange([group("needs you", (0,)), group("working", (1, 2))])
    assert (current(made), made.top) == ("s1", 0)


def test_the_view_stays_when_the_session_leaves_it() -> None:
    """A session that goes to the far end is let go: who looks at the top still does."""
    made = board(group("needs you", (0, 1, 2)), group("working", range(10, 30)))
    made.arrange([group("needs you", (1, 2)), group("working", [*range(10, 30), 0])])
    assert (current(made), made.top) == ("s1", 0)


def test_a_view_in_the_middle_stays_on_its_session() -> None:
    """Lines above that come or go don't move what one reads."""
    made = board(group("working", range(30)))
    made.go_to(15)
    at = (made.cursor or 0) - made.top
    made.arrange([group("needs you", (50, 51)), group("working", range(30))])
    assert current(made) == "s14"
    assert (made.cursor or 0) - made.top == at


def test_a_session_that_is_gone_leaves_its_place() -> None:
    """The cursor is on the next one."""
    made = board(group("working", range(5)))
    made.go_to(3)
    assert current(made) == "s2"
    assert made.drop_missing({SessionKey("", name) for name in ("s0", "s1", "s3", "s4")})
    assert current(made) == "s3"
    assert not made.drop_missing({SessionKey("", name) for name in ("s0", "s1", "s3", "s4")})


def test_a_session_that_comes_back_gets_the_cursor_back() -> None:
    """Its line went with the daemon, or with a filter that was being typed; unless one has moved
    since."""
    made = board(group("working", range(5)))
    made.go_to(3)
    made.arrange([])
    made.arrange([group("working", (4,))])
    assert current(made) == "s4"
    made.arrange([group("working", range(5))])
    assert current(made) == "s2"
    made.arrange([group("working", (0, 1, 3, 4))])
    assert current(made) == "s3"
    made.move(-1)
    made.arrange([group("working", range(5))])
    assert current(made) == "s1"


def test_the_cursor_visits_folds_and_no_other_heading() -> None:
    """A folded group's heading is where it is opened."""
    made = board(group("working", (1,)), group("done", (2, 3), folded=True))
    made.move(1)
    assert made.session is None
    assert made.group is not None
    assert made.group.name == "done"
    made.move(1)
    assert made.group.name == "done"
    made.move(-1)
    assert current(made) == "s1"
    assert made.select(group("done", ()))


def test_nothing_to_be_on() -> None:
    """An empty board has no cursor, and moving does nothing."""
    made = board()
    made.move(1)
    made.page(3)
    made.last()
    made.scroll_to(3)
    assert (made.cursor, made.current, made.group, made.top) == (None, None, None, 0)
    assert not made.select(SessionKey("", "s1"))


class Boards(RuleBasedStateMachine):
    """Anything a person, a terminal and a fleet can do."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()

    @rule(
        sizes=st.lists(st.tuples(st.lists(st.integers(0, 40), unique=True), st.booleans())),
    )
    def arrange(self, sizes: list[tuple[list[int], bool]]) -> None:
        seen: set[int] = set()
        groups = []
        for number, (members, folded) in enumerate(sizes):
            fresh = [each for each in members if each not in seen]
            seen.update(fresh)
            if fresh:
                groups.append(group(f"g{number}", fresh, folded=folded))
        self.board.arrange(groups)

    @rule(keep=st.sets(st.integers(0, 40)))
    def drop(self, keep: set[int]) -> None:
        self.board.drop_missing({SessionKey("", f"s{number}") for number in keep})

    @rule(height=st.integers(0, 12))
    def resize(self, height: int) -> None:
        self.board.resize(height)

    @rule(by=st.integers(-5, 5).filter(bool))
    def move(self, by: int) -> None:
        self.board.move(by)

    @rule(by=st.integers(-12, 12))
    def page(self, by: int) -> None:
        self.board.page(by)

    @rule(top=st.integers(-5, 60))
    def scroll(self, top: int) -> None:
        self.board.scroll_to(top)

    @rule(line=st.integers(-5, 60))
    def go_to(self, line: int) -> None:
        self.board.go_to(line)

    @rule()
    def ends(self) -> None:
        self.board.last()

    @invariant()
    def the_cursor_is_in_view(self) -> None:
        made = self.board
        assert 0 <= made.top <= max(0, len(made.lines) - 1)
        if made.height:
            assert made.top <= max(0, len(made.lines) - made.height)
        if made.cursor is None:
            assert not any(isinstance(each, SessionKey) for each in made.lines)
            return
        line = made.lines[made.cursor]
        assert not isinstance(line, Group) or line.folded
        if made.height:
            assert made.top <= made.cursor < made.top + made.height


TestBoards = Boards.TestCase


def test_one_comes_back_to_the_lines_that_were_in_view() -> None:
    """Unless the cursor would be out of it."""
    board = Board()
    board.resize(5)
    keys = tuple(SessionKey("", f"s{number:02}") for number in range(30))
    board.arrange([Group("working", keys, keys, folded=False)])
    board.select(keys[12])
    board.look_from(11)
    assert (board.top, board.session) == (11, keys[12])
    board.look_from(0)
    assert board.session == keys[12]
    assert board.top <= 13 < board.top + 5
