"""A divider inside an entry's text: where the reader had read to when they left.

What they had read is drawn once more on its own. As far as its lines are those of the whole text,
they were on the screen; the divider stands behind them, in the middle of a line if need be. Where
the rest has changed what was there, as the next row of a table does, it stands before that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from lashtui.render.entry import divider_line
from lashtui.render.styles import BLANK, Line, begun, line_text
from lashtui.render.wrap import slice_runs

if TYPE_CHECKING:
    from lashtui.feed.divider import Divider
    from lashtui.render.text_doc import TextDoc

_FENCE: Final = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


class _Split(NamedTuple):
    """Between two lines, or within one."""

    line: int
    """The first line that is not all read."""
    chars: int = 0
    """Characters of it that are."""


class Inside:
    """The divider of one row, and where it stands at the row's present width."""

    def __init__(self, divider: Divider) -> None:
        """Not placed before the first call of `placed`."""
        self.divider = divider
        self.line = 0
        """Which of the row's lines is the divider."""
        self._doc: TextDoc | None = None
        self._read: list[str] = []
        self._split: _Split | None = None
        self._is_whole = False

    def placed(
        self,
        lines: Sequence[Line],
        doc: TextDoc,
        source: tuple[str, int],
        make_doc: Callable[[], TextDoc],
        edge: int,
    ) -> list[Line]:
        """`lines` with the divider among them.

        Args:
            lines: what is shown of `doc`, which may be folded.
            source: the text of `doc`, and how many characters were cut off before it.
            make_doc: an empty one like `doc`.
            edge: the divider's width.
        """
        if doc is not self._doc:
            self._read_again(doc, source, make_doc)
        split = self._split
        if split is None:
            split = self._find(doc)
            if doc.settled > split.line:  # these lines never change
                self._split = split
        if split == (0, 0):
            outside = msgspec.structs.replace(self.divider, text=self.divider.outside)
            self.line = 0
            return [divider_line(outside, edge), BLANK, *lines]
        before, after = list(lines[: split.line]), list(lines[split.line :])
        if split.chars and after:
            text = line_text(after[0])
            rest = text[split.chars :]
            begin = len(text) - len(rest.lstrip())
            before.append(slice_runs(after[0], 0, split.chars))
            after[0] = slice_runs(after[0], begin, len(text))
        after[:1] = map(begun, after[:1])
        if before[-1]:
            before.append(BLANK)
        if after and after[0]:
            after.insert(0, BLANK)
        self.line = len(before)
        return [*before, divider_line(self.divider, edge), *after]

    def _read_again(
        self, doc: TextDoc, source: tuple[str, int], make_doc: Callable[[], TextDoc]
    ) -> None:
        text, cut_chars = source
        read = text[: max(0, (self.divider.chars or 0) - cut_chars)]
        self._doc, self._split, self._read = doc, None, []
        if read.strip():
            shown = make_doc()
            shown.feed(read, cut_chars)
            self._read = [line_text(line) for line in shown.lines]
        last = read.rsplit("\n", 1)[-1]
        # Code and tables are not broken within a line.
        self._is_whole = len(_FENCE.findall(read)) % 2 == 1 or last.lstrip().startswith("|")

    def _find(self, doc: TextDoc) -> _Split:
        read, lines = self._read, doc.lines
        for number, was in enumerate(read):
            now = line_text(lines[number]) if number < len(lines) else None
            if now == was:
                continue
            if now is None or number < len(read) - 1 or self._is_whole:
                return _Split(number)
            seen = was.rstrip()
            if seen.startswith(now):  # the word that was cut off has moved to the next line
                return _Split(number + 1)
            if not seen.strip() or not now.startswith(seen):
                return _Split(number)
            if not now[len(seen) :].startswith(" "):
                seen = seen[: seen.rfind(" ") + 1].rstrip()  # not within a word
            return _Split(number, len(seen))
        return _Split(len(read))
