"""What a reader can do in a session, as data: bindings, palette and help are made of it.

Textual is not imported here: whoever needs a binding makes one of an action.
"""

from __future__ import annotations

from typing import Final

import msgspec


class ReadingAction(msgspec.Struct, frozen=True):
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
        "session.search",
        "slash",
        "Search",
    ),
    ReadingAction(
        "Next match",
        "Next match; without a search, to what is new since you left",
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
        "Make the next entry the current one",
        "next_entry",
        "session.entry_next",
        "j",
        "Entry",
    ),
    ReadingAction(
        "Previous entry",
        "Make the previous entry the current one",
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
        "Fold",
    ),
    ReadingAction(
        "Fold or unfold everything",
        "Unfold every entry; once more: fold them all",
        "fold_all",
        "session.fold_all",
        "z",
    ),
    ReadingAction(
        "Next turn",
        "To the next turn",
        "jump('turn', 1)",
        "session.turn_next",
        "right_square_bracket",
    ),
    ReadingAction(
        "Previous turn",
        "To the previous turn",
        "jump('turn', -1)",
        "session.turn_previous",
        "left_square_bracket",
    ),
    ReadingAction(
        "Next tool call",
        "To the next tool call",
        "jump('tool', 1)",
        "session.tool_next",
        "t",
    ),
    ReadingAction(
        "Previous tool call",
        "To the previous tool call",
        "jump('tool', -1)",
        "session.tool_previous",
        "T",
    ),
    ReadingAction(
        "Next error",
        "To the next error or failed call",
        "jump('error', 1)",
        "session.error_next",
        "e",
        "Error",
    ),
    ReadingAction(
        "Previous error",
        "To the previous error or failed call",
        "jump('error', -1)",
        "session.error_previous",
        "E",
    ),
    ReadingAction(
        "Copy the current entry",
        "Copy the current entry; of a call its output, and the second time all of it",
        "copy_entry",
        "session.copy",
        "c",
        "Copy",
    ),
    ReadingAction(
        "Copy a code block",
        "Copy the last code block of the current entry, and each further time the one before",
        "copy_code",
        "session.copy_code",
        "C",
    ),
    ReadingAction(
        "Copy the selection",
        "Copy what is selected with the mouse",
        "copy_selection",
        "session.copy_selection",
        "y,ctrl+c",
    ),
    ReadingAction(
        "Copy the command for a script",
        "Copy the attach command that goes on from here in a script",
        "copy_command",
        "session.copy_command",
        "Y",
    ),
    ReadingAction(
        "Export transcript as Markdown",
        "Write the transcript as Markdown into the current directory",
        "export",
        "session.export",
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


def keyed(*names: str) -> tuple[ReadingAction, ...]:
    """The actions that have keys; with `names`, only those of these names of Textual's."""
    return tuple(
        action
        for action in READING_ACTIONS
        if action.keys and (not names or action.action in names)
    )
