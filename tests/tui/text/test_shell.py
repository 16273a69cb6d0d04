"""Words that a person pastes into a shell."""

from __future__ import annotations

import subprocess

import pytest

from lashtui.text.sanitize import safe_text
from lashtui.text.shell import shell_word

WORDS = ["build", "a b", "it's", "$x`", "é", "a\u202eb9\\'c", "\u200fé\u0085", "\x1b[2J\n"]


@pytest.mark.parametrize("text", WORDS)
def test_a_shell_reads_what_was_meant_and_a_terminal_nothing_else(text: str) -> None:
    """Whatever a session calls itself."""
    word = shell_word(text)
    assert safe_text(word) == word
    assert word.isprintable()
    read = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, timeout=20
    )
    assert read.stdout.decode() == text
