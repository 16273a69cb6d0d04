"""Words of a command line shown to the user: safe to print and safe to paste."""

from __future__ import annotations

import shlex

from lashtui.text.sanitize import safe_text


def shell_word(text: str) -> str:
    """`text` as one word for a shell.

    What a terminal must not receive is written as bytes in `$'...'`, which bash, zsh, ksh and
    POSIX 2024 read.
    """
    if safe_text(text) == text and text.isprintable():
        return shlex.quote(text)
    parts = (
        character
        if character.isascii() and character.isprintable() and character not in "\\'"
        else "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
        for character in text
    )
    # Each escape is quoted separately: a digit after `\xNN` could be read as part of it.
    return "".join(f"$'{part}'" if part.startswith("\\") else shlex.quote(part) for part in parts)
