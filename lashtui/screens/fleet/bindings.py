"""The keys of the fleet's screen."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

FLEET_BINDINGS: Final[list[BindingType]] = [
    Binding("enter", "open", "Open", id="fleet.open", tooltip="Watch this session"),
    Binding("slash", "narrow", "Filter", id="fleet.filter", tooltip="Filter by words"),
    Binding("s", "sort", "Sort", id="fleet.sort", tooltip="Sort by the next column"),
    Binding(
        "b",
        "group",
        "Group",
        id="fleet.group",
        tooltip="Group by state, directory, agent or host",
    ),
    Binding(
        "z,space", "fold", "Fold", show=False, id="fleet.fold", tooltip="Fold or open the group"
    ),
    Binding("p", "pin", "Pin", show=False, id="fleet.pin", tooltip="Pin or unpin this session"),
    Binding(
        "m", "mute", "Mute", show=False, id="fleet.mute", tooltip="Mute or unmute this session"
    ),
    Binding(
        "R",
        "rename",
        "Rename",
        show=False,
        id="fleet.rename",
        tooltip="Give this session a name of your own",
    ),
    Binding(
        "D",
        "remove",
        "Remove",
        show=False,
        id="fleet.remove",
        tooltip="Remove this session from the daemon",
    ),
    Binding(
        "v",
        "toggle_preview",
        "Preview",
        id="fleet.preview",
        tooltip="Toggle the preview, on a screen of 120 columns",
    ),
    Binding("r", "retry", "Retry", show=False, id="fleet.retry", tooltip="Reconnect now"),
    Binding("escape", "back", "Back", id="fleet.back", tooltip="Clear the filter, or go back"),
    Binding("q", "quit", "Quit", id="fleet.quit", tooltip="Quit; the agents keep running"),
    Binding("down,j", "move(1)", "Down", show=False, id="fleet.down"),
    Binding("up,k", "move(-1)", "Up", show=False, id="fleet.up"),
    Binding("home,g", "first", "Top", show=False, id="fleet.top"),
    Binding("end,G", "last", "Bottom", show=False, id="fleet.bottom"),
    Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="fleet.page_down"),
    Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="fleet.page_up"),
    Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="fleet.half_down"),
    Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="fleet.half_up"),
]
