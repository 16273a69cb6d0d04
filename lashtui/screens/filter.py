"""The filter's menu: which kinds of entries are shown. What is chosen shows at once behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from lashtui.reading.filters import KINDS, KindFilter, make_filter


class FilterScreen(ModalScreen[None]):
    """A list of kinds, each shown or not.

    Args:
        present: the filter as it is.
        choose: called with each change.
    """

    DEFAULT_CSS = """
    FilterScreen { align: center middle; background: $background 40%; }
    FilterScreen > Vertical {
        width: 36; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface;
    }
    FilterScreen SelectionList {
        height: auto; border: none; padding: 0; background: transparent;
    }
    FilterScreen SelectionList:focus { border: none; background-tint: $foreground 0%; }
    FilterScreen Static { color: $foreground 70%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f,q", "dismiss", "Close"),
        Binding("a", "all", "Everything"),
        Binding("o", "only", "Only this"),
    ]

    def __init__(
        self, present: KindFilter | None, choose: Callable[[KindFilter | None], None]
    ) -> None:
        super().__init__()
        self._present = present
        self._choose = choose

    def compose(self) -> ComposeResult:
        """The kinds."""
        chosen = self._present.chosen if self._present is not None else None
        with Vertical():
            yield Static("show", markup=False)
            yield SelectionList[str](
                *(Selection(k.name, k.id, chosen is None or k.id in chosen) for k in KINDS)
            )
            yield Static("space toggles · o only · a all", markup=False)

    @on(SelectionList.SelectedChanged)
    def _chosen(self, event: SelectionList.SelectedChanged[str]) -> None:
        self._choose(make_filter(event.selection_list.selected))

    def action_all(self) -> None:
        """Everything is shown."""
        self.query_one(SelectionList).select_all()

    def action_only(self) -> None:
        """Only the kind under the cursor."""
        kinds: SelectionList[str] = self.query_one(SelectionList)
        at = kinds.highlighted
        if at is not None:
            with self.prevent(SelectionList.SelectedChanged):
                kinds.deselect_all()
            kinds.select(KINDS[at].id)
