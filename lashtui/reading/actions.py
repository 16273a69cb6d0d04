"""What a reader can do in a session, as data: bindings, palette and help are built from it.

Textual is not imported here; the screens turn these actions into bindings.
"""

from __future__ import annotations

from typing import Final

import msgspec


class ReadingAction(msgspec.Struct, frozen=True):
    """One action of the session screen."""

    name: str
    """Its name in the palette: an imperative."""
    help: str
    """What it does, in one line."""
    action: str
    """The name of Textual's action on the session screen."""
    key_id: str
    """The id of its binding in the configuration."""
    keys: str
    """Default keys, separated by commas."""
    label: str = ""
    """Its label in the footer; empty if it is not shown there."""


READING_ACTIONS: Final = (
    ReadingAction(
        "Search the transcript",
        "Search the whole transcript as you type",
        "search",
        "session.search",
        "slash",
        "Search",
    ),
    ReadingAction(
        "Next match",
        "Next match; without a search, what is new since you left",
        "next_match",
        "session.search_next",
        "n",
        "Next",
    ),
    ReadingAction(
        "Previous match",
        "Previous match of the search",
        "previous_match",
        "session.search_previous",
        "N",
    ),
    ReadingAction(
        "Filter by kind",
        "Choose which kinds of entries are shown",
        "filter",
        "session.filter",
        "f",
        "Filter",
    ),
    ReadingAction(
        "Next entry",
        "Go to the next entry",
        "next_entry",
        "session.entry_next",
        "j",
        "Move",
    ),
    ReadingAction(
        "Previous entry",
        "Go to the previous entry",
        "previous_entry",
        "session.entry_previous",
        "k",
    ),
    ReadingAction(
        "Open the current entry",
        "Open the current entry on a screen of its own",
        "open_entry",
        "session.open",
        "enter",
        "Open",
    ),
    ReadingAction(
        "Fold or unfold the current entry",
        "Fold or unfold the current entry",
        "fold_entry",
        "session.fold",
        "space",
        "Expand",
    ),
    ReadingAction(
        "Fold or unfold everything",
        "Unfold every entry; press again to fold them all",
        "fold_all",
        "session.fold_all",
        "z",
    ),
    ReadingAction(
        "Toggle changes side by side",
        "Toggle changes side by side, in a transcript of 130 columns",
        "toggle_columns",
        "session.side_by_side",
        "v",
    ),
    ReadingAction(
        "Next turn",
        "Go to the next turn",
        "jump('turn', 1)",
        "session.turn_next",
        "right_square_bracket",
    ),
    ReadingAction(
        "Previous turn",
        "Go to the previous turn",
        "jump('turn', -1)",
        "session.turn_previous",
        "left_square_bracket",
    ),
    ReadingAction(
        "Next tool call",
        "Go to the next tool call",
        "jump('tool', 1)",
        "session.tool_next",
        "t",
    ),
    ReadingAction(
        "Previous tool call",
        "Go to the previous tool call",
        "jump('tool', -1)",
        "session.tool_previous",
        "T",
    ),
    ReadingAction(
        "Next error",
        "Go to the next error or failed call",
        "jump('error', 1)",
        "session.error_next",
        "e",
        "Next error",
    ),
    ReadingAction(
        "Previous error",
        "Go to the previous error or failed call",
        "jump('error', -1)",
        "session.error_previous",
        "E",
    ),
    ReadingAction(
        "Copy the current entry",
        "Copy the current entry; for a call its output, press again for all of it",
        "copy_entry",
        "session.copy",
        "c",
        "Copy",
    ),
    ReadingAction(
        "Copy a code block",
        "Copy the last code block of the current entry; press again for the one before",
        "copy_code",
        "session.copy_code",
        "C",
    ),
    ReadingAction(
        "Copy the selection",
        "Copy the mouse selection",
        "copy_selection",
        "session.copy_selection",
        "y,ctrl+c",
    ),
    ReadingAction(
        "Copy the command for a script",
        "Copy the attach command that continues from here in a script",
        "copy_command",
        "session.copy_command",
        "Y",
    ),
    ReadingAction(
        "List links",
        "List the links and lines of files of the current entry, to open or copy one",
        "links",
        "session.links",
        "u",
    ),
    ReadingAction(
        "Export transcript as Markdown",
        "Write the transcript as Markdown to the current directory",
        "export",
        "session.export",
        "w",
    ),
    ReadingAction(
        "Go to what is new",
        "Go to what is new since you left",
        "go_to_new",
        "session.new",
        "",
    ),
)


def actions_with_keys(*names: str) -> tuple[ReadingAction, ...]:
    """The actions that have keys; with `names`, only those whose `action` is one of them."""
    return tuple(
        action
        for action in READING_ACTIONS
        if action.keys and (not names or action.action in names)
    )
