"""Words of a command that a person is told to run: safe to print, and safe to paste."""

from __future__ import annotations

import shlex

from lashtui.text.sanitize import safe_text


def shell_word(text: str) -> str:
    """`text` as one word of a shell. What a terminal must not be sent is written as bytes: such a
    `$'...'` is read by bash, zsh, ksh and POSIX 2024."""
    if safe_text(text) == text and text.isprintable():
        return shlex.quote(text)
    parts = (
        character
        if character.isascii() and character.isprintable() and character not in "\\'"
        else "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
        for character in text
    )
    # A digit after `\xNN` could be read as a third one: each escape has its own quotes' end.
    return "".join(f"$'{part}'" if part.startswith("\\") else shlex.quote(part) for part in parts)
