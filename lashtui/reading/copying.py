"""What is copied, and the message about it. Pure: the app writes to the clipboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashtui.reading.source import entry_source
from lashtui.render.markdown import parser
from lashtui.text.changes import edits_of
from lashtui.text.format import plural
from lashtui.text.output import output_text
from lashtui.text.patch import patch_text
from lashtui.text.sanitize import safe_text
from lashtui.text.shell import shell_word

if TYPE_CHECKING:
    from lashd.view import Entry

MAX_BYTES: Final = 100_000
"""Of UTF-8. The clipboard is set by an escape sequence; terminals with a limit (hterm 100,000,
screen less) silently drop a longer one."""

MAX_PARSED: Final = 48 * 1024
"""Characters of Markdown up to which blocks are parsed, which takes at most 0.3 s; in longer texts
only fences at the margin are found."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)


def bounded(text: str) -> tuple[str, int]:
    """As much of safe `text` as a clipboard takes, and how many characters were left out."""
    text = safe_text(text)
    if len(text) * 4 <= MAX_BYTES:
        return text, 0
    data = text.encode("utf-8", "ignore")
    if len(data) <= MAX_BYTES:
        return text, 0
    kept = data[:MAX_BYTES].decode("utf-8", "ignore")
    return kept, len(text) - len(kept)


def copied_message(what: str, text: str, left_out: int, *, arrived: bool) -> str:
    """The message about what was copied.

    `arrived`: a program took it; else the terminal was asked, which does not answer.
    """
    if left_out:
        said = f"the first {len(text):,} of {plural(len(text) + left_out, 'character')}"
        size = ""
    else:
        lines = text.count("\n") + 1
        said = what
        size = f" ({plural(lines, 'line') if lines > 1 else plural(len(text), 'character')})"
    return f"copied {said}{size}" if arrived else f"sent {said}{size} to the terminal's clipboard"


def entry_text(entry: Entry) -> str:
    """The text that copying an entry yields: its source without surrounding blank lines."""
    return entry_source(entry).strip("\n")


def call_part(entry: Entry) -> tuple[str, str]:
    """The most wanted part of a tool call, and what to call it: what it has changed, to be used
    elsewhere, else its output. Empty for other entries.

    A change is a patch, see `patch_text`; of a file that was written as a whole, it is the text.
    """
    if entry.kind != "tool":
        return "", ""
    edits = edits_of(entry) if entry.state == "success" else []
    if any(edit.hunks for edit in edits):
        return "the patch", patch_text(edits)
    written = [edit.content for edit in edits if edit.content is not None]
    if len(written) == 1:
        return "the new text", safe_text(written[0]).strip("\n")
    return "the output", output_text(entry.output).strip("\n")


def code_blocks(entry: Entry) -> list[str]:
    """The code blocks of an entry's text, or the source of a code run."""
    if entry.kind == "code":
        source = safe_text((entry.text or "").strip("\n"))
        return [source] if source else []
    if entry.kind == "prose" and entry.format is None:
        text = entry_source(entry)
        if len(text) <= MAX_PARSED:
            return _parsed_blocks(text)
    return _fences(entry_text(entry))


def _parsed_blocks(text: str) -> list[str]:
    """As drawn: also those in lists and quotes, without their indentation, and an open one."""
    blocks = (
        token.content.removesuffix("\n")
        for token in parser(inline=False).parse(text)
        if token.type in ("fence", "code_block")
    )
    return [block for block in blocks if block]


def _fences(text: str) -> list[str]:
    """Fenced blocks at the margin."""
    found: list[str] = []
    opened: tuple[str, int] | None = None
    for match in _FENCE.finditer(text):
        mark, rest = match.group(1), match.group(2)
        if opened is None:
            opened = (mark, match.end() + 1)
        elif mark[0] == opened[0][0] and len(mark) >= len(opened[0]) and not rest.strip():
            found.append(text[opened[1] : match.start()].removesuffix("\n"))
            opened = None
    if opened is not None:
        # Not closed yet, or never: everything so far belongs to it.
        found.append(text[opened[1] :])
    return [block for block in found if block]


def attach_command(
    session_id: str, cursor: str | None, socket_option: str | None = None, host: str = ""
) -> str:
    """The command with which a script continues from here; `host`: another machine's name."""
    words = ["lashtui"]
    if host:
        words += ["--host", host]
    elif socket_option:
        words += ["--socket", socket_option]
    words += ["attach"]
    if not (cursor and session_id.startswith("-")):  # a cursor names its session as well
        words += [session_id]
    words += ["--format", "json"]
    if cursor:
        words += ["--cursor", cursor]
    return " ".join(map(shell_word, words))
