"""Lines of styled text. Styles are named by meaning; a palette turns them into colours."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from lashtui.text.ansi import BOLD, DEFAULT, DIM, INVERSE, ITALIC, STRIKE, UNDERLINE

__all__ = [
    "ADDED",
    "BLANK",
    "BOLD",
    "CODE",
    "COMMENT",
    "DEFAULT",
    "DELETED",
    "DIM",
    "FAILED",
    "FAINT",
    "FOCUS",
    "INVERSE",
    "ITALIC",
    "LINE_NUMBER",
    "MUTED",
    "QUIET",
    "STRIKE",
    "STRONG",
    "TEXT",
    "THOUGHT",
    "TROUBLE",
    "UNDERLINE",
    "WAITING",
    "WORKING",
    "Continued",
    "Line",
    "Run",
    "TextStyle",
    "Tone",
    "begun",
    "joint",
    "line_text",
]

Tone: TypeAlias = Literal[
    "text",
    "strong",
    "muted",
    "faint",
    "thought",
    "waiting",
    "failed",
    "quiet",
    "working",
    "trouble",
    "focus",
    "code",
    "inline",
    "added",
    "deleted",
    "gutter",
    "keyword",
    "string",
    "number",
    "comment",
    "name",
]
"""From `waiting` to `focus` they are the roles of the theme. `thought` is the model's reasoning,
`inline` code within prose, `gutter` the numbers of lines, which are not copied
or searched; the last five are syntax colours."""


class TextStyle(NamedTuple):
    """How a run of characters is drawn."""

    tone: Tone = "text"
    attrs: int = 0
    """BOLD, ITALIC, STRIKE, UNDERLINE, DIM and INVERSE, or-ed together."""
    link: str = ""
    """Where a click leads: http, https, file or mailto, printable ASCII, or empty."""
    fore: int = DEFAULT
    """A command's own colour, as in `lashtui.text.ansi`; DEFAULT leaves it to the tone."""
    back: int = DEFAULT


Run: TypeAlias = tuple[str, TextStyle]
Line: TypeAlias = tuple[Run, ...]
"""One line of the screen. Its text is safe: no control characters, tabs or newlines."""


class Continued(str):
    """The first characters of a line that wrapping began, not a newline: equal to any others.

    It goes wherever its run goes, behind indents and marks, so that a copy can undo the wrapping.
    """

    __slots__ = ("gap",)
    gap: str
    """What was dropped at the break: spaces, or nothing within a word."""


TEXT: Final = TextStyle()
STRONG: Final = TextStyle("strong", BOLD)
MUTED: Final = TextStyle("muted")
FAINT: Final = TextStyle("faint")
LINE_NUMBER: Final = TextStyle("gutter")
"""Numbers of lines."""
THOUGHT: Final = TextStyle("thought", ITALIC)
FOCUS: Final = TextStyle("focus")
FAILED: Final = TextStyle("failed", BOLD)
QUIET: Final = TextStyle("quiet", BOLD)
WORKING: Final = TextStyle("working")
TROUBLE: Final = TextStyle("trouble")
WAITING: Final = TextStyle("waiting", BOLD)
CODE: Final = TextStyle("code")
COMMENT: Final = TextStyle("comment", ITALIC)
ADDED: Final = TextStyle("added")
DELETED: Final = TextStyle("deleted")
BLANK: Final[Line] = ()


def line_text(line: Line) -> str:
    """The characters of a line."""
    return "".join([text for text, _ in line])


def joint(line: Line) -> tuple[int, str] | None:
    """Where the text of a line begins that continues the one above, and what was between them."""
    at = 0
    for text, _ in line:
        if isinstance(text, Continued):
            return at, text.gap
        at += len(text)
    return None


def begun(line: Line) -> Line:
    """`line` such that it continues nothing: it does not stand under what it was wrapped from."""
    return tuple([(str(text), style) for text, style in line])
