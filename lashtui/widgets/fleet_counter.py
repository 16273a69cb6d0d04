"""How many sessions need a person, in the line that each screen has for it."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from lashtui.text.standing import STANDING_MARKS, URGENT, Standing, counted
from lashtui.theme import STANDING_STYLES
from lashtui.widgets.keys import key_of


class CounterWanted(Message):
    """A line that shows the counter is there now: who knows the numbers gives them to it."""

    def __init__(self, line: CounterLine) -> None:
        super().__init__()
        self.line = line


class CounterLine(Widget):
    """Base of the lines that show the counter."""

    def on_mount(self) -> None:
        """Ask for the numbers."""
        self.post_message(CounterWanted(self))

    def show_counter(self, counts: Mapping[Standing, int], *, others: bool = False) -> None:
        """So many sessions stand where. `others`: one that is not in front needs the person."""
        raise NotImplementedError


class FleetCounter(CounterLine):
    """The counter alone, in one row; shorter where there is no room for words, and no row if it
    has nothing to say."""

    DEFAULT_CSS = """
    FleetCounter { display: none; height: 1; }
    FleetCounter.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[Standing, int] = {}
        self._key = ""

    def show_counter(self, counts: Mapping[Standing, int], *, others: bool = False) -> None:
        """Show these."""
        key = next_key(self) if others else ""
        if counts != self._counts or key != self._key:
            self._counts, self._key = dict(counts), key
            self.set_class(bool(self.text), "-some")
            self.refresh()

    @property
    def text(self) -> str:
        """What it says, in words."""
        return counter_content(self._counts).plain

    def render(self) -> Content:
        """The counter at its current width."""
        words = counter_content(self._counts, self._key)
        return words if words.cell_length <= self.size.width else short_counter(self._counts)


def next_key(widget: Widget) -> str:
    """The key that goes to the next session that needs the person."""
    return key_of(widget, "next_needs_you", "!")


def counter_content(counts: Mapping[Standing, int], key: str = "") -> Content:
    """`‼ 2 need you  ✗ 1 failed`: empty if there is nothing to say.

    `key`: goes to another session that needs the person, if there is one.
    """
    parts = [
        Content.styled(counted(each, counts[each]), STANDING_STYLES[each])
        for each in URGENT
        if counts.get(each)
    ]
    if key and counts.get("needs you"):
        parts.append(Content.assemble((key, "bold"), (" next", "$foreground 70%")))
    return Content("  ").join(parts)


def short_counter(counts: Mapping[Standing, int]) -> Content:
    """`‼2 ✗1`, for where cells are few."""
    parts = [
        Content.styled(f"{STANDING_MARKS[each]}{counts[each]:,}", STANDING_STYLES[each])
        for each in URGENT
        if counts.get(each)
    ]
    return Content(" ").join(parts)
