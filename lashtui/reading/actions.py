"""What a reader can do in a session, as data: bindings, palette and help are made of it.

Textual is not imported here: whoever needs a binding makes one of an action.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ReadingAction:
    """One action of the session screen."""

    name: str
    """In the palette: an imperative."""
    help: str
    """What it does, in one line."""
    action: str
    """Textual's name of it, on the session screen."""
    key_id: str
    """What the configuration calls its key."""
    keys: str
    """Keys bound to it by default, with commas between."""
    label: str = ""
    """Its word in the footer; empty: not shown there."""


READING_ACTIONS: Final = (
    ReadingAction(
        "Search the transcript",
        "Search the whole transcript as you type",
        "search",
        "reading.search",
        "slash",
        "Search",
    ),
    ReadingAction(
        "Next match",
        "Next match; without a search, to what is new since you left",
        "next_match",
        "reading.search_next",
        "n",
    ),
    ReadingAction(
        "Previous match",
        "Previous match of the search",
        "previous_match",
        "reading.search_previous",
        "N",
    ),
    ReadingAction(
        "Filter by kind",
        "Choose which kinds of entries are shown",
        "filter",
        "reading.filter",
        "f",
        "Filter",
    ),
    ReadingAction(
        "Next entry",
        "Make the next entry the current one",
        "next_entry",
        "reading.entry_next",
        "j",
    ),
    ReadingAction(
        "Previous entry",
        "Make the previous entry the current one",
        "previous_entry",
        "reading.entry_previous",
        "k",
    ),
    ReadingAction(
        "Open the current entry",
        "Open the current entry on a screen of its own",
        "open_entry",
        "reading.open",
        "enter",
        "Open",
    ),
    ReadingAction(
        "Fold or unfold the current entry",
        "Fold or unfold the current entry",
        "fold_entry",
        "reading.fold",
        "space",
        "Fold",
    ),
    ReadingAction(
        "Fold or unfold everything",
        "Unfold every entry; once more: fold them all",
        "fold_all",
        "reading.fold_all",
        "z",
    ),
    ReadingAction(
        "Next turn",
        "To the next turn",
        "jump('turn', 1)",
        "reading.turn_next",
        "right_square_bracket",
    ),
    ReadingAction(
        "Previous turn",
        "To the previous turn",
        "jump('turn', -1)",
        "reading.turn_previous",
        "left_square_bracket",
    ),
    ReadingAction(
        "Next tool call",
        "To the next tool call",
        "jump('tool', 1)",
        "reading.tool_next",
        "t",
    ),
    ReadingAction(
        "Previous tool call",
        "To the previous tool call",
        "jump('tool', -1)",
        "reading.tool_previous",
        "T",
    ),
    ReadingAction(
        "Next error",
        "To the next error or failed call",
        "jump('error', 1)",
        "reading.error_next",
        "e",
    ),
    ReadingAction(
        "Previous error",
        "To the previous error or failed call",
        "jump('error', -1)",
        "reading.error_previous",
        "E",
    ),
    ReadingAction(
        "Copy the current entry",
        "Copy the current entry's text",
        "copy_entry",
        "reading.copy",
        "c",
        "Copy",
    ),
    ReadingAction(
        "Copy the last code block",
        "Copy the last code block of the current entry",
        "copy_code",
        "reading.copy_code",
        "C",
    ),
    ReadingAction(
        "Copy the selection",
        "Copy what is selected with the mouse",
        "copy_selection",
        "reading.copy_selection",
        "y,ctrl+c",
    ),
    ReadingAction(
        "Copy the command for a script",
        "Copy the attach command that goes on from here in a script",
        "copy_command",
        "reading.copy_command",
        "Y",
    ),
    ReadingAction(
        "Export transcript as Markdown",
        "Write the transcript as Markdown into the current directory",
        "export",
        "reading.export",
        "ctrl+e",
    ),
    ReadingAction(
        "Go to what is new",
        "To what is new since you left",
        "go_to_new",
        "session.new",
        "",
    ),
)
