"""The filter's menu: which kinds of entries are shown. A choice takes effect behind it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from lashtui.reading.filters import KINDS, Kind, KindFilter, make_filter
from lashtui.screens.list_dialog import ListDialog, keys_content
from lashtui.screens.paint_screen import NEXT_NEEDS_YOU

KEYS = (
    (("space", "toggle"), ("o", "only this")),
    (("a", "all"), ("esc", "close")),
)
"""The lines that explain the keys; 32 cells at the most."""
ALL = frozenset(kind.id for kind in KINDS)
NAME_WIDTH = max(len(kind.name) for kind in KINDS)


class FilterScreen(ListDialog):
    """A list of kinds, each shown or hidden, by mark and word.

    Args:
        present: the filter as it is now.
        choose: called with each new filter.
    """

    DEFAULT_CSS = """
    FilterScreen > Vertical { width: 36; max-width: 100%; max-height: 100%; }
    FilterScreen.-low > Vertical { padding: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f,q", "dismiss", "Close"),
        Binding("space", "turn", "Show or hide"),
        Binding("a", "all", "Everything"),
        Binding("o", "only", "Only this"),
        NEXT_NEEDS_YOU,
    ]

    def __init__(
        self, present: KindFilter | None, choose: Callable[[KindFilter | None], None]
    ) -> None:
        super().__init__()
        self._chosen = present.chosen if present is not None else ALL
        self._choose = choose

    def compose(self) -> ComposeResult:
        """The kinds."""
        with Vertical():
            yield Static("Show these entries", markup=False)
            yield OptionList(*(_row(kind, kind.id in self._chosen) for kind in KINDS), markup=False)
            for line in KEYS:
                yield Static(keys_content(line), markup=False)

    def _show(self, chosen: Iterable[str]) -> None:
        self._chosen = frozenset(chosen)
        rows = self.query_one(OptionList)
        for at, kind in enumerate(KINDS):
            rows.replace_option_prompt_at_index(at, _row(kind, kind.id in self._chosen))
        self._choose(make_filter(self._chosen))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._show(self._chosen ^ {KINDS[event.option_index].id})

    def action_turn(self) -> None:
        """Show or hide the kind under the cursor."""
        self.query_one(OptionList).action_select()

    def action_all(self) -> None:
        """Show everything."""
        self._show(ALL)

    def action_only(self) -> None:
        """Show only the kind under the cursor."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self._show({KINDS[at].id})


def _row(kind: Kind, shown: bool) -> Content:
    """`✓ prose   shown`."""
    name = f"{kind.name:<{NAME_WIDTH}}"
    if shown:
        return Content.assemble("✓ ", name, ("  shown", "$foreground 65%"))
    return Content.styled(f"· {name}  hidden", "$foreground 65%")
