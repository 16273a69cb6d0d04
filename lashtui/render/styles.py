"""What a piece of a line looks like, said by meaning; a palette makes colours of it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Tone: TypeAlias = Literal[
    "text",
    "strong",
    "muted",
    "faint",
    "accent",
    "failed",
    "code",
    "inline",
    "added",
    "deleted",
    "keyword",
    "string",
    "number",
    "comment",
    "name",
]
"""`accent` is the live edge and nothing else, `failed` the mark of what failed, `inline` code
within prose; the last five are the syntax of code."""

BOLD: Final = 1
ITALIC: Final = 2
STRIKE: Final = 4
UNDERLINE: Final = 8


class Look(NamedTuple):
    """How a run of characters is drawn."""

    tone: Tone = "text"
    attrs: int = 0
    """BOLD, ITALIC, STRIKE and UNDERLINE, or-ed."""
    link: str = ""
    """Where a click leads: http or https, printable ASCII, or empty."""


Run: TypeAlias = tuple[str, Look]
Line: TypeAlias = tuple[Run, ...]
"""One line of the screen. Its text is safe: no control characters, tabs or newlines."""

TEXT: Final = Look()
STRONG: Final = Look("strong", BOLD)
MUTED: Final = Look("muted")
FAINT: Final = Look("faint")
ACCENT: Final = Look("accent")
FAILED: Final = Look("failed", BOLD)
CODE: Final = Look("code")
COMMENT: Final = Look("comment", ITALIC)
ADDED: Final = Look("added")
DELETED: Final = Look("deleted")
BLANK: Final[Line] = ()


def line_text(line: Line) -> str:
    """The characters of a line."""
    return "".join([text for text, _ in line])
