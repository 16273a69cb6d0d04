"""Neutralises an agent's text before it reaches a terminal. The only place that does.

Terminals, and Textual's widgets, treat escape and control characters in text as commands. Text that
went through here can't move the cursor, set a title, write the clipboard or reorder a line.
"""

from __future__ import annotations

import re

# C0 except tab and newline, DEL, C1, the bidirectional controls, which reorder neighbouring text
# (Unicode TR 9), the line separators, and lone surrogates, which can't be encoded.
HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Whole sequences are removed first, so that their parameters don't stay behind: CSI, OSC and the
# like up to their end (bounded: an unterminated one must not swallow the text), two-byte escapes.
# No part may match the beginning of another sequence, or a run of beginnings takes quadratic time.
SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]{0,4096}(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]{0,8}[0-Z\\\\^-~]"
)
# A sequence that begins at the end of a text and is not complete.
_UNFINISHED = re.compile(
    "(?:(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]{0,4096}\x1b?"
    "|\x1b[ -/]{0,8})\\Z"
)
_MOST_UNFINISHED = 4100
"""Characters: longer ones are not sequences, see `SEQUENCE`."""
# Possessive, and only from the first of a run: many carriage returns take linear time.
_CRLF = re.compile("(?<!\r)\r++\n")


def safe_text(text: str) -> str:
    """`text` without anything that controls a terminal; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    if "\r" in text:
        text = _CRLF.sub("\n", text)
    return HOSTILE.sub("", SEQUENCE.sub("", text))


def split_unfinished(text: str) -> tuple[str, str]:
    """`text`, and an incomplete sequence at its end that a stream's next piece may complete."""
    if text.isascii() and "\x1b" not in text[-_MOST_UNFINISHED:]:
        return text, ""
    found = _UNFINISHED.search(text, max(0, len(text) - _MOST_UNFINISHED))
    return (text, "") if found is None else (text[: found.start()], found.group())


def safe_line(text: str, limit: int = 500) -> str:
    """`text` as one line of at most `limit` characters: newlines and tabs become spaces."""
    line = " ".join(safe_text(text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
