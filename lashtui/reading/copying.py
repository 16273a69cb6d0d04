"""What is copied, and what the reader is told of it. Pure: the terminal is the app's affair."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashtui.reading.source import entry_source
from lashtui.render.markdown import parser
from lashtui.render.tool_text import output_text
from lashtui.text.sanitize import safe_text
from lashtui.text.shell import shell_word

if TYPE_CHECKING:
    from lashd.view import Entry

MAX_BYTES: Final = 100_000
"""Of UTF-8. The clipboard is set by an escape sequence; terminals that bound it (hterm 100,000,
screen less) drop a longer one without a word."""

MAX_PARSED: Final = 48 * 1024
"""Characters of Markdown whose blocks are parsed, which takes 0.3 s at the worst; of longer texts
the fences at the margin are found."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)


def bounded(text: str) -> tuple[str, int]:
    """`text`, safe, as much of it as a clipboard takes; and how many characters were left out."""
    text = safe_text(text)
    if len(text) * 4 <= MAX_BYTES:
        return text, 0
    data = text.encode("utf-8", "ignore")
    if len(data) <= MAX_BYTES:
        return text, 0
    kept = data[:MAX_BYTES].decode("utf-8", "ignore")
    return kept, len(text) - len(kept)


def told(what: str, text: str, left_out: int) -> str:
    """The sentence about what was copied."""
    lines = text.count("\n") + 1
    size = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
    if left_out:
        return (
            f"copied the first {len(text):,} characters of {what}: {left_out:,} more are too many"
            " for the clipboard"
        )
    return f"copied {what} ({size})"


def entry_text(entry: Entry) -> str:
    """What copying an entry gives: its source, without the blank lines around it."""
    return entry_source(entry).strip("\n")


def call_output(entry: Entry) -> str:
    """What a tool call gave back: what one mostly wants of it. Empty for other entries."""
    return output_text(entry.output).strip("\n") if entry.kind == "tool" else ""


def code_blocks(entry: Entry) -> list[str]:
    """What an entry's text shows as code, block by block, or the source of a code run."""
    if entry.kind == "code":
        source = safe_text((entry.text or "").strip("\n"))
        return [source] if source else []
    if entry.kind == "prose" and entry.format != "plain":
        text = entry_source(entry)
        if len(text) <= MAX_PARSED:
            return _parsed_blocks(text)
    return _fences(entry_text(entry))


def _parsed_blocks(text: str) -> list[str]:
    """As drawn: in lists and quotes, too, without their indentation; also one still open."""
    blocks = (
        token.content.removesuffix("\n")
        for token in parser(inline=False).parse(text)
        if token.type in ("fence", "code_block")
    )
    return [block for block in blocks if block]


def _fences(text: str) -> list[str]:
    """The fenced blocks at the margin."""
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
        # The agent has not closed it yet, or never will: what is there of it.
        found.append(text[opened[1] :])
    return [block for block in found if block]


def attach_command(session_id: str, cursor: str | None, socket_option: str | None = None) -> str:
    """The command by which a script goes on from here."""
    words = ["lashtui"]
    if socket_option:
        words += ["--socket", socket_option]
    words += ["attach"]
    if not (cursor and session_id.startswith("-")):  # a cursor names its session, too
        words += [session_id]
    words += ["--format", "json"]
    if cursor:
        words += ["--cursor", cursor]
    return " ".join(map(shell_word, words))
